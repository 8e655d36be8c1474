"""Notebooks and studios of SageMaker: programs of people, next to data."""

from collections.abc import Iterator

from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged
from modelway.rules.properties import one
from modelway.rules.stack import StackRule
from modelway.rules.subjects import Rule, Subject, verdict
from modelway.rules.verdicts import Verdict

_NOTEBOOK = "aws:sagemaker/notebookInstance:NotebookInstance"
_STUDIO = "aws:sagemaker/domain:Domain"

_NO_WAY_OUT = Demand("a notebook has no way out but its network's", "Set it to Disabled; a NAT gateway leads out, where anything may.")
_IN_NETWORK = Demand("a notebook is in a network of one's own", "Name a private subnet.")
_NO_ROOT = Demand("nobody is root in a notebook", "Set it to Disabled; lifecycle scripts run as root all the same.")
_KEY = Demand("the disk of a notebook is under a key of one's own", "Set it to the ARN of a KMS key.")
_TOKENS = Demand("a notebook answers metadata calls with a token alone", 'Set it to "2".')
_THROUGH_NETWORK = Demand("a studio has no way out but its network's", "Set it to VpcOnly.")


def _judge(subject: Subject) -> Verdict:
    return verdict(_judged(subject))


def _judged(subject: Subject) -> Iterator[Judged]:
    # What is missing SageMaker takes as Enabled, version 1, PublicInternetOnly and a key of AWS
    # (docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateNotebookInstance.html, API_CreateDomain.html).
    properties = subject.properties
    if subject.type == _NOTEBOOK:
        yield _NO_WAY_OUT.is_one_of(one(properties, "directInternetAccess"), ("Disabled",))
        yield _IN_NETWORK.is_set(one(properties, "subnetId"))
        yield _NO_ROOT.is_one_of(one(properties, "rootAccess"), ("Disabled",))
        yield _KEY.is_set(one(properties, "kmsKeyId"))
        yield _TOKENS.is_within(one(properties, "instanceMetadataServiceConfiguration.minimumInstanceMetadataServiceVersion"), 2)
    elif subject.type == _STUDIO:
        yield _THROUGH_NETWORK.is_one_of(one(properties, "appNetworkAccessType"), ("VpcOnly",))
        yield _KEY.is_set(one(properties, "kmsKeyId"))


RULE = Rule(
    id="closed-notebook",
    says="a notebook goes out through a network of one's own alone, gives nobody root, and keeps its disk under a key",
    why="Whoever gets into a notebook has its role, and whatever people have copied there.",
    severity="high",
    sources=(
        *("SM-05", "FSBP SageMaker.1", "FSBP SageMaker.2", "FSBP SageMaker.3", "FSBP SageMaker.21", "CKV_AWS_22", "CKV_AWS_122"),
        *("CKV_AWS_306", "CKV_AWS_307", "CKV_AWS_371", "AwsSolutions-SM1", "AwsSolutions-SM2", "AwsSolutions-SM3"),
    ),
    applies=lambda type_: type_ in (_NOTEBOOK, _STUDIO),
    judge=_judge,
)

RULES: tuple[Rule | StackRule, ...] = (RULE,)
