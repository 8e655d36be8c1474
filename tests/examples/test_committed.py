"""The committed model files pin what training and building produce here, and the contracts describe it."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from modelway.operations import images
from tests.examples.program import ROOT

MODELS = ("co2-forecast", "tumor-screening")


def read(file: Path) -> Any:
    return YAML(typ="safe").load(file.read_text("utf-8"))


@pytest.mark.parametrize("model", MODELS)
def test_the_model_file_pins_what_is_built(model: str, built: Path) -> None:
    versions = read(ROOT / "stacks" / "environments" / "base" / "models" / f"{model}.yaml")["versions"]
    assert sorted(versions) == sorted(folder.name for folder in (built / model).iterdir())
    for version, pinned in versions.items():
        folder = built / model / version
        digest = json.loads((folder / "training.json").read_text("utf-8"))["weights"]["sha256"]
        assert pinned["image"] == f"{model}@{images.read(folder / 'image').digest}"
        assert pinned["weights"] == f"{model}/{version}/model.json@sha256:{digest}"


@pytest.mark.parametrize("model", MODELS)
def test_the_model_file_says_what_training_gives(model: str, built: Path) -> None:
    for version, said in read(ROOT / "stacks" / "environments" / "base" / "models" / f"{model}.yaml")["versions"].items():
        record = json.loads((built / model / version / "training.json").read_text("utf-8"))
        assert said["training"]["data"] == record["data"]["parts"]
        assert said["evaluation"]["metrics"] == record["metrics"]
        assert said["evaluation"]["tool"].partition(" ")[0] in record["libraries"]


@pytest.mark.parametrize("model", MODELS)
def test_the_contract_describes_the_weights(model: str, built: Path) -> None:
    contract = read(ROOT / "examples" / model / "contract.yaml")
    for folder in (built / model).iterdir():
        weights = json.loads((folder / "model.json").read_text("utf-8"))
        inputs = [{"name": term["input"], "datatype": term["datatype"], "shape": [-1]} for term in weights["terms"]]
        assert contract["signature"]["inputs"] == inputs
        assert contract["signature"]["outputs"] == [{"name": weights["output"], "datatype": "FP64", "shape": [-1]}]
    assert [tensor["name"] for tensor in contract["sample"]["inputs"]] == [tensor["name"] for tensor in contract["signature"]["inputs"]]


def columns(model: str) -> dict[str, list[float]]:
    """The whole data set, the held-out part too, by input."""
    train = runpy.run_path(str(ROOT / "examples" / model / "train.py"))
    data = train["read"]()
    if model == "tumor-screening":
        return {name: data.features[:, index].tolist() for index, name in enumerate(data.columns)}
    rows = [[month, *lags] for month, lags, _ in train["examples"](data, train["LAGS"], len(data.ppm))]
    return {name: [row[index] for row in rows] for index, name in enumerate(["month", "lag_1", "lag_2", "lag_3"])}


@pytest.mark.parametrize("model", MODELS)
def test_the_data_keep_to_the_expectations(model: str) -> None:
    expectations = read(ROOT / "examples" / model / "contract.yaml")["expectations"]
    found = columns(model)
    assert list(expectations) == list(found)
    for name, values in found.items():
        if "values" in expectations[name]:
            assert set(values) == set(expectations[name]["values"])
        else:
            least, most = expectations[name]["range"]
            assert least <= min(values), name
            assert max(values) <= most, name
            # A range that anything fits into expects nothing.
            assert most - least < 4 * (max(values) - min(values)), name


@pytest.mark.parametrize("model", MODELS)
def test_the_metrics_meet_the_contract(model: str, built: Path) -> None:
    for metric in read(ROOT / "examples" / model / "contract.yaml")["metrics"]:
        for folder in (built / model).iterdir():
            reached = json.loads((folder / "training.json").read_text("utf-8"))["metrics"][metric["name"]]
            assert reached >= metric["minimum"] if metric["direction"] == "higher" else reached <= metric["maximum"]


@pytest.mark.parametrize("model", MODELS)
def test_the_description_has_the_metrics_that_training_gives(model: str, built: Path) -> None:
    described = (ROOT / "examples" / model / "README.md").read_text("utf-8")
    for folder in (built / model).iterdir():
        (row,) = [line for line in described.splitlines() if line.startswith(f"| {folder.name} |")]
        metrics = json.loads((folder / "training.json").read_text("utf-8"))["metrics"]
        shown = [cell.strip() for cell in row.split("|")[2:-1]]
        assert all(cell in {f"{value:.4f}" for value in metrics.values()} for cell in shown if cell.count(".") == 1 and len(cell) == 6)
