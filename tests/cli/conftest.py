"""Verbs keep what they keep in a folder of the test's."""

from pathlib import Path

import pytest

from modelway.operations import project


@pytest.fixture(autouse=True)
def caches(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("caches")
    monkeypatch.setattr(project, "cache_folder", lambda: folder)
    return folder
