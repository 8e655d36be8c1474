"""Kind by kind on the real engine: made, nothing more to do, changed in place, replaced where upstream replaces, imported, gone without a
trace; after every step the state is what boto3 answers.

All kinds are in one program, so that the suite is quick.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from localcloud.plugins.aws import rows
from tests.localcloud.aws_plugin.kinds import DEFAULT_TAGS, everything
from tests.localcloud.aws_plugin.looking import differing, look
from tests.localcloud.aws_plugin.lookups import LOOKUPS
from tests.localcloud.aws_plugin.stack import AwsStack, Object

pytestmark = pytest.mark.localcloud

KEPT_BY_AWS = (
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",  # belongs to the VPC
    "aws:s3/bucketVersioning:BucketVersioning",  # goes with its bucket
    "aws:s3/bucketVersioningV2:BucketVersioningV2",
)

OVERTAKEN = {
    "address": {"associationId", "networkInterface", "privateIp"},
    "routes": {"routes"},
    "role": {"inlinePolicies", "managedPolicyArns"},
    "own": {"attachmentCount"},
    "messages": {"policy"},
    "locked": {"objectLockEnabled"},
}
"""What resources made later change: true again after the next refresh, as with the official provider."""


def held_against_boto3(stack: AwsStack, client: Any, overtaken: Mapping[str, set[str]] = MappingProxyType({})) -> None:
    """Every property of the state is what boto3 says."""
    for name, resource in stack.state().items():
        if rows.resources()[resource["type"]].served != "recorded":
            wrong = differing(client, resource["type"], resource["id"], resource["outputs"], DEFAULT_TAGS)
            assert not wrong.keys() - overtaken.get(name, set()), f"{name}: {wrong}"


_PLACE = "{serviceNamespace}/{resourceId}/{scalableDimension}"
IMPORTED_AS = {
    "associated": "{subnetId}/{routeTableId}",
    "identity": "{clusterName},{associationId}",
    "capacity": _PLACE,
    "requests": f"{_PLACE}/{{name}}",
    "processors": f"{_PLACE}/{{name}}",
}
"""Where an import takes another id than the state has."""


def known(inputs: Object, kept: set[str], path: str = "") -> Object:
    """The inputs without those that are kept only."""
    return {
        name: known(value, kept, f"{path}{name}.") if isinstance(value, dict) else value
        for name, value in inputs.items()
        if f"{path}{name}" not in kept
    }


def adopting(program: list[Any], state: Mapping[str, Any]) -> list[Any]:
    """The program that imports what another one made: with the names that were made up, without what AWS does not know."""
    adopted = []
    for each in program:
        if each["type"] != "provider":
            row, there = rows.resources()[each["type"]], state[each["name"]]
            identifier = IMPORTED_AS.get(each["name"], there["id"].replace("{", "{{").replace("}", "}}")).format(**there["outputs"])
            name = {row.naming.property: there["outputs"][row.naming.property]} if row.naming else {}
            inputs = {**name, **known(each["inputs"], set(row.kept))}
            each = {**each, "inputs": inputs, "options": {**each["options"], "import": identifier}}
        adopted.append(each)
    return adopted


REPLACED = {
    "out",
    "moved",
    "moved-object",
    "moved-rules",
    "moved-schedule",
    "scraper",
    "flow",
    "expiry",
    "managed",
    "nodes",
    "rights",
    "scorer",
    "shape",
}


def test_kinds_live_their_lives(stack: AwsStack, other_stack: AwsStack, client: Any) -> None:
    foreseen = stack.preview(everything(False))
    made = stack.up(everything(False))
    assert set(foreseen.steps) == set(made.steps)
    assert {op for op, _ in made.steps} == {"create"}
    held_against_boto3(stack, client, OVERTAKEN)
    stack.no_changes()
    held_against_boto3(stack, client)
    before = stack.state()

    foreseen = stack.preview(everything(True))
    done = stack.up(everything(True))
    assert {name for op, name in foreseen.steps if op == "replace"} == {name for op, name in done.steps if op == "replace"} == REPLACED
    pairs = zip(everything(False)[1:], everything(True)[1:], strict=True)
    edited = {old["name"] for old, new in pairs if old["inputs"] != new["inputs"]}
    assert {name for op, name in done.steps if op == "update"} == edited - REPLACED
    held_against_boto3(stack, client, OVERTAKEN)
    stack.no_changes()
    held_against_boto3(stack, client)
    after = stack.state()
    assert {name for name in after if after[name]["id"] != before[name]["id"]} <= REPLACED

    imported = other_stack.up(adopting(everything(True), after))
    assert not [name for op, name in imported.steps if op != "import"]
    held_against_boto3(other_stack, client)
    adopted = other_stack.state()
    # An association that moved has another id by now.
    assert {name for name in after if adopted[name]["id"] != after[name]["id"]} <= {"associated"}

    stack.destroy()
    assert not stack.state()
    for name, each in after.items():
        if each["type"] in LOOKUPS and each["type"] not in KEPT_BY_AWS:
            assert look(client, each["type"], each["id"], each["outputs"]) is None, f"{name} is still there"
    assert not list((stack.folder / "recorded").rglob("*.json"))
    other_stack.refresh()
    assert not other_stack.state(), "what is gone was found"


def test_every_row_is_among_the_kinds() -> None:
    assert {each["type"] for each in everything(False)} - {"provider"} == set(rows.resources())
