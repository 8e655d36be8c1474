"""What differs by meaning, and what only looks as if it did."""

import json
from typing import Any

import msgspec
import pytest

from modelway.preview.differences import properties
from modelway.preview.resources import SECRET, UNKNOWN, Step

AWS, KUBERNETES = "aws:ec2/thing:Thing", "kubernetes:apps/v1:Deployment"


def changed(before: object, after: object, kind: str = AWS, op: str = "update", **more: Any) -> list[str]:
    """`path kind before→after`, with a `!` where it forces a replacement."""
    urn = f"urn:pulumi:prod::shop::{kind}::a"
    options = {side: more.pop(side, {}) for side in ("old", "new")}
    old = {"urn": urn, "type": kind, "inputs": before, **options["old"]}
    new = {"urn": urn, "type": kind, "inputs": after, **options["new"]}
    step = {"op": op, "urn": urn, "oldState": old, "newState": new, "detailedDiff": more.pop("detailed", None), **more}
    return [
        f"{one.path} {one.kind} {said(one.before)}→{said(one.after)}{' !' if one.replaces else ''}"
        for one in properties(msgspec.json.decode(json.dumps(step), type=Step))
    ]


def said(value: Any) -> str:
    if value is None:
        return "-"
    return "unknown" if value.unknown else "secret" if value.secret else value.text or "?"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


READ = {"Sid": "R", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}
LIST = {"Sid": "L", "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": ["*"]}


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        (AWS, {"vpcSecurityGroupIds": ["sg-1", "sg-2"]}, {"vpcSecurityGroupIds": ["sg-2", "sg-1"]}),
        (AWS, {"subnetIds": ["a", "b", "c"]}, {"subnetIds": ["c", "a", "b"]}),
        (AWS, {"ingress": [{"fromPort": 1}, {"fromPort": 2}]}, {"ingress": [{"fromPort": 2}, {"fromPort": 1}]}),
        (AWS, {"tags": {"a": "1", "b": "2"}}, {"tags": {"b": "2", "a": "1"}}),
        (AWS, {"policy": policy(READ, LIST)}, {"policy": policy(LIST, READ)}),
        (AWS, {"policy": policy(READ)}, {"policy": policy(READ | {"Action": ["s3:listbucket", "s3:GetObject"], "Resource": ["*"]})}),
        (AWS, {"policy": policy(READ | {"Principal": "*"})}, {"policy": policy(READ | {"Principal": {"AWS": "*"}})}),
        (AWS, {"document": '{"a": 1, "b": [1]}'}, {"document": '{"b":[1],"a":1}'}),
        (AWS, {"port": "10"}, {"port": 10}),
        (AWS, {"enabled": "true"}, {"enabled": True}),
        (AWS, {"a": 1, "b": None}, {"a": 1}),
        (AWS, {"a": 1}, {"a": 1, "tags": {}}),
        (AWS, {"a": 1}, {"a": 1, "forceDestroy": False, "__defaults": ["forceDestroy"]}),
        (AWS, {"a": 1, "acl": "private", "__defaults": ["acl"]}, {"a": 1, "__defaults": []}),
        (KUBERNETES, {"resources": {"limits": {"cpu": "1000m"}}}, {"resources": {"limits": {"cpu": 1}}}),
        (KUBERNETES, {"resources": {"limits": {"memory": "2Gi"}}}, {"resources": {"limits": {"memory": "2048Mi"}}}),
        (KUBERNETES, {"env": [{"name": "A", "value": "1"}, {"name": "B"}]}, {"env": [{"name": "B"}, {"name": "A", "value": "1"}]}),
        (KUBERNETES, {"ports": [{"containerPort": 1}]}, {"ports": [{"containerPort": 1, "protocol": "TCP"}]}),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_what_means_the_same_is_no_difference(kind: str, before: object, after: object) -> None:
    assert changed(before, after, kind) == []
    assert changed(after, before, kind) == []


