"""What a job sends, a real Prometheus takes; its alerts begin and end with what is sent."""

import time
from collections.abc import Iterator

import msgspec
import pytest

from modelway.monitoring.drift import exporting
from modelway.monitoring.drift.posting import NotTold
from modelway.monitoring.drift.watched import Exported
from modelway.monitoring.rules import drift_rules
from tests.monitoring.prometheus_server import asked, evaluated, prometheus
from tests.monitoring.promtool import DRIFT
from tests.support.drift_telling import VERSION, result, watched

pytestmark = pytest.mark.localcloud


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prometheus(tmp_path_factory.mktemp("prometheus"), {"drift": drift_rules(DRIFT)}, "--web.enable-remote-write-receiver") as found:
        evaluated(found)
        yield found


def firing(address: str) -> set[tuple[str, str]]:
    alerts = asked(address, "/api/v1/alerts")["alerts"]
    return {(one["labels"]["alertname"], one["labels"]["model_version"]) for one in alerts if one["state"] == "firing"}


def until(address: str, expected: set[tuple[str, str]]) -> None:
    end = time.monotonic() + 30
    while firing(address) != expected:
        assert time.monotonic() < end, f"{firing(address)} fires, and not {expected}"
        time.sleep(0.1)


def test_an_alert_begins_and_ends_with_what_the_job_sends(address: str) -> None:
    given = watched(exported=Exported(remote_write=f"{address}/api/v1/write"))
    exporting.export(given, {VERSION: result(1, shift=0.2)}, time.time(), exporting.Health())
    until(address, {("DriftData", VERSION)})
    told = asked(address, "/api/v1/query", query='{__name__=~"ml_drift_.*"}')["result"]
    expected = [
        sample
        for family in exporting.families(given, {VERSION: result(1, shift=0.2)}, 0, exporting.Health()).collect()
        for sample in family.samples
    ]
    assert len(told) == len(expected)
    (score,) = [one for one in told if one["metric"].get("feature") == "income" and one["metric"]["__name__"] == "ml_drift_score"]
    assert score["metric"] == {
        "__name__": "ml_drift_score",
        "environment": "prod",
        "endpoint": "credit-risk",
        "model_version": VERSION,
        "feature": "income",
        "method": "psi",
    }
    time.sleep(0.01)
    exporting.export(given, {VERSION: result(2)}, time.time(), exporting.Health())
    until(address, set())


def test_what_is_older_than_what_is_there_is_refused_in_words(address: str) -> None:
    given = watched(exported=Exported(remote_write=f"{address}/api/v1/write"), name="older")
    some = {VERSION: msgspec.structs.replace(result(1), endpoint="older")}
    now = time.time()
    exporting.export(given, some, now, exporting.Health())
    with pytest.raises(NotTold, match=r"answered with 400: .*out of order sample"):
        exporting.export(given, some, now - 60, exporting.Health())
