"""Approvals in a ledger: which count, of whom, and what cannot be passed off as one."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelway.architecture import load
from modelway.governance.approvals import (
    APPROVAL,
    OFFERED,
    Approved,
    Offered,
    Refused,
    approvals_for,
    from_file,
    judged,
    named_in,
    offered,
    statement,
)
from modelway.governance.approving import Subject, may_not
from modelway.governance.kinds import BASE
from modelway.governance.ledger import Entry, Ledger, WrongKey, begun, opened
from modelway.governance.ledger.ledger import sealed
from modelway.governance.record import NotARecord
from modelway.governance.verifier import STATEMENT, stamp
from tests.support.people import ANN, BEN, CAT, MACHINE, PROJECT, People, made_people

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
ENVIRONMENTS = Path(__file__).resolve().parents[2] / "stacks" / "environments"
DIGEST, OTHER = "ab" * 32, "cd" * 32


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return made_people(tmp_path_factory.mktemp("people"))


@pytest.fixture
def ledger(people: People, tmp_path: Path) -> Ledger:
    return begun(str(tmp_path / "ledger"), PROJECT, people.trusted, people.signers[MACHINE], clock=lambda: NOW)


def approved(who: str = ANN, subject: str = DIGEST, at: datetime = NOW, **others: Any) -> Approved:
    said = Approved("prod", "credit-risk", subject, who, BEN, stamp(at), "looked at it", None)
    return msgspec.structs.replace(said, **others)


def counted(ledger: Ledger, people: People, subject: str = DIGEST, now: datetime | None = None) -> list[str]:
    return [one.who for one in approvals_for(list(ledger.entries()), "prod", "credit-risk", subject, people.trusted, now)]


def reasons(ledger: Ledger, people: People) -> list[str | None]:
    return [one.refused for one in judged(list(ledger.entries()), people.trusted)]


def test_who_signs_by_their_own_key_approves(people: People, ledger: Ledger) -> None:
    ledger.append(statement(approved()), people.signers[ANN])
    ledger.append(statement(approved(CAT, at=NOW - timedelta(minutes=1))), people.signers[CAT])
    ledger.append(statement(approved(CAT)), people.signers[CAT])
    ledger.append(statement(approved(model="other")), people.signers[ANN])
    assert counted(ledger, people) == [ANN, CAT]
    assert counted(ledger, people, OTHER) == []
    entries = list(ledger.entries())
    assert not approvals_for(entries, "staging", "credit-risk", DIGEST, people.trusted)
    assert [one["name"] for one in entries[1].statement["subject"]] == ["prod/credit-risk/description"]  # type: ignore[attr-defined]


def test_nobody_approves_for_somebody_else(people: People, ledger: Ledger) -> None:
    ledger.append(statement(approved(CAT)), people.signers[ANN])
    assert (counted(ledger, people), reasons(ledger, people)) == ([], [f"key '{ANN}' may not approve for {CAT}"])


def test_a_machine_writes_down_what_others_said(people: People, ledger: Ledger) -> None:
    ledger.append(statement(approved(at=NOW - timedelta(days=2))), people.signers[MACHINE])
    assert counted(ledger, people) == [ANN]


@pytest.mark.parametrize("author", [ANN, ANN.upper(), f"{BEN}, {ANN}", f"{BEN},{ANN} "], ids=["same", "capitals", "second", "spaces"])
def test_who_wrote_it_does_not_approve_it(author: str, people: People, ledger: Ledger) -> None:
    ledger.append(statement(approved(author=author)), people.signers[MACHINE])
    assert (counted(ledger, people), reasons(ledger, people)) == ([], [f"{ANN} wrote what is approved"])


def test_the_last_word_of_each_counts(people: People, ledger: Ledger) -> None:
    first = approved()
    ledger.append(statement(first), people.signers[ANN])
    ledger.append(statement(msgspec.structs.replace(first, expires=first.when)), people.signers[ANN])
    assert counted(ledger, people) == []
    # Another's taking back is of no consequence.
    ledger.append(statement(approved(CAT)), people.signers[CAT])
    ledger.append(statement(approved(CAT, expires=stamp(NOW))), people.signers[ANN])
    assert counted(ledger, people) == [CAT]
    ledger.append(statement(approved()), people.signers[ANN])
    ledger.append(statement(approved(ANN.upper())), people.signers[ANN])
    assert sorted(counted(ledger, people)) == [ANN.upper(), CAT]


@pytest.mark.parametrize("by_file", [False, True], ids=["review", "file"])
def test_what_was_taken_back_is_not_given_again_by_a_machine(by_file: bool, people: People, ledger: Ledger) -> None:
    given_ = approved(at=NOW - timedelta(hours=3))
    if by_file:
        given_ = from_file(file_of(people, given_, ANN), "file", PROJECT, people.trusted, NOW)
    ledger.append(statement(given_), people.signers[MACHINE])
    assert counted(ledger, people) == [ANN]
    ledger.append(statement(approved(expires=stamp(NOW))), people.signers[ANN])
    ledger.append(statement(given_), people.signers[MACHINE])
    assert counted(ledger, people) == []
    # A later review is a later word.
    later = NOW + timedelta(minutes=2)
    ledger = opened_at(ledger, people, later)
    ledger.append(statement(approved(at=later)), people.signers[MACHINE])
    assert counted(ledger, people) == [ANN]


def opened_at(ledger: Ledger, people: People, moment: datetime) -> Ledger:
    return opened(ledger.address, PROJECT, people.trusted, clock=lambda: moment)


def test_what_is_over_does_not_count(people: People, ledger: Ledger) -> None:
    ledger.append(statement(approved(expires=stamp(NOW + timedelta(hours=1)))), people.signers[ANN])
    assert counted(ledger, people, now=NOW + timedelta(minutes=59)) == [ANN]
    assert counted(ledger, people, now=NOW + timedelta(hours=1)) == []
    assert counted(ledger, people) == [ANN]


@pytest.mark.parametrize(
    "said",
    [
        {"when": "yesterday"},
        {"when": "2026-11-28T09:30:00"},
        {"when": "2026-11-28T10:30:00.000000+01:00"},
        {"expires": "never"},
        {"expires": "2126-01-01"},
        {"when": stamp(NOW + timedelta(minutes=6))},
    ],
    ids=["word", "no zone", "other zone", "never", "day", "later"],
)
def test_a_time_that_is_none_or_was_not_yet_does_not_count(said: dict[str, Any], people: People, ledger: Ledger) -> None:
    ledger.append(statement(approved(**said)), people.signers[ANN])
    assert counted(ledger, people) == []
    assert reasons(ledger, people) != [None]
    # Neither with a clock of whoever asks.
    assert counted(ledger, people, now=datetime.max.replace(tzinfo=UTC)) == []


def test_clocks_may_be_a_little_apart(people: People, ledger: Ledger) -> None:
    ledger.append(statement(approved(at=NOW + timedelta(minutes=4))), people.signers[ANN])
    assert counted(ledger, people) == [ANN]


def test_a_key_that_is_over_approves_nothing(people: People, ledger: Ledger) -> None:
    with pytest.raises(WrongKey, match="is for 2020"):
        ledger.append(statement(approved("old@example.com")), people.signers["old@example.com"])


def test_a_key_that_is_not_trusted_any_more_approves_nothing(people: People, ledger: Ledger) -> None:
    ledger.append(statement(approved()), people.signers[ANN])
    without = tuple(key for key in people.trusted if key.name != ANN)
    assert not approvals_for(list(ledger.entries()), "prod", "credit-risk", DIGEST, without)


def file_of(people: People, said: Approved, by: str, project: str = PROJECT) -> bytes:
    return offered(said, project, people.signers[by])


def test_what_somebody_signed_elsewhere_is_kept_with_their_signature(people: People, ledger: Ledger) -> None:
    content = file_of(people, approved(at=NOW - timedelta(hours=3)), ANN)
    assert named_in(content, "file") == "prod"
    read = from_file(content, "file", PROJECT, people.trusted, NOW)
    ledger.append(statement(read), people.signers[MACHINE])
    assert counted(ledger, people) == [ANN]
    (kept,) = judged(list(ledger.entries()), people.trusted)
    assert kept.approved.signed is not None
    assert kept.approved.signed.encode() == content
    assert ledger.verify().faults == ()


def test_a_file_says_what_its_person_signed_and_nothing_else(people: People, ledger: Ledger) -> None:
    read = from_file(file_of(people, approved(), ANN), "file", PROJECT, people.trusted, NOW)
    for changed in (
        msgspec.structs.replace(read, subject_sha256=OTHER),
        msgspec.structs.replace(read, who=CAT),
        msgspec.structs.replace(read, author=CAT),
        msgspec.structs.replace(read, proof="because"),
        msgspec.structs.replace(read, signed="{}"),
        msgspec.structs.replace(read, signed=""),
    ):
        ledger.append(statement(changed), people.signers[MACHINE])
    # A person's key writes down nobody else's.
    ledger.append(statement(read), people.signers[CAT])
    assert None not in reasons(ledger, people)
    assert (counted(ledger, people), counted(ledger, people, OTHER)) == ([], [])


@pytest.mark.parametrize(
    ("said", "by", "project", "told"),
    [
        (approved(), CAT, PROJECT, f"key '{CAT}' may not approve for {ANN}"),
        (approved(), MACHINE, PROJECT, "key 'ci' may not approve"),
        (approved("stranger@example.com"), "stranger@example.com", PROJECT, "not among the keys that may sign"),
        (approved("old@example.com"), "old@example.com", PROJECT, "is for 2020"),
        (approved("old@example.com", at=datetime(2024, 6, 1, tzinfo=UTC)), "old@example.com", PROJECT, "is for 2020"),
        (approved(at=datetime(2024, 6, 1, tzinfo=UTC)), ANN, PROJECT, "is for 2025"),
        (approved(), ANN, "another", "it is for project 'another', and this is 'modelway'"),
    ],
    ids=["somebody else", "machine", "stranger", "expired", "dated back", "before the key", "another project"],
)
def test_a_file_that_may_not_be_is_refused(said: Approved, by: str, project: str, told: str, people: People) -> None:
    with pytest.raises(Refused, match=told):
        from_file(file_of(people, said, by, project), "file", PROJECT, people.trusted, NOW)


def test_a_file_whose_subject_is_another_is_refused(people: People) -> None:
    for subjects in ({"prod/credit-risk/description": OTHER}, {"staging/credit-risk/description": DIGEST}):
        content = sealed(OFFERED.statement(Offered(PROJECT, approved()), subjects), STATEMENT, people.signers[ANN])
        with pytest.raises(Refused, match="its subject is not what it says"):
            from_file(content, "file", PROJECT, people.trusted, NOW)


def test_an_entry_of_a_ledger_is_no_file(people: People, ledger: Ledger, tmp_path: Path) -> None:
    ledger.append(statement(approved()), people.signers[ANN])
    content = (tmp_path / "ledger" / "entries" / "0000000001.json").read_bytes()
    with pytest.raises(Refused, match="no approval"):
        from_file(content, "file", PROJECT, people.trusted, NOW)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_byte_of_a_file_can_be_changed(data: st.DataObject, people: People) -> None:
    content = file_of(people, approved(), ANN)
    at = data.draw(st.integers(0, len(content) - 1))
    to = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[at]))
    with pytest.raises(Refused):
        from_file(content[:at] + bytes([to]) + content[at + 1 :], "file", PROJECT, people.trusted, NOW)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[" * 100_000, b'{"payload": "e30="}', b'{"payload": 3}', b"\xff"],
    ids=["empty", "bare", "deep", "no", "3", "ff"],
)
def test_what_is_no_file_is_refused(content: bytes, people: People) -> None:
    with pytest.raises(Refused):
        named_in(content, "file")
    with pytest.raises(Refused):
        from_file(content, "file", PROJECT, people.trusted, NOW)


@pytest.mark.parametrize("environment", ["../../etc", "\x1b[31mprod", "", "Prod", "prod/..", "prod\n"])
def test_a_file_names_no_other_folder(environment: str, people: People) -> None:
    with pytest.raises(Refused, match="is no approval"):
        named_in(file_of(people, approved(environment=environment), ANN), "file")


def test_a_form_that_is_not_known_is_not_passed_over(people: People, ledger: Ledger) -> None:
    later = statement(approved()) | {"predicateType": f"{BASE}/approval/v2"}
    ledger.append(later, people.signers[ANN])
    with pytest.raises(NotARecord, match=r"entry 1 has the form .*approval/v2"):
        counted(ledger, people)


def test_who_may_approve_a_model() -> None:
    environment = load(ENVIRONMENTS, "prod", ENVIRONMENTS.parents[1])
    model = environment.models["tumor-screening"]
    named = model.governance.approvers[0] if model.governance else ""
    subject = Subject(environment, model, "c" * 40, (BEN,))
    assert may_not(subject, named) is None
    assert may_not(subject, named.upper()) is None
    assert "is none of those who approve" in str(may_not(subject, ANN))
    assert "wrote what is to be approved" in str(may_not(replace(subject, authors=(named,)), named.upper()))
    # Files are refused that name the owner; whatever else says it is not believed.
    owned = model.model_copy(update={"owner": named})
    assert "is the owner of tumor-screening" in str(may_not(replace(subject, model=owned), named))
    assert "nobody is named" in str(may_not(replace(subject, model=environment.models["co2-forecast"]), ANN))


def test_it_is_what_its_kind_says(people: People, ledger: Ledger) -> None:
    ledger.append(statement(approved()), people.signers[ANN])
    entries: Sequence[Entry] = list(ledger.entries())
    ((entry, said),) = APPROVAL.among(entries)
    assert (entry.sequence, said) == (1, approved())
    assert json.loads(json.dumps(entry.statement))["predicateType"] == "https://modelway.dev/approval/v1"
