"""What verbs share that write documents about models: what they read beside the environment's files, and how a file is written."""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli import _environments
from modelway.errors import ModelwayError, WrongUsage

if TYPE_CHECKING:
    from modelway.architecture import Environment, Model
    from modelway.governance.measured import Reached

LARGEST = 32 << 20
"""Bytes of a file that is read whole."""

Baselines = Annotated[
    list[Path] | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        help="Baseline of a version; what was reached on it, with intervals. Again for more.",
        exists=True,
        dir_okay=False,
        show_default=False,
    ),
]
Offline = Annotated[bool, typer.Option("--offline", help="Read no ledger, though the environment names one.")]


def program() -> str:
    """The version of Modelway."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("modelway")
    except PackageNotFoundError:
        return "unknown"


def loaded(name: str, environments: Path | None) -> "tuple[Environment, Path]":
    """An environment, and the root of the repository that it is in."""
    from modelway.architecture import load, names
    from modelway.architecture.folders import repository_root

    project = _environments.project(needed=environments is None)
    folder = _environments.folder_of(name, environments, project)
    with _environments.faults_from_here():
        known = names(folder)
        if name not in known:
            raise typer.BadParameter(f"there is no {name} in {folder}; there are {', '.join(known) or 'none'}", param_hint="ENV")
        return load(folder, name, project), repository_root(folder, project)


def contracts(environment: "Environment", root: Path) -> dict[str, str]:
    """SHA-256 in hex of the contracts' files, by path."""
    return {path: hashlib.sha256((root / path).read_bytes()).hexdigest() for path in sorted(environment.contracts)}


def ledger_of(environment: "Environment", root: Path, address: str | None, keys: Path | None, offline: bool) -> tuple[str, Path] | None:
    """Where the ledger is, and its keys; None where none is named or none is to be read."""
    from modelway.cli._ledgers import of_environment

    if offline or (address is None and keys is None and environment.governance.ledger is None):
        return None
    return of_environment(environment, root, address, keys)


def content_of(file: Path, option: str) -> bytes:
    """What is in a file. Raises BadParameter for one that is too large to be what it should be, or cannot be read."""
    try:
        size = file.stat().st_size
        if size > LARGEST:
            told = f"{file} has {size:,} bytes, and at most {LARGEST:,} are read: name the file of one window or version"
            raise typer.BadParameter(told, param_hint=option)
        return file.read_bytes()
    except OSError as fault:
        raise typer.BadParameter(f"{file} cannot be read: {fault.strerror}", param_hint=option) from None


def reached(model: "Model", files: Sequence[Path]) -> "dict[str, list[Reached]]":
    """What versions reached on what their drift is measured from, out of baselines that the model's file pins. Raises WrongUsage for
    another file."""
    if not files:
        return {}
    from modelway.governance.measured import Reached
    from modelway.monitoring.drift.baseline import read

    pinned = {one.baseline.sha256: name for name, one in model.versions.items() if one.baseline is not None}
    found: dict[str, list[Reached]] = {}
    for file in files:
        content = content_of(file, "--baseline")
        digest = hashlib.sha256(content).hexdigest()
        version = pinned.get(digest)
        if version is None:
            names = ", ".join(pinned.values()) or "none"
            raise WrongUsage(
                f"{file} has the digest sha256:{digest}, which no version of {model.model} names as its baseline; those with one: {names}."
                " Name the file that was published."
            )
        baseline = read(content, str(file), model=model.model, version=version)
        found[version] = [
            Reached(one.metric, one.value, one.low, one.high, one.rows, f"{one.column}={one.segment}" if one.column is not None else None)
            for one in baseline.reached
        ]
    return found


def sha256(content: bytes) -> str:
    """In hex."""
    return hashlib.sha256(content).hexdigest()


def save(content: bytes, file: Path) -> None:
    """The file has this content, whole or not at all. Raises ModelwayError."""
    try:
        descriptor, beside = tempfile.mkstemp(dir=file.absolute().parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(content)
            # mkstemp lets nobody else read; a document is for everybody whom the umask lets.
            mask = os.umask(0)
            os.umask(mask)
            Path(beside).chmod(0o666 & ~mask)
            Path(beside).replace(file)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as fault:
        raise ModelwayError(f"{file} cannot be written: {fault.strerror}. Name another with --out.") from None
