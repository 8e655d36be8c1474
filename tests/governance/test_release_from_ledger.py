"""What a record takes from the ledger that it is written to, and from what the environment says of its models."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from modelway.architecture import Environment
from modelway.cli._recorded import page, row
from modelway.cli._recording import loud, with_ledger
from modelway.governance.live import unsaid
from modelway.governance.record import Approval, Record, from_statement, statement
from modelway.governance.recording import Given, NoRelease, ReadBack, Rendering, Source, record_of
from modelway.governance.releases import Release
from modelway.governance.subject import subject_of
from modelway.governance.verifier import stamp
from tests.support.gated import HEAD, MODEL, NOW, OFFICE, STACK, THIRD, Desk, approving, desk
from tests.support.made_records import made_model, made_share

MINUTE = timedelta(minutes=1)


@pytest.fixture
def at_desk(tmp_path: Path) -> Desk:
    return desk(tmp_path)


def recorded(
    at_desk: Desk, environment: Environment, released: datetime = NOW, given: Given | None = None, author: str = "dev@example.com"
) -> Record:
    """What is recorded of a release that went live then, ten minutes later."""
    state = ReadBack(STACK, "c" * 64, stamp(released), "3.250.0", {}, 0)
    source = Source("0" * 40, author, "environments", dict.fromkeys(environment.contracts, "d" * 64), "e" * 64)
    now = released + 10 * MINUTE
    entries, keys = list(at_desk.ledger.entries()), at_desk.known(environment).keys
    told = with_ledger(given or Given(), entries, keys, environment, state, author, now)
    return record_of(environment, "modelway", source, Rendering({}, {}, {}, "3.11"), state, told, now)


def test_approvals_are_those_that_counted_when_it_went_live(at_desk: Desk) -> None:
    environment = approving()
    at_desk.at(NOW - 2 * MINUTE)
    at_desk.approve(environment, HEAD)
    at_desk.approve(environment, THIRD, expires=stamp(NOW - MINUTE))
    at_desk.approve(environment, OFFICE, subject_sha256="0" * 64)
    record = recorded(at_desk, environment)
    assert record.approvals == [Approval(HEAD, stamp(NOW - 2 * MINUTE), "https://git.example.com/pulls/7", MODEL, True)]
    assert record.models[0].subject_sha256 == subject_of(environment, environment.models[MODEL])
    assert "approvals: none was given" not in record.unknown


def test_an_approval_that_came_later_does_not_count_and_is_told(at_desk: Desk) -> None:
    environment = approving()
    at_desk.at(NOW - MINUTE)
    at_desk.approve(environment, HEAD)
    # Further than two clocks may be apart.
    at_desk.at(NOW + 9 * MINUTE)
    at_desk.approve(environment, OFFICE)
    record = recorded(at_desk, environment)
    assert [one.who for one in record.approvals] == [HEAD]
    assert f"{MODEL}: {OFFICE} approved it only after it was live, which does not count" in record.differences
    assert {one.gate: one.outcome for one in record.gates or ()}["approvals"] == "missing"


def test_an_approval_of_the_commits_author_does_not_count_and_is_told(at_desk: Desk) -> None:
    environment = approving()
    at_desk.at(NOW - MINUTE)
    at_desk.approve(environment, HEAD)
    record = recorded(at_desk, environment, author=HEAD.upper())
    assert record.approvals == []
    assert f"{MODEL}: {HEAD} approved what they wrote themselves, which does not count" in record.differences


def test_what_was_given_counts_instead_and_is_not_said_to_be_signed(at_desk: Desk) -> None:
    environment = approving()
    at_desk.at(NOW - MINUTE)
    at_desk.approve(environment, HEAD)
    given = Approval("somebody@example.com", "2026-06-15", "https://git.example.com/pulls/8")
    record = recorded(at_desk, environment, given=Given(approvals=[given]))
    assert record.approvals == [given]
    assert not record.approvals[0].signed
    with pytest.raises(NoRelease, match="approved what they wrote themselves"):
        recorded(at_desk, environment, given=Given(approvals=[given]), author="somebody@example.com")


def test_gates_are_kept_with_what_they_said(at_desk: Desk) -> None:
    environment = approving()
    at_desk.at(NOW - MINUTE)
    missing = recorded(at_desk, environment)
    for who in (OFFICE, HEAD):
        at_desk.approve(environment, who)
    passed = recorded(at_desk, environment)
    told = [{one.gate: one.outcome for one in record.gates or ()}["approvals"] for record in (missing, passed)]
    assert told == ["missing", "passed"]
    assert all(one.model == MODEL and one.detail for one in missing.gates or ())


@pytest.mark.parametrize(
    ("opened", "in_record"),
    [(-MINUTE, True), (6 * MINUTE, True), (-3 * timedelta(hours=1), False)],
    ids=["before-the-update", "before-the-record", "over"],
)
def test_broken_glass_is_loud(opened: timedelta, in_record: bool, at_desk: Desk) -> None:
    environment = approving()
    at_desk.at(NOW + opened)
    at_desk.break_glass()
    record = recorded(at_desk, environment)
    assert bool(record.break_glass) == in_record
    # Opened after the update, it let nothing pass that was asked before it.
    assert any(one.outcome == "broken_glass" for one in record.gates or ()) == (opened == -MINUTE)
    if in_record:
        (one,) = record.break_glass
        assert (one.who, one.reason, one.since) == (OFFICE, "It burns.", stamp(NOW + opened))
        for text in (loud(record)[0], *_shown(at_desk, record)):
            assert "GLASS BROKEN" in text


def test_a_stop_is_told_until_somebody_lets_the_model_answer(at_desk: Desk) -> None:
    environment = approving()
    at_desk.at(NOW - MINUTE)
    assert recorded(at_desk, environment).models[0].stopped is None
    at_desk.stop()
    record = recorded(at_desk, environment)
    stopped = record.models[0].stopped
    assert stopped is not None
    assert (stopped.who, stopped.reason) == (OFFICE, "It discriminates.")
    assert loud(record) == [f"STOPPED: {MODEL} is under the stop of {OFFICE} of {stamp(NOW - MINUTE)}: It discriminates."]
    for text in _shown(at_desk, record):
        assert "STOPPED" in text


def _shown(at_desk: Desk, record: Record) -> list[str]:
    """How lists and pages tell of it."""
    at_desk.release(record)
    release = Release(1, at_desk.ledger.last(), record)
    return [row(release), "\n".join(page(release, "ci"))]


TRAINING = {
    "run": "mlflow:0123456789abcdef0123456789abcdef",
    "commit": "1f" * 20,
    "data": [
        {"name": "loans-2024", "part": "training", "sha256": "d4" * 32, "rows": 398, "license": "CC-BY-4.0"},
        {"name": "loans-2024", "part": "validation", "sha256": "d5" * 32, "source": "s3://acme-data/loans"},
    ],
}
EVALUATION = {
    "metrics": {"roc_auc": 0.9966},
    "gaps": [{"group": "age_band", "metric": "recall", "gap": 0.04}],
    "by": "model-validation@example.com",
    "day": "2026-06-01",
}


def test_where_a_version_comes_from_is_in_the_record(at_desk: Desk) -> None:
    oversight = {"mode": "on_the_loop", "escalation": "on-call@example.com", "fallback": "2026.11.1"}
    of_version: dict[str, Any] = {
        f"models__{MODEL}__versions__2026.11.1__{name}": said for name, said in (("training", TRAINING), ("evaluation", EVALUATION))
    }
    of_model: dict[str, Any] = {
        f"models__{MODEL}__governance__{name}": said for name, said in (("human_oversight", oversight), ("system", "credit"))
    }
    environment = approving(**of_version, **of_model)
    record = recorded(at_desk, environment)
    (model,) = record.models
    version = next(one for one in model.versions if one.version == "2026.11.1")
    assert (model.system, model.fallback, model.team) == ("credit", "2026.11.1", environment.models[MODEL].team)
    assert version.training is not None
    assert (version.training.run, version.training.commit) == (TRAINING["run"], TRAINING["commit"])
    assert [(one.name, one.part, one.sha256, one.rows) for one in version.training.data] == [
        ("loans-2024", "training", "d4" * 32, 398),
        ("loans-2024", "validation", "d5" * 32, None),
    ]
    assert version.evaluation is not None
    assert version.evaluation.metrics == {"roc_auc": 0.9966}
    assert [(one.group, one.metric, one.gap) for one in version.evaluation.gaps] == [("age_band", "recall", 0.04)]
    assert (version.evaluation.by, version.evaluation.day) == ("model-validation@example.com", "2026-06-01")
    assert [line.partition(":")[0] for line in record.unknown if "its file does not say" in line] == [f"{MODEL} 2026.12.0"]
    assert from_statement(statement(record), "here") == record
    shown = "\n".join(page(Release(1, at_desk.ledger.last(), record), "ci"))
    for text in ("loans-2024@sha256:d4d4", "398 rows", "commit 1f1f", "recall apart by 0.04", "system credit", "2026.11.1 answers"):
        assert text in shown


def _without(**said: Any) -> list[str]:
    return list(unsaid([made_model(made_share(**said))]))


def test_what_no_file_says_is_not_known() -> None:
    (line,) = _without()
    where, _, missing = line.partition(": its file does not say ")
    assert where == "credit-risk 2026.11.1"
    assert missing.split(", ") == [
        "the fingerprint of its training data",
        "the fingerprint of data that it did not learn from",
        "the run that made it",
        "the commit that trained it",
        "what it reached",
    ]
    assert _without(percent=0, found=None) == []


@pytest.mark.parametrize("hostile", ["\x1b[31m", "<script>", "‮"], ids=["escape", "tag", "turned"])
def test_what_a_ledger_says_is_printed_inert(hostile: str, at_desk: Desk, shown_inert: Callable[[str], bool]) -> None:
    environment = approving()
    at_desk.at(NOW - MINUTE)
    at_desk.break_glass(reason=f"a {hostile} b")
    record = msgspec.structs.replace(recorded(at_desk, environment), unknown=[f"what {hostile} is"])
    for text in (*loud(record), *_shown(at_desk, record)):
        assert shown_inert(text)


@pytest.fixture
def shown_inert() -> Callable[[str], bool]:
    return lambda text: all(character.isprintable() or character == "\n" for character in text)
