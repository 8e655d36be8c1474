"""What keeps a cluster from being deleted by mistake, and what watches it while it runs."""

from collections.abc import Iterator, Mapping, Sequence

from modelway.rules.clusters.control_plane import CLUSTER
from modelway.rules.expecting import Judged, breach, has_to_be, items
from modelway.rules.properties import Found, one
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import Rule, text_of, verdict
from modelway.rules.verdicts import Evidence, Undecided, Unreadable, Verdict

_FEATURE = "aws:guardduty/detectorFeature:DetectorFeature"
_RUNTIME = ("RUNTIME_MONITORING", "EKS_RUNTIME_MONITORING")
_AGENT = "EKS_ADDON_MANAGEMENT"
"""Has GuardDuty bring its agent to nodes (docs.aws.amazon.com/guardduty/latest/APIReference/API_DetectorFeatureConfiguration.html);
without the agent nothing of what runs there is seen."""


def judge_deletion(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    """Whether both EKS and the engine refuse to delete a cluster."""
    return {one.urn: verdict(_deletion(one)) for one in resources if one.subject.type == CLUSTER}


def _deletion(resource: Resource) -> Iterator[Judged]:
    found = one(resource.subject.properties, "deletionProtection")
    yield has_to_be(found, True, missing=False, says=DELETION.says, way_out="Set deletionProtection to true.")
    yield None if resource.protected else Evidence("protect", "not set", DELETION.says, "Set the option `protect` of the resource.")


def judge_watch(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    """Whether GuardDuty watches what runs in clusters. Where no feature of the stack says so, it is not known: one detector, which may be
    in another stack, is for a whole account."""
    features = {one.urn: one for one in resources if one.subject.type == _FEATURE}
    judged = {urn: list(_watch(resource)) for urn, resource in features.items()}
    found = {urn: verdict(of_one) for urn, of_one in judged.items()}
    watched = any(of_one and all(each is None for each in of_one) for of_one in judged.values())
    for resource in resources:
        if resource.subject.type == CLUSTER:
            found[resource.urn] = verdict([None if watched else Undecided(("runtime monitoring of the account",))])
    return found


def _watch(resource: Resource) -> Iterator[Judged]:
    properties = resource.subject.properties
    name = text_of(one(properties, "name"))
    if isinstance(name, Undecided | Unreadable):
        yield name
    if name not in _RUNTIME:
        return
    yield _enabled(one(properties, "status"), "Set status to ENABLED.")
    agent: Judged = Evidence("additionalConfigurations", f"without {_AGENT}", WATCH.says, f"Add {_AGENT} with status ENABLED.")
    for number, item in enumerate(items(properties, "additionalConfigurations")):
        if not isinstance(item, Found):
            yield item
            agent = None
            continue
        what = text_of(one(properties, f"additionalConfigurations[{number}].name"))
        if what == _AGENT:
            agent = _enabled(one(properties, f"additionalConfigurations[{number}].status"), f"Set {_AGENT} to ENABLED.")
        elif isinstance(what, Undecided | Unreadable):
            yield what
            agent = None
    yield agent


def _enabled(found: Found, way_out: str) -> Judged:
    status = text_of(found)
    if isinstance(status, Undecided | Unreadable):
        return status
    return None if status == "ENABLED" else breach(found, WATCH.says, way_out)


DELETION = StackRule(
    id="cluster-not-deleted-by-mistake",
    says="both EKS and the engine refuse to delete a cluster",
    why="With the cluster goes everything that runs in it, and one wrong stack name is enough.",
    severity="high",
    sources=("EKS-10", "NIST CP-9"),
    applies=lambda type_: type_ == CLUSTER,
    judge=judge_deletion,
)
WATCH = StackRule(
    id="runtime-monitoring",
    says="GuardDuty watches what runs in clusters, by an agent that it brings there itself",
    why="What an image does after it has started shows in no scan of the image.",
    severity="medium",
    sources=("EKS-12", "FSBP GuardDuty.7"),
    applies=lambda type_: type_ in (CLUSTER, _FEATURE),
    judge=judge_watch,
)

RULES: tuple[Rule | StackRule, ...] = (DELETION, WATCH)
