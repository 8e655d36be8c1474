"""What a contract expects of the columns of a table, one by one, before any file is opened."""

import math
from dataclasses import dataclass

from modelway.architecture.contract import Column, Contract
from modelway.architecture.tensors import ColumnType, Datatype, Scalar, Tensor, column_type_of

LARGEST = {"FP16": 65504.0, "FP32": 3.4028234663852886e38}
"""Largest number of floating datatypes that are smaller than what columns are read as (IEEE 754-2019, table 3.5)."""
DOUBLE = 1.7976931348623157e308
WHOLE = {"INT8": 8, "INT16": 16, "INT32": 32, "INT64": 64, "UINT8": 8, "UINT16": 16, "UINT32": 32, "UINT64": 64}
"""Bits of the whole numbers."""


@dataclass(frozen=True)
class Expected:
    """What a column has to be."""

    name: str
    kind: ColumnType
    needed: bool
    """Whether the data have to have it: all but what the model gives."""
    datatype: Datatype | None = None
    """Of the input or output of that name."""
    length: int | None = None
    """Values in each row, where the input is no single value: the product of the further dimensions, -1 when one of them is free."""
    low: float | None = None
    high: float | None = None
    values: tuple[Scalar, ...] | None = None
    null_rate: float = 0
    unique: bool = False
    shown: bool = False

    @property
    def least(self) -> float:
        """The smallest number that keeps range and datatype, as far as a double can tell."""
        return max(-math.inf if self.low is None else self.low, -self._largest)

    @property
    def most(self) -> float:
        return min(math.inf if self.high is None else self.high, self._largest)

    @property
    def _largest(self) -> float:
        return LARGEST.get(self.datatype or "", DOUBLE)

    @property
    def bounds(self) -> tuple[int, int] | None:
        """Least and most whole number of its datatype; None where it has none."""
        bits = WHOLE.get(self.datatype or "")
        if bits is None:
            return None
        return (0, (1 << bits) - 1) if str(self.datatype).startswith("U") else (-1 << (bits - 1), (1 << (bits - 1)) - 1)


def expected(contract: Contract) -> tuple[Expected, ...]:
    """The columns that the contract knows: inputs, expectations, then outputs, which are looked at where they are there."""
    inputs = {tensor.name: tensor for tensor in contract.signature.inputs}
    outputs = {tensor.name: tensor for tensor in contract.signature.outputs}
    names = dict.fromkeys([*inputs, *contract.expectations, *outputs])
    return tuple(_expected(contract, name, inputs.get(name), outputs.get(name)) for name in names)


def _expected(contract: Contract, name: str, taken: Tensor | None, given: Tensor | None) -> Expected:
    column = contract.expectations.get(name, Column())
    tensor = taken or given
    kind = column.type or (column_type_of(tensor.datatype) if tensor else None)
    if kind is None:  # pragma: no cover - a contract that is valid has a type for each of its columns
        raise ValueError(f"{name} has no type")
    low, high = column.range or (None, None)
    return Expected(
        name,
        kind,
        needed=taken is not None or given is None,
        datatype=tensor.datatype if tensor else None,
        length=_length(tensor) if tensor else None,
        low=low,
        high=high,
        values=column.values,
        null_rate=column.null_rate,
        unique=column.unique,
        shown=column.shown,
    )


def _length(tensor: Tensor) -> int | None:
    further = tensor.shape[1:]
    if not further:
        return None
    return -1 if -1 in further else math.prod(further)
