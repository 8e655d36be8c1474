"""An invented endpoint: its contract, its baseline, and hours of requests as the example servers write them down."""

import hashlib
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from modelway.architecture.contract import Contract
from modelway.architecture.drift import Drift
from modelway.monitoring.drift import watched as watching
from modelway.monitoring.drift.baseline import written
from modelway.monitoring.drift.making import make
from modelway.monitoring.drift.store import Store, opened
from modelway.monitoring.drift.watched import Told, Watched, WatchedVersion

HOUR = 3600
FIRST = int(datetime(2025, 3, 3, tzinfo=UTC).timestamp())
"""Start of the first hour: long ago, so that it is over by the clock of any machine."""
PLANTED = "Wilhelmine-Zzyzx"
"""A value of a row that must be in nothing that is written; so must PLANTED_NUMBER."""
PLANTED_NUMBER = 48151.62342

CONTRACT = {
    "signature": {
        "inputs": [
            {"name": "income", "datatype": "FP64", "shape": [-1]},
            {"name": "job", "datatype": "BYTES", "shape": [-1]},
        ],
        "outputs": [{"name": "risk", "datatype": "FP64", "shape": [-1]}],
    },
    "expectations": {"defaulted": {"type": "boolean"}},
    "sample": {
        "inputs": [
            {"name": "income", "datatype": "FP64", "shape": [1], "data": [1.5]},
            {"name": "job", "datatype": "BYTES", "shape": [1], "data": ["clerk"]},
        ]
    },
    "metrics": [{"name": "roc_auc", "direction": "higher", "reference": 0.75}],
}


def contract() -> Contract:
    return Contract.model_validate_json(json.dumps(CONTRACT))


def drift(**fields: object) -> dict[str, object]:
    declared = {"window": "1h", "minimum_sample": 100, "votes": {"needed": 2, "of": 3}, "data": {}, "prediction": {}} | fields
    return Drift.model_validate_json(json.dumps(declared)).model_dump(mode="json")


def rows(hour: int, many: int, shift: float = 0.0) -> dict[str, list[object]]:
    """Rows of an hour; with `shift` incomes are that many standard deviations higher."""
    random = np.random.default_rng(hour % 100_000)
    income = random.normal(2000 + 500 * shift, 500, many)
    risk = 1 / (1 + np.exp((income - 2000) / 250))
    return {
        "income": [float(one) for one in income],
        "job": [["clerk", "smith", "baker"][int(one)] for one in random.integers(0, 3, many)],
        "risk": [float(one) for one in risk],
        "defaulted": [bool(one) for one in random.random(many) < risk],
    }


@lru_cache
def _baseline(folder: str, model: str, version: str) -> bytes:
    table = pa.table(rows(99_999, 3000))
    data = Path(folder) / "training.parquet"
    pq.write_table(table, data)
    made = make(
        [data],
        model=model,
        version=version,
        contract=contract(),
        drift=Drift.model_validate_json(json.dumps(drift())),
        window_seconds=HOUR,
        labels="defaulted",
    )
    return written(made)


