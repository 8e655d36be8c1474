"""Rows that somebody else has written down as a table: Parquet and CSV, one row a request."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from modelway.architecture.contract import Contract
from modelway.monitoring.drift.cells import ID, TIME, WRONG, Cell
from modelway.monitoring.drift.logs.streams import MOST_UNPACKED, Damaged, TooLarge, unpacked
from modelway.monitoring.drift.logs.times import Clock, number

IDS = (ID, "id", "inference_id")
VERSIONS = ("_version", "version", "model_version")
_ROWS = 50_000
_BYTES = 64 << 20
"""Rows, and about how many bytes of them, that are in memory at once."""
MOST_DECODED = 1 << 30
"""Bytes of them, once each text is written out, that are read at all."""
_BLOCK = 4 << 20
_NUMBER = r"^[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|(?i:inf|infinity|nan))$"
_PARQUET = b"PAR1"


@dataclass
class Table:
    """Some rows of a file, each column as the contract has it."""

    ids: list[str] | None
    """None where the file has no column of ids."""
    times: list[float | None]
    versions: list[str | None] | None
    columns: dict[str, pa.Array]
    """By name of cell."""
    wrong: dict[str, np.ndarray]
    """By name of cell, at which rows."""
    kinds: dict[str, str]
    """By column of the contract, what the file says that it holds; empty where it does not say."""
    rows: int
    unparsable: int = 0


def is_table(path: Path) -> bool:
    """Whether a file is one of these, by its first bytes or by its name."""
    endings = [ending.lower() for ending in path.suffixes]
    if endings and endings[-1] == ".gz":
        endings.pop()
    with path.open("rb") as file:
        return file.read(4) == _PARQUET or (bool(endings) and endings[-1] in (".csv", ".tsv", ".parquet", ".pq"))


def tables(path: Path, contract: Contract, cells: Sequence[Cell], clock: Clock) -> Iterator[Table]:
    """The rows of a file, a few thousand at a time. Raises TooLarge, and Damaged behind what could be read.

    The time of a row is in `_time`, in the column that the contract's `ordered_by` names, or in `time`; its id in `_id`, `id` or
    `inference_id`; its version, where a file has several, in `_version`, `version` or `model_version`.
    """
    unread, typed = _Unread(), _is_parquet(path)
    for batch in _parquet(path) if typed else _csv(path, unread):
        yield _table(batch, contract, cells, clock, unread.taken(), typed=typed)


@dataclass
class _Unread:
    """Lines that are no rows."""

    count: int = 0
    _taken: int = field(default=0)

    def __call__(self, _row: pcsv.InvalidRow) -> str:
        self.count += 1
        return "skip"

    def taken(self) -> int:
        """Those since the last time."""
        new, self._taken = self.count - self._taken, self.count
        return new


def _is_parquet(path: Path) -> bool:
    """By its first bytes. Raises Damaged for one that is called so and is none."""
    with path.open("rb") as file:
        found = file.read(4) == _PARQUET
    if not found and path.suffix.lower() in (".parquet", ".pq"):
        raise Damaged
    return found


def _parquet(path: Path) -> Iterator[pa.RecordBatch]:
    try:
        # Kept as they are in the file, each text once: a small file can hold a large text a million times.
        with pq.ParquetFile(path, read_dictionary=_texts(path)) as file:
            groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
            if sum(group.total_byte_size for group in groups) > MOST_UNPACKED:
                raise TooLarge
            for number, group in enumerate(groups):
                rows = _ROWS * _BYTES // max(_BYTES, _ROWS * group.total_byte_size // max(group.num_rows, 1))
                for batch in file.iter_batches(max(rows, 1), row_groups=[number]):
                    if sum(map(_size, batch.columns)) > MOST_DECODED:
                        raise TooLarge
                    yield batch
    except (pa.ArrowInvalid, OSError):
        raise Damaged from None


def _texts(path: Path) -> list[str]:
    """Columns of text."""
    return [field.name for field in pq.read_schema(path) if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]


def _size(column: pa.Array) -> int:
    """Bytes that a column of texts would take with each text written out; 0 for others."""
    if not pa.types.is_dictionary(column.type) or not len(column.dictionary):
        return 0
    lengths = pc.binary_length(column.dictionary).cast(pa.int64())
    return int(pc.sum(lengths.take(column.indices)).as_py() or 0)


def _csv(path: Path, unread: _Unread) -> Iterator[pa.RecordBatch]:
    delimiter = "\t" if ".tsv" in (ending.lower() for ending in path.suffixes) else ","
    with unpacked(path) as stream:
        try:
            names = _header(path, delimiter)
            if names is None:
                return
            with pcsv.open_csv(
                stream,
                pcsv.ReadOptions(block_size=_BLOCK, use_threads=False),
                pcsv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=unread),
                pcsv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True, check_utf8=True
                ),
            ) as reader:
                yield from reader
        except pa.ArrowInvalid:
            raise Damaged from None


def _header(path: Path, delimiter: str) -> list[str] | None:
    """Names of the columns; None for a file without any."""
    with unpacked(path) as stream:
        line = stream.readline(_BLOCK)
    if not line.strip():
        return None
    table = pcsv.read_csv(pa.BufferReader(line), parse_options=pcsv.ParseOptions(delimiter=delimiter))
    return list(table.column_names)


def _table(batch: pa.RecordBatch, contract: Contract, cells: Sequence[Cell], clock: Clock, unparsable: int, *, typed: bool) -> Table:
    names = set(batch.schema.names)
    ids = next((batch.column(name) for name in IDS if name in names), None)
    time = next((batch.column(name) for name in (TIME, contract.ordered_by, "time") if name in names), None)
    said = next((batch.column(name) for name in VERSIONS if name in names and name not in contract.expectations), None)
    columns: dict[str, pa.Array] = {}
    wrong: dict[str, np.ndarray] = {}
    for cell in cells:
        found = batch.column(cell.name) if cell.name in names else _element(batch, cell)
        if found is not None:
            columns[cell.name], at = _converted(found, cell)
            if len(at):
                wrong[cell.name] = at
    if WRONG in names:
        # Rows that were written by this package.
        for row, named in enumerate(batch.column(WRONG).to_pylist()):
            for name in named or ():
                wrong[name] = np.append(wrong.get(name, np.array([], dtype=np.int64)), row)
    kinds = {cell.column: _kind(batch.schema.field(cell.column).type) if typed else "" for cell in cells if cell.column in names}
    return Table(
        None if ids is None else [("" if one is None else str(one)) for one in ids.to_pylist()],
        [None] * batch.num_rows if time is None else _times(time, clock),
        None if said is None else [None if one is None else str(one) for one in said.to_pylist()],
        columns,
        wrong,
        kinds,
        batch.num_rows,
        unparsable,
    )


def _kind(kind: pa.DataType) -> str:
    """Types that differ in width alone are one."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    return "string" if pa.types.is_large_string(kind) else "" if pa.types.is_null(kind) else str(kind)


