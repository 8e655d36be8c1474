"""`modelway new model` and `modelway new environment`."""

import re
import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from modelway.architecture import load, names
from modelway.cli import main

ROOT = Path(__file__).resolve().parents[2]
VALID = ROOT / "tests" / "architecture" / "valid"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small repository; it is where the command runs."""
    folder = tmp_path / "repository"
    shutil.copytree(VALID, folder)
    monkeypatch.chdir(folder)
    return folder


def new(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["new", *arguments, "--environments", "environments"])
    return int(end.value.code or 0)


@pytest.mark.parametrize("where", ["dev", "base"])
def test_a_model_that_is_valid_as_it_is(where: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new("model", "fraud", "--env", where, "--team", "risk") == 0
    out, err = capsys.readouterr()
    assert out == f"environments/{where}/models/fraud.yaml\n"
    assert err.startswith("Valid as it is.")
    assert "Its contract goes into a file like contracts/fraud.yaml" in err
    model = load(repository / "environments", "dev").models["fraud"]
    assert (model.team, model.owner, model.risk_tier, model.endpoint) == ("risk", "ml-platform@example.com", "low", None)


def test_the_team_is_asked_for_and_not_made_up(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new("model", "fraud", "--env", "dev") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "--team: say which team it belongs to, whose namespace it gets; teams here: risk" in " ".join(err.split())
    assert not list(repository.rglob("fraud.yaml"))


SETTINGS = """\
# Provider settings and secrets of stack dev-models-risk; what is deployed stands in stacks/environments.
secretsprovider: awskms://alias/dev
encryptionsalt: v1:abc
config:
  aws:assumeRole: {roleArn: "arn:aws:iam::222222222222:role/ci"}
  aws:allowedAccountIds: ["222222222222"]
  modelway:environments: environments
  slack-url: {secure: AAABxyz}
