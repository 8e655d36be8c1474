"""Two environments, and what differs between them, as a reviewer reads it.

Compared is what the files mean, not how they say it: base and overrides are one, a default that is written out is no difference.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

from modelway.architecture.arns import SecretReference
from modelway.architecture.base import FieldPath, Section
from modelway.architecture.environment import Environment
from modelway.architecture.quantities import Cpu, Duration, Memory, Written
from modelway.architecture.writing import inline

Kind = Literal["added", "removed", "changed"]

SHORTEST = 8
"""Fewest hex digits that are shown of a digest."""

_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")

_AMOUNTS: Mapping[type, Callable[[Any], float]] = {
    Cpu: lambda cpu: cpu.millicores,
    Duration: lambda duration: duration.seconds,
    Memory: lambda memory: memory.bytes,
}
"""Quantities with several units: two texts of one may mean the same, or be hard to compare."""


@dataclass(frozen=True)
class Value:
    """What a field is on one side."""

    data: object
    """As JSON."""
    text: str
    """In one line, digests shortened; of a section what is no default."""
    parts: tuple[tuple[FieldPath, str], ...] = ()
    """Of a section or a mapping: the same, value by value, each with its path from here."""


@dataclass(frozen=True)
class Change:
    """One field that differs."""

    kind: Kind
    path: FieldPath
    """From the group's section. An item of a list is known by its first field where that tells items apart, else by its position."""
    before: Value | None
    """None when the field was added."""
    after: Value | None
    """None when the field was removed."""
    note: str = ""
    """What the two texts do not say by themselves: `×8` for 256Mi → 2Gi."""


@dataclass(frozen=True)
class Group:
    """What differs in one section or one model."""

    kind: Kind
    title: str
    """Such as `environment`, `network`, `cluster main`, `model credit-risk`."""
    path: FieldPath
    """From the top; empty for fields that belong to no section."""
    changes: tuple[Change, ...]
    """At least one; exactly one, with an empty path, when the group as a whole was added or removed."""


def compare(before: Environment | None, after: Environment | None) -> tuple[Group, ...]:
    """What differs, in the order in which the sections and their fields are declared; None is an environment that is not there.

    Names of the environments are no difference. Contracts are compared where both sides have them; versions say which they name.
    """
    comparer = _Comparer(before, after)
    groups: list[Group] = []
    for name, field in Environment.__pydantic_fields__.items():
        key, old, new = field.alias or name, _value(before, name), _value(after, name)
        if name == "environment" or old == new:
            continue
        if any(isinstance(side, dict) and any(isinstance(item, Section) for item in side.values()) for side in (old, new)):
            old, new = old or {}, new or {}
            for item in dict.fromkeys([*old, *new]):
                if name != "contracts" or (item in old and item in new):
                    groups += comparer.group(f"{key.removesuffix('s')} {item}", (key, item), old.get(item), new.get(item))
        elif isinstance(old, Section) or isinstance(new, Section):
            groups += comparer.group(key, (key,), old, new)
        else:
            changes = tuple(comparer.changes(old, new, (key,)))
            if changes and groups and groups[0].path == ():
                groups[0] = Group("changed", "environment", (), groups[0].changes + changes)
            elif changes:
                groups.insert(0, Group("changed", "environment", (), changes))
    return tuple(groups)


def told(change: Change) -> str:
    """What becomes of the field, in one line: `10 → 20  (×2)`; what it is where it came or went."""
    before, after = (side.text if side else "" for side in (change.before, change.after))
    both = f"{before} → {after}" if change.kind == "changed" else before or after
    return f"{both}  ({change.note})" if change.note else both


class _Comparer:
    """Knows how short a digest may be, and the accounts of both sides."""

    def __init__(self, before: Environment | None, after: Environment | None) -> None:
        self._lengths = _shortest([before, after])
        self._accounts = (before.aws.account, after.aws.account) if before and after else None

    def group(self, title: str, path: FieldPath, before: object, after: object) -> Iterator[Group]:
        """The differences of one section, if there are any."""
        changes = tuple(self.changes(before, after, ()))
        if changes:
            yield Group(changes[0].kind if changes[0].path == () else "changed", title, path, changes)

    def changes(self, before: object, after: object, path: FieldPath) -> Iterator[Change]:
        """The differences between two values of a field; None is one that is not there."""
        if isinstance(before, Section) and isinstance(after, Section):
            old, new = _by_name(before), _by_name(after)
            for key in dict.fromkeys([*old, *new]):
                # Members of a union have fields that the others do not have; a default of one of these is nothing to tell.
                gone = key not in new and old[key] == _defaults(before).get(key)
                come = key not in old and new[key] == _defaults(after).get(key)
                if not gone and not come:
                    yield from self.changes(old.get(key), new.get(key), (*path, key))
        elif isinstance(before, dict | None) and isinstance(after, dict | None):
            # A mapping that is not there has no items.
            for key in dict.fromkeys([*(before or {}), *(after or {})]):
                yield from self.changes((before or {}).get(key), (after or {}).get(key), (*path, key))
        elif (identity := _identity(before, after)) is not None:
            known, found = ({str(getattr(item, identity)): item for item in side} for side in (before, after))  # type: ignore[attr-defined]
            if known.keys() == found.keys() and list(known) != list(found):
                yield Change("changed", path, self._shown(tuple(known)), self._shown(tuple(found)), "in another order")
            yield from self.changes(known, found, path)
        elif before != after:
            # A list without items is nothing, unless the other side is nothing too.
            old_value = None if before is None or (before == () and after) else self._shown(before)
            new_value = None if after is None or (after == () and before) else self._shown(after)
            kind: Kind = "added" if old_value is None else "removed" if new_value is None else "changed"
            if old_value and new_value and self._accounts and _follows(before, after, self._accounts):
                # What is long and the same on both sides hides that nothing else is different.
                old_value, new_value = (
                    replace(side, text=f"…{account}…") for side, account in zip((old_value, new_value), self._accounts, strict=True)
                )
            yield Change(kind, path, old_value, new_value, _note(before, after) if kind == "changed" else "")

    def _shown(self, value: object) -> Value:
        brief = _without_defaults(value)
        text = "all defaults" if brief == {} and isinstance(value, Section) else _text(brief)
        parts = [(path, self._short(_text(part))) for path, part in _leaves(brief, ())] if isinstance(brief, dict) and brief else []
        return Value(_data(value), self._short(text), tuple(parts))

    def _short(self, text: str) -> str:
        return _DIGEST.sub(lambda found: self._prefix(found[0]), text)

    def _prefix(self, digest: str) -> str:
        length = self._lengths.get(digest, len(digest))
        return f"{digest[:length]}…" if length < len(digest) else digest


