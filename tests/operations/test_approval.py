"""What a plan was made from, and what is said when that is no longer so."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from modelway.errors import ModelwayError
from modelway.operations.approval import Manifest, differences, manifest_file, read_manifest

NOW = datetime(2026, 11, 27, tzinfo=UTC)
MADE = Manifest(
    stack="prod",
    plan="a" * 64,
    state="b" * 64,
    state_time="2026-11-26T10:00:00Z",
    program="c" * 64,
    environment="d" * 64,
    commit="e" * 40,
    dirty=False,
    versions={"engine": "3.250.0", "pulumi-aws": "7.51.1"},
    created_at="2026-11-26T10:00:00+00:00",
    expires_at="2026-12-03T10:00:00+00:00",
)


def other(**changes: object) -> list[str]:
    return differences(MADE, msgspec.structs.replace(MADE, **changes), NOW)


def test_what_is_the_same_may_be_applied() -> None:
    assert other() == []


def test_another_commit_of_the_same_files_may_be_applied() -> None:
    assert other(commit="f" * 40, dirty=True) == []


@pytest.mark.parametrize("what", ["stack", "plan", "program", "environment"])
def test_whatever_differs_is_named_with_both_sides(what: str) -> None:
    (line,) = other(**{what: "0" * 64})
    assert line == f"{what}: {getattr(MADE, what)[:12]} when it was reviewed, 000000000000 now"


def test_of_a_state_it_is_said_when_it_was_written() -> None:
    (line,) = other(state="0" * 64, state_time="2026-11-27T09:00:00Z")
    assert (
        line == "state: bbbbbbbbbbbb (written 2026-11-26T10:00:00Z) when it was reviewed, 000000000000 (written 2026-11-27T09:00:00Z) now"
    )


def test_versions_and_time_count() -> None:
    assert other(versions={"engine": "3.251.0"}) == [
        "version of engine: 3.250.0 when it was reviewed, 3.251.0 now",
        "version of pulumi-aws: 7.51.1 when it was reviewed, none now",
    ]
    late = datetime(2026, 12, 3, 10, tzinfo=UTC)
    assert differences(MADE, MADE, late) == ["time: it was to be applied before 2026-12-03T10:00:00+00:00"]
    for never in ("", "soon", "2026-12-03T10:00:00"):
        assert len(differences(msgspec.structs.replace(MADE, expires_at=never), msgspec.structs.replace(MADE, expires_at=never), NOW)) == 1


def test_all_are_named_at_once() -> None:
    assert len(other(plan="0" * 64, program="0" * 64, environment="0" * 64, state="0" * 64, stack="dev")) == 5


def test_a_plan_without_its_manifest_is_refused(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    with pytest.raises(ModelwayError, match=r"^There is no plan"):
        read_manifest(plan)
    plan.write_text("{}", "utf-8")
    with pytest.raises(ModelwayError, match=r"has no manifest plan\.manifest\.json beside it"):
        read_manifest(plan)
    for damaged in ("", "[]", "{", '{"stack": 1}', '{"stack": "dev"}'):
        manifest_file(plan).write_text(damaged, "utf-8")
        with pytest.raises(ModelwayError, match="is not the manifest of a plan as this Modelway writes it"):
            read_manifest(plan)
    manifest_file(plan).write_bytes(msgspec.json.encode(MADE))
    assert read_manifest(plan) == MADE
