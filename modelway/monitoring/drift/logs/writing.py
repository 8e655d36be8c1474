"""Rows written down as they are read, in Parquet, a few thousand at a time."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from modelway.monitoring.drift.cells import ID, TIME, WRONG, Cell

SEQUENCE, UNSURE = "_sequence", "_unsure"
"""Columns while files are read: the order that rows came in; whether it is not known yet that a row is of this version."""

MOST_CELLS = 400_000
MOST_TEXT = 16 << 20
"""Cells, and bytes of what they were read from, that wait to be written."""

Values = Mapping[str, Sequence[object]]


class Part:
    """A file of rows with these columns. It is there once something was written."""

    def __init__(self, path: Path, cells: Sequence[Cell]) -> None:
        self.path, self.rows = path, 0
        self.schema = pa.schema(
            [
                *((ID, pa.string()), (TIME, pa.float64()), (WRONG, pa.list_(pa.string())), (SEQUENCE, pa.int64()), (UNSURE, pa.bool_())),
                *((cell.name, pa.float64() if cell.kind == "number" else pa.string()) for cell in cells),
            ]
        )
        self._cells = cells
        self._writer: pq.ParquetWriter | None = None
        self._heads: list[tuple[str, float | None, int, bool]] = []
        self._values: list[tuple[Cell, list[object]]] = [(cell, []) for cell in cells]
        self._weight = 0

    def add(self, ids: Sequence[str], time: float | None, sequence: int, values: Values, *, unsure: bool, weight: int) -> None:
        """Rows of one record that was `weight` bytes long."""
        rows = len(ids)
        self._heads += [(one, time, sequence + number, unsure) for number, one in enumerate(ids)]
        for cell, listed in self._values:
            found = values.get(cell.name)
            if found is None:
                listed += [None] * rows
            else:
                listed += found
        self._weight += weight
        if len(self._heads) * len(self._cells) >= MOST_CELLS or self._weight >= MOST_TEXT:
            self.flush()

    def flush(self) -> None:
        if not self._heads:
            return
        wrong: list[list[str]] = [[] for _ in self._heads]
        arrays = []
        for cell, values in self._values:
            array, at = column(cell, values)
            for position in at:
                wrong[position].append(cell.name)
            arrays.append(array)
            values.clear()
        ids, times, sequences, unsure = zip(*self._heads, strict=True)
        heads = [pa.array(each, kind) for each, kind in zip((ids, times, wrong, sequences, unsure), self.schema.types, strict=False)]
        self._heads, self._weight = [], 0
        self.write(pa.Table.from_arrays([*heads, *arrays], schema=self.schema))

    def write(self, rows: pa.Table) -> None:
        """Rows with the columns of `schema`."""
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, self.schema, compression="lz4", write_statistics=False)
        self._writer.write_table(rows)
        self.rows += rows.num_rows

    def close(self) -> None:
        """Everything is in the file."""
        self.flush()
        if self._writer is not None:
            self._writer.close()


def column(cell: Cell, values: Sequence[object]) -> tuple[pa.Array, list[int]]:
    """The cells of a column, and where one is wrong, which is then empty."""
    types = set(map(type, values)) - {type(None)}
    if cell.kind == "number":
        if types <= {float, int}:
            try:
                return pa.array(values, pa.float64()), []
            except (pa.ArrowInvalid, OverflowError):
                pass  # whole numbers with more digits than a double has
        made: list[object] = [_number(value) for value in values]
        kind = pa.float64()
    else:
        if types <= {str} and not cell.boolean:
            try:
                return pa.array(values, pa.string()), []
            except (pa.ArrowInvalid, UnicodeEncodeError):
                pass  # half a character, which JSON can write
        made = [_truth(value) if cell.boolean else _text(value) for value in values]
        kind = pa.string()
    wrong = [at for at, (before, after) in enumerate(zip(values, made, strict=True)) if after is None and before is not None]
    return pa.array(made, kind), wrong


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _truth(value: object) -> str | None:
    return ("true" if value else "false") if isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None
