"""`modelway show`."""

import json
import shutil
from pathlib import Path

import pytest

from modelway.architecture import Environment, load
from modelway.architecture.reading import read
from modelway.cli import main

ROOT = Path(__file__).resolve().parents[2]
VALID = ROOT / "tests" / "architecture" / "valid"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small repository whose environment dev overrides and removes; it is where the command runs."""
    folder = tmp_path / "repository"
    shutil.copytree(VALID, folder)
    (folder / "environments" / "base" / "environment.yaml").write_text(
        "owner: ml-platform@example.com\nregistry: {images: {untagged_days: 30}, models: {noncurrent_days: 30}}\n", "utf-8"
    )
    with (folder / "environments" / "dev" / "environment.yaml").open("a", encoding="utf-8") as own:
        own.write("registry: {images: {untagged_days: null}, models: {noncurrent_days: 60}}\n")
    (folder / "environments" / "dev" / "models").mkdir()
    (folder / "environments" / "dev" / "models" / "credit-risk.yaml").write_text("endpoint: {traffic: {canary: null}}\n", "utf-8")
    monkeypatch.chdir(folder)
    return folder


def show(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["show", "dev", "--environments", "environments", *arguments])
    return int(end.value.code or 0)


def line(page: str, start: str) -> str:
    (found,) = [line for line in page.splitlines() if line.strip().startswith(start)]
    return " ".join(found.split())


def test_the_page_is_the_environment(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show() == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "contracts:" not in out
    assert "canary" not in out
    page = repository / "page.yaml"
    page.write_text(out, "utf-8")
    data = dict(read(page).data)
    environment = load(repository / "environments", "dev")
    contracts = environment.model_dump(mode="python")["contracts"]
    assert Environment.model_validate({**data, "contracts": contracts}) == environment


def test_each_value_has_the_line_that_set_it(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show("--origin") == 0
    out, err = capsys.readouterr()
    assert err == ""
    last = (repository / "environments" / "dev" / "environment.yaml").read_text("utf-8").count("\n")
    assert out.startswith("# Files are named from environments.\n")
    assert line(out, "tier:") == "tier: development # dev/environment.yaml:2"
    assert line(out, "noncurrent_days:") == f"noncurrent_days: 60 # dev/environment.yaml:{last}, was 30 in base/environment.yaml:2"
    assert line(out, "untagged_days:") == (
        f"untagged_days: 14 # default; removed in dev/environment.yaml:{last}, was 30 in base/environment.yaml:2"
    )
    assert line(out, "canary:") == (
        'canary: null # dev/models/credit-risk.yaml:1, was {version: "2026.12.0", percent: 10} in base/models/credit-risk.yaml:19'
    )
    assert "namespace:" not in out
    # Remarks leave the data as they are.
    page = repository / "page.yaml"
    page.write_text(out, "utf-8")
    assert read(page).data["tier"] == "development"


def test_what_no_file_sets_when_it_is_asked_for(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show("--origin", "--defaults") == 0
    out = capsys.readouterr().out
    assert line(out, "namespace:") == "namespace: monitoring # default"
    assert show("--origin") == 0
    assert set(capsys.readouterr().out.splitlines()) < set(out.splitlines())


def test_as_json(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show("--json") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert Environment.model_validate_json(out) == load(repository / "environments", "dev")


def test_origins_as_json(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show("--origin", "--json") == 0
    values = {value["field"]: value for value in json.loads(capsys.readouterr().out)["values"]}
    assert values["tier"] == {
        "field": "tier",
        "value": "development",
        "default": False,
        "origin": {"file": "environments/dev/environment.yaml", "line": 2, "column": 1, "value": "development"},
        "overrode": [],
    }
    removed = values["registry.images.untagged_days"]
    assert (removed["value"], removed["default"], removed["origin"]) == (14, True, None)
    assert [setting["value"] for setting in removed["overrode"]] == [None, 30]
    assert values['models.credit-risk.versions."2026.12.0".contract']["origin"]["line"] == 13
    assert "monitoring.namespace" not in values
    assert show("--origin", "--json", "--defaults") == 0
    values = {value["field"]: value for value in json.loads(capsys.readouterr().out)["values"]}
    assert (values["monitoring.namespace"]["default"], values["monitoring.namespace"]["origin"]) == (True, None)


def test_of_one_that_is_not_valid_every_fault_is_told(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "environments" / "dev" / "environment.yaml").write_text("tier: none\n", "utf-8")
    assert show() == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("environments/dev/environment.yaml:1:1: ")
    assert err.endswith(" faults in 1 file.\n")


def test_of_the_projects_own_environments_without_an_option(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as end:
        main(["show", "local", "--origin"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith("# Files are named from stacks/environments.\n")
    assert line(out, "environment:") == "environment: local # local/environment.yaml:3"
    assert len({text.index("  # ") for text in out.splitlines()[1:] if "  # " in text and len(text.split("  # ")[0]) < 63}) == 1


def test_it_ends_with_what_is_stored(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show() == 0
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("#")]
    assert told[0] == "# What it stores, and what becomes of it when it is given up, by its tier, development:"
    assert "# - EKS cluster dev-main: goes; metrics in it go with it" in told
    assert "# - KMS key of its secrets (main): goes, and can be called back for 7 days" in told
    # There is none.
    assert "database" not in "".join(told)


def test_what_is_stored_as_data(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = repository / "environments" / "dev" / "environment.yaml"
    own.write_text(own.read_text("utf-8").replace("tier: development", "tier: staging"), "utf-8")
    assert show("--stored", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["tier"] == "staging"
    by_kind = {(one["kind"], one["protected"], one["given_up"], one.get("days")) for one in found["stored"]}
    assert by_kind >= {("bucket", False, "stays", None), ("cluster", False, "goes", None), ("key", False, "can_be_called_back", 30)}


def test_files_say_nothing_of_what_is_stored(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show("--stored", "--origin") == 2
    assert "--stored" in capsys.readouterr().err
