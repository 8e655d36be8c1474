"""The pack as the engine asks it, without the engine: it is started as a process, prints a port, and answers there."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from modelway.rules.catalogue import ALL, RULES, level
from modelway.rules.stack import StackRule

ROOT = Path(__file__).resolve().parents[2]
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
DATABASE, MODEL = "aws:rds/instance:Instance", "aws:sagemaker/model:Model"
TAGS = {"owner": "risk"}
BROKEN = """
import runpy, sys
sys.path.insert(0, {root!r})
from dataclasses import replace
from modelway.rules import catalogue
from modelway.rules.stack import StackRule
def careless(_):
    raise KeyError("hunter2")
catalogue.RULES = tuple(
    replace(rule, judge=careless, applies=careless) if rule.id == "missing-owner" or isinstance(rule, StackRule) else rule
    for rule in catalogue.RULES
)
runpy.run_path({pack!r}, run_name="__main__")
"""


@contextmanager
def served(*command: str, stack: str = "nowhere", config: str = "{}") -> Iterator[Any]:
    with subprocess.Popen([sys.executable, *(command or ("policy",))], cwd=ROOT, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                stub = analyzer_pb2_grpc.AnalyzerStub(channel)
                # As the engine does, before it asks for the rules.
                stub.ConfigureStack(
                    analyzer_pb2.AnalyzerStackConfigureRequest(stack=stack, project="modelway", dry_run=True, config=json.loads(config))
                )
                yield stub
        finally:
            process.kill()


def resource(kind: Any, type_: str, name: str, **inputs: Any) -> Any:
    properties = Struct()
    properties.update(inputs)
    return kind(type=type_, name=name, urn=f"urn:pulumi:dev::modelway::{type_}::{name}", properties=properties)


def said(pack: Any, type_: str, name: str, **inputs: Any) -> dict[str, tuple[int, str]]:
    answer = pack.Analyze(resource(analyzer_pb2.AnalyzeRequest, type_, name, **inputs))
    return {one.policyName: (one.enforcementLevel, one.message) for one in answer.diagnostics}


@pytest.fixture(scope="module")
def pack() -> Iterator[Any]:
    with served() as stub:
        yield stub


def test_a_violation_names_the_place_and_no_value(pack: Any) -> None:
    found = said(pack, MODEL, "hidden", primaryContainer={"image": "registry.example/hidden:1.2"}, tags=TAGS)
    kind, message = found["pinned-digest"]
    assert kind == analyzer_pb2.MANDATORY
    assert "primaryContainer.image: an image is pinned by its digest." in message
    assert "hidden:1.2" not in str(found)


def test_what_is_not_known_is_said_and_no_other_rule_is_lost(pack: Any) -> None:
    found = said(pack, DATABASE, "later", storageEncrypted=UNKNOWN, publiclyAccessible=True, tags=TAGS)
    assert "string value at .storageEncrypted can't be known during preview" in found["unencrypted-store"][1]
    assert found["public-exposure"][0] == analyzer_pb2.MANDATORY


def test_what_was_read_of_one_resource_is_not_taken_for_another(pack: Any) -> None:
    for number in range(40):
        broken = bool(number % 2)
        found = said(pack, DATABASE, f"db-{number}", storageEncrypted=not broken, publiclyAccessible=False, tags=TAGS)
        assert ("unencrypted-store" in found) is broken


def test_every_rule_is_in_it(pack: Any) -> None:
    info = pack.GetAnalyzerInfo(Empty())
    policies = {one.name: one for one in info.policies}
    assert {rule.id for rule in ALL} < set(policies)
    for rule in ALL:
        wanted = analyzer_pb2.MANDATORY if level(rule, None) == "mandatory" else analyzer_pb2.ADVISORY
        assert (policies[rule.id].enforcementLevel, list(policies[rule.id].tags)) == (wanted, list(rule.sources))


def test_a_whole_stack_is_asked(pack: Any) -> None:
    stack = [resource(analyzer_pb2.AnalyzerResource, "aws:s3/bucket:Bucket", name, bucket=name, tags=TAGS) for name in ("one", "two")]
    answer = pack.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=stack))
    assert not [one for one in answer.diagnostics if one.policyName == "broken-stack-rule"]
    assert {one.urn for one in answer.diagnostics} <= {"", *(one.urn for one in stack)}


def test_a_rule_that_raises_binds_and_harms_no_other() -> None:
    program = BROKEN.format(root=str(ROOT), pack=str(ROOT / "policy" / "__main__.py"))
    with served("-c", program) as pack:
        found = said(pack, DATABASE, "plain", storageEncrypted=False)
        assert found["broken-rule"] == (analyzer_pb2.MANDATORY, found["broken-rule"][1])
        assert "rule missing-owner failed with KeyError: nothing was decided" in found["broken-rule"][1]
        assert "unencrypted-store" in found
        assert "missing-owner" not in found
        assert "hunter2" not in str(found)
        about_stacks = [rule.id for rule in RULES if isinstance(rule, StackRule)]
        one = resource(analyzer_pb2.AnalyzerResource, DATABASE, "plain")
        answer = pack.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=[one]))
        assert [one.policyName for one in answer.diagnostics] == ["broken-stack-rule"] * len(about_stacks)


@pytest.mark.parametrize(("stack", "wanted"), [("dev", "ADVISORY"), ("prod", "MANDATORY"), ("prod-models-climate", "MANDATORY")])
def test_the_tier_of_the_stacks_environment_says_what_binds(stack: str, wanted: str) -> None:
    with served(stack=stack) as pack:
        found = said(pack, "aws:kms/key:Key", "nobodys")
        assert found["missing-owner"][0] == getattr(analyzer_pb2, wanted)


def test_an_exception_lets_one_resource_through_and_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "environments" / "dev"
    folder.mkdir(parents=True)
    urn = f"urn:pulumi:dev::modelway::{DATABASE}"
    (folder / "environment.yaml").write_text(
        "environment: dev\ntier: development\nowner: ml-platform@example.com\naws: {account: '222222222222', region: eu-west-1}\n"
        "clusters:\n  main: {kind: existing, context: dev, gateway: {kind: managed, class: envoy}}\n"
        "governance:\n  exceptions:\n"
        f"    - {{rule: unencrypted-store, resource: '{urn}::plain', reason: It moves., approved_by: security@example.com,"
        " expires: 2099-01-31}\n"
        f"    - {{rule: unencrypted-store, resource: '{urn}::over', reason: It moved., approved_by: security@example.com,"
        " expires: 2020-01-31}\n"
    )
    with served(stack="dev", config=f'{{"modelway:environments": "{folder.parent}"}}') as pack:
        plain = said(pack, DATABASE, "plain", storageEncrypted=False, tags=TAGS)
        assert "unencrypted-store" not in plain
        kind, message = plain["granted-exceptions"]
        assert kind == analyzer_pb2.ADVISORY
        assert "excepted from unencrypted-store: It moves. (approved by security@example.com, until 2099-01-31)" in message
        over = said(pack, DATABASE, "over", storageEncrypted=False, tags=TAGS)
        assert "An exception was granted until 2020-01-31, and is over." in over["unencrypted-store"][1]
        assert "granted-exceptions" not in over
        assert "unencrypted-store" in said(pack, DATABASE, "other", storageEncrypted=False, tags=TAGS)


def test_a_description_is_asked_with_the_stack_and_each_stack_for_its_own_part(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests" / "architecture" / "valid", tmp_path, dirs_exist_ok=True)
    file = tmp_path / "environments" / "dev" / "environment.yaml"
    model = tmp_path / "environments" / "base" / "models" / "credit-risk.yaml"
    # Contracts are counted from the root of the project that the pack lies in.
    model.write_text(model.read_text("utf-8").replace("contracts/", "tests/architecture/valid/contracts/"))
    text = file.read_text("utf-8").replace("tier: development", "tier: development\nlayout: split")
    file.write_text(
        text.replace('version: "1.35"', 'version: "1.35"\n    logs: {types: [audit]}')
        + "governance:\n  exceptions:\n"
        + "    - {rule: declared-drift, resource: models.credit-risk, reason: Soon., approved_by: security@example.com,"
        + " expires: 2099-01-31}\n"
    )
    config = f'{{"modelway:environments": "{file.parents[1]}"}}'
    with served(stack="dev", config=config) as pack:
        found = said(pack, "pulumi:pulumi:Stack", "modelway-dev")
        assert found["declared-control-plane-logs"][0] == analyzer_pb2.MANDATORY
        assert found["declared-control-plane-logs"][1].endswith("all five are kept then.")
        assert "declared-control-plane-logs" not in said(pack, "aws:eks/cluster:Cluster", "main")
        # More than a year is too long, for whoever writes exceptions.
        assert "declared-exceptions" in found
        assert "granted-exceptions" not in found
    with served(stack="dev-models", config=config) as pack:
        found = said(pack, "pulumi:pulumi:Stack", "modelway-dev-models")
        assert "declared-control-plane-logs" not in found
        assert "excepted from declared-drift: Soon." in found["granted-exceptions"][1]
