"""Who wrote files, as git says: of every commit since another one, or of the last that changed each."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from modelway.operations.revisions import NotInGit

LIMIT = 60
"""Most seconds that one call of git may take."""
NOBODY = re.compile(r"noreply@(github|gitlab)\.com", re.ASCII)
"""Who commits what people do on the pages of a forge."""

_CO_AUTHOR = re.compile(r"^co-authored-by:.*<([^<>\s]+)>\s*$", re.IGNORECASE | re.MULTILINE)
_COMMIT = "%x01%ae%x00%ce%x00%P%x00%B%x00"


def authors(root: Path, files: Sequence[str], since: str | None, commit: str) -> tuple[str, ...]:
    """By address, sorted: those who wrote or committed what changed these files after `since` up to `commit`, and whom they name as
    co-authors; of each file's last commit where `since` is None, or is no commit of this repository.

    A merge counts when it has something that neither side had. Raises NotInGit, also where the history is cut off.
    """
    if _git(root, "rev-parse", "--is-shallow-repository").strip() == "true":
        raise NotInGit(
            f"{root} has a part of the history alone, so nobody can tell who wrote what is approved: `git fetch --unshallow`, or check out"
            " with fetch-depth 0."
        )
    if since is not None and _is_before(root, since, commit):
        return _sorted(_log(root, [f"{since}..{commit}"], files))
    return _sorted("".join(_log(root, ["-1", commit], [file]) for file in files))


def named_in(message: str) -> list[str]:
    """Addresses of co-authors in a commit's message."""
    return _CO_AUTHOR.findall(message)


def there(root: Path, commit: str) -> bool:
    """Whether the repository has a commit."""
    return _ran(root, "cat-file", "-e", f"{commit}^{{commit}}").returncode == 0


def merge_base(root: Path, one: str, other: str) -> str:
    """The commit that both go back to. Raises NotInGit."""
    return _git(root, "merge-base", one, other).strip()


def _is_before(root: Path, commit: str, later: str) -> bool:
    # It comes from a record, and must not be an option of git.
    if re.fullmatch("[0-9a-f]{40,64}", commit) is None or not there(root, commit):
        return False
    return _ran(root, "merge-base", "--is-ancestor", commit, later).returncode == 0


def _log(root: Path, which: Sequence[str], files: Sequence[str]) -> str:
    # Of a merge it lists what is not as git itself would have merged it.
    return _git(root, "log", "--remerge-diff", "--name-only", "--no-renames", f"--format={_COMMIT}", *which, "--", *files)


def _sorted(log: str) -> tuple[str, ...]:
    found: set[str] = set()
    for entry in log.split("\x01")[1:]:
        author, committer, parents, message, listed = entry.split("\x00", 4)
        # Of more than two sides git does not say that.
        if listed.strip() or len(parents.split()) > 2:
            found |= {author, committer, *named_in(message)}
    return tuple(sorted({one.casefold() for one in found if one and not NOBODY.fullmatch(one.casefold())}))


def _git(root: Path, *arguments: str) -> str:
    ran = _ran(root, *arguments)
    if ran.returncode:
        raise NotInGit(f"git has no answer about {root}: {ran.stderr.strip().removeprefix('fatal: ')}")
    return ran.stdout


def _ran(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            ["git", "--no-optional-locks", "--literal-pathspecs", "-C", root, *arguments],
            capture_output=True,
            timeout=LIMIT,
            check=False,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except FileNotFoundError:
        raise NotInGit("git is not on PATH: install it.") from None
    except subprocess.TimeoutExpired:
        raise NotInGit(f"git took longer than {LIMIT} seconds in {root}: see what `git -C {root} status` says.") from None
