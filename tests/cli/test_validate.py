"""`modelway validate`."""

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from modelway.architecture import Environment, effect
from modelway.cli import main

ROOT = Path(__file__).resolve().parents[2]
VALID = ROOT / "tests" / "architecture" / "valid"
TYPO = "tier: developmnt\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small repository with the environments dev and other; it is where the command runs."""
    folder = tmp_path / "repository"
    shutil.copytree(VALID, folder)
    other = (folder / "environments" / "dev" / "environment.yaml").read_text("utf-8").replace("environment: dev", "environment: other")
    (folder / "environments" / "other").mkdir()
    (folder / "environments" / "other" / "environment.yaml").write_text(other, "utf-8")
    monkeypatch.chdir(folder)
    return folder


def validate(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["validate", *arguments])
    return int(end.value.code or 0)


def test_a_line_for_each_environment_that_is_valid(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert validate("--environments", "environments") == 0
    line = "valid, 1 model: credit-risk (2026.11.1, 2026.12.0)\n"
    assert capsys.readouterr() == (f"dev: {line}other: {line}", "")


def test_only_the_named_ones(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert validate("other", "--environments", "environments") == 0
    assert capsys.readouterr().out.startswith("other: valid")


def test_the_projects_own_environments_without_an_option(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT / "stacks")
    assert validate() == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["dev", "local", "prod", "staging"]


def test_faults_of_base_are_told_once_and_valid_ones_all_the_same(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "environments" / "base" / "environment.yaml").write_text("owner: a\ntgas: {}\n", "utf-8")
    (repository / "environments" / "other" / "models").mkdir()
    (repository / "environments" / "other" / "models" / "credit-risk.yaml").write_text("cluster: gone\n", "utf-8")
    assert validate("--environments", "environments") == 1
    out, err = capsys.readouterr()
    assert out == ""
    fields = ", ".join(name for name in Environment.model_fields if name not in Environment.OF_OTHER_FILES)
    assert err == (
        "environments/base/environment.yaml:2:1: tgas: a mapping of 0\n"
        "  1 | owner: a\n"
        "  2 | tgas: {}\n"
        "    | ^^^^\n"
        "  rule: there is no such field in this file\n"
        f"  way out: Did you mean `tags`? The fields are {fields}.\n"
        "environments/other/models/credit-risk.yaml:1:10: cluster: gone\n"
        "  1 | cluster: gone\n"
        "    |          ^^^^\n"
        "  rule: one of the environment's clusters: main\n"
        "  way out: Name one of them, or add the cluster to environment.yaml.\n"
        "2 faults in 2 files.\n"
    )


def test_faults_and_what_is_valid_as_json(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "environments" / "dev" / "models").mkdir()
    (repository / "environments" / "dev" / "models" / "credit-risk.yaml").write_text("endpoint: {traffic: {live: next}}\n", "utf-8")
    assert validate("--environments", "environments", "--format", "json") == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out) == {
        "valid": False,
        "environments": {"other": {"models": {"credit-risk": ["2026.11.1", "2026.12.0"]}}},
        "faults": [
            {
                "file": "environments/dev/models/credit-risk.yaml",
                "line": 1,
                "column": 28,
                "field": "endpoint.traffic.live",
                "value": "next",
                "rule": "one of the model's versions: 2026.11.1, 2026.12.0",
                "way_out": "Add it under `versions`, or name one that is there.",
            }
        ],
        "not_in_effect": [],
    }


def test_faults_as_annotations_of_a_workflow(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    models = repository / "environments" / "dev" / "models"
    models.mkdir()
    (models / "credit-risk.yaml").write_text("description: 'a%, b: \\x'\ncluster: gone\nendpoint: {scaling: {min: 50%}}\n", "utf-8")
    (repository / "environments" / "dev" / "more, less.yaml").touch()
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    assert validate("dev", "--environments", str(repository / "environments"), "--format", "github") == 1
    out, err = capsys.readouterr()
    assert err == ""
    file = "file=repository/environments/dev/models/credit-risk.yaml"
    assert out == (
        f"::error {file},line=2,col=10,title=cluster::cluster: gone%0Arule: one of the environment's clusters: main%0A"
        "way out: Name one of them, or add the cluster to environment.yaml.\n"
        f"::error {file},line=3,col=27,title=endpoint.scaling.min::endpoint.scaling.min: 50%25%0Arule: a whole number%0A"
        "way out: Write 50, without a percent sign.\n"
        "::error file=repository/environments/dev/more%2C less.yaml,title=modelway validate::rule: nothing reads this file%0A"
        "way out: Call it environment.yaml, move it to models/, or remove it.\n"
    )


def test_what_github_does_not_show_beside_the_code_is_said(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = repository / "environments" / "base" / "environment.yaml"
    base.write_text(base.read_text("utf-8") + "".join(f"odd{number}: 1\n" for number in range(11)), "utf-8")
    assert validate("dev", "--environments", "environments", "--format", "github") == 1
    out, err = capsys.readouterr()
    assert out.count("::error ") == 11
    assert err == "11 faults in 1 file. GitHub shows 10 of a step beside the code; all are in the log.\n"


def test_colours_only_for_a_terminal_that_wants_them(repository: Path) -> None:
    (repository / "environments" / "dev" / "environment.yaml").write_text(TYPO, "utf-8")
    coloured = {}
    for wish in ("", "1"):
        leader, follower = pty.openpty()
        run = subprocess.run(
            [sys.executable, "-m", "modelway", "validate", "dev", "--environments", "environments"],
            stderr=follower,
            stdout=subprocess.PIPE,
            env={**os.environ, "NO_COLOR": wish, "PYTHONPATH": str(ROOT)},
            check=False,
        )
        os.close(follower)
        coloured[wish] = "\x1b[" in os.read(leader, 100_000).decode()
        os.close(leader)
        assert run.returncode == 1
    assert coloured == {"": True, "1": False}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--environments", "nowhere"], "there is no folder nowhere"),
        (["--format", "xml"], "xml"),
    ],
)
def test_wrong_usage(arguments: list[str], text: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert validate(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert text in err


@pytest.mark.parametrize("name", ["prod", "../dev"])
def test_an_environment_that_is_not_there(name: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert validate(name, "--environments", "environments") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert f"environments/{name}\n  rule: no such environment; there are: dev, other\n" in err


def test_contracts_of_environments_outside_count_from_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "stacks" / "environments", tmp_path / "copy")
    monkeypatch.chdir(ROOT)
    assert validate("--environments", str(tmp_path / "copy")) == 0, capsys.readouterr().err


def test_nothing_to_validate_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert validate("--environments", "empty") == 1
    assert capsys.readouterr().err == "there is no environment in empty: an environment is a folder with an environment.yaml.\n"
    assert validate() == 1
    assert "no Modelway project here" in capsys.readouterr().err


@pytest.fixture
def unmet(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same with a field for both environments, and one for dev, that nothing puts into effect."""
    monkeypatch.setattr(effect, "NOT_YET", {"budget": "harmless", "registry.images.scan": "refused"})
    with (repository / "environments" / "base" / "environment.yaml").open("a", encoding="utf-8") as base:
        base.write("budget: 100 USD\n")
    with (repository / "environments" / "dev" / "environment.yaml").open("a", encoding="utf-8") as own:
        own.write("registry:\n  images: {scan: enhanced, owns_account_settings: true}\n")
    return repository


def test_fields_that_nothing_puts_into_effect_are_told_with_their_lines(unmet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = (unmet / "environments" / "dev" / "environment.yaml").read_text("utf-8").count("\n")
    # The second time from the cache.
    for _ in range(2):
        assert validate("--environments", "environments") == 0
        assert capsys.readouterr().err == (
            "environments/base/environment.yaml:4:1: budget: not put into effect yet (dev, other)\n"
            f"environments/dev/environment.yaml:{line}:12: registry.images.scan: not put into effect yet; "
            "`modelway up` refuses to bring dev up with it\n"
        )


def test_fields_that_nothing_puts_into_effect_are_faults_where_that_is_wanted(unmet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert validate("other", "--environments", "environments", "--strict") == 1
    assert capsys.readouterr().out.startswith("other: valid")
    base = unmet / "environments" / "base" / "environment.yaml"
    base.write_text(base.read_text("utf-8").replace("budget: 100 USD\n", ""), "utf-8")
    assert validate("other", "--environments", "environments", "--strict") == 0


def test_fields_that_nothing_puts_into_effect_as_annotations(
    unmet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    assert validate("other", "--environments", "environments", "--format", "github") == 0
    out, err = capsys.readouterr()
    assert err == ""
    file = "file=repository/environments/base/environment.yaml"
    assert out.splitlines()[1:] == [f"::notice {file},line=4,col=1,title=budget::budget: not put into effect yet (other)"]


def test_drift_that_nobody_looks_for_is_told_with_the_way_out(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = repository / "environments" / "base" / "models" / "credit-risk.yaml"
    model.write_text(model.read_text("utf-8").rstrip() + "\ndrift: {data: {}}\n", "utf-8")
    assert validate("dev", "--environments", "environments") == 0
    assert capsys.readouterr().err.endswith(
        ":1: models.credit-risk.drift: nobody looks for drift: name the image of the job that does, monitoring.drift.image (dev)\n"
    )


def test_fields_that_nothing_puts_into_effect_as_json(unmet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert validate("--environments", "environments", "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["valid"] is True
    assert found["not_in_effect"][0] == {
        "file": "environments/base/environment.yaml",
        "line": 4,
        "column": 1,
        "field": "budget",
        "effect": "harmless",
        "environments": ["dev", "other"],
    }
    assert [one["field"] for one in found["not_in_effect"]] == ["budget", "registry.images.scan"]


def test_a_rollout_that_has_nothing_to_divide_is_told_and_no_fault(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = repository / "environments" / "dev" / "models" / "credit-risk.yaml"
    model.parent.mkdir(exist_ok=True)
    model.write_text(
        'versions: {"2026.11.1": {protocols: [sagemaker]}, "2026.12.0": {protocols: [sagemaker]}}\n'
        "endpoint:\n"
        "  runtime: {kind: sagemaker, instance_type: ml.m7i.large}\n"
        "  resources: null\n"
        "  scaling: {min: 1, max: 1, target: {cpu: null, requests_per_second: 20}}\n",
        "utf-8",
    )
    assert validate("dev", "--environments", "environments", "--strict") == 0
    assert capsys.readouterr().err == (
        "environments/dev/models/credit-risk.yaml:5:13: models.credit-risk.endpoint.scaling.min: with one instance an update has nothing to"
        " divide: runtime.rollout is idle, all requests move at once (dev)\n"
    )
