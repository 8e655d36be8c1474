"""The release is a tag of the stack: the real engine, with a backend of files."""

import json
from pathlib import Path

import pytest

from modelway.cli._recording import tag
from modelway.operations._pulumi import Engine, EngineFailure

pytestmark = pytest.mark.localcloud


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "state").mkdir()
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: modelway\nruntime: yaml\n", "utf-8")
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path / 'state'}")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "it")
    monkeypatch.chdir(folder)
    return folder


def test_a_stack_says_which_release_it_is_and_its_state_stays(project: Path, tmp_path: Path) -> None:
    engine = Engine(project)
    engine.add_stack("prod")
    before = engine.export("prod")
    tag("prod", 41)
    tag("prod", 57)
    assert engine.export("prod") == before
    kept = [json.loads(path.read_text("utf-8")) for path in (tmp_path / "state").rglob("*.pulumi-tags")]
    assert kept == [{"version": 1, "tags": {"modelway:release": "57"}}]


def test_a_tag_that_cannot_be_set_is_told_and_stops_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tag("nowhere", 41)
    assert capsys.readouterr().err.startswith("stack nowhere has no tag of the release: ")
    with pytest.raises(EngineFailure):
        Engine(project).tag("nowhere", "modelway:release", "41")
