"""Signatures of two versions, and metrics against limits and against the live version."""

import json
from pathlib import Path
from typing import Any

import pytest

from modelway.contracts.metrics import NoMetrics, compare_metrics, judge_metrics, read_metrics
from modelway.contracts.result import Result
from modelway.contracts.signature import compare_signatures
from tests.contracts.example import contract

X = {"name": "x", "datatype": "FP64", "shape": (-1,)}
Z = {"name": "z", "datatype": "INT8", "shape": (-1,)}
Y = {"name": "y", "datatype": "FP64", "shape": (-1,)}


def made(inputs: tuple[dict[str, Any], ...] = (X,), outputs: tuple[dict[str, Any], ...] = (Y,), **columns: dict[str, Any]) -> Any:
    sample = {"inputs": tuple({**one, "shape": (1,) * len(one["shape"]), "data": (1,)} for one in inputs)}
    return contract(columns, signature={"inputs": inputs, "outputs": outputs}, sample=sample)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (made(), made()),
        (made(), made((X, Z), z={"null_rate": 1.0})),
        (made(), made(outputs=(Y, {**Y, "name": "why"}))),
        (made(x={"range": (0.0, 1.0)}), made(x={"range": (-1.0, None)})),
        (made(x={"range": (0.0, 2.0)}), made()),
        (made((X, Z), z={"values": (1, 2)}), made((X, Z), z={"values": (3, 2, 1)})),
        (made((X, Z), z={"values": (1, 2)}), made((X, Z), z={"range": (0.0, 2.0)})),
        (made(y={"range": (0.0, 1.0)}), made(y={"range": (0.2, 0.8)})),
        (made(y={"values": (0.0, 1.0)}), made(y={"values": (1.0,)})),
        (made(), made(y={"range": (0.2, 0.8)})),
        (made(x={"null_rate": 0.1}), made(x={"null_rate": 0.05})),
        (made(outputs=({**Y, "shape": (-1, -1)},)), made(outputs=({**Y, "shape": (-1, 3)},))),
    ],
)
def test_what_callers_do_not_notice(before: Any, after: Any) -> None:
    assert compare_signatures(before, after, "").outcome == "passed"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (made((X, Z)), made(), "input z: it is no longer taken, and callers still send it"),
        (made(), made((X, Z)), "input z: new, and callers do not send it yet"),
        (made(), made(({**X, "datatype": "FP32"},)), "input x: FP32 instead of FP64"),
        (made(outputs=(Y, {**Y, "name": "why"})), made(), "output why: it is no longer given"),
        (made(), made(outputs=({**Y, "datatype": "FP32"},)), "output y: FP32 instead of FP64"),
        (made(), made(outputs=({**Y, "shape": (-1, 3)},)), "output y: shape [-1, 3] instead of [-1]"),
        (made(), made(x={"range": (0.0, 1.0)}), "input x: at least 0 and at most 1 instead of any value"),
        (made(x={"range": (0.0, None)}), made(x={"range": (0.5, None)}), "input x: at least 0.5 instead of at least 0"),
        (
            made((X, Z), z={"values": (1, 2)}),
            made((X, Z), z={"values": (1, 3)}),
            "input z: the 2 values 1, 3 instead of the 2 values 1, 2",
        ),
        (made(y={"range": (None, 1.0)}), made(y={"range": (None, 100.0)}), "output y: at most 100 instead of at most 1"),
        (made(y={"range": (0.0, 1.0)}), made(), "output y: any value instead of at least 0 and at most 1"),
        (made(x={"null_rate": 0.1}), made(x={"null_rate": 0.0}), "input x: it may no longer be missing"),
        (made(), made(x={"unique": True}), "input x: a value may no longer come twice"),
    ],
)  # fmt: skip
def test_what_breaks_callers(before: Any, after: Any, told: str) -> None:
    result = compare_signatures(before, after, "")
    assert (result.outcome, [fault.text() for fault in result.faults]) == ("failed", [told])


METRICS = (
    {"name": "auc", "direction": "higher", "minimum": 0.8},
    {"name": "error", "direction": "lower", "maximum": 0.2, "tolerance": 0.01},
)


def told(result: Result) -> tuple[str, list[str]]:
    return result.outcome, [fault.text() for fault in result.faults]


def test_metrics_against_limits() -> None:
    asked = contract({}, metrics=METRICS)
    assert told(judge_metrics(asked, {"auc": 0.8, "error": 0.2, "other": 0}, "")) == ("passed", [])
    assert told(judge_metrics(asked, {"auc": 0.79, "error": 0.1}, "")) == ("failed", ["auc: 0.79, expected at least 0.8"])
    assert told(judge_metrics(asked, {"auc": 0.9}, "")) == ("undecided", ["error: the metric is not in the file"])
    assert told(judge_metrics(asked, {"auc": 0.9, "error": None}, "")) == ("failed", ["error: the metric is in the file, and is no number"])
    assert judge_metrics(asked, {"auc": 0.9, "error": float("nan")}, "").outcome == "failed"
    assert judge_metrics(contract({}), {"auc": 0.9}, "").outcome == "undecided"


def test_metrics_against_the_live_version() -> None:
    asked = contract({}, metrics=METRICS)
    live = {"auc": 0.9, "error": 0.10}
    assert told(compare_metrics(asked, {"auc": 0.9, "error": 0.11}, live, "")) == ("passed", [])
    assert told(compare_metrics(asked, {"auc": 0.89, "error": 0.12}, live, "")) == (
        "failed",
        [
            "auc: 0.89, live 0.9: worse by 0.01; nothing may be lost",
            "error: 0.12, live 0.1: worse by 0.02; at most 0.01 may be lost",
        ],
    )
    assert compare_metrics(asked, {"auc": 0.95, "error": 0.1}, {"auc": 0.9}, "").outcome == "undecided"


@pytest.mark.parametrize("content", ["", "[]", "{", "5", '{"metrics": [1]}', "[" * 100_000])
def test_what_is_no_file_of_metrics(content: str, tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(content, "utf-8")
    with pytest.raises(NoMetrics):
        read_metrics(tmp_path / "m.json")


def test_metrics_alone_or_as_training_leaves_them(tmp_path: Path) -> None:
    for data in ({"auc": 1, "ok": True, "name": "a", "none": None}, {"metrics": {"auc": 1.0, "ok": True, "name": [1]}, "seed": 7}):
        (tmp_path / "m.json").write_text(json.dumps(data), "utf-8")
        assert read_metrics(tmp_path / "m.json") == {"auc": 1.0, "ok": None, "name": None}
    (tmp_path / "m.json").write_text(f'{{"auc": 1{"0" * 400}}}', "utf-8")
    assert read_metrics(tmp_path / "m.json") == {"auc": float("inf")}
