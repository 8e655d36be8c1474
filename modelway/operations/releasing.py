"""From a commit to what is recorded of a release that was made from it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from modelway.architecture import Environment, layout, load, names
from modelway.errors import WrongUsage
from modelway.operations.project import environments_folder, find_root
from modelway.operations.rendering import NotRendered, Rendered, author, checked_out, committed

LOCK = "requirements.lock"


@dataclass(frozen=True)
class Released:
    """What a commit says of a stack."""

    environment: Environment
    commit: str
    author: str
    folder: str
    """Of the environments, from the root of the repository."""
    contracts: dict[str, str]
    """SHA-256 in hex of each contract's file, by path."""
    lock: str
    """The same of requirements.lock; empty where there is none."""
    rendered: Rendered


def released(stack: str, environments: Path | None = None) -> Released:
    """What the commit that is checked out says of a stack. Raises NotCommitted, NotRendered, InvalidArchitecture; WrongUsage for a stack of
    no environment."""
    root = find_root()
    commit = committed(root)
    found = environment_of(stack, root, environments)
    if found is None:
        raise WrongUsage(f"stack {stack} is of no environment that is described here: `modelway validate` lists them.")
    name, folder = found
    with checked_out(root, commit) as checkout:
        inside = _inside(folder, checkout.revision.root, root)
        rendered = checkout.rendered(stack, inside)
        environment = load(checkout.tree / inside, name, checkout.tree)
        contracts = checkout.contents(sorted(environment.contracts))
        lock = checkout.contents([LOCK]).get(LOCK)
    hashes = {path: hashlib.sha256(content).hexdigest() for path, content in contracts.items()}
    return Released(environment, commit, author(root, commit), inside, hashes, _sha256(lock), rendered)


def replayed(stack: str, commit: str, folder: str) -> tuple[Rendered, str]:
    """What the program asks for at a commit, and the SHA-256 of its requirements.lock. Raises NotInGit, NotRendered."""
    with checked_out(find_root(), commit) as checkout:
        return checkout.rendered(stack, folder), _sha256(checkout.contents([LOCK]).get(LOCK))


def environment_of(stack: str, root: Path, environments: Path | None) -> tuple[str, Path] | None:
    """The environment that a stack is of, and the folder that it is described in; None where none is."""
    for name in (stack, *(layout.owner_of(stack) or ())[:1]):
        if name is not None:
            folder = (environments or environments_folder(root, name)).resolve()
            if folder.is_dir() and name in names(folder):
                return name, folder
    return None


def _inside(folder: Path, repository: Path, root: Path) -> str:
    """Where the environments are in the commit."""
    if repository.resolve() != root.resolve() or not folder.is_relative_to(repository.resolve()):
        raise NotRendered(
            f"{folder} and the program in {root} are not of one repository, so no commit says what both were: record releases of"
            " environments that are kept beside the program."
        )
    return folder.relative_to(repository.resolve()).as_posix()


def _sha256(content: bytes | None) -> str:
    return "" if content is None else hashlib.sha256(content).hexdigest()
