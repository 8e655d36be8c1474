"""The files that stacks are made from, in the working tree or as they were at a revision: the same questions to both."""

import os
from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import Protocol

from modelway.operations.revisions import LINK, Revision


class Tree(Protocol):
    """Files by their paths from one root, with `/`."""

    def read(self, path: str) -> bytes | None:
        """What is in a file; None where there is none that can be read."""

    def names(self, folder: str) -> Collection[str]:
        """Files and folders in a folder; none where there is no such folder."""

    def is_link(self, path: str) -> bool:
        """Whether a file or folder is a symbolic link."""

    def under(self, folder: str) -> Iterator[str]:
        """Every file in a folder and those in it; the file itself when it is one."""


class WorkingTree:
    """The files as they are."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: dict[str, bytes | None] = {}

    def read(self, path: str) -> bytes | None:
        if path not in self._read:
            # Not by Path, which takes as long as reading does; there are thousands.
            try:
                with open(os.path.join(self._root, path), "rb") as stream:  # noqa: PTH118, PTH123
                    self._read[path] = stream.read()
            except OSError:
                self._read[path] = None
        return self._read[path]

    def names(self, folder: str) -> Collection[str]:
        try:
            return [entry.name for entry in (self._root / folder).iterdir()]
        except OSError:
            return ()

    def is_link(self, path: str) -> bool:
        return (self._root / path).is_symlink()

    def under(self, folder: str) -> Iterator[str]:
        if (self._root / folder).is_file():
            yield folder
        for place, folders, files in os.walk(self._root / folder):
            folders[:] = [name for name in folders if name != "__pycache__"]
            inside = Path(place).relative_to(self._root).as_posix()
            yield from (f"{inside}/{name}" for name in files)


class EarlierTree:
    """The files as they were at a revision, below `root`, a folder of its repository."""

    def __init__(self, revision: Revision, root: Path) -> None:
        self._revision = revision
        self.now = WorkingTree(root)
        """The same files as they are."""
        inside = root.resolve().relative_to(revision.root).as_posix()
        self._prefix = "" if inside == "." else f"{inside}/"
        self._read: dict[str, bytes] = {}

    @cached_property
    def changed(self) -> frozenset[str]:
        """Files below the root that are other now, new or gone."""
        start = len(self._prefix)
        return frozenset(name[start:] for name in self._revision.changed if name.startswith(self._prefix))

    def fetch(self, paths: Collection[str]) -> None:
        """Reads several files at once; git takes as long for one."""
        wanted = [path for path in paths if path in self.changed and path not in self._read and self._entry(path)]
        contents = self._revision.contents([f"{self._prefix}{path}" for path in wanted])
        self._read.update(zip(wanted, contents, strict=True))

    def read(self, path: str) -> bytes | None:
        if path not in self.changed:
            return self.now.read(path)
        self.fetch([path])
        return self._read.get(path)

    def names(self, folder: str) -> Collection[str]:
        return self._folders.get(folder, ())

    def is_link(self, path: str) -> bool:
        entry = self._entry(path)
        return entry is not None and entry[0] == LINK

    def under(self, folder: str) -> Iterator[str]:
        start = len(self._prefix)
        for name in self._revision.files:
            path = name[start:]
            if name.startswith(self._prefix) and (path == folder or path.startswith(f"{folder}/")):
                yield path

    def _entry(self, path: str) -> tuple[str, str] | None:
        return self._revision.files.get(f"{self._prefix}{path}")

    @cached_property
    def _folders(self) -> dict[str, set[str]]:
        start = len(self._prefix)
        found: dict[str, set[str]] = {}
        for name in self._revision.files:
            if not name.startswith(self._prefix):
                continue
            path = name[start:]
            while path:
                folder, _, last = path.rpartition("/")
                if last in (there := found.setdefault(folder, set())):
                    break
                there.add(last)
                path = folder
        return found
