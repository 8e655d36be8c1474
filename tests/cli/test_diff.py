"""`modelway diff`."""

import json
import shutil
from pathlib import Path

import pytest

from modelway.cli import main
from tests.operations.test_revisions import git

VALID = Path(__file__).resolve().parents[2] / "tests" / "architecture" / "valid"
MODEL = "environments/base/models/credit-risk.yaml"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small repository with one commit; it is where the command runs."""
    folder = tmp_path / "repository"
    shutil.copytree(VALID, folder)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "First")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def two(repository: Path) -> Path:
    """With a second environment, prod, that is not like dev."""
    dev, prod = (repository / "environments" / name for name in ("dev", "prod"))
    (prod / "models").mkdir(parents=True)
    text = (dev / "environment.yaml").read_text("utf-8")
    for old, new in {"environment: dev": "environment: prod", "zones: 2": "zones: 3", "min: 2, max: 4": "min: 3, max: 9"}.items():
        assert old in text
        text = text.replace(old, new)
    (prod / "environment.yaml").write_text(text, "utf-8")
    (prod / "models" / "credit-risk.yaml").write_text(
        f"versions:\n  '2026.12.0': {{image: 'credit-risk@sha256:{'a' * 63}b'}}\n"
        "endpoint: {resources: {memory: 512Mi}, scaling: {min: 6}, traffic: {canary: null}}\n",
        "utf-8",
    )
    (prod / "models" / "fraud.yaml").write_text("model: fraud\nteam: risk\nowner: risk-ml@example.com\nrisk_tier: low\n", "utf-8")
    return repository


def diff(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["diff", *arguments, "--environments", "environments"])
    return int(end.value.code or 0)


def test_a_page_for_a_reviewer(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("dev", "prod") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out == (
        "dev → prod: 8 differences in 2 sections and 2 models\n"
        "\n"
        "network\n"
        "  ~ zones  2 → 3\n"
        "\n"
        "cluster main\n"
        "  ~ node_pools.general.min  2 → 3\n"
        "  ~ node_pools.general.max  4 → 9\n"
        "\n"
        "model credit-risk\n"
        '  ~ versions."2026.12.0".image\n'
        f"      credit-risk@sha256:{'a' * 64}\n"
        f"    → credit-risk@sha256:{'a' * 63}b\n"
        "  ~ endpoint.resources.memory   2Gi → 512Mi  (×0.25)\n"
        "  ~ endpoint.scaling.min        2 → 6\n"
        '  - endpoint.traffic.canary     {version: "2026.12.0", percent: 10}\n'
        "\n"
        "+ model fraud, only in prod\n"
        "      model      fraud\n"
        "      team       risk\n"
        "      owner      risk-ml@example.com\n"
        "      risk_tier  low\n"
    )


@pytest.mark.parametrize(
    ("count", "title"),
    [
        (3, "3 models: m00, m01, m02"),
        (20, f"20 models: {', '.join(f'm{number:02}' for number in range(12))} and 8 more, which --json names"),
    ],
)
def test_what_is_the_same_in_many_models_is_told_once(count: int, title: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(count):
        file = repository / "environments" / "base" / "models" / f"m{number:02}.yaml"
        file.write_text(f"model: m{number:02}\nteam: risk\nowner: risk-ml@example.com\nrisk_tier: low\n", "utf-8")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "Second")
    for file in (repository / "environments" / "base" / "models").glob("m*.yaml"):
        file.write_text(file.read_text("utf-8").replace("risk_tier: low", "risk_tier: medium"), "utf-8")
    assert diff("dev", "--base", "HEAD") == 0
    assert capsys.readouterr().out == (f"dev, HEAD → now: {count} differences in {count} models\n\n{title}\n  ~ risk_tier  low → medium\n")


def test_the_other_way_round(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("prod", "dev") == 0
    out = capsys.readouterr().out
    assert "- model fraud, only in prod\n" in out
    assert '  + endpoint.traffic.canary     {version: "2026.12.0", percent: 10}\n' in out


def test_as_json_with_whole_digests(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("dev", "prod", "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["before"], data["after"], data["different"]) == ("dev", "prod", True)
    network, _, model, fraud = data["groups"]
    assert network == {
        "title": "network",
        "field": "network",
        "kind": "changed",
        "changes": [{"field": "zones", "kind": "changed", "before": 2, "after": 3, "note": None}],
    }
    assert model["field"] == "models.credit-risk"
    assert model["changes"][0]["after"] == f"credit-risk@sha256:{'a' * 63}b"
    assert (fraud["kind"], fraud["changes"][0]["field"], fraud["changes"][0]["after"]["team"]) == ("added", "", "risk")


@pytest.mark.parametrize(("arguments", "code"), [(("dev", "prod"), 5), (("dev", "dev"), 0), (("dev", "--base", "HEAD"), 0)])
def test_an_exit_code_of_its_own_when_something_differs(
    arguments: tuple[str, ...], code: int, two: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert diff(*arguments, "--detailed-exitcode") == code
    out = capsys.readouterr().out
    assert out.endswith(": no difference\n") == (code == 0)


def test_since_a_revision(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = repository / MODEL
    file.write_text(file.read_text("utf-8").replace("percent: 10", "percent: 50"), "utf-8")
    contract = repository / "contracts" / "credit-risk.yaml"
    contract.write_text(contract.read_text("utf-8").replace("null_rate: 0.01", "null_rate: 0.2"), "utf-8")
    before = git(repository, "status", "--porcelain")
    assert diff("dev", "--base", "HEAD") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out == (
        "dev, HEAD → now: 2 differences in 1 section and 1 model\n"
        "\n"
        "model credit-risk\n"
        "  ~ endpoint.traffic.canary.percent  10 → 50\n"
        "\n"
        "contract contracts/credit-risk.yaml\n"
        "  ~ expectations.income.null_rate  0.01 → 0.2\n"
    )
    assert git(repository, "status", "--porcelain") == before


def test_an_environment_that_is_new_and_one_that_is_gone(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("prod", "--base", "HEAD", "--detailed-exitcode") == 5
    assert "+ network, only in now" not in (out := capsys.readouterr().out)
    assert out.startswith("prod, HEAD → now: ")
    assert "\n+ network, new\n" in out
    shutil.rmtree(two / "environments" / "dev")
    assert diff("dev", "--base", "HEAD", "--detailed-exitcode") == 5
    assert "\n- network, gone\n" in capsys.readouterr().out


def test_one_that_was_not_valid(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = repository / MODEL
    whole = file.read_text("utf-8")
    file.write_text(whole.replace("percent: 10", "percent: 120"), "utf-8")
    git(repository, "commit", "-qam", "Second")
    file.write_text(whole, "utf-8")
    assert diff("dev", "--base", "HEAD") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(
        f"dev is not valid at HEAD, so there is nothing to compare with:\n{MODEL}:19:45: endpoint.traffic.canary.percent: 120\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("dev",), 2, "name two environments, or one and a revision"),
        (("dev", "dev", "--base", "HEAD"), 2, "name two environments, or one and a revision"),
        (("dev", "gone"), 1, "no such environment; there are: dev"),
        (("gone", "--base", "HEAD"), 1, "no such environment; there are: dev"),
        (("dev", "--base", "gone"), 1, "has no revision 'gone': `git log` lists them"),
    ],
)
def test_what_cannot_be_compared(
    arguments: tuple[str, ...], code: int, text: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert diff(*arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert text in err
