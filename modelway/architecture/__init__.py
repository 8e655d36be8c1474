"""What an environment is, as data: objects, and how files become them.

`load(folder, name)` gives one environment, resolved and checked, or raises InvalidArchitecture with every fault of every file.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelway.architecture.objects import *  # noqa: F403


def __getattr__(name: str) -> object:
    """The names of objects.py, imported when the first is asked for: who only asks a cache needs none of them."""
    try:
        return getattr(import_module("modelway.architecture.objects"), name)
    except AttributeError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
