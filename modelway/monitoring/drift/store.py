"""Where payloads are read and results are kept: a folder, or a prefix of a bucket, behind the same few calls."""

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from modelway.errors import ModelwayError
from modelway.monitoring.drift.result import Result, read
from modelway.monitoring.drift.windows import start_of

AT_ONCE = 8
"""Files that are fetched at the same time."""


class StoreFailure(ModelwayError):
    """A folder or bucket that cannot be read or written."""


@dataclass(frozen=True)
class Entry:
    """One file of a store."""

    key: str
    size: int
    """Bytes."""
    modified: float
    """Seconds since 1970."""


@dataclass(frozen=True)
class Level:
    """What is directly below a prefix."""

    entries: tuple[Entry, ...]
    folders: tuple[str, ...]
    """Prefixes, each with a slash at its end."""


@dataclass(frozen=True)
class Held:
    """What a key holds."""

    content: bytes
    etag: str
    """Another one for other content; what a write can be made to depend on."""


class Store(Protocol):
    """Files by key; keys have slashes between their parts. All raise StoreFailure."""

    address: str

    def list(self, prefix: str = "") -> list[Entry]:
        """Every file whose key begins so, by key."""

    def level(self, prefix: str = "") -> Level:
        """What is directly below a prefix that is empty or ends in a slash."""

    def read(self, key: str) -> Held | None:
        """None for a key that is not there."""

    def fetch(self, key: str, path: Path) -> bool:
        """`path` holds the content; False for a key that is not there any more."""

    def write(self, key: str, content: bytes, *, only_if_new: bool = False, if_etag: str | None = None) -> bool:
        """The key holds the content, whole: nobody ever sees a part of it. False, and nothing is written, where it is there already
        (`only_if_new`), or is not what had that etag."""


def opened(address: str) -> Store:
    """The store at an address: a folder, which need not be there yet, or s3://BUCKET/PREFIX/."""
    if address.startswith("s3://"):
        from modelway.monitoring._aws import Bucket

        bucket, _, prefix = address.removeprefix("s3://").partition("/")
        return Bucket(bucket, prefix)
    return Folder(Path(address))


def lacking(address: str) -> str | None:
    """Why nothing can be read below an address of this machine: there is no such folder. None where there is, and of buckets."""
    path = Path(address)
    if address.startswith("s3://") or path.is_dir():
        return None
    return "it is a file, and no folder" if path.exists() else "there is no such folder"


def content(address: str) -> bytes | None:
    """What a file holds: a path, or s3://BUCKET/KEY; None where there is none."""
    folder, slash, name = address.rpartition("/")
    held = opened(f"{folder}/" if slash else ".").read(name)
    return None if held is None else held.content


def results(store: Store, version: str, last: int) -> list[Result]:
    """The results of the version's last windows, oldest first. Raises NoResult for a file that is none."""
    keys = [entry.key for entry in store.list(f"{version}/") if is_result(entry.key)][-last:]
    held = [(key, store.read(key)) for key in keys]
    return [read(one.content, f"{store.address.rstrip('/')}/{key}") for key, one in held if one is not None]


def is_result(key: str) -> bool:
    """Whether a key is VERSION/WINDOW.json. One that leads out of a folder is none, whatever a bucket holds."""
    if not {"", ".", ".."}.isdisjoint(key.split("/")):
        return False
    return key.endswith("Z.json") and start_of(key.rpartition("/")[2].removesuffix(".json")) is not None


def fetched(store: Store, keys: Sequence[str], folder: Path) -> dict[str, Path]:
    """Local files with the content of the keys; keys that are gone by now are left out, and what is there already is not fetched again."""

    def fetch(key: str) -> Path | None:
        path = local_path(folder, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path if path.exists() or store.fetch(key, path) else None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {key: path for key, path in zip(keys, pool.map(fetch, keys), strict=True) if path is not None}


def local_path(folder: Path, key: str) -> Path:
    """Where a key is fetched to: a path of its own below the folder, with the parts of the key at its end, which say whose rows it has."""
    parts = [part for part in key.split("/") if part not in ("", ".", "..")]
    return folder.joinpath(hashlib.sha256(key.encode()).hexdigest()[:16], *parts)


class Folder:
    """A store in a folder of this machine. Names that begin with a dot are not part of it."""

    def __init__(self, root: Path) -> None:
        self.address = str(root)
        self._root = root

    def list(self, prefix: str = "") -> list[Entry]:
        within = prefix.rpartition("/")[0]
        found = []
        with _explained(self.address):
            for folder, folders, names in os.walk(self._root / within, onerror=_raised):
                folders[:] = [name for name in folders if not name.startswith(".")]
                found += [entry for name in names if (entry := self._entry(Path(folder, name))) is not None]
        return sorted((entry for entry in found if entry.key.startswith(prefix)), key=lambda entry: entry.key)

    def level(self, prefix: str = "") -> Level:
        with _explained(self.address):
            below = sorted((self._root / prefix).iterdir()) if (self._root / prefix).is_dir() else []
            folders = tuple(f"{prefix}{path.name}/" for path in below if path.is_dir() and not path.name.startswith("."))
            return Level(tuple(entry for path in below if path.is_file() and (entry := self._entry(path)) is not None), folders)

    def read(self, key: str) -> Held | None:
        with _explained(self.address):
            try:
                content = (self._root / key).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None
            return Held(content, hashlib.sha256(content).hexdigest())

    def fetch(self, key: str, path: Path) -> bool:
        with _explained(self.address):
            source = (self._root / key).absolute()
            if not source.is_file():
                return False
            path.symlink_to(source)
            return True

    def write(self, key: str, content: bytes, *, only_if_new: bool = False, if_etag: str | None = None) -> bool:
        path = self._root / key
        with _explained(self.address), self._alone():
            if only_if_new and path.exists():
                return False
            if if_etag is not None and ((held := self.read(key)) is None or held.etag != if_etag):
                return False
            path.parent.mkdir(parents=True, exist_ok=True)
            # Always the same name, which nobody else uses meanwhile: what a killed process leaves is written over.
            being_written = self._root / ".writing"
            with being_written.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            being_written.replace(path)
            return True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process writes meanwhile. The lock goes with the process that holds it, however that ends."""
        self._root.mkdir(parents=True, exist_ok=True)
        with (self._root / ".lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _entry(self, path: Path) -> Entry | None:
        if path.name.startswith("."):
            return None
        try:
            status = path.stat()
        except FileNotFoundError:  # gone since it was listed
            return None
        return Entry(path.relative_to(self._root).as_posix(), status.st_size, status.st_mtime)


def _raised(fault: OSError) -> None:
    """A folder that is not there yet is empty; one that cannot be read is not."""
    if not isinstance(fault, FileNotFoundError):
        raise fault


@contextmanager
def _explained(address: str) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise StoreFailure(f"{address}: {fault.strerror or fault}. Correct the folder, or who may read and write it.") from fault
