"""Finds what is installed or made already; makes nothing."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from toolchain import cache
from toolchain.cache import ToolchainError
from toolchain.pins import OLDEST_PULUMI, ModuleFiles, Programs, entries

LANGUAGE_HOST = "pulumi-language-python"
LAUNCHER_MARK = b"#!/bin/sh\n# Modelway's language host."


class ToolchainMissing(ToolchainError):
    """Something that is needed was not made yet; the message says what and how."""


@dataclass(frozen=True)
class Engine:
    """An engine that somebody installed: the CLI, with its own language host for Python."""

    program: Path
    version: str


@dataclass(frozen=True)
class Toolchain:
    """Programs and files that are there and whole."""

    engine: Engine | None
    """The engine that somebody installed, or None: then it is the one from the cache."""
    programs: dict[str, Path]
    modules: dict[str, Path]

    @property
    def path_entries(self) -> tuple[Path, ...]:
        """Folders that belong on PATH for the engine and kubectl to be found: this environment's, then the installed engine's."""
        own = environment_bin()
        return (own, self.engine.program.parent) if self.engine else (own,)

    def program(self, name: str) -> Path:
        """The program called `name`, such as `kube-apiserver`. Raises KeyError for one that is not part of the toolchain."""
        return self.programs[name]

    def module(self, name: str) -> Path:
        """The folder with the custom resource definitions of `gateway-api`, `prometheus-operator`, `keda` or `envoy-gateway`."""
        return self.modules[name]


def environment_bin() -> Path:
    """Where this Python environment's programs are; set-up puts the engine and kubectl beside them."""
    return Path(sys.prefix) / "bin"


def find() -> Toolchain:
    """What there is. Raises ToolchainMissing when a part is not there or not whole."""
    engine = installed_engine()
    programs: dict[str, Path] = {}
    modules: dict[str, Path] = {}
    lacking = []
    for entry in entries().values():
        if entry.name == "engine" and engine:
            continue
        if (found := cache.state(entry)) != "whole":
            lacking.append(f"{entry.name} {entry.version} ({found})")
            continue
        folder = cache.folder(entry)
        match entry.content:
            case Programs(packages=packages, copied=copied):
                programs |= {name: folder / "bin" / name for name in (*packages, *copied)}
            case ModuleFiles(folders=folders):
                modules |= {name: folder / name for name in folders}
    if not engine:
        # Not the cached one: the engine looks for its language host beside its own file.
        linked = [environment_bin() / name for name in ("pulumi", LANGUAGE_HOST)]
        if not all(file.exists() for file in linked):
            lacking.append(f"pulumi in {environment_bin()}")
        programs["pulumi"] = linked[0]
    else:
        programs["pulumi"] = engine.program
    if lacking:
        raise ToolchainMissing(f"the toolchain is not complete: {', '.join(lacking)}. Run `make setup`.")
    return Toolchain(engine, programs, modules)


def installed_engine() -> Engine | None:
    """The first `pulumi` on PATH that is not ours, if it is recent enough and has its own language host for Python."""
    for entry in os.environ.get("PATH", os.defpath).split(os.pathsep):
        program = shutil.which("pulumi", path=entry) if entry else None
        if not program:
            continue
        hosts = [host for folder in (Path(program).parent, Path(program).resolve().parent) if (host := folder / LANGUAGE_HOST).is_file()]
        if not hosts or is_ours(hosts[0]):
            continue
        if (version := _version(program)) and tuple(map(int, version.split(".")[:2])) >= OLDEST_PULUMI:
            return Engine(Path(program), version)
    return None


def is_ours(host: Path) -> bool:
    """Whether that language host is the launcher of a clone of Modelway."""
    with host.open("rb") as stream:
        return stream.read(len(LAUNCHER_MARK)) == LAUNCHER_MARK


def _version(program: str) -> str | None:
    asked = subprocess.run(
        [program, "version"], capture_output=True, text=True, check=False, env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    )
    match = re.match(r"v?(\d+\.\d+\.\d+)", asked.stdout)
    return match[1] if match and not asked.returncode else None
