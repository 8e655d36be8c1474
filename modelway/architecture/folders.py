"""The folders of environments: which there are, where their paths count from, and whether one is as it was when it was found valid."""

from pathlib import Path

from modelway.architecture.caching import Cache, Snapshot, Summary
from modelway.architecture.faults import Fault, InvalidArchitecture

BASE = "base"
"""Folder of what all environments have in common."""

FILE, MODELS = "environment.yaml", "models"


def names(environments: Path) -> list[str]:
    """The environments of a folder, sorted: the folders in it, but for base, that have environment.yaml or models/.

    Raises InvalidArchitecture when the folder cannot be read.
    """
    try:
        return sorted(
            entry.name for entry in environments.iterdir() if entry.name != BASE and ((entry / FILE).exists() or (entry / MODELS).is_dir())
        )
    except OSError as error:
        rule = f"the folder of the environments cannot be read: {error.strerror}"
        raise InvalidArchitecture([about(environments, rule, "Name another, or make it.")]) from None


def repository_root(environments: Path, otherwise: Path | None = None) -> Path:
    """Where paths of contracts and model cards count from: the nearest folder at or above the environments that has .git or Pulumi.yaml;
    when there is none `otherwise`, and without that the folder that they are in."""
    resolved = environments.resolve()
    for folder in (resolved, *resolved.parents):
        if (folder / ".git").exists() or (folder / "Pulumi.yaml").is_file():
            return folder
    return otherwise or resolved.parent


def take_snapshot(environments: Path, name: str, root: Path | None = None) -> Snapshot | None:
    """What is in the files of an environment; None when there is no such environment."""
    known = names(environments)
    return Snapshot(environments, name, repository_root(environments, root), known) if name in known else None


def summary_of(environments: Path, name: str, root: Path | None, cache: Cache) -> Summary:
    """What there is to say of an environment that is valid; without making it when the cache knows. Raises InvalidArchitecture."""
    snapshot = take_snapshot(environments, name, root)
    if snapshot and (kept := cache.find(snapshot)):
        return kept.summary
    from modelway.architecture.loading import summarize

    return summarize(environments, name, root, cache, snapshot)


def about(path: Path, rule: str, way_out: str) -> Fault:
    """A fault of a whole file or folder."""
    return Fault(path, None, None, "", None, rule, way_out)
