"""How ours and others do: what they find, how soon, and how often they raise an alarm where nothing has changed.

`python -m tests.monitoring.drift.benchmark.measuring FILE [INTERPRETER]` writes what scripts/bench_drift.py makes a table of; the
interpreter is that of Evidently's environment, and without it the rules are those that rivals.py has written down.
`… measuring tuned` prints what becomes of the cases to tune by, and no other; `… measuring alike INTERPRETER` in how many windows these
rules and Evidently differ.
"""

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelway.monitoring.drift.budget import MONTH
from tests.monitoring.drift.benchmark import ours
from tests.monitoring.drift.benchmark.cases import HOUR, SIZES, Case, Drawn, calm, cases, drawn
from tests.monitoring.drift.benchmark.rivals import Judge, Said, evidently, like_evidently, tested

VOTES = 2, 3
SEEDS = (11, 12)
"""Of cases. Nobody looked at these while anything was tuned: that is done with seed 1."""
CALM_SEEDS = range(21, 26)
"""One for each reference."""
CALM_WINDOWS = 120
"""Of each reference, for ours."""
BESIDE = range(21, 22), 80
"""References and windows of each for rivals, which take their time: 320 windows of each size."""

HOURLY = 400, 240
"""Rows, and windows of each reference, of windows of an hour."""


@dataclass(frozen=True)
class Outcome:
    """Of one system on one case by one seed."""

    system: str
    case: Case
    delay: int | None
    """Windows from the change to the first alarm that names what has changed, 1 where it is the first one; None where none does."""
    calm: int
    """Windows in which nothing has changed."""
    alarmed: int
    """Those of them with an alarm."""
    begun: int
    """Alarms that began in them."""


Run = Sequence[frozenset[str] | None]
"""Of each window, what an alarm is about; None where there is none."""


def ours_on(case: Case, rows: Drawn) -> Run:
    contract, drift = ours.contract_of(case, rows.reference), ours.drift_of(case)
    baseline = ours.baseline_of(case, rows.reference)
    windows = zip(rows.windows, rows.starts, strict=True)
    return ours.told([ours.looked(case, window, start, baseline, contract, drift) for window, start in windows], drift)


def rival_on(judge: Judge, rows: Drawn) -> list[Said]:
    """Rivals look at everything that is there, labels and answers too."""
    columns = [name for name in rows.reference if name != "_time"]
    return [judge(rows.reference, window, columns) for window in rows.windows]


def as_it_is(said: Sequence[Said]) -> Run:
    """An alarm in each window that has a column that drifted."""
    return [one.named or None for one in said]


def by_votes(said: Sequence[Said]) -> Run:
    """The same, where two of three windows have to agree as they do with us."""
    needed, of = VOTES
    voting = [[one.named for one in said[max(0, at + 1 - of) : at + 1]] for at in range(len(said))]
    return [frozenset().union(*names) if sum(map(bool, names)) >= needed else None for names in voting]


def by_half(said: Sequence[Said]) -> Run:
    """Evidently's own rule for data as a whole: at least half of the columns."""
    return [one.named if one.share >= 0.5 else None for one in said]


def runs(case: Case, rows: Drawn, judge: Judge) -> Iterator[tuple[str, Run]]:
    """What each system makes of the rows."""
    yield "modelway", ours_on(case, rows)
    yield from rivals(rows, judge)


def rivals(rows: Drawn, judge: Judge) -> Iterator[tuple[str, Run]]:
    said = rival_on(tested, rows)
    yield from (("tests", as_it_is(said)), ("tests, votes", by_votes(said)))
    said = rival_on(judge, rows)
    yield from (("evidently", as_it_is(said)), ("evidently, votes", by_votes(said)), ("evidently, half", by_half(said)))


def outcome(system: str, case: Case, run: Run, changed: int | None) -> Outcome:
    """An alarm counts as a find where it is about what has changed."""
    quiet = len(run) if changed is None else changed
    alarms = [told is not None for told in run[:quiet]]
    begun = sum(now and not before for before, now in zip([False, *alarms], alarms, strict=False))
    delay = next((at for at, told in enumerate(run[quiet:], 1) if told is not None and told & case.named), None)
    return Outcome(system, case, delay, quiet, sum(alarms), begun)


def outcomes(chosen: Iterable[Case], seeds: Sequence[int], judge: Judge) -> Iterator[Outcome]:
    for case in chosen:
        started = time.monotonic()
        for seed in seeds:
            rows = drawn(case, seed)
            for system, run in runs(case, rows, judge):
                yield outcome(system, case, run, rows.changed)
        sys.stderr.write(f"{case.name}: {time.monotonic() - started:.1f} s\n")


def recall(found: Iterable[Outcome]) -> float:
    """Share of the changes that were found."""
    changes = [one for one in found if not one.case.calm]
    return sum(one.delay is not None for one in changes) / max(len(changes), 1)


