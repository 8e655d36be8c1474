"""What goes together with what it was there for: nobody misses the autoscaler of a Deployment that goes in the same change.

Told by meaning, not by names or parents: what an autoscaler scales, whose pods a selector picks, whose account it is, which namespace all
of it was in. What still has something to look after is missed, and so is everything where it is not known what stays.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from modelway.preview.changeset import Operation
from modelway.preview.resources import UNKNOWN, Resource, Step, name_of
from modelway.preview.traffic.objects import Place, mapping, sequence, text, within

_Kind = tuple[str, str]
"""Group and kind."""

_SCALERS: frozenset[_Kind] = frozenset({("autoscaling", "HorizontalPodAutoscaler"), ("keda.sh", "ScaledObject")})
_SELECTORS: Mapping[_Kind, str] = {
    ("core", "Service"): "selector",
    ("policy", "PodDisruptionBudget"): "selector",
    ("networking.k8s.io", "NetworkPolicy"): "podSelector",
}
"""Where these say which pods they are for."""
_ACCOUNT: _Kind = ("core", "ServiceAccount")
_NAMESPACE: _Kind = ("core", "Namespace")
_OF_A_NAMESPACE: frozenset[_Kind] = frozenset(
    {
        *_SCALERS,
        *_SELECTORS,
        _ACCOUNT,
        ("core", "ResourceQuota"),
        ("core", "LimitRange"),
        ("rbac.authorization.k8s.io", "Role"),
        ("rbac.authorization.k8s.io", "RoleBinding"),
    }
)
"""What guards or serves what is in a namespace, and is nothing without it. What holds something is missed all the same."""
_KSERVE = "serving.kserve.io"
_CHARTS: frozenset[_Kind] = frozenset({("helm.sh", "Release"), ("helm.sh", "Chart")})
_ANYWHERE = "*"
"""The namespace of what is in one that nobody knows yet."""


@dataclass(frozen=True)
class _Object:
    """A Kubernetes object."""

    urn: str
    kind: _Kind
    place: Place
    name: str
    spec: Mapping[str, object]
    labels: Mapping[str, object]

    @property
    def owner(self) -> tuple[str, str]:
        return self.kind[1], self.name


class _Pods(NamedTuple):
    """The pods that an object makes."""

    owner: str
    """URN."""
    labels: Mapping[str, object] | None
    """None where they are not known: a selector may pick them."""


class _Makers:
    """What makes pods, on one side: what goes, or what is there afterwards."""

    def __init__(self) -> None:
        self._owners: set[tuple[Place, str, str]] = set()
        self._accounts: set[tuple[Place, str]] = set()
        self._pods: dict[Place, list[_Pods]] = {}
        self._by_label: dict[tuple[Place, str, str], list[_Pods]] = {}

    def add(self, found: _Object) -> None:
        self._owners.add((found.place, *found.owner))
        self._accounts |= {(found.place, name) for name in _accounts(found.spec)}
        for labels in _pods(found):
            pods = _Pods(found.urn, labels)
            open_ = labels is None or UNKNOWN in labels.values()
            self._pods.setdefault(found.place, []).append(pods)
            for key, value in ((_ANYWHERE, _ANYWHERE),) if open_ else (labels or {}).items():
                self._by_label.setdefault((found.place, key, str(value)), []).append(pods)

    def has(self, place: Place, kind: str, name: str) -> bool:
        return any((one, kind, name) in self._owners for one in _reaching(place))

    def use(self, place: Place, account: str) -> bool:
        return any((one, name) in self._accounts for one in _reaching(place) for name in (account, UNKNOWN))

    def picked(self, place: Place, selector: Mapping[str, object], *, perhaps: bool) -> bool:
        """Whether a selector picks one of the pods, or `perhaps` does, of what is not known."""
        return any(_picks(selector, pods.labels, perhaps) for one in _reaching(place) for pods in self._near(one, selector))

    def _near(self, place: Place, selector: Mapping[str, object]) -> Iterable[_Pods]:
        wanted = mapping(selector.get("matchLabels"))
        if not wanted:
            return self._pods.get(place, ())
        fewest = min((self._by_label.get((place, key, str(value)), []) for key, value in wanted.items()), key=len)
        return [*fewest, *self._by_label.get((place, _ANYWHERE, _ANYWHERE), [])]


def _reaching(place: Place) -> tuple[Place, Place]:
    return place, (place[0], _ANYWHERE)


class Accompanying:
    """Collects one stack's steps, and then what its state has beside them; costs nothing where nothing goes that may be with others."""

    def __init__(self, deleted: Iterable[str]) -> None:
        """`deleted`: types of which something is deleted."""
        kinds = {_kind(type_) for type_ in deleted}
        self._wanted = bool(kinds & _OF_A_NAMESPACE)
        self._of_namespaces = _NAMESPACE in kinds
        self._whole = False
        self._seen: set[str] = set()
        self._going: list[_Object] = []
        self._gone, self._stay = _Makers(), _Makers()
        self._namespaces: set[Place] = set()
        self._lived_in: set[Place] = set()

    def see(self, step: Step, operation: Operation) -> None:
        """What happens to a resource. What the stack lets go without deleting it stays."""
        if not self._wanted:
            return
        self._seen |= {step.urn, *((step.old.urn,) if step.old is not None else ())}
        if operation == "delete" and step.old is not None:
            self._see_deleted(step.old)
        elif (resource := step.new or step.old) is not None:
            self._see_staying(resource)

    def know(self, resource: Resource) -> None:
        """A resource of the state."""
        if self._wanted and resource.urn not in self._seen and not resource.delete:
            self._see_staying(resource)

    def complete(self) -> None:
        """Says that the state was given, so that what is nowhere does not stay."""
        self._whole = True

    def accompanied(self) -> frozenset[str]:
        """URNs of what goes with all that it was there for."""
        return frozenset(one.urn for one in self._going if self._goes_along(one)) if self._whole else frozenset()

    def _see_deleted(self, resource: Resource) -> None:
        kind = _kind(resource.type)
        if kind in _OF_A_NAMESPACE:
            self._going.append(_object(resource, kind))
        elif kind == _NAMESPACE:
            found = _object(resource, kind)
            self._namespaces.add((found.place[0], found.name))
        elif _may_make_pods(resource, kind):
            self._gone.add(_object(resource, kind))

    def _see_staying(self, resource: Resource) -> None:
        kind = _kind(resource.type)
        if kind[0] and (self._of_namespaces or _may_make_pods(resource, kind)):
            found = _object(resource, kind)
            self._lived_in.add(found.place)
            if _may_make_pods(resource, kind):
                self._stay.add(found)

    def _goes_along(self, one: _Object) -> bool:
        if one.place in self._namespaces and not any(place in self._lived_in for place in _reaching(one.place)):
            return True
        if one.kind in _SCALERS:
            target = mapping(one.spec.get("scaleTargetRef"))
            of = (one.place, text(target.get("kind")) or "Deployment", text(target.get("name")))
            return self._gone.has(*of) and not self._stay.has(*of)
        if one.kind == _ACCOUNT:
            return self._gone.use(one.place, one.name) and not self._stay.use(one.place, one.name)
        selector = _selector(one)
        if not selector:
            return False
        return self._gone.picked(one.place, selector, perhaps=False) and not self._stay.picked(one.place, selector, perhaps=True)


