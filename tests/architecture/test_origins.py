"""Which file set a value, and what it overrode."""

import shutil
from pathlib import Path

import pytest

from modelway.architecture import Environment
from modelway.architecture.base import FieldPath
from modelway.architecture.loading import trace
from modelway.architecture.origins import Origins, Setting

VALID = Path(__file__).resolve().parent / "valid"


@pytest.fixture
def traced(tmp_path: Path) -> tuple[Environment, Origins, Path]:
    """An environment that overrides, removes and adds."""
    shutil.copytree(VALID, tmp_path / "repository")
    folder = tmp_path / "repository" / "environments"
    (folder / "base" / "environment.yaml").write_text(
        "owner: ml-platform@example.com\ntags: {a: x, b: y}\nregistry:\n  images: {untagged_days: 30}\n", "utf-8"
    )
    with (folder / "dev" / "environment.yaml").open("a", encoding="utf-8") as own:
        own.write("registry: {images: {untagged_days: null}}\ntags:\n  b: z\n  c: w\n")
    models = folder / "dev" / "models"
    models.mkdir()
    (models / "credit-risk.yaml").write_text("endpoint:\n  scaling: {max: 20}\n  traffic:\n    canary: null\n", "utf-8")
    environment, origins = trace(folder, "dev")
    return environment, origins, folder


def told(origins: Origins, path: FieldPath, folder: Path) -> list[str]:
    def place(setting: Setting) -> str:
        return f"{setting.file.relative_to(folder)}:{setting.line}:{setting.column} {setting.value}"

    origin = origins.of(path)
    return [place(origin.setting) if origin.setting else "default", *map(place, origin.overrode)]


def test_what_set_a_value_and_what_it_overrode(traced: tuple[Environment, Origins, Path]) -> None:
    _, origins, folder = traced
    own = (folder / "dev" / "environment.yaml").read_text("utf-8").splitlines()
    last = len(own)
    assert told(origins, ("owner",), folder) == ["base/environment.yaml:1:1 ml-platform@example.com"]
    assert told(origins, ("tags", "a"), folder) == ["base/environment.yaml:2:8 x"]
    assert told(origins, ("tags", "b"), folder) == [f"dev/environment.yaml:{last - 1}:3 z", "base/environment.yaml:2:14 y"]
    assert told(origins, ("tags", "c"), folder) == [f"dev/environment.yaml:{last}:3 w"]
    assert told(origins, ("registry", "models", "noncurrent_days"), folder) == ["default"]
    assert told(origins, ("registry", "images", "untagged_days"), folder) == [
        "default",
        f"dev/environment.yaml:{last - 3}:21 None",
        "base/environment.yaml:4:12 30",
    ]


def test_of_a_model_and_of_what_is_removed_as_a_whole(traced: tuple[Environment, Origins, Path]) -> None:
    environment, origins, folder = traced
    model = ("models", "credit-risk", "endpoint")
    assert environment.models["credit-risk"].endpoint
    assert environment.models["credit-risk"].endpoint.traffic.canary is None
    assert told(origins, (*model, "scaling", "max"), folder)[0] == "dev/models/credit-risk.yaml:2:13 20"
    assert told(origins, (*model, "scaling", "max"), folder)[1].startswith("base/models/credit-risk.yaml:")
    default, removed, *others = told(origins, (*model, "traffic", "canary"), folder)
    assert (default, removed) == ("default", "dev/models/credit-risk.yaml:4:5 None")
    # Something on the way removes what is inside of it.
    assert told(origins, (*model, "traffic", "canary", "percent"), folder)[:2] == ["default", "dev/models/credit-risk.yaml:4:5 None"]
    assert all(other.startswith("base/models/credit-risk.yaml:") for other in others)


def test_lists_replace_as_a_whole_and_their_items_have_lines_of_their_own(traced: tuple[Environment, Origins, Path]) -> None:
    _, origins, folder = traced
    contract = ("contracts", "contracts/credit-risk.yaml")
    lines = (folder.parent / "contracts" / "credit-risk.yaml").read_text("utf-8").splitlines()
    origin = origins.of((*contract, "signature", "inputs", 0, "name"))
    assert origin.setting
    assert f"name: {origin.setting.value}" in lines[origin.setting.line - 1]
    assert origin.overrode == ()


def test_every_value_has_an_origin(traced: tuple[Environment, Origins, Path]) -> None:
    environment, origins, _ = traced
    count = 0

    def walk(data: object, path: FieldPath) -> None:
        nonlocal count
        for key, item in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
            walk(item, (*path, key))
        if not isinstance(data, dict | list):
            setting = origins.of(path).setting
            count += setting is not None
            if setting:
                assert setting.file.read_text("utf-8").splitlines()[setting.line - 1]
                assert setting.value == data or str(setting.value) == str(data), path

    walk(environment.model_dump(mode="json"), ())
    assert count > 60
