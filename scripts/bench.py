"""Measures what docs/benchmarks.md shows, and writes it with the machine's size beside it.

`python -m scripts.bench` runs the quick measures; names choose some; `all` adds the ones that take many minutes (`fresh`, `tests`,
`drift`). How drift is found is measured by `python -m scripts.bench_drift`.
Figures are of one machine on one day: seconds say what to expect, ratios and counts are what to compare.
"""

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import psutil

from localcloud.cloud import LocalCloud
from modelway.architecture import load
from scripts import bench_drift, mutation
from scripts.bench_report import reporting
from scripts.many_models import write_environment
from scripts.many_stacks import write_repository

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
RESULTS = ROOT / "docs" / "benchmarks.json"
NOTES = ROOT / "scripts" / "bench_notes.txt"
"""What stands below the table."""
MODELWAY = str(Path(sys.prefix) / "bin" / "modelway")


@dataclass(frozen=True)
class Measure:
    """One figure: what it is, the most it may be, and how it is taken."""

    title: str
    limit: float
    unit: str
    take: Callable[[], float]
    slow: bool = False


def timed(command: list[str], *, folder: Path = ROOT, env: dict[str, str] | None = None) -> float:
    started = time.monotonic()
    subprocess.run(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno(), check=True)
    return time.monotonic() - started


def best(command: list[str], rounds: int = 9) -> float:
    """Median of `rounds` runs after one that warms the files up; bytecode is allowed, as on a user's machine."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    taken = sorted(timed(command, env=env) for _ in range(rounds + 1))
    return taken[rounds // 2]


def clone(folder: Path) -> Path:
    target = folder / "modelway"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(target)], check=True)
    return target


def fresh_demo() -> float:
    """A clone, an empty per-user cache, empty Go caches, an empty package cache."""
    folder = Path(tempfile.mkdtemp(prefix="modelway-bench-"))
    env = {
        **os.environ,
        "XDG_CACHE_HOME": str(folder / "cache"),
        "GOMODCACHE": str(folder / "mod"),
        "GOCACHE": str(folder / "go"),
        "UV_CACHE_DIR": str(folder / "uv"),
    }
    target = clone(folder)
    try:
        return timed(["make", "demo"], folder=target, env=env)
    finally:
        subprocess.run([str(target / ".venv" / "bin" / "modelway"), "local", "down"], cwd=target, check=False)
        subprocess.run(["chmod", "-R", "u+w", str(folder)], check=True)  # Go writes its module cache read-only
        shutil.rmtree(folder)


def repeated_demo() -> float:
    timed(["make", "demo"])
    return timed(["make", "demo"])


def cluster_ready() -> float:
    with tempfile.TemporaryDirectory(prefix="modelway-bench-") as folder:
        cloud = LocalCloud(Path(folder) / "local")
        started = time.monotonic()
        try:
            cloud.up(lambda _: None)
            return time.monotonic() - started
        finally:
            cloud.down(lambda _: None)


def variables(name: str) -> dict[str, str]:
    environment = load(ROOT / "stacks" / "environments", name)
    cloud = LocalCloud(ROOT / ".modelway" / "local")
    found = os.environ | cloud.environment(environment.aws.account, environment.aws.region)
    return {key: value for key, value in found.items() if value}  # empty means: unset


def second_up() -> float:
    return timed([MODELWAY, "up", "dev", "--yes"], env=variables("dev"))


def memory() -> float:
    """Summed proportional set size of every process of the local cloud, `local` and `dev` being up; GiB."""
    folder = str(ROOT / ".modelway" / "local")
    total = 0
    for process in psutil.process_iter():
        try:
            if folder in " ".join(process.cmdline()) or folder in process.environ().get("MODELWAY_LOCAL_FOLDER", ""):
                total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total / 2**30


LOADING = """
import sys, time
from pathlib import Path
from modelway.architecture import InvalidArchitecture, load
from modelway.architecture.caching import Cache
folder, cache = Path(sys.argv[1]), Cache(Path(sys.argv[2])) if len(sys.argv) > 2 else None
load
faults = 0
started = time.perf_counter()
try:
    load(folder, "many", cache=cache)
except InvalidArchitecture as invalid:
    faults = len(invalid.faults)
