"""What a run could not do is in its metrics."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from modelway.architecture.contract import Contract
from modelway.monitoring.drift.job import Ran, run
from modelway.monitoring.drift.watched import Exported, Watched, WebhookTold
from tests.monitoring.drift import endpoint_logs as logs
from tests.monitoring.drift.endpoint_logs import Endpoint, due_at
from tests.support.receiving import receiver

Told = Callable[[str], dict[str, float]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made")


@pytest.fixture
def endpoint(tmp_path: Path, made: Path) -> Endpoint:
    there = Endpoint(tmp_path, str(tmp_path / "payloads"), str(tmp_path / "results"), made)
    there.ask(0)
    return there


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """The samples of a metric in the textfile, by version."""

    def values(name: str) -> dict[str, float]:
        text = (tmp_path / "drift.prom").read_text()
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        return {one.labels.get("model_version", ""): one.value for one in samples if one.name == f"ml_drift_{name}"}

    return values


def job(endpoint: Endpoint, hour: int, watched: Watched | None = None) -> Ran:
    exported = Exported(textfile=str(endpoint.folder / "drift.prom"))
    given = msgspec.structs.replace(watched or endpoint.watched(), exported=exported)
    return run(given, now=due_at(hour), progress=lambda line: None)


def test_a_run_that_could_do_all_says_so(endpoint: Endpoint, told: Told) -> None:
    assert not job(endpoint, 0).faults
    assert (told("faults"), told("version_looked_at")) == ({"": 0}, {"1": 1})


def test_labels_that_cannot_be_had_are_a_fault_and_a_share_of_0(endpoint: Endpoint, told: Told) -> None:
    needs = {"labels": {"source": "s3://labels/credit-risk/", "delay": "3h"}, "concept": {"metric": "roc_auc", "drop": 0.05}}
    endpoint.declared, endpoint.labels = logs.drift(**needs), str(endpoint.folder / "labels")
    endpoint.known(0)
    job(endpoint, 0)
    assert told("labels_share") == {}
    file = endpoint.folder / "no folder"
    file.write_text("")
    endpoint.labels = str(file / "within")
    assert len(job(endpoint, 3).faults) == 1
    assert (told("faults"), told("labels_share")) == ({"": 1}, {"1": 0})
    endpoint.labels = str(endpoint.folder / "labels")
    job(endpoint, 3)
    assert (told("faults"), told("labels_share")) == ({"": 0}, {"1": 1})


def test_a_version_whose_baseline_is_missing_is_one_that_is_not_looked_at(endpoint: Endpoint, told: Told) -> None:
    endpoint.versions = ("1", "2")
    watched = endpoint.watched()
    (endpoint.folder / "baseline-2.json").unlink()
    assert len(job(endpoint, 0, watched).faults) == 1
    assert (told("faults"), told("version_looked_at")) == ({"": 1}, {"1": 1, "2": 0})


def test_a_column_that_the_baseline_lacks_is_a_fault_and_unknown(endpoint: Endpoint, told: Told) -> None:
    watched = endpoint.watched()
    signature = dict(logs.CONTRACT["signature"])  # type: ignore[call-overload]
    signature["inputs"] = [*signature["inputs"], {"name": "debts", "datatype": "FP64", "shape": [-1]}]
    sample = {"inputs": [*logs.CONTRACT["sample"]["inputs"], {"name": "debts", "datatype": "FP64", "shape": [1], "data": [1.0]}]}  # type: ignore[index]
    contract = Contract.model_validate(logs.CONTRACT | {"signature": signature, "sample": sample}, strict=False)
    version = msgspec.structs.replace(watched.versions[0], contract=contract.model_dump(mode="json"))
    (fault,) = job(endpoint, 0, msgspec.structs.replace(watched, versions=(version,))).faults
    assert "does not have debts, which is to be watched" in fault
    assert told("faults") == {"": 1}
    assert told("unknown")["1"] > 0


def test_an_event_that_nobody_takes_is_a_fault_of_the_same_run(endpoint: Endpoint, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as away:
        monkeypatch.setenv("HOOK", f"{away.address}/hook")
    endpoint.told, endpoint.declared = (WebhookTold("HOOK"),), logs.drift(votes={"needed": 1, "of": 1})
    endpoint.ask(1, shift=1.5)
    ran = job(endpoint, 1)
    assert ran.faults
    assert told("faults") == {"": len(ran.faults)}
    assert told("alarm") != {}


def test_metrics_go_though_it_is_not_known_who_was_told(endpoint: Endpoint, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "http://127.0.0.1:1/hook")
    endpoint.told = (WebhookTold("HOOK"),)
    endpoint.store.write("told.json", b"{")
    assert job(endpoint, 0).faults
    assert told("faults") == {"": 1}
