"""Results of an invented endpoint, week after week: calm, then one column that goes elsewhere, and one with missing values."""

import math
from collections.abc import Sequence

import msgspec

from modelway.monitoring.drift.baseline import Baseline, Column
from modelway.monitoring.drift.counts import ColumnCounts, Counts
from modelway.monitoring.drift.result import Accounting, Alarm, Finding, Result, State
from modelway.monitoring.drift.watched import Exported, Told, Watched, WatchedVersion

HOUR = 3600
START = 1_795_748_400
"""2026-11-27T03:00:00Z"""
VERSION = "2026.11.1"


def watched(
    *, told: tuple[Told, ...] = (), exported: Exported | None = None, results: str = "/results", name: str = "credit-risk"
) -> Watched:
    return Watched(
        schema=1,
        environment="prod",
        endpoint=name,
        team="risk",
        owner="risk-ml@example.com",
        tier="high",
        payloads="/payloads",
        results=results,
        format="kserve",
        versions=(WatchedVersion(VERSION, {}, "/baseline.json", "0" * 64),),
        drift={"window": "1h", "data": {}, "prediction": {}},
        live=VERSION,
        told=told,
        exported=exported or Exported(),
    )


def bell(bins: int, centre: float, wide: float, rows: int) -> tuple[int, ...]:
    """Rows in bins of a bell curve, at positions 0 to 1."""
    weights = [math.exp(-(((at + 0.5) / bins - centre) ** 2) / (2 * wide * wide)) for at in range(bins)]
    return tuple(round(rows * weight / sum(weights)) for weight in weights)


FEATURES = ("income", "age", "dependants", "region")


def baseline(features: Sequence[str] = FEATURES) -> Baseline:
    cuts = tuple(float(1000 * at) for at in range(1, 40))
    numbers = [
        Column(name, "input", "number", 20_000, 0, counts=bell(40, 0.45, 0.15, 20_000), cuts=cuts, low=2000.0, high=38_000.0)
        for name in features
        if name != "region"
    ]
    region = Column(
        "region", "input", "category", 20_000, 12, counts=(9000, 7000, 3000, 988), categories=("aa11bb22cc33dd44", "bb22", "cc33")
    )
    answer = Column(
        "default_probability",
        "output",
        "number",
        20_000,
        0,
        counts=bell(20, 0.2, 0.1, 20_000),
        cuts=tuple(at / 20 for at in range(1, 20)),
        low=0.05,
        high=0.95,
    )
    return Baseline(1, "credit-risk", VERSION, 20_000, "c" * 64, "d" * 64, "00ff", (*numbers, region, answer), HOUR)


def result(
    number: int,
    *,
    shift: float = 0.0,
    missing: int = 0,
    rows: int = 800,
    features: Sequence[str] = ("income", "age", "dependants", "region"),
    version: str = VERSION,
    name: str = "credit-risk",
) -> Result:
    """The window that is `number` hours after START. With a `shift`, the first feature goes elsewhere and the answers follow; with
    `missing`, the second has no value in so many rows."""
    columns: dict[str, ColumnCounts] = {}
    findings: list[Finding] = []
    drifted: State = "drifted" if shift else "steady"
    lost: State = "drifted" if missing else "steady"
    for at, feature in enumerate(features):
        moved = shift if at == 0 else 0.0
        if feature == "region":
            counts: tuple[int, ...] = (rows * 9 // 20, rows * 7 // 20, rows * 3 // 20, rows // 20)
        else:
            counts = bell(40, 0.45 + moved, 0.15, rows)
        lacking = missing if at == 1 else 0
        columns[feature] = ColumnCounts(sum(counts) + lacking, lacking, 0, 0, counts)
        score = 0.02 + moved * 6 + 0.004 * math.sin(number + at)
        why = "22% of rows are elsewhere than in the reference" if moved else "as chance makes it"
        state: State = drifted if at == 0 else "steady"
        findings.append(Finding("data", feature, "psi", state, rows, why, score, 0.09, 0.4, moved))
        if at == 1:
            gone: State = lost
            findings.append(Finding("quality", feature, "missing", gone, rows, "rows without a value", missing / rows, 0.03))
    columns["default_probability"] = ColumnCounts(rows, 0, 0, 0, bell(20, 0.2 + shift / 2, 0.1, rows))
    findings.append(
        Finding("prediction", "default_probability", "psi", drifted, rows, "answers as compared", 0.03 + shift, 0.1, 0.2, shift / 3)
    )
    findings.append(Finding("concept", "roc_auc", "roc_auc", "unknown", 12, "12 labels are due and there, 500 are needed", 0.78, None))
    alarms = (
        Alarm("data", drifted, bool(shift), bool(shift) and number % 24 == 0, 2 if shift else 0, 2, 3),
        Alarm("prediction", drifted, False, False, 1 if shift else 0, 2, 3),
        Alarm("quality", lost, False, False, 1 if missing else 0, 2, 3),
        Alarm("concept", "unknown", False, False, 0, 2, 3),
    )
    start = START + number * HOUR
    return Result(
        schema=1,
        environment="prod",
        endpoint=name,
        version=version,
        start=start,
        end=start + HOUR,
        revision=1,
        made=start + HOUR + 960,
        inputs="a" * 64,
        baseline="b" * 64,
        counts=Counts(rows, columns),
        accounting=Accounting(files=4, rows=rows, duplicates=3, unparsable=1, labels=12, labels_missing=36),
        findings=tuple(findings),
        alarms=alarms,
    )


def history(windows: int = 48) -> list[Result]:
    """Calm, then drift in the last eighth; one window in the middle has too few rows."""
    found = [result(number, shift=0.18 if number >= windows * 7 // 8 else 0.0) for number in range(windows)]
    few = found[windows // 2]
    alarms = tuple(msgspec.structs.replace(alarm, state="unknown") for alarm in few.alarms)
    unknown = tuple(msgspec.structs.replace(one, state="unknown", score=None) for one in few.findings)
    found[windows // 2] = msgspec.structs.replace(few, alarms=alarms, findings=unknown)
    return found
