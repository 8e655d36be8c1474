"""What holds for every test."""

import pytest
from hypothesis import settings

# Hypothesis fails an example that takes longer than 200 ms, which says more about the machine than about the code.
settings.register_profile("modelway", deadline=None)
settings.register_profile("nightly", deadline=None, max_examples=10_000)
settings.load_profile("modelway")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole environments first: they take longest, and with several workers one runs all tests of a file."""
    items.sort(key=lambda item: not item.path.name.startswith("test_environment_"))
