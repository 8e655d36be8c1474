"""The project's own checks, in order, each timed: lint, types, unit, spark, browser, localcloud. Names as arguments choose some of them."""

import os
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

from scripts import spark
from scripts.browser import found
from toolchain import ToolchainError

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.prefix) / "bin"
SPREAD = ["--dist", "loadfile", "--no-loadscope-reorder"]
CORES = os.cpu_count() or 1
CHECKS: dict[str, list[list[str]]] = {
    "lint": [["ruff", "check", "."], ["ruff", "format", "--check", "."]],
    "types": [["mypy"]],
    "unit": [["pytest", "-q", "-n", str(min(CORES, 4)), *SPREAD]],
    "spark": [["python", "-m", "scripts.spark"]],
    "browser": [["pytest", "-q", "-m", "browser"]],
    # One worker more than processors, for much of it is waiting; not more than four, for each has a local cloud that takes memory.
    "localcloud": [["pytest", "-q", "-m", "localcloud", "-n", str(min(CORES + 1, 4)), *SPREAD, "--durations=10"]],
}


def main(names: list[str]) -> int:
    """Runs the checks called `names` (all without any); returns 1 when one failed, or was named and cannot run; 2 for an unknown name."""
    if unknown := [name for name in names if name not in CHECKS]:
        print(f"no check called {', '.join(unknown)}; there are {', '.join(CHECKS)}.", file=sys.stderr)
        return 2
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    results: dict[str, tuple[bool, float]] = {}
    for name in names or list(CHECKS):
        if missing(name):
            continue
        print(f"== {name}", flush=True)
        started = time.monotonic()
        # Every command of a check runs, also after one that failed.
        codes = [subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode for command in CHECKS[name]]
        passed = not any(codes)
        results[name] = passed, time.monotonic() - started
    print("\n== result", flush=True)
    for name in CHECKS:
        if name in results:
            passed, seconds = results[name]
            print(f"{name:<12}{'passed' if passed else 'FAILED'}  {seconds:.0f} s")
        else:
            print(f"{name:<12}not run{missing(name)}")
    return 0 if all(passed for passed, _ in results.values()) and set(names) <= set(results) else 1


def missing(name: str) -> str:
    """Why a check cannot run on this machine, to stand after `not run`; empty where it can."""
    if name == "browser" and found() is None:
        return ": there is no Chromium on the path and none in CHROME"
    return _without_spark() if name == "spark" else ""


@cache
def _without_spark() -> str:
    try:
        spark.interpreter(lambda said: print(said, file=sys.stderr, flush=True))
    except ToolchainError as fault:
        return f": there is no Spark, and it cannot be fetched ({str(fault).splitlines()[0]})"
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
