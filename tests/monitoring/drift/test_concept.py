"""Answers that are right less often are found, for all, for a group, and within a window; and calm windows stay calm."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modelway.architecture.contract import Contract
from modelway.architecture.drift import Drift
from modelway.monitoring.drift.baseline import Baseline
from modelway.monitoring.drift.concept import concept
from modelway.monitoring.drift.detectors import changes, rise
from modelway.monitoring.drift.estimate import calibration_by_chance, came_true, estimate
from modelway.monitoring.drift.judging import Judged, judged
from modelway.monitoring.drift.known import metric
from modelway.monitoring.drift.labels import read
from modelway.monitoring.drift.measures import Floats
from modelway.monitoring.drift.metrics import Measured, chance, confidence, measured, of_reference, reached, segment_of
from modelway.monitoring.drift.result import Accounting, Finding
from modelway.monitoring.drift.voting import state_of

SALT = "00ff"
HOUR, DAY = 3600.0, 86400.0
REGIONS = ("north", "south", "east")
PLANTED = ("Zebulon Quagmire", "zebulon@quagmire.example", "777777.25")


def contract(*, shown: bool = False, metrics: tuple[str, ...] = ("roc_auc",), reference: float | None = 0.7, **expected: Any) -> Contract:
    return Contract.model_validate(
        {
            "signature": {
                "inputs": ({"name": "x", "datatype": "FP64", "shape": (-1,)}, {"name": "region", "datatype": "BYTES", "shape": (-1,)}),
                "outputs": ({"name": "p", "datatype": "FP64", "shape": (-1,)},),
            },
            "expectations": {"age_band": {"type": "text", "values": ("young", "old", "rare"), "shown": shown}, **expected},
            "metrics": tuple({"name": name, "direction": "higher", "minimum": 0.1, "reference": reference} for name in metrics),
            "sample": {
                "inputs": (
                    {"name": "x", "datatype": "FP64", "shape": (1,), "data": (1.0,)},
                    {"name": "region", "datatype": "BYTES", "shape": (1,), "data": ("north",)},
                )
            },
        }
    )


def drift(**fields: Any) -> Drift:
    labels = {"source": "s3://acme-labels/credit-risk/", "delay": "1d"}
    return Drift.model_validate({"window": "1h", "labels": labels, "concept": {"metric": "roc_auc", "drop": 0.03}, **fields})


@dataclass
class World:
    """Rows of requests, what was answered and what was right."""

    p: Floats
    truth: Floats
    region: Any
    age_band: Any
    time: Floats = field(default_factory=lambda: np.zeros(0))


def world(count: int, seed: int, right: Callable[["World", Any], Floats] | None = None) -> World:
    """Probabilities that come true as often as they say; `right` makes of that what else happens, with random numbers of its own."""
    random = np.random.default_rng(seed)
    p = random.beta(1.2, 2, count)
    made = World(p, np.zeros(count), random.choice(np.array(REGIONS, dtype=object), count, p=(0.5, 0.38, 0.12)), None)
    made.age_band = random.choice(np.array(["young", "old"], dtype=object), count)
    made.time = np.sort(random.random(count)) * HOUR
    often = p if right is None else right(made, random)
    made.truth = (random.random(count) < often).astype(float)
    return made


def baseline(name: str = "roc_auc") -> Baseline:
    known = world(20_000, 1)
    groups = {"region": known.region, "age_band": known.age_band}
    return Baseline(
        schema=1,
        model="credit-risk",
        version="1",
        rows=20_000,
        contract="",
        data="",
        salt=SALT,
        columns=(),
        window_seconds=3600,
        reached=reached({"p": known.p}, known.truth, contract(metrics=(name,)), groups=groups, salt=SALT),
        confidence=confidence(known.p, known.truth),
    )


BASELINE = baseline()


def put(folder: Path, made: World, labelled: Any = None, extra: tuple[dict[str, object], ...] = ()) -> tuple[list[Path], list[Path]]:
    """Files of rows and of labels."""
    count = made.p.size
    ids = [f"r{number}" for number in range(count)]
    columns = {
        "_id": ids,
        "_time": made.time,
        "x": np.zeros(count),
        "region": made.region.tolist(),
        "age_band": made.age_band.tolist(),
        "p": made.p,
    }
    pq.write_table(pa.table(columns), folder / "rows.parquet")
    there = range(count) if labelled is None else np.flatnonzero(labelled).tolist()
    records = [*({"id": ids[at], "label": bool(made.truth[at])} for at in there), *extra]
    (folder / "labels.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return [folder / "rows.parquet"], [folder / "labels.jsonl"]


def looked(
    folder: Path,
    made: World,
    described: Drift,
    *,
    labelled: Any = None,
    of: Contract | None = None,
    by: Baseline = BASELINE,
    now: float = 3 * DAY,
    extra: tuple[dict[str, object], ...] = (),
) -> tuple[dict[tuple[str, str], Finding], Accounting]:
    rows, labels = put(folder, made, labelled, extra)
    found, accounting = concept(rows, read(labels), of or contract(), by, described, start=0, end=HOUR, now=now, minimum=200)
    return {(one.subject, one.method): one for one in found}, accounting


def test_a_calm_window_is_steady(tmp_path: Path) -> None:
    found, accounting = looked(tmp_path, world(4000, 2), drift())
    assert {one.state for one in found.values()} == {"steady"}
    assert sorted(found) == [
        ("age_band", "roc_auc_by_group"),
        ("region", "roc_auc_by_group"),
        ("roc_auc", "adwin"),
        ("roc_auc", "ddm"),
        ("roc_auc", "page_hinkley"),
        ("roc_auc", "roc_auc"),
    ]
    overall = found["roc_auc", "roc_auc"]
    assert overall.low is not None
    assert overall.high is not None
    assert overall.score is not None
    assert overall.low < overall.score < overall.high
    assert overall.rows == 4000
    assert accounting.labels == 4000


@pytest.mark.parametrize("name", ["roc_auc", "log_loss", "f1", "accuracy", "calibration_error", "average_precision"])
def test_answers_that_turn_wrong_are_found_though_requests_are_the_same(tmp_path: Path, name: str) -> None:
    """The very same requests and answers; only what was right differs."""
    by, declared = baseline(name), drift(concept={"metric": name, "drop": 0.03})
    calm, flipped = world(2000, 3), world(2000, 3, lambda made, _: 0.5 + (made.p - 0.5) * 0.2)
    assert (calm.p == flipped.p).all()
    of = contract(metrics=(name,))
    assert looked(tmp_path, calm, declared, of=of, by=by)[0][name, name].state == "steady"
    found = looked(tmp_path, flipped, declared, of=of, by=by)[0][name, name]
    assert found.state == "drifted"
    assert found.effect is not None
    assert found.effect > 0.03
    assert "worse by" in found.why
    assert found.sure
    voting = looked(tmp_path, flipped, drift(concept={"metric": name, "drop": 0.03}, votes={"needed": 2, "of": 3}), of=of, by=by)[0][
        name, name
    ]
    assert (voting.state, voting.sure) == ("drifted", False)


def test_a_group_alone_that_became_worse_is_found(tmp_path: Path) -> None:
    made = world(6000, 4, lambda made, random: np.where(made.region == "east", random.permutation(made.p), made.p))
    found, _ = looked(tmp_path, made, drift(concept={"metric": "roc_auc", "drop": 0.1}))
    assert found["roc_auc", "roc_auc"].state == "steady"
    one = found["region", "roc_auc_by_group"]
    assert (one.state, one.segment) == ("drifted", segment_of(SALT, "east"))
    assert "the worst of 3 groups" in one.why
    assert one.sure
    assert found["age_band", "roc_auc_by_group"].state == "steady"


def test_a_change_within_the_window_is_placed(tmp_path: Path) -> None:
    made = world(4000, 5, lambda made, _: np.where(np.arange(made.p.size) < 2400, made.p, 1 - made.p))
    found, _ = looked(tmp_path, made, drift())
    for detector in ("adwin", "page_hinkley", "ddm"):
        one = found["roc_auc", detector]
        assert one.state == "drifted", detector
        place = int(one.why.split(" after ")[1].split("%")[0])
        assert abs(place - 60) <= 3, one.why


def test_a_rise_is_no_drift_and_nothing_steady_where_nobody_says_what_was(tmp_path: Path) -> None:
    made = world(4000, 5, lambda made, _: np.where(np.arange(made.p.size) < 2400, made.p, 1 - made.p))
    by = msgspec.structs.replace(BASELINE, reached=())
    found, _ = looked(tmp_path, made, drift(), by=by, of=contract(reference=None))
    assert state_of(found.values(), "concept") == "unknown"
    assert {found["roc_auc", name].state for name in ("roc_auc", "adwin", "page_hinkley", "ddm")} == {"unknown"}
    assert found["roc_auc", "adwin"].why.endswith("what roc_auc was is not known")
    assert state_of(looked(tmp_path, world(2000, 3), drift(), by=by, of=contract(reference=None))[0].values(), "concept") == "unknown"


def test_errors_that_are_larger_in_every_evening_are_no_drift(tmp_path: Path) -> None:
    """As much worse in the second half as better in the first, and as right as ever in all."""

    def evening(made: World, random: Any) -> Floats:
        first = np.arange(made.p.size) < made.p.size / 2
        return np.where(first, np.where(made.p > 0.5, 1, made.p * 0.6), made.p * 0.5 + 0.15)

    made = world(4000, 28, evening)
    declared = drift(concept={"metric": "brier", "drop": 0.02})
    found, _ = looked(tmp_path, made, declared, of=contract(metrics=("brier",)), by=baseline("brier"))
    assert found["brier", "brier"].state == "steady"
    assert found["brier", "adwin"].state == "steady"
    assert "errors rise from" in found["brier", "adwin"].why
    assert "brier is not worse than is accepted" in found["brier", "adwin"].why


def test_order_of_files_is_nothing(tmp_path: Path) -> None:
    made = world(2000, 6, lambda made, _: np.where(np.arange(made.p.size) < 1000, made.p, 1 - made.p))
    first, _ = looked(tmp_path, made, drift())
    rows = pq.read_table(tmp_path / "rows.parquet")
    order = np.random.default_rng(7).permutation(2000)
    pq.write_table(rows.take(pa.array(order)), tmp_path / "rows.parquet")
    again, _ = concept(
        [tmp_path / "rows.parquet"],
        read([tmp_path / "labels.jsonl"]),
        contract(),
        BASELINE,
        drift(),
        start=0,
        end=HOUR,
        now=3 * DAY,
        minimum=200,
    )
    assert {(one.subject, one.method): one for one in again} == first


def test_labels_that_are_not_due_or_too_few_say_nothing(tmp_path: Path) -> None:
    made = world(1000, 8)
    early, accounting = looked(tmp_path, made, drift(), now=HOUR)
    assert early["roc_auc", "roc_auc"].state == "unknown"
    assert early["roc_auc", "roc_auc"].why == "no label is due yet"
    assert (accounting.labels, accounting.labels_missing) == (0, 0)
    few, accounting = looked(tmp_path, made, drift(), labelled=np.arange(1000) < 150)
    assert few["roc_auc", "roc_auc"].why == "150 labels are there, 200 are needed; 1,000 are due"
    assert (accounting.labels, accounting.labels_missing) == (150, 850)
    assert sorted(few) == [("roc_auc", "roc_auc"), ("roc_auc", "roc_auc_estimated")]


def test_without_labels_it_is_estimated_and_no_alarm(tmp_path: Path) -> None:
    calm = looked(tmp_path, world(3000, 9), drift(), now=HOUR)[0]["roc_auc", "roc_auc_estimated"]
    assert (calm.estimated, calm.state) == (True, "steady")
    harder = world(3000, 9)
    harder.p = 0.4 + harder.p * 0.2
    found = looked(tmp_path, harder, drift(), now=HOUR)[0]["roc_auc", "roc_auc_estimated"]
    assert (found.estimated, found.state) == (True, "unknown")
    assert "labels will tell, this is no alarm" in found.why


def test_labels_of_other_answers_than_those_without_are_not_the_metric_of_all(tmp_path: Path) -> None:
    made = world(3000, 10)
    by_chance, _ = looked(tmp_path, made, drift(), labelled=np.random.default_rng(1).random(3000) < 0.5)
    assert by_chance["roc_auc", "roc_auc"].state == "steady"
    assert "labels are there for 5" in by_chance["roc_auc", "roc_auc"].why
    only_high, _ = looked(tmp_path, made, drift(), labelled=made.p > 0.4)
    assert only_high["roc_auc", "roc_auc"].state == "unknown"
    assert "not the metric of all" in only_high["roc_auc", "roc_auc"].why
    # Nor is it known of groups or of the time within the window: of high answers alone each is ranked worse.
    assert {one.state for one in only_high.values()} == {"unknown"}
    assert state_of(only_high.values(), "concept") == "unknown"


def test_what_is_not_declared_is_unknown_with_what_to_declare(tmp_path: Path) -> None:
    made = world(400, 11)
    odd = looked(tmp_path, made, drift(concept={"metric": "lift_at_7", "drop": 0.1}))[0]["lift_at_7", "lift_at_7"]
    assert odd.state == "unknown"
    assert "name one of roc_auc" in odd.why
    nothing = msgspec.structs.replace(BASELINE, reached=())
    told = looked(tmp_path, made, drift(), by=nothing)[0]["roc_auc", "roc_auc"]
    assert told.state == "steady"  # by the contract's reference
    silent = looked(tmp_path, made, drift(), by=nothing, of=contract(reference=None))[0]["roc_auc", "roc_auc"]
    assert (silent.state, "--labels COLUMN" in silent.why) == ("unknown", True)
    made.p = made.p * 9
    beyond = looked(tmp_path, made, drift(concept={"metric": "log_loss", "drop": 0.1}))[0]["log_loss", "log_loss"]
    assert (beyond.state, "beyond 0 to 1" in beyond.why) == ("unknown", True)


def test_no_requests_are_unknown() -> None:
    found, accounting = concept([], read([]), contract(), BASELINE, drift(), start=0, end=HOUR, now=3 * DAY, minimum=200)
    assert [one.state for one in found] == ["unknown"]
    assert accounting == Accounting()


def test_what_could_not_be_read_is_told(tmp_path: Path) -> None:
    bad: tuple[dict[str, object], ...] = (
        {"id": "r1"},
        {"id": "r2", "label": "perhaps"},
        {"id": "nobody", "label": 1},
        {"id": "r3", "label": 7},
    )
    found, accounting = looked(tmp_path, world(100, 12), drift(), extra=bad)
    assert (accounting.unparsable, accounting.labels_unknown, accounting.labels_twice) == (2, 1, 1)
    assert "2 records of labels could not be read" in found["roc_auc", "roc_auc"].why
    (tmp_path / "cut.parquet").write_bytes(b"PAR1")
    rows, labels = put(tmp_path, world(1000, 12))
    one = concept(
        rows, read([*labels, tmp_path / "cut.parquet"]), contract(), BASELINE, drift(), start=0, end=HOUR, now=3 * DAY, minimum=200
    )[0][0]
    assert (one.state, one.why.endswith("; 1 files of labels could not be read whole")) == ("steady", True)


def test_parity_between_groups(tmp_path: Path) -> None:
    declared = drift(parity={"group": "age_band", "metric": "recall", "gap": 0.1})
    calm, _ = looked(tmp_path, world(3000, 13), declared)
    assert calm["age_band", "recall"].state == "steady"

    def unfair(made: World, random: Any) -> Floats:
        return np.where((made.age_band == "old") & (made.p < 0.5), 0.5, made.p)

    unsure = looked(tmp_path, world(3000, 13, unfair), declared)[0]["age_band", "recall"]
    assert unsure.score is not None
    assert unsure.threshold is not None
    assert (unsure.state, 0.1 < unsure.score < unsure.threshold) == ("steady", True)
    found = looked(tmp_path, world(8000, 13, unfair), declared)[0]["age_band", "recall"]
    assert (found.watch, found.state, found.segment) == ("parity", "drifted", segment_of(SALT, "old"))
    assert found.low is not None
    assert found.high is not None
    assert found.score is not None
    assert 0.1 < found.low < found.score < found.high
    assert not found.sure
    large = looked(tmp_path, world(30_000, 13, unfair), declared)[0]["age_band", "recall"]
    assert (large.state, large.sure) == ("drifted", True)
    shown = looked(tmp_path, world(3000, 13, unfair), declared, of=contract(shown=True))[0]["age_band", "recall"]
    assert shown.segment == "old"
    assert "old" not in found.why.split()


def test_a_tiny_group_fakes_no_gap(tmp_path: Path) -> None:
    made = world(3000, 14)
    made.age_band[:25] = "rare"
    made.p[:25] = 0.01
    declared = Drift.model_validate({"window": "1h", "parity": {"group": "age_band", "metric": "selection_rate", "gap": 0.1}})
    found, accounting = looked(tmp_path, made, declared, labelled=np.zeros(3000))
    assert accounting == Accounting()
    one = found["age_band", "selection_rate"]
    assert one.state == "steady"
    assert "2 groups are compared; 1 more have too few rows" in one.why
    made.age_band[:60] = "rare"
    made.p[:60] = np.where(np.arange(60) % 4 == 0, 0.9, 0.01)
    large = looked(tmp_path, made, declared)[0]["age_band", "selection_rate"]
    assert large.score is not None
    assert large.threshold is not None
    assert large.score < large.threshold


def test_parity_without_what_it_needs_is_unknown(tmp_path: Path) -> None:
    made = world(300, 15)
    made.age_band = np.array(["elsewhere"] * 300, dtype=object)
    declared = Drift.model_validate({"window": "1h", "parity": {"group": "age_band", "metric": "selection_rate", "gap": 0.1}})
    assert looked(tmp_path, made, declared)[0]["age_band", "selection_rate"].why == "0 rows are of a known group, 200 are needed"
    other = contract(club={"type": "text", "values": ("a", "b")}, free={"type": "text"})
    for group, why in (("club", "no request has club"), ("free", "who would be compared is not known")):
        named = Drift.model_validate({"window": "1h", "parity": {"group": group, "metric": "selection_rate", "gap": 0.1}})
        assert why in looked(tmp_path, made, named, of=other)[0][group, "selection_rate"].why


def test_no_value_of_a_row_is_told(tmp_path: Path) -> None:
    made = world(1000, 16)
    made.region[:400], made.age_band[400:800] = PLANTED[0], PLANTED[1]
    extra: tuple[dict[str, object], ...] = (
        {"id": PLANTED[0], "label": PLANTED[1]},
        {"id": "r1", "label": PLANTED[2]},
        {"id": "r2", "label": PLANTED[1]},
    )
    for labelled in (None, np.arange(1000) < 100):
        declared = drift(parity={"group": "age_band", "metric": "recall", "gap": 0.01})
        found, accounting = looked(tmp_path, made, declared, labelled=labelled, extra=extra)
        written = msgspec.json.encode([*found.values(), accounting]).decode()
        assert not [
            part
            for value in (*PLANTED, *REGIONS, "young", "old")
            for part in value.split()
            if f"{part}" in written.replace("threshold", "")
        ]


@pytest.mark.parametrize(("count", "seed"), [(50, 21), (400, 22), (5000, 23)])
def test_calm_windows_are_calm_at_every_size(count: int, seed: int) -> None:
    """At a level of 2 %: no more windows than that, and a real loss is seen the better the more rows there are."""
    known = BASELINE.reached[0]
    one = metric("roc_auc")
    error = of_reference(known, one.scale)
    drifted = {}
    for name, right in (("calm", None), ("worse", lambda made, _: 0.5 + (made.p - 0.5) * 0.5)):
        pool = world(count * 300, seed, right)
        parts = [slice(at, at + count) for at in range(0, count * 300, count)]
        now = [measured(one, pool.truth[part], pool.p[part]) for part in parts]
        drifted[name] = np.mean([judged(one, each, known.value, error, 0.03, 0.02).drifted for each in now])
    assert drifted["calm"] <= 0.03
    assert drifted["worse"] >= {50: 0.15, 400: 0.9, 5000: 1}[count]


def test_a_loss_has_to_be_large_and_no_chance() -> None:
    one = metric("roc_auc")

    def at(value: float, error: float) -> Judged:
        return judged(one, Measured(value, 400, error, 150, "logit", 0, 1), 0.8, 0.0, 0.04, 0.01)

    assert at(0.75, 0.05).drifted
    assert at(0.75, 0.05).chance < 0.01
    small = at(0.77, 0.01)
    assert (small.drifted, small.chance < 0.01) == (False, True)
    assert small.loss == pytest.approx(0.03)
    # No chance where there is no loss, but it may be where half of the drop is lost.
    assert not at(0.75, 0.09).drifted
    assert chance(one, Measured(0.75, 400, 0.09, 150, "logit", 0, 1), 0.8, 0.0) < 0.01
    for error in (0.02, 0.09):
        limit = at(0.75, error).limit
        assert (at(limit - 1e-6, error).drifted, at(limit + 1e-6, error).drifted) == (True, False)


def test_few_rows_are_no_calibration_error(tmp_path: Path) -> None:
    declared = drift(concept={"metric": "calibration_error", "drop": 0.02})
    by = baseline("calibration_error")
    found = looked(tmp_path, world(300, 29), declared, of=contract(metrics=("calibration_error",)), by=by)[0]
    one = found["calibration_error", "calibration_error"]
    assert one.score is not None
    assert (one.state, one.score > by.reached[0].value + 0.02) == ("steady", True)


def test_what_was_miscalibrated_before_is_no_loss() -> None:
    later = world(5000, 30)
    often = [(said, max(said - 0.1, 0), rows) for said, _, rows in BASELINE.confidence]
    one = metric("calibration_error")
    assert calibration_by_chance(one, later.p, BASELINE.confidence)[0] < 0.03
    assert calibration_by_chance(one, later.p, often)[0] == pytest.approx(0.095, abs=0.01)
    assert calibration_by_chance(one, later.p, ())[0] < 0.03


def test_a_rise_by_chance_is_as_rare_as_it_says() -> None:
    random = np.random.default_rng(24)
    chances = [rise((random.random(500) < 0.2).astype(float))[1] for _ in range(1000)]
    for level in (0.05, 0.01):
        assert 0.4 * level <= np.mean(np.array(chances) < level) <= 1.3 * level + 0.003
    assert rise(np.ones(30)) == (0, 1.0)


def test_rows_of_one_request_are_one_error() -> None:
    random = np.random.default_rng(25)
    wrong = (random.random(60) < np.repeat((0.1, 0.3), 30)).astype(float)
    alone = changes(wrong, wrong, np.arange(60))
    often = np.repeat(np.arange(60), 40)
    assert [one.chance for one in changes(wrong[often], wrong[often], often)] == pytest.approx([one.chance for one in alone])


def test_a_long_window_is_looked_at_in_parts() -> None:
    random = np.random.default_rng(26)
    wrong = (random.random(120_000) < np.repeat((0.1, 0.2), 60_000)).astype(float)
    for change in changes(wrong, wrong, np.arange(120_000)):
        assert change.since == pytest.approx(0.5, abs=0.02)
        assert change.chance < 1e-9


def test_estimates_are_near_the_truth_where_probabilities_come_true_as_before() -> None:
    later = world(20_000, 27)
    for name, cut in (("roc_auc", False), ("log_loss", False), ("brier", False), ("recall", True), ("precision", True), ("accuracy", True)):
        one = metric(name)
        given = (later.p >= 0.5).astype(float) if cut else later.p
        true = measured(one, later.truth, given).value
        guess = estimate(one, later.p, BASELINE.confidence, cut=cut, requests=np.arange(20_000)).value
        assert guess == pytest.approx(true, abs=0.015), name


def test_what_came_true_never_falls() -> None:
    said = came_true([(0.1, 0.2, 100), (0.2, 0.1, 100), (0.9, 0.8, 50)], np.linspace(0, 1, 50))
    assert (np.diff(said) >= 0).all()
    assert said[0] == pytest.approx(0.15)
