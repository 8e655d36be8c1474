"""What a run says of what it cannot know: places that are not there, records that are none, other settings, alarms that hold."""

from pathlib import Path

import msgspec
import pytest

from modelway.errors import WrongUsage
from modelway.monitoring.drift.budget import voted
from modelway.monitoring.drift.inputs import settings
from modelway.monitoring.drift.job import Ran, run
from modelway.monitoring.drift.showing import shown
from modelway.monitoring.drift.telling import in_words
from modelway.monitoring.drift.windows import Window
from modelway.monitoring.drift.wording import alarm_words
from tests.monitoring.drift import endpoint_logs as logs
from tests.monitoring.drift.endpoint_logs import FIRST, HOUR, Endpoint, due_at, everything
from tests.support.drift_telling import result


@pytest.fixture
def endpoint(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Endpoint:
    return Endpoint(tmp_path, str(tmp_path / "payloads"), str(tmp_path / "results"), tmp_path_factory.getbasetemp())


def job(endpoint: Endpoint, hour: int, *named: int, said: list[str] | None = None) -> Ran:
    """A run when the hour is due, of the hours that are named."""
    windows = [Window(FIRST + one * HOUR, FIRST + (one + 1) * HOUR) for one in named] or None
    return run(endpoint.watched(), now=due_at(hour), windows=windows, progress=(said if said is not None else []).append)


@pytest.mark.parametrize(("kind", "told"), [("nothing", "there is no such folder"), ("a file", "it is a file, and no folder")])
def test_payloads_that_are_not_there_are_refused(endpoint: Endpoint, kind: str, told: str) -> None:
    Path(endpoint.payloads).rmdir()
    if kind == "a file":
        Path(endpoint.payloads).write_text("")
    with pytest.raises(WrongUsage, match=f"payloads: {endpoint.payloads}: {told}"):
        job(endpoint, 0)
    assert everything(endpoint.store) == {}


def test_a_folder_of_no_payloads_is_told(endpoint: Endpoint) -> None:
    said: list[str] = []
    assert not job(endpoint, 0, said=said).faults
    assert said[0] == f"{endpoint.payloads} has no file that can have rows of these windows"
    assert said[1].endswith(": 0 rows, nothing is known")


@pytest.mark.parametrize("there", [False, True])
def test_labels_that_are_not_there_are_told(endpoint: Endpoint, there: bool) -> None:
    needs = {"labels": {"source": "s3://labels/credit-risk/", "delay": "1h"}, "concept": {"metric": "roc_auc", "drop": 0.05}}
    endpoint.declared, endpoint.labels = logs.drift(**needs), str(endpoint.folder / "labels")
    endpoint.ask(0)
    if there:
        Path(endpoint.labels).mkdir()
    said: list[str] = []
    ran = job(endpoint, 1, 0, said=said)
    # Data are looked at all the same.
    assert ran.results[0].counts.rows == 400
    if there:
        assert ran.faults == ()
        assert said[-1] == f"{endpoint.labels} has no file of labels, and labels are due"
    else:
        assert ran.faults == (
            f"{endpoint.labels}: there is no such folder, and labels are due. Correct where they are, or make the folder.",
        )


def test_too_few_rows_are_not_steady(endpoint: Endpoint) -> None:
    endpoint.ask(0, 60)
    assert in_words(job(endpoint, 0).results[0]) == "60 rows, nothing is known"


def test_a_window_whose_records_are_all_left_out_is_a_fault(endpoint: Endpoint) -> None:
    endpoint.ask(0)
    path = Path(endpoint.payloads, endpoint.ask(1))
    path.write_text(path.read_text().replace('"model": "credit-risk"', '"model": "fraud"'))
    ran = job(endpoint, 1, 0, 1)
    assert [one.counts.rows for one in ran.results] == [400, 0]
    assert ran.faults == (
        f"2025-03-03T01:00Z/2025-03-03T02:00Z: not one row could be read of 1 file in {endpoint.payloads}: 20 records of another model.",
    )
    assert in_words(ran.results[1]).startswith("0 rows (20 records of another model), nothing is known")


def test_other_settings_are_told_and_a_named_window_is_looked_at_with_them(endpoint: Endpoint) -> None:
    endpoint.ask(0)
    endpoint.ask(1)
    assert len(job(endpoint, 1).results) == 2
    endpoint.declared = logs.drift(minimum_sample=1000)
    said: list[str] = []
    # Nobody wants two days of hours looked at again by a schedule.
    assert job(endpoint, 1, said=said).results == ()
    again = "look again with --window 2025-03-03T00:00Z/2025-03-03T02:00Z"
    assert said == [f"1: 2 results of other settings or another baseline stand; {again}"]
    looked, voted = job(endpoint, 1, 0).results
    assert (looked.start, looked.revision) == (FIRST, 2)
    # The hour after it votes with it.
    assert (voted.start, voted.revision) == (FIRST + logs.HOUR, 2)
    assert {one.state for one in voted.findings if one.watch == "data"} == {"steady"}
    assert {one.state for one in looked.findings if one.watch == "data"} == {"unknown"}
    ran = job(endpoint, 1, 0)
    assert (ran.results, [(one.start, one.revision) for one in ran.asked]) == ((), [(FIRST, 2)])


def test_a_named_window_whose_payloads_are_gone_stands_and_is_told(endpoint: Endpoint) -> None:
    Path(endpoint.payloads, endpoint.ask(0)).write_text(Path(endpoint.payloads, endpoint.ask(0)).read_text())
    job(endpoint, 0)
    endpoint.ask(0, 20)
    endpoint.declared = logs.drift(minimum_sample=300)
    said: list[str] = []
    assert job(endpoint, 0, 0, said=said).results == ()
    assert said == ["2025-03-03T00:00Z/2025-03-03T01:00Z 1: less of its payloads is left than when it was looked at, so that stands"]


def test_settings_are_what_is_watched_the_contract_and_the_baseline(endpoint: Endpoint) -> None:
    watched = endpoint.watched()
    one, drift = watched.versions[0], watched.drift
    others = [
        settings(logs.drift(minimum_sample=300), one),
        settings(drift, msgspec.structs.replace(one, digest="0" * 64)),
        settings(drift, msgspec.structs.replace(one, contract={**one.contract, "metrics": []})),
    ]
    assert len({settings(drift, one), *others}) == 4
    # Where it lies is no setting.
    assert settings(drift, msgspec.structs.replace(one, baseline="elsewhere")) == settings(drift, one)


def test_rows_of_the_window_are_not_misplaced(endpoint: Endpoint) -> None:
    written = Path(endpoint.payloads, endpoint.ask(0))
    written.rename(written.with_name("005900-aa.jsonl"))
    (found,) = job(endpoint, 0).results
    assert (found.counts.rows, found.accounting.misplaced) == (400, 0)


def test_an_alarm_that_holds_says_why() -> None:
    held = voted("data", ("unknown",) * 3, 2, 3, was_raised=True)
    assert alarm_words(held) == "alarm: 0 of the last 3 windows drifted, 2 needed; it holds, as nothing is known of 3"
    sure = voted("data", ("steady", "steady", "drifted"), 2, 3, was_raised=False, sure=True)
    assert alarm_words(sure) == "alarm, since this window: 1 of the last 3 windows drifted, 2 needed but for one that is beyond doubt"


def test_windows_that_are_unknown_look_so_though_an_alarm_holds() -> None:
    first, second = result(1, shift=0.2), result(2, shift=0.2)
    held = tuple(msgspec.structs.replace(one, state="unknown") if one.watch == "data" else one for one in second.alarms)
    line = next(one for one in shown([first, msgspec.structs.replace(second, alarms=held)]).splitlines() if "requests  " in one)
    assert line.endswith("  █·")
