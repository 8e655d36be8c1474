"""Stacks are listed while another engine writes the state of one of them."""

import threading
from pathlib import Path

import pytest

from modelway.operations._pulumi import Engine, EngineFailure

pytestmark = pytest.mark.localcloud


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a backend of files notes beside the state of the stack `one`, which it does not write in one go as it does the state."""
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "of this test alone")
    (tmp_path / "Pulumi.yaml").write_text("name: listed\nruntime: python\n", "utf-8")
    Engine(tmp_path).add_stack("one")
    return tmp_path / ".pulumi" / "stacks" / "listed" / "one.json.attrs"


def test_a_state_that_is_just_written_is_waited_for(state: Path, tmp_path: Path) -> None:
    whole = state.read_bytes()
    state.write_bytes(b"")
    with pytest.raises(EngineFailure, match="EOF"):
        Engine(tmp_path).stacks()
    writer = threading.Timer(0.6, lambda: state.write_bytes(whole))
    writer.start()
    assert Engine(tmp_path).stacks() == ["one"]
    writer.join()
