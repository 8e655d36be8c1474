"""Values that nothing can be told from are never taken for safe, and never a traceback."""

import json
from pathlib import Path

import pytest

from modelway.preview.assembling import assemble
from modelway.preview.files import UnusableFile
from modelway.preview.sources import Sources

RECORDED = Path(__file__).parent / "recorded"


def with_replicas(tmp_path: Path, written: str) -> Path:
    """The recorded digest in which a Deployment gets more replicas, with another number of them."""
    digest = json.loads((RECORDED / "replicas-raised" / "digest.json").read_text("utf-8"))
    for step in digest["steps"]:
        if step["op"] == "update":
            step["newState"]["inputs"]["spec"]["replicas"] = "WRITTEN"
    file = tmp_path / "digest.json"
    file.write_text(json.dumps(digest).replace('"WRITTEN"', written), "utf-8")
    return file


@pytest.mark.parametrize("written", ["1e999", "NaN", "9" * 6000])
def test_a_change_that_cannot_be_read_asks_for_a_look(written: str, tmp_path: Path) -> None:
    verdict = assemble([Sources(digest=with_replicas(tmp_path, written))]).verdict
    assert verdict.decision == "needs approval"
    assert any("cannot be read, so nothing is known of the risk: credit-risk" in sentence for sentence in verdict.needed)


def test_a_number_above_every_float_is_a_number(tmp_path: Path) -> None:
    assert assemble([Sources(digest=with_replicas(tmp_path, "1" + "0" * 400))]).stacks[0].result == "succeeded"


def test_depth_beyond_every_program_is_told(tmp_path: Path) -> None:
    file = tmp_path / "digest.json"
    file.write_text('{"steps":' + "[" * 100_000, "utf-8")
    with pytest.raises(UnusableFile, match="is not JSON"):
        assemble([Sources(digest=file)])


@pytest.mark.parametrize(("case", "outputs"), [("canary-jump", ()), ("renamed-without-alias", ()), ("output-changed", ("place",))])
def test_outputs_are_those_of_the_stack(case: str, outputs: tuple[str, ...]) -> None:
    folder = RECORDED / case
    report = assemble([Sources(digest=folder / "digest.json", events=folder / "events.jsonl", state=folder / "state.json")])
    assert report.stacks[0].outputs == outputs
