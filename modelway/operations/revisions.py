"""Environments as they were at a revision of git, without touching the working tree."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from modelway.errors import ModelwayError

LIMIT = 60
"""Most seconds that one call of git may take."""


class NotInGit(ModelwayError):
    """There is no such revision, or no git to ask for it."""


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
    root = Path(_git(environments, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
    try:
        commit = _git(root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    except NotInGit:
        rule = f"{root} has no revision {revision!r}"
        raise NotInGit(f"{rule}: `git log` lists them; one that is not here yet comes with `git fetch`.") from None
    with TemporaryDirectory(prefix="modelway-") as folder:
        then = Path(folder).resolve()
        # What marks the root of a repository to whoever looks for it.
        (then / ".git").mkdir()
        # Not `git archive`, which leaves out and changes what .gitattributes says.
        listed = _git(root, "ls-tree", "-r", "-z", "--full-tree", commit).decode("utf-8", "surrogateescape").split("\0")
        files = [(mode, blob, name) for mode, kind, blob, name in map(_entry, filter(None, listed)) if kind == "blob" and _wanted(name)]
        for (mode, _, name), content in zip(files, _contents(root, [blob for _, blob, _ in files]), strict=True):
            file = then / name
            file.parent.mkdir(parents=True, exist_ok=True)
            if mode == "120000":
                file.symlink_to(content.decode("utf-8", "surrogateescape"))
            else:
                file.write_bytes(content)
        yield Then(then / environments.resolve().relative_to(root), then, root)


def _wanted(name: str) -> bool:
    return name.endswith((".yaml", ".yml", ".md"))


def _entry(line: str) -> tuple[str, str, str, str]:
    about, _, name = line.partition("\t")
    mode, kind, blob = about.split(" ")
    return mode, kind, blob, name


def _contents(root: Path, blobs: list[str]) -> Iterator[bytes]:
    """The content of each blob."""
    output = _git(root, "cat-file", "--batch", given="".join(f"{blob}\n" for blob in blobs).encode())
    start = 0
    for _ in blobs:
        # `BLOB TYPE SIZE`, then the content and a newline.
        head = output.index(b"\n", start)
        end = head + 1 + int(output[start:head].split(b" ")[2])
        yield output[head + 1 : end]
        start = end + 1


def _git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    try:
        run = subprocess.run(["git", "-C", folder, *arguments], input=given, capture_output=True, timeout=LIMIT, check=False)
    except FileNotFoundError:
        raise NotInGit("git is not on PATH: install it, or compare two environments by name.") from None
    except subprocess.TimeoutExpired:
        raise NotInGit(f"git took longer than {LIMIT} seconds in {folder}: see what `git -C {folder} status` says.") from None
    if run.returncode:
        said = run.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        raise NotInGit(f"git has no answer about {folder}: {said}")
    return run.stdout
