"""What a cache gives is what the files say now, and nothing that lies in its folder can do harm."""

import io
import os
import pickle
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from modelway.architecture import Column, Environment, InvalidArchitecture, caching, load, loading, names
from modelway.architecture.caching import ENTRIES, Cache
from modelway.architecture.folders import summary_of
from modelway.architecture.pickling import Pickler, Unpickler

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MODEL = "environments/base/models/credit-risk.yaml"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    shutil.copytree(HERE / "valid", tmp_path / "repository")
    (tmp_path / "repository" / "Pulumi.yaml").touch()
    (tmp_path / "repository" / "card.md").write_text("# Card\n", "utf-8")
    with (tmp_path / "repository" / MODEL).open("a", encoding="utf-8") as model:
        model.write("governance: {model_card: card.md}\n")
    return tmp_path / "repository"


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache" / "environments")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The environments that were made from YAML."""
    names = []
    make = loading._load

    def noted(*arguments: object) -> object:
        names.append(str(arguments[1]))
        return make(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(loading, "_load", noted)
    return names


def entry(cache: Cache) -> Path:
    (file,) = cache.folder.iterdir()
    return file


def replaced(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_the_same_files_are_read_once(repository: Path, cache: Cache, made: list[str]) -> None:
    first, second = (load(repository / "environments", "dev", cache=cache) for _ in range(2))
    assert made == ["dev"]
    assert second == first == load(repository / "environments", "dev")
    assert second.models["credit-risk"].endpoint.slo.latency_p99.seconds == 0.2  # type: ignore[union-attr]
    assert Environment.model_validate_json(second.model_dump_json(), strict=True) == first


@pytest.mark.parametrize("name", names(ROOT / "stacks" / "environments"))
def test_committed_environments_come_back_as_they_were(name: str, cache: Cache, made: list[str]) -> None:
    first, second = (load(ROOT / "stacks" / "environments", name, cache=cache) for _ in range(2))
    assert made == [name]
    assert second == first


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: replaced(folder / MODEL, "max: 10", "max: 11"),
        lambda folder: (folder / MODEL).write_text((folder / MODEL).read_text("utf-8") + "#", "utf-8"),
        lambda folder: replaced(folder / "contracts/credit-risk.yaml", "minimum: 0.8", "minimum: 0.7"),
        lambda folder: (folder / "card.md").write_text("# Another card\n", "utf-8"),
        lambda folder: (folder / "environments/dev/models").mkdir(),
        lambda folder: (folder / "environments/dev/nothing").touch(),
        lambda folder: shutil.copytree(folder / "environments/dev", folder / "environments/test"),
        lambda folder: (folder / MODEL).rename(folder / "environments/model.txt"),
    ],
)
def test_every_change_is_seen(change: object, repository: Path, cache: Cache, made: list[str]) -> None:
    load(repository / "environments", "dev", cache=cache)
    change(repository)  # type: ignore[operator]
    assert load(repository / "environments", "dev", cache=cache) == load(repository / "environments", "dev")
    assert made == ["dev"] * 3


def test_a_file_that_became_a_link_is_seen(repository: Path, cache: Cache, made: list[str]) -> None:
    load(repository / "environments", "dev", cache=cache)
    contract = repository / "contracts/credit-risk.yaml"
    contract.rename(repository.parent / "outside.yaml")
    contract.symlink_to(repository.parent / "outside.yaml")
    with pytest.raises(InvalidArchitecture, match="a file in the repository"):
        load(repository / "environments", "dev", cache=cache)


def test_a_card_that_is_gone_is_seen(repository: Path, cache: Cache) -> None:
    load(repository / "environments", "dev", cache=cache)
    (repository / "card.md").unlink()
    with pytest.raises(InvalidArchitecture, match="or write the card"):
        load(repository / "environments", "dev", cache=cache)


def test_what_is_not_valid_is_not_kept(repository: Path, cache: Cache) -> None:
    replaced(repository / MODEL, "max: 10", "max: 1")
    for _ in range(2):
        with pytest.raises(InvalidArchitecture):
            load(repository / "environments", "dev", cache=cache)
    assert not cache.folder.exists()


