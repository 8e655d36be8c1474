"""What is meant to harm: refused with a message of its own, soon, without much memory."""

import os
import shutil
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from modelway.architecture import Fault, InvalidArchitecture, load

HERE = Path(__file__).resolve().parent
MODEL = Path("environments/base/models/credit-risk.yaml")
OWN = Path("environments/dev/environment.yaml")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    shutil.copytree(HERE / "valid", tmp_path / "repository")
    (tmp_path / "repository" / "Pulumi.yaml").touch()
    return tmp_path / "repository"


def faults(repository: Path) -> list[Fault]:
    with pytest.raises(InvalidArchitecture) as refused:
        load(repository / "environments", "dev")
    return list(refused.value.faults)


@pytest.mark.parametrize("linked", [MODEL, MODEL.parent, MODEL.parent.parent, OWN])
def test_a_link_that_leads_out_is_refused(linked: Path, repository: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    shutil.move(repository / linked, outside)
    (repository / linked).symlink_to(outside)
    found = faults(repository)
    assert {fault.rule for fault in found} == {"a file of the environments' folder; this is a link that leads out of it"}


def test_a_link_inside_is_followed(repository: Path) -> None:
    (repository / "environments" / "dev" / "models").mkdir()
    shutil.move(repository / MODEL, repository / "environments" / "dev" / "a-model")
    (repository / MODEL).symlink_to("../../dev/a-model")
    assert load(repository / "environments", "dev").models


def test_environments_may_be_reached_by_a_link(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(repository / "environments")
    assert load(tmp_path / "link", "dev").models


@pytest.mark.parametrize("linked", ["contracts/credit-risk.yaml", "contracts"])
def test_a_contract_that_leads_out_is_refused(linked: str, repository: Path, tmp_path: Path) -> None:
    shutil.move(repository / linked, tmp_path / "outside")
    (repository / linked).symlink_to(tmp_path / "outside")
    assert {fault.rule for fault in faults(repository)} == {f"a file in the repository, which is {repository}"}


def circle(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.name)


def pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("make", [circle, pipe, folder])
def test_what_is_no_file_is_told(make: Callable[[Path], None], repository: Path) -> None:
    make(repository / MODEL)
    assert [fault.file for fault in faults(repository)] == [repository / MODEL]


MEBI = 1024 * 1024
BOMB = "".join(f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n" for before, after in zip("abcdefgh", "bcdefghi", strict=True))
HOSTILE = {
    "aliases of aliases": ("a: &a [x]\n" + BOMB, "no aliases"),
    "brackets": ("[" * (MEBI - 1), "at most 32 levels"),
    "braces": ("{a: " * (MEBI // 4 - 1), "at most 32 levels"),
    "indentation": ("".join(f"{' ' * depth}a:\n" for depth in range(1000)), "at most 32 levels"),
    "dashes": ("- " * (MEBI // 2 - 1), "at most 32 levels"),
    "more than a mebibyte": ("a: " + "x" * MEBI, "at most 1 MiB"),
    "one long number": ("risk_tier: " + "9" * (MEBI - 100), "one of"),
    "one long text": ('description: "' + "x" * (MEBI - 100) + '"', "at most 500 characters"),
    "one long name": ("x" * 1000 + ": 1", "no such field"),
    "one long name past what the parser takes": ("x" * (MEBI - 100) + ": 1", "YAML"),
    "the same field over and over": ("team: a\n" * 10_000, "every field once"),
    "tags": ("!!python/object/apply:os.system [ls]", "no tags"),
    "anchors over and over": ("".join(f"a{number}: &a 1\n" for number in range(10_000)), "no anchors"),
    "fields that nobody knows": ("".join(f"field-{number}: 1\n" for number in range(10_000)), "no such field"),
    "versions that are none": ("versions:\n" + "".join(f"  v{number}: 1\n" for number in range(10_000)), "a mapping with"),
    "secrets": ("".join(f"a{number}: AKIAIOSFODNN7EXAMPLE\n" for number in range(5_000)), "no secret"),
    "beginnings of secrets": ("description: " + "-----BEGIN PRIVATE KEY-----" * 30_000, "no secret"),
    "lines of comments": ("#\n" * (MEBI // 2 - 1), "is required"),
    "a byte that is no text": ("a: \udcff" + "x" * 1000, "UTF-8"),
    "signs nobody sees": ("description: " + "\u200b" * 100_000, "every character can be seen"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_soon_and_without_much_memory(name: str, repository: Path) -> None:
    text, rule = HOSTILE[name]
    load(repository / "environments", "dev")
    started = time.process_time()
    for _ in range(10):
        load(repository / "environments", "dev")
    usual = (time.process_time() - started) / 10
    (repository / MODEL).write_bytes(text.encode("utf-8", "surrogateescape"))
    started = time.process_time()
    found = faults(repository)
    taken = time.process_time() - started
    assert any(rule in fault.rule for fault in found)
    # A valid environment takes a few milliseconds: sixty of them are tenths of a second.
    assert taken < usual * (60 if len(found) < 100 else 400)


@pytest.mark.parametrize("name", HOSTILE)
def test_memory_stays_small(name: str, repository: Path) -> None:
    text, _ = HOSTILE[name]
    (repository / MODEL).write_bytes(text.encode("utf-8", "surrogateescape"))
    tracemalloc.start()
    try:
        faults(repository)
        assert tracemalloc.get_traced_memory()[1] < 64 * MEBI
    finally:
        tracemalloc.stop()
