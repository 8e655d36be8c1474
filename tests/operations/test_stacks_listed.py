"""Stacks are listed also while another engine writes to the same backend."""

from pathlib import Path

import pytest

from modelway.operations._pulumi import Engine, EngineFailure

ENGINE = """#!/bin/bash
if [ -e once ] && [ ! -e always ]; then echo '[{"name": "dev"}]'; exit 0; fi
touch once
echo "error: list bucket: blob (code=NotFound): lstat state/dev.json.18ec0f7c.tmp: $(cat said)" >&2
exit 255
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    engine = tmp_path / "pulumi"
    engine.write_text(ENGINE, "utf-8")
    engine.chmod(0o755)
    (tmp_path / "said").write_text("no such file or directory")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("sys.prefix", "/nowhere")
    monkeypatch.setattr("modelway.operations._pulumi.PAUSE", 0.01)
    return tmp_path


def test_a_file_that_went_meanwhile_is_looked_for_again(folder: Path) -> None:
    assert Engine(folder).stacks() == ["dev"]


@pytest.mark.parametrize(("said", "always"), [("permission denied", False), ("no such file or directory", True)])
def test_what_stays_so_is_told(said: str, always: bool, folder: Path) -> None:
    (folder / "said").write_text(said)
    if always:
        (folder / "always").touch()
    with pytest.raises(EngineFailure, match=said):
        Engine(folder).stacks()
