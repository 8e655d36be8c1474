"""Who may do what in a cluster."""

import re
from collections.abc import Iterator, Mapping, Sequence

from modelway.rules.clusters.control_plane import CLUSTER
from modelway.rules.expecting import Judged, breach, has_to_be_one_of, items
from modelway.rules.properties import Found, one
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import Rule, Subject, text_of, verdict
from modelway.rules.verdicts import Undecided, Unreadable, Verdict

_ENTRY = "aws:eks/accessEntry:AccessEntry"
_GRANT = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
_CONFIG_MAPS = ("kubernetes:core/v1:ConfigMap", "kubernetes:core/v1:ConfigMapPatch")
_BINDING = re.compile(r"kubernetes:rbac\.authorization\.k8s\.io/[^:]+:ClusterRoleBinding")

_ADMIN_POLICY = "AmazonEKSClusterAdminPolicy"
_ADMIN_ROLE = "cluster-admin"
_MASTERS = "system:masters"
_NAMED = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[\w+=,.@/-]+")
"""A role or user of IAM; the root of an account is everybody in it who may give themselves rights."""


def judge_entries(subject: Subject) -> Verdict:
    """Whether access entries alone let people and machines into a cluster."""
    return verdict(_entries(subject))


def _entries(subject: Subject) -> Iterator[Judged]:
    if subject.type == CLUSTER:
        way_out = "Set accessConfig.authenticationMode to API; what aws-auth names gets access entries before."
        yield has_to_be_one_of(one(subject.properties, "accessConfig.authenticationMode"), ("API",), ENTRIES.says, way_out)
    elif subject.type in _CONFIG_MAPS:
        name = one(subject.properties, "metadata.name")
        text = text_of(name)
        if text == "aws-auth":
            yield breach(name, ENTRIES.says, "Write access entries (aws.eks.AccessEntry) for whom it names, and remove it.")
        elif isinstance(text, Undecided | Unreadable):
            yield text


def judge_admins(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    """Whether everybody who may do everything in a cluster is named."""
    entries = {one.urn: one for one in resources if one.subject.type == _ENTRY}
    return {one.urn: verdict(_admins(one, entries)) for one in resources if _grants(one.subject.type)}


def _admins(resource: Resource, entries: Mapping[str, Resource]) -> Iterator[Judged]:
    subject = resource.subject
    if subject.type == _GRANT:
        policy = text_of(one(subject.properties, "policyArn"))
        if isinstance(policy, Undecided | Unreadable):
            yield policy
        elif policy is not None and policy.rpartition("/")[2] == _ADMIN_POLICY:
            yield _principal(resource, entries)
    elif subject.type == _ENTRY:
        for group in items(subject.properties, "kubernetesGroups"):
            yield _not(group, text_of(group) == _MASTERS) if isinstance(group, Found) else group
    else:
        yield from _bound(subject)


def _principal(resource: Resource, entries: Mapping[str, Resource]) -> Judged:
    found = one(resource.subject.properties, "principalArn")
    text = text_of(found)
    if isinstance(text, Undecided):
        # The entry names whom the cloud has not answered with yet.
        of = [one(entries[urn].subject.properties, "principalArn") for urn in sorted(resource.depends_on & entries.keys())]
        known = [text_of(each) for each in of]
        if not known or any(isinstance(each, Undecided) for each in known):
            return text
        found, text = next(((at, each) for at, each in zip(of, known, strict=True) if not _is_named(each)), (of[0], known[0]))
    if isinstance(text, Undecided | Unreadable):
        return text
    return None if _is_named(text) else breach(found, ADMINS.says, "Write the ARN of one role or user.")


def _is_named(text: object) -> bool:
    return isinstance(text, str) and bool(_NAMED.fullmatch(text))


def _bound(subject: Subject) -> Iterator[Judged]:
    role = text_of(one(subject.properties, "roleRef.name"))
    if isinstance(role, Undecided | Unreadable):
        yield role
    if role != _ADMIN_ROLE:
        return
    yield None
    for number, item in enumerate(items(subject.properties, "subjects")):
        if not isinstance(item, Found):
            yield item
            continue
        kind = text_of(one(subject.properties, f"subjects[{number}].kind"))
        name = one(subject.properties, f"subjects[{number}].name")
        text = text_of(name)
        if not isinstance(kind, str):
            yield kind
        elif not isinstance(text, str):
            yield text
        else:
            yield _not(name, _is_anybody(kind, text))


def _is_anybody(kind: str, name: str) -> bool:
    if kind == "Group":
        # Kubernetes' own groups: everybody, all service accounts, those of a namespace.
        return name.startswith("system:")
    return name == ("default" if kind == "ServiceAccount" else "system:anonymous")


def _not(found: Found, bad: bool) -> Judged:
    if bad:
        return breach(found, ADMINS.says, "Name the role, user or service account that needs it, or bind a role with the rights it uses.")
    return text if isinstance(text := text_of(found), Undecided | Unreadable) else None


def _grants(type_: str) -> bool:
    return type_ in (_ENTRY, _GRANT) or bool(_BINDING.fullmatch(type_))


ENTRIES = Rule(
    id="access-entries-alone",
    says="who may enter a cluster is named by access entries, and not by aws-auth",
    why="The map aws-auth is one text that everybody's tools write: a wrong line lets somebody in, or locks all out.",
    severity="high",
    sources=("EKS-05", "CIS-EKS 4.1.7", "CIS-EKS 5.5.1", "NIST AC-2"),
    applies=lambda type_: type_ == CLUSTER or type_ in _CONFIG_MAPS,
    judge=judge_entries,
)
ADMINS = StackRule(
    id="named-cluster-admins",
    says="who may do everything in a cluster has a name: a role, a user, a service account or a group of one's own",
    why="A right to everything that a group of strangers or a whole account has is one that nobody can count.",
    severity="high",
    sources=("EKS-07", "CIS-EKS 4.1.1", "NIST AC-6"),
    applies=_grants,
    judge=judge_admins,
)

RULES: tuple[Rule | StackRule, ...] = (ENTRIES, ADMINS)
