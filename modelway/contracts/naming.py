"""Names of columns: which the contract misses in a file, and what they are perhaps called there."""

import re
from collections.abc import Sequence
from difflib import get_close_matches

from modelway.contracts.expected import Expected
from modelway.contracts.result import Fault, named
from modelway.contracts.source import Layout, looks_like_a_name


def compare_names(columns: Sequence[Expected], layout: Layout, where: str) -> tuple[list[Fault], list[str]]:
    """What is wrong with the names of a layout's columns, and what is worth knowing. `where` begins a sentence about some of several files.

    A name that the contract does not know is told only where the header is one beyond doubt, and where it could be a name: what stands
    first in a file without a header are values.
    """
    known = [one.name for one in columns]
    needed = [one.name for one in columns if one.needed]
    missing = [name for name in needed if name not in layout.names]
    others = [name for name in dict.fromkeys(layout.names) if name not in known]
    is_header = 2 * len(missing) <= len(needed)
    faults: list[Fault] = []
    if layout.format == "csv" and len(missing) == len(needed):
        what = f"{where}none of the {len(needed)} columns is there; the first line may not be a header"
        return [Fault("missing_column", "", what + _renamed(needed, others))], []
    for name in missing:
        near = _near(name, others)
        hint = f"; did you mean {near}, which is there?" if near else ""
        faults.append(Fault("missing_column", name, f"{where}the column is missing{hint}"))
    faults += [
        Fault("repeated_column", name, f"{where}the column is there {layout.names.count(name)} times; the first was looked at")
        for name in known
        if layout.names.count(name) > 1
    ]
    plain = [name for name in others if looks_like_a_name(name)] if is_header else []
    notes = []
    if others:
        told = f": {named(plain)}" if plain else ""
        notes.append(f"{where}{len(others)} column{'s' if len(others) != 1 else ''} that the contract does not know{told}")
    return faults, notes


def _renamed(needed: Sequence[str], others: Sequence[str]) -> str:
    pairs = [(near, name) for name in needed if (near := _near(name, others))]
    return f"; did you mean {named(f'{near} for {name}' for near, name in pairs)}?" if pairs else ""


def _near(name: str, others: Sequence[str]) -> str | None:
    """What the column is perhaps called: near to its name, and nothing that could be a value."""
    plain = [other.strip() for other in others if looks_like_a_name(other.strip())]
    return next((other for other in plain if _bare(other) == _bare(name)), None) or next(iter(get_close_matches(name, plain, 1, 0.7)), None)


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
