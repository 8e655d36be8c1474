"""`modelway doctor`: what this machine has, lacks, and needs; `modelway doctor ENV`: what an environment's account does."""

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli._environments import Folder, faults_from_here, folder_of

if TYPE_CHECKING:
    from modelway.operations.doctor import Part
    from toolchain.pins import Entry


def command(
    environment: Annotated[
        str | None, typer.Argument(metavar="[ENV]", help="An environment, whose account is looked at too.", show_default=False)
    ] = None,
    environments: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what this machine has, lacks, and needs; with ENV also what of it that environment's account has: credentials, quotas, versions,
    instances, roles, keys, names, images and weights, and whether its clusters can be reached. Changes nothing. Exit code 1 when something
    needed is not there."""
    from modelway.operations.project import find_root

    root = find_root()
    parts = _parts(root)
    if environment is not None:
        parts += _of_environment(environment, environments, root)
    lacking = [part for part in parts if part.lacking]
    if as_json:
        from dataclasses import asdict

        typer.echo(json.dumps({"ok": not lacking, "parts": [asdict(part) for part in parts]}, indent=2))
    else:
        width = max(len(part.name) for part in parts)
        for part in parts:
            typer.echo(_line(part, width))
        unknown = sum(part.state == "unknown" for part in parts)
        there = "Everything that is needed is there" + (", as far as anybody could look." if unknown else ".")
        typer.echo(f"{len(lacking)} of {len(parts)} are needed and not there." if lacking else there)
        if unknown:
            typer.echo(f"{unknown} could not be looked at, and may or may not be there.")
    if lacking:
        raise typer.Exit(1)


def _of_environment(name: str, environments: Path | None, root: Path) -> "list[Part]":
    from modelway.architecture import load
    from modelway.operations._aws_account import Account
    from modelway.operations.readiness import look

    with faults_from_here():
        environment = load(folder_of(name, environments, root), name, root)
    return look(environment, Account(environment.aws.account, environment.aws.region))


def _line(part: "Part", width: int) -> str:
    colour = typer.colors.GREEN if part.state == "ok" else typer.colors.RED if part.lacking else typer.colors.YELLOW
    plain = bool(os.environ.get("NO_COLOR")) or not sys.stdout.isatty()
    state = f"{part.state:<9}" if plain else typer.style(f"{part.state:<9}", fg=colour)
    return f"{state}{part.name:<{width}}  {part.found}{f'; {part.way_out}' if part.way_out else ''}"


def _parts(root: Path) -> "list[Part]":
    # The library may be installed elsewhere; the toolchain is part of the clone.
    sys.path.insert(0, str(root))
    from modelway.operations import doctor
    from toolchain import cache, entries, pins

    emulators = root / "localcloud" / "ministack.lock"
    built = [_engine(), *(_entry(entry) for name, entry in entries().items() if name != "engine")]
    installed = _entry(pins.environment_entry(emulators, emulators.stem))
    to_build = any(part.lacking for part in built)
    oldest_go = max(_go_of(file) for file in pins.GO.glob("*/go.mod"))
    return [
        doctor.python(root),
        doctor.packages(root),
        *built,
        installed,
        _kubectl(),
        doctor.go(oldest_go, needed=to_build),
        doctor.folder(cache.root(), needed=to_build or installed.lacking),
    ]


def _engine() -> "Part":
    """The engine that somebody installed, or the one from the cache, which set-up puts beside this environment's programs."""
    from modelway.operations.doctor import SET_UP, Part
    from toolchain import cache, entries, finding, installed_engine

    if installed := installed_engine():
        return Part("engine", "ok", f"pulumi {installed.version}, as it is installed: {installed.program}")
    entry = entries()["engine"]
    made = _entry(entry)
    if made.state != "ok":
        return made
    binaries = finding.environment_bin()
    program = binaries / "pulumi"
    if not (program.exists() and (binaries / finding.LANGUAGE_HOST).exists()):
        return Part("engine", "missing", f"it is built, but not in {binaries}", SET_UP)
    if program.stat().st_size != (cache.folder(entry) / "bin" / "pulumi").stat().st_size:
        return Part("engine", "broken", f"{program} is not the pinned {entry.version}", SET_UP)
    return Part("engine", "ok", f"pulumi {entry.version}, built from its Go module: {program}{_passed_over(binaries)}")


def _passed_over(binaries: Path) -> str:
    elsewhere = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if folder and Path(folder) != binaries]
    other = shutil.which("pulumi", path=os.pathsep.join(elsewhere))
    return f" (not {other}, which is too old or has no Python host of its own)" if other else ""


def _entry(entry: "Entry") -> "Part":
    from modelway.operations.doctor import SET_UP, Part
    from toolchain import cache, pins

    folder = cache.folder(entry)
    match entry.content:
        case pins.Programs(packages=packages):
            holds = ", ".join(packages)
        case pins.ModuleFiles(folders=folders):
            holds = f"definitions of {', '.join(folders)}"
        case pins.PythonEnvironment():
            holds = "Python environment"
    found = f"{entry.version} ({holds}): {folder}"
    match cache.state(entry):
        case "whole":
            return Part(entry.name, "ok", found)
        case "missing":
            return Part(entry.name, "missing", found, SET_UP)
        case "broken":
            return Part(entry.name, "broken", f"what is there is not whole: {found}", SET_UP)


def _kubectl() -> "Part":
    from modelway.operations.doctor import SET_UP, Part
    from toolchain.finding import environment_bin

    # A link into the cache; when that entry has gone, it leads nowhere.
    program = shutil.which("kubectl", path=f"{environment_bin()}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
    if not program:
        return Part("kubectl", "missing", f"neither in {environment_bin()} nor on PATH", SET_UP)
    return Part("kubectl", "ok", program)


def _go_of(module: Path) -> tuple[int, ...]:
    match = re.search(r"^go (\S+)$", module.read_text("utf-8"), re.MULTILINE)
    return tuple(map(int, match[1].split("."))) if match else ()
