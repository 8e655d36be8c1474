"""Environments that were found valid, kept so that the same files need not be read as YAML and checked again.

What is kept holds for the very bytes that were read: of every file, of the names in the folders, and of Modelway's own source. A cache is
never why something fails: what cannot be read, was damaged, or may have been written by somebody else is passed over.
Imports no section: whoever only asks whether an environment is still valid does not pay for them.
"""

import contextlib
import errno
import gc
import hashlib
import io
import os
import pickle
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydantic

from modelway.architecture.pickling import Pickler, Unpickler

if TYPE_CHECKING:
    from modelway.architecture.environment import Environment

ENTRIES = 32
"""Most environments that are kept."""
LARGEST = 64 * 1024 * 1024
"""Most bytes of an entry; 5,000 endpoints have 6 MiB."""
_DIGEST = 32

Summary = dict[str, Any]
"""What is known of an environment without its objects; plain data. `models`: the versions of each. `ineffective`: of each field that
nothing puts into effect yet its path, how much that matters, and the file (from the folder of the environments), line and column that
set it."""


@dataclass(frozen=True)
class Entry:
    """An environment that is kept."""

    summary: Summary
    _stream: io.BytesIO = field(repr=False)

    def environment(self) -> "Environment | None":
        """The environment; None where the entry holds what no environment does."""
        with no_collection():
            try:
                found = Unpickler(self._stream).load()
            except Exception:  # A damaged pickle raises whatever it likes.
                return None
        return found if type(found).__name__ == "Environment" else None


class Snapshot:
    """What decides an environment, at one moment: names in its folders, bytes of its files."""

    def __init__(self, environments: Path, name: str, root: Path, known: list[str]) -> None:
        self._root = os.fspath(root)
        self._bytes: dict[str, bytes] = {}
        self._names: dict[str, Mapping[str, bool] | OSError] = {}
        self._whole = True
        self.place = _digest(os.fsencode(environments.absolute()), os.fsencode(name))
        told = hashlib.blake2b(digest_size=_DIGEST)
        for text in (os.path.realpath(root), os.path.realpath(environments), *known):
            told.update(os.fsencode(text) + b"\0")
        for folder in ("base", name):
            self._folder(environments / folder, told)
            self._folder(environments / folder / "models", told)
        self._told = told.digest()

    def names(self, folder: Path) -> Mapping[str, bool]:
        """The names in one of the folders, sorted, each with whether it is a link; none when there is no such folder.

        Raises OSError when it cannot be read.
        """
        found = self._names[os.fspath(folder)]
        if isinstance(found, OSError):
            raise found
        return found

    def bytes_of(self, file: Path) -> bytes | None:
        """What was in a file of the folders; None for one that could not be read, or is new."""
        return self._bytes.get(os.fspath(file))

    def note(self, file: Path, content: bytes) -> None:
        """Another file that decides, and what was in it."""
        self._bytes[os.fspath(file)] = content

    def key(self, named: list[str]) -> bytes | None:
        """Stands for all of it, with the files that are named in it, by paths from the root; None where something could not be read."""
        parts = [_source(), self._told]
        for path in named:
            file = f"{self._root}/{path}"
            content = self._bytes.get(file)
            if content is None:
                content = self._read(file)
            real = os.path.realpath(file) if Path(file).is_symlink() else _real(file.rpartition("/")[0])
            parts += [path.encode(), os.fsencode(real), content]
        return _digest(*parts) if self._whole else None

    def _folder(self, folder: Path, told: Any) -> None:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                told.update(b"none\0")
            else:
                self._whole = False
            is_none = error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
            self._names[os.fspath(folder)] = {} if is_none else error
            return
        self._names[os.fspath(folder)] = {entry.name: entry.is_symlink() for entry in entries}
        told.update(os.fsencode(os.path.realpath(folder)) + b"\0")
        for entry in entries:
            told.update(os.fsencode(entry.name) + b"\0")
            if entry.is_symlink():
                told.update(os.fsencode(os.path.realpath(entry.path)) + b"\0")
            if entry.name.endswith(".yaml"):
                content = self._read(entry.path)
                told.update(len(content).to_bytes(8, "big") + content)

    def _read(self, path: str) -> bytes:
        try:
            # Not blocking: a pipe of that name has no bytes to give.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                status = os.fstat(descriptor)
                # Room for what is there and no more: to have room for the largest file, each time, takes longer than to read.
                most = min(status.st_size, 1 << 20)
                content = os.read(descriptor, most + 1)
                if len(content) > most or not stat.S_ISREG(status.st_mode):
                    raise OSError("no file to keep")
            finally:
                os.close(descriptor)
        except OSError:
            self._whole = False
            return b""
        self._bytes[path] = content
        return content


