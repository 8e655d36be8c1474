"""Which columns the rows of a contract have, and how a value stands in them: the same for what a model learned from and for what it is
asked later."""

from collections.abc import Iterator
from dataclasses import dataclass

from modelway.architecture.contract import Contract
from modelway.contracts.expected import expected
from modelway.monitoring.drift.baseline import Kind, Role

ID, TIME, WRONG = "_id", "_time", "_wrong"
"""Columns that rows have beside those of the contract: text; seconds since 1970 in UTC; names of the columns whose cell has another
type, and is therefore empty."""

MOST_ELEMENTS = 4096
"""Elements of an input with several values in a row that have columns of their own; further ones are not looked at."""


@dataclass(frozen=True)
class Cell:
    """A column of rows."""

    name: str
    """As the contract calls it; NAME[0], NAME[1] … where it has several values in a row."""
    kind: Kind
    """Numbers are kept as such, all else as text."""
    role: Role
    """`group` for a column that the model neither takes nor gives."""
    boolean: bool
    """Whether it holds true and false."""
    column: str
    """Name in the contract."""
    element: int | None
    """Which of its values."""


def cells(contract: Contract) -> tuple[Cell, ...]:
    """The columns of its rows, in the contract's order. Of an input whose further dimensions are free there are none."""
    return tuple(_cells(contract))


def _cells(contract: Contract) -> Iterator[Cell]:
    taken = {tensor.name for tensor in contract.signature.inputs}
    given = {tensor.name for tensor in contract.signature.outputs}
    for one in expected(contract):
        role: Role = "input" if one.name in taken else "output" if one.name in given else "group"
        kind: Kind = "number" if one.kind in ("integer", "number") else "category"
        if one.length is None:
            yield Cell(one.name, kind, role, one.kind == "boolean", one.name, None)
            continue
        for element in range(min(one.length, MOST_ELEMENTS)):
            yield Cell(f"{one.name}[{element}]", kind, role, one.kind == "boolean", one.name, element)


def text(value: bool | int | float | str) -> str:
    """A value as a category: true and false as in JSON, 3 and 3.0 alike, 0 without a sign."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)
