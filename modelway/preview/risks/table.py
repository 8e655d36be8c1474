"""The risk table, read: table.toml of this package, and a file of one's own that says more or says it otherwise."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any

from modelway.errors import ModelwayError
from modelway.preview.risks.lines import Lines
from modelway.preview.risks.rows import Fault, Row, faults, named, row
from modelway.rules.iam_documents import DOCUMENTS

BUILT_IN = Path(__file__).with_name("table.toml")
_GROUPS = {"iam-document": tuple(DOCUMENTS)}
"""Groups of types that other tables of the project name."""


class InvalidRiskTable(ModelwayError):
    """A file of one's own that cannot be used; all its faults at once."""


@dataclass(frozen=True)
class Table:
    """Rows, in the order in which they are asked."""

    rows: tuple[Row, ...]
    insisting: frozenset[str] = frozenset()
    """Ids of rows that block or ask because users say so."""


def table(own: Path | None = None) -> Table:
    """The built-in rows, changed and followed by those of `own`. Raises InvalidRiskTable."""
    built_in = _built_in()
    if own is None:
        return Table(tuple(row(given, _groups(built_in)) for given in built_in["risk"]))
    content, text = _read(own)
    groups = _groups(built_in) | _groups(content)
    known = {given["id"]: given for given in built_in["risk"]}
    listed = content.get("risk", [])
    given_rows = listed if isinstance(listed, list) else []
    lines = Lines(text, len(given_rows))
    told = [(lines.of_member(name), line) for name, line in _heads(content)]
    seen: set[str] = set()
    for number, given in enumerate(given_rows):
        if not isinstance(given, dict):
            told.append((lines.of_member("risk"), f"row {number + 1}: {_short(given)}: a row is a table. Write [[risk]] above its fields."))
            continue
        name = given.get("id")
        if not isinstance(name, str):
            told += [(lines.of_row(number, fault.field), _told(number, name, fault)) for fault in faults(given, groups)]
            continue
        # A row that is there already needs only what differs; so may a file of one's own be short.
        joined = {**known.get(name, {}), **given}
        # Of a row that stands there twice, the first says what it lacks.
        wrong = [fault for fault in faults(joined, groups) if name not in seen or fault.field in given]
        told += [(lines.of_row(number, fault.field), _told(number, name, fault)) for fault in wrong]
        if name in seen:
            way_out = "Join them, or rename one."
            told.append(
                (lines.of_row(number, "id"), f"row {name}: id: {name}: it stands there already, and an id is of one row. {way_out}")
            )
        seen.add(name)
        known[name] = joined
    if told:
        faulty = "".join(f"\n- {f'line {line}: ' if line else ''}{what}" for line, what in sorted(told, key=itemgetter(0)))
        raise InvalidRiskTable(f"{own} cannot be used:{faulty}\nNothing was judged by it. docs/preview.md says what stands in a row.")
    rows = tuple(row(given, groups) for given in known.values())
    said = {given["id"] for given in given_rows if "blocks" in given or "approval" in given} | seen - {
        one["id"] for one in built_in["risk"]
    }
    return Table(rows, frozenset(one.id for one in rows if one.id in said and (one.blocks or one.approval)))


def _heads(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong outside of the rows, each with the name of what it is about."""
    for name in sorted(content.keys() - {"risk", "groups"}):
        yield name, f"{name}: {_short(content[name])}: a table has [[risk]] and [groups]. Take it away, or put it in a row."
    if not isinstance(content.get("risk", []), list):
        yield "risk", f"risk: {_short(content['risk'])}: must be a list. Write [[risk]] with two brackets above each row."
    groups = content.get("groups", {})
    for name, types in groups.items() if isinstance(groups, dict) else ():
        if not isinstance(types, list) or not all(isinstance(one, str) and one.count(":") > 1 for one in types):
            yield name, f'groups.{name}: {_short(types)}: must be a list of types. Write such as ["aws:s3/bucket:Bucket"].'
    if not isinstance(groups, dict):
        yield "groups", f"groups: {_short(groups)}: must name lists of types. Write [groups] above them."


def _told(number: int, name: object, fault: Fault) -> str:
    here = f"row {name}" if isinstance(name, str) else f"row {number + 1}"
    return f"{here}: {fault.field}: {_short(fault.value)}: {fault.rule}. {fault.way_out}"


def _short(value: object) -> str:
    if value is None:
        return "missing"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:80]} …"


@cache
def _built_in() -> Mapping[str, Any]:
    return tomllib.loads(BUILT_IN.read_text("utf-8"))


def _groups(content: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    given = content.get("groups", {})
    found = {name: tuple(types) for name, types in given.items() if isinstance(types, list)} if isinstance(given, dict) else {}
    return _GROUPS | found


def _read(file: Path) -> tuple[Mapping[str, Any], str]:
    """What a file says, and its text."""
    try:
        text = file.read_text("utf-8")
        return tomllib.loads(text), text
    except OSError as error:
        raise InvalidRiskTable(f"{file} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise InvalidRiskTable(f"{file} cannot be read: it is not UTF-8 text.") from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidRiskTable(f"{file} is no TOML: {error}. docs/preview.md shows a table.") from None


def as_markdown(rows: Sequence[Row]) -> str:
    """The table for people, one line for each row."""
    head = "| risk | asks | row | operation | what is looked at | of |\n|---|---|---|---|---|---|"
    lines = (f"| {one.risk} | {_asks(one)} | `{one.id}` | {', '.join(sorted(one.on))} | {_looked_at(one)} | {_of(one)} |" for one in rows)
    return "\n".join([head, *lines])


def covered(rows: Sequence[Row]) -> str:
    """The types that rows name, one line for each package and module: those of which a deletion is told, and those of which only something
    else is."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for one in rows:
        for kind in named(one):
            where, _, name = kind.rpartition(":")
            found.setdefault(where.partition("/")[0], (set(), set()))["delete" not in one.on].add(name)
    head = "| of | a deletion is told of | something else is told of |\n|---|---|---|"
    lines = (f"| `{where}` | {_names(gone)} | {_names(others - gone)} |" for where, (gone, others) in sorted(found.items()))
    return "\n".join([head, *lines])


def _names(kinds: set[str]) -> str:
    return ", ".join(f"`{one}`" for one in sorted(kinds))


def _asks(one: Row) -> str:
    return "blocks" if one.blocks else "approval" if one.approval and one.risk != "safe" else "–"


def _looked_at(one: Row) -> str:
    if one.rest:
        said = f"what no other row is about, by its {one.rest}"
    elif not one.when:
        said = "the operation alone"
    else:
        value = f" {_value(one.value)}" if one.value is not None else ""
        said = f"{f'`{one.property}` ' if one.property else 'documents: '}{one.when}{value}"
    beside = [f"`{path}` is {_value(value)}" for path, value in one.where.items()]
    beside += [f"`{path}` is not {_value(value)}" for path, value in one.unless.items()]
    return said + (f", where {' and '.join(beside)}" if beside else "")


def _value(value: object) -> str:
    if isinstance(value, list):
        return " or ".join(_value(one) for one in value)
    return "there" if value == "*" else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _of(one: Row) -> str:
    if len(one.types) > 12:
        return f"{len(one.types)} types"
    return ", ".join(f"`{_bare(kind)}`" for kind in one.types) if one.types != ("*",) else "everything"


def _bare(kind: str) -> str:
    name = kind.rpartition(":")[2]
    return kind if "*" in name else name
