"""What differs between a resource before and after, by meaning.

Compared are the inputs, the same two that the engine holds against each other; what providers say of it (`detailedDiff`) adds what forces a
replacement, what somebody changed outside, and secrets, which look the same on both sides.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from modelway.preview.changeset import PropertyChange
from modelway.preview.equality import (
    MISSING,
    ORDERED,
    UNORDERED,
    as_policy,
    document_in,
    identity,
    is_default,
    is_policy,
    spelled_alike,
    without_common,
)
from modelway.preview.resources import SECRET, UNKNOWN, Resource, Step
from modelway.preview.shown import LONGEST, shown

_DEFAULTED = "__defaults"
"""Where a bridged provider notes which inputs it filled in itself (pulumi/pulumi-terraform-bridge)."""
_POSITIONS = re.compile(r"\[\d+\]")
_STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|[^.\[\]]+')
_PLAIN = re.compile(r'[^.\[\]"#]+')
_MARKS = (UNKNOWN, SECRET)
_OPTIONS = (("protect", "protect"), ("retain_on_delete", "retainOnDelete"))


class _Found(NamedTuple):
    path: str
    before: Any
    after: Any


def properties(step: Step) -> tuple[PropertyChange, ...]:
    """What differs, in the order of the inputs; empty for what is created, deleted or read, of which nothing can differ."""
    old, new = step.old, step.new
    if old is None or new is None or step.op in ("create", "delete", "read", "discard", "import"):
        return ()
    if step.op == "same":
        return tuple(_options(old, new))
    before, after = old.inputs, new.inputs
    if step.op == "refresh":
        before, after = old.outputs, new.outputs
        wanted = step.detailed or {}
        found = [one for path in wanted if (one := _Found(path, _at(before, path), _at(after, path))).before != one.after]
        return tuple(_change(one, replaces=False) for one in found)
    compared = _Comparison(step.type.startswith("kubernetes:"))
    compared.of_mappings("", before, after)
    found = _without_copies(compared.found)
    found += _told_alone(step, old, before, after, found)
    # Of what is tainted the engine names the id, which nobody has changed.
    forced = [path for path in _forced(step) if path != "id" or not old.taint]
    made = [_change(one, _is_related(one.path, forced)) for one in found]
    known = [one.path for one in found]
    for path in forced:
        if not _is_related(path, known):
            made.append(_change(_Found(path, _first(old, path), _at(after, path)), replaces=True))
    return (*made, *_options(old, new))


def _change(found: _Found, replaces: bool) -> PropertyChange:
    if _is_short(found.before) and _is_short(found.after):
        return _short_change(*found, replaces)
    return _made_change(*found, replaces)


def _is_short(value: Any) -> bool:
    return len(value) <= LONGEST if isinstance(value, str) else value is MISSING or isinstance(value, int)


def _made_change(path: str, before: Any, after: Any, replaces: bool) -> PropertyChange:
    kind = "add" if before is MISSING and after is not MISSING else "delete" if after is MISSING and before is not MISSING else "update"
    return PropertyChange(
        path,
        kind,  # type: ignore[arg-type]
        None if before is MISSING else shown(path, before),
        None if after is MISSING else shown(path, after),
        replaces,
    )


# Of many resources mostly the same changes: the same tag, the same number of replicas. Typed: 1 is shown otherwise than true.
_short_change = lru_cache(maxsize=8192, typed=True)(_made_change)


def _options(old: Resource, new: Resource) -> Iterator[PropertyChange]:
    """What differs in how the engine treats it."""
    for attribute, path in _OPTIONS:
        before, after = getattr(old, attribute), getattr(new, attribute)
        if before != after:
            yield PropertyChange(path, "update", shown(path, before), shown(path, after))


class _Comparison:
    """Two values, what differs in them and where."""

    def __init__(self, kubernetes: bool) -> None:
        self._kubernetes = kubernetes
        self.found: list[_Found] = []

    def of(self, path: str, name: str, before: Any, after: Any, in_policy: bool = False) -> None:
        """Of two values that are not equal, what differs in what they mean."""
        if isinstance(before, dict) and isinstance(after, dict):
            if not in_policy and is_policy(before) and is_policy(after):
                self.of_mappings(path, as_policy(before), as_policy(after), True)
            else:
                self.of_mappings(path, before, after, in_policy)
        elif isinstance(before, list) and isinstance(after, list):
            self._of_lists(path, name, before, after, in_policy)
        elif before in _MARKS or after in _MARKS:
            self.found.append(_Found(path, before, after))
        elif before is MISSING or after is MISSING:
            if not is_default(name, after if before is MISSING else before, self._kubernetes):
                self._leaves(path, before, after)
        elif isinstance(before, str) and isinstance(after, str) and not in_policy:
            self._of_texts(path, name, before, after)
        elif not spelled_alike(name, before, after):
            self.found.append(_Found(path, before, after))

    def of_mappings(self, path: str, before: dict[str, Any], after: dict[str, Any], in_policy: bool = False) -> None:
        filled_before, filled_after = before.get(_DEFAULTED, ()), after.get(_DEFAULTED, ())
        for key in before if before.keys() == after.keys() else dict.fromkeys([*before, *after]):
            old, new = before.get(key), after.get(key)
            if old == new or key == _DEFAULTED:
                continue
            if (old is MISSING and key in filled_after) or (new is MISSING and key in filled_before):
                # The provider filled it in on that side, and left it to the service on the other.
                continue
            self.of(_joined(path, key), key, old, new, in_policy)

    def _of_texts(self, path: str, name: str, before: str, after: str) -> None:
        old = document_in(before)
        new = document_in(after) if old is not None else None
        if old is not None and new is not None and type(old) is type(new):
            if old != new:
                self.of(f"{path}#", name, old, new, is_policy(old) and is_policy(new))
        elif not spelled_alike(name, before, after):
            self.found.append(_Found(path, before, after))

    def _of_lists(self, path: str, name: str, before: list[Any], after: list[Any], in_policy: bool) -> None:
        if in_policy or name in UNORDERED:
            left, come = without_common(before, after, any_case=in_policy and name in ("Action", "NotAction"))
            self._paired(path, name, left, come, in_policy)
            return
        known = identity(before, after)
        if known is None:
            first, last = _alike(before, after)
            left = [(at, before[at]) for at in range(first, len(before) - last)]
            come = [(at, after[at]) for at in range(first, len(after) - last)]
            self._in_order(path, name, left, come, in_policy)
            return
        old, new = ({item[known]: (at, item) for at, item in enumerate(side)} for side in (before, after))
        if (name in ORDERED or (name == "env" and _refers(before, after))) and [key for key in old if key in new] != [
            key for key in new if key in old
        ]:
            self.found.append(_Found(path, [*old], [*new]))
        for key in dict.fromkeys([*old, *new]):
            at = new[key][0] if key in new else old[key][0]
            was, is_now = old.get(key, (0, MISSING))[1], new.get(key, (0, MISSING))[1]
            if was != is_now:
                self.of(f"{path}[{at}]", name, was, is_now, in_policy)

    def _paired(self, path: str, name: str, left: list[tuple[int, Any]], come: list[tuple[int, Any]], in_policy: bool) -> None:
        """Items of lists whose order does not count: those that are mappings are held against the most alike, others come or go."""
        if not all(isinstance(item, dict) for _, item in (*left, *come)):
            self._exchanged(path, [item for _, item in left], [item for _, item in come])
            return
        rest = list(come)
        if len(left) == len(rest) == 1:
            # One takes the place of the other, however little of it stays.
            self.of(f"{path}[{rest[0][0]}]", name, left[0][1], rest[0][1], in_policy)
            return
        for at, item in left:
            best = max(rest, key=lambda one: _likeness(item, one[1]), default=None)
            if best is None or not _likeness(item, best[1]):
                self._leaves(f"{path}[{at}]", item, MISSING)
                continue
            rest.remove(best)
            self.of(f"{path}[{best[0]}]", name, item, best[1], in_policy)
        for at, item in rest:
            self._leaves(f"{path}[{at}]", MISSING, item)

    def _exchanged(self, path: str, left: list[Any], come: list[Any]) -> None:
        """Items without parts: what goes and what comes, of the list. Positions are of two lists, in which the same one is two items."""
        self.found.append(_Found(path, left or MISSING, come or MISSING))

    def _in_order(self, path: str, name: str, left: list[tuple[int, Any]], come: list[tuple[int, Any]], in_policy: bool) -> None:
        for (_, old), (at, new) in zip(left, come, strict=False):
            if old != new:
                self.of(f"{path}[{at}]", name, old, new, in_policy)
        for at, old in left[len(come) :]:
            self._leaves(f"{path}[{at}]", old, MISSING)
        for at, new in come[len(left) :]:
            self._leaves(f"{path}[{at}]", MISSING, new)

    def _leaves(self, path: str, before: Any, after: Any) -> None:
        """What came or went as a whole, value by value."""
        value = after if before is MISSING else before
        if isinstance(value, dict) and value:
            for key, item in value.items():
                if key != _DEFAULTED and item is not MISSING:
                    self._leaves(_joined(path, key), *((MISSING, item) if before is MISSING else (item, MISSING)))
        elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
            for at, item in enumerate(value):
                self._leaves(f"{path}[{at}]", *((MISSING, item) if before is MISSING else (item, MISSING)))
        else:
            self.found.append(_Found(path, before, after))


def _likeness(one: dict[str, Any], other: dict[str, Any]) -> int:
    """How many members two mappings share; one with the same Sid is the same."""
    return sum(1 for key, value in one.items() if key in other and other[key] == value) + 100 * (
        "Sid" in one and one["Sid"] == other.get("Sid")
    )


def _alike(before: list[Any], after: list[Any]) -> tuple[int, int]:
    """How many items two lists share at their start, and then at their end."""
    shorter = min(len(before), len(after))
    first = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    last = next((at for at in range(shorter - first) if before[-1 - at] != after[-1 - at]), shorter - first)
    return first, last


def _refers(before: list[Any], after: list[Any]) -> bool:
    """Whether variables are made of others, which have to stand before them."""
    return any("$(" in str(item.get("value", "")) for item in (*before, *after))


def _joined(path: str, key: str) -> str:
    """As the engine writes paths (sdk/go/common/resource: PropertyPath)."""
    if not _PLAIN.fullmatch(key):
        escaped = key.replace("\\", "\\\\").replace('"', '\\"')
        return f'{path}["{escaped}"]'
    return f"{path}.{key}" if path and not path.endswith("#") else f"{path}{key}"


def _at(value: Any, path: str) -> Any:
    """What stands at a path of the engine; SECRET where something around it is secret."""
    for match in _STEP.finditer(path):
        if value == SECRET:
            return SECRET
        key = match[1].replace('\\"', '"').replace("\\\\", "\\") if match[1] is not None else match[0]
        if match[2] is not None and isinstance(value, list):
            value = value[int(match[2])] if int(match[2]) < len(value) else MISSING
        elif isinstance(value, dict):
            value = value.get(key)
        else:
            return MISSING
    return value


def _first(old: Resource, path: str) -> Any:
    before = _at(old.inputs, path)
    return before if before is not MISSING else _at(old.outputs, path)


def _without_copies(found: list[_Found]) -> list[_Found]:
    """`tagsAll` is what the AWS provider makes of `tags`."""
    tags = {one.path for one in found if one.path.startswith("tags")}
    return [one for one in found if not (one.path.startswith("tagsAll") and f"tags{one.path.removeprefix('tagsAll')}" in tags)]


def _told_alone(step: Step, old: Resource, before: Any, after: Any, found: list[_Found]) -> list[_Found]:
    """What only the provider tells: a secret that is another, and what somebody changed outside of the program."""
    more: list[_Found] = []
    known = [one.path for one in found]
    outputs: dict[str, Any] | None = None
    for path, difference in (step.detailed or {}).items():
        if _is_related(path, known):
            continue
        is_now = _at(after, path)
        if is_now == SECRET:
            more.append(_Found(path, SECRET, SECRET))
        elif not difference.input_diff and is_now is not MISSING:
            outputs = old.outputs if outputs is None else outputs
            was = _at(outputs, path)
            if was is not MISSING and was != is_now and _differ(step, path, was, is_now):
                more.append(_Found(path, was, is_now))
    if step.detailed is None:
        more += [
            _Found(key, SECRET, SECRET)
            for key in step.diff_reasons or ()
            if _at(after, key) == SECRET == _at(before, key) and not _is_related(key, known)
        ]
    return more


def _differ(step: Step, path: str, before: Any, after: Any) -> bool:
    compared = _Comparison(step.type.startswith("kubernetes:"))
    compared.of(path, path.split(".")[-1], before, after)
    return bool(compared.found)


def _forced(step: Step) -> list[str]:
    """Paths that force the replacement."""
    told = [path for path, difference in (step.detailed or {}).items() if difference.kind.endswith("-replace")]
    return told or ([*(step.replace_reasons or ())] if step.op != "update" else [])


def _is_related(path: str, others: list[str]) -> bool:
    """Whether a path is one of the others, in one of them, or around one; positions in lists do not count."""
    if not others or path in others:
        return bool(others)
    bare = _POSITIONS.sub("", path)
    return any(bare == other or _is_in(bare, other) or _is_in(other, bare) for other in (_POSITIONS.sub("", one) for one in others))


def _is_in(path: str, other: str) -> bool:
    return path.startswith(other) and path[len(other) : len(other) + 1] in (".", "[", "#")
