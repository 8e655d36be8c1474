"""`modelway policy check` and `modelway policy explain`."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from modelway.cli import main
from modelway.cli import policy as policy_verb
from modelway.rules import catalogue
from modelway.rules.subjects import Rule, Subject
from modelway.rules.verdicts import Verdict

ROOT = Path(__file__).resolve().parents[2]
VALID = ROOT / "tests" / "architecture" / "valid"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SEALED: dict[str, Any] = {"engine": "postgres", "storageEncrypted": True, "publiclyAccessible": False}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small repository with environment dev; it is where the command runs. Of the rules there are the first pack's and those about
    descriptions, so that a new rule changes nothing here."""
    from modelway.rules.pack import RULES

    shutil.copytree(VALID, tmp_path / "repository")
    (tmp_path / "repository" / "stacks").mkdir()
    (tmp_path / "repository" / "environments").rename(tmp_path / "repository" / "stacks" / "environments")
    (tmp_path / "repository" / "Pulumi.yaml").write_text("name: modelway\nruntime: python\n")
    monkeypatch.chdir(tmp_path / "repository")
    monkeypatch.setattr(catalogue, "RULES", RULES)
    # A day on which the cluster's version of Kubernetes is in support.
    monkeypatch.setattr(policy_verb, "today", lambda: date(2026, 11, 28))
    return tmp_path / "repository"


def policy(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["policy", *arguments])
    return int(end.value.code or 0)


def urn(type_: str, name: str, stack: str = "dev") -> str:
    return f"urn:pulumi:{stack}::modelway::{type_}::{name}"


def database(name: str, stack: str = "dev", **inputs: Any) -> dict[str, Any]:
    type_ = "aws:rds/instance:Instance"
    return {"urn": urn(type_, name, stack), "type": type_, "custom": True, "inputs": {"tags": {"owner": "risk"}, **inputs}}


def digest(*resources: dict[str, Any], op: str = "create", ended: bool = True) -> str:
    steps = [{"op": op, "urn": one["urn"], "newState": one, **({"oldState": one} if op == "same" else {})} for one in resources]
    Path("digest.json").write_text(json.dumps({"steps": steps, **({"changeSummary": {op: len(steps)}} if ended else {})}))
    return "digest.json"


def state(*resources: dict[str, Any]) -> str:
    Path("state.json").write_text(json.dumps({"version": 3, "deployment": {"manifest": {}, "resources": resources}}))
    return "state.json"


def excepted(file: Path, rule: str, resource: str, expires: str = "2099-01-31") -> None:
    text = file.read_text("utf-8")
    file.write_text(
        f"{text}governance:\n  exceptions:\n    - {{rule: {rule}, resource: '{resource}', reason: It moves., "
        f"approved_by: security@example.com, expires: {expires}}}\n"
    )