def _kind(type_: str) -> _Kind:
    """Group and kind of a Kubernetes object, else two empty texts. Packages that were made from CRDs have prefixes of their own."""
    package, _, rest = type_.partition(":")
    group, _, kind = rest.partition(":")
    # Versions of Kubernetes' groups are v1, v1beta1; other packages have a module and the type again: s3/bucket:Bucket.
    group, _, version = group.partition("/")
    return (group, kind) if kind and package != "pulumi" and version[:1] == "v" and version[1:2].isdecimal() else ("", "")


def _object(resource: Resource, kind: _Kind) -> _Object:
    inputs = resource.inputs
    metadata = mapping(inputs.get("metadata"))
    # A chart says itself where it goes.
    namespace = inputs.get("namespace") if kind in _CHARTS else metadata.get("namespace")
    named = text(metadata.get("name")) or text(within(resource.outputs, "metadata", "name")) or name_of(resource.urn)
    where = "default" if namespace is None else text(namespace) or _ANYWHERE
    # The id of the provider behind its URN is another after it was replaced; the cluster is not.
    place = (resource.provider.rpartition("::")[0], where)
    return _Object(resource.urn, kind, place, named, mapping(inputs.get("spec")), mapping(metadata.get("labels")))


def _may_make_pods(resource: Resource, kind: _Kind) -> bool:
    return bool(kind[0]) and (kind[0] == _KSERVE or kind in _CHARTS or b'"containers"' in bytes(resource.inputs_raw))


