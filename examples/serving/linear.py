"""A linear model read from JSON, and its answer to an Open Inference Protocol request."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

MAX_ROWS = 10_000
"""Rows in one request."""


class BadRequest(Exception):
    """The request does not fit the model. The message is for the caller."""


class Term(NamedTuple):
    """One input and what it adds to the sum."""

    name: str
    datatype: str
    contribution: Callable[[float], float]


class Model(NamedTuple):
    """Terms added to an intercept and passed through a link."""

    intercept: float
    terms: tuple[Term, ...]
    link: Callable[[float], float]
    output: str

    def predict(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """One answer per row; a row holds a value per term, in order. Raises BadRequest for a value that the model does not know."""
        return [
            self.link(math.fsum([self.intercept, *(term.contribution(value) for term, value in zip(self.terms, row, strict=True))]))
            for row in rows
        ]


def parse_model(content: bytes) -> Model:
    """The model in the JSON that the training scripts write. Raises ValueError when it is something else."""
    try:
        document = json.loads(content)
        links: dict[str, Callable[[float], float]] = {"identity": float, "logistic": _logistic}
        terms = tuple(Term(term["input"], term["datatype"], _contribution(term)) for term in document["terms"])
        return Model(float(document["intercept"]), terms, links[document["link"]], document["output"])
    except (KeyError, TypeError, ValueError) as fault:
        raise ValueError(f"the weights are not a linear model: {type(fault).__name__}: {fault}") from fault


def infer(model: Model, request: object) -> list[dict[str, object]]:
    """The outputs for the body of an infer request. Raises BadRequest."""
    if not isinstance(request, dict):
        raise BadRequest("the body has to be a JSON object")
    wanted = _wanted(request.get("outputs"), model.output)
    columns = _columns(model, request.get("inputs"))
    answers = model.predict(list(zip(*columns, strict=True)))
    return [{"name": model.output, "datatype": "FP64", "shape": [len(answers)], "data": answers}] if wanted else []


def metadata(model: Model) -> dict[str, object]:
    """Inputs and outputs as the protocol's model metadata has them; -1 is any number of rows."""
    return {
        "platform": "modelway-linear",
        "inputs": [{"name": term.name, "datatype": term.datatype, "shape": [-1]} for term in model.terms],
        "outputs": [{"name": model.output, "datatype": "FP64", "shape": [-1]}],
    }


def _wanted(outputs: object, name: str) -> bool:
    if outputs is None:
        return True
    if not isinstance(outputs, list) or not all(isinstance(output, dict) for output in outputs):
        raise BadRequest("`outputs` has to be a list of objects")
    for output in outputs:
        if output.get("name") != name:
            raise BadRequest(f"output {_shown(output.get('name'))} does not exist; the model has `{name}`")
    return bool(outputs)


def _columns(model: Model, inputs: object) -> list[Sequence[float]]:
    if not isinstance(inputs, list) or not all(isinstance(tensor, dict) and isinstance(tensor.get("name"), str) for tensor in inputs):
        raise BadRequest("`inputs` has to be a list of objects, each with a `name`")
    tensors: dict[str, Mapping[str, object]] = {tensor["name"]: tensor for tensor in inputs}
    if len(tensors) != len(inputs):
        raise BadRequest("an input is given twice")
    names = [term.name for term in model.terms]
    if missing := [name for name in names if name not in tensors]:
        raise BadRequest(f"inputs are missing: {', '.join(missing)}")
    if unknown := [name for name in tensors if name not in names]:
        raise BadRequest(f"inputs do not exist: {', '.join(_shown(name) for name in unknown[:10])}")
    columns = [_column(term, tensors[term.name]) for term in model.terms]
    if len({len(column) for column in columns}) > 1:
        raise BadRequest("inputs differ in their number of rows")
    return columns


def _column(term: Term, tensor: Mapping[str, object]) -> Sequence[float]:
    name, data, shape = term.name, tensor.get("data"), tensor.get("shape")
    if tensor.get("datatype") != term.datatype:
        raise BadRequest(f"input {name}: datatype {_shown(tensor.get('datatype'))} should be {term.datatype}")
    if not isinstance(data, list) or not 1 <= len(data) <= MAX_ROWS:
        raise BadRequest(f"input {name}: `data` has to be a list of 1 to {MAX_ROWS} numbers")
    if not isinstance(shape, list) or any(type(size) is not int for size in shape) or shape != [len(data)]:
        raise BadRequest(f"input {name}: shape {_shown(shape)} should be [{len(data)}]")
    for row, value in enumerate(data):
        if not _fits(value, term.datatype):
            raise BadRequest(f"input {name}: row {row}: {_shown(value)} is not a finite {term.datatype}")
    return data


def _fits(value: object, datatype: str) -> bool:
    # Not isinstance: a bool is an int to Python, but not to the protocol.
    if type(value) is int:
        return -(2**63) <= value < 2**63
    return type(value) is float and datatype == "FP64" and math.isfinite(value)


def _contribution(term: Mapping[str, object]) -> Callable[[float], float]:
    name, levels, coefficient = term["input"], term.get("levels"), term.get("coefficient")
    if isinstance(coefficient, int | float):
        return lambda value: coefficient * value
    if not isinstance(levels, dict):
        raise ValueError(f"term {name} has neither a coefficient nor levels")
    known = {int(level): float(amount) for level, amount in levels.items()}

    def look_up(value: float) -> float:
        if value not in known:
            raise BadRequest(f"input {name}: {value} is none of {min(known)} to {max(known)}")
        return known[int(value)]

    return look_up


def _logistic(total: float) -> float:
    # Both forms are the same number; each overflows where the other does not.
    return 1 / (1 + math.exp(-total)) if total >= 0 else math.exp(total) / (1 + math.exp(total))


def _shown(value: object) -> str:
    text = json.dumps(value) if isinstance(value, str | int | float | list | None) else type(value).__name__
    return text if len(text) <= 60 else f"{text[:57]}..."
