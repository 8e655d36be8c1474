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
        self._single = {cell.name for cell in self.cells if cell.element is None}
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
            data = tensor.get("data") if isinstance(tensor, dict) else None
            if not isinstance(tensor, dict) or not isinstance(data, list):
                continue
            if data and isinstance(data[0], list):
                data = flat(data)
            name, kind = str(tensor.get("name")), str(tensor.get("datatype"))
            if name in self._single:
                kinds[name], values[name] = kind, data
                lengths.add(len(data))
                continue
            found, step = self._several(tensor, name, tensors, role)
            if not found:
                continue
            if len(data) % step:
                raise Misshapen
            lengths.add(len(data) // step)
            for position, cell in enumerate(found):
                kinds[cell.column], values[cell.name] = kind, data[position::step]
        return _columns(lengths, values, kinds)

    def _several(self, tensor: Mapping[str, object], name: str, tensors: Sequence[object], role: Role) -> tuple[Sequence[Cell], int]:
        """The cells that a tensor with several values in a row has, and how many values; no cell where it is none of the contract's."""
        found = self._by_column.get(name)
        if found is not None:
            return found, _step(tensor, found)
        # One tensor with a row for each request and all columns in it.
        every, shape = self._ordered[role], tensor.get("shape")
        if len(tensors) == 1 and isinstance(shape, list) and len(shape) == 2 and shape[1] == len(every):
            return every, len(every)
        return (), 1

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
    while found and isinstance(found[0], list):
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
