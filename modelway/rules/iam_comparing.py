"""What a change of an IAM document allows that was not allowed before, and what it takes away: by meaning, not by text.

Every Allow statement is taken apart into who, what and on what; each is looked for in what was allowed before. One statement has to cover
it: that two together do is not seen, so it may say that something is new which is not, and never the other way round.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from modelway.rules.condition_comparing import implies
from modelway.rules.globs import covers, overlap
from modelway.rules.policy_documents import Condition, Document, Item, Kind, Principal, Statement, read

_MOST = 20_000
"""Combinations of who, what and on what of one statement that are looked at one by one."""


@dataclass(frozen=True)
class Grant:
    """Something that one document allows and the other does not."""

    path: str
    """The statement, as `Statement[1]`; of a Deny that is gone, its path before."""
    who: tuple[str, ...]
    """Principals; empty in a policy of somebody."""
    actions: tuple[str, ...]
    """As they are written; `all but s3:GetObject` for a NotAction."""
    resources: tuple[str, ...]
    note: str = ""
    """What is to be said of a Deny that came or went, rather than an Allow."""

    def __str__(self) -> str:
        what = _short(self.actions)
        on = f" on {_short(self.resources)}" if self.resources else ""
        by = f" for {_short(self.who)}" if self.who else ""
        return f"{what}{on}{by}" + (f", {self.note}" if self.note else "")


@dataclass(frozen=True)
class Comparison:
    """Two documents, compared."""

    granted: tuple[Grant, ...] = ()
    """What is allowed now and was not."""
    withdrawn: tuple[Grant, ...] = ()
    """What was allowed and is not now."""
    undecided: tuple[str, ...] = ()
    """Paths of what is not known yet, where that decides."""
    faults: tuple[str, ...] = ()
    """Why a document could not be read whole; then nothing is said of what is granted."""

    @property
    def equal(self) -> bool:
        return not (self.granted or self.withdrawn or self.undecided or self.faults)


def compare(before: object, after: object, kind: Kind) -> Comparison:
    """What changes between two documents of one kind, each JSON text or a structure, with Unknown and Secret (modelway.rules.values)
    where the engine has them; None where there is no document. Raises nothing."""
    if isinstance(before, str) and isinstance(after, str):
        return _compare_texts(before, after, kind)
    return _compare(before, after, kind)


def _compare(before: object, after: object, kind: Kind) -> Comparison:
    if before == after:
        return Comparison()
    old, new = (Document() if document is None else read(document, kind) for document in (before, after))
    if faults := (*(f"before: {fault}" for fault in old.faults), *(f"after: {fault}" for fault in new.faults)):
        return Comparison(faults=faults)
    was, is_now = ([_Parted(statement, _sides(statement)) for statement in document.statements] for document in (old, new))
    granted, open_now = _beyond(is_now, was, "which was denied")
    withdrawn, open_before = _beyond(was, is_now, "which is denied now")
    return Comparison(granted, withdrawn, tuple(dict.fromkeys((*new.unknown, *old.unknown, *open_now, *open_before))))


# What is granted and what is withdrawn is asked one after the other.
_compare_texts = lru_cache(maxsize=16)(_compare)


class _Part(NamedTuple):
    """One principal, action or resource; or all but some."""

    text: str
    path: str
    known: bool
    kind: str
    """principal:AWS and so on, action, resource."""
    hidden: bool = False
    but: tuple[str, ...] | None = None

    @property
    def shown(self) -> str:
        if self.hidden:
            return "[secret]"
        return self.text if self.but is None else f"all but {_short(self.but)}"


_Side = tuple[_Part, ...]


class _Parted(NamedTuple):
    """A statement, taken apart."""

    statement: Statement
    sides: tuple[_Side, _Side, _Side]
    """Who, what, and on what."""

    @property
    def known(self) -> bool:
        return all(part.known for side in self.sides for part in side) and all(
            item.known for condition in self.statement.conditions for item in condition.values
        )


def _beyond(one: Sequence[_Parted], other: Sequence[_Parted], denied: str) -> tuple[tuple[Grant, ...], list[str]]:
    """What `one` allows beyond `other`, and the paths of what is not known, where that decides."""
    allows = [taken for taken in other if taken.statement.effect == "Allow"]
    denies = [taken for taken in one if taken.statement.effect == "Deny" and taken.known]
    found: list[Grant] = []
    unknown: list[str] = []
    for taken in one:
        if taken.statement.effect == "Allow":
            found += _left(taken, (*allows, *(deny for deny in denies if not deny.statement.conditions)), unknown, "")
    open_denies = [taken.statement.path for taken in one if taken.statement.effect == "Deny" and not taken.known]
    for taken in other:
        if taken.statement.effect == "Deny" and (gone := list(_left(taken, denies, unknown, denied))):
            # One whose values are not known yet may deny the same.
            found += [] if open_denies else gone
            unknown += open_denies
    return tuple(found), unknown


def _left(taken: _Parted, others: Sequence[_Parted], unknown: list[str], note: str) -> Iterator[Grant]:
    """What of a statement none of the others covers."""
    statement, (who, actions, resources) = taken
    usable = [other.sides for other in others if _conditions_imply(statement.conditions, other.statement.conditions)]
    if any(all(map(_side_covers, sides, taken.sides)) for sides in usable):
        return
    if len(who) * len(actions) * len(resources) > _MOST:
        yield _grant(statement, who, actions, resources, note)
        return
    left: list[tuple[_Part, _Part, _Part]] = []
    for combination in product(who, actions, resources):
        if any(all(map(_covers_part, sides, combination)) for sides in usable):
            continue
        if paths := [part.path for part in combination if not part.known]:
            unknown += paths
        else:
            left.append(combination)
    if (paths := [item.path for one in statement.conditions for item in one.values if not item.known]) and left:
        unknown += paths
    elif left:
        kept = [tuple(dict.fromkeys(combination[number] for combination in left)) for number in range(3)]
        yield _grant(statement, kept[0], kept[1], kept[2], note)


def _sides(statement: Statement) -> tuple[_Side, _Side, _Side]:
    nobody = (_Part("", "", known=True, kind="nobody"),)
    who = _principals(statement.principals) or _all_but_those(statement.not_principals) or nobody
    actions = _items(statement.actions, "action", str.lower) or _all_but(statement.not_actions, "action", str.lower)
    resources = _items(statement.resources, "resource", str) or _all_but(statement.not_resources, "resource", str) or nobody
    return who, actions, resources


def _principals(principals: tuple[Principal, ...] | None) -> tuple[_Part, ...]:
    return tuple(
        _Part(_account(one.item.value) if one.kind == "AWS" else one.item.value, one.item.path, one.item.known, one.kind, one.item.secret)
        for one in principals or ()
    )


def _account(principal: str) -> str:
    """An account is written by its number or as the ARN of its root; both mean the account."""
    parts = principal.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[5] == "root" else principal


def _all_but_those(principals: tuple[Principal, ...] | None) -> tuple[_Part, ...]:
    return _all_but(tuple(one.item for one in principals), "AWS", _account) if principals else ()


def _items(items: tuple[Item, ...] | None, kind: str, spelled: Callable[[str], str]) -> tuple[_Part, ...]:
    return tuple(_Part(spelled(item.value), item.path, item.known, kind, item.secret) for item in items or ())


def _all_but(items: tuple[Item, ...] | None, kind: str, spelled: Callable[[str], str]) -> tuple[_Part, ...]:
    if not items:
        return ()
    known = all(item.known for item in items)
    but = tuple(sorted(spelled(item.value) for item in items))
    return (_Part("", items[0].path, known, kind, any(item.secret for item in items), but),)


def _side_covers(by: _Side, side: _Side) -> bool:
    return all(_covers_part(by, part) for part in side)


def _covers_part(by: _Side, part: _Part) -> bool:
    return any(_part_covers(one, part) for one in by)


def _part_covers(general: _Part, special: _Part) -> bool:
    if general.kind != special.kind or not general.known:
        return False
    if general.but is None and general.text == "*":
        return True
    if not special.known:
        return False
    if general.but is not None:
        if special.but is not None:
            return all(any(covers(wide, narrow) for wide in special.but) for narrow in general.but)
        return not any(overlap(excluded, special.text) for excluded in general.but)
    if special.but is not None:
        return False
    if general.kind == "AWS":
        # An account stands for whoever is in it; a wildcard in a principal is only allowed alone.
        return general.text == special.text or (general.text.isdigit() and special.text.split(":")[4:5] == [general.text])
    return covers(general.text, special.text)


def _conditions_imply(special: Sequence[Condition], general: Sequence[Condition]) -> bool:
    return all(any(implies(one, condition) for one in special) for condition in general)


def _grant(statement: Statement, who: Sequence[_Part], actions: Sequence[_Part], resources: Sequence[_Part], note: str) -> Grant:
    names = [tuple(part.shown for part in side if part.kind != "nobody") for side in (who, actions, resources)]
    written = {item.value.lower(): item.value for item in statement.actions or ()}
    return Grant(statement.path, names[0], tuple(written.get(name, name) for name in names[1]), names[2], note)


def _short(texts: Sequence[str]) -> str:
    shown = ", ".join(texts[:3])
    return shown if len(texts) <= 3 else f"{shown} and {len(texts) - 3} more"
