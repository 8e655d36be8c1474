"""The pack in the real engine, on components that carry the types and inputs of real resources: no provider, no account."""

import json
from pathlib import Path

import pytest

from modelway.preview.changeset import PolicyResult
from modelway.preview.policies import results
from modelway.preview.reading import read
from modelway.rules.pack import RULES
from tests.toolchain.language_host.conftest import SITE, Project, engine, project, shared_project  # noqa: F401

pytestmark = pytest.mark.localcloud

PACK = Path(__file__).resolve().parents[2] / "policy"
PROGRAM = """
    import pulumi
    from pulumi.runtime import rpc

    def made(type_, name, **inputs):
        pulumi.ComponentResource(type_, name, inputs)

    tags = {"owner": "risk"}
    secret = pulumi.Output.secret("registry.example/model:1.2")
    made("aws:rds/instance:Instance", "plain", storageEncrypted=False, tags=tags)
    made("aws:rds/instance:Instance", "sealed", storageEncrypted=True, publiclyAccessible=False, tags=tags)
    made("aws:rds/instance:Instance", "later", storageEncrypted=rpc.UNKNOWN, tags=tags)
    made("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "open", blockPublicAcls=True)
    made("aws:kms/key:Key", "nobodys")
    made("aws:sagemaker/model:Model", "hidden", primaryContainer={"image": secret}, tags=tags)
    made("aws:iam/user:User", "no-rule-is-about-it")
"""
STAGING = """
    environment: dev
    tier: staging
    owner: ml-platform@example.com
    aws: {account: "222222222222", region: eu-west-1}
    clusters:
      main: {kind: existing, context: dev, gateway: {kind: existing, name: shared, namespace: gateways}}
    governance:
      exceptions:
        - rule: unencrypted-store
          resource: "urn:pulumi:dev::project::aws:rds/instance:Instance::plain"
          reason: It moves.
          approved_by: security@example.com
          expires: 2099-01-31
"""
BROKEN = """
    from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

    def validate(args, report):
        raise KeyError("storageEncrypted")

    PolicyPack("careless", [ResourceValidationPolicy("encrypted", "Encrypted.", validate, EnforcementLevel.MANDATORY)])
"""


def previewed(project: Project, pack: Path) -> tuple[str, tuple[PolicyResult, ...]]:  # noqa: F811
    events = project.folder / "events.jsonl"
    events.unlink(missing_ok=True)
    project.program(PROGRAM)
    said = project.pulumi("preview", "--policy-pack", str(pack), "--event-log", str(events), code=1, PULUMI_DEBUG_COMMANDS="true")
    found = read("dev", None, events)
    assert found.policy_events is not None
    return said, results("dev", found.policy_events, found.diagnostics)


def test_the_pack_in_the_engine(project: Project) -> None:  # noqa: F811
    pack = project.folder / "pack"
    project.runtime("pack/PulumiPolicy.yaml", virtualenv=str(SITE))
    (pack / "__main__.py").unlink(missing_ok=True)
    (pack / "__main__.py").symlink_to(PACK / "__main__.py")
    said, found = previewed(project, pack)
    first = {rule.id for rule in RULES}
    told = {
        (one.outcome, one.rule, one.urn.rpartition("::")[2], one.enforcement, one.severity)
        for one in found
        if one.outcome != "passed" and one.rule in first
    }
    assert told == {
        ("failed", "unencrypted-store", "plain", "mandatory", "high"),
        ("undecided", "unencrypted-store", "later", "mandatory", "high"),
        ("failed", "public-exposure", "open", "mandatory", "critical"),
        ("failed", "missing-owner", "nobodys", "advisory", "medium"),
        ("failed", "pinned-digest", "hidden", "mandatory", "high"),
    }
    passed = {one.rule: one.count for one in found if one.outcome == "passed" and one.rule in first}
    assert passed == {"unencrypted-store": 1, "public-exposure": 3, "missing-owner": 4}
    # Rules about whole stacks are asked too, and none breaks.
    assert "broken-stack-rule" not in {one.rule for one in found if one.outcome != "passed"}
    assert "Traceback" not in said
    assert "registry.example" not in said
    assert "registry.example" not in json.dumps([one.message for one in found])


def test_the_engine_says_which_stack_it_is_and_its_tier_and_exceptions_hold(project: Project) -> None:  # noqa: F811
    pack = project.folder / "pack"
    project.runtime("pack/PulumiPolicy.yaml", virtualenv=str(SITE))
    (pack / "__main__.py").unlink(missing_ok=True)
    (pack / "__main__.py").symlink_to(PACK / "__main__.py")
    file = project.write("environments/dev/environment.yaml", STAGING)
    project.pulumi("config", "set", "modelway:environments", str(file.parents[1]), "--stack", "dev")
    try:
        _, found = previewed(project, pack)
    finally:
        project.pulumi("config", "rm", "modelway:environments", "--stack", "dev")
    failed = {(one.rule, one.urn.rpartition("::")[2], one.enforcement) for one in found if one.outcome == "failed"}
    assert ("missing-owner", "nobodys", "mandatory") in failed
    assert ("unencrypted-store", "plain") not in {(rule, name) for rule, name, _ in failed}
    granted = [one.message for one in found if one.rule == "granted-exceptions" and one.outcome != "passed"]
    assert ["excepted from unencrypted-store: It moves." in one for one in granted] == [True]


def test_a_rule_that_raises_is_broken_and_not_passed(project: Project) -> None:  # noqa: F811
    project.runtime("careless/PulumiPolicy.yaml", virtualenv=str(SITE))
    project.write("careless/__main__.py", BROKEN)
    _, found = previewed(project, project.folder / "careless")
    assert [one.outcome for one in found] == ["broken"]
    assert "storageEncrypted" in found[0].message
