"""Which Python a program runs in: the options under `runtime` in Pulumi.yaml, and what they lead to."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pulumi.runtime.proto import language_pb2

_PROJECT_FILES = ("Pulumi.yaml", "PulumiPolicy.yaml", "PulumiPlugin.yaml")
_OTHER_TOOLCHAINS = ("poetry", "uv")


class HostFault(Exception):
    """Something the user has to hear, in a sentence."""


@dataclass(frozen=True)
class Program:
    """A program, plugin or policy pack and its Python."""

    root: Path
    """Where its project file is."""
    folder: Path
    """Where its code and its requirements.txt are."""
    virtualenv: str = ""
    """The option as it was written; empty for the Python on PATH."""

    @classmethod
    def of(cls, info: language_pb2.ProgramInfo, plugin: bool = False) -> "Program":
        """Raises HostFault for options that are wrong or that this host does not serve."""
        options = dict(info.options)
        root, folder = Path(info.root_directory), Path(info.program_directory)
        written = {}
        for name in ("toolchain", "virtualenv", "typechecker"):
            value = options.get(name, "")
            if not isinstance(value, str):
                raise HostFault(f"{name} option must be a string, not {value!r}")
            written[name] = value
        if written["typechecker"]:
            raise HostFault(
                f"this language host runs no type checker: remove `typechecker: {written['typechecker']}` from {_project_file(root)}, "
                "or install the official Pulumi CLI"
            )
        # As upstream's does without the option, look for the lock files of other toolchains.
        toolchain = written["toolchain"] or next((name for name in _OTHER_TOOLCHAINS if _above(folder, f"{name}.lock")), "pip")
        if toolchain in _OTHER_TOOLCHAINS:
            raise HostFault(
                f"this language host serves the toolchain pip, not {toolchain}: set `toolchain: pip` in {_project_file(root)}, "
                "or install the official Pulumi CLI"
            )
        if toolchain != "pip":
            raise HostFault(f"unsupported toolchain option: {toolchain}")
        # Plugins never run in whatever Python is on PATH, once they say that they use pip.
        default = "venv" if plugin and written["toolchain"] else ""
        return cls(root, folder, written["virtualenv"] or default)

    @property
    def environment(self) -> Path | None:
        """The virtual environment, whether it exists or not; None for the Python on PATH."""
        return self.root / self.virtualenv if self.virtualenv else None

    @property
    def to_be_made(self) -> bool:
        """Whether the virtual environment is missing, or an empty folder. Raises HostFault for a file."""
        environment = self.environment
        if environment is None or not environment.exists():
            return environment is not None
        if not environment.is_dir():
            raise HostFault(f'{self._option} is set to "{self.virtualenv}", but "{environment}" is not a directory')
        return not any(environment.iterdir())

    def interpreter(self) -> str:
        """Raises HostFault when there is none."""
        environment = self.environment
        if environment is None:
            return ambient_interpreter()
        interpreter = environment / "bin" / "python"
        if not interpreter.is_file():
            fault = "doesn't appear to be a virtual environment" if environment.exists() else "doesn't exist"
            raise HostFault(
                f'{self._option} is set to "{self.virtualenv}", but "{environment}" {fault}; '
                "run `pulumi install`, or the following commands, to create it and to install the dependencies into it:\n\n"
                f"    1. python3 -m venv {environment}\n"
                f"    2. {interpreter} -m pip install -r {self.folder / 'requirements.txt'}\n"
            )
        return str(interpreter)

    @property
    def _option(self) -> str:
        return f"The 'virtualenv' option in {_project_file(self.root)}"

    def variables(self, given: Mapping[str, str] = os.environ) -> dict[str, str]:
        """The environment variables it runs with: those given, with its virtual environment activated."""
        environment = self.environment
        if environment is None:
            return dict(given)
        activated = {name: value for name, value in given.items() if name != "PYTHONHOME"}
        path = os.pathsep.join(filter(None, (str(environment / "bin"), given.get("PATH", ""))))
        return activated | {"PATH": path, "VIRTUAL_ENV": str(environment)}


def ambient_interpreter() -> str:
    """The Python that PULUMI_PYTHON_CMD names, or python3 or python on PATH. Raises HostFault when there is none."""
    chosen = os.environ.get("PULUMI_PYTHON_CMD")
    names = (chosen,) if chosen else ("python3", "python")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        raise HostFault(f"failed to locate {' or '.join(names)} on your PATH; install Python, or name one with PULUMI_PYTHON_CMD")
    return found


def _project_file(root: Path) -> str:
    return next((name for name in _PROJECT_FILES if (root / name).is_file()), _PROJECT_FILES[0])


def _above(folder: Path, name: str) -> bool:
    return any((parent / name).is_file() for parent in (folder, *folder.parents))
