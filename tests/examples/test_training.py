"""The weights of the example models: the same on every processor, and what the committed model files pin."""

import hashlib
import json
import math
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from examples.training import DIGITS, MARGIN, Rounding, TooCloseToCall, fingerprint
from tests.examples.program import ROOT

VERSIONS = [("co2-forecast", "2026.11.0"), ("tumor-screening", "2026.10.0"), ("tumor-screening", "2026.11.0")]

CORES: Mapping[str, str | None] = {"Prescott": "pni", "Nehalem": "sse4_2", "Haswell": "avx2", "SkylakeX": "avx512vl"}
"""OpenBLAS core types by the processor flag that their kernels need."""


def supported() -> list[str]:
    """Core types that this processor can run; none on one that is no x86."""
    flags = re.findall(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
    return [core for core, flag in CORES.items() if flags and flag in flags[0].split()]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder of weights and unrounded parameters per kind of processor and number of threads, and what OpenBLAS said it ran as."""
    out = tmp_path_factory.mktemp("trained")
    kinds: dict[str, dict[str, str]] = {"as it is": {}}
    for number, core in enumerate(supported()):
        # numpy chooses its own kernels too; the oldest core goes without the newest of them.
        older = {"NPY_DISABLE_CPU_FEATURES": "X86_V3"} if core == "Prescott" else {}
        kinds[core] = {"OPENBLAS_CORETYPE": core, "OPENBLAS_NUM_THREADS": str(1 + number % 2), "OPENBLAS_VERBOSE": "2", **older}
    folders = {kind: out / kind for kind in kinds}
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(_train, folders.values(), kinds.values()))
    return folders


def test_every_kind_of_processor_was_really_another_one(trained: Mapping[str, Path]) -> None:
    cores = {
        kind: tuple(re.findall(r"^Core: (\w+)$", (folder / "said").read_text("utf-8"), re.MULTILINE)) for kind, folder in trained.items()
    }
    assert all(cores[kind] for kind in supported())
    assert len({cores[kind] for kind in supported()}) == len(supported())


@pytest.mark.parametrize(("model", "version"), VERSIONS)
def test_weights_are_the_same_on_every_processor(model: str, version: str, trained: Mapping[str, Path]) -> None:
    digests = {kind: _sha256(folder / model / version / "model.json") for kind, folder in trained.items()}
    assert set(digests.values()) == {digests["as it is"]}, digests


def test_processors_disagree_by_far_less_than_the_margin(trained: Mapping[str, Path]) -> None:
    runs = [json.loads((folder / "parameters.json").read_text("utf-8")) for folder in trained.values()]
    assert len(runs[0]) == 2 * 31 + 16
    for same in zip(*runs, strict=True):
        (name,) = {name for name, _ in same}
        values = [value for _, value in same]
        if any(values):
            unit = 10.0 ** (math.floor(math.log10(abs(values[0]))) - DIGITS + 1)
            assert max(values) - min(values) < MARGIN / 10 * unit, name


@pytest.mark.parametrize(("model", "version"), VERSIONS)
def test_the_record_names_data_seed_metrics_and_margin(model: str, version: str, built: Path) -> None:
    folder = built / model / version
    record = json.loads((folder / "training.json").read_text("utf-8"))
    assert record["weights"] == {"file": "model.json", "sha256": _sha256(folder / "model.json")}
    assert record["rounding_margin"] > MARGIN
    assert record["version"] == version
    assert record["metrics"]
    assert "seed" in record
    assert re.fullmatch("[0-9a-f]{64}", record["data"]["sha256"])
    assert all(record["libraries"].values())
    training, test = record["data"]["parts"]
    assert (training["part"], training["rows"]) == ("training", record["data"]["training_rows"])
    assert (test["part"], test["rows"]) == ("test", record["data"]["held_out_rows"])
    assert len({training["sha256"], test["sha256"], record["data"]["sha256"]}) == 3


def test_the_forecast_is_trained_on_the_past_alone() -> None:
    train: dict[str, Any] = runpy.run_path(str(ROOT / "examples" / "co2-forecast" / "train.py"))
    data = train["read"]()
    assert list(data.months) == sorted(data.months)
    steps = [12 * later[0] + later[1] - 12 * earlier[0] - earlier[1] for earlier, later in zip(data.months, data.months[1:], strict=False)]
    assert set(steps) == {1}
    # Whatever happens after the split, the parameters stay what they are.
    altered = type(data)(data.months, data.ppm[: data.split] + tuple(0.0 for _ in data.ppm[data.split :]))
    assert train["parameters"](data, train["fit"](data)) == train["parameters"](altered, train["fit"](altered))


def test_the_screening_is_judged_on_rows_it_never_saw() -> None:
    train: dict[str, Any] = runpy.run_path(str(ROOT / "examples" / "tumor-screening" / "train.py"))
    data = train["read"]()
    assert not set(data.training) & set(data.held_out)
    altered = data.features.copy()
    altered[data.held_out] = 0
    for version in train["VERSIONS"]:
        first = train["fit"](data, version)[1].coef_
        assert (
            first == train["fit"](type(data)(data.columns, altered, data.malignant, data.training, data.held_out), version)[1].coef_
        ).all()


def test_the_two_versions_differ_a_little(built: Path) -> None:
    old, new = (json.loads((built / "tumor-screening" / version / "model.json").read_bytes()) for version in ("2026.10.0", "2026.11.0"))
    assert [(term["input"], term["datatype"]) for term in old["terms"]] == [(term["input"], term["datatype"]) for term in new["terms"]]
    assert old["output"] == new["output"]
    assert all(before["coefficient"] != after["coefficient"] for before, after in zip(old["terms"], new["terms"], strict=True))


@pytest.mark.parametrize(
    ("value", "kept"), [(0.0, 0.0), (1.23456789, 1.23457), (-98765.4321, -98765.4), (1.0000004e-9, 1e-9), (999999.6, 1e6)]
)
def test_rounding_keeps_six_digits(value: float, kept: float) -> None:
    assert Rounding()("p", value) == kept


@pytest.mark.parametrize("value", [1.234565, 1.2345650001, -9.87654500001e7])
def test_rounding_refuses_what_could_go_either_way(value: float) -> None:
    with pytest.raises(TooCloseToCall, match="p = "):
        Rounding()("p", value)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_rounding_refuses_what_is_no_number(value: float) -> None:
    with pytest.raises(ValueError, match="p is"):
        Rounding()("p", value)


def test_the_fingerprint_is_that_of_the_written_table() -> None:
    assert fingerprint(["a", "b"], [(1, 0.1)]) == hashlib.sha256(b"a,b\n1.0,0.1\n").hexdigest()
    assert fingerprint(["a", "b"], [(1, 0.1)]) != fingerprint(["a", "b"], [(1, 0.2)])


def _train(folder: Path, variables: Mapping[str, str]) -> None:
    folder.mkdir()
    with (folder / "said").open("w") as said:
        command = [sys.executable, str(Path(__file__).with_name("measure.py")), str(folder)]
        subprocess.run(command, env={**os.environ, **variables}, stderr=said, stdout=said, check=True)


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
