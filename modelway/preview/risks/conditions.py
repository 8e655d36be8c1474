"""What can happen to a property, so that a row of the table is about it.

Every condition gets what stood at the row's path and what stands there now, and says where it holds. Positions in lists do not count but
for amounts: a list in another order is no change.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from modelway.preview.resources import SECRET, UNKNOWN
from modelway.preview.risks import amounts
from modelway.preview.risks.meaning import (
    Unreadable,
    expires_sooner,
    opened,
    rerouted,
    widened,
    widened_ingress,
    widened_peers,
    widened_rights,
)
from modelway.rules.properties import Found, Misplaced, Missing
from modelway.rules.values import Unknown

UNITS = ("amount", "duration", "version")
WITH_VALUE = ("becomes", "ceases", "gains")


class Asked(NamedTuple):
    """What a row says beside its condition."""

    value: object
    default: object
    unit: str


class Held(NamedTuple):
    """Where a condition holds."""

    path: str
    before: object
    """Missing where there was nothing; an empty list where what was there is there still, or is of no interest."""
    after: object
    detail: str = ""


class Open(NamedTuple):
    """Where it cannot be told, and why."""

    path: str
    why: str = "is not known before the update"


Condition = Callable[[Sequence[Found], Sequence[Found], Asked], Iterator[Held | Open]]


def plain(value: object) -> object:
    """A value without its spelling: text that is a flag is a flag, one that is a number a number."""
    if isinstance(value, str):
        lower = value.lower()
        if lower in ("true", "false"):
            return lower == "true"
        try:
            return float(value)
        except ValueError:
            return value
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    try:
        return float(value)
    except OverflowError:
        return value


def same(one: object, other: object) -> bool:
    """Whether two values are the same however they are spelled; true is not 1."""
    left, right = plain(one), plain(other)
    return type(left) is type(right) and left == right


def is_open(value: object) -> bool:
    """Whether a value is not known, or hidden."""
    return value in (UNKNOWN, SECRET) if isinstance(value, str) else isinstance(value, Unknown)


def _with_default(found: Sequence[Found], asked: Asked) -> Sequence[Found]:
    if asked.default is None:
        return found
    return [Found(one.path, asked.default) if isinstance(one.value, Missing) else one for one in found]


def _open(after: Sequence[Found]) -> Iterator[Open]:
    for one in after:
        if is_open(one.value):
            yield Open(one.path, "is secret, so what it becomes cannot be compared" if one.value == SECRET else Open("").why)


def _key(value: object) -> str:
    return json.dumps(plain(value), sort_keys=True, default=str)


def _pairs(before: Sequence[Found], after: Sequence[Found]) -> Iterator[tuple[Found, Found]]:
    """What stood and what stands at the same place."""
    old = {one.path: one for one in before}
    for one in after:
        yield old.get(one.path, Found(one.path, Missing())), one
    paths = {one.path for one in after}
    yield from ((one, Found(one.path, Missing())) for one in before if one.path not in paths)


def _becomes(before: Sequence[Found], after: Sequence[Found], asked: Asked) -> Iterator[Held | Open]:
    """More places have the value than before, or another of the values."""
    values = asked.value if isinstance(asked.value, list) else [asked.value]
    before, after = _with_default(before, asked), _with_default(after, asked)
    had = sum(any(same(one.value, value) for value in values) for one in before)
    have = [one for one in after if any(same(one.value, value) for value in values)]
    if len(have) > had:
        first = next((one for one in have if not any(one == old for old in before)), have[0])
        yield Held(first.path, _at(before, first.path), first.value)
    else:
        yield from _open(after)


def _ceases(before: Sequence[Found], after: Sequence[Found], asked: Asked) -> Iterator[Held | Open]:
    """Fewer places have the value than before."""
    before, after = _with_default(before, asked), _with_default(after, asked)
    had = [one for one in before if same(one.value, asked.value)]
    have = sum(same(one.value, asked.value) for one in after)
    unknown = list(_open(after))
    if len(had) > have + len(unknown):
        gone = next((one for one in had if not same(_at(after, one.path), asked.value)), had[0])
        yield Held(gone.path, gone.value, _at(after, gone.path))
    elif len(had) > have:
        yield from unknown


def _changed(before: Sequence[Found], after: Sequence[Found], asked: Asked) -> Iterator[Held | Open]:
    """Not the same values as before, in whatever order."""
    before, after = _with_default(before, asked), _with_default(after, asked)
    if unknown := list(_open(after)):
        yield from unknown
        return
    old, new = ([one for one in side if not isinstance(one.value, Missing)] for side in (before, after))
    if len(old) == len(new) == 1:
        # Most often; large values are not worth a key.
        place = None if same(old[0].value, new[0].value) else new[0]
    else:
        had, has = ([(_key(one.value), one) for one in side] for side in (old, new))
        counted, counting = Counter(key for key, _ in had), Counter(key for key, _ in has)
        come = (one for key, one in has if counted[key] < counting[key])
        gone = (one for key, one in had if counting[key] < counted[key])
        place = next(come, None) or next(gone, None)
    if place is not None:
        yield Held(place.path, _at(before, place.path), _at(after, place.path))


def _removed(before: Sequence[Found], after: Sequence[Found], asked: Asked) -> Iterator[Held | Open]:
    """It was there and is not."""
    before, after = _with_default(before, asked), _with_default(after, asked)
    for old, new in _pairs(before, after):
        if _is_there(old.value) and not _is_there(new.value) and not any(_key(old.value) == _key(one.value) for one in after):
            yield Held(old.path, old.value, new.value)


def _added(before: Sequence[Found], after: Sequence[Found], asked: Asked) -> Iterator[Held | Open]:
    """It is there and was not."""
    before, after = _with_default(before, asked), _with_default(after, asked)
    for old, new in _pairs(before, after):
        if _is_there(new.value) and not _is_there(old.value) and not any(_key(new.value) == _key(one.value) for one in before):
            yield Held(new.path, old.value, new.value)


def _is_there(value: object) -> bool:
    return not isinstance(value, Missing | Misplaced) and value not in ([], {}, "")


def _ordered(wanted: Callable[[float, float], bool]) -> Condition:
    def condition(before: Sequence[Found], after: Sequence[Found], asked: Asked) -> Iterator[Held | Open]:
        for old, new in _pairs(_with_default(before, asked), _with_default(after, asked)):
            if is_open(new.value):
                yield from _open([new])
                continue
            if asked.unit == "version":
                one, other = (_as_number(amounts.version(side.value)) for side in (old, new))
            else:
                one, other = (amounts.number(side.value, asked.unit) for side in (old, new))
            if one is not None and other is not None and wanted(one, other):
                yield Held(new.path, old.value, new.value)

    return condition


def _as_number(version: tuple[int, ...] | None) -> float | None:
    """A version as a number of the same order: three parts of up to 100,000."""
    if version is None:
        return None
    first, second, third = (*version, 0, 0, 0)[:3]
    return first * 1e10 + second * 1e5 + third


def _major(before: Sequence[Found], after: Sequence[Found], asked: Asked) -> Iterator[Held | Open]:
    """A version whose first number differs; of one that starts with 0, the second."""
    before, after = _with_default(before, asked), _with_default(after, asked)
    for old, new in _pairs(before, after):
        if is_open(new.value):
            yield from _open([new])
            continue
        one, other = amounts.version(old.value), amounts.version(new.value)
        if one and other and (one[0] != other[0] or (one[0] == 0 and one[1:2] != other[1:2])):
            yield Held(new.path, old.value, new.value)


def _loses(before: Sequence[Found], after: Sequence[Found], asked: Asked) -> Iterator[Held | Open]:
    """A list, or the places that the path names together, has lost something."""
    before, after = _with_default(before, asked), _with_default(after, asked)
    old, new = _members(before), _members(after)
    unknown = list(_open([*after, *(Found(after[0].path, value) for value in new.values())] if after else []))
    gone = Counter({key: count for key, count in Counter(old.keys()).items() if key not in new})
    if unknown and gone:
        yield from unknown
    elif gone:
        lost = [old[key] for key in gone]
        # In its place may come others, and what is not named may stay: only without any there is nothing.
        come = [value for key, value in new.items() if key not in old]
        path = (before[0].path if len(before) == 1 else before[0].path.rpartition("[")[0]) or before[0].path
        yield Held(path, lost, come if new else Missing(), _listed(lost))


def _gains(before: Sequence[Found], after: Sequence[Found], asked: Asked) -> Iterator[Held | Open]:
    """A list has something that it had not: one of the values, or with `*` anything."""
    old, new = _members(before), _members(after)
    come = [value for key, value in new.items() if key not in old]
    values = asked.value if isinstance(asked.value, list) else [asked.value]
    found = [value for value in come if "*" in values or any(same(value, one) for one in values)]
    if unknown := [Found(after[0].path, value) for value in come if is_open(value)]:
        yield from _open(unknown)
    elif found:
        yield Held(after[0].path, [] if old else Missing(), found, _listed(found))


def _members(found: Sequence[Found]) -> dict[str, object]:
    values: list[object] = []
    for one in found:
        if isinstance(one.value, list | tuple):
            values += one.value
        elif not isinstance(one.value, Missing | Misplaced):
            values.append(one.value)
    return {_key(value): value for value in values}


def _listed(values: Sequence[object]) -> str:
    named = [_named(value) for value in values]
    shown = ", ".join(name for name in named[:3] if name)
    return f"{shown} and {len(values) - 3} more" if shown and len(values) > 3 else shown


def _named(value: object) -> str:
    """What a part is called: itself, or what its name says."""
    if isinstance(value, Mapping):
        return next((str(value[key]) for key in ("name", "alert", "record", "id") if isinstance(value.get(key), str)), "")
    return str(value) if isinstance(value, str | int | float) else ""


def _by_meaning(compare: Callable[[object, object], list[str]]) -> Condition:
    def condition(before: Sequence[Found], after: Sequence[Found], asked: Asked) -> Iterator[Held | Open]:
        for old, new in _pairs(_with_default(before, asked), _with_default(after, asked)):
            if is_open(new.value) or is_open(old.value):
                yield from _open([new if is_open(new.value) else old])
                continue
            try:
                found = compare(*(None if isinstance(one.value, Missing | Misplaced) else one.value for one in (old, new)))
            except Unreadable as error:
                yield Open(new.path, str(error))
            else:
                if found:
                    yield Held(new.path, old.value, new.value, "; ".join(found[:3]))

    return condition


def _at(found: Sequence[Found], path: str) -> object:
    return next((one.value for one in found if one.path == path), Missing())


CONDITIONS: Mapping[str, Condition] = {
    "added": _added,
    "becomes": _becomes,
    "ceases": _ceases,
    "changed": _changed,
    "expires sooner": _by_meaning(expires_sooner),
    "gains": _gains,
    "loses": _loses,
    "lowered": _ordered(lambda before, after: after < before),
    "major": _major,
    "opened": _by_meaning(opened),
    "raised": _ordered(lambda before, after: after > before),
    "removed": _removed,
    "rerouted": _by_meaning(rerouted),
    "rights widened": _by_meaning(widened_rights),
    "widened": _by_meaning(widened),
    "widened ingress": _by_meaning(widened_ingress),
    "widened peers": _by_meaning(widened_peers),
    # Of the IAM documents that the type carries; the judge does these.
    "denies": lambda *_: iter(()),
    "grants": lambda *_: iter(()),
    "opens": lambda *_: iter(()),
}
"""By the name that a row has it by."""
