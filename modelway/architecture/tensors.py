"""Tensors, as the Open Inference Protocol knows them: their datatypes and shapes, and the values that one of them holds."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from modelway.architecture.base import Breach, Section, Shaped, each, misshapen
from modelway.architecture.faults import shortened

Datatype = Literal["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64", "BYTES"]
"""Datatypes of version 2 of the Open Inference Protocol
(github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md#tensor-data-types)."""

ColumnType = Literal["boolean", "integer", "number", "text", "timestamp"]
"""What a column of data holds."""

ColumnName = Annotated[
    str, Shaped(r"[A-Za-z_][A-Za-z0-9_.-]*", "letters, digits, _ . and -; a letter or _ first", "Write it like mean_radius.", 128)
]
Dimension = Annotated[int, Field(ge=-1, le=10**9)]
DEPTH = 4
"""Most dimensions of a tensor."""


def _scalar(value: object) -> bool | int | float | str:
    if isinstance(value, bool | int | float | str):
        return value
    raise misshapen("a single value: text, a number, true or false", "Write one value.")


def _values(value: object, depth: int = DEPTH) -> "Values":
    if not isinstance(value, tuple | list) or not depth:
        raise misshapen(f"a list of values, nested at most {DEPTH} deep", "Write it like [1.5, 2.0], row by row.")
    return tuple(_values(item, depth - 1) if isinstance(item, tuple | list) else _scalar(item) for item in value)


@dataclass(frozen=True)
class _Checked:
    """Annotation: `check` alone decides; what it returns is dumped as it is."""

    check: Callable[[object], object]
    schema: str
    """JSON Schema's types, separated by spaces."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": self.schema.split()}


Scalar = Annotated[bool | int | float | str, _Checked(_scalar, "boolean number string")]
Values = Annotated[tuple[object, ...], _Checked(_values, "array")]
"""Values of a tensor: scalars, row by row, or nested as its shape is."""


class Tensor(Section):
    """A tensor that the model takes or gives."""

    EXAMPLES = MappingProxyType({"name": "income", "shape": [-1]})

    name: ColumnName
    datatype: Datatype
    """Datatype of the Open Inference Protocol."""
    shape: tuple[Dimension, ...] = Field(min_length=1, max_length=DEPTH)
    """Length of each dimension; -1 where it is free, as in the number of rows."""


class Example(Section):
    """One tensor of the sample, as the Open Inference Protocol writes it."""

    EXAMPLES = MappingProxyType({"name": "income", "shape": [2], "data": [1200.5, 90000]})

    name: ColumnName
    datatype: Datatype
    shape: tuple[Annotated[int, Field(ge=1, le=10**6)], ...] = Field(min_length=1, max_length=DEPTH)
    """Length of each dimension."""
    data: Values
    """Values, row by row or nested."""

    def flat(self) -> list[Scalar]:
        """The values, row by row."""
        return list(_flattened(self.data))

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._shape_breaches(), self._datatype_breaches()])

    def _shape_breaches(self) -> Iterator[Breach]:
        values = self.flat()
        if len(values) != math.prod(self.shape):
            yield Breach(
                ("data",),
                f"{math.prod(self.shape)} values, for the shape {list(self.shape)}; there are {len(values)}",
                "Correct one of them.",
                (("shape",),),
            )

    def _datatype_breaches(self) -> Iterator[Breach]:
        for value in self.flat():
            if not fits(value, self.datatype):
                yield Breach(
                    ("data",),
                    f"values of datatype {self.datatype}; {quoted(value)} is none",
                    "Correct the value or the datatype.",
                    (("datatype",),),
                )
                break


def column_type_of(datatype: Datatype) -> ColumnType:
    """What a column of that datatype holds."""
    if datatype == "BOOL":
        return "boolean"
    if datatype == "BYTES":
        return "text"
    return "number" if datatype.startswith("FP") else "integer"


def fits(value: Scalar, datatype: Datatype) -> bool:
    """Whether a value may stand in a tensor of that datatype: whole numbers within its bits, no NaN or infinity."""
    if not holds(value, column_type_of(datatype)):
        return False
    if isinstance(value, int) and "INT" in datatype:
        bits = int(datatype.removeprefix("U").removeprefix("INT"))
        low, high = (0, 1 << bits) if datatype.startswith("U") else (-1 << (bits - 1), 1 << (bits - 1))
        return low <= value < high
    return True


def holds(value: Scalar, kind: ColumnType) -> bool:
    """Whether a column of that kind may hold the value."""
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("text", "timestamp"):
        return isinstance(value, str)
    if isinstance(value, bool | str):
        return False
    return math.isfinite(value) if kind == "number" else isinstance(value, int)


def _flattened(data: object) -> Iterator[Scalar]:
    if isinstance(data, tuple):
        for item in data:
            yield from _flattened(item)
    elif isinstance(data, bool | int | float | str):
        yield data


def quoted(value: Scalar) -> str:
    """The value in a sentence about it."""
    return shortened(repr(value), 40)
