"""The contract of a model: what goes in and comes out, what the data are expected to be, how good it has to be, and one request to try.

One contract is for checks in pull requests, for serving, for drift and for gates; several versions may share it.
"""

from collections.abc import Callable, Iterator
from functools import partial
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from modelway.architecture.base import Breach, FieldPath, Section, each, of_each
from modelway.architecture.quantities import Duration
from modelway.architecture.tensors import ColumnName, ColumnType, Example, Scalar, Tensor, column_type_of, holds, quoted


class Signature(Section):
    """What the model takes and gives."""

    inputs: tuple[Tensor, ...] = Field(min_length=1, max_length=10_000)
    outputs: tuple[Tensor, ...] = Field(min_length=1, max_length=1_000)

    def breaches(self) -> Iterator[Breach]:
        yield from each([_named_twice(self, "inputs"), _named_twice(self, "outputs")])


class Column(Section):
    """What is expected of a column of data. A column that a model takes has the type of that input."""

    EXAMPLES = MappingProxyType({"range": [0, None], "values": [0, 1, 2, 3], "null_rate": 0.01})

    type: ColumnType | None = None
    """What it holds; needed for a column that is neither taken nor given by the model, such as a label or a time."""
    range: tuple[float | None, float | None] | None = None
    """Smallest and largest value, both allowed; null where there is none."""
    values: tuple[Scalar, ...] | None = Field(default=None, min_length=1, max_length=10_000)
    """The only values allowed."""
    null_rate: float = Field(default=0, ge=0, le=1)
    """Largest share of missing values, 0 to 1."""
    unique: bool = False
    """Whether no value comes twice."""
    shown: bool = False
    """Whether reports may show values of it. Otherwise they say what a value is and not which, as it may tell of a person."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._range_breaches(), self._both_breaches()])

    def _range_breaches(self) -> Iterator[Breach]:
        low, high = self.range or (0, 0)
        if low is None and high is None:
            yield Breach(("range",), "at least one end", "Write it like [0, null], or remove it.")
        elif low is not None and high is not None and low > high:
            yield Breach(("range",), "the smaller number first", "Exchange the two numbers.")

    def _both_breaches(self) -> Iterator[Breach]:
        if self.values is not None and self.range is not None:
            yield Breach(("values",), "either the only values allowed, or a range", "Remove one of them.", (("range",),))


class Metric(Section):
    """How good a version has to be on data that it did not learn from."""

    EXAMPLES = MappingProxyType({"name": "roc_auc", "minimum": 0.8, "maximum": 0.2, "reference": 0.83, "tolerance": 0.005})

    name: ColumnName
    """What is measured, such as roc_auc."""
    direction: Literal["higher", "lower"]
    """Which is better."""
    minimum: float | None = None
    """Least that is good enough, where higher is better."""
    maximum: float | None = None
    """Most that is good enough, where lower is better."""
    reference: float | None = None
    """What was reached when the contract was written; drift is measured from it."""
    tolerance: float = Field(default=0, ge=0, le=1_000_000)
    """How much worse than the live version a new one may be."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._limit_breaches()])

    def _limit_breaches(self) -> Iterator[Breach]:
        limit, other = ("minimum", "maximum") if self.direction == "higher" else ("maximum", "minimum")
        if getattr(self, other) is not None:
            yield Breach(
                (other,),
                f"where {self.direction} is better the limit is a {limit}",
                f"Write {limit}: {getattr(self, other)}.",
                (("direction",),),
            )
        elif getattr(self, limit) is None and self.reference is None:
            yield Breach((limit,), f"a {limit} or a reference is needed", f"Add `{limit}: NUMBER`.")