print(time.perf_counter() - started, faults)
"""


def loading(models: int, *, kept: bool = False, fault: bool = False, imports: bool = False, rounds: int = 9) -> float:
    """Median of the seconds that `load` takes in a process of its own; with `imports`, those of the whole process."""
    with tempfile.TemporaryDirectory(prefix="modelway-bench-") as name:
        environments = write_environment(Path(name), models, fault=fault)
        command = [sys.executable, "-c", LOADING, str(environments), *([f"{name}/cache"] if kept else [])]
        # As in the program of a stack and in the verbs.
        env = os.environ | {"PYDANTIC_DISABLE_PLUGINS": "__all__"}
        taken = []
        for _ in range(rounds + 1):
            started = time.monotonic()
            said = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout
            seconds, faults = said.split()
            if int(faults) != fault:
                raise RuntimeError(f"{faults} faults in {models} models")
            taken.append(time.monotonic() - started if imports else float(seconds))
        # The first warms the files up, and fills the cache.
        return statistics.median(taken[1:])


def growth() -> float:
    """How much longer a model takes where there are 5,000 and a fault than where there are 1,000 and none."""
    return loading(5000, fault=True, rounds=3) / loading(1000, rounds=3) / 5


@cache
def affecting(kept: bool) -> float:
    """Seconds of `modelway affected` on 1,000 stacks, of which a change in base touches all; `kept`: after it was asked before."""
    with tempfile.TemporaryDirectory(prefix="modelway-bench-") as name:
        root = write_repository(Path(name))
        with (root / "stacks" / "environments" / "base" / "environment.yaml").open("a", encoding="utf-8") as base:
            base.write("cost_owner: finance@example.com\n")
        env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        taken = []
        for turn in range(6):
            # A cache of its own where nothing is to be known.
            own = env | {"XDG_CACHE_HOME": f"{name}-cache/{0 if kept else turn}"}
            taken.append(timed([MODELWAY, "affected", "--base", "HEAD"], folder=root, env=own))
        shutil.rmtree(f"{name}-cache")
        # The first warms the files up, and fills the cache.
        return statistics.median(taken[1:])


@cache
def recorded() -> tuple[float, float, int]:
    """How reports do on previews of a real engine that nobody tuned by; see scripts/recorded.py."""
    from scripts.recorded import cases, figures, judged

    return figures(judged(case) for case in cases())


@cache
def overheads(what: str) -> list[float]:
    """Ratios that tests/support/overhead.py takes: to the same resources written down by hand, or to what that program imports."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.support.overhead", what]
    return [float(ratio) for ratio in subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()]


@cache
def checking() -> list[float]:
    """The ratio of time and the MiB that tests/support/checking_cost.py takes."""
    command = [sys.executable, "-m", "tests.support.checking_cost"]
    return [float(figure) for figure in subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()]


def pack() -> float:
    """Seconds that the policy pack takes to start and to answer, of tests/support/pack_cost.py."""
    command = [sys.executable, "-m", "tests.support.pack_cost"]
    return sum(float(figure) for figure in subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())


