"""What it costs that resources come from components and an environment's files, against the same resources written down by hand.

`python -m tests.support.overhead cpu` prints the ratio of processor time under mocks: ours to plain. `… imports` prints two ratios, of time
and of memory: what our program imports to what an ordinary typed program does. scripts/bench.py shows them.

The plain program registers what ours registered, under the same names, with the providers' own classes where ours has them, and with an
Output where ours had one; it has no components.
"""

import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

MODELS, ROUNDS = 20, 3

TYPICAL = """
import pulumi, yaml
import pulumi_aws as aws, pulumi_kubernetes as kubernetes
aws.ecr.Repository, aws.s3.Bucket, aws.iam.Role, aws.eks.Cluster, aws.ec2.Vpc, aws.cloudwatch.LogGroup
kubernetes.core.v1.Service, kubernetes.apps.v1.Deployment, kubernetes.networking.v1.NetworkPolicy
kubernetes.autoscaling.v2.HorizontalPodAutoscaler, kubernetes.apiextensions.CustomResource
"""
"""Six modules of AWS and five groups of Kubernetes, as a program of this kind has them when it is written in the ordinary way."""

REPORT = "\nimport resource\nused = resource.getrusage(resource.RUSAGE_SELF)\nprint(used.ru_utime + used.ru_stime, used.ru_maxrss)\n"


def ours(folder: Path) -> Callable[[], None]:
    """The program of an environment of MODELS models and one cluster, in one stack."""
    from modelway.architecture import load
    from scripts.many_models import NAME, write_environment
    from stacks.compose import Parts, compose

    environment = load(write_environment(folder, MODELS), NAME)

    def program() -> None:
        compose(environment, Parts.PLATFORM | Parts.MODELS)

    return program


def plain(registered: list[Any]) -> Callable[[], None]:
    """The same resources without components."""
    import pulumi

    own = [one for one in registered if not one.type.startswith("modelway:")]
    wires = {one.urn: _wires(one, own) for one in own}

    def program() -> None:
        made: dict[str, pulumi.CustomResource] = {}
        for one in own:
            inputs = {
                name: made[wires[one.urn][name]].id.apply(lambda _, value=value: value) if name in wires[one.urn] else value
                for name, value in one.inputs.items()
            }
            after = [made[urn] for urn in one.dependencies if urn in made and urn not in wires[one.urn].values()]
            made[one.urn] = _resource(one.type, one.name, inputs, after)

    return program


def _wires(one: Any, own: list[Any]) -> dict[str, str]:
    """By input the resource whose output it was, as far as its id or ARN shows in the value."""
    found = {}
    for name, value in one.inputs.items():
        text = json.dumps(value)
        for there in own:
            if there.urn in one.dependencies and (f"{there.name}-id" in text or f"/{there.name}" in text):
                found[name] = there.urn
    return found


def _resource(type_: str, name: str, inputs: dict[str, Any], before: list[Any]) -> Any:
    import pulumi

    opts = pulumi.ResourceOptions(depends_on=before)
    package, module, kind = type_.split(":")
    if package == "aws":
        made = _class(module.split("/")[0], kind)
        return made(name, **{_snake(key): value for key, value in inputs.items()}, opts=opts)
    if package == "pulumi":
        return pulumi.ProviderResource(kind, name, inputs)
    return pulumi.CustomResource(type_, name, inputs, opts)


@cache
def _class(module: str, kind: str) -> Any:
    return getattr(importlib.import_module(f"pulumi_aws.{module}"), kind)


@cache
def _snake(name: str) -> str:
    return "".join(f"_{character.lower()}" if character.isupper() else character for character in name)


def seconds(program: Callable[[], None]) -> float:
    """Processor time of one run under mocks, the median after one that warms up."""
    from tests.support.engine import run

    taken = []
    for _ in range(ROUNDS + 1):
        started = time.process_time()
        run(program, stack="many")
        taken.append(time.process_time() - started)
    return statistics.median(taken[1:])


def processor_ratio() -> float:
    from tests.support.engine import run

    with tempfile.TemporaryDirectory() as folder:
        program = ours(Path(folder))
        registered = run(program, stack="many").resources
        written = plain(registered)
        there = run(written, stack="many").resources
        wanted = sorted(one.type + one.name for one in registered if not one.type.startswith("modelway:"))
        if sorted(one.type + one.name for one in there) != wanted:
            raise RuntimeError("the plain program has other resources")
        # By turns, so that a machine that gets slower makes both slower.
        return seconds(program) / seconds(written)


def import_ratios() -> tuple[float, float]:
    """Processor time and memory of what our program imports, to those of an ordinary typed program."""
    found = "\n".join(f"importlib.import_module({name!r})" for name in _imported())
    return _relation(f"import importlib, sys\nsys.path.insert(0, {str(Path.cwd())!r})\n{found}\n", TYPICAL)


def _imported() -> list[str]:
    """Modules that the program runs: our own, and of the providers' those that are loaded and not only promised."""
    code = (
        "import sys, tempfile, pathlib\nfrom tests.support.overhead import ours\nfrom tests.support.engine import run\n"
        "with tempfile.TemporaryDirectory() as folder:\n    run(ours(pathlib.Path(folder)), stack='many')\n"
        "own = ('modelway', 'components', 'stacks')\n"
        "for name in list(sys.modules):\n"
        "    top, *parts = name.split('.')\n"
        "    if top in own or top == 'pulumi_aws' and len(parts) > 1 or top == 'pulumi_kubernetes' and len(parts) > 2:\n"
        "        print(name)\n"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def _relation(one: str, other: str) -> tuple[float, float]:
    pairs = [(_used(one), _used(other)) for _ in range(ROUNDS)]
    medians = [[statistics.median(pair[which][what] for pair in pairs) for which in (0, 1)] for what in (0, 1)]
    return medians[0][0] / medians[0][1], medians[1][0] / medians[1][1]


def _used(code: str) -> tuple[float, float]:
    # Bytecode is allowed, as on a user's machine.
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code + REPORT], env=env, capture_output=True, text=True, check=True)
    used, memory = done.stdout.split()[-2:]
    return float(used), float(memory)


if __name__ == "__main__":
    if sys.argv[1:] == ["cpu"]:
        print(processor_ratio())  # noqa: T201
    else:
        print(*import_ratios())  # noqa: T201
