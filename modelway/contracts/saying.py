"""Faults of columns, in sentences that hold no value."""

from modelway.contracts.expected import Expected
from modelway.contracts.finding import Broken
from modelway.contracts.result import Fault, counted

KINDS = {
    "number": "no number",
    "integer": "no whole number",
    "boolean": "neither true nor false",
    "text": "no text",
    "timestamp": "no time such as 2026-11-27T09:30:00Z",
}


def say(expected: Expected, broken: Broken) -> Fault:
    """The fault that values of a column are."""
    rows = counted(broken.count)
    verb = "is" if broken.count == 1 else "are"
    holds = "holds" if broken.count == 1 else "hold"
    what = {
        "type": f"{holds} {KINDS[expected.kind]}" if expected.length is None else f"{holds} no list",
        "not_a_number": f"{verb} NaN, which is neither missing nor a number",
        "infinite": f"{verb} infinite",
        "fraction": f"{holds} no whole number",
        "too_large": f"{'does' if broken.count == 1 else 'do'} not fit {expected.datatype}",
        "below": f"{verb} below {_number(expected.low)}",
        "above": f"{verb} above {_number(expected.high)}",
        "value": f"{holds} none of the {len(expected.values or ())} values allowed"
        if expected.length is None
        else f"{holds} values that are not allowed",
        "length": f"{holds} another number of values than {expected.length}",
        "unique": f"{'repeats a value' if broken.count == 1 else 'repeat values'} that came before",
    }
    return Fault(broken.rule, expected.name, f"{rows} {what[broken.rule]}", broken.count, broken.samples)


def say_missing(expected: Expected, missing: int, rows: int, broken: Broken | None) -> Fault:
    """The fault that more values are missing than may be."""
    allowed = "none may be" if not expected.null_rate else f"at most {share(expected.null_rate)} may be"
    what = f"{missing:,} of {counted(rows)} ({share(missing / rows)}) {'is' if missing == 1 else 'are'} missing; {allowed}"
    return Fault("missing", expected.name, what, missing, broken.samples if broken else ())


def share(fraction: float) -> str:
    """As per cent, at least two digits that are not 0."""
    return f"{fraction * 100:.4g}%"


def _number(limit: float | None) -> str:
    return f"{limit:.15g}" if limit is not None else "the limit"
