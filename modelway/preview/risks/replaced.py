"""What a table of one's own takes out of the built-in one: whoever reads a report has to know by what it was judged."""

from collections.abc import Sequence
from pathlib import Path

from modelway.preview.counting import counted
from modelway.preview.risks.table import Table

_NAMED = 10
"""Rows that one sentence names."""


def replaced(own: Path, table: Table, built_in: Table) -> str:
    """Which built-in rows `own` turns off, and which it changes, in one sentence; empty where it only has rows of its own."""
    now = {one.id: one for one in table.rows}
    off = [one.id for one in built_in.rows if one.risk != "safe" and now[one.id].risk == "safe"]
    other = [one.id for one in built_in.rows if now[one.id] != one and one.id not in off]
    told = [f"turns off {_rows(off)}" if off else "", f"changes {_rows(other)}" if other else ""]
    return f"{own.name} {' and '.join(part for part in told if part)}." if any(told) else ""


def _rows(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _NAMED:,} more" if len(ids) > _NAMED else ""
    return f"{counted(len(ids), 'built-in row')} of the table of risks ({', '.join(ids[:_NAMED])}{more})"
