"""Models and endpoints on SageMaker: where they run, how many there are, and what is kept of them."""

import re
from collections.abc import Iterator

from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged, items
from modelway.rules.properties import Found, Missing, one
from modelway.rules.serving.placing import in_network
from modelway.rules.stack import StackRule
from modelway.rules.subjects import Rule, Subject, text_of, truth, verdict, wrong
from modelway.rules.verdicts import Evidence, Undecided, Unreadable, Verdict

MODEL = "aws:sagemaker/model:Model"
CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"

_LEAST_INSTANCES = 2

# Instances with disks of their own encrypt them themselves, and SageMaker refuses a key for them
# (docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html, KmsKeyId).
_OWN_DISKS = re.compile(r"ml\.(([a-z]+[0-9]+[a-z]*d[a-z]*)|g4dn|g5|g6|g6e|gr6|p3dn|p4de?|p5e?n?|p6[a-z0-9-]*|trn1n?|trn2)\..*")

_ISOLATED = Demand("a model has no network of its own", "Set enableNetworkIsolation to true; SageMaker itself fetches image and weights.")
_IN_NETWORK = Demand(
    "what SageMaker fetches for a model goes through a network of one's own", "Set vpcConfig to private subnets and a group."
)
_KEY = Demand("disks of instances are under a key of one's own", "Set kmsKeyArn to the ARN of a KMS key.")
_SEVERAL = Demand(
    f"{_LEAST_INSTANCES} instances or more answer for each variant",
    f"Set it to {_LEAST_INSTANCES} at least: SageMaker spreads them over zones.",
)
_KEPT = Demand(
    "what is kept of requests is kept of every part, and under a key of one's own",
    "Set dataCaptureConfig.kmsKeyId to the ARN of a KMS key.",
)


def _judge_isolation(subject: Subject) -> Verdict:
    return verdict(_isolated(subject) if subject.type == MODEL else ())


def _isolated(subject: Subject) -> Iterator[Judged]:
    yield _ISOLATED.is_on(one(subject.properties, "enableNetworkIsolation"))
    yield from in_network(subject.properties, "vpcConfig", _IN_NETWORK)


def _judge_key(subject: Subject) -> Verdict:
    return verdict(_with_key(subject) if subject.type == CONFIGURATION else ())


def _with_key(subject: Subject) -> Iterator[Judged]:
    found = one(subject.properties, "kmsKeyArn")
    judged = _KEY.is_set(found)
    if not isinstance(judged, Evidence):
        yield judged
        return
    takes_key = [_takes_key(subject, variant) for variant in _variants(subject)]
    if any(one is True for one in takes_key) or not takes_key:
        yield judged
    for each in takes_key:
        yield each if not isinstance(each, bool) else None


def _takes_key(subject: Subject, variant: Found | Undecided | Unreadable) -> bool | Undecided | Unreadable:
    """Whether the disks of a variant's instances may have a key; a variant that runs on demand has no instances."""
    if not isinstance(variant, Found):
        return variant
    kind = text_of(one(subject.properties, f"{variant.path}.instanceType"))
    if kind is None:
        return not _on_demand(subject, variant)
    return kind if not isinstance(kind, str) else _OWN_DISKS.fullmatch(kind) is None


def _judge_instances(subject: Subject) -> Verdict:
    return verdict(_several(subject) if subject.type == CONFIGURATION else ())


def _several(subject: Subject) -> Iterator[Judged]:
    for variant in _variants(subject):
        if not isinstance(variant, Found):
            yield variant
        elif not _on_demand(subject, variant):
            scaled = one(subject.properties, f"{variant.path}.managedInstanceScaling.minInstanceCount")
            count = one(subject.properties, f"{variant.path}.initialInstanceCount")
            yield _SEVERAL.is_within(count if isinstance(scaled.value, Missing) else scaled, _LEAST_INSTANCES)


def _variants(subject: Subject) -> Iterator[Found | Undecided | Unreadable]:
    """Those that answer; nobody waits for what a shadow says."""
    found = one(subject.properties, "productionVariants")
    if isinstance(found.value, Missing):
        yield wrong(found, "a list")
    yield from items(subject.properties, "productionVariants")


def _on_demand(subject: Subject, variant: Found) -> bool:
    return not isinstance(one(subject.properties, f"{variant.path}.serverlessConfig").value, Missing)


def _judge_capture(subject: Subject) -> Verdict:
    return verdict(_captured(subject) if subject.type == CONFIGURATION else ())


def _captured(subject: Subject) -> Iterator[Judged]:
    # Whether anything has to be kept is a matter of the model's risk, which its description says and no resource.
    kept = truth(one(subject.properties, "dataCaptureConfig.enableCapture"), missing=False)
    if kept is not True:
        yield from () if kept is False else (kept,)
        return
    yield _KEPT.is_set(one(subject.properties, "dataCaptureConfig.kmsKeyId"))
    path = "dataCaptureConfig.captureOptions"
    modes: set[str] = set()
    rest: Undecided | Unreadable | None = None
    for item in items(subject.properties, path):
        mode = text_of(one(subject.properties, f"{item.path}.captureMode")) if isinstance(item, Found) else item
        if isinstance(mode, str):
            modes.add(mode)
        else:
            rest = mode
    if not {"Input", "Output"} <= modes and "InputAndOutput" not in modes:
        yield rest or Evidence(path, ", ".join(sorted(modes)) or "not set", _KEPT.says, "Add Input and Output.")


ISOLATION = Rule(
    id="isolated-managed-model",
    says="a model on SageMaker has no network of its own, and what is fetched for it goes through a network of one's own",
    why="Weights are programs in disguise: one that can call out takes every request that it is asked with it.",
    severity="high",
    sources=("SM-01", "FSBP SageMaker.5", "CKV_AWS_370", "NIST SC-7"),
    applies=lambda type_: type_ == MODEL,
    judge=_judge_isolation,
)
KEY = Rule(
    id="managed-endpoint-key",
    says=_KEY.says,
    why="A copy of a disk is readable for whoever has it, and a key of one's own can be taken away.",
    severity="high",
    sources=("SM-02", "CKV_AWS_98", "NIST SC-28"),
    applies=lambda type_: type_ == CONFIGURATION,
    judge=_judge_key,
)
INSTANCES = Rule(
    id="managed-endpoint-instances",
    says=_SEVERAL.says,
    why="One instance is in one zone, and is gone whenever SageMaker patches it.",
    severity="high",
    sources=("SM-02", "FSBP SageMaker.4", "NIST CP-10"),
    applies=lambda type_: type_ == CONFIGURATION,
    judge=_judge_instances,
)
CAPTURE = Rule(
    id="kept-requests",
    says=_KEPT.says,
    why="Half of what was said explains no answer, and requests hold what people say about themselves.",
    severity="medium",
    sources=("SM-02", "NIST AU-12", "NIST SC-28"),
    applies=lambda type_: type_ == CONFIGURATION,
    judge=_judge_capture,
)

RULES: tuple[Rule | StackRule, ...] = (ISOLATION, KEY, INSTANCES, CAPTURE)