"""


@pytest.fixture
def project(repository: Path) -> Path:
    """The same as a project whose environment dev has a stack for each team."""
    (repository / "Pulumi.yaml").write_text("name: modelway\n", "utf-8")
    own = repository / "environments" / "dev" / "environment.yaml"
    own.write_text(own.read_text("utf-8") + "layout: split_by_team\n", "utf-8")
    config = repository / "stacks" / "config"
    config.mkdir(parents=True)
    (config / "Pulumi.dev.yaml").write_text("config:\n  modelway:environments: environments\n", "utf-8")
    (config / "Pulumi.dev-models-risk.yaml").write_text(SETTINGS, "utf-8")
    return repository


def test_a_new_team_gets_the_file_of_its_stack(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = project / "stacks" / "config"
    before = {file: file.read_text("utf-8") for file in config.iterdir()}
    assert new("model", "fraud", "--env", "base", "--team", "growth") == 0
    out, err = capsys.readouterr()
    assert out == "environments/base/models/fraud.yaml\nstacks/config/Pulumi.dev-models-growth.yaml\n"
    assert "Stack dev-models-growth is new: `modelway up dev` makes it, with the settings of dev-models-risk.\n" in err
    assert "It needs a secret of its own, before it comes up: `pulumi config set --secret slack-url --stack dev-models-growth`" in err
    made = config / "Pulumi.dev-models-growth.yaml"
    assert made.read_text("utf-8").startswith("# Provider settings and secrets of stack dev-models-growth; ")
    assert YAML(typ="safe").load(made.read_text("utf-8")) == {
        "config": {
            "aws:assumeRole": {"roleArn": "arn:aws:iam::222222222222:role/ci"},
            "aws:allowedAccountIds": ["222222222222"],
            "modelway:environments": "environments",
        }
    }
    assert {file: file.read_text("utf-8") for file in before} == before


def test_a_team_that_has_models_needs_no_other_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new("model", "fraud", "--env", "dev", "--team", "risk") == 0
    assert capsys.readouterr().out == "environments/dev/models/fraud.yaml\n"


def test_a_new_environment_gets_the_files_of_its_stacks(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new("environment", "qa", "--like", "dev", "--account", "555555555555") == 0
    assert capsys.readouterr().out == ("environments/qa\nstacks/config/Pulumi.qa.yaml\nstacks/config/Pulumi.qa-models-risk.yaml\n")
    made = YAML(typ="safe").load((project / "stacks" / "config" / "Pulumi.qa-models-risk.yaml").read_text("utf-8"))
    assert made["config"]["aws:allowedAccountIds"] == ["555555555555"]
    assert made["config"]["aws:assumeRole"] == {"roleArn": "arn:aws:iam::555555555555:role/ci"}
    assert set(made) == {"config"}


def test_no_file_for_stacks_that_read_another_folder(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "stacks" / "config" / "Pulumi.dev.yaml").write_text("config: {}\n", "utf-8")
    assert new("model", "fraud", "--env", "dev", "--team", "growth") == 0
    out, err = capsys.readouterr()
    assert out == "environments/dev/models/fraud.yaml\n"
    assert "they need `modelway:environments: environments`." in err


def test_its_examples_hold_when_they_are_filled_in(repository: Path) -> None:
    assert new("model", "fraud", "--env", "dev", "--team", "risk", "--owner", "risk-ml@example.com") == 0
    file = repository / "environments" / "dev" / "models" / "fraud.yaml"
    text = file.read_text("utf-8")
    for block in ("versions", "endpoint"):
        start = text.index(f"# {block}:")
        example = text[start:].split("\n\n")[0]
        text = text.replace(example, re.sub("^# ", "", example, flags=re.MULTILINE))
    file.write_text(text.replace("DIGEST", "0" * 64).replace("# description: …", "description: Finds fraud"), "utf-8")
    shutil.copy(repository / "contracts" / "credit-risk.yaml", repository / "contracts" / "fraud.yaml")
    model = load(repository / "environments", "dev").models["fraud"]
    assert (model.team, model.owner, model.description) == ("risk", "risk-ml@example.com", "Finds fraud")
    assert model.endpoint
    assert model.endpoint.traffic.live in model.versions


def test_editors_find_the_schema_as_in_the_other_files(repository: Path) -> None:
    line = "# yaml-language-server: $schema=../../schema.json\n"
    environments = repository / "environments"
    for file in (environments / "base" / "models" / "credit-risk.yaml", environments / "dev" / "environment.yaml"):
        file.write_text(line + file.read_text("utf-8"), "utf-8")
    assert new("model", "fraud", "--env", "dev", "--team", "risk") == 0
    assert new("environment", "staging", "--like", "dev") == 0
    assert (environments / "dev" / "models" / "fraud.yaml").read_text("utf-8").startswith(line + "# Model fraud, ")
    made = (environments / "staging" / "environment.yaml").read_text("utf-8")
    assert made.startswith(line + "# Begun as a copy of dev.\n")
    assert made.count(line) == 1


def test_of_several_clusters_one_is_named(repository: Path) -> None:
    with (repository / "environments" / "dev" / "environment.yaml").open("a", encoding="utf-8") as own:
        own.write("  other: {kind: existing, context: other, gateway: {kind: managed, class: envoy}}\n")
    shutil.rmtree(repository / "environments" / "base" / "models")
    assert new("model", "fraud", "--env", "dev", "--team", "risk") == 0
    assert load(repository / "environments", "dev").models["fraud"].cluster == "main"


@pytest.mark.parametrize(("there", "where"), [("base", "dev"), ("base", "base"), ("dev", "base"), ("dev", "dev")])
def test_no_model_is_written_over(there: str, where: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new("model", "fraud", "--env", there, "--team", "risk") == 0
    file = repository / "environments" / there / "models" / "fraud.yaml"
    text = file.read_text("utf-8") + "# mine\n"
    file.write_text(text, "utf-8")
    capsys.readouterr()
    assert new("model", "fraud", "--env", where, "--team", "risk") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"environments/{there}/models/fraud.yaml is there already: edit it.")
    assert [path.read_text("utf-8") for path in repository.rglob("fraud.yaml")] == [text]


def test_an_environment_like_another_with_its_comments(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dev = repository / "environments" / "dev"
    text = (dev / "environment.yaml").read_text("utf-8").replace("environment: dev", "environment:  'dev'  # the name")
    (dev / "environment.yaml").write_text(text + "# at the end\n", "utf-8")
    (dev / "models").mkdir()
    (dev / "models" / "credit-risk.yaml").write_text("# ours\nendpoint: {scaling: {max: 4}}\n", "utf-8")
    assert new("environment", "staging", "--like", "dev", "--account", "333333333333") == 0
    out, err = capsys.readouterr()
    assert out == "environments/staging\n"
    assert err == "Valid as it is. Still as in dev: region eu-west-1; addresses 10.20.0.0/16; tier development.\n"
    made = (repository / "environments" / "staging" / "environment.yaml").read_text("utf-8")
    assert (
        made == "# Begun as a copy of dev.\n" + text.replace("'dev'", "staging").replace("222222222222", "333333333333") + "# at the end\n"
    )
    environment = load(repository / "environments", "staging")
    assert environment.aws.account == "333333333333"
    assert environment.models["credit-risk"].endpoint
    assert environment.models["credit-risk"].endpoint.scaling.max == 4
    assert (repository / "environments" / "staging" / "models" / "credit-risk.yaml").read_text("utf-8").startswith("# ours\n")


@pytest.mark.parametrize(
    ("governance", "left"),
    [
        ("governance:\n  exceptions:\n    - {EXCEPTION}\n\n", ""),
        ("governance:\n  exceptions:\n  - {EXCEPTION}\n", ""),
        (
            "governance:\n  tiers:\n    low: {approvers: 1}\n  exceptions:\n    - {EXCEPTION}\n",
            "governance:\n  tiers:\n    low: {approvers: 1}\n",
        ),
        (
            "governance:\n  exceptions:\n    - {EXCEPTION}\n  tiers: {low: {approvers: 1}}\n",
            "governance:\n  tiers: {low: {approvers: 1}}\n",
        ),
        ("governance:\n  exceptions: [{EXCEPTION}]\n  tiers: {low: {approvers: 1}}\n", "governance:\n  tiers: {low: {approvers: 1}}\n"),
    ],
)
def test_exceptions_are_not_copied(governance: str, left: str, repository: Path) -> None:
    exception = (
        "{rule: key-rotation, resource: 'urn:pulumi:dev::modelway::aws:kms/key:Key::a', reason: It goes.,"
        " approved_by: security@example.com, expires: 2027-01-31}"
    )
    dev = repository / "environments" / "dev" / "environment.yaml"
    text = dev.read_text("utf-8")
    dev.write_text(text + governance.replace("{EXCEPTION}", exception) + "budget: 900 USD\n", "utf-8")
    assert new("environment", "staging", "--like", "dev") == 0
    made = (repository / "environments" / "staging" / "environment.yaml").read_text("utf-8")
    copied = text.replace("environment: dev", "environment: staging")
    assert made == f"# Begun as a copy of dev, without its exceptions.\n{copied}{left}budget: 900 USD\n"


def test_no_environment_is_written_over(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "environments" / "staging").mkdir()
    assert new("environment", "staging", "--like", "dev") == 1
    assert capsys.readouterr().err == "environments/staging is there already: choose another name, or remove it.\n"
    assert list((repository / "environments" / "staging").iterdir()) == []


@pytest.mark.parametrize("kind", [("model", "fraud", "--env", "dev", "--team", "risk"), ("environment", "staging", "--like", "dev")])
def test_nothing_is_added_to_what_is_not_valid(kind: tuple[str, ...], repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "environments" / "base" / "environment.yaml").write_text("owner: a\ntgas: {}\n", "utf-8")
    assert new(*kind) == 1
    assert capsys.readouterr().err.startswith("environments/base/environment.yaml:2:1: tgas")
    assert names(repository / "environments") == ["dev"]
    assert not list(repository.rglob("fraud.yaml"))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("model", "Fraud", "--env", "dev"), "lower-case letters"),
        (("model", "../fraud", "--env", "dev"), "lower-case letters"),
        (("model", "f" * 41, "--env", "dev"), "at most 40 characters"),
        (("model", "fraud", "--env", "dev", "--team", "T"), "lower-case letters"),
        (("model", "fraud", "--env", "dev", "--team", "risk", "--owner", "\n"), "letters, digits, spaces"),
        (("environment", "base", "--like", "dev"), "not `base`"),
        (("environment", "staging", "--like", "dev", "--account", "1"), "12 digits"),
        (("model", "fraud"), "--env"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], text: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert text in " ".join(err.split())


def test_an_environment_that_is_not_there(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (("model", "fraud", "--env", "gone", "--team", "risk"), ("environment", "staging", "--like", "gone")):
        assert new(*arguments) == 1
        assert "no such environment; there are: dev" in capsys.readouterr().err
