"""Environments that tests bring up, and what every stack of them is under mocks."""

from pathlib import Path
from typing import Any

import pulumi

from modelway.architecture import Environment, load, names
from modelway.architecture.layout import stacks
from stacks.compose import compose, place
from tests.support.engine import Recorder, run

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "stacks" / "environments"
"""The environments that come with the project."""
EVERYTHING = ROOT / "tests" / "localcloud" / "everything"
"""Two of the tests' own, which have all that an environment can have."""

FOLDERS = {name: folder for folder in (COMMITTED, EVERYTHING) for name in names(folder)}
"""The folder of each environment, by its name."""


def environment(name: str) -> Environment:
    return load(FOLDERS[name], name, ROOT)


def composed(name: str) -> dict[str, Recorder]:
    """Every stack of the environment, models after their platform."""
    described = environment(name)

    def program() -> None:
        there, parts = place(pulumi.get_stack(), list(FOLDERS), lambda _: described)
        for key, value in compose(there, parts).items():
            pulumi.export(key, value)

    first, *others = stacks(described)
    found = {first: run(program, stack=first)}
    references = {f"organization/modelway/{first}": found[first].exports}
    return found | {stack: run(program, stack=stack, references=references) for stack in others}


def objects(name: str) -> list[dict[str, Any]]:
    """Every Kubernetes object of the environment."""
    return [manifest for recorder in composed(name).values() for manifest in recorder.manifests()]
