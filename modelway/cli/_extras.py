"""What verbs share that need more than modelway alone."""

from collections.abc import Iterator
from contextlib import contextmanager

from modelway.errors import ModelwayError


@contextmanager
def drift() -> Iterator[None]:
    """For imports of what looks for drift: where a package of it is not installed, a ModelwayError says how to get it."""
    try:
        yield
    except ModuleNotFoundError as missing:
        raise ModelwayError(f"{missing.name} is not installed, and drift needs it: install `modelway[drift]`.") from None