def _shortest(environments: list[Environment | None]) -> dict[str, int]:
    """How many hex digits of each digest tell it from all others on either side."""
    digests = sorted({found for each in environments if each for found in _DIGEST.findall(each.model_dump_json())})
    lengths = dict.fromkeys(digests, SHORTEST)
    for one, other in pairwise(digests):
        alike = next(position for position in range(64) if one[position] != other[position])
        for digest in (one, other):
            lengths[digest] = max(lengths[digest], alike + 1)
    return lengths


def _value(environment: Environment | None, name: str) -> Any:
    return getattr(environment, name) if environment else None


def _by_name(section: Section) -> dict[str, object]:
    return {field.alias or name: getattr(section, name) for name, field in type(section).__pydantic_fields__.items()}


def _defaults(section: Section) -> dict[str, object]:
    """The defaults of its fields, by name; a required field has none."""
    return {
        field.alias or name: field.get_default(call_default_factory=True, validated_data=dict(section.__dict__))
        for name, field in type(section).__pydantic_fields__.items()
        if not field.is_required()
    }


def _without_defaults(value: object) -> object:
    """As JSON, sections without the fields that say nothing; which kind a section is stays."""
    if isinstance(value, Section):
        defaults = _defaults(value)
        return {
            key: _without_defaults(item)
            for key, item in _by_name(value).items()
            if key == "kind" or key not in defaults or item != defaults[key]
        }
    if isinstance(value, dict):
        return {str(key): _without_defaults(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_without_defaults(item) for item in value]
    return _data(value)


def _data(value: object) -> object:
    """As JSON."""
    if isinstance(value, Section):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(key): _data(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_data(item) for item in value]
    if isinstance(value, SecretReference):
        return value.written()
    return value if isinstance(value, str | int | float | None) else str(value)


def _leaves(data: object, path: FieldPath) -> Iterator[tuple[FieldPath, object]]:
    if isinstance(data, dict) and data:
        for key, item in data.items():
            yield from _leaves(item, (*path, key))
    else:
        yield path, data


def _follows(before: object, after: object, accounts: tuple[str, str]) -> bool:
    """Whether a text is another only because it has the account in it."""
    old, new = accounts
    return isinstance(before, str) and old != new and before not in accounts and before.replace(old, new) == after != before


def _text(data: object) -> str:
    """A text as it is where nothing is lost by that; all else as in a file."""
    return data if isinstance(data, str) and data.strip() and data.isprintable() else inline(data)


def _identity(before: object, after: object) -> str | None:
    """The field by which the items of two lists are known: the first, where it is a text and no two items of a list share it."""
    if not (isinstance(before, tuple) and isinstance(after, tuple) and before and after):
        return None
    kinds = {type(item) for item in (*before, *after)}
    if len(kinds) != 1 or not issubclass(kind := kinds.pop(), Section):
        return None
    first = next(iter(kind.__pydantic_fields__))
    for side in (before, after):
        known = [getattr(item, first) for item in side]
        if not all(isinstance(name, str | Written) for name in known) or len(set(known)) < len(known):
            return None
    return first


def _note(before: object, after: object) -> str:
    if isinstance(before, tuple) and isinstance(after, tuple):
        return _listed(before, after)
    amount = _AMOUNTS.get(type(before))
    if amount is None or type(before) is not type(after):
        return ""
    old, new = amount(before), amount(after)
    if old == new:
        return "the same amount"
    units = [str(side).lstrip("0123456789.") for side in (before, after)]
    return "" if units[0] == units[1] else f"×{new / old:.3g}"


def _listed(before: tuple[object, ...], after: tuple[object, ...]) -> str:
    """What came into a list and what left it, where that is not plain to see."""
    old, new = ([json.dumps(_data(item)) for item in side] for side in (before, after))
    if sorted(old) == sorted(new):
        return "in another order"
    if max(len(old), len(new)) < 4:
        return ""
    gone = [inline(_data(item)) for item, known in zip(before, old, strict=True) if known not in new]
    come = [inline(_data(item)) for item, known in zip(after, new, strict=True) if known not in old]
    return "; ".join(f"{sign} {', '.join(items)}" for sign, items in (("+", come), ("-", gone)) if items)
