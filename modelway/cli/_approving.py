"""What `modelway approve` stands on: an environment at its commit, the ledger, and what of a model is approved."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelway.cli import _environments, _ledgers
from modelway.errors import WrongUsage

if TYPE_CHECKING:
    from modelway.architecture import Environment, Model
    from modelway.governance.approving import Subject
    from modelway.governance.ledger import Entry, Key


@dataclass(frozen=True)
class Here:
    """An environment as the commit says it that is checked out."""

    environment: "Environment"
    folder: Path
    """Of the environments."""
    root: Path
    """Of the repository that they are in."""
    commit: str

    def models(self, name: str | None) -> "list[Model]":
        """The one of that name; without a name all. Raises WrongUsage."""
        known = self.environment.models
        if name is not None and name not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise WrongUsage(f"environment {self.environment.environment} has no model {name}; it has {listed}.")
        return [known[one] for one in sorted(known) if name in (None, one)]

    def ledger(self, address: str | None, keys: Path | None) -> tuple[str, Path]:
        return _ledgers.of_environment(self.environment, self.root, address, keys)

    def subject(self, model: "Model", entries: "Sequence[Entry]", extra: Sequence[str] = (), commit: str = "") -> "Subject":
        """What is approved of a model, with all who wrote it since its last release; `extra` wrote it too, and `commit` has it where that
        is not the one that is checked out."""
        from modelway.architecture import layout
        from modelway.governance.approving import Subject
        from modelway.operations.authorship import authors

        at = commit or self.commit
        wrote = authors(self.root, self._files(model), _released(entries, layout.stack_of(self.environment, model)), at)
        return Subject(self.environment, model, at, tuple(sorted({*wrote, *(one.casefold() for one in extra)})))

    def _files(self, model: "Model") -> list[str]:
        """All that describe it, from the root of the repository; contracts among them."""
        inside = self.folder.resolve().relative_to(self.root.resolve()).as_posix()
        start = "" if inside == "." else f"{inside}/"
        described = [f"{start}{folder}/models/{model.model}.yaml" for folder in ("base", self.environment.environment)]
        return [*described, *sorted({one.contract for one in model.versions.values()})]


def here(name: str, environments: Path | None) -> Here:
    """The environment, whose files are those of a commit. Raises NotCommitted, InvalidArchitecture, BadParameter."""
    from modelway.architecture import load
    from modelway.architecture.folders import repository_root
    from modelway.operations.rendering import committed
    from modelway.operations.revisions import Revision

    root = _environments.project(needed=environments is None)
    folder = _environments.folder_of(name, environments, root)
    with _environments.faults_from_here():
        environment = load(folder, name, root)
    commit = committed(folder)
    repository = Revision(folder, commit).root
    if repository.resolve() != repository_root(folder, root).resolve():
        raise WrongUsage(f"{folder} is not in a repository of its own whose root is {repository}: paths of contracts would not be its.")
    return Here(environment, folder, repository, commit)


def at(place: Here, commit: str) -> "Environment | None":
    """The same environment at another commit; None where it was not valid there, or not there."""
    from modelway.architecture import load
    from modelway.architecture.faults import InvalidArchitecture
    from modelway.operations.revisions import at_revision

    with at_revision(place.folder, commit) as then, suppress(InvalidArchitecture):
        if then.environments.is_dir():
            return load(then.environments, place.environment.environment, then.root)
    return None


def read(address: str, keys: Path) -> "tuple[str, tuple[Key, ...], list[Entry]]":
    """The project, its trusted keys and all entries of its ledger, each held against the one before it."""
    from modelway.governance.ledger import opened

    project, trusts = _ledgers.trusted(keys)
    return project, trusts, list(opened(address, project, trusts).entries())


def _released(entries: "Sequence[Entry]", stack: str) -> str | None:
    """The commit of a stack's last release."""
    from modelway.governance.record import is_release

    for entry in reversed(entries):
        predicate = entry.statement.get("predicate")
        if is_release(entry.statement) and isinstance(predicate, dict) and predicate.get("stack") == stack:
            return str(predicate.get("commit") or "") or None
    return None
