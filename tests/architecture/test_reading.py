"""Text as data: by the C parser, strictly, and nothing but Unreadable for whatever lies in a file."""

import errno
import json
import os
import shutil
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML, cyaml

from modelway.architecture import Fault, InvalidArchitecture, load, reading
from modelway.architecture.reading import Document, Flaw, Unreadable, read

VALID = Path(__file__).resolve().parent / "valid"


def attempt(file: Path) -> tuple[Document | None, tuple[Flaw, ...]]:
    """What is read, or what is wrong with it; nothing else may be raised."""
    try:
        return read(file), ()
    except Unreadable as unreadable:
        return None, unreadable.flaws


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reading")


def test_the_parser_is_the_one_in_c() -> None:
    # Without ruamel.yaml.clib the import would fail; with another parser of that name, loading would be six times slower.
    assert reading.CParser is cyaml.CParser
    assert reading.CParser.__module__.endswith("_ruamel_yaml")
    assert not isinstance(reading.CParser.get_event, FunctionType)


def test_places_are_kept_only_when_something_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept = []
    made = reading._Reader.__init__

    def noted(self: reading._Reader, text: str, *, keep: bool) -> None:
        kept.append(keep)
        made(self, text, keep=keep)

    monkeypatch.setattr(reading._Reader, "__init__", noted)
    shutil.copytree(VALID, tmp_path / "repository")
    load(tmp_path / "repository" / "environments", "dev")
    assert kept
    assert not any(kept)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("-1", -1), ("0", 0), ("1.5", 1.5), ("1e3", 1000.0), ("-2.5E-1", -0.25),
        ("true", True), ("False", False), ("~", None),
        ("null", None), ("", None),
        ("no", "no"), ("on", "on"), ("010", "010"), ("0x1f", "0x1f"), ("0o7", "0o7"), ("1_000", "1_000"),
        ("12:30:45", "12:30:45"), ("2026-11-01", "2026-11-01"), (".nan", ".nan"), (".inf", ".inf"), ("1e999", "1e999"),
        ("+1", "+1"), ("1.", "1."),
        ("9" * 19, "9" * 19), ("9" * 5000, "9" * 5000), ("'1'", "1"), ('"true"', "true"), ("2026.11.1", "2026.11.1"), ("[]", ()), 
        ("{}", {}),
    ],
)  # fmt: skip
def test_plain_values_are_read_as_in_json(text: str, value: object, folder: Path) -> None:
    file = folder / "values.yaml"
    file.write_text(f"field: {text}\n", "utf-8")
    found = read(file).data["field"]
    assert (found, type(found)) == (value, type(value))


@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))))
def test_whatever_the_bytes_only_unreadable_is_raised(content: bytes, folder: Path) -> None:
    file = folder / "bytes.yaml"
    file.write_bytes(content)
    document, flaws = attempt(file)
    assert flaws or isinstance(document and document.data, dict)


YAML_ALPHABET = st.sampled_from(list("ab01 \n\t:-?,[]{}&*!|>'\"%@#<~.éx"))


@given(text=st.text(YAML_ALPHABET, max_size=60))
def test_whatever_looks_like_yaml_only_unreadable_is_raised(text: str, folder: Path) -> None:
    file = folder / "text.yaml"
    file.write_text(text, "utf-8", newline="")
    document, flaws = attempt(file)
    assert document or flaws
    for flaw in flaws:
        line, column = flaw.at or (0, 0)
        assert 1 <= line <= text.count("\n") + 2
        assert 1 <= column <= len(text) + 2
    if document:
        assert set(document.places) >= {(key,) for key in document.data}


SEEN = st.characters(exclude_categories=["C"], exclude_characters="\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(SEEN, max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcdefg.1", min_size=1, max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(data=st.dictionaries(st.text("abcdefg.1", min_size=1, max_size=5), JSON, max_size=4))
def test_json_is_read_as_json(data: dict[str, object], folder: Path) -> None:
    file = folder / "json.yaml"
    file.write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    assert json.loads(json.dumps(read(file).data)) == data


FILES = {
    "contracts/credit-risk.yaml": "contracts/credit-risk.yaml",
    "environments/base/environment.yaml": "environments/base/environment.yaml",
    "environments/base/models/credit-risk.yaml": "environments/base/models/credit-risk.yaml",
    "environments/dev/environment.yaml": "environments/dev/environment.yaml",
    # An override as large as what it overrides.
    "environments/dev/models/credit-risk.yaml": "environments/base/models/credit-risk.yaml",
}
KEYS = st.sampled_from(["kind", "eks", "model", "min", "range", "x", "1", "a.b", "<<", "", "é", "__class__", "[key]"])
ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.floats() | st.text(max_size=8) | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)


