"""`modelway drift baseline` and `modelway drift power`."""

import hashlib
import json
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from modelway.architecture import load
from modelway.cli import main
from modelway.monitoring.drift.baseline import read

ROOT = Path(__file__).resolve().parents[2]
VALID = ROOT / "tests" / "architecture" / "valid"
MODEL = Path("environments/base/models/credit-risk.yaml")
COMMON = ("credit-risk", "--environments", "environments", "--version", "2026.11.1")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small repository whose model is watched; it is where the command runs."""
    shutil.copytree(VALID, tmp_path / "repository")
    monkeypatch.chdir(tmp_path / "repository")
    drift = "\ndrift: {window: 1h, minimum_sample: 300, false_alarms: 2, data: {}, prediction: {}}\n"
    MODEL.write_text(MODEL.read_text("utf-8") + drift, "utf-8")
    chance = random.Random(7)
    rows = (
        f"{chance.lognormvariate(8, 1):.2f},{chance.choice([0, 0, 1, 2, 3])},2026-11-{1 + row // 200:02}T{row % 2:02}:00:00Z,Hildegard{row}"
        for row in range(800)
    )
    Path("loans.csv").write_text("income,dependants,applied_at,customer\n" + "\n".join(rows) + "\n", "utf-8")
    return tmp_path / "repository"


def drift(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["drift", *arguments])
    return int(end.value.code or 0)


def test_a_baseline_is_written_and_its_line_told(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert drift("baseline", *COMMON, "--data", "loans.csv") == 0
    content = Path("baseline.json").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        "baseline.json: 800 rows, 2 columns, 8 windows of 1h",
        printed.out.splitlines()[1],
        printed.out.splitlines()[2],
        f"sha256:{digest}",
        'In the model\'s file, under versions."2026.11.1":',
        f"  baseline: credit-risk/2026.11.1/baseline.json@sha256:{digest}",
    ]
    assert "no column default_probability" in printed.err
    assert "Hildegard" not in printed.out + printed.err + content.decode()
    made = read(content, "baseline.json", digest=digest, model="credit-risk", version="2026.11.1")
    assert (made.rows, made.window_seconds) == (800, 3600)
    # The line is one that the model's file takes.
    line = printed.out.splitlines()[-1].strip()
    MODEL.write_text(MODEL.read_text("utf-8").replace('  "2026.11.1":\n', f'  "2026.11.1":\n    {line}\n'), "utf-8")
    described = load(Path("environments"), "dev", Path())
    assert described.models["credit-risk"].versions["2026.11.1"].baseline.sha256 == digest  # type: ignore[union-attr]


def test_it_is_the_same_again_whatever_the_seed_of_hashes(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert drift("baseline", *COMMON, "--data", "loans.csv", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    command = ("-m", "modelway", "drift", "baseline", *COMMON, "--data", "*.csv", "--out", "new/b.json", "--json")
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "3"}
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, env=env, check=True)
    again = json.loads(done.stdout)
    assert again == told | {"file": "new/b.json"}
    assert Path("new/b.json").read_bytes() == Path("baseline.json").read_bytes()
    assert told["columns"][0] == {
        "name": "income",
        "role": "input",
        "kind": "number",
        "rows": 800,
        "missing": 0,
        "wrong": 0,
        "infinite": 0,
        "bins": told["columns"][0]["bins"],
    }


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((*COMMON, "--data", "none.csv"), "there is no file none.csv"),
        ((*COMMON, "--data", "loans.csv", "--data", "*.csv"), "loans.csv is there twice, and its rows would count twice"),
        ((*COMMON, "--data", "environments"), "environments is a folder"),
        ((*COMMON, "--data", "loans.csv", "--out", "environments"), "environments is a folder"),
        ((*COMMON[:-1], "9", "--data", "loans.csv"), "no version 9"),
        (("other", *COMMON[1:], "--data", "loans.csv"), "dev has no model other; it has credit-risk"),
        (COMMON, "Missing option"),
    ],
)
def test_wrong_usage(repository: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str) -> None:
    assert drift("baseline", *arguments) == 2
    assert told in " ".join(capsys.readouterr().err.split())
    assert not Path("baseline.json").exists()


def test_what_groups_reach_is_listed_by_their_columns(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contract = Path("contracts/credit-risk.yaml")
    contract.write_text(contract.read_text("utf-8").replace("  applied_at:", "  defaulted: {type: boolean}\n  applied_at:"), "utf-8")
    chance = random.Random(3)
    answers = [round(chance.random(), 3) for _ in range(800)]
    further = [f",{answer},{str(chance.random() < answer).lower()}" for answer in answers]
    head, *lines = Path("loans.csv").read_text("utf-8").splitlines()
    text = "\n".join([head + ",default_probability,defaulted", *(line + more for line, more in zip(lines, further, strict=True))])
    Path("loans.csv").write_text(text + "\n", "utf-8")
    assert drift("baseline", *COMMON, "--data", "loans.csv") == 0
    out = capsys.readouterr().out
    assert out.count("roc_auc:") == 1
    assert "    and of each group of dependants (4)\n" in out
    assert drift("baseline", *COMMON, "--data", "loans.csv", "--json") == 0
    reached = json.loads(capsys.readouterr().out)["reached"]
    assert [one.get("column") for one in reached] == [None, *["dependants"] * 4]
    assert len({one.get("segment") for one in reached}) == 5


def test_what_is_wrong_with_the_data_is_told_at_once(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("baseline.json").write_text("as it was", "utf-8")
    Path("empty.csv").write_text("", "utf-8")
    Path("half.csv").write_text("dependants\n1\n", "utf-8")
    assert drift("baseline", *COMMON, "--data", "empty.csv", "--data", "half.csv") == 1
    assert capsys.readouterr().err.splitlines() == [
        "empty.csv: the file is empty; it has no header.",
        "income: the column is missing, and the model takes it.",
    ]
    assert Path("baseline.json").read_text("utf-8") == "as it was"


def test_a_model_that_is_not_watched_has_no_baseline(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    MODEL.write_text(MODEL.read_text("utf-8").split("\ndrift:")[0] + "\n", "utf-8")
    assert drift("baseline", *COMMON, "--data", "loans.csv") == 1
    assert "credit-risk is not watched in dev: its file has no drift. Add `drift: {data: {}}`" in capsys.readouterr().err


def test_power_is_told_for_each_volume(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert drift("baseline", *COMMON, "--data", "loans.csv") == 0
    capsys.readouterr()
    volumes = ("--rows-per-window", "50", "--rows-per-window", "400", "--rows-per-window", "4000")
    assert drift("power", *COMMON, *volumes) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "credit-risk 2026.11.1: windows of 1h, 2 accepted false alarms a month"
    assert lines[1] == "50 requests a window: nothing, as nothing is concluded from fewer than 300"
    assert [line.split()[0] for line in lines if re.match(r"[\d,]+ requests", line)] == ["50", "400", "4,000"]
    assert any(re.fullmatch(r" +5\.0% of rows: +\d+% of windows show it, (no alarm|alarm after .*)", line) for line in lines)
    assert any("8 windows in time, which is few" in line for line in lines)

    assert drift("power", *COMMON, *volumes, "--json") == 0
    few, some, many = json.loads(capsys.readouterr().out)
    assert [one["rows_per_window"] for one in (few, some, many)] == [50, 400, 4000]
    assert 0.05 < many["seen"] < 1
    assert {one["window_seconds"] for one in (few, some, many)} == {3600}
    assert [one["share"] for one in many["by_share"]] == sorted(one["share"] for one in many["by_share"])


def test_power_is_of_the_baseline_of_that_version(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert drift("baseline", *COMMON, "--data", "loans.csv") == 0
    assert drift("power", *COMMON[:-1], "2026.12.0", "--rows-per-window", "400") == 1
    assert "baseline.json is the baseline of version 2026.11.1, expected 2026.12.0." in capsys.readouterr().err
    Path("baseline.json").write_text("{}", "utf-8")
    assert drift("power", *COMMON, "--rows-per-window", "400") == 1
    assert "baseline.json is no baseline" in capsys.readouterr().err
    assert drift("power", *COMMON, "--baseline", "none.json", "--rows-per-window", "400") == 2
    assert drift("power", *COMMON, "--rows-per-window", "0") == 2


def test_help_needs_nothing_that_is_heavy() -> None:
    for verb in ((), ("baseline",), ("power",), ("run",), ("show",)):
        code = (
            "import sys; from modelway.cli import main\n"
            f"try: main(['drift', *{verb!r}, '--help'])\n"
            "except SystemExit: pass\n"
            "print([name for name in ('numpy', 'scipy', 'ibis', 'duckdb', 'pyarrow', 'boto3') if name in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
        assert done.stdout.splitlines()[-1] == "[]", verb


def test_what_is_not_installed_is_named(repository: Path) -> None:
    call = ["drift", "baseline", *COMMON, "--data", "loans.csv"]
    code = f"import sys; sys.modules['scipy'] = None; from modelway.cli import main; main({call!r})"
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env)
    assert (done.returncode, done.stderr) == (1, "scipy is not installed, and drift needs it: install `modelway[drift]`.\n")
