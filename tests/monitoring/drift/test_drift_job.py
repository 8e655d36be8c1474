"""The job on a folder: what is due is looked at once, and again when more of it has come."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from modelway.errors import WrongUsage
from modelway.monitoring.drift import counting
from modelway.monitoring.drift.history import History
from modelway.monitoring.drift.job import NothingToSay, Ran, run
from modelway.monitoring.drift.result import Alarm, Result, read, written
from modelway.monitoring.drift.store import Folder, Held, results
from modelway.monitoring.drift.telling import standing
from modelway.monitoring.drift.watched import WebhookTold
from modelway.monitoring.drift.windows import Window, key_of
from tests.monitoring.drift import endpoint_logs as logs
from tests.monitoring.drift.endpoint_logs import FIRST, HOUR, PLANTED, PLANTED_NUMBER, Endpoint, due_at, everything
from tests.support.receiving import Receiver, receiver


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made")


@pytest.fixture
def endpoint(tmp_path: Path, made: Path) -> Endpoint:
    return Endpoint(tmp_path, str(tmp_path / "payloads"), str(tmp_path / "results"), made)


@pytest.fixture(scope="module")
def three_hours(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with payloads of three calm hours, and their results."""
    folder = tmp_path_factory.mktemp("three")
    there = Endpoint(folder, str(folder / "payloads"), str(folder / "results"), made)
    for hour in range(3):
        there.ask(hour)
    assert len(job(there, 2).results) == 3
    return folder


