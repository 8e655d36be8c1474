"""Where a ledger is kept: a folder, or a prefix of a bucket, behind the same few calls."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from modelway.governance.ledger.failures import StoreFailure

ENTRIES = "entries/"
HEAD = "head.json"


class Store(Protocol):
    """The files of one ledger, by name below its address. All raise StoreFailure."""

    address: str

    def names(self) -> list[str]:
        """Of all files below entries/, without that, in order."""

    def read(self, name: str) -> bytes | None:
        """None for what is not there."""

    def contents(self, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """The files below entries/ with these names, in this order; one that is gone by now is left out."""

    def create(self, name: str, content: bytes) -> bool:
        """The name holds the content, whole and to stay. False, and nothing is written, where it is there already."""

    def replace(self, name: str, content: bytes, was: bytes) -> bool:
        """The same for a name that is there. False, and nothing is written, where it does not hold `was` any more."""

    def guards(self) -> list[str]:
        """What keeps its files from being removed or overwritten by who may write there, a line each; what nobody could ask is said too."""


def store_at(address: str) -> Store:
    """The store at an address: a folder, which need not be there yet, or s3://BUCKET/PREFIX/."""
    if address.startswith("s3://"):
        from modelway.governance._aws import Bucket

        bucket, _, prefix = address.removeprefix("s3://").partition("/")
        return Bucket(bucket, prefix)
    return Folder(Path(address))


class Folder:
    """A store in a folder of this machine. Names that begin with a dot are not part of it."""

    def __init__(self, root: Path) -> None:
        self.address = str(root)
        self._root = root

    def names(self) -> list[str]:
        with _explained(self.address):
            try:
                return sorted(path.name for path in (self._root / ENTRIES).iterdir() if not path.name.startswith("."))
            except FileNotFoundError:
                return []

    def read(self, name: str) -> bytes | None:
        with _explained(self.address):
            try:
                return (self._root / name).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def contents(self, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        for name in names:
            if (content := self.read(f"{ENTRIES}{name}")) is not None:
                yield name, content

    def create(self, name: str, content: bytes) -> bool:
        path = self._root / name
        with self._written(path, content) as being_written:
            try:
                # Never over another, also where somebody writes without the lock.
                os.link(being_written, path)
            except FileExistsError:
                return False
        return True

    def replace(self, name: str, content: bytes, was: bytes) -> bool:
        path = self._root / name
        with self._written(path, content) as being_written:
            if self.read(name) != was:
                return False
            being_written.replace(path)
        return True

    def guards(self) -> list[str]:
        return [f"{self.address} is a folder: whoever may write there may remove what is in it, which an anchor shows, and nothing hinders"]

    @contextmanager
    def _written(self, path: Path, content: bytes) -> Iterator[Path]:
        """A file beside the others with the content, while no other process writes. What is done with it is on the disk afterwards. The
        lock goes with the process that holds it, however that ends."""
        with _explained(self.address):
            path.parent.mkdir(parents=True, exist_ok=True)
            with (self._root / ".lock").open("wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                # Always the same name, which nobody else uses meanwhile: what a killed process leaves is written over.
                being_written = self._root / ".writing"
                # A killed process may have left it linked to an entry, which must not be written to.
                being_written.unlink(missing_ok=True)
                with being_written.open("xb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                yield being_written
                being_written.unlink(missing_ok=True)
                folder = os.open(path.parent, os.O_RDONLY)
                try:
                    os.fsync(folder)
                finally:
                    os.close(folder)


@contextmanager
def _explained(address: str) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise StoreFailure(f"{address}: {fault.strerror or fault}. Correct the folder, or who may read and write it.") from fault
