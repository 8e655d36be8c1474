"""The values of a request or an answer, column by column: of the Open Inference Protocol's tensors, whether each is a column or one holds
all of them; of the older protocol's rows; and of CSV."""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from modelway.architecture.contract import Contract
from modelway.monitoring.drift.baseline import Role
from modelway.monitoring.drift.cells import MOST_ELEMENTS, Cell, cells
from modelway.monitoring.drift.logs.envelopes import Body, Csv

MOST_ROWS = 1_000_000
"""Rows of one request that are read."""


class Misshapen(Exception):
    """A body whose columns have different numbers of rows, or that is none."""


@dataclass(frozen=True)
class Columns:
    """The values of a body: each cell's as they stand there, None where there is none."""

    rows: int
    values: Mapping[str, Sequence[object]]
    kinds: Mapping[str, str]
    """By column of the contract, what the body says that it holds."""


NONE = Columns(0, {}, {})


class Shape:
    """How the columns of a contract stand in bodies."""

    def __init__(self, contract: Contract) -> None:
        self.cells = cells(contract)
        self._by_column: dict[str, list[Cell]] = {}
        for cell in self.cells:
            self._by_column.setdefault(cell.column, []).append(cell)
        self._ordered: dict[Role, list[Cell]] = {role: [c for c in self.cells if c.role == role] for role in ("input", "output")}

    def read(self, body: Body, role: Role) -> Columns:
        """Raises Misshapen."""
        if body is None:
            return NONE
        if isinstance(body, Csv):
            return self._csv(body, role)
        if not isinstance(body, dict):
            raise Misshapen
        for key in ("inputs", "instances") if role == "input" else ("outputs", "predictions"):
            listed = body.get(key)
            if isinstance(listed, list):
                return self._tensors(listed, role) if key in ("inputs", "outputs") else self._rows(listed, role)
        return NONE

    def _tensors(self, tensors: Sequence[object], role: Role) -> Columns:
        lengths: set[int] = set()
        values: dict[str, Sequence[object]] = {}
        kinds: dict[str, str] = {}
        for tensor in tensors:
            if not isinstance(tensor, dict) or not isinstance(tensor.get("data"), list):
                continue
            data = flat(tensor["data"])
            found = self._by_column.get(str(tensor.get("name")), None)
            if found is None:
                # One tensor with a row for each request and all columns in it.
                every = self._ordered[role]
                shape = tensor.get("shape")
                if len(tensors) != 1 or not isinstance(shape, list) or len(shape) != 2 or shape[1] != len(every):
                    continue
                found = every
            kinds |= dict.fromkeys((cell.column for cell in found), str(tensor.get("datatype")))
            several = found[0].element is not None and len({cell.column for cell in found}) == 1
            step = _step(tensor, found) if several else len(found)
            if len(data) % step:
                raise Misshapen
            lengths.add(len(data) // step)
            for position, cell in enumerate(found):
                values[cell.name] = data[position::step] if step > 1 else data
        return _columns(lengths, values, kinds)

    def _rows(self, rows: Sequence[object], role: Role) -> Columns:
        ordered = self._ordered[role]
        values: dict[str, list[object]] = {}
        for number, row in enumerate(rows):
            for cell, value in self._row(row, ordered):
                values.setdefault(cell.name, [None] * number).append(value)
            for listed in values.values():
                if len(listed) == number:
                    listed.append(None)
        kinds = {cell.column: _kind(values[cell.name]) for cell in ordered if cell.name in values}
        return _columns({len(rows)}, values, kinds)

    def _row(self, row: object, ordered: Sequence[Cell]) -> Iterator[tuple[Cell, object]]:
        if isinstance(row, dict):
            for name, value in row.items():
                found = self._by_column.get(str(name), ())
                yield from zip(found, flat(value) if isinstance(value, list) else [value], strict=False)
        else:
            given = flat(row) if isinstance(row, list) else [row]
            if len(given) != len(ordered):
                raise Misshapen
            yield from zip(ordered, given, strict=True)

    def _csv(self, body: Csv, role: Role) -> Columns:
        ordered = self._ordered[role]
        try:
            rows = [row for row in csv.reader(io.StringIO(body.text)) if row]
        except csv.Error:
            raise Misshapen from None
        if any(len(row) != len(ordered) for row in rows):
            raise Misshapen
        values = {cell.name: [_typed(row[at], cell) for row in rows] for at, cell in enumerate(ordered)}
        return _columns({len(rows)}, values, {})


def flat(data: Sequence[object]) -> list[object]:
    """Values row by row, however they are nested."""
    found = list(data)
    while any(isinstance(value, list) for value in found):
        found = [inner for value in found for inner in (value if isinstance(value, list) else (value,))]
    return found


def _columns(lengths: set[int], values: Mapping[str, Sequence[object]], kinds: Mapping[str, str]) -> Columns:
    if len(lengths) > 1:
        raise Misshapen
    rows = next(iter(lengths), 0)
    if rows > MOST_ROWS:
        raise Misshapen
    return Columns(rows, values, kinds)


def _step(tensor: Mapping[str, object], found: Sequence[Cell]) -> int:
    """Values in a row of a tensor with several of them, as many as the contract says."""
    shape = tensor.get("shape")
    if not isinstance(shape, list) or not all(isinstance(one, int) and one > 0 for one in shape):
        raise Misshapen
    step = math.prod(shape[1:])
    if step == len(found) or step > len(found) == MOST_ELEMENTS:
        return step
    raise Misshapen


def _typed(text: str, cell: Cell) -> object:
    """A value of CSV, in which everything is text."""
    if text == "":
        return None
    if cell.kind == "number":
        try:
            return float(text) if "_" not in text else text
        except ValueError:
            return text
    return text.lower() == "true" if cell.boolean and text.lower() in ("true", "false") else text


def _kind(values: Sequence[object]) -> str:
    kinds = {"number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__ for value in values}
    return ",".join(sorted(kinds - {"NoneType"}))