@pytest.fixture(scope="module")
def eight_hours(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of eight hours: in the third to the fifth income has drifted, and in the seventh nobody asks."""
    folder = tmp_path_factory.mktemp("eight")
    there = Endpoint(folder, str(folder / "payloads"), str(folder / "results"), made)
    for hour in (0, 1, 2, 3, 4, 5, 7, 8):
        there.ask(hour, shift=1.5 if hour in (2, 3, 4) else 0.0)
    assert len(job(there, 8).results) == 9
    return folder


@pytest.fixture
def looked_at(three_hours: Path, endpoint: Endpoint) -> Endpoint:
    """An endpoint with three calm hours that were looked at."""
    shutil.copytree(three_hours, endpoint.folder, dirs_exist_ok=True)
    return endpoint


@pytest.fixture
def drifted(eight_hours: Path, endpoint: Endpoint) -> Endpoint:
    """An endpoint with nine hours that were looked at, and whose alarm came and went."""
    shutil.copytree(eight_hours, endpoint.folder, dirs_exist_ok=True)
    return endpoint


def job(endpoint: Endpoint, hour: int, *, windows: list[Window] | None = None) -> Ran:
    """A run when the hour is due."""
    return run(endpoint.watched(), now=due_at(hour), windows=windows, progress=lambda line: None)


def of(endpoint: Endpoint, hour: int, version: str = "1") -> Result:
    held = endpoint.store.read(f"{version}/{key_of(FIRST + hour * HOUR)}.json")
    assert held is not None
    return read(held.content, "result")


def alarm(result: Result, watch: str = "data") -> bool:
    return next(alarm.raised for alarm in result.alarms if alarm.watch == watch)


def window(hour: int) -> Window:
    return Window(FIRST + hour * HOUR, FIRST + (hour + 1) * HOUR)


def test_windows_with_rows_have_one_result_each(looked_at: Endpoint) -> None:
    keys = [f"1/{key_of(FIRST + hour * HOUR)}.{end}" for hour in range(3) for end in ("html", "json")]
    assert sorted(everything(looked_at.store)) == sorted([*keys, "latest.html", "latest.json"])
    found = results(looked_at.store, "1", 3)
    assert [(result.start, result.revision, result.counts.rows) for result in found] == [(FIRST + n * HOUR, 1, 400) for n in range(3)]
    assert results(looked_at.store, "1", 2) == found[1:]
    held = looked_at.store.read("latest.json")
    assert held is not None
    assert read(held.content, "latest.json") == found[-1]


def test_a_second_run_writes_no_result(looked_at: Endpoint) -> None:
    before = everything(looked_at.store)
    ran = job(looked_at, 2)
    assert not ran.results
    assert not ran.faults
    assert everything(looked_at.store) == before


def test_the_next_run_looks_at_the_next_window_alone(looked_at: Endpoint) -> None:
    looked_at.ask(3)
    assert [result.start for result in job(looked_at, 3).results] == [FIRST + 3 * HOUR]


def test_an_alarm_needs_its_votes_and_goes_again(drifted: Endpoint) -> None:
    found = results(drifted.store, "1", 9)
    assert [alarm(result) for result in found] == [False, False, False, True, True, True, True, False, False]
    names = {finding.subject for finding in found[3].findings if finding.watch == "data" and finding.state == "drifted"}
    assert names == {"income"}


def test_an_empty_hour_is_unknown(drifted: Endpoint) -> None:
    empty = of(drifted, 6)
    assert empty.counts.rows == 0
    states = {finding.method: finding.state for finding in empty.findings if finding.watch == "quality"}
    assert states["volume"] == "drifted"
    assert {finding.state for finding in empty.findings if finding.watch == "data"} == {"unknown"}


def test_an_endpoint_that_nobody_ever_asked_has_one_result(endpoint: Endpoint) -> None:
    (ran,) = job(endpoint, 5).results
    assert (ran.start, ran.counts.rows) == (FIRST + 5 * HOUR, 0)


def test_late_files_are_looked_at_once_more(looked_at: Endpoint) -> None:
    looked_at.ask(1, 100, name="late", minute=50)
    ran = job(looked_at, 2)
    assert [(result.start, result.revision, result.counts.rows) for result in ran.results] == [(FIRST + HOUR, 2, 500)]
    assert ran.results[0].accounting.late == 100
    assert not job(looked_at, 2).results


def test_late_drift_changes_the_alarms_of_later_windows(looked_at: Endpoint, told: Callable[[Receiver], None]) -> None:
    looked_at.ask(3, shift=1.5)
    with receiver() as there:
        told(there)
        assert not any(alarm(result) for result in job(looked_at, 3).results)
        assert not said_by(there)
        looked_at.ask(2, 4000, shift=1.5, name="late", minute=50)
        changed = {result.start: result for result in job(looked_at, 3).results}
        assert changed[FIRST + 3 * HOUR].revision == 2
        assert alarm(changed[FIRST + 3 * HOUR])
        assert of(looked_at, 3) == changed[FIRST + 3 * HOUR]
        assert [one[0] for one in said_by(there) if one[1] == "1/data"] == ["raised"]


def test_copies_count_once(endpoint: Endpoint) -> None:
    key = endpoint.ask(0)
    shutil.copy(Path(endpoint.payloads, key), Path(endpoint.payloads, key.replace("-aa", "-copy")))
    (result,) = job(endpoint, 0).results
    assert result.counts.rows == 400
    assert result.accounting.duplicates == 400


def test_what_the_bucket_has_let_go_stands(looked_at: Endpoint) -> None:
    shutil.rmtree(looked_at.payloads)
    Path(looked_at.payloads).mkdir()
    assert not job(looked_at, 2).results
    assert not job(looked_at, 2, windows=[window(0)]).results
    assert of(looked_at, 0).counts.rows == 400


def test_versions_have_results_of_their_own(looked_at: Endpoint) -> None:
    looked_at.versions = ("1", "2")
    looked_at.ask(3)
    looked_at.ask(3, 200, version="2")
    ran = job(looked_at, 3)
    # Before its first rows the other version was not there.
    assert [(result.version, result.start, result.counts.rows) for result in ran.results] == [
        ("1", FIRST + 3 * HOUR, 400),
        ("2", FIRST + 3 * HOUR, 200),
    ]
    assert set(ran.standing) == {"1", "2"}
    # A late file of one version is none of the other's business.
    looked_at.ask(3, 40, version="2", name="late", minute=40)
    assert [(result.version, result.revision) for result in job(looked_at, 3).results] == [("2", 2)]


def test_after_a_pause_the_newest_windows_are_looked_at(looked_at: Endpoint) -> None:
    said: list[str] = []
    looked_at.ask(60)
    ran = run(looked_at.watched(), now=due_at(60), progress=said.append)
    assert [result.start for result in ran.results] == [FIRST + 60 * HOUR]
    assert "10 windows are too long ago for one run; look at them with --window 2025-03-03T03:00Z/2025-03-03T13:00Z" in said[0]
    named = job(looked_at, 60, windows=[window(3), window(4)]).results
    # What came after them votes again.
    assert [(result.start - FIRST) // HOUR for result in named] == [3, 4, 60]


def test_a_named_window_that_is_not_over_is_refused(endpoint: Endpoint) -> None:
    with pytest.raises(WrongUsage, match="its requests may arrive until 2025-03-03T02:15Z, and it is 2025-03-03T01:15Z"):
        job(endpoint, 0, windows=[window(1)])


def test_a_clock_that_goes_backwards_undoes_nothing(looked_at: Endpoint) -> None:
    before = everything(looked_at.store)
    assert not job(looked_at, 0).results
    assert not job(looked_at, -5).results
    assert everything(looked_at.store) == before


def test_a_clock_that_is_ahead_sees_the_rest_later(endpoint: Endpoint) -> None:
    endpoint.ask(0, 200, name="before", minute=20)
    assert job(endpoint, 0).results[0].counts.rows == 200
    endpoint.ask(0, 200, name="after", minute=40)
    again = job(endpoint, 0).results[0]
    # Both files have the same rows of other requests.
    assert (again.revision, again.counts.rows) == (2, 400)


def test_rows_of_the_future_are_counted(endpoint: Endpoint) -> None:
    key = endpoint.ask(0)
    path = Path(endpoint.payloads, key)
    path.write_text(path.read_text().replace("2025-03-03", "2035-03-03", 1))
    (result,) = job(endpoint, 0).results
    assert result.counts.rows == 380
    assert result.accounting.future == 1


@pytest.mark.parametrize("broken", ["another model", "another file", "gone", "no baseline"])
def test_a_baseline_that_is_not_the_one_meant_is_refused(endpoint: Endpoint, broken: str) -> None:
    endpoint.ask(0)
    watched = endpoint.watched()
    one = watched.versions[0]
    if broken == "another model":
        watched = msgspec.structs.replace(watched, endpoint="fraud")
    elif broken == "another file":
        Path(one.baseline).write_bytes(Path(one.baseline).read_bytes() + b" ")
    elif broken == "gone":
        Path(one.baseline).unlink()
    else:
        Path(one.baseline).write_bytes(b"{}")
    told = {
        "another model": "is the baseline of model credit-risk, expected fraud",
        "another file": "has the digest sha256:",
        "gone": "there is no baseline .*Make it with `modelway drift baseline`",
        "no baseline": "has the digest sha256:",
    }[broken]
    with pytest.raises(NothingToSay, match=f"version 1 is not looked at: .*{told}"):
        run(watched, now=due_at(0), progress=lambda line: None)
    assert everything(endpoint.store) == {}


def test_a_version_with_a_baseline_is_looked_at_beside_one_without(endpoint: Endpoint) -> None:
    endpoint.versions = ("1", "2")
    endpoint.ask(0)
    endpoint.ask(0, version="2")
    watched = endpoint.watched()
    Path(watched.versions[1].baseline).unlink()
    ran = run(watched, now=due_at(0), progress=lambda line: None)
    assert [result.version for result in ran.results] == ["1"]
    assert len(ran.faults) == 1
    assert "version 2 is not looked at: there is no baseline" in ran.faults[0]


def test_files_that_nobody_can_read_are_told(endpoint: Endpoint) -> None:
    path = Path(endpoint.payloads, endpoint.ask(0))
    path.write_bytes(b"\0\1 no JSON\n" * 10)
    ran = job(endpoint, 0)
    assert ran.results[0].accounting.unparsable == 10
    assert ran.results[0].counts.rows == 0
    assert len(ran.faults) == 1
    assert "not one row could be read of 1 file in" in ran.faults[0]


@pytest.fixture
def told(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Callable[[Receiver], None]:
    def tell(there: Receiver) -> None:
        endpoint.told = (WebhookTold("HOOK"),)
        monkeypatch.setenv("HOOK", f"{there.address}/hook")

    return tell


def said_by(there: Receiver) -> list[tuple[str, str, str]]:
    events = [json.loads(one.body) for one in there.received]
    return [(event["type"].rpartition(".")[2], event["subject"], event["data"]["window"]["start"]) for event in events]


CHANGES = [("raised", "2025-03-03T03:00:00Z"), ("recovered", "2025-03-03T07:00:00Z")]
"""Hour 6 says nothing, and so ends no alarm."""


def test_each_change_of_an_alarm_is_told_once(endpoint: Endpoint, drifted: Endpoint, told: Callable[[Receiver], None]) -> None:
    # Somebody who is told from now on, of windows that this run only finds looked at; and who then has heard of them.
    with receiver() as there:
        told(there)
        assert not job(drifted, 5).results
        assert [(type_, start) for type_, subject, start in said_by(there) if subject == "1/data"] == CHANGES[:1]
        assert not job(drifted, 8).results
        found = said_by(there)
        assert [(type_, start) for type_, subject, start in found if subject == "1/data"] == CHANGES
        assert len(set(found)) == len(found)
        job(drifted, 8)
        assert said_by(there) == found


def test_who_is_new_is_not_told_of_what_is_over(drifted: Endpoint, told: Callable[[Receiver], None]) -> None:
    with receiver() as there:
        told(there)
        job(drifted, 8)
        assert not [one for one in said_by(there) if one[1] == "1/data"]


def test_hour_by_hour_the_same_is_told(drifted: Endpoint, told: Callable[[Receiver], None]) -> None:
    with receiver() as there:
        told(there)
        for hour in range(9):
            job(drifted, hour)
        assert [(type_, start) for type_, subject, start in said_by(there) if subject == "1/data"] == CHANGES


def test_who_did_not_listen_is_told_by_the_next_run(drifted: Endpoint, told: Callable[[Receiver], None]) -> None:
    with receiver([(400, {}, b"")]) as there:
        told(there)
        ran = job(drifted, 4)
        assert len(ran.faults) == 1
        assert "HOOK answered with 400" in ran.faults[0]
        failed = json.loads(there.received[0].body)
        assert len(there.received) == 1
        assert not job(drifted, 5).faults
        assert not job(drifted, 8).faults
        # The same event, by its id.
        assert json.loads(there.received[1].body)["id"] == failed["id"]
        assert [(type_, start) for type_, subject, start in said_by(there)[1:] if subject == "1/data"] == CHANGES


def test_no_value_of_a_row_is_in_anything(
    endpoint: Endpoint, told: Callable[[Receiver], None], capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []
    for hour in range(2):
        endpoint.ask(hour, shift=1.5)
        logs.planted(endpoint, hour)
    with receiver() as there:
        told(there)
        ran = run(endpoint.watched(), now=due_at(1), progress=said.append)
        assert there.received
        sent = b"".join(one.body for one in there.received)
    assert any(finding.method == "unseen" and finding.state == "drifted" for finding in ran.results[-1].findings)
    assert ran.results[0].accounting.unparsable == 1
    out, err = capsys.readouterr()
    written = [*everything(endpoint.store).values(), sent, "\n".join(said).encode(), repr(ran).encode(), (out + err + caplog.text).encode()]
    for text in written:
        for value in (PLANTED, str(PLANTED_NUMBER), str(int(PLANTED_NUMBER)), "Zzyzx"):
            assert value.encode() not in text


@pytest.mark.parametrize("hour", [0, 2])
def test_a_result_that_is_none_is_told_and_stays_as_it_is(looked_at: Endpoint, hour: int) -> None:
    key = f"1/{key_of(FIRST + hour * HOUR)}.json"
    looked_at.store.write(key, b"{")
    looked_at.ask(3)
    ran = job(looked_at, 3)
    assert [result.start for result in ran.results] == [FIRST + 3 * HOUR]
    assert ran.standing["1"].start == FIRST + 3 * HOUR
    (fault,) = ran.faults
    assert f"results/{key} is no result of a window" in fault
    held = looked_at.store.read(key)
    assert held is not None
    assert held.content == b"{"


def test_a_window_that_cannot_be_read_hinders_no_other(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    for hour in range(3):
        endpoint.ask(hour)
    usual = counting.MEMORY
    monkeypatch.setattr(counting, "MEMORY", "1MB")
    # There is room enough from when the first window is done.
    ran = run(endpoint.watched(), now=due_at(2), progress=lambda line: monkeypatch.setattr(counting, "MEMORY", usual))
    assert [result.counts.rows for result in ran.results] == [0, 400, 400]
    assert {alarm.state for alarm in ran.results[0].alarms} == {"unknown"}
    (fault,) = ran.faults
    assert fault.startswith("2025-03-03T00:00Z/2025-03-03T01:00Z of version 1 could not be read: 400 rows could not be put together")
    assert not job(endpoint, 2).results
    (again,) = job(endpoint, 2, windows=[window(0)]).results[:1]
    assert (again.revision, again.counts.rows) == (2, 400)


def test_what_was_said_of_a_window_stands_when_more_of_it_cannot_be_read(looked_at: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at.ask(1, 100, name="late", minute=50)
    before = of(looked_at, 1)
    with monkeypatch.context() as narrow:
        narrow.setattr(counting, "MEMORY", "1MB")
        assert len(job(looked_at, 2).faults) == 1
    assert of(looked_at, 1) == before
    assert job(looked_at, 2).results[0].counts.rows == 500


def test_after_a_pause_without_requests_the_newest_window_is_empty(looked_at: Endpoint) -> None:
    # Whatever stood before the pause does not stand any more.
    (result,) = job(looked_at, 200).results
    assert (result.start, result.counts.rows) == (FIRST + 200 * HOUR, 0)
    assert [one.start for one in job(looked_at, 201).results] == [FIRST + 201 * HOUR]


def test_volumes_are_compared_with_those_of_a_week(looked_at: Endpoint) -> None:
    first = of(looked_at, 0)
    # 1,000 rows an hour on weekdays, and 200 at weekends: the second Saturday begins.
    saturday = 12 * 24
    for hour in range(saturday):
        many = 200 if hour // 24 % 7 >= 5 else 1000
        counts = msgspec.structs.replace(first.counts, rows=many)
        later = msgspec.structs.replace(first, start=first.start + hour * HOUR, end=first.end + hour * HOUR, counts=counts)
        Path(looked_at.results, "1", f"{key_of(later.start)}.json").write_bytes(written(later))
    looked_at.ask(saturday, 200)
    (result,) = job(looked_at, saturday).results
    (volume,) = [finding for finding in result.findings if finding.method == "volume"]
    assert (volume.rows, volume.state) == (200, "steady")


DELAY = 3
"""Hours after which labels are known, in these tests."""


@pytest.fixture
def labelled(endpoint: Endpoint) -> Endpoint:
    """An endpoint whose labels are known three hours later; the first two hours are looked at."""
    needs = {"labels": {"source": "s3://labels/credit-risk/", "delay": "3h"}, "concept": {"metric": "roc_auc", "drop": 0.05}}
    endpoint.declared = logs.drift(votes={"needed": 1, "of": 1}, **needs)
    endpoint.labels = str(endpoint.folder / "labels")
    endpoint.ask(0)
    endpoint.ask(1)
    first = job(endpoint, 1)
    assert [result.labelled for result in first.results] == [False, False]
    assert not any(finding.watch == "concept" and not finding.estimated for result in first.results for finding in result.findings)
    return endpoint


def concept(result: Result) -> str:
    return next(finding.state for finding in result.findings if finding.watch == "concept" and finding.method == "roc_auc")


def test_what_labels_say_comes_later_to_the_same_window(labelled: Endpoint, told: Callable[[Receiver], None]) -> None:
    labelled.known(0)
    labelled.known(1, flipped=True)
    with receiver() as there:
        told(there)
        ran = job(labelled, DELAY)
        (first,) = [result for result in ran.results if result.start == FIRST]
        assert (first.revision, first.labelled, concept(first)) == (2, True, "steady")
        assert (first.accounting.labels, first.accounting.labels_missing) == (400, 0)
        # Those of the hour after it are of none of its requests.
        assert first.accounting.labels_unknown == 400
        assert not alarm(first, "concept")
        # The labels of the second hour are there, and not due.
        assert not of(labelled, 1).labelled
        assert not [one for one in said_by(there) if one[1] == "1/concept"]
        later = job(labelled, DELAY + 1)
        (second,) = [result for result in later.results if result.start == FIRST + HOUR]
        assert (second.revision, concept(second)) == (2, "drifted")
        # What stands: the newest window, and what the newest labels say.
        assert later.standing["1"].start == FIRST + (DELAY + 1) * HOUR
        assert alarm(later.standing["1"], "concept")
        assert later.standing["1"].accounting.labels == 400
        assert [one for one in said_by(there) if one[1] == "1/concept"] == [("raised", "1/concept", "2025-03-03T01:00:00Z")]
        assert not job(labelled, DELAY + 1).results


def test_labels_may_be_called_as_the_contract_calls_them(labelled: Endpoint) -> None:
    labelled.known(0, branch="north")
    (first,) = [result for result in job(labelled, DELAY).results if result.start == FIRST]
    assert (first.accounting.labels, concept(first)) == (400, "steady")


def test_labels_that_are_starved_are_unknown(labelled: Endpoint) -> None:
    labelled.known(0, many=60)
    (first,) = [result for result in job(labelled, DELAY).results if result.start == FIRST]
    assert concept(first) == "unknown"
    assert (first.accounting.labels, first.accounting.labels_missing) == (60, 340)


def test_payloads_that_are_gone_before_their_labels_come_are_told(labelled: Endpoint) -> None:
    labelled.known(0)
    before = of(labelled, 0)
    shutil.rmtree(labelled.payloads)
    Path(labelled.payloads).mkdir()
    (first,) = [result for result in job(labelled, DELAY).results if result.start == FIRST]
    assert concept(first) == "unknown"
    assert first.counts == before.counts
    assert [finding for finding in first.findings if finding.watch == "data"] == [one for one in before.findings if one.watch == "data"]
    why = next(finding.why for finding in first.findings if finding.watch == "concept")
    assert why == "of the window's 1 files 0 are left: payloads are kept for a shorter time than labels take"
    assert not [result for result in job(labelled, DELAY).results if result.start == FIRST]


def test_labels_that_cannot_be_had_hinder_nothing_else(labelled: Endpoint) -> None:
    Path(labelled.labels or "").write_text("no folder")
    labelled.labels = f"{labelled.labels}/within"
    ran = job(labelled, DELAY)
    assert [result.start for result in ran.results] == [FIRST + hour * HOUR for hour in (2, 3)]
    assert not of(labelled, 0).labelled
    assert [fault.partition(":")[0] for fault in ran.faults] == [labelled.labels]


def test_a_named_window_has_rows_of_files_that_do_not_say_when(endpoint: Endpoint) -> None:
    # Copied today, as all that people have at hand is.
    made = Path(endpoint.payloads, endpoint.ask(0))
    made.rename(Path(endpoint.payloads, "requests.jsonl"))
    assert job(endpoint, 0).results[0].counts.rows == 0
    assert job(endpoint, 0, windows=[window(0)]).results[0].counts.rows == 400


def test_rows_that_are_in_no_window_are_counted(endpoint: Endpoint) -> None:
    path = Path(endpoint.payloads, endpoint.ask(0))
    path.write_text(path.read_text().replace("2025-03-03T00:2", "2025-03-02T22:2", 1))
    (result,) = job(endpoint, 0).results
    assert (result.counts.rows, result.accounting.misplaced) == (380, 20)


def test_labels_of_a_month_ago_are_found_without_reading_the_month(looked_at: Endpoint) -> None:
    first = of(looked_at, 0)
    alarms = (Alarm("concept", "drifted", True, True, 2, 2, 3),)
    for hour in range(3, 3 + 720):
        later = msgspec.structs.replace(first, start=first.start + hour * HOUR, end=first.end + hour * HOUR)
        labelled = msgspec.structs.replace(later, labelled=True, alarms=(*later.alarms, *alarms)) if hour == 3 else later
        Path(looked_at.results, "1", f"{key_of(later.start)}.json").write_bytes(written(labelled))
    read_: list[str] = []

    class Watching(Folder):
        def read(self, key: str) -> Held | None:
            read_.append(key)
            return super().read(key)

    history = History(Watching(Path(looked_at.results)), "1")
    found = standing(history, FIRST + 4 * HOUR)
    assert found is not None
    assert (found.start, found.alarms[-1]) == (FIRST + 722 * HOUR, alarms[0])
    assert len(read_) == 2


def test_a_named_window_votes_for_all_that_are_later(looked_at: Endpoint) -> None:
    looked_at.ask(3, shift=1.5)
    assert not alarm(job(looked_at, 3).results[-1])
    looked_at.ask(2, 4000, shift=1.5, name="late", minute=50)
    changed = {result.start: result for result in job(looked_at, 3, windows=[window(2)]).results}
    assert alarm(changed[FIRST + 3 * HOUR])
    assert of(looked_at, 3).alarms == changed[FIRST + 3 * HOUR].alarms


def test_an_older_state_does_not_take_the_place_of_a_newer_one(looked_at: Endpoint) -> None:
    newer = msgspec.structs.replace(of(looked_at, 2), start=FIRST + 3 * HOUR, end=FIRST + 4 * HOUR)
    looked_at.store.write("latest.json", written(newer))
    looked_at.store.write("latest.html", b"newer")
    job(looked_at, 2)
    assert (everything(looked_at.store)["latest.json"], everything(looked_at.store)["latest.html"]) == (written(newer), b"newer")


def test_payloads_that_go_away_meanwhile_were_not_looked_at(endpoint: Endpoint) -> None:
    endpoint.ask(0)
    endpoint.ask(1)
    gone = Path(endpoint.payloads, endpoint.ask(1, 100, name="gone", minute=40))
    kept = gone.read_bytes()
    said: list[str] = []

    def progress(line: str) -> None:
        # The first window is done, and the files of the second are listed.
        said.append(line)
        gone.unlink(missing_ok=True)

    ran = run(endpoint.watched(), now=due_at(1), progress=progress)
    assert [(result.counts.rows, result.accounting.files) for result in ran.results] == [(400, 1), (400, 1)]
    assert any("1 file went away before this run had read them" in line for line in said)
    gone.write_bytes(kept)
    assert [(result.counts.rows, result.revision) for result in job(endpoint, 1).results] == [(500, 2)]
