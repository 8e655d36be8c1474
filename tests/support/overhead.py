"""What it costs that resources come from components and an environment's files, against the same resources written down by hand.

`python -m tests.support.overhead cpu` prints three ratios of processor time under mocks, ours to programs of by_hand.py: to the typed one
as its author would run it, to one of the classes that ours uses as its author would run it, and to that one run in our way. `… imports`
prints two, of time and of memory: what our program imports to what the typed one does. scripts/bench.py shows them.

Every run is in a process of its own, and programs take turns, so that a machine that gets slower makes all slower.
"""

import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pulumi

from modelway.architecture import load
from scripts.many_models import NAME, write_environment
from stacks.compose import Parts, compose
from tests.support.by_hand import by_hand, classes, differing
from tests.support.engine import Recorder, run

MODELS, ROUNDS = 20, 5

OURS, TYPED, ORDINARY, ALIKE = "ours", "typed", "ordinary", "alike"
"""Programs: ours; by hand, of the providers' classes; of the classes that ours uses; the same, whose registrations begin as ours do."""

OWN = ("modelway", "components", "stacks")

REPORT = "\nimport resource\nused = resource.getrusage(resource.RUSAGE_SELF)\nprint(used.ru_utime + used.ru_stime, used.ru_maxrss)\n"


def ours(folder: Path) -> Callable[[], None]:
    """The program of an environment of MODELS models and one cluster, in one stack."""
    environment = load(write_environment(folder, MODELS), NAME)

    def program() -> None:
        for name, value in compose(environment, Parts.PLATFORM | Parts.MODELS).items():
            pulumi.export(name, value)

    return program


def written(kind: str, registered: Recorder) -> Callable[[], None]:
    """A program by hand, which registers what ours did."""
    program = by_hand(registered, typed=kind == TYPED)
    if different := differing(run(program, stack="many"), registered):
        raise RuntimeError(f"the program by hand has other resources: {', '.join(different)}")
    return program


def seconds(kind: str) -> float:
    """Processor time of one run under mocks, after one that loads what it needs."""
    with tempfile.TemporaryDirectory() as folder:
        program = ours(Path(folder))
        registered = run(program, stack="many")
        if kind != OURS:
            program = written(kind, registered)
        gc.collect()
        started = time.process_time()
        run(program, stack="many", begun=kind in (OURS, ALIKE))
        return time.process_time() - started


def processor_ratios() -> list[float]:
    kinds = (OURS, TYPED, ORDINARY, ALIKE)
    rounds = [[float(_said("run", kind)[0]) for kind in kinds] for _ in range(ROUNDS)]
    return [statistics.median(taken[0] / taken[which] for taken in rounds) for which in range(1, len(kinds))]


def import_ratios() -> list[float]:
    """Processor time and memory of what our program imports, to what the typed one by hand does."""
    codes = ["\n".join(("import importlib, sys", "sys.path.insert(0, '.')", *_said("modules", kind))) + REPORT for kind in (OURS, TYPED)]
    rounds = [[_run("-c", code)[-1].split() for code in codes] for _ in range(ROUNDS)]
    return [statistics.median(float(own[what]) / float(other[what]) for own, other in rounds) for what in (0, 1)]


def modules(kind: str) -> list[str]:
    """Statements that import what a program runs: our own modules, and of the providers' those that are loaded and not only promised."""
    with tempfile.TemporaryDirectory() as name:
        registered = run(ours(Path(name)), stack="many")
    if kind == TYPED:
        return ["import pulumi", *(f"importlib.import_module({module!r}).{kind}" for module, kind in classes(registered))]
    found = [name for name in sys.modules if name.partition(".")[0] in OWN or _loaded(*name.split("."))]
    return [f"importlib.import_module({name!r})" for name in found]


def _loaded(top: str, *parts: str) -> bool:
    return (top == "pulumi_aws" and len(parts) > 1) or (top == "pulumi_kubernetes" and len(parts) > 2)


def _said(what: str, kind: str) -> list[str]:
    return _run("-m", "tests.support.overhead", what, kind)


def _run(*arguments: str) -> list[str]:
    # Bytecode is allowed, as on a user's machine.
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"} | {"PYDANTIC_DISABLE_PLUGINS": "__all__"}
    command = [sys.executable, "-W", "ignore", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.splitlines()


def main(what: str, kind: str = "") -> None:
    if what == "run":
        print(seconds(kind))  # noqa: T201
    elif what == "modules":
        print(*modules(kind), sep="\n")  # noqa: T201
    else:
        print(*(processor_ratios() if what == "cpu" else import_ratios()))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
