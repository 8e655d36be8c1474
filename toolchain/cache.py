"""The per-user cache: a folder per entry, whole or not there.

An entry is made where it stays, because a virtual environment cannot be moved; what makes it whole is the manifest that is written last.
A reader takes an entry without one, or one whose files differ from it, for broken.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from toolchain.pins import Entry, PythonEnvironment

MANIFEST = "modelway-entry.json"

Progress = Callable[[str], None]
State = Literal["whole", "missing", "broken"]


class ToolchainError(Exception):
    """The toolchain cannot be made or used; the message is one sentence for the user."""


def root() -> Path:
    """`${XDG_CACHE_HOME:-~/.cache}/modelway`. A relative XDG_CACHE_HOME is ignored, as the XDG specification asks."""
    configured = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (configured if configured.is_absolute() else Path.home() / ".cache") / "modelway"


def folder(entry: Entry) -> Path:
    return root() / entry.folder_name


def state(entry: Entry, *, thorough: bool = False) -> State:
    """Whether the entry is there and whole. By sizes; by SHA-256 too when `thorough`, which reads every byte."""
    where = folder(entry)
    try:
        manifest: dict[str, list[object]] = json.loads((where / MANIFEST).read_text("utf-8"))
    except FileNotFoundError:
        return "broken" if where.exists() else "missing"
    except (OSError, ValueError):
        return "broken"
    if isinstance(entry.content, PythonEnvironment) and not (where / "bin" / "python").exists():
        return "broken"  # the interpreter it was made with has gone
    for name, (size, digest) in manifest.items():
        file = where / name
        try:
            if file.stat().st_size != size or (thorough and digest and _sha256(file) != digest):
                return "broken"
        except OSError:
            return "broken"
    return "whole"


@contextlib.contextmanager
def making(entry: Entry, progress: Progress) -> Iterator[Path | None]:
    """Gives an empty folder to fill, or None when the entry is whole; afterwards it is. One process at a time is in here, others wait.

    When the body fails, what it left is removed. Raises ToolchainError where the cache cannot be written.
    """
    where = folder(entry)
    with _locked(where.with_name(f"{where.name}.lock"), lambda: progress(f"{entry.name}: another process is making it; waiting")):
        found = state(entry, thorough=True)
        if found == "whole":
            yield None
            return
        if found == "broken":
            progress(f"{entry.name}: what is in {where} is not whole; making it again")
            shutil.rmtree(where)
        where.mkdir()
        try:
            yield where
            _write_manifest(where)
        except BaseException:
            shutil.rmtree(where, ignore_errors=True)
            raise


def _write_manifest(where: Path) -> None:
    # Links are left out: an interpreter may be updated under its environment.
    files = sorted(file for file in where.rglob("*") if file.is_file() and not file.is_symlink() and "__pycache__" not in file.parts)
    # Bytes matter where they run: of thousands of library files the sizes do.
    content = {str(file.relative_to(where)): [file.stat().st_size, _sha256(file) if os.access(file, os.X_OK) else ""] for file in files}
    unfinished = where / f"{MANIFEST}.new"
    unfinished.write_text(json.dumps(content), "utf-8")
    unfinished.rename(where / MANIFEST)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextlib.contextmanager
def _locked(file: Path, when_taken: Callable[[], None]) -> Iterator[None]:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as fault:
        raise ToolchainError(
            f"{file.parent} cannot be written ({fault.strerror}): make it writable, or set XDG_CACHE_HOME to a folder that is."
        ) from fault
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            when_taken()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
