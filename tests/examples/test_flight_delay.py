"""The model of `make drift-demo`: what its file pins is what training gives, and its data keep to its contract."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from examples.serving.linear import parse_model
from modelway.architecture.loading import load_contract
from modelway.contracts.evaluating import evaluate
from modelway.contracts.source import source
from tests.examples.program import ROOT

EXAMPLE = ROOT / "examples" / "flight-delay"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the one version."""
    out = tmp_path_factory.mktemp("flight-delay")
    subprocess.run([sys.executable, EXAMPLE / "train.py", "--out", out], check=True)
    (folder,) = out.iterdir()
    return folder


def test_the_model_file_pins_what_is_trained(trained: Path) -> None:
    model = YAML(typ="safe").load((EXAMPLE / "environments" / "demo" / "models" / "flight-delay.yaml").read_text("utf-8"))
    digest = hashlib.sha256((trained / "model.json").read_bytes()).hexdigest()
    ((version, pinned),) = model["versions"].items()
    assert (version, pinned["weights"]) == (trained.name, f"flight-delay/{version}/model.json@sha256:{digest}")
    record = json.loads((trained / "training.json").read_text("utf-8"))
    assert pinned["training"]["data"] == record["data"]["parts"]
    assert pinned["evaluation"]["metrics"] == record["metrics"]


def test_the_model_takes_what_its_contract_says(trained: Path) -> None:
    model = parse_model((trained / "model.json").read_bytes())
    signature = load_contract(EXAMPLE / "contract.yaml").signature
    assert [(tensor.name, tensor.datatype) for tensor in signature.inputs] == [(term.name, term.datatype) for term in model.terms]
    assert [tensor.name for tensor in signature.outputs] == [model.output]


def test_the_reference_keeps_to_the_contract(trained: Path) -> None:
    result = evaluate(load_contract(EXAMPLE / "contract.yaml"), source(str(trained / "reference.parquet")))
    assert result.outcome == "passed", result.faults
    assert result.rows == sum(
        json.loads((trained / "training.json").read_text("utf-8"))["data"][f"{part}_rows"] for part in ("training", "held_out")
    )
