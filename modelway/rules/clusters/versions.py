"""Versions of Kubernetes: one that EKS supports, and nodes that are near to it."""

import re
from collections.abc import Iterator, Mapping, Sequence

from modelway.rules.clusters.control_plane import CLUSTER
from modelway.rules.clusters.nodes import NODES
from modelway.rules.expecting import Judged, breach
from modelway.rules.properties import Found, Missing, one
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import Rule, text_of, verdict, wrong
from modelway.rules.verdicts import Undecided, Unreadable, Verdict

SUPPORTED = ("1.32", "1.33", "1.34", "1.35")
"""Versions that EKS supports (docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html). A test holds it to
modelway.architecture.eks, which the policy pack does not load."""

_BEHIND = 3
"""Minor versions that what runs on nodes may be older than its API server; newer it may never be
(kubernetes.io/releases/version-skew-policy)."""


_ADDON = "aws:eks/addon:Addon"
_PROXY = "kube-proxy"

_VERSION = re.compile(r"v?1\.([0-9]{1,3})(\.[0-9]+(-[0-9a-z.]+)?)?")


def judge(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    """Whether clusters have a version that EKS supports, and their nodes and kube-proxy one that goes with it.

    What is on nodes is held to the clusters that it was made after; where there is none in the stack, only its own version is looked at.
    """
    clusters = {one.urn: one for one in resources if one.subject.type == CLUSTER}
    return {
        resource.urn: verdict(_judged(resource, [clusters[urn] for urn in sorted(resource.depends_on & clusters.keys())]))
        for resource in resources
        if _applies(resource.subject.type)
    }


def _judged(resource: Resource, clusters: Sequence[Resource]) -> Iterator[Judged]:
    properties = resource.subject.properties
    if resource.subject.type == CLUSTER:
        yield _supported(one(properties, "version"))
    elif resource.subject.type == NODES:
        # One without a version has that of its cluster.
        yield from _goes_with(one(properties, "version"), clusters)
    else:
        name = text_of(one(properties, "addonName"))
        if name == _PROXY:
            yield from _goes_with(one(properties, "addonVersion"), clusters)
        elif not isinstance(name, str):
            yield name


def _supported(found: Found) -> Judged:
    way_out = f"Write one of {', '.join(SUPPORTED)}; an older cluster is upgraded one version at a time."
    if isinstance(found.value, Missing):
        return breach(found, RULE.says, way_out)
    number = _minor(found)
    if not isinstance(number, int):
        return number
    if number > _number(SUPPORTED[-1]):
        # One that came out since this was written; nothing is known of it.
        return Undecided((found.path,))
    return None if number >= _number(SUPPORTED[0]) else breach(found, RULE.says, way_out)


def _goes_with(found: Found, clusters: Sequence[Resource]) -> Iterator[Judged]:
    if isinstance(found.value, Missing):
        yield None
        return
    number = _minor(found)
    if not isinstance(number, int):
        yield number
        return
    yield _supported(found)
    for cluster in clusters:
        of_cluster = one(cluster.subject.properties, "version")
        newest = _minor(of_cluster)
        if isinstance(newest, int) and not newest - _BEHIND <= number <= newest:
            said = None if of_cluster.secret else f"1.{number} with a control plane of 1.{newest}"
            way_out = f"Write the control plane's version; {_BEHIND} older is as far as nodes may be, and newer they may not be."
            yield breach(found, RULE.says, way_out, said)
        elif isinstance(newest, Undecided):
            yield Undecided((f"version of {cluster.urn}",))


def _minor(found: Found) -> int | Undecided | Unreadable:
    text = text_of(found)
    if isinstance(text, Undecided | Unreadable):
        return text
    read = _VERSION.fullmatch(text or "")
    return int(read[1]) if read else wrong(found, "a version of Kubernetes such as 1.35")


def _number(version: str) -> int:
    return int(version.partition(".")[2])


def _applies(type_: str) -> bool:
    return type_ in (CLUSTER, NODES, _ADDON)


RULE = StackRule(
    id="supported-kubernetes",
    says="a cluster has a version of Kubernetes that EKS supports, and its nodes are not newer and at most three older",
    why="Faults of a version that nobody supports stay open, and EKS upgrades such a cluster on a day of its own choice.",
    severity="high",
    sources=("EKS-04", "FSBP EKS.2", "CKV_AWS_339", "NIST SI-2"),
    applies=_applies,
    judge=judge,
)

RULES: tuple[Rule | StackRule, ...] = (RULE,)
