"""What findings of a window say together, and what becomes of alarms."""

from pathlib import Path

import msgspec
import pytest

from modelway.monitoring.drift.history import History
from modelway.monitoring.drift.result import Finding, Result, State, Watch
from modelway.monitoring.drift.store import opened
from modelway.monitoring.drift.voting import alarms, state_of
from tests.support.drift_telling import HOUR, START, VERSION, result


def one(watch: Watch, subject: str, method: str, state: State, *, estimated: bool = False) -> Finding:
    return Finding(watch, subject, method, state, 100, "why", estimated=estimated)


def metric(state: State) -> Finding:
    return one("concept", "roc_auc", "roc_auc", state)


def group(state: State) -> Finding:
    return one("concept", "branch", "roc_auc_by_group", state)


def detector(state: State) -> Finding:
    return one("concept", "roc_auc", "adwin", state)


@pytest.mark.parametrize(
    ("found", "state"),
    [
        ([metric("steady"), group("steady"), detector("steady")], "steady"),
        ([metric("steady"), group("unknown"), detector("drifted")], "drifted"),
        # That errors do not rise within the window, and that groups are as they were, is not how right answers are.
        ([metric("unknown"), group("steady"), detector("steady")], "unknown"),
        ([metric("unknown"), group("drifted"), detector("steady")], "drifted"),
        ([one("concept", "roc_auc", "roc_auc_estimated", "steady", estimated=True), metric("unknown")], "unknown"),
        ([one("concept", "roc_auc", "roc_auc_estimated", "steady", estimated=True)], None),
    ],
)
def test_of_concept_the_metric_decides_unless_something_has_drifted(found: list[Finding], state: State | None) -> None:
    assert state_of(found, "concept") == state


VOLUME, FRESH = one("quality", "rows", "volume", "steady"), one("quality", "rows", "freshness", "steady")


@pytest.mark.parametrize(
    ("found", "state"),
    [
        # Of a window with too few rows.
        ([VOLUME, FRESH, one("quality", "income", "missing", "unknown"), one("quality", "rows", "contract", "steady")], "unknown"),
        ([VOLUME, FRESH, one("quality", "rows", "contract", "unknown")], "unknown"),
        ([VOLUME, one("quality", "income", "missing", "unknown"), one("quality", "income", "wrong", "drifted")], "drifted"),
        ([VOLUME, one("quality", "income", "missing", "steady"), one("quality", "rows", "contract", "unknown")], "steady"),
        ([VOLUME, one("quality", "rows", "contract", "steady")], "steady"),
        ([VOLUME, FRESH], "steady"),
        ([one("quality", "rows", "volume", "drifted"), one("quality", "income", "missing", "unknown")], "drifted"),
    ],
)
def test_how_many_rows_there_are_says_nothing_of_what_is_in_them(found: list[Finding], state: State) -> None:
    assert state_of(found, "quality") == state


def _window(number: int, findings: list[Finding]) -> Result:
    return msgspec.structs.replace(result(number), findings=tuple(findings), alarms=())


@pytest.mark.parametrize(
    ("drifted", "unknown"),
    [
        ([metric("drifted"), detector("steady")], [metric("unknown"), detector("steady"), group("steady")]),
        (
            [one("quality", "income", "missing", "drifted"), VOLUME],
            [one("quality", "income", "missing", "unknown"), one("quality", "rows", "contract", "unknown"), VOLUME],
        ),
    ],
    ids=["labels of other answers", "nobody asks"],
)
def test_an_alarm_does_not_recover_because_nothing_is_known(tmp_path: Path, drifted: list[Finding], unknown: list[Finding]) -> None:
    (watch,) = {finding.watch for finding in drifted}
    store = opened(str(tmp_path))
    said = []
    for number, findings in enumerate([drifted, unknown]):
        history = History(store, VERSION)
        made = _window(number, findings)
        made = msgspec.structs.replace(made, alarms=alarms(made, history, 1, 1))
        assert history.write(made, None)
        (alarm,) = [alarm for alarm in made.alarms if alarm.watch == watch]
        said.append((made.start, alarm.state, alarm.raised, alarm.changed))
    assert said == [(START, "drifted", True, True), (START + HOUR, "unknown", True, False)]
