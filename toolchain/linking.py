"""Puts the engine and kubectl beside this environment's other programs."""

import os
import shlex
import shutil
import sys
from pathlib import Path

from toolchain.finding import LANGUAGE_HOST, LAUNCHER_MARK, is_ours

ROOT = Path(__file__).resolve().parents[1]
"""The clone this package is part of."""

_ENGINE = ("pulumi", f"{LANGUAGE_HOST}-exec")


def link_engine(binaries: Path, cached: Path) -> None:
    """Afterwards the engine from the cache, with our language host, can be started from `binaries`.

    The engine looks for the host beside the file it was started as, and with PULUMI_IGNORE_AMBIENT_PLUGINS nowhere else. It resolves
    symbolic links first, so this is a hard link, or a copy where the cache is on another file system. The host is this clone's own and
    runs in this environment.
    """
    for name in _ENGINE:
        _hard_link(cached / "bin" / name, binaries / name)
    # The host takes the clone off PYTHONPATH again, so that programs see what their user set.
    path = shlex.quote(str(ROOT)) + "${PYTHONPATH:+:$PYTHONPATH}"
    start = f'PYTHONPATH={path} exec {shlex.quote(sys.executable)} -P -m toolchain.language_host --use-executor "$0-exec" "$@"'
    launcher = f"{LAUNCHER_MARK.decode()}\n{start}\n"
    _write(binaries / LANGUAGE_HOST, launcher)


def unlink_engine(binaries: Path) -> None:
    """Afterwards no engine of ours is in `binaries`: an installed one is used."""
    host = binaries / LANGUAGE_HOST
    if host.is_file() and is_ours(host):
        for name in (*_ENGINE, LANGUAGE_HOST):
            (binaries / name).unlink(missing_ok=True)


def link_program(binaries: Path, program: Path) -> None:
    """Afterwards `program` can be started from `binaries`."""
    link = binaries / program.name
    if not (link.is_symlink() and link.readlink() == program):
        link.unlink(missing_ok=True)
        link.symlink_to(program)


def _hard_link(source: Path, target: Path) -> None:
    if (
        target.is_file()
        and target.stat().st_size == source.stat().st_size
        and (target.samefile(source) or target.stat().st_mtime_ns == source.stat().st_mtime_ns)
    ):
        return
    unfinished = target.with_name(f".{target.name}.new")
    unfinished.unlink(missing_ok=True)
    try:
        os.link(source, unfinished)
    except OSError:  # another file system, or one without hard links
        shutil.copy2(source, unfinished)
    unfinished.replace(target)


def _write(target: Path, text: str) -> None:
    if target.is_file() and target.read_text("utf-8") == text:
        return
    unfinished = target.with_name(f".{target.name}.new")
    unfinished.write_text(text, "utf-8")
    unfinished.chmod(0o755)
    unfinished.replace(target)