class Rows(Section):
    """How many rows data have."""

    EXAMPLES = MappingProxyType({"min": 1000, "max": 10_000_000})

    min: int = Field(default=1, ge=0, le=10**12)
    """Fewest."""
    max: int | None = Field(default=None, ge=1, le=10**12)
    """Most; no limit when absent."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._order_breaches()])

    def _order_breaches(self) -> Iterator[Breach]:
        if self.max is not None and self.min > self.max:
            yield Breach(("min",), f"at most max, which is {self.max}", "Exchange the two numbers.", (("max",),))


class Sample(Section):
    """A request that the model answers: what smoke tests send."""

    inputs: tuple[Example, ...] = Field(min_length=1, max_length=10_000)

    def breaches(self) -> Iterator[Breach]:
        yield from each([_named_twice(self, "inputs")])


Taken = dict[str, Tensor]
"""What a model takes, by name."""


class Contract(Section):
    """What a model promises to those who call it, and what it may rely on."""

    EXAMPLES = MappingProxyType({"ordered_by": "applied_at", "freshness": "7d"})

    signature: Signature
    """What it takes and gives."""
    expectations: dict[ColumnName, Column] = Field(default_factory=dict)
    """What is expected of the data, by column; columns that the model does not take (labels, times, groups) may be among them."""
    ordered_by: ColumnName | None = None
    """Column of timestamps or numbers that puts the data in order of time; then the newest are held out, never a random part."""
    rows: Rows | None = None
    """How many rows data have; anything but none when absent."""
    freshness: Duration | None = None
    """Longest time since the newest row, by the column that ordered_by names, which then holds timestamps."""
    metrics: tuple[Metric, ...] = Field(default=(), max_length=100)
    """How good a version has to be."""
    sample: Sample
    """A request that it answers."""

    def column_type(self, name: str) -> ColumnType | None:
        """What a column holds, by its expectation or by the datatype of the input or output of that name; None when neither is there."""
        expected = self.expectations.get(name)
        if expected is not None and expected.type is not None:
            return expected.type
        for tensor in (*self.signature.inputs, *self.signature.outputs):
            if tensor.name == name:
                return column_type_of(tensor.datatype)
        return None

    def breaches(self) -> Iterator[Breach]:
        columns = [of_each(self, "expectations", rule) for rule in (self._type_breaches, self._range_breaches, self._value_breaches)]
        samples = (self._name_breaches, self._datatype_breaches, self._shape_breaches, self._data_breaches)
        yield from each(
            [*columns, self._order_breaches(), self._freshness_breaches(), _named_twice(self, "metrics"), self._missing_breaches()]
        )
        yield from each(self._sample_breaches(rule) for rule in samples)

    def _order_breaches(self) -> Iterator[Breach]:
        if self.ordered_by is not None and self.column_type(self.ordered_by) not in ("timestamp", "integer", "number"):
            yield Breach(
                ("ordered_by",),
                "a column of timestamps or numbers that the contract knows",
                f"Add it: `expectations: {{{self.ordered_by}: {{type: timestamp}}}}`.",
            )

    def _freshness_breaches(self) -> Iterator[Breach]:
        if self.freshness is None:
            return
        if self.ordered_by is None:
            yield Breach(
                ("freshness",), "needs ordered_by: the column that says when a row was", "Add `ordered_by: COLUMN`.", (("ordered_by",),)
            )
        elif self.column_type(self.ordered_by) in ("integer", "number"):
            way_out = "Order by a column of timestamps, or remove freshness."
            yield Breach(
                ("freshness",), f"ordered_by names a column of timestamps; {self.ordered_by} holds numbers", way_out, (("ordered_by",),)
            )

    def _type_breaches(self, name: str, column: Column) -> Iterator[Breach]:
        path: FieldPath = ("expectations", name)
        held = next((column_type_of(tensor.datatype) for tensor in self.signature.inputs if tensor.name == name), None)
        if self.column_type(name) is None:
            yield Breach(
                path,
                f"the model neither takes nor gives a column {name}, so its type has to be said",
                f"Add `type: text` or another type, or correct the name; it takes {_some([each.name for each in self.signature.inputs])}.",
            )
        elif held is not None and column.type is not None and column.type != held:
            yield Breach((*path, "type"), f"the input of that name holds {held}", "Remove it.")

    def _range_breaches(self, name: str, column: Column) -> Iterator[Breach]:
        kind = self.column_type(name)
        if column.range is not None and kind not in (None, "integer", "number"):
            yield Breach(("expectations", name, "range"), f"only numbers have a range, and this column holds {kind}", "Remove it.")

    def _value_breaches(self, name: str, column: Column) -> Iterator[Breach]:
        kind = self.column_type(name)
        for position, value in enumerate(column.values or ()):
            if kind is not None and not holds(value, kind):
                yield Breach(("expectations", name, "values", position), f"values of a column that holds {kind}", "Correct the value.")

    def _missing_breaches(self) -> Iterator[Breach]:
        given = {example.name for example in self.sample.inputs}
        missing = [tensor.name for tensor in self.signature.inputs if tensor.name not in given]
        if missing:
            yield Breach(("sample", "inputs"), f"every input of the signature; {_some(missing)} is missing", "Add it with its values.")

    def _sample_breaches(self, rule: Callable[[Taken, int, Example], Iterator[Breach]]) -> Iterator[Breach]:
        taken = {tensor.name: tensor for tensor in self.signature.inputs}
        yield from of_each(self.sample, "inputs", partial(rule, taken))

    def _name_breaches(self, taken: Taken, number: int, example: Example) -> Iterator[Breach]:
        if example.name not in taken:
            path = ("sample", "inputs", number, "name")
            yield Breach(path, f"an input of the signature: {_some(list(taken))}", "Correct the name, or remove it.")

    def _datatype_breaches(self, taken: Taken, number: int, example: Example) -> Iterator[Breach]:
        tensor = taken.get(example.name)
        if tensor is not None and example.datatype != tensor.datatype:
            path = ("sample", "inputs", number, "datatype")
            yield Breach(path, f"{tensor.datatype}, as in the signature", f"Write {tensor.datatype}.")

    def _shape_breaches(self, taken: Taken, number: int, example: Example) -> Iterator[Breach]:
        tensor = taken.get(example.name)
        if tensor is not None and (
            len(example.shape) != len(tensor.shape)
            or any(wanted not in (-1, has) for wanted, has in zip(tensor.shape, example.shape, strict=False))
        ):
            path = ("sample", "inputs", number, "shape")
            yield Breach(path, f"a shape that fits {list(tensor.shape)} of the signature", "Correct one of them.")

    def _data_breaches(self, taken: Taken, number: int, example: Example) -> Iterator[Breach]:
        column = self.expectations.get(example.name) if example.name in taken else None
        for value in example.flat() if column else ():
            if not _expected(value, column):
                yield Breach(
                    ("sample", "inputs", number, "data"),
                    f"values as they are expected of {example.name}; {quoted(value)} is not",
                    "Correct the sample or the expectation.",
                )
                break


def _expected(value: Scalar, column: Column | None) -> bool:
    if column is None:
        return True
    if column.values is not None and value not in column.values:
        return False
    if column.range is not None and isinstance(value, int | float):
        low, high = column.range
        return not ((low is not None and value < low) or (high is not None and value > high))
    return True


def _named_twice(section: Section, field: str) -> Iterator[Breach]:
    seen: set[str] = set()
    for position, item in enumerate(getattr(section, field)):
        if item.name in seen:
            yield Breach((field, position, "name"), f"{item.name} is there already", "Remove one, or rename it.")
        seen.add(item.name)


def _some(names: list[str]) -> str:
    return ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
