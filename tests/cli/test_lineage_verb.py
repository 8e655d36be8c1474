"""`modelway lineage …`: files and a ledger are read, servers on this machine are asked and sent to."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from modelway.cli import main
from modelway.governance.ledger import begun
from modelway.governance.record import Found, statement
from tests.support import told_models
from tests.support.made_ledgers import PROJECT, Keys, made_keys
from tests.support.made_records import A, made_model, made_record, made_share
from tests.support.receiving import receiver
from tests.support.told_models import LIVE, MODEL, OLD

SECRET = "hunter2-of-mlflow"
RUN = {
    "info": {"run_id": "1" * 32, "status": "FINISHED", "lifecycle_stage": "active", "end_time": 1795833465564},
    "data": {
        "metrics": [{"key": "roc_auc", "value": 0.8512}, {"key": "log_loss", "value": 0.6}, {"key": "extra_metric", "value": 3}],
        "tags": [{"key": "mlflow.source.git.commit", "value": "1" * 40}, {"key": "modelway.weights.sha256", "value": "1" * 64}],
    },
    "inputs": {
        "dataset_inputs": [
            {"dataset": {"name": "loans-2024", "digest": pair * 18}, "tags": [{"key": "mlflow.data.context", "value": part}]}
            for part, pair in (("training", "d4"), ("validation", "d5"))
        ]
    },
}


@dataclass
class Place:
    """A folder of environments, a ledger that knows an older version of its model, and its keys."""

    root: Path
    keys: Keys
    capsys: pytest.CaptureFixture[str]
    said: str = ""
    whispered: str = ""

    def run(self, *arguments: str) -> int:
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(["lineage", *arguments, "--environments", str(self.root / "environments")])
        self.said, self.whispered = self.capsys.readouterr()
        return int(end.value.code or 0)

    def data(self, *arguments: str) -> dict[str, Any]:
        assert self.run(*arguments, "--json") in (0, 1), self.whispered
        return dict(json.loads(self.said))

    @property
    def ledger(self) -> tuple[str, ...]:
        return ("--ledger", str(self.root / "ledger"), "--keys", str(self.root / "keys.json"))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Place:
    told_models.made(tmp_path)
    keys = made_keys(tmp_path)
    read = json.loads((tmp_path / "keys.json").read_text("utf-8"))
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [key for key in read["keys"] if key["project"] == PROJECT]}), "utf-8")
    trusted = tuple(key for key in keys.trusted if key.project == PROJECT)
    ledger = begun(str(tmp_path / "ledger"), PROJECT, trusted, keys.edwards)
    for day, (version, digit) in enumerate(((OLD, "3"), (LIVE, "1")), 1):
        share = made_share(
            version, weights=f"{MODEL}/{digit}/model.ubj@sha256:{digit * 64}", found=Found(f"sha256:{A}", digit * 64, 100, 0)
        )
        record = made_record("dev", f"2026-03-0{day}T09:00:00.000000Z", environment="dev", models=[made_model(share)])
        ledger.append(statement(record), keys.edwards)
    for name in ("MODELWAY_LEDGER", "MODELWAY_LEDGER_KEYS", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN", "OPENLINEAGE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return Place(tmp_path, keys, capsys)


def test_a_model_from_its_files_alone(place: Place) -> None:
    assert place.run(MODEL) == 0
    assert f"    as files say now: {LIVE} 90%" in place.said
    assert "release" not in place.said
    told = place.data(MODEL, "--env", "dev")
    assert [one["endpoint"] for one in told["endpoints"]] == [f"dev/{MODEL}"]
    assert told["endpoints"][0]["spans"][0]["answering"][0]["contract"].startswith(f"{told_models.CONTRACT}@sha256:")


def test_who_used_data_now_and_ever(place: Place) -> None:
    told = place.data("--data", "loans-2024", *place.ledger)
    assert [(use["version"], use["described"], use["releases"], use["since"] and use["since"][:10]) for use in told["uses"]] == [
        (LIVE, True, [], None),
        (told_models.TRIED, True, [], None),
        (LIVE, False, [2], "2026-03-02"),
    ]
    # What the record of an old release does not say is not known, and is said to be.
    assert any(f"{OLD}: release 1 does not say with which data" in line for line in told["unknown"])


def test_the_ledger_that_an_environment_names_is_read(place: Place) -> None:
    file = place.root / "environments" / "dev" / "environment.yaml"
    world = json.loads(file.read_text("utf-8"))
    world["governance"]["ledger"] = {"address": "ledger", "keys": "keys.json"}
    file.write_text(json.dumps(world), "utf-8")
    assert len(place.data(MODEL)["endpoints"][0]["spans"]) == 3
    (place.root / "ledger" / "head.json").unlink()
    told = place.data(MODEL)
    assert len(told["endpoints"][0]["spans"]) == 1
    assert told["unknown"][0].startswith("releases of dev: ")


def test_a_damaged_ledger_that_was_named_ends_it(place: Place) -> None:
    (place.root / "ledger" / "head.json").unlink()
    assert place.run(MODEL, *place.ledger) == 1
    assert "head.json is missing" in place.whispered
    assert place.said == ""


def test_chart_page_and_events_in_one_go(place: Place) -> None:
    assert place.run("--data", "loans-2024", "--mermaid", "--html", "page.html", "--openlineage", "events.jsonl", *place.ledger) == 0
    assert place.said.startswith("flowchart LR\n")
    assert "<h1>Lineage of <bdi>loans-2024</bdi></h1>" in (place.root / "page.html").read_text("utf-8")
    events = [json.loads(line) for line in (place.root / "events.jsonl").read_text("utf-8").splitlines()]
    assert {event["job"]["name"] for event in events} == {f"{MODEL}.training", f"dev.{MODEL}.release"}
    assert OLD not in (place.root / "events.jsonl").read_text("utf-8")
    assert place.whispered.splitlines() == ["written to page.html", f"{len(events)} events of OpenLineage written to events.jsonl"]


def test_events_are_sent(place: Place) -> None:
    with receiver() as server:
        assert place.run(MODEL, "--openlineage", server.address) == 0
    assert len(server.received) == 5
    assert place.whispered == "5 events of OpenLineage sent\n"


def test_runs_of_mlflow_are_held_against_files(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "zoe")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", SECRET)
    other = json.loads(json.dumps({"run": RUN}).replace("1" * 32, "2" * 32))
    other["run"]["data"]["tags"][0]["value"] = "f" * 40
    with receiver([(200, {}, json.dumps(one).encode()) for one in ({"run": RUN}, other)]) as server:
        assert place.run(MODEL, "--mlflow", server.address) == 1
    assert [one.path.partition("run_id=")[2] for one in server.received] == ["1" * 32, "2" * 32]
    assert f"MLflow, run {'1' * 32} of {LIVE}" in place.said
    assert f"  same     training data loans-2024: sha256:{'d4' * 32}" in place.said
    assert f"  differs  commit: the file says {'2' * 40}, the run {'f' * 40}" in place.said
    assert SECRET not in place.said + place.whispered


def test_a_run_that_goes_with_its_file_is_no_failure(place: Place) -> None:
    file = place.root / "environments" / "dev" / "models" / f"{MODEL}.yaml"
    described = json.loads(file.read_text("utf-8"))
    del described["versions"][told_models.TRIED]["training"]["run"]
    file.write_text(json.dumps(described), "utf-8")
    with receiver([(200, {}, json.dumps({"run": RUN}).encode())]) as server:
        told = place.data(MODEL, "--mlflow", server.address, "--openlineage", "events.jsonl")
    assert {one["outcome"] for one in told["mlflow"][0]["held"]} == {"same"}
    trained = [json.loads(line) for line in (place.root / "events.jsonl").read_text("utf-8").splitlines()]
    assert trained[0]["eventTime"].startswith("2026-11-28")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "say which model, or which data"),
        ([MODEL, "--data", "x"], 2, "say which model, or which data"),
        ([MODEL, "--json", "--mermaid"], 2, "only one of them"),
        (["--data", "x", "--mlflow", "https://mlflow.example.com"], 2, "name it"),
        (["nobody"], 2, f"known are {MODEL}"),
        ([MODEL, "--env", "prod"], 2, "there are dev"),
        (["--data", "nothing"], 1, "Known are Bureau scores, loans-2024"),
        ([MODEL, "--mlflow", "prod"], 2, "neither an address nor one of dev"),
        ([MODEL, "--mlflow", "dev"], 2, "declares no server of MLflow"),
        ([MODEL, "--mlflow", "http://127.0.0.1:1"], 1, "nobody listens there"),
        ([MODEL, "--html", "none/page.html"], 1, "cannot be written"),
        ([MODEL, "--ledger", "ledger"], 2, "--keys is missing"),
        ([MODEL, "--ledger", "nowhere", "--keys", "keys.json"], 1, "nowhere"),
    ],
    ids=range(13),
)
def test_what_cannot_be_followed_is_refused(place: Place, arguments: list[str], code: int, said: str) -> None:
    assert place.run(*arguments) == code
    assert said in " ".join(place.whispered.replace("│", " ").split())
    assert "Traceback" not in place.whispered


def test_no_run_of_mlflow_is_said(place: Place) -> None:
    file = place.root / "environments" / "dev" / "models" / f"{MODEL}.yaml"
    file.write_text(
        file.read_text("utf-8")
        .replace("mlflow:" + "1" * 32, "https://ci.example.com/1")
        .replace("mlflow:" + "2" * 32, "https://ci.example.com/2"),
        "utf-8",
    )
    assert place.run(MODEL, "--mlflow", "https://mlflow.example.com") == 1
    assert f"no version of {MODEL} names a run of MLflow" in place.whispered


def test_our_own_models_say_where_they_come_from(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).resolve().parents[2])
    monkeypatch.delenv("MODELWAY_LEDGER", raising=False)
    with pytest.raises(SystemExit) as end:
        main(["lineage", "tumor-screening", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert not end.value.code
    assert len(told["endpoints"]) == 4
    assert told["unknown"] == told["differences"] == []
