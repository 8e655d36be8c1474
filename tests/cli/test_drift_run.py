"""`modelway drift run`."""

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from modelway.cli import _drift_run, main
from tests.monitoring.drift.endpoint_logs import Endpoint, everything

ROOT = Path(__file__).resolve().parents[2]
WINDOW = ("--window", "2025-03-03T00/2025-03-03T02")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made")


@pytest.fixture
def endpoint(tmp_path: Path, made: Path) -> Endpoint:
    return Endpoint(tmp_path, str(tmp_path / "payloads"), str(tmp_path / "results"), made)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["drift", "run", *arguments])
    return int(end.value.code or 0)


def test_what_was_found_is_printed(endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    endpoint.ask(0)
    endpoint.ask(1, shift=1.5)
    assert run("credit-risk", "--watched", str(endpoint.file()), *WINDOW) == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[0] == f"credit-risk in dev: 2 results written to {endpoint.results}"
    assert lines[1] == "  1  2025-03-03T01:00Z/2025-03-03T02:00Z  400 rows, data drifted (income); prediction drifted (risk)"
    assert printed.err.splitlines()[0] == "2025-03-03T00:00Z/2025-03-03T01:00Z 1: 400 rows, nothing drifted"
    assert len(everything(endpoint.store)) == 6
    # Again: nothing is to be done, and that is no failure.
    assert run("credit-risk", "--watched", str(endpoint.file()), *WINDOW, "--json") == 0
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert told["written"] == []
    assert told["faults"] == []
    assert told["standing"]["1"] | {"drifted": 0} == {
        "version": "1",
        "start": "2025-03-03T01:00Z",
        "end": "2025-03-03T02:00Z",
        "revision": 1,
        "rows": 400,
        "states": {"data": "drifted", "prediction": "drifted", "quality": "steady"},
        "alarms": [],
        "drifted": 0,
    }
    assert {"watch": "data", "subject": "income", "method": "psi"} in told["standing"]["1"]["drifted"]
    assert not printed.err


def test_nothing_to_say_is_a_failure(endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    file = endpoint.file()
    Path(endpoint.folder, "baseline-1.json").write_bytes(b"{}")
    assert run("credit-risk", "--watched", str(file), *WINDOW) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith("version 1 is not looked at: ")
    assert "expected sha256:" in printed.err
    assert not printed.out


def test_what_was_found_is_printed_beside_what_failed(endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    Path(endpoint.payloads, endpoint.ask(0)).write_text("no record\n")
    assert run("credit-risk", "--watched", str(endpoint.file()), "--window", "2025-03-03T00") == 1
    printed = capsys.readouterr()
    assert printed.out.startswith("credit-risk in dev: 1 result written")
    why = f"2025-03-03T00:00Z/2025-03-03T01:00Z: not one row could be read of 1 file in {endpoint.payloads}: 1 lines that are no record."
    assert printed.err.splitlines()[-1] == why


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["credit-risk", "--watched", "nowhere.json"], "--watched: there is no nowhere.json"),
        (["fraud", "--watched", "FILE"], "watches credit-risk, and not fraud"),
        (["credit-risk", "--watched", "FILE", "--payloads", "there"], "leave the options about an environment out"),
        (["credit-risk", "--watched", "FILE", "--window", "2025-03-03T00:30"], "no window of 1h begins or ends at 2025-03-03T00:30Z"),
        (["credit-risk", "--watched", "FILE", "--window", "2125-03-03T00"], "its requests may arrive until 2125-03-03T01:15Z"),
        (["credit-risk", "--watched", "FILE", "--window", "2025-03-03T01/2025-03-03T00"], "ends at or before its start"),
    ],
)
def test_wrong_usage(endpoint: Endpoint, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str) -> None:
    file = str(endpoint.file())
    assert run(*(argument.replace("FILE", file) for argument in arguments)) == 2
    printed = " ".join(capsys.readouterr().err.split())
    assert told in printed
    assert everything(endpoint.store) == {}


def test_a_file_that_is_not_what_is_watched_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "watched.json").write_text('{"schema": 1}')
    assert run("credit-risk", "--watched", str(tmp_path / "watched.json")) == 1
    assert "does not say what is watched" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("window", "1 fortnight", "drift.window: a whole number above 0 and a unit: ms, s, m, h or d. Write it like 200ms, 30s or 1h."),
        ("window", "1m", "drift.window: 5m to 31d. Write it like 1h or 1d."),
        ("votes", {"needed": "2", "of": 3}, "drift.votes.needed: a whole number. Write 2, without quotes."),
    ],
)
def test_a_setting_that_breaks_a_rule_is_told(
    endpoint: Endpoint, capsys: pytest.CaptureFixture[str], field: str, value: object, told: str
) -> None:
    endpoint.declared[field] = value
    file = endpoint.file()
    assert run("credit-risk", "--watched", str(file)) == 1
    assert capsys.readouterr().err.strip() == f"{file}: {told}"