def _times(column: pa.Array, clock: Clock) -> list[float | None]:
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        zoned = pa.types.is_timestamp(kind) and kind.tz is not None
        filled = len(column) - column.null_count
        clock.note(filled if zoned else 0, 0 if zoned else filled)
        whole = pc.cast(pc.cast(column, pa.timestamp("us", kind.tz if zoned else None), safe=False), pa.int64())
        return [None if one is None else one / 1e6 for one in whole.to_pylist()]
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        return [None if one is None else number(one) for one in column.to_pylist()]
    return [clock.read(one) for one in column.to_pylist()]


def _element(batch: pa.RecordBatch, cell: Cell) -> pa.Array | None:
    """One value of each list, of a column with several values in a row; empty where a list is shorter."""
    if cell.element is None or cell.column not in batch.schema.names:
        return None
    lists = batch.column(cell.column)
    while pa.types.is_fixed_size_list(lists.type) or pa.types.is_large_list(lists.type):
        lists = lists.cast(pa.list_(lists.type.value_type))
    if not pa.types.is_list(lists.type):
        return None
    at = cell.element
    long = pc.greater(pc.list_value_length(lists), at)
    rows = np.flatnonzero(long.fill_null(False).to_numpy(zero_copy_only=False))
    offsets = lists.offsets.to_numpy()[:-1][rows] + at
    made = lists.values.take(pa.array(offsets))
    positions = np.full(len(lists), -1)
    positions[rows] = np.arange(len(rows))
    return made.take(pa.array(positions, mask=positions < 0))


def _converted(column: pa.Array, cell: Cell) -> tuple[pa.Array, np.ndarray]:
    """The column as its cell is kept, and where it holds something else, which is then empty."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_large_string(kind):
        column, kind = column.cast(pa.string()), pa.string()
    made: pa.Array | None = None
    if cell.kind == "number":
        if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
            made = column.cast(pa.float64(), safe=False)
        elif pa.types.is_string(kind):
            made = pc.if_else(pc.match_substring_regex(column, _NUMBER), column, None).cast(pa.float64())
    elif cell.boolean:
        if pa.types.is_boolean(kind):
            made = column.cast(pa.string())
        elif pa.types.is_string(kind):
            lower = pc.utf8_lower(column)
            made = pc.if_else(pc.is_in(lower, pa.array(["true", "false"])), lower, None)
    elif pa.types.is_string(kind):
        made = column
    elif pa.types.is_temporal(kind):
        made = column.cast(pa.string())
    if made is None:
        made = pa.nulls(len(column), pa.float64() if cell.kind == "number" else pa.string())
    return made, np.flatnonzero(pc.and_(made.is_null(), column.is_valid()).to_numpy(zero_copy_only=False))
