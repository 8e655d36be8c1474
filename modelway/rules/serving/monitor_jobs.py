"""Jobs of SageMaker that look at what endpoints are asked and answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged
from modelway.rules.properties import Missing, one
from modelway.rules.serving.placing import in_network
from modelway.rules.stack import StackRule
from modelway.rules.subjects import Rule, Subject, verdict
from modelway.rules.verdicts import Verdict

SCHEDULE = "aws:sagemaker/monitoringSchedule:MonitoringSchedule"


@dataclass(frozen=True)
class _Places:
    """Where a job has its network, and keys of its disk and its results."""

    network: str
    disk: str
    results: str


_INLINE = "monitoringScheduleConfig.monitoringJobDefinition"
_OF_SCHEDULE = _Places(
    f"{_INLINE}.networkConfig",
    f"{_INLINE}.monitoringResources.clusterConfig.volumeKmsKeyId",
    f"{_INLINE}.monitoringOutputConfig.kmsKeyId",
)
_DISK = "jobResources.clusterConfig.volumeKmsKeyId"
JOBS: Mapping[str, _Places] = {
    "aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition": _Places(
        "networkConfig", _DISK, "dataQualityJobOutputConfig.kmsKeyId"
    ),
    **{
        f"aws-native:sagemaker:{name}JobDefinition": _Places("networkConfig", _DISK, f"{name[0].lower()}{name[1:]}JobOutputConfig.kmsKeyId")
        for name in ("DataQuality", "ModelBias", "ModelExplainability", "ModelQuality")
    },
}
"""By type. pulumi-aws has data quality alone; the others are CloudFormation's."""

_ENCRYPTED = Demand("what containers of a job say to each other is encrypted", "Set it to true.")
_ISOLATED = Demand("a job that looks at requests reaches nobody", "Set it to true; SageMaker itself brings requests and fetches results.")
_IN_NETWORK = Demand("a job that looks at requests is in a network of one's own", "Set vpcConfig to private subnets and a group.")
_KEY = Demand("disk and results of a job are under a key of one's own", "Set it to the ARN of a KMS key.")


def _judge(subject: Subject) -> Verdict:
    if subject.type == SCHEDULE:
        # One that names a definition has no network of its own.
        inline = not isinstance(one(subject.properties, _INLINE).value, Missing)
        return verdict(_judged(subject, _OF_SCHEDULE) if inline else ())
    places = JOBS.get(subject.type)
    return verdict(_judged(subject, places) if places else ())


def _judged(subject: Subject, places: _Places) -> Iterator[Judged]:
    properties = subject.properties
    yield _ENCRYPTED.is_on(one(properties, f"{places.network}.enableInterContainerTrafficEncryption"))
    yield _ISOLATED.is_on(one(properties, f"{places.network}.enableNetworkIsolation"))
    yield from in_network(properties, f"{places.network}.vpcConfig", _IN_NETWORK)
    yield _KEY.is_set(one(properties, places.disk))
    yield _KEY.is_set(one(properties, places.results))


RULE = Rule(
    id="closed-monitor-job",
    says="a job that looks at requests reaches nobody, talks encrypted, and keeps disk and results under a key of one's own",
    why="Such a job reads all that people have asked a model, and what it writes tells of it.",
    severity="medium",
    sources=(
        *("SM-04", *(f"FSBP SageMaker.{number}" for number in (9, 10, 11, 12, 13, 14, 15, 20, 22, 25))),
        *("CKV_AWS_367", "CKV_AWS_368", "CKV_AWS_369", "NIST SC-8", "NIST SC-28"),
    ),
    applies=lambda type_: type_ == SCHEDULE or type_ in JOBS,
    judge=_judge,
)

RULES: tuple[Rule | StackRule, ...] = (RULE,)
