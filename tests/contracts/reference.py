"""What a contract says of rows, written plainly in Python: what the evaluator is held against."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

NUMBER = re.compile(r"[ \t\n\r]*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[ \t\n\r]*", re.ASCII)
NAMED = {"nan": math.nan, "inf": math.inf, "infinity": math.inf}
SIZES = {"INT8": (-128, 127), "UINT16": (0, 65535), "INT64": (-(2**63), 2**63 - 1), "UINT64": (0, 2**64 - 1)}

Found = Counter[tuple[str, str]]
"""Rows by column and rule."""


def judge(columns: Mapping[str, Mapping[str, Any]], rows: Sequence[Mapping[str, object]], *, text: bool) -> Found:
    """How many values of each column do not keep which rule. With `text` values are as CSV has them."""
    found: Found = Counter()
    for name, column in columns.items():
        seen: set[object] = set()
        missing = 0
        for row in rows:
            value = row[name]
            if value is None or (text and value == ""):
                missing += 1
                continue
            rule, known = _judged(column, value, text)
            if rule:
                found[name, rule] += 1
            if column.get("unique") and rule != "type":
                if known in seen:
                    found[name, "unique"] += 1
                seen.add(known)
        if missing > column.get("null_rate", 0) * len(rows):
            found[name, "missing"] += missing
    return found


def _judged(column: Mapping[str, Any], value: object, text: bool) -> tuple[str | None, object]:
    kind = column["type"]
    if kind == "boolean":
        known = {"true": True, "false": False}.get(str(value).lower()) if text else value
        return (None if isinstance(known, bool) else "type"), known
    if kind == "text":
        if not isinstance(value, str):
            return "type", value
        return ("value" if "values" in column and value not in column["values"] else None), value
    number = _number(value, text)
    if number is None:
        return "type", value
    # No NaN equals another, and yet it comes twice.
    return _judged_number(column, number, kind), "nan" if math.isnan(number) else number


def _judged_number(column: Mapping[str, Any], number: int | float, kind: str) -> str | None:
    if math.isnan(number):
        return "not_a_number"
    if math.isinf(number):
        return "infinite"
    if kind == "integer" and number != int(number):
        return "fraction"
    if "size" in column:
        low, high = SIZES[column["size"]]
        if not low <= number <= high:
            return "too_large"
    low, high = column.get("range", (None, None))
    if low is not None and number < low:
        return "below"
    if high is not None and number > high:
        return "above"
    if "values" in column and number not in column["values"]:
        return "value"
    return None


def _number(value: object, text: bool) -> int | float | None:
    if not text:
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None
    bare = str(value).strip(" \t\n\r").lower()
    if (named := NAMED.get(bare.removeprefix("-").removeprefix("+"))) is not None:
        return -named if bare.startswith("-") else named
    if not NUMBER.fullmatch(str(value)):
        return None
    return int(bare) if re.fullmatch(r"[+-]?\d{1,400}", bare) and len(bare) < 300 else float(bare)
