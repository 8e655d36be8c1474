"""What MLflow tracked, held against what a version's file says. The case is what MLflow 3.17.2 answered of a run that it tracked."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelway.governance.lineage.tracked import Held, NoRun, Run, held, run_in
from modelway.governance.lineage.versions import Data, Version

CASE = Path(__file__).parent / "cases" / "mlflow" / "run.json"
RUN = "b7d665eab7424c7197002171ddbc02ca"
TRAINING = "698039628a2d4a753578f6562dd4024dac0bf2c1e2d9ce3d11f063f4d7532526"
TEST = "34af0eed7e31cb762c2c7119892f036dca664b24d06fe77ad2bd08c52aa217da"
WEIGHTS = "8a3db5830dd55c0a112fe628d0f7a56edaec2a607dbe5d6e6166f03f3e2e4fd5"
NAME = "breast-cancer-wisconsin-diagnostic"
VERSION = Version(
    model="tumor-screening",
    name="2026.11.0",
    image=f"tumor-screening@sha256:{'a' * 64}",
    weights=f"tumor-screening/2026.11.0/model.json@sha256:{WEIGHTS}",
    contract="contract.yaml",
    baseline=None,
    said=True,
    run=f"mlflow:{RUN}",
    commit="1f" * 20,
    data=(Data(NAME, "training", TRAINING, None), Data(NAME, "test", TEST, None)),
    metrics=(("log_loss", 0.0743), ("precision", 0.9808), ("recall", 0.9623), ("roc_auc", 0.9966)),
    evaluated="",
    day=None,
    told_by="files of dev",
)


def answer() -> dict[str, Any]:
    return dict(json.loads(CASE.read_text("utf-8")))


def read(changed: dict[str, Any] | None = None) -> Run:
    return run_in(json.dumps(changed or answer()).encode(), RUN)


def outcomes(found: tuple[Held, ...]) -> dict[str, str]:
    return {one.what: one.outcome for one in found}


def test_a_run_is_read_as_mlflow_tracked_it() -> None:
    run = read()
    assert (run.status, run.deleted, run.commit, run.weights_sha256, run.ended) == ("FINISHED", False, "1f" * 20, WEIGHTS, 1795833465564)
    assert run.parameters == {"C": "0.5", "class_weight": "balanced"}
    assert [(one.name, one.part, one.sha256) for one in run.used] == [
        (NAME, "training", TRAINING),
        (NAME, "test", ""),
        ("own-digest", "validation", ""),
    ]
    assert run.logged == ("m-eaff297014a2498fb04d636928d6c01f",)


def test_what_goes_together_is_the_same_and_what_is_not_described_differs() -> None:
    found = outcomes(held(read(), VERSION))
    assert found.pop("validation data own-digest") == "differs"
    assert found.pop("state of the run") == "same"
    # Fingerprints by a tag, and by the 36 digits that a digest of MLflow may have; metrics as far as the file has digits.
    assert found == dict.fromkeys(
        (
            "commit",
            "weights",
            f"training data {NAME}",
            f"test data {NAME}",
            *("metric log_loss", "metric precision", "metric recall", "metric roc_auc"),
        ),
        "same",
    )


@pytest.mark.parametrize(
    ("version", "what", "outcome"),
    [
        (replace(VERSION, commit="2e" * 20), "commit", "differs"),
        (replace(VERSION, commit=None), "commit", "unknown"),
        (replace(VERSION, weights=f"x@sha256:{'0' * 64}"), "weights", "differs"),
        (replace(VERSION, data=(Data(NAME, "training", "0" * 64, None),)), f"training data {NAME}", "differs"),
        (replace(VERSION, data=(Data(NAME, "test", "0" * 64, None),)), f"test data {NAME}", "differs"),
        (replace(VERSION, data=(Data("other", "training", "0" * 64, None),)), "training data other", "differs"),
        # The same rows under another name are the same data.
        (replace(VERSION, data=(Data("renamed", "training", TRAINING, None),)), "training data renamed", "same"),
        # Data that were for something else are no proof.
        (replace(VERSION, data=(Data(NAME, "validation", TRAINING, None),)), f"validation data {NAME}", "differs"),
        # MLflow's own digest is not to be compared.
        (replace(VERSION, data=(Data("own-digest", "validation", "6ca628cf" * 8, None),)), "validation data own-digest", "unknown"),
        (replace(VERSION, metrics=(("roc_auc", 0.9967),)), "metric roc_auc", "differs"),
        (replace(VERSION, metrics=(("roc_auc", 1.0),)), "metric roc_auc", "differs"),
        (replace(VERSION, metrics=(("auc", 0.9966),)), "metric auc", "unknown"),
        (replace(VERSION, metrics=(("recall", 0.962301),)), "metric recall", "differs"),
    ],
    ids=range(13),
)
def test_each_difference_is_named(version: Version, what: str, outcome: str) -> None:
    assert outcomes(held(read(), version))[what] == outcome


def test_data_that_are_named_for_something_else_are_not_there() -> None:
    (one,) = [
        one
        for one in held(read(), replace(VERSION, data=(Data(NAME, "validation", "0" * 64, None),)))
        if one.what == f"validation data {NAME}"
    ]
    assert (one.outcome, one.tracked) == ("differs", "")


@pytest.mark.parametrize(
    ("info", "shown"), [({"status": "FAILED"}, "failed"), ({"lifecycle_stage": "deleted"}, "finished, deleted")], ids=["failed", "deleted"]
)
def test_a_run_that_did_not_end_well_differs(info: dict[str, str], shown: str) -> None:
    changed = answer()
    changed["run"]["info"] |= info
    (first, *_) = held(read(changed), VERSION)
    assert (first.outcome, first.tracked) == ("differs", shown)


def test_a_metric_that_is_no_number_differs() -> None:
    changed = answer()
    changed["run"]["data"]["metrics"][0]["value"] = "NaN"
    assert outcomes(held(read(changed), VERSION))["metric roc_auc"] == "differs"


def test_a_run_that_says_nothing_is_unknown_and_never_the_same() -> None:
    bare = read({"run": {"info": {"run_id": RUN}}})
    found = outcomes(held(bare, replace(VERSION, data=())))
    assert set(found.values()) == {"differs", "unknown"}
    assert found["state of the run"] == "differs"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no run of MLflow"),
        (b"<html>", "no run of MLflow"),
        (b"[]", "no run of MLflow"),
        (b'{"run": {}}', "no run of MLflow"),
        (b'{"run": {"info": {"run_id": "another"}}}', "answered with run another"),
        (b"[" * 100_000, "no run of MLflow"),
    ],
    ids=["empty", "page", "list", "without-info", "another", "deep"],
)
def test_what_is_no_run_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(NoRun, match=said):
        run_in(content, RUN)
