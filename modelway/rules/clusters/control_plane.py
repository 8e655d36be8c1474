"""The control plane of a cluster: who reaches it, what it writes down, and under which key it keeps secrets."""

from collections.abc import Iterator

from modelway.rules.addresses import is_everybody, networks
from modelway.rules.expecting import Judged, breach, has_to_be, items, texts
from modelway.rules.properties import Found, Missing, one
from modelway.rules.stack import StackRule
from modelway.rules.subjects import Rule, Subject, text_of, truth, verdict, wrong
from modelway.rules.verdicts import Evidence, NotApplicable, Undecided, Unreadable, Verdict

CLUSTER = "aws:eks/cluster:Cluster"

_LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
"""docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html"""

_OF_CREATOR = "accessConfig.bootstrapClusterCreatorAdminPermissions"


def judge_endpoint(subject: Subject) -> Verdict:
    """Whether the API server answers inside of the network, and outside at most those who are named."""
    return verdict(_endpoint(subject) if subject.type == CLUSTER else ())


def _endpoint(subject: Subject) -> Iterator[Judged]:
    inside = one(subject.properties, "vpcConfig.endpointPrivateAccess")
    way_out = "Set vpcConfig.endpointPrivateAccess to true."
    yield has_to_be(inside, True, missing=False, says=ENDPOINT.says, way_out=way_out)
    outside = truth(one(subject.properties, "vpcConfig.endpointPublicAccess"), missing=True)
    if not isinstance(outside, bool):
        yield outside
    elif outside:
        yield from _callers(subject)


def _callers(subject: Subject) -> Iterator[Judged]:
    path = "vpcConfig.publicAccessCidrs"
    way_out = "Set vpcConfig.endpointPublicAccess to false, or publicAccessCidrs to the networks that need it."
    found = one(subject.properties, path)
    if isinstance(found.value, Missing) or found.value in ([], ()):
        yield Evidence(found.path, "not set, which is everybody", ENDPOINT.says, way_out)
    for item in items(subject.properties, path):
        text = text_of(item) if isinstance(item, Found) else item
        if isinstance(item, Found) and isinstance(text, str):
            yield _network(item, text, way_out)
        elif isinstance(text, Undecided | Unreadable):
            yield text


def _network(found: Found, text: str, way_out: str) -> Judged:
    try:
        everybody = any(is_everybody(network) for network in networks([text]))
    except ValueError:
        return wrong(found, "a network such as 10.0.0.0/8")
    return breach(found, ENDPOINT.says, way_out) if everybody else None


def judge_logs(subject: Subject) -> Verdict:
    """Whether all five logs of the control plane are kept."""
    if subject.type != CLUSTER:
        return NotApplicable()
    path = "enabledClusterLogTypes"
    known, rest = texts(subject.properties, path)
    missing = [name for name in _LOGS if name not in known]
    if rest is None and missing:
        found = one(subject.properties, path)
        return verdict([breach(found, LOGS.says, f"Set {path} to {', '.join(_LOGS)}.", f"without {', '.join(missing)}")])
    # What is not known may be what is missing.
    return verdict([rest if missing else None])


def judge_secrets_key(subject: Subject) -> Verdict:
    """Whether secrets are kept under a key of one's own."""
    return verdict(_secrets_key(subject) if subject.type == CLUSTER else ())


def _secrets_key(subject: Subject) -> Iterator[Judged]:
    found = one(subject.properties, "encryptionConfig.provider.keyArn")
    key = text_of(found)
    if key is None or key == "":
        yield breach(found, SECRETS_KEY.says, "Set encryptionConfig.provider.keyArn to the ARN of a KMS key.", "empty")
    else:
        yield key if not isinstance(key, str) else None
    known, rest = texts(subject.properties, "encryptionConfig.resources")
    if "secrets" not in known:
        way_out = 'Set encryptionConfig.resources to ["secrets"].'
        yield rest or breach(one(subject.properties, "encryptionConfig.resources"), SECRETS_KEY.says, way_out)


def judge_creator(subject: Subject) -> Verdict:
    """Whether whoever makes a cluster has no right of their own in it, and whether what a cluster was made with stays."""
    if subject.type != CLUSTER:
        return NotApplicable()
    found = one(subject.properties, _OF_CREATOR)
    wanted = truth(found, missing=True)
    if not isinstance(wanted, bool):
        return verdict([wanted])
    if subject.before is None:
        if not subject.compared:
            return Undecided(("the properties before",))
        way_out = f"Set {_OF_CREATOR} to false, and let people in by access entries."
        return verdict([has_to_be(found, False, missing=True, says=CREATOR.says, way_out=way_out)])
    stood = one(subject.before, _OF_CREATOR)
    was = truth(stood, missing=True)
    if not isinstance(was, bool):
        return verdict([was])
    if was is wanted:
        return verdict([None])
    hidden = found.secret or stood.secret
    change = "[secret]" if hidden else f"{str(was).lower()} before, {str(wanted).lower()} now"
    way_out = "Write what it was made with: EKS makes a new cluster for another value."
    return verdict([Evidence(found.path, change, CREATOR.says, way_out)])


ENDPOINT = Rule(
    id="private-api-server",
    says="an API server answers inside of the network, and outside of it nobody or those who are named",
    why="Whoever reaches the API server can try every password, token and fault of it that is known.",
    severity="critical",
    sources=(
        *("EKS-01", "FSBP EKS.1", "CIS-EKS 5.4.1", "CIS-EKS 5.4.2", "CKV_AWS_38", "CKV_AWS_39", "AwsSolutions-EKS1"),
        "NIST SC-7",
    ),
    applies=lambda type_: type_ == CLUSTER,
    judge=judge_endpoint,
)
LOGS = Rule(
    id="control-plane-logs",
    says="all five logs of a control plane are kept",
    why="Without them nobody can say afterwards who did what in the cluster.",
    severity="high",
    sources=("EKS-02", "FSBP EKS.8", "CIS-EKS 2.1.1", "CKV_AWS_37", "AwsSolutions-EKS2", "NIST AU-2", "NIST AU-12"),
    applies=lambda type_: type_ == CLUSTER,
    judge=judge_logs,
)
SECRETS_KEY = Rule(
    id="key-of-cluster-secrets",
    says="secrets of a cluster are kept under a KMS key of one's own",
    why="A key of one's own can be taken away, and every use of it is written down; that of EKS cannot.",
    severity="medium",
    sources=("EKS-03", "FSBP EKS.3", "CIS-EKS 5.3.1", "CKV_AWS_58", "NIST SC-28"),
    applies=lambda type_: type_ == CLUSTER,
    judge=judge_secrets_key,
)
CREATOR = Rule(
    id="creator-without-rights",
    says="whoever makes a cluster gets no right in it by that, and what it was made with stays",
    why="The right shows in no list, and the choice is for the life of the cluster: another one replaces it with everything in it.",
    severity="critical",
    sources=("EKS-06", "pulumi/pulumi-aws#3997", "pulumi/pulumi-aws#4096"),
    applies=lambda type_: type_ == CLUSTER,
    judge=judge_creator,
)

RULES: tuple[Rule | StackRule, ...] = (ENDPOINT, LOGS, SECRETS_KEY, CREATOR)
