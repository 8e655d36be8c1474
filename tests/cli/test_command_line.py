"""The command line as a whole: its verbs, its exit codes, and what it does not load."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from modelway import cli
from modelway.cli import VERBS, Verb, main
from modelway.errors import ModelwayError

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"pulumi", "pulumi_aws", "pulumi_kubernetes", "boto3", "botocore", "kubernetes", "numpy", "rich", "grpc"}


def ended(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    return int(end.value.code or 0)


def test_the_help_lists_every_verb_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("--help") == 0
    lines = capsys.readouterr().out.splitlines()
    for verb in VERBS:
        (line,) = [line for line in lines if line.split()[:1] == [verb.name]]
        assert line.split(maxsplit=1)[1] == verb.help
    assert {"validate", "up", "destroy", "publish", "kube-token", "local", "doctor"} <= {verb.name for verb in VERBS}


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_verb_has_a_module(verb: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    assert importlib.util.find_spec(verb.module), f"{verb.module} is missing"
    assert ended(verb.name, "--help") == 0
    assert capsys.readouterr().out.startswith(f"Usage: modelway {verb.name} ")


@pytest.mark.parametrize(
    ("arguments", "text"), [(["vaildate"], "Did you mean 'validate'?"), (["--verson"], "No such option"), ([], "Usage: modelway")]
)
def test_wrong_usage_ends_with_2(arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(*arguments) == 2
    said = capsys.readouterr()
    assert text in said.out + said.err


def verb_that(monkeypatch: pytest.MonkeyPatch, fault: BaseException | None) -> None:
    """`modelway try` raises `fault`."""

    def command() -> None:
        """Fail."""
        if fault:
            raise fault

    module = ModuleType("a_verb")
    module.command = command  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "a_verb", module)
    monkeypatch.setattr(cli, "VERBS", (*VERBS, Verb("try", "Fail.", "a_verb")))


class Blocked(ModelwayError):
    exit_code = 4


@pytest.mark.parametrize(
    ("fault", "code", "text"),
    [
        (None, 0, ""),
        (ModelwayError("what is [wrong] é"), 1, "what is [wrong] é\n"),
        (Blocked("no"), 4, "no\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_one_place_makes_exit_codes(
    fault: BaseException | None, code: int, text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verb_that(monkeypatch, fault)
    assert ended("try") == code
    assert capsys.readouterr() == ("", text)


def test_a_fault_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    verb_that(monkeypatch, ZeroDivisionError("ours"))
    with pytest.raises(ZeroDivisionError, match="ours"):
        main(["try"])


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["validate"], ["validate", "--help"], ["show", "dev"], ["diff", "local", "dev"], ["up", "--help"], ["local", "--help"]],
)
def test_nothing_heavy_is_loaded(arguments: list[str]) -> None:
    program = f"""
import json, sys
from modelway.cli import main
try:
    main({arguments!r})
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in json.loads(run.stderr.splitlines()[-1])}
    assert not loaded & HEAVY
    assert run.stdout


def test_a_reader_that_goes_away_is_no_failure_to_talk_of() -> None:
    read, write = os.pipe()
    os.close(read)
    run = subprocess.run(
        [sys.executable, "-m", "modelway", "validate"], cwd=ROOT, stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)
    assert (run.returncode, run.stderr) == (1, "")


def test_an_interrupt_ends_with_130(tmp_path: Path) -> None:
    (tmp_path / "waits.py").write_text("def command() -> None:\n    print('ready', flush=True)\n    import time; time.sleep(60)\n", "utf-8")
    program = "from modelway import cli\ncli.VERBS += (cli.Verb('try', 'Wait.', 'waits'),)\ncli.main(['try'])"
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # In the background of a script interrupts are ignored, and processes inherit that.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, "")
