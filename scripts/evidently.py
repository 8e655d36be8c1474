"""Evidently, which drift benches are held against: in a cached environment of its own, made from evidently.lock, and never a dependency.

`python -m scripts.evidently` makes it where it is not there, and prints its interpreter. What runs in it gets `environment()`.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from toolchain import ToolchainError, python_environment

LOCK = Path(__file__).with_suffix(".lock")
QUIET = {"DO_NOT_TRACK": "1"}
"""It sends what it is used for to its makers otherwise."""


def interpreter(progress: Callable[[str], None] = lambda _: None) -> Path:
    """Raises ToolchainError."""
    return python_environment(LOCK, "evidently", progress)


def environment() -> dict[str, str]:
    """The variables of a process in it."""
    return os.environ | QUIET


def main() -> int:
    try:
        print(interpreter(lambda said: print(said, file=sys.stderr)))
    except ToolchainError as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