def _pods(found: _Object) -> Iterator[Mapping[str, object] | None]:
    """The labels of the pods that an object makes; None where nobody can tell."""
    if found.kind in _CHARTS:
        yield None
    elif found.kind == ("core", "Pod"):
        yield found.labels
    elif found.kind[0] == _KSERVE:
        # kserve.github.io/website: labels of the object go to its pods, with one that names it.
        yield {**found.labels, f"{_KSERVE}/inferenceservice": found.name}
    else:
        for template in _templates(found.spec):
            labels = within(template, "metadata", "labels")
            yield None if labels == UNKNOWN else mapping(labels)


def _templates(value: object) -> Iterator[Mapping[str, object]]:
    """The pod templates anywhere in a spec: a CronJob has one in a template of a job, others have several."""
    if isinstance(value, list):
        for item in value:
            yield from _templates(item)
    for key, item in mapping(value).items():
        if key == "template" and "containers" in mapping(within(item, "spec")):
            yield mapping(item)
        elif isinstance(item, dict | list):
            yield from _templates(item)


def _accounts(value: object) -> Iterator[str]:
    """The accounts that pods of a spec run as."""
    if isinstance(value, list):
        for item in value:
            yield from _accounts(item)
    for key, item in mapping(value).items():
        if key == "serviceAccountName" and isinstance(item, str):
            yield item
        elif isinstance(item, dict | list):
            yield from _accounts(item)


def _selector(one: _Object) -> Mapping[str, object]:
    """As matchLabels and matchExpressions; empty where it picks everything, or is not known."""
    found = one.spec.get(_SELECTORS.get(one.kind, ""))
    if one.kind == ("core", "Service"):
        # The only one that is a plain mapping of labels; without one somebody else keeps its addresses.
        return {"matchLabels": found} if mapping(found) else {}
    return mapping(found)


def _picks(selector: Mapping[str, object], labels: Mapping[str, object] | None, perhaps: bool) -> bool:
    """Whether a selector picks pods with these labels; `perhaps` where that is not known."""
    if labels is None:
        return perhaps
    for key, value in mapping(selector.get("matchLabels")).items():
        has = labels.get(key)
        if UNKNOWN in (has, value):
            if not perhaps:
                return False
        elif has is None or str(has) != str(value):
            return False
    return all(_holds(mapping(one), labels, perhaps) for one in sequence(selector.get("matchExpressions")))


def _holds(asked: Mapping[str, object], labels: Mapping[str, object], perhaps: bool) -> bool:
    has, values = labels.get(text(asked.get("key"))), sequence(asked.get("values"))
    if has == UNKNOWN or UNKNOWN in values:
        return perhaps
    match asked.get("operator"):
        case "In":
            return has in values
        case "NotIn":
            return has not in values
        case "Exists":
            return has is not None
        case "DoesNotExist":
            return has is None
    return perhaps
