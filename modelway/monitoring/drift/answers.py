"""Which output of a model a metric is about, and answers and labels as numbers.

The rule, from the contract alone. Outputs with one value a row count, in the order of the signature:

- Metrics of probabilities or scores (roc_auc, log_loss, …) take the first output of floating point.
- Metrics of classes (recall, accuracy, …) take the first output that is a class: BOOL, an integer or text; else the first one of floating
  point, which is then a probability, and 0.5 and more is the class 1.
- Metrics of numbers (mean_absolute_error, …) take the first output of floating point, else the first integer. `quantile_loss_0.9` takes
  the one whose name ends in 90 or 0.9, such as demand_p90, where there are several.

The label is what a label file calls `label`. Where the reference has one (`modelway drift baseline --labels COLUMN`), or a file of labels
has no column `label`, it is the only column of the contract that is neither taken nor given by the model and is no time, no group and not
unique. It is compared with the answer as it is: 1 or true is the class that probabilities are of.
"""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from modelway.architecture.contract import Contract
from modelway.architecture.tensors import Tensor
from modelway.errors import ModelwayError
from modelway.monitoring.drift.measures import Floats

Kind = Literal["score", "probability", "binary", "classes", "number"]
"""What a metric needs: any number that is higher for positives, a probability, one of two classes, one of any classes, a number."""
Values = NDArray[np.float64] | NDArray[np.bool_] | NDArray[np.int64] | NDArray[np.object_]
"""Of a column: numbers, where NaN is missing, or objects (texts, truth values, numbers), where None is."""


class NotSaid(ModelwayError):
    """Why a metric cannot be computed, as a sentence without its end, and what to declare."""


class Answer(NamedTuple):
    """An output."""

    column: str
    """Of rows."""
    cut: bool
    """Whether it is a probability that classes are made from at 0.5."""
    text: bool
    """Whether it holds texts."""


def answer(contract: Contract, name: str, kind: Kind, quantile: float | None = None) -> Answer:
    """The output that a metric is about. Raises NotSaid."""
    outputs = [tensor for tensor in contract.signature.outputs if all(length == 1 for length in tensor.shape[1:])]
    floats = [tensor for tensor in outputs if tensor.datatype.startswith("FP")]
    classes = [tensor for tensor in outputs if not tensor.datatype.startswith("FP")]
    if not outputs:
        raise NotSaid("no output of the contract has one value a row: declare one of shape [-1]")
    if kind in ("binary", "classes"):
        one = (classes or floats)[0]
        return Answer(_cell(one), not classes, one.datatype == "BYTES")
    numbers = floats or [tensor for tensor in classes if tensor.datatype not in ("BOOL", "BYTES") and kind == "number"]
    if not numbers:
        wanted = {"number": "number", "score": "score", "probability": "probability"}[kind]
        raise NotSaid(f"{name} needs a {wanted}, and no output of the contract is one: declare an output of datatype FP64")
    if quantile is not None and len(numbers) > 1:
        return Answer(_of_quantile(numbers, quantile), False, False)
    return Answer(_cell(numbers[0]), False, False)


def _of_quantile(numbers: list[Tensor], quantile: float) -> str:
    endings = (f"{quantile * 100:g}", f"{quantile:g}")
    named = [_cell(tensor) for tensor in numbers if any(_number_at_end(tensor.name) == ending for ending in endings)]
    if len(named) != 1:
        raise NotSaid(
            f"which output is the quantile {quantile:g} is not clear: name exactly one so that it ends in {endings[0]}, like p{endings[0]}"
        )
    return named[0]


def _cell(tensor: Tensor) -> str:
    """Its column in rows, see cells.py."""
    return tensor.name if len(tensor.shape) == 1 else f"{tensor.name}[0]"


def _number_at_end(name: str) -> str:
    return name[len(name.rstrip("0123456789.")) :].strip(".")


def label_column(contract: Contract, group: str | None = None) -> str:
    """The column of the contract that holds labels. Raises NotSaid where that is not clear."""
    known = {tensor.name for tensor in (*contract.signature.inputs, *contract.signature.outputs)}
    other = [name for name in contract.expectations if name not in known and name not in (group, contract.ordered_by)]
    others = [name for name in other if not contract.expectations[name].unique and contract.column_type(name) != "timestamp"]
    if "label" in others or len(others) == 1:
        return "label" if "label" in others else others[0]
    if not others:
        raise NotSaid("the contract has no column of labels: add `label: {type: …}` to its expectations")
    raise NotSaid(f"which of {', '.join(others[:6])} is the label is not clear: call it `label`")


def numbers(values: Values) -> Floats:
    """The same as numbers: true is 1, false is 0, and a text is the number that it writes; NaN where there is none."""
    if values.dtype != object:
        return values.astype(np.float64)
    distinct, place = np.unique(np.array(["" if value is None else str(value) for value in values], dtype=str), return_inverse=True)
    return np.array([_number(text) for text in distinct], dtype=np.float64)[place] if values.size else np.zeros(0)


def _number(text: str) -> float:
    lowered = text.strip().lower()
    if lowered in ("true", "false"):
        return float(lowered == "true")
    try:
        return float(lowered)
    except ValueError:
        return float("nan")


def texts(values: Values) -> NDArray[np.object_]:
    """The same as texts; None where there is none."""
    there = (value is not None and value == value for value in values)
    return np.array([str(value) if known else None for value, known in zip(values, there, strict=True)], dtype=object)
