"""What holds for every test."""

import pytest
from hypothesis import settings

# Hypothesis fails an example that takes longer than 200 ms, which says more about the machine than about the code.
settings.register_profile("modelway", deadline=None)
settings.load_profile("modelway")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several workers one runs all tests of a file, which share what is dear to make; each environment counts as a file, and they come
    first, because they take longest."""
    for item in items:
        site = item.callspec.params.get("site") if isinstance(item, pytest.Function) and hasattr(item, "callspec") else None
        item.add_marker(pytest.mark.xdist_group(f"{item.path.name} {site}" if site else item.path.name))
    items.sort(key=lambda item: item.path.name != "test_environments.py")
