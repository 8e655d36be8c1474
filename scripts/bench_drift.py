"""How drift is found, beside what others do, and what counting many rows costs; scripts/bench.py makes a part of docs/benchmarks.md of it.

`python -m scripts.bench_drift` measures on the cases in tests/monitoring/drift/benchmark that nothing is tuned by, which takes half an
hour, and writes docs/benchmarks-drift.json; `… cost ROWS` prints what counting so many rows costs, and the largest that Evidently manages.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from scripts.evidently import environment, interpreter

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "benchmarks-drift.json"
BENCHMARK = "tests.monitoring.drift.benchmark"
WORKER = ROOT / "tests" / "monitoring" / "drift" / "benchmark" / "evidently_worker.py"
ROWS = 10_000_000
BESIDE = (100_000, 300_000, 1_000_000, 3_000_000, ROWS)
"""Rows that Evidently is tried with, until it needs more than it may."""
PATIENCE = 600
"""Seconds that it may take."""
MEMORY = 12
"""GiB that it may take, so that the machine lives on."""

Figures = Mapping[str, Any]


def made(rows: int, folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", f"{BENCHMARK}.counting_cost", "made", str(folder), str(rows)], cwd=ROOT, check=True)
    return folder


def ours(folder: Path, what: str = "counted") -> tuple[float, float]:
    """Seconds on the clock, and MiB."""
    command = [sys.executable, "-m", f"{BENCHMARK}.counting_cost", what, str(folder)]
    return _two(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


def theirs(folder: Path) -> tuple[float, float] | None:
    """The same of Evidently's report by default; None where it takes too long or too much memory."""
    files = [str(folder / f"{name}.parquet") for name in ("reference", "window")]
    command = [str(interpreter()), str(WORKER), *files, str(MEMORY)]
    try:
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return None
    return _two(done.stdout) if done.returncode == 0 else None


def _two(said: str) -> tuple[float, float]:
    one, other = said.split()
    return float(one), float(other)


@cache
def counting(rows: int = ROWS) -> tuple[float, float]:
    """Seconds and MiB that counting a window of so many rows takes."""
    with tempfile.TemporaryDirectory(prefix="modelway-bench-") as name:
        return ours(made(rows, Path(name)))


@cache
def beside(most: int = ROWS) -> tuple[int, float]:
    """The most rows that Evidently manages, and our seconds for the same, from files to findings, to its."""
    found: tuple[int, float] | None = None
    for rows in BESIDE:
        if rows > most:
            break
        with tempfile.TemporaryDirectory(prefix="modelway-bench-") as name:
            folder = made(rows, Path(name))
            there = theirs(folder)
            if there is None:
                break
            found = rows, ours(folder, "looked")[0] / there[0]
            print(f"{rows:,} rows: Evidently {there[0]:.1f} s and {there[1]:.0f} MiB, ours to it {found[1]:.3f}", file=sys.stderr)
    if found is None:
        raise RuntimeError(f"Evidently does not manage {BESIDE[0]:,} rows")
    return found


SYSTEMS = {
    "modelway": "Modelway, 2 windows of 3 (default)",
    "tests": "p < 0.05 of any column",
    "tests, votes": "p < 0.05 of any column, 2 windows of 3",
    "evidently": "Evidently, any column",
    "evidently, votes": "Evidently, any column, 2 windows of 3",
    "evidently, half": "Evidently, half of the columns, as for data as a whole",
}


def section(found: Figures) -> str:
    """The part of docs/benchmarks.md."""
    changed = [case for case in found["cases"] if not case["calm"]]
    about = (
        f"Taken by `scripts/bench_drift.py` on {found['day']}: {len(found['cases'])} cases of real and seeded rows that nothing was tuned "
        f"by (tests/monitoring/drift/benchmark/held_out.toml; those to tune by are beside it), {len(found['seeds'])} seeds each. In "
        f"{len(changed)} of them something changes. *Found*: an alarm is about what has changed. *Windows until then*: 1 is the first one "
        "after the change; what is not found counts as found in the window after the last. *False alarms*: those that begin in a month of "
        f"windows of a day that differ by chance alone. We were told to accept {found['budget']}, the default; others have no budget to be "
        "told. An alarm that does not end begins once, so the last column says how many of these windows have one."
    )
    lines = [
        "## Drift",
        "",
        about,
        "",
        *_systems(found),
        "",
        *_hourly(found),
        "### Where we are not better",
        "",
        _WORSE,
        "",
        *_worse(found),
        "",
    ]
    return "\n".join([*lines, "### Case by case", "", _CASES, "", *_cases(changed), ""])


_WORSE = (
    "Two of three windows cannot agree in the first one after a change, unless an earlier one was counted when nothing had changed: who "
    "is wrong more often is sooner by that."
)
_CASES = "Seeds in which the change is found, and windows until then on average."


