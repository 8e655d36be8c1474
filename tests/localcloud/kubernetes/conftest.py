import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.localcloud.kubernetes.stack import Stack


@pytest.fixture
def stack(cloud, tmp_path: Path):
    """A stack on cluster `local`. What it makes belongs into the test's namespace, which goes afterwards."""
    return Stack(tmp_path / "stack", cloud.environment())


@pytest.fixture(scope="session")
def live(cloud) -> Callable[[str, str, str], dict]:
    """live(kind, namespace, name): what the API server has."""

    def get(kind: str, namespace: str, name: str) -> dict:
        scope = ["--namespace", namespace] if namespace else []
        return json.loads(cloud.kubectl("get", kind, name, *scope, "-o", "json", "--show-managed-fields").stdout)

    return get
