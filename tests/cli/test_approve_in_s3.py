"""Approvals in a ledger that is in a bucket of an emulator over HTTP, which fails while they are written."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelway.governance.ledger import begun
from tests.monitoring.drift.faulty_s3 import FaultyS3, environment, faulty_s3
from tests.support.approving import ENVIRONMENTS, Desk, git, made_desk, made_repository
from tests.support.people import ANN, CAT, MACHINE, PROJECT

# As other tests of buckets: the emulator and its clients take seconds.
pytestmark = pytest.mark.localcloud

ADDRESS = "s3://results/ledger/"


@pytest.fixture
def emulator() -> Iterator[FaultyS3]:
    with faulty_s3() as emulator:
        yield emulator


def test_a_bucket_does_as_a_folder(
    emulator: FaultyS3, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in os.environ:
        if name.startswith(("MODELWAY_", "PULUMI_")):
            monkeypatch.delenv(name)
    for name, value in environment(emulator).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    for name in ("source", "copy"):
        (tmp_path / name).mkdir()
    desk: Desk = made_desk(*made_repository(tmp_path / "source"), tmp_path / "copy", capsys)
    monkeypatch.chdir(desk.root)
    desk.change("address: ledger,", f"address: '{ADDRESS}',", file=ENVIRONMENTS / "prod" / "environment.yaml")
    assert desk.approve("prod", "tumor-screening", key=ANN) == 1
    assert "there is no ledger here" in desk.told
    begun(ADDRESS, PROJECT, desk.people.trusted, desk.people.signers[MACHINE])
    # Each write is answered with an error though it was done, and done again: it is there once.
    seen: set[str] = set()

    def lost_once(method: str, path: str, number: int) -> str | None:
        first = method == "PUT" and path not in seen
        seen.add(path)
        return "lost" if first else None

    emulator.fault = lost_once
    assert desk.approve("prod", "tumor-screening", key=ANN) == 0, desk.told
    emulator.fault = lambda method, path, number: None
    assert desk.counted() == [ANN]
    assert desk.state()["not_counted"] == []
    # A bucket that does not answer approves nothing, and says so.
    emulator.fault = lambda method, path, number: "500"
    assert desk.approve("prod", "tumor-screening", key=CAT) == 1
    assert "s3:" in desk.told
    emulator.fault = lambda method, path, number: None
    assert desk.counted() == [ANN]
    assert git(desk.root, "status", "--porcelain") == ""
