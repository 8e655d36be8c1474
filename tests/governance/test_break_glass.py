"""Breaking the glass: only a person, for a day at most, and everybody can see it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from modelway.governance.break_glass import BrokenGlass, all_of, in_force, statement
from modelway.governance.ledger import Ledger, begun
from modelway.governance.verifier import stamp
from tests.support.people import ANN, CAT, MACHINE, PROJECT, People, made_people

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return made_people(tmp_path_factory.mktemp("people"))


@pytest.fixture
def ledger(people: People, tmp_path: Path) -> Ledger:
    return begun(str(tmp_path / "ledger"), PROJECT, people.trusted, people.signers[MACHINE], clock=lambda: NOW)


def broken(who: str = ANN, since: datetime = NOW, length: timedelta = 2 * HOUR, stack: str = "prod") -> BrokenGlass:
    return BrokenGlass("prod", stack, "payments stand still", who, stamp(since), stamp(since + length))


def opens(ledger: Ledger, people: People, now: datetime = NOW, stack: str = "prod") -> str | None:
    found = in_force(list(ledger.entries()), stack, now, people.trusted)
    return None if found is None else found.who


def test_it_is_open_for_its_stack_and_its_time(people: People, ledger: Ledger) -> None:
    assert opens(ledger, people) is None
    ledger.append(statement(broken()), people.signers[ANN])
    assert [opens(ledger, people, NOW + at) for at in (timedelta(), HOUR, 2 * HOUR - timedelta(seconds=1), 2 * HOUR)] == [ANN] * 3 + [None]
    # Before it was broken it was whole; clocks may be five minutes apart.
    assert opens(ledger, people, NOW - timedelta(minutes=6)) is None
    assert opens(ledger, people, stack="prod-models") is None


def test_the_last_word_counts(people: People, ledger: Ledger) -> None:
    ledger.append(statement(broken(length=24 * HOUR)), people.signers[ANN])
    ledger.append(statement(broken(CAT, length=HOUR)), people.signers[CAT])
    assert (opens(ledger, people), opens(ledger, people, NOW + 2 * HOUR)) == (CAT, None)
    ledger.append(statement(broken(length=timedelta())), people.signers[ANN])
    assert opens(ledger, people) is None


@pytest.mark.parametrize(
    ("said", "by", "told"),
    [
        (broken(MACHINE), MACHINE, "only a person's own key may"),
        (broken(), MACHINE, "only a person's own key may"),
        (broken(CAT), ANN, "only a person's own key may"),
        (broken(length=24 * HOUR + timedelta(seconds=1)), ANN, "not at most 24 hours"),
        (broken(length=-HOUR), ANN, "not at most 24 hours"),
        (broken(since=NOW + HOUR), ANN, "was written down at"),
        (broken(since=NOW - HOUR), ANN, "was written down at"),
        (BrokenGlass("prod", "prod", "r", ANN, "now", "later"), ANN, "is no time"),
        (BrokenGlass("prod", "prod", "r", ANN, stamp(NOW), "9999-12-31T23:59:59.999999Z"), ANN, "not at most 24 hours"),
    ],
    ids=["machine", "machine for a person", "somebody else", "too long", "backwards", "ahead", "dated back", "no time", "for ever"],
)
def test_what_may_not_be_opens_nothing(said: BrokenGlass, by: str, told: str, people: People, ledger: Ledger) -> None:
    ledger.append(statement(said), people.signers[by])
    assert opens(ledger, people) is None
    (one,) = all_of(list(ledger.entries()), people.trusted)
    assert told in str(one.refused)


def test_what_does_not_count_closes_nothing_either(people: People, ledger: Ledger) -> None:
    ledger.append(statement(broken()), people.signers[ANN])
    ledger.append(statement(broken(CAT, length=timedelta())), people.signers[MACHINE])
    assert opens(ledger, people) == ANN


def test_a_key_that_is_not_trusted_any_more_opens_nothing(people: People, ledger: Ledger) -> None:
    ledger.append(statement(broken()), people.signers[ANN])
    without = tuple(key for key in people.trusted if key.name != ANN)
    assert in_force(list(ledger.entries()), "prod", NOW, without) is None