def test_a_contract_that_breaks_a_rule_is_told(endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    file = endpoint.file()
    file.write_text(file.read_text().replace('"direction": "higher"', '"direction": "up"'))
    assert run("credit-risk", "--watched", str(file)) == 1
    assert f"{file}: versions[0].contract.metrics: one of higher, lower" in capsys.readouterr().err


MODEL = Path("environments/base/models/credit-risk.yaml")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small repository whose model is watched; it is where the command runs, and folders stand for its buckets."""
    shutil.copytree(ROOT / "tests" / "architecture" / "valid", tmp_path / "repository")
    monkeypatch.chdir(tmp_path / "repository")
    MODEL.write_text(MODEL.read_text("utf-8") + "\ndrift: {window: 1h, minimum_sample: 100, data: {}}\n", "utf-8")
    chance = random.Random(7)
    asked = [(round(chance.lognormvariate(8, 1), 2), chance.choice([0, 0, 1, 2, 3])) for _ in range(1500)]
    rows = (f"{income},{dependants},2025-03-{1 + row // 250:02}T00:00:00Z,{row}" for row, (income, dependants) in enumerate(asked))
    Path("loans.csv").write_text("income,dependants,applied_at,customer\n" + "\n".join(rows) + "\n", "utf-8")
    inputs = [
        {"name": name, "datatype": kind, "shape": [400], "data": [one[at] for one in asked[:400]]}
        for at, (name, kind) in enumerate((("income", "FP64"), ("dependants", "INT64")))
    ]  # fmt: skip
    record = {"time": "2025-03-03T00:10:00Z", "model": "credit-risk", "version": "2026.11.1", "inputs": inputs, "outputs": []}
    payloads = Path("payloads/2026.11.1/2025/03/03/001020-aa.jsonl")
    payloads.parent.mkdir(parents=True)
    payloads.write_text(json.dumps(record) + "\n", "utf-8")
    return tmp_path / "repository"


PLACES = ("--environments", "environments", "--payloads", "payloads", "--results", "results", "--store", "store")


def test_an_environment_says_what_is_watched(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for version in ("2026.11.1", "2026.12.0"):
        out = Path("store", "credit-risk", version, "baseline.json")
        out.parent.mkdir(parents=True)
        with pytest.raises(SystemExit, match="0"):
            main(["drift", "baseline", "credit-risk", *PLACES[:2], "--version", version, "--data", "loans.csv", "--out", str(out)])
        line = capsys.readouterr().out.splitlines()[-1].strip()
        MODEL.write_text(MODEL.read_text("utf-8").replace(f'  "{version}":\n', f'  "{version}":\n    {line}\n'), "utf-8")
    assert run("credit-risk", *PLACES, "--window", "2025-03-03T00") == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[0] == "credit-risk in dev: 2 results written to results"
    assert printed.out.splitlines()[1].startswith("  2026.11.1  2025-03-03T00:00Z/2025-03-03T01:00Z  400 rows, ")
    assert Path("results/2026.11.1/2025-03-03T000000Z.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (PLACES, "version 2026.11.1 of credit-risk has no baseline"),
        (PLACES[:2], "say where requests and answers are kept"),
        ((*PLACES[:2], "--payloads", "payloadz"), "--payloads: payloadz: there is no such folder"),
        ((*PLACES[:2], "--payloads", "loans.csv"), "--payloads: loans.csv: it is a file, and no folder"),
        ((*PLACES[:4], "--labels", "labelz"), "--labels: labelz: there is no such folder"),
        ((*PLACES[:4], "--labels", "payloads"), "says of no labels when they are known: add drift.labels"),
        (("--environments", "environments", "--environment", "nowhere"), "there is no nowhere"),
    ],
)
def test_what_an_environment_lacks_is_told(
    repository: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    assert run("credit-risk", *arguments) == 2
    assert told in " ".join(capsys.readouterr().err.split())


def test_labels_may_be_in_a_folder(repository: Path) -> None:
    asked = 'window: 1h, labels: {source: "s3://labels/credit-risk/", delay: 1d}, concept: {metric: roc_auc, drop: 0.05}'
    text = MODEL.read_text("utf-8").replace("drift: {window: 1h", f"drift: {{{asked}")
    for version in ("2026.11.1", "2026.12.0"):
        line = f"    baseline: credit-risk/{version}/baseline.json@sha256:{'0' * 64}"
        text = text.replace(f'  "{version}":\n', f'  "{version}":\n{line}\n')
    MODEL.write_text(text, "utf-8")
    places = _drift_run.Places(payloads="payloads", labels="payloads", results="results", store="store")
    assert _drift_run._from_environment("credit-risk", None, Path("environments"), places).labels == "payloads"


def test_what_was_looked_at_before_is_told(endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    for hour in (0, 1):
        endpoint.ask(hour)
    for _ in range(2):
        assert run("credit-risk", "--watched", str(endpoint.file()), *WINDOW) == 0
    capsys.readouterr()
    assert run("credit-risk", "--watched", str(endpoint.file()), "--window", "2025-03-03T00") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"credit-risk in dev: 0 results written to {endpoint.results}"
    assert lines[1] == "  1 result of windows that were looked at before, with the same data and settings: nothing to do"
    # Of the window that was asked for, and no other one.
    assert [line.split()[1] for line in lines[2:]] == ["2025-03-03T00:00Z/2025-03-03T01:00Z"]


def test_help_is_quick() -> None:
    heavy = ("numpy", "scipy", "ibis", "duckdb", "pyarrow", "boto3", "jinja2", "river")
    program = f"""
import sys
from modelway.cli import main
try:
    main(["drift", "run", "--help"])
except SystemExit:
    print([name for name in {heavy!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=dict(os.environ))
    assert done.stdout.splitlines()[-1] == "[]"
