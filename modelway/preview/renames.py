"""Renames: what is deleted under one name and created under another, and is otherwise the same. An alias makes it neither."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from modelway.preview.changeset import Finding
from modelway.preview.resources import Resource, name_of, type_of

NEAR = 0.8
"""Share of the inputs that two resources have to have in common to be taken for one that was renamed."""
_PLAIN_PAIRS = 200
"""Pairs of one type that are compared at most: where that many come and go at once, it is no rename that a person overlooked."""


class Candidate(NamedTuple):
    """A resource that comes or goes."""

    urn: str
    type: str
    parent: str
    inputs: Mapping[str, str]
    """Every value of its inputs as text, by its path; without those that carry the name."""
    named: Mapping[str, str] = {}
    """Those that do. Of what is there already more is known to: its id, which of a bucket is the name that it was given."""


class Candidates:
    """Resources that come and go, kept as long as they may be renames."""

    def __init__(self) -> None:
        self._gone: dict[str, list[Candidate]] = {}
        self._come: dict[str, list[Candidate]] = {}
        self._many: set[str] = set()
        """Types of which so many come and go that they are not compared."""

    def see(self, resource: Resource, *, comes: bool) -> None:
        """A resource that comes, or goes."""
        kind = resource.type
        if kind in self._many:
            return
        (self._come if comes else self._gone).setdefault(kind, []).append(candidate(resource))
        if len(self._gone.get(kind, ())) * len(self._come.get(kind, ())) > _PLAIN_PAIRS:
            self._many.add(kind)
            del self._gone[kind], self._come[kind]

    def renames(self) -> dict[str, str]:
        """As `renames` has them."""
        return renames(*([one for kind in side.values() for one in kind] for side in (self._gone, self._come)))


def candidate(resource: Resource) -> Candidate:
    """What renames are found by."""
    own = {name_of(resource.urn), resource.id, resource.id.rsplit("/", 1)[-1]} - {""}
    values: dict[str, str] = {}
    _flatten("", resource.inputs, values)
    kept = {path: text for path, text in values.items() if text not in own and not path.endswith((".name", "Name"))}
    named = {path: text for path, text in values.items() if path not in kept}
    return Candidate(resource.urn, resource.type, name_of(resource.parent) if resource.parent else "", kept, named)


def renames(gone: Sequence[Candidate], come: Sequence[Candidate]) -> dict[str, str]:
    """By the URN of what is created, the URN of what is deleted and was probably meant; each at most once, the nearest first."""
    by_type: dict[str, list[Candidate]] = {}
    for one in gone:
        by_type.setdefault(one.type, []).append(one)
    coming = Counter(one.type for one in come)
    pairs = []
    for new in come:
        of_type = by_type.get(new.type, ())
        if len(of_type) * coming[new.type] > _PLAIN_PAIRS:
            continue
        pairs += [(near, old.urn, new.urn) for old in of_type if (near := likeness(old, new)) >= NEAR]
    found: dict[str, str] = {}
    for _, old_urn, new_urn in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if new_urn not in found and old_urn not in found.values():
            found[new_urn] = old_urn
    return found


def likeness(old: Candidate, new: Candidate) -> float:
    """Share of the inputs that are the same, 0 to 1; the old name replaced by the new one counts as the same."""
    paths = (old.inputs.keys() | new.inputs.keys()) - old.named.keys() - new.named.keys()
    if not paths:
        # Nothing but names is known: components are the same when they stand in the same place, others when the cloud calls them the same.
        given = {**new.inputs, **new.named}
        called = any(given.get(path) == text for path, text in old.named.items())
        return 1.0 if called or old.parent == new.parent else 0.0
    was, is_now = name_of(old.urn), name_of(new.urn)
    same = sum(
        1
        for path in paths
        if path in old.inputs and path in new.inputs and new.inputs[path] in (old.inputs[path], old.inputs[path].replace(was, is_now))
    )
    return same / len(paths)


def _flatten(path: str, value: object, into: dict[str, str]) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key != "__defaults":
                _flatten(f"{path}.{key}", item, into)
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for at, item in enumerate(value):
            _flatten(f"{path}[{at}]", item, into)
    else:
        into[path] = str(value)


def finding(stack: str, old: str, new: str) -> Finding:
    """What is said of a rename, by the two URNs."""
    same_place = old.rsplit("::", 1)[0] == new.rsplit("::", 1)[0]
    alias = f'Alias(name="{name_of(old)}")' if same_place and "::" not in name_of(old) else f'"{old}"'
    kind = type_of(new).rsplit(":", 1)[-1]
    moved = f"is called {name_of(new)} now" if name_of(old) != name_of(new) else "stands in another place now"
    return Finding(
        "review",
        "renamed",
        stack,
        f"{kind} {name_of(new)}",
        f"It looks like {kind} {name_of(old)}, which {moved}: one is created and the other deleted.",
        "Their inputs are the same but for the name, and the engine knows resources by name and place.",
        "What the old one holds or is known by is lost, unless it stays.",
        f"Give it `aliases=[{alias}]` in its ResourceOptions: the engine then keeps the one that is there.",
        new,
    )
