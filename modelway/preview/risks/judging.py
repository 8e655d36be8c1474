"""Holds steps against the risk table.

A step of a type, or with an operation, that no row is about costs two looks into a dictionary. Inputs are parsed only where a row's
property is among those that differ.
"""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from modelway.preview.changeset import Finding, Operation, PropertyChange
from modelway.preview.resources import SECRET, UNKNOWN, Step
from modelway.preview.risks.conditions import CONDITIONS, Asked, Held, Open, same
from modelway.preview.risks.documents import documents_that
from modelway.preview.risks.rows import OPTIONS, Row
from modelway.preview.risks.subjects import done, forced_by, subject
from modelway.preview.risks.table import Table
from modelway.preview.shown import shown
from modelway.preview.steps import operation_of
from modelway.redaction import masked
from modelway.rules.iam_documents import DOCUMENTS
from modelway.rules.properties import Found, Misplaced, Missing, look, parts

_OF_DOCUMENTS = ("grants", "denies", "opens")
_COMPARED: tuple[Operation, ...] = ("update", "replace")
_MOST_KEPT = 4096
"""Sets of changed properties of which it is kept what rows are about them."""
_MOST_SHOWN = 5
"""Items of a list that one sentence names."""
_Names = tuple[str, ...] | None


class Risks:
    """What a table says of steps, one after the other."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._by_kind: dict[tuple[str, Operation], tuple[Row, ...]] = {}
        self._by_changed: dict[tuple[str, Operation, tuple[_Names, ...]], tuple[Row, ...]] = {}

    def judge(self, stack: str, step: Step, properties: Sequence[PropertyChange], operation: Operation | None = None) -> list[Finding]:
        """What is dangerous about a step, one finding for each row that holds; `properties` is what differs by meaning
        (modelway.preview.differences), `operation` what happens, where the caller knows it already."""
        operation = operation or operation_of(step)
        type_ = step.type
        rows = self._rows(type_, operation)
        if rows and operation in _COMPARED and step.old is not None and step.new is not None:
            rows = self._about(type_, operation, tuple([_names(one.path) for one in properties]), rows)
        return _without_repeated(list(_Judged(stack, step, properties, operation).findings(rows))) if rows else []

    def _about(self, type_: str, operation: Operation, changed: tuple[_Names, ...], rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """The rows about something that differs: of many resources of one type, mostly the same differs."""
        known = self._by_changed.get((type_, operation, changed))
        if known is None:
            if len(self._by_changed) >= _MOST_KEPT:
                self._by_changed.clear()
            known = tuple(row for row in rows if _may_be_about(row, type_, changed))
            self._by_changed[type_, operation, changed] = known
        return known

    def _rows(self, type_: str, operation: Operation) -> tuple[Row, ...]:
        known = self._by_kind.get((type_, operation))
        if known is None:
            known = tuple(row for row in self._table.rows if operation in row.on and row.risk != "safe" and _is_of(type_, row.types))
            self._by_kind[type_, operation] = known
        return known


def _is_of(type_: str, patterns: Sequence[str]) -> bool:
    return any(type_ == one or ("*" in one and fnmatchcase(type_, one)) for one in patterns)


def _may_be_about(row: Row, type_: str, changed: Sequence[_Names]) -> bool:
    """Whether anything differs that the row looks at; of how the engine treats a resource, properties say nothing."""
    if not row.when or row.property in OPTIONS:
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
        unknown: set[str] = set()
        for row in rows:
            if not self._suits(row):
                continue
            if not row.when:
                yield self._finding(row, None)
                continue
            for found in self._held(row):
                if isinstance(found, Held):
                    yield self._finding(row, found)
                    break
                # What is not known is said once, however many rows look at it.
                if found.path not in unknown:
                    unknown.add(found.path)
                    yield self._open(row, found)

    def _held(self, row: Row) -> Iterator[Held | Open]:
        old, new = self._step.old, self._step.new
        if row.property in OPTIONS:
            yield from self._option(row)
        elif self._operation in _COMPARED and (old is None or new is None):
            yield Open("", "is not in the files, so nothing can be compared")
        elif row.when in _OF_DOCUMENTS:
            yield from documents_that(row.when, self._step.type, old.wanted if old else None, new.wanted if new else None)
        else:
            before = list(look(self._before(), row.property)) if self._before() is not None else []
            asked = Asked(row.value, row.default, row.unit)
            told = list(CONDITIONS[row.when](before, list(look(self._after() or {}, row.property)), asked))
            yield from told or self._hidden(row)

    def _hidden(self, row: Row) -> Iterator[Held | Open]:
        """What the provider says is another value, of which neither is shown to anybody."""
        for one in self._properties:
            if one.before and one.after and one.before.secret and one.after.secret and _related(parts(row.property), _names(one.path)):
                yield Held(one.path, SECRET, SECRET, "") if row.when == "changed" else Open(one.path, "is secret, and another than before")

    def _option(self, row: Row) -> Iterator[Held | Open]:
        old, new = self._step.old, self._step.new
        if old is None or new is None:
            return
        had, has = (one.protect if row.property == "@protect" else one.retain_on_delete for one in (old, new))
        if had != has:
            found = [Found(row.property.removeprefix("@"), value) for value in (had, has)]
            yield from CONDITIONS[row.when](found[:1], found[1:], Asked(row.value, row.default, row.unit))

    def _suits(self, row: Row) -> bool:
        """Whether all is so that the row wants beside its own property."""
        if not row.where and not row.unless:
            return True
        inputs = (self._before() if self._operation in ("delete", "replace", "forget") else self._after()) or {}
        if any(_has(inputs, path, value) for path, value in row.unless.items()):
            return False
        return all(_has(inputs, path, value) for path, value in row.where.items())

    def _before(self) -> Mapping[str, Any] | None:
        return self._step.old.inputs if self._step.old else None

    def _after(self) -> Mapping[str, Any] | None:
        return self._step.new.inputs if self._step.new else None

    def _finding(self, row: Row, held: Held | None) -> Finding:
        path = held.path if held else ""
        old, new = (_shown(path, held.before), _shown(path, held.after)) if held else ("", "")
        words = {
            "subject": masked(subject(self._step)),
            "done": done(self._operation),
            "property": masked(path),
            "old": old,
            "new": new,
            "detail": masked(held.detail) if held else "",
        }
        said = {name: _filled(getattr(row, name), words) for name in ("what", "why", "breaks", "avoid")}
        why = said["why"] or (self._why(held, old, new) if held else masked(forced_by(self._step, self._properties, self._operation)))
        return Finding(
            row.risk,
            row.id,
            self._stack,
            words["subject"],
            said["what"][:1].upper() + said["what"][1:],
            why,
            said["breaks"],
            said["avoid"],
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

    def _open(self, row: Row, found: Open) -> Finding:
        named = masked(found.path) or "what it was"
        return Finding(
            "unknown",
            row.id,
            self._stack,
            masked(subject(self._step)),
            f"{named} {found.why}: it may be {row.risk}.",
            f"{named}, which row {row.id} looks at",
            _filled(row.breaks, {}) if "{" not in row.breaks else "",
            "Apply what it depends on first and preview again, or look at the value once it is there.",
            self._step.urn,
            found.path,
            approval=row.approval or row.blocks,
        )


def _without_repeated(findings: list[Finding]) -> list[Finding]:
    """Without what says less of the same: the same risk of the same property, or that something is to be reviewed which is worse."""
    if len(findings) < 2:
        return findings
    kept: list[Finding] = []
    for one in findings:
        others = [other for other in findings if other is not one and one.path and other.path]
        worse = [other for other in others if other.risk not in ("review", "unknown") and _related(_names(one.path), _names(other.path))]
        if one.risk == "review" and worse:
            continue
        if not any(other.path == one.path and other.risk == one.risk for other in kept if one.path):
            kept.append(one)
    return kept


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
    for name, word in words.items() if "{" in text else ():
        text = text.replace(f"{{{name}}}", word)
    return text


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
