"""The environments that come with the project keep the rules, with the exceptions that their files list, and with no more."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from modelway.architecture import Environment
from modelway.rules.catalogue import DECLARED, RULES, level
from modelway.rules.exceptions import Grant
from modelway.rules.judging import Finding, configured, excepted, judged
from modelway.rules.stack import Resource
from modelway.rules.subjects import Subject
from modelway.rules.values import received
from tests.support.engine import Recorder, Registered
from tests.support.environments import composed, environment

TODAY = date(2026, 11, 28)
"""A day on which the exceptions are in force: that they end is what they are for."""
NAMED = {"aws:s3/bucket:Bucket": "bucket", "aws:ecr/repository:Repository": "name", "aws:eks/cluster:Cluster": "name"}
"""What AWS takes for the id of these; mocks make one of the logical name."""


def resources(described: Environment, stack: Recorder, ids: Mapping[str, str]) -> list[Resource]:
    """As the engine shows them to rules: with the provider's default tags, the version of its plugin, and ids as AWS has them."""

    def inputs(one: Registered) -> dict[str, object]:
        found = received(real(one.raw))
        assert isinstance(found, dict)
        if one.type.startswith("pulumi:providers:"):
            return found | {"version": "7.51.1"}
        return found | ({"tagsAll": {**found.get("tags", {}), "owner": described.owner}} if one.type.startswith("aws:") else {})

    def real(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: real(item) for key, item in value.items()}
        if isinstance(value, list):
            return [real(item) for item in value]
        return ids.get(value, value) if isinstance(value, str) else value

    return [
        Resource(one.urn, Subject(one.type, inputs(one), compared=True), one.parent or None, frozenset(one.dependencies), one.protected)
        for one in stack.resources
    ]


def findings(name: str) -> list[Finding]:
    described, stacks = environment(name), composed(name)
    ids = {
        f"{one.name}-id": one.inputs[NAMED[one.type]]
        for stack in stacks.values()
        for one in stack.resources
        if one.inputs.get(NAMED.get(one.type, ""))
    }
    found = list(configured(DECLARED, described, TODAY))
    for stack in stacks.values():
        found += judged(RULES, resources(described, stack, ids))
    exceptions = described.governance.exceptions
    grants = [Grant(one.rule, one.resource, one.reason, one.approved_by, one.expires.day) for one in exceptions]
    return list(excepted(found, grants, TODAY))


@pytest.mark.parametrize("name", ["local", "dev", "staging", "prod"])
def test_the_projects_own_environments_pass(name: str) -> None:
    found = findings(name)
    tier = environment(name).tier
    open_ones = [one for one in found if (one.blocks or one.undecided) and level(one.rule, tier) == "mandatory"]
    assert not [(one.rule.id, one.where, str(one.outcome)) for one in open_ones]
    # An exception that nothing needs any more would let through what comes later.
    used = {(one.rule.id, one.where) for one in found if one.granted is not None}
    assert {(one.rule, one.resource) for one in environment(name).governance.exceptions} == used
