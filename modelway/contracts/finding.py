"""A second scan, where a rule is not kept: how many rows do not keep which, and the first of them, without their values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelway.contracts.engine import Engine
from modelway.contracts.result import Rule, Sample
from modelway.contracts.scanning import looked_up
from modelway.contracts.source import Layout, Source
from modelway.contracts.terms import Terms

SAMPLES = 5
"""Rows of each fault that are named."""
FILES = 1 << 40
"""Rows that a file has fewer of; a row of any file is one number."""

Scanned = tuple[Layout, Mapping[str, Terms]]
"""Files that are laid out alike, and the rules for their columns."""


@dataclass(frozen=True)
class Broken:
    """A rule that values of a column do not keep."""

    column: str
    rule: Rule
    count: int
    samples: tuple[Sample, ...]


def find(engine: Engine, table: Source, scanned: Sequence[Scanned], wrong: Sequence[str], missing: Sequence[str]) -> list[Broken]:
    """The faults of the columns in `wrong`, and the rows without a value in those of `missing`. Raises CannotRead."""
    asked: list[tuple[str, Rule]] = [(name, "missing") for name in missing]
    for name in wrong:
        asked += dict.fromkeys((name, rule) for _, terms in scanned if name in terms for rule, _ in terms[name].faults)
    names = list(dict.fromkeys([*wrong, *missing]))
    position = {name: at for at, name in enumerate(names)}
    aggregates = []
    for name, rule in asked:
        broken = f"f{position[name]} = '{rule}'"
        rows = f"min(key, {SAMPLES}) FILTER (WHERE {broken})"
        shapes = f"arg_min(s{position[name]}, key, {SAMPLES}) FILTER (WHERE {broken})"
        aggregates += [f"count(CASE WHEN {broken} THEN 1 END)", rows, shapes]
    tables = " UNION ALL ".join(_rows(engine, layout, file, terms, names) for layout, terms in scanned for file in layout.files)
    (row,) = engine.rows(f"SELECT {', '.join(aggregates)} FROM ({tables})")
    found: list[Broken] = []
    for at, (column, kind) in enumerate(asked):
        count, keys, said = row[3 * at : 3 * at + 3]
        if isinstance(count, int) and count and isinstance(keys, list) and isinstance(said, list):
            samples = tuple(_sample(table, key, str(shape)) for key, shape in zip(keys, said, strict=True))
            found.append(Broken(column, kind, count, samples))
    return found


def repeats(engine: Engine, table: Source, scanned: Sequence[Scanned], name: str) -> Broken | None:
    """The values of a column that came before; None when all are different. Raises CannotRead."""
    tables = " UNION ALL ".join(
        f"SELECT {file * FILES} + row AS key, {terms[name].key} AS u FROM {layout.table(engine, [file], numbered=True)}"
        for layout, terms in scanned
        if name in terms
        for file in layout.files
    )
    again = (
        f"SELECT count(*) - 1 AS more, min(key) AS first, max(key) AS last FROM ({tables}) GROUP BY u HAVING u IS NOT NULL AND count(*) > 1"
    )
    ((count, last, first),) = engine.rows(f"SELECT sum(more)::BIGINT, min(last, {SAMPLES}), arg_min(first, last, {SAMPLES}) FROM ({again})")
    if not isinstance(count, int) or not isinstance(last, list) or not isinstance(first, list):
        return None
    samples = tuple(_sample(table, one, f"as in {_sample(table, other, '').text()}") for one, other in zip(last, first, strict=True))
    return Broken(name, "unique", count, samples)


def _rows(engine: Engine, layout: Layout, file: int, columns: Mapping[str, Terms], names: Sequence[str]) -> str:
    table = looked_up(layout.table(engine, [file], numbered=True), {name: one for name, one in columns.items() if name in names})
    told = []
    for at, name in enumerate(names):
        terms = columns.get(name)
        if terms is None:
            told += [f"NULL::VARCHAR AS f{at}", f"'' AS s{at}"]
            continue
        cases = " ".join(f"WHEN {test} THEN '{rule}'" for rule, test in terms.faults)
        # A row that could not be read misses no value.
        told.append(f"CASE WHEN {layout.present} IS NULL THEN NULL WHEN {terms.value} IS NULL THEN 'missing' {cases} END AS f{at}")
        rules = ", ".join(f"'{rule}'" for rule in sorted(terms.shaped))
        # Without a shape it is an empty text: arg_min leaves out what is NULL.
        told.append(f"CASE WHEN f{at} IN ({rules}) THEN coalesce({terms.shape}, '') ELSE '' END AS s{at}")
    return f"SELECT {file * FILES} + row AS key, {', '.join(told)} FROM {table}"


def _sample(table: Source, key: int, shape: str) -> Sample:
    file, row = divmod(key, FILES)
    return Sample(table.name_of(file), row, "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in shape[:40]))