@pytest.mark.parametrize(
    ("kind", "before", "after", "expected"),
    [
        (AWS, {"vpcSecurityGroupIds": ["a", "b"]}, {"vpcSecurityGroupIds": ["b", "c"]}, ["vpcSecurityGroupIds update"]),
        (AWS, {"instanceTypes": ["m5.large", "m6i.large"]}, {"instanceTypes": ["m6i.large", "m5.large"]},
         ["m5.large→m6i.large", "[1]"]),
        (AWS, {"version": "1.30"}, {"version": "1.3"}, ["version update 1.30→1.3"]),
        (AWS, {"bits": "010"}, {"bits": "10"}, ["bits update"]),
        (AWS, {"policy": policy(READ)}, {"policy": policy(READ | {"Action": "s3:*"})},
         ["#Statement[0].Action update s3:GetObject, s3:ListBucket→s3:*"]),
        (AWS, {"policy": policy(READ)}, {"policy": policy(READ | {"Effect": "Deny"})}, ["policy#Statement[0].Effect update Allow→Deny"]),
        (AWS, {"policy": policy(READ)}, {"policy": UNKNOWN}, ["policy update ?→unknown"]),
        (KUBERNETES, {"spec": {"replicas": 3}}, {"spec": {}}, ["spec.replicas delete 3→-"]),
        (KUBERNETES, {"spec": {"podSelector": {"a": "b"}}}, {"spec": {"podSelector": {}}}, ["spec.podSelector.a delete"]),
        (KUBERNETES, {"ingress": [{"from": [{"x": 1}]}]}, {"ingress": []}, ["ingress[0].from[0].x delete"]),
        (KUBERNETES, {"ingress": [{"from": [{"x": 1}]}]}, {"ingress": [{}]}, ["ingress[0].from[0].x delete"]),
        (AWS, {"policy": policy(READ)}, {"policy": policy(READ | {"Action": "s3:ListBucket"})},
         ["#Statement[0].Action delete s3:GetObject→-"]),
        (AWS, {"ingress": [{"cidrBlocks": ["10.0.0.0/16"]}]}, {"ingress": [{"cidrBlocks": ["10.0.0.0/16", "0.0.0.0/0"]}]},
         ["ingress[0].cidrBlocks add -→0.0.0.0/0"]),
        (KUBERNETES, {"cpu": "1000m"}, {"cpu": "100m"}, ["cpu update 1000m→100m"]),
        (KUBERNETES, {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)"}]},
         {"env": [{"name": "B", "value": "$(A)"}, {"name": "A", "value": "1"}]}, ["env update"]),
        (KUBERNETES, {"annotations": {"a.b/c": "1"}}, {"annotations": {"a.b/c": "2"}}, ['annotations["a.b/c"] update ?→?']),
        (KUBERNETES, {"args": ["--a", "--b"]}, {"args": ["--b", "--a"]}, ["args[0]", "args[1]"]),
    ],
    ids=lambda value: json.dumps(value)[:60],
)  # fmt: skip
def test_what_means_something_else_is_told_where(kind: str, before: object, after: object, expected: list[str]) -> None:
    found = changed(before, after, kind)
    assert len(found) == len(expected), found
    for one, part in zip(found, expected, strict=True):
        assert part in one


def test_weights_are_told_by_backend_and_not_by_place() -> None:
    rules = lambda *weights: {"spec": {"rules": [{"backendRefs": [{"name": name, "weight": weight} for name, weight in weights]}]}}  # noqa: E731
    assert changed(rules(("a", 100), ("b", 0)), rules(("b", 10), ("a", 90)), KUBERNETES) == [
        "spec.rules[0].backendRefs[1].weight update 100→90",
        "spec.rules[0].backendRefs[0].weight update 0→10",
    ]


def test_the_property_that_forces_a_replacement_is_marked() -> None:
    detailed = {"bucket": {"kind": "update-replace", "inputDiff": True}, "acl": {"kind": "update", "inputDiff": True}}
    found = changed({"bucket": "a", "acl": "x"}, {"bucket": "b", "acl": "y"}, op="replace", detailed=detailed)
    assert found == ["bucket update a→b !", "acl update ?→?"]


def test_without_a_detailed_diff_inputs_are_compared_and_reasons_are_taken() -> None:
    assert changed({"bucket": "a"}, {"bucket": "b"}, op="replace", replaceReasons=["bucket"], diffReasons=["bucket"]) == [
        "bucket update a→b !"
    ]
    assert changed({}, {}, op="replace", old={"taint": True}) == []


def test_a_replacement_without_a_difference_in_meaning_still_says_what_forces_it() -> None:
    detailed = {"subnetIds": {"kind": "update-replace", "inputDiff": True}}
    assert changed({"subnetIds": ["a", "b"]}, {"subnetIds": ["b", "a"]}, op="replace", detailed=detailed) == ["subnetIds update ?→? !"]


def test_a_secret_that_is_another_is_told_without_a_value() -> None:
    detailed = {"password": {"kind": "update", "inputDiff": False}}
    assert changed({"password": SECRET}, {"password": SECRET}, detailed=detailed) == ["password update secret→secret"]
    assert changed({"password": SECRET}, {"password": SECRET}, diffReasons=["password"]) == ["password update secret→secret"]
    assert changed({"password": SECRET}, {"password": "plain"}) == ["password update secret→secret"]


def test_what_somebody_changed_outside_is_told() -> None:
    detailed = {"minSize": {"kind": "update", "inputDiff": False}, "arn": {"kind": "update", "inputDiff": False}}
    old = {"outputs": {"minSize": 7, "arn": "x"}}
    assert changed({"minSize": 2}, {"minSize": 2}, detailed=detailed, old=old) == ["minSize update 7→2"]


def test_protection_and_retention_that_go_are_told() -> None:
    assert changed({}, {}, op="same", old={"protect": True}) == ["protect update true→false"]
    assert changed({}, {}, old={"retainOnDelete": True}) == ["retainOnDelete update true→false"]