@dataclass(frozen=True)
class Cache:
    """A folder of entries. It is made when it is needed, for its owner alone."""

    folder: Path

    def find(self, snapshot: Snapshot) -> Entry | None:
        """What is kept of an environment whose files are the same, byte for byte."""
        content = self._content(snapshot)
        if content is None or hashlib.blake2b(content[_DIGEST:], digest_size=_DIGEST).digest() != content[:_DIGEST]:
            return None
        stream = io.BytesIO(content)
        stream.seek(_DIGEST)
        try:
            key, named, summary = Unpickler(stream).load()
        except Exception:  # As above.
            return None
        return Entry(summary, stream) if key is not None and key == snapshot.key(named) else None

    def keep(self, snapshot: Snapshot, environment: "Environment", summary: Summary) -> None:
        """Keeps an environment that was made from the snapshot."""
        named = [*environment.contracts, *environment.model_cards]
        key = snapshot.key(named)
        if key is None:
            return
        stream = io.BytesIO()
        pickle.dump((key, named, summary), stream, 5)
        Pickler(stream).dump(environment)
        content = stream.getvalue()
        if len(content) > LARGEST:
            return
        with contextlib.suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_ours(os.lstat(self.folder), stat.S_ISDIR):
                return
            descriptor, name = tempfile.mkstemp(dir=self.folder)
            written = Path(name)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(hashlib.blake2b(content, digest_size=_DIGEST).digest() + content)
                # Whole or not at all, whoever else writes or reads.
                written.replace(self._file(snapshot))
            except OSError:
                written.unlink()
                raise
            self._make_room()

    def _file(self, snapshot: Snapshot) -> Path:
        return self.folder / f"{snapshot.place.hex()}.environment"

    def _content(self, snapshot: Snapshot) -> bytes | None:
        try:
            if not _is_ours(os.lstat(self.folder), stat.S_ISDIR):
                return None
            with os.fdopen(os.open(self._file(snapshot), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
                status = os.fstat(file.fileno())
                return file.read() if _is_ours(status, stat.S_ISREG) and status.st_size <= LARGEST + _DIGEST else None
        except OSError:
            return None

    def _make_room(self) -> None:
        by_age = sorted(self.folder.iterdir(), key=lambda file: file.stat().st_mtime_ns, reverse=True)
        for file in by_age[ENTRIES:]:
            file.unlink()


@cache
def _source() -> bytes:
    """Stands for the Modelway that decides what is valid, with the Python that runs it."""
    here = Path(__file__).resolve().parent
    files = sorted([*here.rglob("*.py"), *here.parent.glob("*.py")])
    sources = (part for file in files for part in (file.name.encode(), file.read_bytes()))
    return _digest(sys.version.encode(), pydantic.VERSION.encode(), *sources)


@cache
def _real(folder: str) -> str:
    return os.path.realpath(folder)


def _digest(*parts: bytes) -> bytes:
    made = hashlib.blake2b(digest_size=_DIGEST)
    for part in parts:
        made.update(len(part).to_bytes(8, "big") + part)
    return made.digest()


def _is_ours(status: os.stat_result, kind: Any) -> bool:
    """Whether a file or folder is the user's own, and nobody else may write to it."""
    return bool(kind(status.st_mode)) and status.st_uid == os.geteuid() and not status.st_mode & 0o022


@contextlib.contextmanager
def no_collection() -> Iterator[None]:
    """Without looking for garbage, of which there is none while thousands of objects are made that stay."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():
                # All of them are old now: no collection of young objects goes through them.
                gc.freeze()
                gc.unfreeze()
            gc.enable()