def _hourly(found: Figures) -> Iterator[str]:
    one = found.get("hourly")
    if one is not None:
        yield (
            f"The same budget and windows of an hour with {one['rows']} rows: {one['alarms']:.2f} of our false alarms a month, in "
            f"{one['windows']:,} windows."
        )
        yield ""


def _systems(found: Figures) -> Iterator[str]:
    sizes = list(found["calm"])
    alarms = " | ".join(f"false alarms, {int(size):,} rows" for size in sizes)
    yield f"| | found | windows until then | {alarms} | windows in alarm by chance |"
    yield "|---|---|---|" + "---|" * (len(sizes) + 1)
    for name, title in SYSTEMS.items():
        one = found["systems"][name]
        calm = [found["calm"][size][name] for size in sizes]
        alarms = " | ".join(f"{each['alarms']:.2f}" for each in calm)
        chance = sum(each["alarmed"] * each["windows"] for each in calm) / sum(each["windows"] for each in calm)
        yield f"| {title} | {one['recall']:.0%} | {one['delay']:.2f} | {alarms} | {chance:.1%} |"


def _worse(found: Figures) -> Iterator[str]:
    """Everything in which somebody else has a better figure."""
    mine = found["systems"]["modelway"]
    said = []
    for name, title in list(SYSTEMS.items())[1:]:
        one = found["systems"][name]
        where = [size for size in found["calm"] if found["calm"][size][name]["alarms"] < found["calm"][size]["modelway"]["alarms"]]
        said += [
            f"- {title}: finds {one['recall']:.0%}, we {mine['recall']:.0%}." if one["recall"] > mine["recall"] else "",
            f"- {title}: {one['delay']:.2f} windows, we {mine['delay']:.2f}." if one["delay"] < mine["delay"] else "",
            f"- {title}: fewer false alarms at {', '.join(f'{int(size):,}' for size in where)} rows." if where else "",
        ]
    for size, systems in found["calm"].items():
        over = systems["modelway"]["alarms"] / found["budget"]
        said.append(f"- {int(size):,} rows: {over:.2f} times as many false alarms as declared." if over > 1 else "")
    said += [line for case in found["cases"] for line in _worse_in(case)]
    yield from [line for line in said if line] or ["Nowhere in this table."]


def _worse_in(case: Figures) -> Iterator[str]:
    """By whom a change is found more often; or by whom with the same votes sooner, where both always find it."""
    delays: Mapping[str, list[int | None]] = case["delays"]
    mine = delays.get("modelway", [])
    if better := [SYSTEMS[name] for name, others in delays.items() if _found(others) > _found(mine)]:
        yield f"- {case['name']}: found more often by {'; '.join(better)}."
    sooner = [
        name for name, others in delays.items() if name.endswith("votes") and None not in [*mine, *others] and _sum(others) < _sum(mine)
    ]
    if sooner:
        others = " and ".join(f"{_sum(delays[name]) / len(mine):.1f} by {SYSTEMS[name]}" for name in sooner)
        yield f"- {case['name']}: found after {_sum(mine) / len(mine):.1f} windows, {others}."


def _sum(delays: list[int | None]) -> int:
    return sum(delay or 0 for delay in delays)


def _found(delays: list[int | None]) -> int:
    return sum(delay is not None for delay in delays)


def _cases(changed: list[dict[str, Any]]) -> Iterator[str]:
    shown = ("modelway", "tests, votes", "evidently, votes")
    yield "| what changes | kind | rows | Modelway | p < 0.05, 2 of 3 | Evidently, 2 of 3 |"
    yield "|---|---|---|---|---|---|"
    for case in changed:
        figures = " | ".join(_shown(case["delays"][name]) for name in shown)
        rows = f"{case['rows']:,}" if case["rows"] else "a day"
        yield f"| {case['name']} | {case['kind']} | {rows} | {figures} |"


def _shown(delays: list[int | None]) -> str:
    there = [delay for delay in delays if delay is not None]
    return f"{len(there)} of {len(delays)}, {sum(there) / len(there):.1f}" if there else f"0 of {len(delays)}"


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["cost"]:
        rows = int(arguments[1])
        seconds, memory = counting(rows)
        print(f"{rows:,} rows: {seconds:.1f} s, {memory:.0f} MiB")
        most, ratio = beside(rows)
        print(f"{most:,} rows, ours to Evidently's: {ratio:.3f}")
        return 0
    command = [sys.executable, "-m", f"{BENCHMARK}.measuring", str(RESULTS), str(interpreter(lambda said: print(said, file=sys.stderr)))]
    subprocess.run(command, cwd=ROOT, env=environment(), check=True)
    found = json.loads(RESULTS.read_text("utf-8")) | {"day": datetime.now(UTC).date().isoformat()}
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    # Which imports this.
    from scripts.bench import write_page

    write_page()
    print(section(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
