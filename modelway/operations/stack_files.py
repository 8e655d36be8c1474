"""Files of stacks' configuration: one for each stack that an environment comes to have, like those of the stacks beside it."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from modelway.architecture import Environment, layout
from modelway.architecture.writing import lines
from modelway.errors import ModelwayError
from modelway.operations.project import CONFIG, environments_folder, read_stack_file

__all__ = ["CONFIG", "StackFile", "add_stack_files", "reads"]


@dataclass(frozen=True)
class StackFile:
    """A file that was written for a new stack."""

    stack: str
    file: Path
    like: str | None
    """The stack whose settings it has; None where there was none to take after."""
    secrets: tuple[str, ...]
    """Keys that the other stack has secrets under. They are encrypted for that one alone, and are not in this file."""


def add_stack_files(
    root: Path, environment: Environment, like: str | None = None, accounts: tuple[str, str] | None = None
) -> list[StackFile]:
    """A file for each stack of an environment that has none yet, with the settings of its neighbour: of the stack in the same place of
    environment `like`; or else of another team's, or of the platform's.

    With `accounts`, the second takes the place of the first in them. Raises ModelwayError when a file cannot be read or written.
    """
    name = environment.environment
    made = []
    for stack in layout.stacks(environment):
        file = _file(root, stack)
        if file.exists():
            continue
        known = [f"{like}{stack.removeprefix(name)}", f"{like}{layout.MODELS}", like] if like else _beside(root, name)
        neighbour = next((other for other in known if other and _file(root, other).exists()), None)
        config = (read_stack_file(_file(root, neighbour)).get("config") if neighbour else None) or {}
        plain = {key: _of_account(value, accounts) for key, value in config.items() if not _holds_secret(value)}
        secrets = tuple(key for key, value in config.items() if _holds_secret(value))
        _write(file, stack, plain)
        made.append(StackFile(stack, file, neighbour, secrets))
    return made


def reads(root: Path, name: str, folder: Path) -> bool:
    """Whether the stacks of environment `name` read its files in `folder`."""
    return environments_folder(root, name).resolve() == folder.resolve()


def _file(root: Path, stack: str) -> Path:
    return root / CONFIG / f"Pulumi.{stack}.yaml"


def _beside(root: Path, name: str) -> list[str]:
    """The stacks of an environment that have files, those of models first."""
    of_models = sorted(file.name for file in (root / CONFIG).glob(f"Pulumi.{name}{layout.MODELS}*.yaml"))
    return [*(file.removeprefix("Pulumi.").removesuffix(".yaml") for file in of_models), name]


def _holds_secret(value: object) -> bool:
    if isinstance(value, Mapping):
        return "secure" in value or any(map(_holds_secret, value.values()))
    return isinstance(value, list) and any(map(_holds_secret, value))


def _of_account(value: object, accounts: tuple[str, str] | None) -> object:
    """A setting with one account in the place of another."""
    if accounts is None:
        return value
    if isinstance(value, Mapping):
        return {key: _of_account(item, accounts) for key, item in value.items()}
    if isinstance(value, list):
        return [_of_account(item, accounts) for item in value]
    return re.sub(rf"(?<![0-9]){accounts[0]}(?![0-9])", accounts[1], value) if isinstance(value, str) else value


def _write(file: Path, stack: str, config: Mapping[str, object]) -> None:
    head = f"# Provider settings and secrets of stack {stack}; what is deployed stands in stacks/environments.\n"
    text = "\n".join(line.text for line in lines({"config": config}))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(f"{head}{text}\n")
    except OSError as error:
        raise ModelwayError(f"{os.path.relpath(file)} cannot be written: {error.strerror}.") from None