def delay(found: Iterable[Outcome]) -> float:
    """Windows until a change is found, on average; one that is not found counts as found in the window after the last."""
    changes = [one for one in found if not one.case.calm]
    return sum(one.case.after + 1 if one.delay is None else one.delay for one in changes) / max(len(changes), 1)


def a_month(found: Iterable[Outcome]) -> float:
    """Alarms that begin in a month of windows in which nothing has changed."""
    listed = list(found)
    return sum(one.begun for one in listed) / max(sum(one.calm * one.case.window for one in listed), 1) * MONTH


def alarmed(found: Iterable[Outcome]) -> float:
    """Share of the windows in which nothing has changed that have an alarm."""
    listed = list(found)
    return sum(one.alarmed for one in listed) / max(sum(one.calm for one in listed), 1)


def by_system(found: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    sorted_: dict[str, list[Outcome]] = defaultdict(list)
    for one in found:
        sorted_[one.system].append(one)
    return dict(sorted_)


def quiet(chosen: Iterable[Case]) -> Iterator[Outcome]:
    """Of ours alone, for each reference."""
    for case in chosen:
        for seed in CALM_SEEDS:
            rows = drawn(case, seed)
            yield outcome("modelway", case, ours_on(case, rows), rows.changed)


def quiet_beside(size: int, judge: Judge) -> Iterator[Outcome]:
    seeds, windows = BESIDE
    for case in calm(size, windows, held_out=True):
        for seed in seeds:
            rows = drawn(case, seed)
            for system, run in rivals(rows, judge):
                yield outcome(system, case, run, rows.changed)


@contextmanager
def judged_by(interpreter: str | None) -> Iterator[Judge]:
    if interpreter is None:
        yield like_evidently
    else:
        with evidently(Path(interpreter), dict(os.environ)) as judge:
            yield judge


def measured(judge: Judge) -> dict[str, Any]:
    """Everything that the table is made from, of cases that nothing is tuned by."""
    found = list(outcomes(cases(held_out=True), SEEDS, judge))
    sizes = {}
    for size in SIZES:
        still = [*quiet(calm(size, CALM_WINDOWS, held_out=True)), *quiet_beside(size, judge)]
        sizes[str(size)] = {name: _calm(listed) for name, listed in by_system(still).items()}
        sys.stderr.write(f"{size} rows: {sizes[str(size)]}\n")
    size, windows = HOURLY
    hourly = _calm(list(quiet(calm(size, windows, held_out=True, window=HOUR))))
    return {
        "budget": ours.BUDGET,
        "seeds": list(SEEDS),
        "cases": [_case(one, [two for two in found if two.case == one]) for one in cases(held_out=True)],
        "systems": {name: _system(listed) for name, listed in by_system(found).items()},
        "calm": sizes,
        "hourly": {"rows": size, **hourly},
    }


def _case(case: Case, found: Sequence[Outcome]) -> dict[str, Any]:
    systems: Mapping[str, Sequence[Outcome]] = by_system(found)
    delays = {name: [one.delay for one in listed] for name, listed in systems.items()}
    return {
        "name": case.name,
        "kind": case.kind,
        "rows": case.rows,
        "calm": case.calm,
        "delays": {} if case.calm else delays,
        "begun": {name: sum(one.begun for one in listed) for name, listed in systems.items()},
        "windows": sum(one.calm for one in systems["modelway"]),
    }


def _system(found: Sequence[Outcome]) -> dict[str, float]:
    return {
        "recall": round(recall(found), 4),
        "delay": round(delay(found), 3),
        "alarms": round(a_month(found), 3),
        "alarmed": round(alarmed(found), 4),
    }


def _calm(found: Sequence[Outcome]) -> dict[str, float]:
    return {"windows": sum(one.calm for one in found), "alarms": round(a_month(found), 3), "alarmed": round(alarmed(found), 4)}


def _tuned() -> None:
    for name, listed in by_system(outcomes(cases(held_out=False), (1,), like_evidently)).items():
        missed = [one.case.name for one in listed if not one.case.calm and one.delay is None]
        early = [one.case.name for one in listed if one.begun]
        sys.stdout.write(f"{name}: {_system(listed)}; missed {missed}; alarms in {early}\n")
    for size in SIZES:
        sys.stdout.write(f"{size} rows: {_calm(list(quiet(calm(size, 60, held_out=False))))}\n")


def _alike(interpreter: str) -> None:
    windows = differ = 0
    with judged_by(interpreter) as judge:
        for case in cases():
            rows = drawn(case, 1)
            windows += len(rows.windows)
            differ += sum(one != other for one, other in zip(rival_on(judge, rows), rival_on(like_evidently, rows), strict=True))
    sys.stdout.write(f"{differ} of {windows} windows differ\n")


def main(arguments: list[str]) -> None:
    if arguments == ["tuned"]:
        _tuned()
        return
    if arguments[0] == "alike":
        _alike(arguments[1])
        return
    with judged_by(arguments[1] if arguments[1:] else None) as judge:
        found = measured(judge)
    Path(arguments[0]).write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
