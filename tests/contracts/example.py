"""Contracts for tests, in a few words."""

from typing import Any

from modelway.architecture.contract import Contract


def contract(columns: dict[str, dict[str, Any]], **fields: Any) -> Contract:
    """A contract whose model takes a number `x` and nothing else, with expectations for `columns`."""
    sample = {"inputs": ({"name": "x", "datatype": "FP64", "shape": (1,), "data": (1.0,)},)}
    taken = {
        "inputs": ({"name": "x", "datatype": "FP64", "shape": (-1,)},),
        "outputs": ({"name": "y", "datatype": "FP64", "shape": (-1,)},),
    }
    return Contract.model_validate({"signature": taken, "expectations": columns, "sample": sample, **fields})
