"""The files of changes say what is valid, so that the local cloud is not asked for nothing."""

import shutil
from pathlib import Path

import pytest

from modelway.architecture import load
from tests.localcloud.changing import FOLDERS, changes, laid_over, restored, write
from tests.support.environments import EVERYTHING, ROOT

OPERATIONS = {"create", "update", "replace", "delete"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_environment_with_them_is_valid(folder: str, tmp_path: Path) -> None:
    shutil.copytree(EVERYTHING, tmp_path / "environments")
    before = load(tmp_path / "environments", "everything", ROOT)
    for change in changes(folder):
        with restored(tmp_path / "environments" / "everything"):
            write(tmp_path / "environments" / "everything", [change])
            assert load(tmp_path / "environments", "everything", ROOT) != before, f"{change.name} changes nothing"
    assert load(tmp_path / "environments", "everything", ROOT) == before
    write(tmp_path / "environments" / "everything", changes(folder))
    load(tmp_path / "environments", "everything", ROOT)


def test_every_kind_of_operation_is_expected_of_some() -> None:
    every = [change for folder in FOLDERS for change in changes(folder)]
    assert all(change.expected for change in every)
    assert {operation for change in every for operation in change.expected} == OPERATIONS
    assert {"scale", "digest", "canary", "shadow", "new-model", "removed-model", "kubernetes", "new-pool", "retention"} <= {
        change.name for change in every
    }


def test_what_is_said_is_laid_over_what_was_there() -> None:
    base = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    assert laid_over(base, {"a": {"b": 2, "c": [3]}, "d": None, "e": {"f": None, "g": 1}}) == {"a": {"b": 2, "c": [3]}, "e": {"g": 1}}
    assert base == {"a": {"b": 1, "c": [1, 2]}, "d": 1}