def test_another_modelway_does_not_believe_it(repository: Path, cache: Cache, made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    load(repository / "environments", "dev", cache=cache)
    monkeypatch.setattr(caching, "_source", lambda: b"another")
    load(repository / "environments", "dev", cache=cache)
    assert made == ["dev"] * 2


@pytest.mark.parametrize("at", [0, 40, -1])
def test_a_damaged_entry_is_passed_over(at: int, repository: Path, cache: Cache, made: list[str]) -> None:
    load(repository / "environments", "dev", cache=cache)
    content = bytearray(entry(cache).read_bytes())
    content[at] ^= 0xFF
    entry(cache).write_bytes(content)
    assert load(repository / "environments", "dev", cache=cache)
    entry(cache).write_bytes(b"")
    assert load(repository / "environments", "dev", cache=cache)
    assert made == ["dev"] * 3


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_others_may_write_is_passed_over(what: str, repository: Path, cache: Cache, made: list[str]) -> None:
    load(repository / "environments", "dev", cache=cache)
    (entry(cache) if what == "file" else cache.folder).chmod(0o777)
    load(repository / "environments", "dev", cache=cache)
    assert made == ["dev"] * 2


class Harm:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("false",)


def test_nothing_in_an_entry_is_run(repository: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    load(repository / "environments", "dev", cache=cache)
    harm = pickle.dumps(Harm())
    monkeypatch.setattr(os, "system", lambda _: pytest.fail("it was run"))
    entry(cache).write_bytes(caching.hashlib.blake2b(harm, digest_size=32).digest() + harm)
    assert load(repository / "environments", "dev", cache=cache)


def test_a_folder_that_cannot_be_had_is_no_fault(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert load(repository / "environments", "dev", cache=Cache(tmp_path / "file" / "cache"))


def test_the_folder_stays_small(repository: Path, cache: Cache) -> None:
    cache.folder.mkdir(parents=True)
    for number in range(ENTRIES + 3):
        (cache.folder / str(number)).touch()
        os.utime(cache.folder / str(number), (number, number))
    load(repository / "environments", "dev", cache=cache)
    left = {file.name for file in cache.folder.iterdir()}
    assert len(left) == ENTRIES
    assert "0" not in left


def test_many_may_write_at_once(repository: Path, cache: Cache) -> None:
    found = []
    several = [threading.Thread(target=lambda: found.append(load(repository / "environments", "dev", cache=cache))) for _ in range(6)]
    for one in several:
        one.start()
    for one in several:
        one.join()
    assert found == [found[0]] * 6
    assert entry(cache)


def test_what_is_equal_and_not_the_same_comes_back_as_it_was() -> None:
    columns = [Column(values=values) for values in ((1, 0), (True, False), (1.0, 0.0), (1.0, -0.0), (1, 0))]
    columns += [Column(type="text"), Column(type="text", unique=False)]
    stream = io.BytesIO()
    Pickler(stream).dump(columns)
    stream.seek(0)
    found = Unpickler(stream).load()
    assert repr(found) == repr(columns)
    assert [column.model_fields_set for column in found] == [column.model_fields_set for column in columns]
    assert [found.index(column) for column in found] == [0, 0, 0, 0, 0, 5, 5]
    assert len({id(column) for column in found}) == 6


def test_a_summary_needs_no_sections(repository: Path, cache: Cache) -> None:
    fresh = summary_of(repository / "environments", "dev", None, cache)
    assert fresh["models"] == {"credit-risk": ["2026.11.1", "2026.12.0"]}
    program = (
        "import sys; from pathlib import Path; from modelway.architecture.caching import Cache;"
        "from modelway.architecture.folders import summary_of;"
        "found = summary_of(Path(sys.argv[1]), 'dev', None, Cache(Path(sys.argv[2])));"
        "print(found, 'modelway.architecture.environment' in sys.modules)"
    )
    command = [sys.executable, "-c", program, str(repository / "environments"), str(cache.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{fresh} False\n"
