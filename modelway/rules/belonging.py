"""Which resources of a stack set something about which other one: a bucket's versioning, a repository's lifecycle, a secret's rotation."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged, items
from modelway.rules.properties import Found, Missing, look, one
from modelway.rules.stack import Resource
from modelway.rules.subjects import verdict
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Undecided, Unreadable, Verdict


@dataclass(frozen=True)
class Whole:
    """A resource, and those that set something about it."""

    resource: Resource
    settings: tuple[Resource, ...]
    doubtful: tuple[str, ...]
    """Paths of what is not known yet, and may make one of its settings of another resource."""

    def not_set(self, demand: Demand, what: str) -> Judged:
        """That no setting was found; not known yet where there may be one."""
        return Undecided(self.doubtful) if self.doubtful else demand.broken(Found(what, Missing()))

    def inside(self, *paths: str) -> list[Found]:
        """What the resource says itself at these paths, as older programs write it."""
        found = [found for path in paths for found in look(self.resource.subject.properties, path)]
        return [each for each in found if not isinstance(each.value, Missing)]


@dataclass(frozen=True)
class Kind:
    """How settings and wholes of a kind find each other."""

    wholes: Container[str]
    """Types."""
    name: str
    """Property with the name of a whole."""
    settings: Mapping[str, str]
    """Property that says whose a setting is, by type."""
    same: Callable[[str, str], bool] = str.__eq__
    """Whether what a setting says, and the name of a whole, are of the same."""

    def judged(self, resources: Sequence[Resource], judge: Callable[[Whole], Iterator[Judged]]) -> Mapping[str, Verdict]:
        """A verdict on every whole of a stack."""
        return {whole.resource.urn: verdict(judge(whole)) for whole in self.found(resources)}

    def found(self, resources: Sequence[Resource]) -> list[Whole]:
        """Every whole of a stack with its settings."""
        wholes = [resource for resource in resources if resource.subject.type in self.wholes]
        settings: dict[str, list[Resource]] = {whole.urn: [] for whole in wholes}
        doubtful: dict[str, list[str]] = {whole.urn: [] for whole in wholes}
        for setting in resources:
            if path := self.settings.get(setting.subject.type):
                certain, possible = self._of(at(setting, path), setting, wholes)
                for urn in certain:
                    settings[urn].append(setting)
                for urn in possible:
                    doubtful[urn].append(at(setting, path).path)
        return [Whole(whole, tuple(settings[whole.urn]), tuple(doubtful[whole.urn])) for whole in wholes]

    def _of(self, whose: Found, setting: Resource, wholes: Sequence[Resource]) -> tuple[list[str], list[str]]:
        """URNs of the wholes that a setting is of, and of those that it may be of."""
        near = [whole for whole in wholes if _may_share_region(whole, setting)]
        needed = [whole.urn for whole in near if whole.urn in setting.depends_on]
        if isinstance(whose.value, str):
            said = whose.value
            nameless = {whole.urn: self._name(whole) for whole in near if not isinstance(self._name(whole), str)}
            named = [whole.urn for whole in near if self._is_named(whole, said)]
            # What has no name yet gets it with the setting's: what that was made from tells.
            certain = named + [urn for urn in nameless if urn in needed]
            return certain, [] if certain else [urn for urn, name in nameless.items() if isinstance(name, Unknown)]
        if isinstance(whose.value, Unknown):
            # Of several that it was made from, such as a bucket and the one that its logs go to, nobody knows which is meant.
            return (needed, []) if len(needed) == 1 else ([], needed or [whole.urn for whole in near])
        return [], []

    def _is_named(self, whole: Resource, said: str) -> bool:
        name = self._name(whole)
        return isinstance(name, str) and self.same(said, name)

    def _name(self, whole: Resource) -> object:
        return one(whole.subject.properties, self.name).value


def at(resource: Resource, path: str) -> Found:
    """What stands at a path without `*` of a resource that another one is judged by; its name comes first: `store-versioning#bucket`."""
    return next(all_at(resource, path), Found(f"{logical_name(resource)}#{path}", Missing()))


def all_at(resource: Resource, path: str) -> Iterator[Found]:
    """The same with `*`."""
    for found in look(resource.subject.properties, path):
        yield found._replace(path=f"{logical_name(resource)}#{found.path}")


def items_at(resource: Resource, path: str) -> Iterator[Found | Undecided | Unreadable]:
    """Each item of the list at a path without `*`, as `items` of modelway.rules.expecting gives them, with the resource's name."""
    return (below(logical_name(resource), item) for item in items(resource.subject.properties, path))


def below(prefix: str, item: Found | Undecided | Unreadable) -> Found | Undecided | Unreadable:
    """The same of something that is looked at below something else: `PREFIX#path`."""
    match item:
        case Found():
            return item._replace(path=f"{prefix}#{item.path}")
        case Undecided(paths):
            return Undecided(tuple(f"{prefix}#{path}" for path in paths))
        case Unreadable(faults):
            return Unreadable(tuple(f"{prefix}#{fault}" for fault in faults))


def under(found: Found, path: str) -> Found:
    """What stands at a path below something that was found."""
    inner = one(None if isinstance(found.value, Missing) else found.value, path)
    between = "." if inner.path and not inner.path.startswith("[") else ""
    return Found(f"{found.path}{between}{inner.path}", inner.value, found.secret or inner.secret)


def logical_name(resource: Resource) -> str:
    """The name that the program gave it."""
    return resource.urn.rpartition("::")[2]


def _may_share_region(whole: Resource, setting: Resource) -> bool:
    there, here = (one(resource.subject.properties, "region").value for resource in (whole, setting))
    # Where one does not say, it is the provider's.
    return there == here or not (isinstance(there, str) and isinstance(here, str))
