"""Files as they were at a revision of git, without touching the working tree."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from modelway.errors import ModelwayError

LIMIT = 60
"""Most seconds that one call of git may take."""

LINK = "120000"
"""Mode of a symbolic link in git."""


class NotInGit(ModelwayError):
    """There is no such revision, or no git to ask for it."""


class Revision:
    """What is in the repository that `folder` lies in, at a revision. Paths count from its root, with `/`. Raises NotInGit."""

    def __init__(self, folder: Path, name: str) -> None:
        self.root = Path(_git(folder, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
        try:
            self.commit = _git(self.root, "rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}").decode().strip()
        except NotInGit:
            rule = f"{self.root} has no revision {name!r}"
            raise NotInGit(f"{rule}: `git log` lists them; one that is not here yet comes with `git fetch`.") from None

    @cached_property
    def files(self) -> dict[str, tuple[str, str]]:
        """Mode and blob of every file."""
        # Not `git archive`, which leaves out and changes what .gitattributes says.
        listed = _paths(_git(self.root, "ls-tree", "-r", "-z", "--full-tree", self.commit))
        return {name: (mode, blob) for mode, kind, blob, name in map(_entry, listed) if kind == "blob"}

    @cached_property
    def changed(self) -> frozenset[str]:
        """Files of the working tree that are other than at the revision, new or gone; those that git ignores are not looked at."""
        # What is written as it was and only touched differs until the index is refreshed, so the content decides.
        other = _git(self.root, "diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", self.commit, "--")
        new = _git(self.root, "ls-files", "--others", "--exclude-standard", "-z")
        return frozenset([*_paths(other), *_paths(new)])

    def contents(self, names: Sequence[str]) -> Iterator[bytes]:
        """What was in each of these files, which are in `files`; of a link where it led."""
        blobs = [self.files[name][1] for name in names]
        output = _git(self.root, "cat-file", "--batch", given="".join(f"{blob}\n" for blob in blobs).encode()) if blobs else b""
        start = 0
        for _ in blobs:
            # `BLOB TYPE SIZE`, then the content and a newline.
            head = output.index(b"\n", start)
            end = head + 1 + int(output[start:head].split(b" ")[2])
            yield output[head + 1 : end]
            start = end + 1


@dataclass(frozen=True)
class Head:
    """Where the working tree stands."""

    commit: str
    """Empty where there is no git, or no commit yet."""
    dirty: bool
    """Whether files are other than in the commit."""


def head(folder: Path) -> Head:
    """The commit that is checked out in the repository that `folder` lies in."""
    try:
        commit = _git(folder, "rev-parse", "--verify", "HEAD").decode().strip()
        return Head(commit, bool(_git(folder, "status", "--porcelain", "-z", "--untracked-files=normal")))
    except NotInGit:
        return Head("", dirty=False)


@dataclass(frozen=True)
class Then:
    """A folder of environments as it was."""

    environments: Path
    """Where it lies now; there may be no such folder."""
    root: Path
    """Where the repository lies now."""
    now: Path
    """The root of the repository itself."""


@contextmanager
def at_revision(environments: Path, revision: str) -> Iterator[Then]:
    """The files of the repository that `environments` lies in, YAML and Markdown, as they were at `revision`, in a folder that is gone
    afterwards. All of them, because contracts and model cards may lie anywhere. Raises NotInGit.
    """
    found = Revision(environments, revision)
    with TemporaryDirectory(prefix="modelway-") as folder:
        then = Path(folder).resolve()
        # What marks the root of a repository to whoever looks for it.
        (then / ".git").mkdir()
        names = [name for name in found.files if _wanted(name)]
        for name, content in zip(names, found.contents(names), strict=True):
            file = then / name
            file.parent.mkdir(parents=True, exist_ok=True)
            if found.files[name][0] == LINK:
                file.symlink_to(os.fsdecode(content))
            else:
                file.write_bytes(content)
        yield Then(then / environments.resolve().relative_to(found.root), then, found.root)


def _wanted(name: str) -> bool:
    return name.endswith((".yaml", ".yml", ".md"))


def _paths(listed: bytes) -> list[str]:
    return [os.fsdecode(name) for name in listed.split(b"\0") if name]


def _entry(line: str) -> tuple[str, str, str, str]:
    about, _, name = line.partition("\t")
    mode, kind, blob = about.split(" ")
    return mode, kind, blob, name


def _git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    try:
        run = subprocess.run(
            ["git", "--no-optional-locks", "-C", folder, *arguments], input=given, capture_output=True, timeout=LIMIT, check=False
        )
    except FileNotFoundError:
        raise NotInGit("git is not on PATH: install it, or compare two environments by name.") from None
    except subprocess.TimeoutExpired:
        raise NotInGit(f"git took longer than {LIMIT} seconds in {folder}: see what `git -C {folder} status` says.") from None
    if run.returncode:
        said = run.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        raise NotInGit(f"git has no answer about {folder}: {said}")
    return run.stdout
