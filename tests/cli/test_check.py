"""`modelway check data` and `modelway check model`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from modelway.cli import main
from modelway.preview.changeset import DataCheck

ROOT = Path(__file__).resolve().parents[2]
VALID = ROOT / "tests" / "architecture" / "valid"
HEADER = "income,dependants,applied_at,customer\n"
GOOD = HEADER + "1200.5,0,2026-11-01,a\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small repository; it is where the command runs."""
    shutil.copytree(VALID, tmp_path / "repository")
    monkeypatch.chdir(tmp_path / "repository")
    return tmp_path / "repository"


def check(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["check", *arguments])
    return int(end.value.code or 0)


def data(*arguments: str) -> int:
    return check("data", *arguments, "--contract", "contracts/credit-risk.yaml")


def model(*arguments: str) -> int:
    return check("model", "credit-risk", "--environments", "environments", *arguments)


def test_the_exit_code_is_that_of_the_worst_table(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, content in {"good": GOOD, "bad": HEADER + "-1,0,2026-11-01,a\n", "none": HEADER}.items():
        Path(f"{name}.csv").write_text(content, "utf-8")
    assert data("good.csv") == 0
    assert data("good.csv", "none.csv") == 3
    assert data("good.csv", "none.csv", "bad.csv") == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "passed  contract contracts/credit-risk.yaml: good.csv, 1 row"
    assert said[-2:] == [
        "failed  contract contracts/credit-risk.yaml: bad.csv, 1 row",
        "  - income: 1 row is below 0: row 1",
    ]


def test_json_is_what_a_report_takes(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.csv").write_text(HEADER + "-1,0,2026-11-01,a\n", "utf-8")
    arguments = ("--model", "credit-risk", "--environments", "environments", "--version", "2026.11.1", "--json")
    assert check("data", "bad.csv", *arguments) == 1
    said = capsys.readouterr().out
    assert msgspec.json.decode(said, type=list[DataCheck]) == [
        DataCheck("model credit-risk 2026.11.1: bad.csv", "failed", 1, ("income: 1 row is below 0: row 1",))
    ]
    assert json.loads(said)[0]["rows"] == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("no.csv", "--contract", "contracts/credit-risk.yaml"), "there is no file no.csv"),
        (("good.csv",), "say against what"),
        (("good.csv", "--contract", "contracts/credit-risk.yaml", "--model", "b"), "say against what"),
        (("good.csv", "--contract", "none.yaml"), "'--contract': file 'none.yaml' does not exist"),
        (("good.csv", "--contract", "contracts"), "'--contract': file 'contracts' is a directory"),
        (("contracts", "--contract", "contracts/credit-risk.yaml"), "contracts is a folder: name files, or a pattern in quotes"),
        (("pipe.csv", "--contract", "contracts/credit-risk.yaml"), "pipe.csv is a pipe or a device: write it to a file first"),
        (("closed.csv", "--contract", "contracts/credit-risk.yaml"), "closed.csv may not be read by you"),
        (
            ("good.csv", "--model", "credit-risk", "--environments", "two"),
            "--environment is missing: name the one that describes the model",
        ),
        (
            ("good.csv", "--model", "credit-risk", "--environments", "environments", "--environment", "nope"),
            "--environment: there is no nope in environments; there are dev",
        ),
        (("good.csv", "--contract", "contracts/credit-risk.yaml", "--version", "1"), "belong to --model"),
        (("good.csv", "--model", "other", "--environments", "environments"), "dev has no model other; it has credit-risk"),
        (("good.csv", "--model", "credit-risk", "--environments", "environments", "--version", "9"), "no version 9"),
    ],
)
def test_wrong_usage(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    Path("good.csv").write_text(GOOD, "utf-8")
    os.mkfifo("pipe.csv")
    Path("closed.csv").write_text(GOOD, "utf-8")
    # Tests may run as root, who may read everything.
    monkeypatch.setattr(os, "access", lambda file, *_: Path(file).name != "closed.csv")
    for name in ("dev", "test"):
        shutil.copytree("environments/dev", f"two/{name}")
    assert check("data", *arguments) == 2
    assert told in " ".join(capsys.readouterr().err.split())


def test_a_contract_that_is_none_is_told_with_its_lines(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("good.csv").write_text(GOOD, "utf-8")
    file = Path("contracts/credit-risk.yaml")
    file.write_text(file.read_text("utf-8").replace("null_rate: 0.01", "null_rate: 5"), "utf-8")
    assert data("good.csv") == 1
    assert "contracts/credit-risk.yaml:8:41: expectations.income.null_rate: 5" in capsys.readouterr().err


def test_a_version_is_checked_against_limits_the_live_one_and_its_callers(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = Path("contracts/credit-risk.yaml").read_text("utf-8")
    Path("contracts/next.yaml").write_text(text.replace("[0, 1, 2, 3]}", "[0, 1, 2]}").replace("data: [0, 3]", "data: [0, 2]"), "utf-8")
    file = Path("environments/base/models/credit-risk.yaml")
    lines = file.read_text("utf-8").split("contract: contracts/credit-risk.yaml")
    assert len(lines) == 3
    file.write_text(f"{lines[0]}contract: contracts/credit-risk.yaml{lines[1]}contract: contracts/next.yaml{lines[2]}", "utf-8")
    Path("new.json").write_text('{"roc_auc": 0.82}', "utf-8")
    Path("live.json").write_text('{"metrics": {"roc_auc": 0.83}}', "utf-8")
    assert model("--metrics", "new.json", "--live", "live.json") == 1
    said = capsys.readouterr().out
    assert "passed  model credit-risk 2026.12.0: metrics of new.json" in said
    assert "- roc_auc: 0.82, live 0.83: worse by 0.01; nothing may be lost" in said
    assert "- input dependants: the 3 values 0, 1, 2 instead of the 4 values 0, 1, 2, 3" in said


def test_what_is_not_in_the_file_of_metrics_is_undecided(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("new.json").write_text("{}", "utf-8")
    assert model("--metrics", "new.json") == 3
    printed = capsys.readouterr()
    assert "? roc_auc: the metric is not in the file" in printed.out
    assert "not compared with the metrics of 2026.11.1" in printed.err


def test_a_metric_that_is_no_number_is_wrong(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("new.json").write_text('{"roc_auc": "0.9"}', "utf-8")
    assert model("--metrics", "new.json") == 1
    assert "- roc_auc: the metric is in the file, and is no number" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--version", "2026.11.1", "--metrics", "m.json", "--live", "m.json"), "--live: 2026.11.1 is the live version: name another"),
        (("--version", "2026.11.1", "--against", "2026.11.1"), "--against: 2026.11.1 would be compared with itself"),
        (("--live", "m.json"), "is compared with --metrics, which is missing"),
        (("--metrics", "none.json"), "'--metrics': file 'none.json' does not exist"),
    ],
)
def test_wrong_usage_of_a_version(repository: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str) -> None:
    Path("m.json").write_text('{"roc_auc": 0.9}', "utf-8")
    assert model(*arguments) == 2
    assert told in " ".join(capsys.readouterr().err.split())


def test_faults_come_in_the_order_of_the_contract_whatever_the_seed_of_hashes(repository: Path) -> None:
    names = [*HEADER.strip().split(","), *HEADER.strip().split(",")]
    Path("twice.csv").write_text(",".join(names) + "\n" + ",".join(["1200.5", "0", "2026-11-01", "a"] * 2) + "\n", "utf-8")
    arguments = ("check", "data", "twice.csv", "--contract", "contracts/credit-risk.yaml", "--json")
    said = []
    for seed in ("1", "2", "3"):
        env = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, "-m", "modelway", *arguments], capture_output=True, text=True, env=env, check=False)
        said.append(done.stdout)
    (told,) = json.loads(said[0])
    assert [fault.split(":")[0] for fault in told["faults"]] == ["income", "dependants", "applied_at", "customer"]
    assert said == [said[0]] * 3
