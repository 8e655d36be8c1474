"""The rules for one column, as expressions of SQL over what stands in a file."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from modelway.contracts.engine import quoted
from modelway.contracts.expected import Expected
from modelway.contracts.result import Rule
from modelway.contracts.source import CSV, JSON

WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")
TIMES = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE")
NOTHING = '"NULL"'
"""Type of a column of Parquet without any value."""
ISO = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?( ?(Z|[+-]\d\d(:?\d\d)?))?)?"
"""Times that everybody reads alike (rfc-editor.org/rfc/rfc3339), seconds and zone optional."""
ZONE = r".*:.*(Z|[+-]\d\d(:?\d\d)?)"
SHORT = 16
"""Values that are compared one after the other; more of them are looked up in a table, which an aggregate cannot do itself."""


@dataclass(frozen=True)
class Terms:
    """Expressions over one row."""

    value: str
    """What stands in the file; NULL where it is missing."""
    right: str
    """True for a value that keeps every rule; anything else for one that does not."""
    faults: tuple[tuple[Rule, str], ...]
    """Which rule a value does not keep: the first that is true."""
    key: str
    """Equal for equal values."""
    shape: str
    """What stands there, in words that are no value."""
    shaped: frozenset[Rule] = frozenset(("type", "value", "length"))
    """Rules of which that says more than the rule itself."""
    time: str | None = None
    """As microseconds since 1970; None where the column holds no times."""
    lookup: str | None = None
    """What the table of rows has to have beside its columns, as `EXPRESSION AS NAME`."""
    zoned: str | None = None
    """Whether a time says its zone; None where all do or none does, by their type."""
    read: str = "NULL"
    """The value as its kind: a number, true or false, text, microseconds since 1970; a list of them, row by row, where there are several.
    NULL where it is missing or of another kind."""


@dataclass(frozen=True)
class Held:
    """That a column holds something else as a whole."""

    what: str
    undecided: bool = False


@dataclass(frozen=True)
class _Read:
    """A value as its kind, before what is expected of it."""

    type: str | None
    """Whether it is of that kind; None where it always is."""
    value: str


def terms(expected: Expected, value: str, kind: str) -> Terms | Held:
    """The rules for a column whose values `value` gives and whose type is `kind`, or why there are none."""
    if kind == NOTHING:
        return Terms(value, "NULL", (), value, "''")
    if expected.length is not None:
        return _of_lists(expected, value, kind)
    make: Callable[[Expected, str, str], Terms | None]
    make = {"number": _number, "integer": _number, "boolean": _boolean, "text": _text, "timestamp": _timestamp}[expected.kind]
    made = make(expected, value, kind)
    if made is None:
        return Held(f"holds {said(kind)}, expected {_plural(expected)}")
    if not expected.shown:
        return made
    return replace(made, shape=f"left(CAST({made.value} AS VARCHAR), 80)", shaped=frozenset(rule for rule, _ in made.faults))


def said(kind: str) -> str:
    """A type of DuckDB in words."""
    if kind.endswith("]"):
        return f"lists ({kind})"
    base = kind.split("(")[0]
    if base in WHOLE:
        return f"whole numbers ({kind})"
    words = {"DOUBLE": "numbers", "FLOAT": "numbers", "DECIMAL": "numbers", "VARCHAR": "text", "ENUM": "text", "BLOB": "bytes"}
    words |= {"BOOLEAN": "true and false", "STRUCT": "structures", "MAP": "structures", **dict.fromkeys(TIMES, "times")}
    # What a structure or an enumeration is made of may be long, and is of no use here.
    return f"{words[base]} ({base})" if base in words else base


def _plural(expected: Expected) -> str:
    words = {"number": "numbers", "integer": "whole numbers", "boolean": "true and false", "text": "text", "timestamp": "times"}
    return words[expected.kind]


def _assembled(
    expected: Expected, value: str, read: _Read, within: str | None, faults: list[tuple[Rule, str]], lookup: str | None = None
) -> Terms:
    right = " AND ".join(part for part in (read.type, within) if part) or "true"
    told: list[tuple[Rule, str]] = [("type", f"NOT ({read.type})")] if read.type else []
    shaped: frozenset[Rule] = frozenset(("type",) if expected.kind in ("number", "integer") else ("type", "value"))
    of_its_kind = f"(CASE WHEN {read.type} THEN {read.value} END)" if read.type else read.value
    return Terms(value, right, (*told, *faults), read.value, _shape(value, read, expected), shaped, lookup=lookup, read=of_its_kind)


def _shape(value: str, read: _Read, expected: Expected) -> str:
    if read.type is None and expected.kind != "text":
        return "''"
    if "json_type(" in (read.type or ""):
        text = f"({value} ->> '$')"
        return (
            f"CASE json_type({value}) WHEN 'VARCHAR' THEN {_characters(text)} WHEN 'ARRAY' THEN 'a list' WHEN 'OBJECT' THEN 'an object' "
            "WHEN 'BOOLEAN' THEN 'true or false' ELSE 'a number' END"
        )
    if expected.kind == "text":
        return _characters(f"CAST({read.value} AS VARCHAR)")
    number = f"TRY_CAST({value} AS DOUBLE) IS NOT NULL AND NOT contains({value}, '_')"
    return f"CASE WHEN {number} THEN 'a number' ELSE {_characters(value)} END"


def _characters(text: str) -> str:
    return f"'text of ' || length({text}) || CASE WHEN length({text}) = 1 THEN ' character' ELSE ' characters' END"


def _number(expected: Expected, value: str, kind: str) -> Terms | None:
    read = _read_number(value, kind)
    if read is None:
        return None
    if kind in WHOLE:
        return _whole(expected, value)
    lookup, single = None, kind == "FLOAT"
    least, most = (_float(limit, single) for limit in (expected.least, expected.most))
    bounds = expected.bounds if expected.kind == "integer" else None
    # A double tells whole numbers of 32 bits apart, and not those of 64.
    exact = bounds if bounds and bounds[1] >= 1 << 53 else None
    faults: list[tuple[Rule, str]] = [("not_a_number", f"isnan({read.value})"), ("infinite", f"isinf({read.value})")]
    within = [f"{read.value} BETWEEN {least} AND {most}"]
    if expected.kind == "integer":
        within.append(f"{read.value} = trunc({read.value})")
        faults.append(("fraction", f"{read.value} <> trunc({read.value})"))
    if exact:
        written = f"({value} ->> '$')" if kind == JSON else value
        # -0.0 is 0, and no text of a number without a sign.
        fits = f"({read.value} = 0 OR TRY_CAST({written} AS {'UBIGINT' if exact[0] == 0 else 'BIGINT'}) IS NOT NULL)"
        within.append(fits)
        faults.append(("too_large", f"NOT ({fits})"))
    elif bounds:
        fits = f"{read.value} BETWEEN {bounds[0]} AND {bounds[1]}"
        within.append(fits)
        faults.append(("too_large", f"NOT ({fits})"))
    elif expected.datatype in ("FP16", "FP32"):
        largest = _float(replace(expected, low=None, high=None).most, single)
        faults.append(("too_large", f"abs({read.value}) > {largest}"))
    if expected.low is not None:
        faults.append(("below", f"{read.value} < {_float(expected.low, single)}"))
    if expected.high is not None:
        faults.append(("above", f"{read.value} > {_float(expected.high, single)}"))
    if expected.values is not None:
        literals = [_float(float(one), single) for one in expected.values if isinstance(one, int | float)]
        allowed, lookup = _among(expected.name, read.value, literals)
        within.append(allowed)
        faults.append(("value", f"NOT ({allowed})"))
    made = _assembled(expected, value, read, " AND ".join(within), faults, lookup)
    if expected.kind != "integer" or kind not in (CSV, JSON):
        return made
    # Numbers of customers have more digits than a double keeps apart.
    written = f"({value} ->> '$')" if kind == JSON else value
    whole = f"CASE WHEN {read.value} = trunc({read.value}) THEN TRY_CAST({written} AS HUGEINT)::VARCHAR END"
    return replace(made, key=f"coalesce({whole}, {read.value}::VARCHAR)")


def _whole(expected: Expected, value: str) -> Terms:
    """Of a column of whole numbers: compared as such, exactly."""
    low = None if expected.low is None or math.isinf(expected.low) else math.ceil(expected.low)
    high = None if expected.high is None or math.isinf(expected.high) else math.floor(expected.high)
    bounds = expected.bounds if expected.kind == "integer" else None
    limits: list[tuple[Rule, str]] = []
    lookup = None
    if bounds:
        limits.append(("too_large", f"{value} NOT BETWEEN {bounds[0]} AND {bounds[1]}"))
    if low is not None:
        limits.append(("below", f"{value} < {low}"))
    if high is not None:
        limits.append(("above", f"{value} > {high}"))
    if expected.datatype == "FP16" and expected.kind == "number":
        limits.append(("too_large", f"abs({value}::DOUBLE) > {expected.most}"))
    if expected.values is not None:
        literals = [str(int(one)) for one in expected.values if isinstance(one, int | float) and float(one).is_integer()]
        allowed, lookup = _among(expected.name, value, literals)
        limits.append(("value", f"NOT ({allowed})"))
    within = " AND ".join(f"NOT ({test})" for _, test in limits) or None
    return _assembled(expected, value, _Read(None, value), within, limits, lookup)


def _read_number(value: str, kind: str) -> _Read | None:
    if kind == CSV:
        # DuckDB reads 1_000 as a number, and nobody writes data like that.
        number = f"TRY_CAST({value} AS DOUBLE)"
        return _Read(f"{number} IS NOT NULL AND NOT contains({value}, '_')", number)
    if kind == JSON:
        return _Read(f"json_type({value}) IN ('BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE')", f"TRY_CAST({value} ->> '$' AS DOUBLE)")
    if kind in WHOLE or kind in ("FLOAT", "DOUBLE"):
        return _Read(None, value)
    return _Read(None, f"CAST({value} AS DOUBLE)") if kind.startswith("DECIMAL(") else None


def _boolean(expected: Expected, value: str, kind: str) -> Terms | None:
    if kind == CSV:
        read = _Read(f"lower({value}) IN ('true', 'false')", f"(lower({value}) = 'true')")
    elif kind == JSON:
        read = _Read(f"json_type({value}) = 'BOOLEAN'", f"(({value} ->> '$') = 'true')")
    elif kind == "BOOLEAN":
        read = _Read(None, value)
    else:
        return None
    return _with_values(expected, value, read, [str(one).lower() for one in expected.values or ()])


def _text(expected: Expected, value: str, kind: str) -> Terms | None:
    if kind == JSON:
        read = _Read(f"json_type({value}) = 'VARCHAR'", f"({value} ->> '$')")
    elif kind in (CSV, "VARCHAR", "BLOB"):
        read = _Read(None, value)
    elif kind == "UUID" or kind.startswith("ENUM("):
        read = _Read(None, f"CAST({value} AS VARCHAR)")
    else:
        return None
    literal = "encode({})" if kind == "BLOB" else "{}"
    return _with_values(expected, value, read, [literal.format(quoted(str(one))) for one in expected.values or ()])


def _timestamp(expected: Expected, value: str, kind: str) -> Terms | None:
    # Microseconds since 1970, as casts between times with and without a zone take twenty times as long as all else.
    if kind in TIMES:
        read, zoned = _Read(f"isfinite({value})", f"(CASE WHEN isfinite({value}) THEN epoch_us({value}) END)"), None
    elif kind in (CSV, JSON, "VARCHAR"):
        text = f"({value} ->> '$')" if kind == JSON else value
        moment = f"TRY_CAST({text} AS TIMESTAMPTZ)"
        iso = f"regexp_full_match({text}, {quoted(ISO)}) AND {moment} IS NOT NULL"
        iso = f"json_type({value}) = 'VARCHAR' AND {iso}" if kind == JSON else iso
        read = _Read(iso, f"(CASE WHEN {iso} THEN epoch_us({moment}) END)")
        zoned = f"({iso}) AND regexp_full_match({text}, {quoted(ZONE)})"
    else:
        return None
    values = [f"epoch_us(TRY_CAST({quoted(str(one))} AS TIMESTAMPTZ))" for one in expected.values or ()]
    return replace(_with_values(expected, value, read, values), time=read.value, zoned=zoned)


def _with_values(expected: Expected, value: str, read: _Read, literals: list[str]) -> Terms:
    if expected.values is None:
        return _assembled(expected, value, read, None, [])
    allowed, lookup = _among(expected.name, read.value, literals)
    return _assembled(expected, value, read, allowed, [("value", f"NOT ({allowed})")], lookup)


def _of_lists(expected: Expected, value: str, kind: str) -> Terms | Held:
    """Of an input with several values in a row: a list, or lists in one, row by row."""
    if kind == CSV:
        return Held("has several values in a row, which CSV cannot hold, so it was not looked at; keep the data as Parquet", undecided=True)
    one = replace(expected, length=None, unique=False)
    if kind == JSON:
        # Row by row without brackets inside, which no number, true or false has: nested or flat is the same.
        written = f"CAST({value} AS VARCHAR)"
        one_level = written if expected.kind in ("text", "timestamp") else f"'[' || regexp_replace({written}, '[\\[\\]]', '', 'g') || ']'"
        flat, inner = f"CASE WHEN json_type({value}) = 'ARRAY' THEN TRY_CAST({one_level} AS JSON[]) END", JSON
    else:
        inner, depth = re.subn(r"\[\d*\]", "", kind)
        if not depth:
            return Held(f"holds {said(kind)}, expected lists of {_plural(expected)}")
        flat = f"CAST({value} AS {inner}{'[]' * depth})"
        for _ in range(depth - 1):
            flat = f"flatten({flat})"
    element = terms(replace(one, values=None if one.values is None else one.values[:SHORT]), "x", inner)
    if one.values is not None and len(one.values) > SHORT:
        return Held("has lists and more values allowed than can be compared in them, so it was not looked at", undecided=True)
    if isinstance(element, Held):
        return Held(f"holds lists in which it {element.what}")
    wrong = f"len(list_filter({flat}, lambda x: NOT coalesce({element.right}, false)))"
    length = f"len({flat}) <> {expected.length}" if expected.length != -1 else None
    faults: list[tuple[Rule, str]] = [("type", f"{flat} IS NULL")] if kind == JSON else []
    faults += [("length", length)] if length else []
    faults.append(("value", f"{wrong} > 0"))
    right = " AND ".join(f"NOT coalesce({test}, true)" for _, test in faults)
    shape = f"coalesce('a list of ' || len({flat}), 'no list')"
    read = f"list_transform({flat}, lambda x: {element.read})"
    return Terms(value, right, tuple(faults), f"CAST({value} AS VARCHAR)", shape, read=read)


def _among(name: str, value: str, literals: list[str]) -> tuple[str, str | None]:
    """Whether a value is one of these, and what has to be looked up for that."""
    if not literals:
        return "false", None
    if len(literals) <= SHORT:
        return f"{value} IN ({', '.join(literals)})", None
    # No column of a contract has a space in its name.
    allowed = f'"allowed {name}"'
    return f"coalesce({allowed}, false)", f"{value} IN (SELECT unnest([{', '.join(literals)}])) AS {allowed}"


def _float(number: float, single: bool) -> str:
    """A number as a literal of the column's own width, or a limit of 0.1 would be below the 0.1 of a column of 32 bits."""
    if single:
        return f"'{max(-3.4028234663852886e38, min(3.4028234663852886e38, number))!r}'::FLOAT"
    return f"'{number!r}'::DOUBLE"
