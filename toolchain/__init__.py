"""The pinned engine and the Kubernetes programs: found, or built from Go modules into a per-user cache.

`python -m toolchain` makes what is missing; `find` tells what there is.
"""

from collections.abc import Callable
from pathlib import Path

from toolchain.cache import ToolchainError
from toolchain.finding import Engine, Toolchain, ToolchainMissing, find, installed_engine
from toolchain.pins import KUBERNETES_VERSION, PULUMI_VERSION, entries, environment_entry

__all__ = [
    "KUBERNETES_VERSION",
    "PULUMI_VERSION",
    "Engine",
    "Toolchain",
    "ToolchainError",
    "ToolchainMissing",
    "entries",
    "find",
    "installed_engine",
    "python_environment",
]


def python_environment(lock: Path, name: str, progress: Callable[[str], None] = lambda _: None) -> Path:
    """The interpreter of the cached environment that holds what `lock` names; made when it is not there. Raises ToolchainError."""
    from toolchain import building

    return building.python_environment(environment_entry(lock, name), progress)