@dataclass
class Endpoint:
    """An endpoint with two places, each a folder or a bucket."""

    folder: Path
    """For what is local."""
    payloads: str
    results: str
    made: Path
    """Where baselines are made once for all tests."""
    versions: tuple[str, ...] = ("1",)
    declared: dict[str, object] = field(default_factory=drift)
    told: tuple[Told, ...] = ()
    labels: str | None = None

    def __post_init__(self) -> None:
        if not self.payloads.startswith("s3://"):
            Path(self.payloads).mkdir(parents=True, exist_ok=True)

    def watched(self) -> Watched:
        return Watched(
            schema=1,
            environment="dev",
            endpoint="credit-risk",
            team="risk",
            owner="risk-ml@example.com",
            tier="high",
            payloads=self.payloads,
            results=self.results,
            format="kserve",
            versions=tuple(self._version(version) for version in self.versions),
            drift=self.declared,
            live=self.versions[0],
            told=self.told,
            labels=self.labels,
        )

    def file(self) -> Path:
        """What is watched, as a job has it."""
        path = self.folder / "watched.json"
        path.write_bytes(watching.written(self.watched()))
        return path

    def _version(self, version: str) -> WatchedVersion:
        content = _baseline(str(self.made), "credit-risk", version)
        path = self.folder / f"baseline-{version}.json"
        path.write_bytes(content)
        return WatchedVersion(version, contract().model_dump(mode="json"), str(path), hashlib.sha256(content).hexdigest())

    @property
    def store(self) -> Store:
        return opened(self.results)

    def ask(self, hour: int, many: int = 400, *, shift: float = 0.0, version: str = "1", minute: int = 30, name: str = "aa") -> str:
        """The rows of an hour are in a file; its key. Requests have 20 rows each."""
        start = FIRST + hour * HOUR
        found = rows(hour, many, shift)
        lines = []
        for first in range(0, many, 20):
            part = {column: values[first : first + 20] for column, values in found.items()}
            moment = datetime.fromtimestamp(start + minute * 60 - 20 + first / many * 20, UTC)
            lines.append(record(f"{name}-{hour}-{first}", moment, version, part))
        moment = datetime.fromtimestamp(start + minute * 60, UTC)
        key = f"{version}/{moment:%Y/%m/%d/%H%M%S}-{name}.jsonl"
        opened(self.payloads).write(key, "\n".join(lines).encode() + b"\n")
        return key

    def known(self, hour: int, many: int = 400, *, name: str = "aa", flipped: bool = False, at: float | None = None, **more: str) -> None:
        """What turned out to be right of the rows of an hour is in a file of labels, since `at`; with `more` beside it, it is called as
        the contract calls it."""
        assert self.labels is not None
        values = rows(hour, many)["defaulted"]
        lines = []
        for row in range(many):
            request = hashlib.sha256(f"{name}-{hour}-{row // 20 * 20}".encode()).hexdigest()
            lines.append(
                json.dumps({"id": f"{request}/{row % 20}", "defaulted" if more else "label": bool(values[row]) is not flipped, **more})
            )
        path = Path(self.labels) / f"{hour}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
        moment = at if at is not None else FIRST + (hour + 1) * HOUR
        os.utime(path, (moment, moment))


def record(request: str, moment: datetime, version: str, part: dict[str, list[object]]) -> str:
    tensors = {"income": "FP64", "job": "BYTES", "risk": "FP64"}
    given = [
        {"name": name, "datatype": datatype, "shape": [len(part[name])], "data": part[name]}
        for name, datatype in tensors.items()
    ]  # fmt: skip
    return json.dumps(
        {
            "id": hashlib.sha256(request.encode()).hexdigest(),
            "time": moment.isoformat(timespec="milliseconds"),
            "model": "credit-risk",
            "version": version,
            "inputs": given[:2],
            "outputs": given[2:],
        }
    )


def due_at(hour: int) -> float:
    """When the hour is due."""
    return float(FIRST + (hour + 1) * HOUR + 900)


def planted(endpoint: Endpoint, hour: int, *, version: str = "1") -> None:
    """Rows with values that nobody may ever see, in a file of the hour."""
    part: dict[str, list[object]] = {"income": [PLANTED_NUMBER], "job": [PLANTED], "risk": [0.5]}
    start = datetime.fromtimestamp(FIRST + hour * HOUR + 1200, UTC)
    lines = [record(f"planted-{hour}-{number}", start, version, part) for number in range(30)]
    # What nobody can read is not shown either.
    lines.append('{"time": "' + PLANTED + '", "inputs": "' + PLANTED)
    opened(endpoint.payloads).write(f"{version}/{start:%Y/%m/%d/%H%M%S}-planted.jsonl", "\n".join(lines).encode())


def everything(store: Store) -> dict[str, bytes]:
    """All that is in a store."""
    found = {entry.key: store.read(entry.key) for entry in store.list()}
    return {key: held.content for key, held in found.items() if held is not None}
