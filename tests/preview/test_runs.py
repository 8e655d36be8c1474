"""Files of several runs, and files of one run that are not all whole."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from modelway.preview.assembling import assemble
from modelway.preview.changeset import ChangeSet
from modelway.preview.reading import read
from modelway.preview.sources import Sources
from scripts.recorded import CASES, cases

ALL = cases()
APART = "Digest and event log are of different runs"


def made(name: str, **files: Path | None) -> ChangeSet:
    (case,) = cases([name])
    return assemble([replace(case.sources(), **files)])


def gaps(report: ChangeSet) -> str:
    return "\n".join(gap.what for gap in report.gaps)


def cut(folder: Path, name: str, size: int = 3000) -> Path:
    file = folder / "digest.json"
    file.write_bytes((CASES / name / "digest.json").read_bytes()[:size])
    return file


def test_what_one_run_wrote_goes_together() -> None:
    for case in ALL:
        sources = case.sources()
        found = read("", sources.digest, sources.events)
        assert not [gap for gap in found.gaps if APART in gap.what], case.name
        assert (found.result, found.policy_events is None) == (case.result, False), case.name


def test_what_two_runs_wrote_does_not() -> None:
    """Of all pairs of neighbours; where both runs change nothing, or the same in as many seconds, they are alike."""
    together = []
    for case, other in zip(ALL, [*ALL[1:], ALL[0]], strict=True):
        found = read("", case.folder / "digest.json", other.folder / "events.jsonl")
        if not any(APART in gap.what for gap in found.gaps):
            together.append((case.name, other.name))
        else:
            assert found.result != "succeeded"
            assert found.policy_events is None
    assert len(together) <= len(ALL) // 50, together


def test_an_event_log_of_another_run_decides_nothing() -> None:
    report = made("canary-jump", events=CASES / "bucket-deleted" / "events.jsonl")
    assert report.verdict.decision == "unknown"
    assert f"{APART}: they name different resources (2)" in gaps(report)


def test_the_same_resources_in_another_time_are_another_run(tmp_path: Path) -> None:
    digest = json.loads((CASES / "canary-jump" / "digest.json").read_text("utf-8"))
    digest["duration"] += 3_000_000_000
    file = tmp_path / "digest.json"
    file.write_text(json.dumps(digest), "utf-8")
    assert "one took 40 seconds and the other 38" in gaps(made("canary-jump", digest=file))


@pytest.mark.parametrize("size", [0, 3000])
def test_of_a_digest_that_is_cut_a_whole_event_log_says_the_rest(tmp_path: Path, size: int) -> None:
    report = made("bucket-deleted", digest=cut(tmp_path, "bucket-deleted", size))
    assert report.verdict.decision == "needs approval"
    assert [one.rule for one in report.findings] == ["bucket-deleted"]
    assert "The digest is not whole. What is listed is the event log's" in gaps(report)


def test_of_two_that_are_cut_nothing_is_decided(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_bytes((CASES / "bucket-deleted" / "events.jsonl").read_bytes()[:-200])
    assert made("bucket-deleted", digest=cut(tmp_path, "bucket-deleted"), events=events).verdict.decision == "unknown"


def test_what_stays_is_known_from_an_event_log_too() -> None:
    """Its `same` steps say what is behind a route, with and without a state."""
    (case,) = cases(["model-canary"])
    whole = {(one.name, one.before, one.after) for one in assemble([case.sources()]).endpoints}
    for state in (case.folder / "state.json", None):
        report = assemble(
            [Sources(events=case.folder / "events.jsonl", state=state, before=case.sources().before, after=case.sources().after)]
        )
        assert {(one.name, one.before, one.after) for one in report.endpoints} == whole


def test_a_state_of_another_run_is_told() -> None:
    report = made("bucket-deleted", state=CASES / "canary-jump" / "state.json")
    assert "The state is not what the preview started from" in gaps(report)
    assert not any("started from" in gap.what for case in ALL for gap in assemble([case.sources()]).gaps)
