"""`modelway drift show`: what a person sees of the last windows, and where it is looked for."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import boto3
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components._names import bucket_beside
from modelway.architecture import Environment, load
from modelway.cli import main
from modelway.monitoring.drift.result import Alarm, Result, read, written
from modelway.monitoring.drift.showing import WORST, shown
from modelway.monitoring.drift.windows import key_of
from modelway.monitoring.places import results_address
from tests.support.drift_telling import VERSION, history, result

ROOT = Path(__file__).resolve().parents[3]


def kept(folder: Path, *results: Result) -> Path:
    """A folder with results as the job keeps them."""
    for one in results:
        file = folder / one.version / f"{key_of(one.start)}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(written(one))
        file.with_suffix(".html").write_text("page")
    (folder / "latest.json").write_bytes(written(results[-1]))
    return folder


def ended(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code: int | str | None = 0
    try:
        main(["drift", "show", *map(str, arguments)])
    except SystemExit as end:
        code = end.code
    said = capsys.readouterr()
    return int(code or 0), said.out, said.err


def test_it_shows_states_alarms_and_the_worst_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept(tmp_path, *history(32), result(32, shift=0.2, missing=70))
    code, out, _ = ended(capsys, "credit-risk", "--results", tmp_path)
    assert code == 0
    assert out.splitlines()[:2] == [f"credit-risk {VERSION}  in prod, 2026-11-28 11:00 to 12:00 UTC, 800 rows", "Alarm: requests drifted"]
    strip = f"{'▂' * 7}·{'▂' * 11}{'█' * 5}"
    assert f"  requests                   drifted  {strip}" in out.splitlines()
    assert "  requests: alarm: 2 of the last 3 windows drifted, 2 needed" in out.splitlines()
    worst = [line for line in out.splitlines() if line.startswith("  drifted ")]
    assert [line.split()[1].rstrip(":") for line in worst] == ["income", "age", "default_probability"]
    assert "  - lines that are no record, left out: 1" in out.splitlines()
    assert "\x1b" not in out


def test_fewer_windows_can_be_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept(tmp_path, *history(32))
    _, out, _ = ended(capsys, "credit-risk", "--results", tmp_path, "--windows", 5)
    assert "  5 windows, the newest on the right" in out


def test_json_is_the_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    some = history(8)
    kept(tmp_path, *some, result(0, version="2026.12.0"))
    code, out, _ = ended(capsys, "credit-risk", "--results", tmp_path, "--windows", 4, "--json")
    assert code == 0
    told = [read(json.dumps(one).encode(), "it") for one in json.loads(out)]
    assert told == [*some[-4:], result(0, version="2026.12.0")]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["credit-risk", "--results", "nowhere"], 2, "nowhere: there is no such folder"),
        (["credit-risk", "--results", "kept/latest.json"], 2, "kept/latest.json: it is a file, and no folder"),
        (["credit-risk", "--results", f"kept/{VERSION}"], 2, "is the folder of one version: name the one that it is in"),
        (["credit-risk", "--results", "empty"], 1, "There are no results of credit-risk at empty: no window was looked at yet"),
        (["pricing", "--results", "kept"], 2, "kept has results of credit-risk: name that endpoint, or the folder of pricing."),
        (["credit-risk", "--results", "kept", "--environment", "prod"], 2, "it says where results are"),
        (["credit-risk", "--results", ""], 2, "--results names no folder"),
        (["credit-risk", "--results", "broken"], 1, "is no result of a window"),
        (["credit-risk", "--results", "kept", "--windows", "0"], 2, "--windows"),
    ],
    ids=["no folder", "a file", "of a version", "nothing there", "another endpoint", "two places", "no name", "no result", "no window"],
)
def test_what_is_wrong_is_said(
    arguments: list[str], code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kept(tmp_path / "kept", result(1))
    kept(tmp_path / "broken", result(1))
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken" / VERSION / f"{key_of(result(1).start)}.json").write_text("{")
    found, out, err = ended(capsys, *arguments)
    assert (found, out) == (code, "")
    assert said in " ".join(err.replace("│", " ").split())


def test_results_in_a_bucket_are_shown(
    use_account: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use_account("123456789012")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    bucket = boto3.client("s3", region_name="eu-west-1")
    bucket.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    bucket.put_object(Bucket="kept", Key=f"credit-risk/{VERSION}/{key_of(result(1).start)}.json", Body=written(result(1, shift=0.2)))
    code, out, _ = ended(capsys, "credit-risk", "--results", "s3://kept/credit-risk/")
    assert (code, out.splitlines()[1]) == (0, "Alarm: requests drifted")


@cache
def production() -> Environment:
    return load(ROOT / "stacks" / "environments", "prod")


def test_an_environment_says_where_its_results_are() -> None:
    environment = production()
    store = environment.registry.models.bucket or f"{environment.platform}-prod-models-{environment.aws.account}"
    assert results_address(environment, "credit-risk") == f"s3://{bucket_beside(store, 'drift')}/credit-risk/"


@settings(max_examples=100)
@given(name=st.from_regex(r"[a-z][a-z0-9-]{1,61}[a-z0-9]", fullmatch=True))
def test_buckets_are_named_as_the_stack_names_them(name: str) -> None:
    environment = production()
    models = environment.registry.models.model_copy(update={"bucket": name})
    given_ = environment.model_copy(update={"registry": environment.registry.model_copy(update={"models": models})})
    assert results_address(given_, "m") == f"s3://{bucket_beside(name, 'drift')}/m/"


@pytest.mark.parametrize("width", [40, 60, 100, 200])
@pytest.mark.parametrize("colour", [False, True])
def test_lines_are_no_wider_than_the_terminal(width: int, colour: bool) -> None:
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown([*history(32), result(32, shift=0.2, missing=70)], width=width, colour=colour))
    assert max(len(line) for line in text.splitlines()) <= width
    plain = shown([*history(32), result(32, shift=0.2, missing=70)], width=width)
    assert text.split() == plain.split()


def test_names_of_others_write_nothing_else_on_the_terminal() -> None:
    name = "a\x1b[31m\u202eb\n\x07[bold]c[/bold]"
    text = shown([result(1, shift=0.2, features=(name, "age", "dependants", "region"), name=name, version=name)], colour=False)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "a\\x1b[31m\\u202eb \\x07[bold]c[/bold]" in " ".join(text.split())


def test_many_comparisons_are_cut() -> None:
    many = result(1, features=tuple(f"c{number}" for number in range(100)))
    text = shown([many])
    assert f"and {len(many.findings) - WORST} more comparisons" in text
    assert len(text.splitlines()) < 40


def test_nothing_decided_is_no_calm() -> None:
    assert "Not enough data to say anything" in shown([msgspec.structs.replace(result(1), alarms=())])


def test_colours_are_for_terminals_that_want_them(tmp_path: Path) -> None:
    """On a real terminal: with colours, and without where NO_COLOR says so."""
    kept(tmp_path, result(1, shift=0.2))
    for wish, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        ours, theirs = pty.openpty()
        environ = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm"} | wish
        command = [sys.executable, "-m", "modelway", "drift", "show", "credit-risk", "--results", str(tmp_path)]
        process = subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=environ, cwd=ROOT)
        os.close(theirs)
        said = b""
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # the other end has gone
                break
            if not chunk:
                break
            said += chunk
        os.close(ours)
        assert process.wait(30) == 0
        assert (b"\x1b[1;31m" in said) is coloured
        assert "Alarm: requests drifted" in said.decode()


def test_its_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom modelway.cli import main\n"
        "try:\n    main(['drift', 'show', '--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'numpy', 'ibis', 'duckdb', 'boto3', 'pyarrow', 'scipy', 'rich', 'msgspec'} & set(sys.modules)), file=sys.stderr)"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stderr.strip() == "[]"


def test_alarms_of_labels_are_shown_that_are_older_than_what_is_looked_back_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alarm = Alarm("concept", "drifted", True, False, 2, 2, 3)
    late = [msgspec.structs.replace(one, alarms=one.alarms[:3], labelled=False) for one in history(60)]
    judged = [msgspec.structs.replace(one, alarms=(*one.alarms, alarm), labelled=True) for one in late[:5]]
    kept(tmp_path, *judged, *late[5:])
    code, out, _ = ended(capsys, "credit-risk", "--results", tmp_path)
    assert code == 0
    assert "how right the answers are drifted" in out.splitlines()[1]
    assert f"  how right the answers are  drifted  {'█' * 5}" in [line.rstrip() for line in out.splitlines()]
