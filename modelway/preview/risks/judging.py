"""Holds steps against the risk table.

Which rows can be about a step depends on its type, its operation and which properties differ, and is found once for all steps that have
these in common. Inputs are parsed only where a row's property is among those that differ.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from typing import Any

from modelway.preview.changeset import RISKS, Finding, Operation, PropertyChange
from modelway.preview.resources import SECRET, UNKNOWN, Resource, Step
from modelway.preview.risks.conditions import CONDITIONS, Asked, Held, Open, same
from modelway.preview.risks.documents import documents_that
from modelway.preview.risks.rows import OPTIONS, PLACEHOLDERS, Row, named
from modelway.preview.risks.subjects import done, forced_by, subject
from modelway.preview.risks.table import Table
from modelway.preview.shown import shown
from modelway.preview.steps import operation_of
from modelway.redaction import masked
from modelway.rules.iam_documents import DOCUMENTS, Carried, documents_of
from modelway.rules.properties import Found, Misplaced, Missing, look, parts

_OF_DOCUMENTS = ("grants", "denies", "opens")
_COMPARED: tuple[Operation, ...] = ("update", "replace")
_MOST_KEPT = 4096
"""Sets of changed properties of which it is kept what rows are about them."""
_MOST_SHOWN = 5
"""Items of a list that one sentence names."""
_Names = tuple[str, ...] | None
_Kind = tuple[str, Operation]
_Changed = tuple[tuple[str, ...], bool]
"""Paths of the properties that differ, and whether the engine treats the resource otherwise."""
_PLACEHOLDER = re.compile(rf"\{{({'|'.join(sorted(PLACEHOLDERS))})\}}")


class Risks:
    """What a table says of steps, one after the other."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._by_kind: dict[_Kind, tuple[Row, ...]] = {}
        self._by_changed: dict[tuple[_Kind, _Changed], tuple[Row, ...]] = {}

    def judge(self, stack: str, step: Step, properties: Sequence[PropertyChange], operation: Operation | None = None) -> list[Finding]:
        """What is dangerous about a step, one finding for each row that holds; `properties` is what differs by meaning
        (modelway.preview.differences), `operation` what happens, where the caller knows it already."""
        operation = operation or operation_of(step)
        kind = step.type, operation
        rows = self._rows(kind)
        if rows and operation in _COMPARED and step.old is not None and step.new is not None:
            rows = self._about(kind, (tuple([one.path for one in properties]), _options(step.old) != _options(step.new)), rows)
        return _without_repeated(list(_Judged(stack, step, properties, operation).findings(rows))) if rows else []

    def _about(self, kind: _Kind, changed: _Changed, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """The rows about something that differs."""
        known = self._by_changed.get((kind, changed))
        if known is None:
            if len(self._by_changed) >= _MOST_KEPT:
                self._by_changed.clear()
            names, options = [_names(path) for path in changed[0]], changed[1]
            known = tuple(row for row in rows if (options if row.property in OPTIONS else _may_be_about(row, kind[0], names)))
            self._by_changed[kind, changed] = known
        return known

    def _rows(self, kind: _Kind) -> tuple[Row, ...]:
        known = self._by_kind.get(kind)
        if known is None:
            type_, operation = kind
            rows = [row for row in self._table.rows if operation in row.on and row.risk != "safe" and _is_of(type_, row.types)]
            # What no other row is about is asked last.
            rest = [row for row in rows if row.rest and not self._is_named(row.rest, type_, operation)]
            known = (*(row for row in rows if not row.rest), *rest)
            self._by_kind[kind] = known
        return known

    def _is_named(self, rest: str, type_: str, operation: Operation) -> bool:
        """Whether another row, be it that it is safe, is about the type and operation alone; or names any type of its package."""
        if rest == "package":
            return type_.partition(":")[0] in self._packages
        alone = (
            row
            for row in self._table.rows
            if operation in row.on and not row.when and (row.risk == "safe" or not (row.where or row.unless))
        )
        return any(_is_of(type_, named(row)) for row in alone)

    @cached_property
    def _packages(self) -> frozenset[str]:
        return frozenset(one.partition(":")[0] for row in self._table.rows for one in named(row))

    def insists(self, finding: Finding) -> bool:
        """Whether users themselves want it to block or to be approved, whatever else is known."""
        return finding.rule in self._table.insisting


def _options(resource: Resource) -> tuple[bool, bool]:
    """How the engine treats it, in the order of OPTIONS."""
    return resource.protect, resource.retain_on_delete


def _is_of(type_: str, patterns: Sequence[str]) -> bool:
    return any(type_ == one or ("*" in one and fnmatchcase(type_, one)) for one in patterns)


def _may_be_about(row: Row, type_: str, changed: Sequence[_Names]) -> bool:
    """Whether anything differs that the row looks at."""
    if not row.when:
        return True
    places = DOCUMENTS.get(type_, ()) if row.when in _OF_DOCUMENTS else (row.property,)
    return any(_related(parts(place), names) for place in places for names in changed)


class _Judged:
    """One step. Its inputs are parsed when a row wants them."""

    def __init__(self, stack: str, step: Step, properties: Sequence[PropertyChange], operation: Operation) -> None:
        self._stack = stack
        self._step = step
        self._properties = properties
        self._operation = operation

    def findings(self, rows: Sequence[Row]) -> Iterator[Finding]:
        unknown: dict[str, list[tuple[Row, Open]]] = {}
        told = False
        for row in rows:
            if not self._suits(row) or (row.rest and (told or unknown or not self._is_worth_a_look())):
                continue
            if not row.when:
                told = True
                yield self._finding(row, None)
                continue
            for found in self._held(row):
                if isinstance(found, Held):
                    told = True
                    yield self._finding(row, found)
                    break
                unknown.setdefault(found.path, []).append((row, found))
        # What is not known is said once, however many rows look at it.
        for those in unknown.values():
            yield self._open(those)

    def _is_worth_a_look(self) -> bool:
        """Whether it is something in a cloud, and something happens to it."""
        old, new = self._step.old, self._step.new
        resource = old or new
        if resource is not None and not resource.custom:
            return False
        return self._operation != "update" or bool(self._properties) or old is None or new is None

    def _held(self, row: Row) -> Iterator[Held | Open]:
        old, new = self._step.old, self._step.new
        if row.property in OPTIONS:
            yield from self._option(row)
        elif self._operation in _COMPARED and (old is None or new is None):
            yield Open("", "is not in the files, so nothing can be compared")
        elif row.when in _OF_DOCUMENTS:
            told = list(documents_that(row.when, *self._documents))
            yield from told or (self._hidden(row) if row.when == "grants" else ())
        else:
            before = list(look(old.inputs, row.property)) if old is not None else []
            after = list(look(new.inputs if new is not None else {}, row.property))
            asked = Asked(row.value, row.default, row.unit)
            told = list(CONDITIONS[row.when](before, after, asked))
            hidden = list(self._hidden(row))
            # Of what is secret before and after, that it is another is known.
            yield from hidden if hidden and row.when == "changed" else told or hidden

    def _hidden(self, row: Row) -> Iterator[Held | Open]:
        """What the provider says is another value, of which neither is shown to anybody."""
        places = DOCUMENTS.get(self._step.type, ()) if row.when in _OF_DOCUMENTS else (row.property,)
        for one in self._properties:
            both = one.before and one.after and one.before.secret and one.after.secret
            if both and any(_related(parts(place), _names(one.path)) for place in places):
                yield Held(one.path, SECRET, SECRET, "") if row.when == "changed" else Open(one.path, "is secret, and another than before")

    def _option(self, row: Row) -> Iterator[Held | Open]:
        old, new = self._step.old, self._step.new
        if old is None or new is None:
            return
        had, has = (_options(one)[OPTIONS.index(row.property)] for one in (old, new))
        if had != has:
            found = [Found(row.property.removeprefix("@"), value) for value in (had, has)]
            yield from CONDITIONS[row.when](found[:1], found[1:], Asked(row.value, row.default, row.unit))

    def _suits(self, row: Row) -> bool:
        """Whether all is so that the row wants beside its own property."""
        if not row.where and not row.unless:
            return True
        resource = self._step.old if self._operation in ("delete", "replace", "forget") else self._step.new
        inputs = resource.inputs if resource is not None else {}
        if any(_has(inputs, path, value) for path, value in row.unless.items()):
            return False
        return all(_has(inputs, path, value) for path, value in row.where.items())

    @cached_property
    def _documents(self) -> tuple[dict[str, Carried], dict[str, Carried]]:
        """By path, before and after, as rules look at them (`Resource.wanted`)."""
        old, new = (
            {one.path: one for one in documents_of(self._step.type, resource.wanted)} if resource is not None else {}
            for resource in (self._step.old, self._step.new)
        )
        return old, new

    @cached_property
    def _subject(self) -> str:
        return masked(subject(self._step))

    def _finding(self, row: Row, held: Held | None) -> Finding:
        path = held.path if held else ""
        old, new = (_shown(path, held.before), _shown(path, held.after)) if held else ("", "")
        words = {
            "subject": self._subject,
            "type": masked(self._step.type),
            "done": done(self._operation),
            "property": masked(path),
            "old": old,
            "new": new,
            "detail": masked(held.detail) if held else "",
        }
        what, why = _filled(row.what, words), _filled(row.why, words)
        if not why:
            why = self._why(held, old, new) if held else masked(forced_by(self._step, self._properties, self._operation))
        return Finding(
            row.risk,
            row.id,
            self._stack,
            self._subject,
            what[:1].upper() + what[1:],
            why,
            _filled(row.breaks, words),
            _filled(row.avoid, words),
            self._step.urn,
            path,
            row.blocks,
            row.approval or row.blocks,
        )

    def _why(self, held: Held, old: str, new: str) -> str:
        path = held.path
        change = next((one for one in self._properties if one.path == path), None)
        if change is not None and change.before and change.after and change.before.text and change.after.text:
            old, new = change.before.text, change.after.text
        if old and held.after == []:
            return f"{masked(path)}: without {old}"
        if new and held.before == []:
            return f"{masked(path)}: also {new}"
        return masked(path) + (f": {old} → {new}" if old and new and old != new else "")

    def _open(self, those: Sequence[tuple[Row, Open]]) -> Finding:
        """One value that is not known, in the words of the worst row that looks at it; it asks where any of them does."""
        row, found = min(those, key=lambda one: (RISKS.index(one[0].risk), not one[0].blocks, not one[0].approval))
        named = masked(found.path)
        return Finding(
            "unknown",
            row.id,
            self._stack,
            self._subject,
            f"`{named}` {found.why}." if found.path else f"What it was {found.why}.",
            f"row {row.id} looks at it: the risk may be {row.risk}",
            row.breaks if "{" not in row.breaks else "",
            "Apply what it depends on first and preview again, or look at the value once it is known.",
            self._step.urn,
            found.path,
            approval=any(one.approval or one.blocks for one, _ in those),
        )


def _without_repeated(findings: list[Finding]) -> list[Finding]:
    """Without what says less of the same, and asks for no more: the same risk of the same property, or that something is to be reviewed
    which is worse."""
    if len(findings) < 2:
        return findings
    return [one for at, one in enumerate(findings) if not any(_says(other, one, at > n) for n, other in enumerate(findings) if n != at)]


def _says(one: Finding, other: Finding, first: bool) -> bool:
    """Whether `one` says what `other` does and more; of two that say the same, the `first` does."""
    if not one.path or not other.path or (one.blocks, one.approval) < (other.blocks, other.approval):
        return False
    if one.path == other.path and one.risk == other.risk:
        return first or (one.blocks, one.approval) > (other.blocks, other.approval)
    wide, narrow = _names(other.path), _names(one.path)
    if other.risk != "review" or not _related(wide, narrow):
        return False
    # What is to be reviewed of a part says more than that the whole is.
    return one.risk not in ("review", "unknown") or (wide is not None and narrow is not None and len(wide) < len(narrow))


def _has(inputs: Mapping[str, Any], path: str, wanted: object) -> bool:
    values = wanted if isinstance(wanted, list) else [wanted]
    for found in look(inputs, path):
        if isinstance(found.value, Missing | Misplaced):
            continue
        if "*" in values or any(same(found.value, value) for value in values):
            return True
    return False


def _shown(path: str, value: object) -> str:
    """A value for people: one that the list of those that show has, a number, a flag; else nothing."""
    if isinstance(value, Missing | Misplaced):
        return "none"
    if value == SECRET:
        return "[secret]"
    if value == UNKNOWN:
        return "not known"
    if isinstance(value, list):
        each = [_shown(path, one) for one in value[:_MOST_SHOWN]]
        return ", ".join(each) + (" …" if len(value) > _MOST_SHOWN else "") if all(each) else ""
    if isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else f"{value:g}"
    return shown(path, value).text or ""


def _filled(text: str, words: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: words[found[1]], text) if "{" in text else text


@lru_cache(maxsize=8192)
def _names(path: str) -> tuple[str, ...] | None:
    """The names in a path; None where it cannot be told, which is related to everything."""
    try:
        return parts(path.partition("#")[0])
    except ValueError:
        return None


@lru_cache(maxsize=65536)
def _related(wanted: tuple[str, ...] | None, names: tuple[str, ...] | None) -> bool:
    """Whether one is within the other. Positions do not count: who stands where may have changed."""
    if wanted is None or names is None:
        return True
    return all(one == other or one == "*" or other.isdecimal() for one, other in zip(wanted, names, strict=False))
