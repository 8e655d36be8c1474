"""Which files can hold rows of which windows."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modelway.monitoring.drift.payloads import found, of_version
from modelway.monitoring.drift.store import Folder, Level
from modelway.monitoring.drift.windows import Window, containing

HOUR = 3600


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


FIVE = containing(at("2026-11-27T05:00"), HOUR)


def keys(folder: Path, windows: Sequence[Window] = (FIVE,), lateness: int = 900, versions: Sequence[str] = ("1",)) -> list[str]:
    return [one.entry.key for one in found(Folder(folder), windows, lateness, versions)]


def put(folder: Path, key: str, modified: str | None = None) -> None:
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"{}\n")
    if modified is not None:
        os.utime(path, (at(modified), at(modified)))


@pytest.mark.parametrize(
    ("key", "holds"),
    [
        ("1/2026/11/27/050000-aa.jsonl", True),
        ("1/2026/11/27/055959-aa.jsonl", True),
        ("1/2026/11/27/061459-aa.jsonl", True),  # waited for a while
        ("1/2026/11/27/061501-aa.jsonl", False),
        ("1/2026/11/27/045958-aa.jsonl", False),
        ("1/2026/11/26/050000-aa.jsonl", False),
        ("captured/flights/v1/2026/11/27/05/10-00-abc.jsonl", True),
        ("captured/flights/v1/2026/11/27/04/59-59-abc.jsonl", True),
        ("captured/flights/v1/2026/11/27/03/59-59-abc.jsonl", False),
        ("captured/flights/v1/2026/11/27/07/00-00-abc.jsonl", False),
        ("1/2026/11/27/_SUCCESS", False),
    ],
)
def test_names_say_when(tmp_path: Path, key: str, holds: bool) -> None:
    # The time that they are changed at says nothing then: a bucket may have been copied.
    put(tmp_path, key, "2020-01-01")
    assert keys(tmp_path) == ([key] if holds else [])


@pytest.mark.parametrize(
    ("modified", "holds"),
    [
        ("2026-11-27T05:00", True),
        ("2026-11-27T06:14", True),
        ("2026-11-27T07:14", True),  # of the next window, or late for this one
        ("2026-11-27T07:16", False),
        ("2026-11-27T04:57", False),
    ],
)
def test_other_files_are_of_when_they_were_changed(tmp_path: Path, modified: str, holds: bool) -> None:
    put(tmp_path, "requests/part-0001.parquet", modified)
    assert keys(tmp_path) == (["requests/part-0001.parquet"] if holds else [])


def test_a_name_that_is_no_time_says_nothing(tmp_path: Path) -> None:
    put(tmp_path, "1/2026/11/27/256199-aa.jsonl", "2026-11-27T05:10")
    put(tmp_path, "1/2026/11/27/12345678.jsonl", "2026-11-27T05:10")
    assert len(keys(tmp_path)) == 2


def test_days_that_are_not_asked_for_are_not_listed(tmp_path: Path) -> None:
    for day in range(1, 28):
        put(tmp_path, f"1/2026/11/{day:02}/050000-aa.jsonl")
        put(tmp_path, f"1/2025/11/{day:02}/050000-aa.jsonl")
    listed: list[str] = []

    class Watching(Folder):
        def level(self, prefix: str = "") -> Level:
            listed.append(prefix)
            return super().level(prefix)

    assert [one.entry.key for one in found(Watching(tmp_path), [FIVE], 900, ["1"])] == ["1/2026/11/27/050000-aa.jsonl"]
    assert listed == ["", "1/", "1/2026/", "1/2026/11/", "1/2026/11/27/"]


def test_a_version_may_be_called_like_a_year(tmp_path: Path) -> None:
    put(tmp_path, "1999/2026/11/27/050000-aa.jsonl")
    assert keys(tmp_path, versions=["1999"]) == ["1999/2026/11/27/050000-aa.jsonl"]


def test_files_in_the_folder_of_another_version_are_not_of_this_one(tmp_path: Path) -> None:
    for key in ("1/2026/11/27/050000-aa.jsonl", "2/2026/11/27/050000-aa.jsonl", "both.parquet"):
        put(tmp_path, key, "2026-11-27T05:10")
    payloads = found(Folder(tmp_path), [FIVE], 900, ["1", "2"])
    assert [one.entry.key for one in of_version(payloads, "1", ["1", "2"])] == ["1/2026/11/27/050000-aa.jsonl", "both.parquet"]