def asked_of_releases(what: str) -> float:
    """Processor seconds to ask a ledger of 10,000 releases, of tests/support/release_cost.py."""
    command = [sys.executable, "-m", "tests.support.release_cost", what]
    return float(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


def untold() -> float:
    """How many of 10,000 random changes of a ledger are not found, of tests/support/tampering.py."""
    command = [sys.executable, "-m", "tests.support.tampering", "10000"]
    return float(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


MEASURES = {
    "fresh": Measure("fresh clone and empty caches to the end of `make demo`", 14 * 60, "s", fresh_demo, slow=True),
    "help": Measure("`modelway --help`", 0.35, "s", lambda: best([MODELWAY, "--help"])),
    "validate": Measure("`modelway validate`, of files that were valid before", 0.35, "s", lambda: best([MODELWAY, "validate"])),
    "load": Measure("1,000 models, base and overrides, with the interpreter", 0.35, "s", lambda: loading(1000, imports=True)),
    "again": Measure("the same files again, with a cache, `load` alone", 0.04, "s", lambda: loading(1000, kept=True)),
    "growth": Measure("5,000 models and a fault, time for each, to that of 1,000 and none", 3, "×", growth),
    "affected-cold": Measure("`modelway affected`, 1,000 stacks all touched, nothing known before", 3, "s", lambda: affecting(kept=False)),
    "affected": Measure("the same again", 1, "s", lambda: affecting(kept=True)),
    "missed": Measure(
        "findings that reports of recorded previews miss, of those that nobody tuned by", 5, "%", lambda: 100 - recorded()[0]
    ),
    "alarms": Measure("false alarms for each hundred recorded previews", 5, "", lambda: recorded()[1]),
    "overhead": Measure(
        "20 endpoints under mocks, processor time, to the same by hand of typed classes", 1.05, "×", lambda: overheads("cpu")[0]
    ),
    "overhead-ordinary": Measure("the same, by hand of the classes that ours uses", 1.05, "×", lambda: overheads("cpu")[1]),
    "overhead-alike": Measure("the same, also waited for in our way", 1.05, "×", lambda: overheads("cpu")[2]),
    "imports": Measure("imports for 1 cluster and 20 endpoints, to the typed program's, time", 0.8, "×", lambda: overheads("imports")[0]),
    "import-memory": Measure("the same, memory", 0.8, "×", lambda: overheads("imports")[1]),
    "checks": Measure(
        "10 million rows against a contract, processor time, to DuckDB's min and max of them", 1.5, "×", lambda: checking()[0]
    ),
    "checks-memory": Measure("the same, memory", 512, "MiB", lambda: checking()[1]),
    "drift": Measure(
        "10 million rows of 50 columns counted, as a look for drift does it", 20, "s", lambda: bench_drift.counting()[0], slow=True
    ),
    "drift-memory": Measure("the same, memory", 2048, "MiB", lambda: bench_drift.counting()[1], slow=True),
    "drift-beside": Measure(
        "a look for drift at the most rows that Evidently manages, to its report of them",
        0.2,
        "×",
        lambda: bench_drift.beside()[1],
        slow=True,
    ),
    "cluster": Measure("local cloud with one cluster ready, after the build", 10, "s", cluster_ready),
    "demo": Measure("`make demo`, repeated", 120, "s", repeated_demo),
    "up": Measure("second `modelway up dev`", 15, "s", second_up),
    "memory": Measure("local cloud with `local` and `dev` up, summed PSS", 2.5, "GiB", memory),
    "report": Measure("report of 10,000 changes, processor time, to `json.loads` of its digest", 1.3, "×", lambda: reporting()[0]),
    "report-memory": Measure("the same, memory of the process, to the size of the digest", 2, "×", lambda: reporting()[1]),
    "report-start": Measure("`modelway report --help`", 0.35, "s", lambda: best([MODELWAY, "report", "--help"])),
    "pack": Measure("policy pack, start and answers for 300 resources", 1.5, "s", pack),
    "release-at": Measure(
        "what was live at a time, in a ledger of 10,000 releases, processor time", 1, "s", lambda: asked_of_releases("live")
    ),
    "evidence": Measure(
        "`modelway governance evidence prod`, with such a ledger, processor time", 3, "s", lambda: asked_of_releases("evidence")
    ),
    "gates": Measure("gates of `prod`, with such a ledger, processor time", 1, "s", lambda: asked_of_releases("gates")),
    "gates-proof": Measure(
        "the same where all are releases of the environment that versions come from", 1, "s", lambda: asked_of_releases("proof")
    ),
    "tampering": Measure("random changes of a ledger that are not found, of 10,000", 0, "", untold),
    "mutants": Measure(
        "random 1,000 small changes of the rules' code: not noticed by any case, of each hundred", 10, "", mutation.unnoticed, slow=True
    ),
    "tests": Measure("`make test` with a warm cache", 8 * 60, "s", lambda: timed(["make", "test"]), slow=True),
}


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def ratio(measure: Measure, value: float) -> float:
    """A value to its limit; where nothing at all is allowed, 0 or more than anything."""
    return value / measure.limit if measure.limit else float("inf") if value else 0


def page(results: dict[str, dict[str, str | float]]) -> str:
    rows = [
        f"| {measure.title} | ≤ {measure.limit:g} {measure.unit} | {float(results[name]['value']):.2f} {measure.unit} | "
        f"{ratio(measure, float(results[name]['value'])):.2f} | {results[name]['machine']} | {results[name]['day']} |"
        for name, measure in MEASURES.items()
        if name in results
    ]
    about = "Taken by `scripts/bench.py` (`make bench`). Figures of one machine on one day; the ratio to the limit is what to compare."
    return (
        f"# Benchmarks\n\n{about}\n\n"
        + "\n".join(["| what | limit | measured | ratio | machine | day |", "|---|---|---|---|---|---|", *rows])
        + f"\n\n{NOTES.read_text('utf-8')}\n{bench_drift.section(json.loads(bench_drift.RESULTS.read_text('utf-8')))}"
    )


def write_page() -> None:
    """docs/benchmarks.md is made of what was measured last."""
    PAGE.write_text(page(json.loads(RESULTS.read_text("utf-8"))), "utf-8")


def main(names: list[str]) -> int:
    """Takes the measures called `names`; returns 1 when one is over its limit, 2 for an unknown name."""
    if unknown := [name for name in names if name not in MEASURES and name != "all"]:
        print(f"no measure called {', '.join(unknown)}; there are all, {', '.join(MEASURES)}.", file=sys.stderr)
        return 2
    chosen = [name for name in MEASURES if name in names or "all" in names or (not names and not MEASURES[name].slow)]
    over = False
    for name in chosen:
        measure = MEASURES[name]
        value = measure.take()
        over |= value > measure.limit
        print(f"{measure.title}: {value:.2f} {measure.unit} (limit {measure.limit:g})")
        # Read anew: another measure may have ended while a slow one ran.
        results: dict[str, dict[str, str | float]] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
        results[name] = {"value": round(value, 3), "machine": machine(), "day": datetime.now(UTC).date().isoformat()}
        RESULTS.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n", "utf-8")
        write_page()
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
