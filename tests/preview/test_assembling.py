"""Files of the engine, from the command line to a ChangeSet."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelway.architecture import Environment, load
from modelway.cli import main
from modelway.preview.assembling import assemble
from modelway.preview.changeset import ChangeSet, Made
from modelway.preview.sources import Sources

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / "stacks" / "environments"
BUCKET = "aws:s3/bucket:Bucket"
DATABASE = "aws:rds/instance:Instance"


def urn(name: str, stack: str = "prod", kind: str = BUCKET, project: str = "shop") -> str:
    return f"urn:pulumi:{stack}::{project}::{kind}::{name}"


def resource(
    name: str, stack: str = "prod", inputs: object = None, kind: str = BUCKET, project: str = "shop", **more: object
) -> dict[str, Any]:
    it = {"urn": urn(name, stack, kind, project), "type": kind, "custom": True, "id": f"{name}-id", "inputs": inputs or {}}
    return {**it, "parent": urn("shop-prod", stack, "pulumi:pulumi:Stack", project), **more}


def step(op: str, old: dict[str, Any] | None = None, new: dict[str, Any] | None = None, **more: object) -> dict[str, Any]:
    return {"op": op, "urn": (new or old or {})["urn"], "oldState": old, "newState": new, "detailedDiff": None, **more}


def digest(*steps: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"steps": list(steps), "changeSummary": {"same": 4}, **more}


def state(*resources: dict[str, Any], **more: object) -> dict[str, Any]:
    manifest = {"time": "2026-11-27T00:00:00Z", "version": "v3.250.0", "plugins": [{"name": "aws", "kind": "resource", "version": "7.1.0"}]}
    return {"version": 3, "deployment": {"manifest": manifest, "resources": list(resources), **more}}


def plan(operations: dict[str, list[str]], **goal: object) -> dict[str, Any]:
    plans = {urn: {"goal": {"inputDiff": goal}, "steps": steps, "state": {}} for urn, steps in operations.items()}
    return {"manifest": {"magic": "x"}, "resourcePlans": plans}


def written(folder: Path, name: str, content: object) -> Path:
    file = folder / name
    file.write_text(content if isinstance(content, str) else json.dumps(content, indent=4), "utf-8")
    return file


def assembled(folder: Path, content: object, **more: Any) -> ChangeSet:
    return assemble([Sources(digest=written(folder, "digest.json", content), **more)])


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(one) for one in arguments])
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


def test_a_change_has_its_component_its_id_and_what_differs(tmp_path: Path) -> None:
    registry = resource("platform", kind="modelway:index:Registry", custom=False, id="")
    shelf = resource("shelf", kind="modelway:index:Registry$modelway:index:Shelf", custom=False, id="", parent=registry["urn"])
    old = resource("a", inputs={"forceDestroy": False}, parent=shelf["urn"])
    new = resource("a", inputs={"forceDestroy": True}, parent=shelf["urn"])
    found = assembled(tmp_path, digest(step("update", old, new)), state=written(tmp_path, "state.json", state(registry, shelf, old)))
    (change,) = found.changes
    assert (change.component, change.physical, change.operation) == ("Registry platform / Shelf shelf", "a-id", "update")
    assert [(one.path, one.before and one.before.text, one.after and one.after.text) for one in change.properties] == [
        ("forceDestroy", "false", "true")
    ]
    assert found.stacks[0].counts == (("update", 1), ("same", 4))
    assert ("aws", "7.1.0") in found.made.versions
    assert [(stack, what) for stack, what, _ in found.made.hashes] == [("prod", "state")]


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    gaps = " ".join(gap.what for gap in assembled(tmp_path, digest()).gaps)
    assert "no event log" in gaps
    assert "state was not given" in gaps


def test_a_rename_is_recognised_and_the_alias_named(tmp_path: Path) -> None:
    inputs = {"versioning": {"enabled": True}, "acl": "private", "tags": {"a": "b"}}
    steps = [
        step("create", None, resource("new", inputs=inputs | {"bucket": "new"})),
        step("delete", resource("old", inputs=inputs | {"bucket": "old"})),
    ]
    found = assembled(tmp_path, digest(*steps, step("delete", resource("other", inputs={"x": 1}))))
    assert [change.renamed_from for change in found.changes] == [urn("old"), "", ""]
    assert ['aliases=[Alias(name="old")]' in one.avoid for one in found.findings if one.rule == "renamed"] == [True]


def test_what_an_alias_renamed_is_there_once(tmp_path: Path) -> None:
    old, new = resource("old", inputs={"acl": "x"}), resource("new", inputs={"acl": "y"})
    found = assembled(tmp_path, digest(step("update", old, new)), state=written(tmp_path, "state.json", state(old)))
    assert [(change.name, change.renamed_from) for change in found.changes] == [("new", "")]
    assert not [one for one in found.findings if one.rule == "renamed"]


def test_an_operation_of_another_engine_is_not_taken_for_safe(tmp_path: Path) -> None:
    found = assembled(tmp_path, digest(step("transmogrify", resource("a"), resource("a"))))
    assert found.changes[0].risk == "unknown"
    assert any("transmogrify" in gap.what for gap in found.gaps)


def test_a_failed_preview_is_decided_by_nobody(tmp_path: Path) -> None:
    found = assembled(tmp_path, digest(diagnostics=[{"severity": "error", "message": "boom\nat line 3"}]))
    assert (found.verdict.decision, found.stacks[0].result, found.stacks[0].worst) == ("unknown", "failed", "unknown")
    assert found.verdict.needed == ("Make the preview of the stack succeed.",)


def test_a_plan_of_another_run_is_a_gap(tmp_path: Path) -> None:
    content = digest(step("create", None, resource("a")))
    agreeing = written(tmp_path, "plan.json", plan({urn("a"): ["create"]}))
    assert not [gap for gap in assembled(tmp_path, content, plan=agreeing).gaps if "different runs" in gap.what]
    for other in ({urn("a"): ["update"]}, {urn("a"): ["create"], urn("b"): ["delete"]}, {}):
        gaps = assembled(tmp_path, content, plan=written(tmp_path, "plan.json", plan(other))).gaps
        assert [gap for gap in gaps if "different runs" in gap.what], other


def test_a_plan_with_a_credential_in_clear_blocks(tmp_path: Path) -> None:
    secret = "AKIA" + "Q7RSTUVWXYZ23456"
    file = written(tmp_path, "plan.json", plan({urn("a"): ["create"]}, adds={"script": f'{{"key": "{secret}"}}'}))
    found = assembled(tmp_path, digest(step("create", None, resource("a"))), plan=file)
    assert found.verdict.decision == "blocked"
    assert [one.path for one in found.findings if one.rule == "plan-exposes"] == ["goal.inputDiff.adds.script"]
    assert secret not in msgspec.json.encode(found).decode()


def test_several_stacks_make_one_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = written(tmp_path, "one.json", digest(step("create", None, resource("a", "prod"))))
    two = written(tmp_path, "two.json", digest(step("delete", resource("b", "dev"))))
    of_two = written(tmp_path, "state.json", state(resource("b", "dev")))
    code, out, _ = run(capsys, "report", "--digest", one, "--digest", two, "--state", of_two, "--format", "json")
    found = msgspec.json.decode(out, type=ChangeSet)
    assert [row.stack for row in found.stacks] == ["prod", "dev"]
    assert [gap.stack for gap in found.gaps if "state was not given" in gap.what] == ["prod"]
    assert code in (0, 3, 4)


def test_stacks_of_one_name_are_told_apart_by_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [written(tmp_path, f"{name}.json", digest(step("create", None, resource("a", project=name)))) for name in ("shop", "network")]
    _, out, _ = run(capsys, "report", "--digest", files[0], "--digest", files[1], "--format", "json")
    assert [row.stack for row in msgspec.json.decode(out, type=ChangeSet).stacks] == ["shop/prod", "network/prod"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "give at least one file"),
        (("--digest", "nowhere.json"), 2, "--digest: there is no file nowhere.json."),
        (("--digest", "."), 2, "--digest: . is a folder: name a file in it."),
        (("--digest", "staging=digest.json"), 2, "digest.json is of stack prod, not of staging."),
        (("--digest", "digest.json", "--digest", "digest.json"), 2, "--digest is given twice for stack prod"),
        (("--digest", "digest.json", "--state", "digest.json"), 1, "is not the state of a stack but the digest of a preview"),
        (("--digest", "digest.json", "--digest", "x=digest.json", "--digest", "empty.json"), 2, "empty.json names no stack"),
        (("--digest", "digest.json", "--checks", "digest.json"), 1, "is not what `modelway check … --json` writes"),
        (("--digest", "digest.json", "--checks", "nowhere.json"), 2, "'--checks': file 'nowhere.json' does not exist"),
        (("--digest", "digest.json", "--risks", "."), 2, "'--risks': file '.' is a directory"),
        (("--digest", "digest.json", "--prices", "nowhere.toml"), 2, "'--prices': file 'nowhere.toml' does not exist"),
        (("--digest", "digest.json", "--after", "nowhere"), 2, "there is no folder nowhere"),
        (("--digest", "digest.json", "--out", "nowhere/out"), 2, "--out: there is no folder nowhere to write out in"),
        (("--digest", "digest.json", "--out", "."), 2, "'--out': file '.' is a directory"),
        (("--before", f"{ENVIRONMENTS}/dev", "--after", f"{ENVIRONMENTS}/local"), 2, "are of different environments: dev and local"),
    ],
)
def test_what_cannot_be_reported_on_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "digest.json", digest(step("create", None, resource("a"))))
    written(tmp_path, "empty.json", "")
    found, _, err = run(capsys, "report", *arguments)
    assert (found, said in err) == (code, True), err


def test_changes_end_with_5_when_that_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, "digest.json", digest(step("update", resource("a"), resource("a", inputs={"tags": {"a": "b"}}))))
    none = written(tmp_path, "none.json", digest())
    arguments = ("--format", "json", "--detailed-exitcode")
    assert [run(capsys, "report", "--digest", one, *arguments)[0] for one in (file, none)] == [5, 0]
    assert run(capsys, "report", "--digest", file, "--format", "json")[0] == 0


def test_a_report_of_files_imports_no_engine_and_no_environment(tmp_path: Path) -> None:
    file = written(tmp_path, "digest.json", digest(step("create", None, resource("a"))))
    program = (
        "import sys\nfrom modelway.cli import main\ntry:\n    main(['report', '--digest', sys.argv[1], '--format', 'json'])\n"
        "except SystemExit: pass\nheavy = ('pulumi', 'boto3', 'rich', 'ruamel.yaml', 'modelway.architecture.environment')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program, str(file)], capture_output=True, text=True, env=env, check=True)
    assert done.stderr.strip() == "[]"


_LETTERS = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=16, max_size=16)
_MIXED = st.text("abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=36, max_size=36)
_HEX_64 = st.binary(min_size=32, max_size=32).map(bytes.hex).filter(lambda drawn: len(set(drawn)) > 8 and not drawn.isdigit())
_PLANTED = st.one_of(
    _LETTERS.map("AKIA{}".format),
    *(_MIXED.map(f"{mark}{{}}".format) for mark in ("ghp_", "glpat-", "hf_", "hvs.aB3", "hvb.aB3", "dckr_pat_", "xapp-1-")),
    _HEX_64.map("dop_v1_{}".format),
    st.text("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", min_size=58, max_size=58).map("AGE-SECRET-KEY-1{}".format),
)
_SAID = (
    *(
        "Authorization: Bearer {}",
        "{{'Authorization': 'token {}'}}",
        "Set-Cookie: session={}; Path=/",
        "AccountKey={}Aa0==;",
        "?sv=1&sig={}",
    ),
    *("X-Amz-Signature={}", "--password {} ", "password: 'two {} words'", "routing_key={}", '"license_key": "{}"', "encryption_key={}"),
    *("TOKEN_OF_X={}", "SOMETHING={}", "client_secret: {}", "pass={}"),
)
"""What a program may print, the secret in the place of {}."""
_PLACES = (
    *("name", "value", "json", "env", "old", "diagnostic", "urn", "id", "key", "list", "type", "tag", "output", "policy", "state"),
    *("parent", "image", "version", "dependency", "provider", "path", "reason", "stack-output"),
)


def planted(at: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """A digest, a state and events, with a secret in every place."""
    inputs = {
        "bucket": at["value"],
        "policy": json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": f"s3:{at['json']}", "Resource": "*"}]}),
        "containers": [{"name": "a", "image": f"r/{at['image']}:{at['version']}", "env": [{"name": "PASSWORD", "value": at["env"]}]}],
        at["key"]: "x",
        "cidrBlocks": [at["list"]],
        "tags": {at["tag"]: at["tag"], "version": at["tag"]},
        "path": at["path"],
    }
    kind = f"aws:s3/{at['type']}:Bucket"
    old = resource(at["name"], kind=kind, inputs={"bucket": at["old"], "path": at["old"]}, id=at["id"])
    new = resource(at["name"], kind=kind, inputs=inputs, id=at["id"], outputs={"x": at["output"]}, dependencies=[urn(at["dependency"])])
    new |= {
        "parent": urn(at["parent"], kind="my:index:Component"),
        "provider": f"{urn(at['provider'], kind='pulumi:providers:aws')}::{at['provider']}",
    }
    detailed = {at["reason"]: {"kind": "update-replace", "inputDiff": True}, "bucket": {"kind": "update", "inputDiff": True}}
    steps = [
        step("replace", old, new, detailedDiff=detailed),
        step("delete", resource(at["urn"], inputs=inputs)),
        step("create", None, resource(f"{at['urn']}-b", inputs=inputs, parent=new["urn"])),
        step(f"odd {at['name']}", old | {"urn": urn("odd")}, new | {"urn": urn("odd")}),
    ]
    said = [{"severity": "error", "message": f"it said {at['diagnostic']} and password={at['diagnostic']}", "urn": urn(at["urn"])}]
    root = {
        "op": "update",
        "urn": urn("s", kind="pulumi:pulumi:Stack"),
        "new": {"urn": "x", "type": "", "outputs": {at["stack-output"]: 1}},
    }
    policy = {
        "policyName": at["policy"],
        "policyPackName": "p",
        "message": at["policy"],
        "resourceUrn": urn(at["urn"]),
        "enforcementLevel": "mandatory",
    }
    events = [{"resOutputsEvent": {"metadata": root}}, {"policyEvent": policy}, {"diagnosticEvent": said[0]}]
    return digest(*steps, diagnostics=said), state(resource(at["state"], inputs=inputs), resource("c", dependencies=[new["urn"]])), events


@settings(max_examples=2000 // len(_PLACES) + 1, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secrets=st.lists(_PLANTED, min_size=len(_PLACES), max_size=len(_PLACES), unique=True))
def test_of_2000_planted_secrets_none_reaches_a_changeset(tmp_path: Path, secrets: list[str]) -> None:
    at = dict(zip(_PLACES, secrets, strict=True))
    of_digest, of_state, events = planted(at)
    lines = "".join(json.dumps({"sequence": number, "timestamp": 1, **event}) + "\n" for number, event in enumerate(events))
    files = {"state": written(tmp_path, "state.json", of_state), "events": written(tmp_path, "events.jsonl", lines)}
    told = msgspec.json.encode(assembled(tmp_path, of_digest, **files)).decode()
    assert [place for place, secret in at.items() if secret in told] == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secrets=st.lists(_HEX_64, min_size=len(_SAID), max_size=len(_SAID), unique=True))
def test_of_900_secrets_that_a_program_prints_none_reaches_a_changeset(tmp_path: Path, secrets: list[str]) -> None:
    at = dict(zip(_SAID, secrets, strict=True))
    said = [{"severity": "error", "message": form.format(secret), "urn": urn("a")} for form, secret in at.items()]
    told = msgspec.json.encode(assembled(tmp_path, digest(step("create", None, resource("a")), diagnostics=said))).decode()
    assert [form for form, secret in at.items() if secret in told] == []


def test_what_differs_in_the_description_is_told_once_in_the_words_of_diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(ROOT / "stacks" / "environments", tmp_path / "stacks" / "environments")
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("*.parquet", "*.csv"))
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    model = tmp_path / "stacks" / "environments" / "base" / "models" / "co2-forecast.yaml"
    model.write_text(model.read_text("utf-8").replace("max: 3", "max: 5"), "utf-8")
    arguments = []
    for stack in ("dev", "dev-models"):
        arguments += ["--digest", written(tmp_path, f"{stack}.json", digest(step("create", None, resource("a", stack))))]
    arguments += ["--before", ROOT / "stacks" / "environments" / "dev", "--after", tmp_path / "stacks" / "environments" / "dev"]
    _, out, _ = run(capsys, "report", *arguments, "--format", "json")
    found = msgspec.json.decode(out, type=ChangeSet)
    assert [row.environment for row in found.stacks] == ["dev", "dev"]
    assert [(one.stack, one.title, one.lines) for one in found.differences] == [
        ("dev", "model co2-forecast", (("changed", "endpoint.scaling.max  3 → 5"),))
    ]


def test_a_report_lets_through_what_the_environment_excepts(tmp_path: Path) -> None:
    described = load(ENVIRONMENTS, "dev")
    exception = {"rule": "unencrypted-store", "resource": urn("one", "dev", DATABASE), "reason": "It is moved.", "expires": "2026-12-31"}
    plain = described.model_dump(mode="json", by_alias=True)
    plain["governance"]["exceptions"] = [exception | {"approved_by": "security@example.com"}]
    excepted = Environment.model_validate_json(json.dumps(plain), strict=True)
    content = digest(step("create", new=resource("one", "dev", kind=DATABASE, inputs={"storageEncrypted": False, "tags": {"owner": "a"}})))

    def said(environment: Environment, at: str) -> list[str]:
        found = assemble([Sources(digest=written(tmp_path, "digest.json", content), after=environment)], made=Made(at))
        return [one.rule for one in found.policies if one.outcome == "failed"]

    assert said(described, "2026-11-28T00:00:00Z") == ["unencrypted-store"]
    assert said(excepted, "2026-11-28T00:00:00Z") == ["granted-exceptions"]
    assert said(excepted, "2027-01-01T00:00:00Z") == ["unencrypted-store"]
    assert said(excepted, "") == ["unencrypted-store"]