@pytest.mark.usefixtures("repository")
def test_all_that_binds_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert policy("check", "--digest", digest(database("sealed", **SEALED))) == 0
    assert policy("check", "--state", state(database("sealed", **SEALED))) == 0
    assert "dev: 1 resource, tier development" in capsys.readouterr().out


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("op", ["create", "same"])
def test_something_does_not_pass(op: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert policy("check", "--digest", digest(database("plain", storageEncrypted=False), op=op)) == 1
    said = capsys.readouterr().out
    assert "FAIL      unencrypted-store  high, mandatory" in said
    assert "storageEncrypted: False" in said
    assert urn("aws:rds/instance:Instance", "plain") in said


@pytest.mark.usefixtures("repository")
def test_what_is_not_known_is_no_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert policy("check", "--digest", digest(database("later", **SEALED | {"storageEncrypted": UNKNOWN}))) == 3
    assert "UNKNOWN" in capsys.readouterr().out
    # A preview that did not come to its end says nothing of what it did not come to.
    assert policy("check", "--digest", digest(database("sealed", **SEALED), ended=False)) == 3
    assert "not known: digest.json has no summary" in capsys.readouterr().out


@pytest.mark.usefixtures("repository")
def test_what_goes_is_not_held_against_anybody() -> None:
    one = database("plain", storageEncrypted=False)
    Path("digest.json").write_text(
        json.dumps({"steps": [{"op": "delete", "urn": one["urn"], "oldState": one}], "changeSummary": {"delete": 1}})
    )
    assert policy("check", "--digest", "digest.json") == 1  # there is nothing to hold rules against


@pytest.mark.usefixtures("repository")
def test_a_rule_that_raises_is_an_error_and_harms_no_other(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def judge(_: Subject) -> Verdict:
        raise KeyError("hunter2")

    careless = Rule("careless", "it is careful", "…", "low", ("own",), lambda _: True, judge)
    monkeypatch.setattr(catalogue, "RULES", (careless, *catalogue.RULES))
    assert policy("check", "--state", state(database("plain", storageEncrypted=False)), "--json") == 1
    told = json.loads(capsys.readouterr().out)
    verdicts = {one["rule"]: one["verdict"] for one in told["findings"]}
    assert (verdicts["careless"], verdicts["unencrypted-store"]) == ("ERROR", "FAIL")
    assert "hunter2" not in json.dumps(told)


def test_an_exception_lets_through_and_is_listed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = repository / "stacks" / "environments" / "dev" / "environment.yaml"
    excepted(file, "unencrypted-store", urn("aws:rds/instance:Instance", "plain"))
    both = digest(database("plain", **SEALED | {"storageEncrypted": False}), database("other", **SEALED | {"storageEncrypted": False}))
    assert policy("check", "--digest", digest(database("plain", **SEALED | {"storageEncrypted": False}))) == 0
    said = capsys.readouterr().out
    assert "EXCEPTED  unencrypted-store" in said
    assert "exception: It moves. (approved by security@example.com, until 2099-01-31)" in said
    both = digest(database("plain", **SEALED | {"storageEncrypted": False}), database("other", **SEALED | {"storageEncrypted": False}))
    assert policy("check", "--digest", both) == 1


def test_an_exception_that_is_over_lets_nothing_through(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = repository / "stacks" / "environments" / "dev" / "environment.yaml"
    excepted(file, "unencrypted-store", urn("aws:rds/instance:Instance", "plain"), "2020-01-31")
    assert policy("check", "--digest", digest(database("plain", **SEALED | {"storageEncrypted": False}))) == 1
    assert "exception that is over: It moves." in capsys.readouterr().out
    assert policy("check", "--env", "dev") == 1
    assert "GOV-04 declared-exceptions" in capsys.readouterr().out


@pytest.mark.usefixtures("repository")
def test_a_secret_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    image = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "registry.example/hidden:1.2"}
    type_ = "aws:sagemaker/model:Model"
    model = {
        "urn": urn(type_, "m"),
        "type": type_,
        "custom": True,
        "inputs": {"primaryContainer": {"image": image}, "tags": {"owner": "risk"}},
    }
    policy("check", "--state", state(model))
    policy("check", "--digest", digest(model), "--json")
    assert "hidden:1.2" not in capsys.readouterr().out


@pytest.mark.usefixtures("repository")
def test_an_environment_that_is_not_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert policy("check", "--state", state(database("sealed", stack="nowhere", **SEALED))) == 0
    assert "of an environment that is not known here" in capsys.readouterr().out


def test_a_description(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert policy("check", "--env", "dev") == 0
    assert "dev: its description, tier development" in capsys.readouterr().out
    file = repository / "stacks" / "environments" / "dev" / "environment.yaml"
    file.write_text(file.read_text("utf-8").replace('    version: "1.35"\n', '    version: "1.35"\n    logs: {types: [audit]}\n'))
    assert policy("check", "--env", "dev") == 1
    assert "clusters.main.logs.types: without api" in capsys.readouterr().out


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("check",), 2, "name one of them"),
        (("check", "--env", "dev", "--state", "stacks"), 2, "is a directory"),
        (("check", "--state", "nowhere.json"), 2, "does not exist"),
        (("check", "--env", "nowhere"), 1, "nowhere"),
        (("explain", "pinned-digset"), 2, "near are pinned-digest"),
        (("explain", "zzzz"), 2, "no rule is called zzzz"),
    ],
)
def test_bad_input(arguments: tuple[str, ...], code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert policy(*arguments) == code
    assert said in " ".join(capsys.readouterr().err.split())


@pytest.mark.usefixtures("repository")
def test_two_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert policy("check", "--env", "dev", "--state", state(database("sealed", **SEALED))) == 2
    assert "name one of them" in capsys.readouterr().err
    Path("digest.json").write_text("{}")
    assert policy("check", "--state", "digest.json") == 1


def test_explaining(capsys: pytest.CaptureFixture[str]) -> None:
    assert policy("explain", "gov-04") == 0
    said = capsys.readouterr().out
    assert said.startswith("declared-exceptions\n  allowed      an exception is from a rule that there is")
    assert "high: mandatory in development, mandatory in staging, mandatory in production" in said
    assert policy("explain", "missing-owner") == 0
    assert "medium: advisory in development, mandatory in staging, mandatory in production" in capsys.readouterr().out


def test_every_rule_can_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    for rule in catalogue.ALL:
        assert policy("explain", rule.id) == 0
        said = capsys.readouterr().out
        assert rule.says in said
        assert "compliant" not in said.lower()