def spots(data: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inside = list(data.items()) if isinstance(data, dict) else list(enumerate(data)) if isinstance(data, list) else []
    return [path, *(spot for key, value in inside for spot in spots(value, (*path, key)))]


def changed(data: Any, path: tuple[str | int, ...], change: object) -> Any:
    if not path:
        return change
    copy = data.copy()
    copy[path[0]] = changed(copy[path[0]], path[1:], change)
    return copy


@settings(max_examples=max(500, settings().max_examples))
@given(file=st.sampled_from(sorted(FILES)), changes=st.data())
def test_whatever_stands_in_a_field_only_invalid_architecture_is_raised(file: str, changes: st.DataObject, folder: Path) -> None:
    repository = folder / "changed"
    shutil.copytree(VALID, repository, dirs_exist_ok=True)
    data = YAML(typ="safe").load((VALID / FILES[file]).read_text("utf-8"))
    for _ in range(changes.draw(st.integers(1, 3))):
        spot = changes.draw(st.sampled_from(spots(data)))
        change = changes.draw(ODD)
        # Another value, or one more field.
        deeper = (*spot, changes.draw(KEYS)) if changes.draw(st.booleans()) else spot
        try:
            data = changed(data, deeper, change)
        except (KeyError, TypeError, AttributeError, IndexError):
            data = changed(data, spot, {str(deeper[-1]): change})
    path = repository / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(data), "utf-8")
    faults: tuple[Fault, ...] = ()
    try:
        load(repository / "environments", "dev")
    except InvalidArchitecture as invalid:
        faults = invalid.faults
    finally:
        path.unlink()
    assert all(fault.file.is_relative_to(repository) and fault.line and fault.column and fault.rule and fault.way_out for fault in faults)
    # Nothing is told that has nothing to do with the file, but for what refers to it.
    assert not faults or any(fault.file == path for fault in faults) or file.startswith(("contracts", "environments/base"))


def test_hostile_files_are_refused(folder: Path) -> None:
    file = folder / "hostile.yaml"
    for content, rule in {
        b"a: " + b"[" * 100_000: "at most 32 levels",
        b"a: 1\n" * 300_000: "at most 1 MiB",
        b"a: &x [1]\nb: *x\n": "no anchors",
        b"a: 1\xff": "UTF-8",
    }.items():
        file.write_bytes(content)
        with pytest.raises(Unreadable) as unreadable:
            read(file)
        assert rule in str(unreadable.value)
    file.unlink()
    file.mkdir()
    with pytest.raises(Unreadable, match="a file is expected here"):
        read(file)
    with pytest.raises(Unreadable, match="cannot be read: No such file"):
        read(folder / "nowhere.yaml")


def test_links_in_a_circle_and_odd_names_are_told_of(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    shutil.copytree(VALID, repository)
    contract = repository / "contracts" / "credit-risk.yaml"
    contract.unlink()
    contract.symlink_to(contract)
    (repository / "environments" / "dev" / "models").mkdir()
    odd = repository / "environments" / "dev" / "models" / "a\udcffb\n.yaml"
    odd.write_text("[", "utf-8")
    with pytest.raises(InvalidArchitecture) as invalid:
        load(repository / "environments", "dev")
    told = str(invalid.value)
    assert told.encode("utf-8")
    assert "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}.yaml:" in told
    assert "contract: contracts/credit-risk.yaml" in told


def test_a_contract_outside_of_the_repository_is_not_read(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    shutil.copytree(VALID, repository)
    contract = repository / "contracts" / "credit-risk.yaml"
    contract.rename(tmp_path / "elsewhere.yaml")
    contract.symlink_to(tmp_path / "elsewhere.yaml")
    with pytest.raises(InvalidArchitecture, match="rule: a file in the repository, which is"):
        load(repository / "environments", "dev")


@pytest.mark.parametrize("marker", [".git", "Pulumi.yaml"])
def test_contracts_count_from_the_root_of_the_repository(marker: str, tmp_path: Path) -> None:
    shutil.copytree(VALID / "environments", tmp_path / "deploy" / "environments")
    shutil.copytree(VALID / "contracts", tmp_path / "contracts")
    with pytest.raises(InvalidArchitecture, match="there is none"):
        load(tmp_path / "deploy" / "environments", "dev")
    (tmp_path / marker).touch()
    assert load(tmp_path / "deploy" / "environments", "dev").contracts


def test_a_folder_whose_names_cannot_be_had_is_told_of_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copytree(VALID, tmp_path / "repository")
    (tmp_path / "repository" / "Pulumi.yaml").touch()
    closed = tmp_path / "repository" / "environments" / "dev"
    listed = os.scandir

    def scandir(folder: str) -> object:
        if Path(folder) == closed:
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        return listed(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(InvalidArchitecture) as invalid:
        load(closed.parent, "dev")
    # What is called by its name was read all the same.
    assert [(fault.file, fault.rule) for fault in invalid.value.faults] == [(closed, "the folder cannot be read: Permission denied")]
