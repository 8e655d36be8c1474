"""Whether a version takes what another took and gives what it gave, so that those who call need not change.

What a model takes may become wider and what it gives narrower, never the other way round (the rule of subtypes: B. Liskov, J. Wing,
doi.org/10.1145/197320.197383).
"""

import math
from collections.abc import Iterator

from modelway.architecture.contract import Column, Contract
from modelway.architecture.tensors import Tensor
from modelway.contracts.result import Fault, Result, named


def compare_signatures(before: Contract, after: Contract, subject: str) -> Result:
    """What breaks for those who call, as faults; what is different and does not, as notes."""
    faults, notes = [], []
    for what, breaks in (*_inputs(before, after), *_outputs(before, after)):
        name, _, sentence = what.partition(": ")
        if breaks:
            faults.append(Fault("signature", name, sentence))
        else:
            notes.append(what)
    return Result(subject, tuple(faults), notes=tuple(notes))


def _inputs(before: Contract, after: Contract) -> Iterator[tuple[str, bool]]:
    old, new = ({tensor.name: tensor for tensor in contract.signature.inputs} for contract in (before, after))
    for name in (name for name in old if name not in new):
        yield f"input {name}: it is no longer taken, and callers still send it", True
    for name in (name for name in new if name not in old):
        optional = after.expectations.get(name, Column()).null_rate == 1
        told = "new, and may always be missing (null_rate: 1)" if optional else "new, and callers do not send it yet"
        yield f"input {name}: {told}", not optional
    for name in (name for name in old if name in new):
        yield from _types(f"input {name}", old[name], new[name], wider=True)
        one, other = (contract.expectations.get(name, Column()) for contract in (before, after))
        yield from _ranges(f"input {name}", one, other, wider=True)
        if one.null_rate > 0 and other.null_rate == 0:
            yield f"input {name}: it may no longer be missing", True
        if other.unique and not one.unique:
            yield f"input {name}: a value may no longer come twice", True


def _outputs(before: Contract, after: Contract) -> Iterator[tuple[str, bool]]:
    old, new = ({tensor.name: tensor for tensor in contract.signature.outputs} for contract in (before, after))
    for name in (name for name in old if name not in new):
        yield f"output {name}: it is no longer given", True
    for name in (name for name in new if name not in old):
        yield f"output {name}: new", False
    for name in (name for name in old if name in new):
        yield from _types(f"output {name}", old[name], new[name], wider=False)
        one, other = (contract.expectations.get(name, Column()) for contract in (before, after))
        yield from _ranges(f"output {name}", one, other, wider=False)


def _types(subject: str, old: Tensor, new: Tensor, *, wider: bool) -> Iterator[tuple[str, bool]]:
    if old.datatype != new.datatype:
        # Requests and answers of the protocol name their datatype.
        yield f"{subject}: {new.datatype} instead of {old.datatype}", True
    if old.shape != new.shape:
        inner, outer = (old, new) if wider else (new, old)
        fits = len(inner.shape) == len(outer.shape) and all(many in (-1, few) for few, many in zip(inner.shape, outer.shape, strict=True))
        yield f"{subject}: shape {list(new.shape)} instead of {list(old.shape)}", not fits


def _ranges(subject: str, old: Column, new: Column, *, wider: bool) -> Iterator[tuple[str, bool]]:
    if (old.range, old.values) == (new.range, new.values):
        return
    inner, outer = (old, new) if wider else (new, old)
    change = f"{_said(new)} instead of {_said(old)}"
    yield f"{subject}: {change}", not _within(inner, outer)


def _within(inner: Column, outer: Column) -> bool:
    """Whether all values that `inner` allows `outer` allows too."""
    if outer.values is not None:
        # Values are compared as they are: 1 is true in Python, and no value of the same column.
        allowed = {(isinstance(one, bool), one) for one in outer.values}
        return inner.values is not None and all((isinstance(one, bool), one) in allowed for one in inner.values)
    if outer.range is None:
        return True
    low, high = _ends(outer)
    if inner.values is not None:
        return all(isinstance(one, int | float) and low <= one <= high for one in inner.values)
    least, most = _ends(inner)
    return low <= least and most <= high


def _ends(column: Column) -> tuple[float, float]:
    low, high = column.range or (None, None)
    return (-math.inf if low is None else low, math.inf if high is None else high)


def _said(column: Column) -> str:
    if column.values is not None:
        return (
            f"the {len(column.values)} values {named(map(str, column.values))}"
            if len(column.values) > 1
            else f"the value {column.values[0]}"
        )
    if column.range is None:
        return "any value"
    low, high = column.range
    parts = [f"at least {low:g}" if low is not None else "", f"at most {high:g}" if high is not None else ""]
    return " and ".join(part for part in parts if part)
