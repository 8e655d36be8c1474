"""The risk table, read: table.toml of this package, and a file of one's own that says more or says it otherwise."""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from modelway.errors import ModelwayError
from modelway.preview.risks.rows import Fault, Row, faults, row
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


def table(own: Path | None = None) -> Table:
    """The built-in rows, changed and followed by those of `own`. Raises InvalidRiskTable."""
    built_in = _built_in()
    if own is None:
        return Table(tuple(row(given, _groups(built_in)) for given in built_in["risk"]))
    content = _read(own)
    groups = _groups(built_in) | _groups(content)
    known = {given["id"]: given for given in built_in["risk"]}
    told = list(_heads(content))
    listed = content.get("risk", [])
    for number, given in enumerate(listed if isinstance(listed, list) else []):
        if not isinstance(given, dict):
            told.append(f"row {number + 1}: {given!r}: a row is a table. Write [[risk]] above its fields.")
            continue
        name = given.get("id")
        # A row that is there already needs only what differs; so may a file of one's own be short.
        joined = {**known.get(name, {}), **given} if isinstance(name, str) else given
        wrong = list(faults(joined, groups))
        told += [_told(number, name, fault) for fault in wrong]
        if not wrong and isinstance(name, str):
            known[name] = joined
    if told:
        lines = "".join(f"\n- {line}" for line in told)
        raise InvalidRiskTable(f"{own} cannot be used:{lines}\nNothing was judged by it. docs/preview.md says what stands in a row.")
    return Table(tuple(row(given, groups) for given in known.values()))


def _heads(content: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(content.keys() - {"risk", "groups"}):
        yield f"{name}: {_short(content[name])}: a table has [[risk]] and [groups]. Take it away, or put it in a row."
    if not isinstance(content.get("risk", []), list):
        yield f"risk: {_short(content['risk'])}: it is a list. Write [[risk]] with two brackets above each row."
    groups = content.get("groups", {})
    for name, types in groups.items() if isinstance(groups, dict) else ():
        if not isinstance(types, list) or not all(isinstance(one, str) and one.count(":") > 1 for one in types):
            yield f'groups.{name}: {_short(types)}: it is a list of types. Write such as ["aws:s3/bucket:Bucket"].'
    if not isinstance(groups, dict):
        yield f"groups: {_short(groups)}: it names lists of types. Write [groups] above them."
    listed = content.get("risk", [])
    names = (
        Counter(given["id"] for given in listed if isinstance(given, dict) and isinstance(given.get("id"), str))
        if isinstance(listed, list)
        else Counter()
    )
    for name, count in names.items():
        if count > 1:
            yield f"row {name}: id: {name}: it stands there {count} times, and an id is of one row. Join them, or rename one."


def _told(number: int, name: object, fault: Fault) -> str:
    here = f"row {name}" if isinstance(name, str) else f"row {number + 1}"
    return f"{here}: {fault.field}: {_short(fault.value)}: {fault.rule}. {fault.way_out}"


def _short(value: object) -> str:
    if value is None:
        return "missing"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]} …"


@cache
def _built_in() -> Mapping[str, Any]:
    return tomllib.loads(BUILT_IN.read_text("utf-8"))


def _groups(content: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    given = content.get("groups", {})
    found = {name: tuple(types) for name, types in given.items() if isinstance(types, list)} if isinstance(given, dict) else {}
    return _GROUPS | found


def _read(file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
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


def _asks(one: Row) -> str:
    return "blocks" if one.blocks else "approval" if one.approval and one.risk != "safe" else "–"


def _looked_at(one: Row) -> str:
    if not one.when:
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
