"""What the program of a stack asks for at a commit, found in a checkout of its own that is gone afterwards."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from modelway.errors import ModelwayError
from modelway.operations.fingerprints import PROGRAM
from modelway.operations.revisions import LINK, Revision, head

SECONDS = 120
"""Most that a program may take; an environment of a hundred models takes ten."""


class NotRendered(ModelwayError):
    """The program of a commit cannot be run, or refuses."""


class NotCommitted(ModelwayError):
    """The working tree is no commit."""

    exit_code = 4


@dataclass(frozen=True)
class Rendered:
    """What `stacks/rendering.py` tells."""

    resolved: dict[str, Any]
    graph: dict[str, str]
    packages: dict[str, str]
    python: str


def committed(folder: Path) -> str:
    """The commit that the working tree is. Raises NotCommitted where files differ from it, or there is none."""
    stands = head(folder)
    if not stands.commit:
        raise NotCommitted(f"{folder} is in no git repository, or has no commit yet: a release is made from a commit.")
    if stands.dirty:
        changed = sorted(Revision(folder, "HEAD").changed)
        shown = ", ".join(changed[:5]) + (f" and {len(changed) - 5} more" if len(changed) > 5 else "")
        raise NotCommitted(
            f"files differ from commit {stands.commit[:12]}: {shown}. Commit them, or put them away; then record the release."
        )
    return stands.commit


@dataclass(frozen=True)
class Checkout:
    """The files of a commit that decide what a stack is, in a folder of their own."""

    tree: Path
    revision: Revision

    def rendered(self, stack: str, folder: str) -> Rendered:
        """The stack, with the environments in `folder` from the root of the repository. Raises NotRendered."""
        # Of this checkout, so that commits from before it can be asked; it reads and composes with the modules of theirs.
        script = Path(__file__).resolve().parents[2] / "stacks" / "rendering.py"
        # What is elsewhere on the path would be imported instead of the commit's.
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PULUMI"))}
        command = [sys.executable, "-B", str(script), str(self.tree), stack, str(self.tree / folder)]
        try:
            ran = subprocess.run(command, capture_output=True, cwd=self.tree, env=environment, timeout=SECONDS, check=False, text=True)
        except subprocess.TimeoutExpired:
            raise NotRendered(f"the program of {stack} took longer than {SECONDS} seconds at commit {self.revision.commit[:12]}.") from None
        if ran.returncode:
            lines = ran.stderr.strip().splitlines() or ["it said nothing"]
            # Of a traceback the last line says what went wrong; what the program refuses is all of it.
            said = lines[-1] if lines[0].startswith("Traceback") else "\n".join(lines)
            said = said.replace(f"{self.tree}/", "")
            raise NotRendered(f"the program cannot make {stack} at commit {self.revision.commit[:12]}: {said}")
        return Rendered(**json.loads(ran.stdout))

    def contents(self, names: Sequence[str]) -> dict[str, bytes]:
        """Files as they are in the commit, by path from the root; one that is not there is left out."""
        there = [name for name in names if name in self.revision.files]
        return dict(zip(there, self.revision.contents(there), strict=True))


@contextmanager
def checked_out(root: Path, commit: str) -> Iterator[Checkout]:
    """The commit, for a while. The working tree and git's own files stay as they are. Raises NotInGit."""
    revision = Revision(root, commit)
    with TemporaryDirectory(prefix="modelway-") as folder:
        tree = Path(folder).resolve()
        names = [name for name in revision.files if _wanted(name)]
        for name, content in zip(names, revision.contents(names), strict=True):
            file = tree / name
            file.parent.mkdir(parents=True, exist_ok=True)
            if revision.files[name][0] == LINK:
                file.symlink_to(os.fsdecode(content))
            else:
                file.write_bytes(content)
        yield Checkout(tree, revision)


def author(root: Path, commit: str) -> str:
    """Address of who wrote a commit; of a merge, who wrote the last commit that it brought: who merges writes nothing, unless the merge has
    something that neither side had."""

    def told(*arguments: str) -> str:
        return subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=True).stdout.strip()

    def merged_by_git(commit: str) -> bool:
        command: list[str | Path] = ["git", "-C", root, "show", "--remerge-diff", "--name-only", "--format=", commit]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        # Where the history is cut off nobody can tell.
        return not ran.returncode and not ran.stdout.strip()

    while len(parents := told("show", "-s", "--format=%P", commit).split()) == 2 and merged_by_git(commit):
        commit = parents[1]
    return told("show", "-s", "--format=%ae", commit)


def _wanted(name: str) -> bool:
    # The program, and what environments may name anywhere: contracts and model cards.
    return name.endswith((".yaml", ".yml", ".md")) or any(name == part or name.startswith(f"{part}/") for part in PROGRAM)
