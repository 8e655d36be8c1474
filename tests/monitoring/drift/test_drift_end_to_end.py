"""From logs in a bucket to an alert that fires and resolves: the command as a schedule runs it, a real Prometheus, and who is told."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from modelway.monitoring.drift import watched as watching
from modelway.monitoring.drift.store import opened
from modelway.monitoring.drift.watched import Exported, WebhookTold
from modelway.monitoring.rules import drift_rules
from tests.monitoring.drift.endpoint_logs import FIRST, HOUR, Endpoint, drift
from tests.monitoring.drift.faulty_s3 import FaultyS3, environment, faulty_s3
from tests.monitoring.prometheus_server import asked, evaluated, prometheus
from tests.monitoring.promtool import DRIFT
from tests.support.receiving import receiver

pytestmark = pytest.mark.localcloud

WATCHED = "s3://results/watched/credit-risk.json"


@pytest.fixture(scope="module")
def s3() -> Iterator[FaultyS3]:
    with faulty_s3() as emulator, pytest.MonkeyPatch.context() as patched:
        for name, value in environment(emulator).items():
            patched.setenv(name, value)
        yield emulator


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    rules = drift_rules(replace(DRIFT, environment="dev"))
    with prometheus(tmp_path_factory.mktemp("prometheus"), {"drift": rules}, "--web.enable-remote-write-receiver") as found:
        evaluated(found)
        yield found


def look(*options: str, **variables: str) -> str:
    """What the job's container runs; its stdout."""
    command = [str(Path(sys.prefix) / "bin" / "modelway"), "drift", "run", "credit-risk", "--watched", WATCHED, *options]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **variables}, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def until(address: str, alert: str, *, fires: bool) -> None:
    end = time.monotonic() + 60
    while (
        alert in {one["labels"]["alertname"] for one in asked(address, "/api/v1/alerts")["alerts"] if one["state"] == "firing"}
    ) != fires:
        assert time.monotonic() < end, f"{alert} {'does not fire' if fires else 'fires still'}"
        time.sleep(0.2)


def test_an_alert_fires_for_drifted_logs_and_resolves_for_calm_ones(
    address: str, s3: FaultyS3, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    newest = int((time.time() - FIRST - 900) // HOUR) - 1
    endpoint = Endpoint(tmp_path, "s3://payloads/credit-risk/", "s3://results/credit-risk/", tmp_path_factory.getbasetemp())
    endpoint.declared = drift(votes={"needed": 2, "of": 3})
    for hour, shift in ((newest - 4, 0.0), (newest - 3, 1.5), (newest - 2, 1.5), (newest - 1, 0.0), (newest, 0.0)):
        endpoint.ask(hour, shift=shift)
    endpoint.told = (WebhookTold("DRIFT_EVENT_0"),)
    asks = msgspec.structs.replace(endpoint.watched(), exported=Exported(remote_write=f"{address}/api/v1/write"))
    opened("s3://results/watched/").write("credit-risk.json", watching.written(asks))
    begin, end = (datetime.fromtimestamp(FIRST + hour * HOUR, UTC).strftime("%Y-%m-%dT%H") for hour in (newest - 4, newest - 1))
    with receiver() as told:
        told_to = {"DRIFT_EVENT_0": f"{told.address}/drift"}
        look("--window", f"{begin}/{end}", **told_to)
        until(address, "DriftData", fires=True)
        assert {json.loads(one.body)["type"] for one in told.received} == {"io.modelway.drift.raised"}
        look(**told_to)
        until(address, "DriftData", fires=False)
        assert json.loads(told.received[-1].body)["type"] == "io.modelway.drift.recovered"
        # Whatever is done again changes nothing, and tells nobody.
        written, heard = len(s3.written), len(told.received)
        standing = json.loads(look("--json", **told_to))
        assert (standing["written"], len(told.received)) == ([], heard)
        assert not [path for path in s3.written[written:] if path.endswith("Z.json")]
