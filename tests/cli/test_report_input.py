"""`modelway report` and files that are not what they should be: one sentence, and the exit code that docs/preview.md says."""

import gzip
import json
import os
import time
from pathlib import Path

import pytest

from modelway.cli import main

URN = "urn:pulumi:prod::shop::pulumi:pulumi:Stack::shop-prod"
STATE = {"version": 3, "deployment": {"manifest": {"time": "2026-11-27T00:00:00Z"}, "resources": [{"urn": URN, "type": "x"}]}}
DIGEST = {"steps": [{"op": "same", "urn": URN, "oldState": {"urn": URN}, "newState": {"urn": URN}}], "changeSummary": {"same": 1}}
NO_TEXT = " is not JSON: it is no text in UTF-8; unpack it if it is compressed."


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(["report", "--format", "line", *arguments])
    printed = capsys.readouterr()
    return int(end.value.code or 0), printed.out, printed.err


@pytest.mark.parametrize(
    ("option", "content", "code", "said"),
    [
        ("digest", b"", 2, "--digest: file is empty, so nothing says of which stack it is: write --digest STACK=file."),
        ("events", b"", 2, "--events: file is empty, so nothing says of which stack it is: write --events STACK=file."),
        ("digest", b"{}", 2, "--digest: file does not say of which stack it is: write --digest STACK=file."),
        ("plan", b"{}", 2, "--plan: file does not say of which stack it is: write --plan STACK=file."),
        ("state", b"", 1, "file is empty."),
        ("plan", b" \n", 1, "file is empty."),
        ("state", b"{}", 1, "file is not the state of a stack: it has no deployment."),
        ("digest", b'{"steps": 5}', 1, "file is not what the engine writes: its steps are no list."),
        ("digest", b"[]", 1, "file is JSON, but no object: it begins with '[]'."),
        ("plan", b"null", 1, "file is JSON, but no object: it begins with 'null'."),
        ("state", b"no stack", 1, "file is not JSON: it begins with 'no stack'."),
        ("digest", gzip.compress(json.dumps(DIGEST).encode(), mtime=0), 1, f"file{NO_TEXT}"),
        ("events", json.dumps(DIGEST).encode("utf-16-le"), 1, f"file{NO_TEXT}"),
        ("state", bytes(range(128, 256)) * 100, 1, f"file{NO_TEXT}"),
        (
            "state",
            json.dumps(STATE).encode()[:80],
            1,
            "file ends in the middle: it has version, and nothing else of the state of a stack. Write it again.",
        ),
    ],
)
def test_one_sentence_and_no_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: str, content: bytes, code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_bytes(content)
    assert report(capsys, f"--{option}", "file") == (code, "", f"{said}\n")


def test_utf_16_with_its_mark_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "digest.json").write_bytes(json.dumps(DIGEST).encode("utf-16"))
    code, out, _ = report(capsys, "--digest", str(tmp_path / "digest.json"))
    assert (code, "stack prod" in out) == (0, True)


def test_what_may_not_be_read_is_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("digest.json").write_text(json.dumps(DIGEST), "utf-8")
    # Tests may run as root, who may read everything.
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert report(capsys, "--digest", "digest.json") == (2, "", "--digest: digest.json may not be read by you.\n")


def test_a_pipe_is_read_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reading, writing = os.pipe()
    os.write(writing, json.dumps(DIGEST).encode())
    os.close(writing)
    code, out, _ = report(capsys, "--digest", f"/dev/fd/{reading}")
    os.close(reading)
    assert (code, "stack prod" in out) == (0, True)


@pytest.mark.parametrize("end", [b"", b"x"], ids=["nothing else", "and a letter"])
def test_a_very_long_run_of_spaces_is_told_soon(tmp_path: Path, capsys: pytest.CaptureFixture[str], end: bytes) -> None:
    (tmp_path / "state.json").write_bytes(b" " * 50_000_000 + end)
    began = time.process_time()
    code, _, err = report(capsys, "--state", str(tmp_path / "state.json"))
    assert (code, err.count("\n")) == (1, 1)
    assert time.process_time() - began < 2
