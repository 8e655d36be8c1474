"""What a machine has, lacks and needs, told part by part. Looks only: changes nothing, asks no network."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

State = Literal["ok", "missing", "broken", "unknown"]
"""unknown: nobody could look, which says neither yes nor no."""

SET_UP = "run `make setup`"


@dataclass(frozen=True)
class Part:
    """One thing that is looked at."""

    name: str
    state: State
    found: str
    """What there is, or what is wrong."""
    way_out: str = ""
    needed: bool = True
    """Whether the next run fails without it."""

    @property
    def lacking(self) -> bool:
        return self.needed and self.state != "ok"


def python(root: Path) -> Part:
    """The Python of the environment that Pulumi.yaml names: the engine runs the program of `root` with it."""
    interpreter = root / ".venv" / "bin" / "python"
    if not interpreter.exists():
        return Part("python", "missing", f"there is no {interpreter}", SET_UP)
    oldest = re.search(r'^requires-python = ">=([\d.]+)"', (root / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    found = re.search(r"^version(?:_info)? = (\d+\.\d+\.\d+)", (root / ".venv" / "pyvenv.cfg").read_text("utf-8"), re.MULTILINE)
    if not (oldest and found):
        return Part("python", "broken", f"{root / '.venv'} does not say which Python it has", SET_UP)
    if _numbers(found[1]) < _numbers(oldest[1]):
        return Part("python", "broken", f"{found[1]} is older than {oldest[1]}: {interpreter}", f"install a newer one, then {SET_UP}")
    return Part("python", "ok", f"{found[1]}: {interpreter}")


def packages(root: Path) -> Part:
    """Whether the environment holds what requirements.lock pins."""
    installed = dict(_installed(root / ".venv"))
    locked = _locked(root / "requirements.lock")
    # One with a marker may be for another platform or Python, which nobody here has to decide.
    wrong = [f"{name} is not installed" for name, pins in locked.items() if name not in installed and not all(pins.values())]
    wrong += [
        f"{name} is {installed[name]}, locked is {' or '.join(pins)}"
        for name, pins in locked.items()
        if name in installed and installed[name] not in pins
    ]
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        return Part("packages", "broken" if installed else "missing", f"{'; '.join(wrong[:3])}{more}", SET_UP)
    sdks = ", ".join(f"{name} {installed[name]}" for name in ("pulumi", "pulumi-aws", "pulumi-kubernetes"))
    return Part("packages", "ok", f"{len(installed.keys() & locked)} as locked, among them {sdks}")


def go(oldest: tuple[int, ...], *, needed: bool) -> Part:
    """The Go that builds what is not there. `oldest` is the version that the go.mod files ask for."""
    wanted = ".".join(map(str, oldest))
    way_out = f"install Go {wanted} or later, then {SET_UP}"
    program = shutil.which("go")
    if not program:
        return Part("go", "missing", f"not on PATH{'' if needed else '; nothing has to be built'}", way_out, needed)
    # GOTOOLCHAIN: or Go may fetch another version of itself.
    asked = subprocess.run([program, "version"], env={**os.environ, "GOTOOLCHAIN": "local"}, capture_output=True, text=True, check=False)
    match = re.search(r"\bgo(\d+(?:\.\d+)*)", asked.stdout)
    if not match:
        return Part("go", "broken", f"{program} says no version: {asked.stderr.strip() or asked.stdout.strip()}", way_out, needed)
    if _numbers(match[1]) < oldest:
        return Part("go", "broken", f"{match[1]} is older than {wanted}: {program}", way_out, needed)
    return Part("go", "ok", f"{match[1]}: {program}", needed=needed)


def folder(where: Path, *, needed: bool) -> Part:
    """The cache, or the folder that it would be made in."""
    nearest = next(parent for parent in (where, *where.parents) if parent.exists())
    if not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
        way_out = "make it writable, or set XDG_CACHE_HOME to a folder that is"
        return Part("cache", "broken", f"{nearest} cannot be written", way_out, needed)
    return Part("cache", "ok", f"{where}{'' if nearest == where else ' (not there yet)'}", needed=needed)


def _installed(environment: Path) -> Iterator[tuple[str, str]]:
    # Their folders' names say it all; reading what is in them would take longer than everything else here.
    for found in environment.glob("lib/python3*/site-packages/*.dist-info"):
        name, _, version = found.name.removesuffix(".dist-info").rpartition("-")
        yield _normal(name), version


def _locked(lock: Path) -> dict[str, dict[str, str]]:
    """By name the versions that are pinned, each with the marker it is for."""
    found: dict[str, dict[str, str]] = {}
    for name, version, marker in re.findall(r"^([\w.-]+)==([^\s;]+)(?: ; ([^\\\n]+))?", lock.read_text("utf-8"), re.MULTILINE):
        found.setdefault(_normal(name), {})[version] = marker
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
