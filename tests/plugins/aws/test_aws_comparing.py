"""When two sets of inputs mean the same, what an update would do, and what refreshes and imports make of inputs."""

import json
from typing import Any

import pytest

from localcloud.plugins.aws import comparing, rows
from localcloud.plugins.values import UNKNOWN, path_text


def difference(kind: str, old: Any, new: Any, region: tuple[str, str] = ("", "")) -> tuple[dict[str, str], set[str], bool]:
    """Changes, those that replace, and whether the old one goes first."""
    found = comparing.difference(rows.resources()[f"aws:{kind}"], old, new, region)
    return (
        {path_text(path): change for path, change in found.changes.items()},
        {path_text(path) for path in found.replaces},
        found.delete_before_replace,
    )


def document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


SAME = [
    ("ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.0.0.0/16", "enableDnsSupport": True, "instanceTenancy": "default"}),
    ("ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True}, {"cidrBlock": "10.0.0.0/16"}),
    ("ec2/vpc:Vpc", {"tags": {}}, {}),
    ("ec2/vpcEndpoint:VpcEndpoint", {"routeTableIds": ["a", "b"]}, {"routeTableIds": ["b", "a"]}),
    ("eks/cluster:Cluster", {"vpcConfig": {"subnetIds": ["a"]}}, {"vpcConfig": {"subnetIds": ["a"], "endpointPublicAccess": True}}),
    ("eks/cluster:Cluster", {"vpcConfig": {"subnetIds": ["a"], "vpcId": "v"}}, {"vpcConfig": {"subnetIds": ["a"]}}),
    (
        "iam/role:Role",
        {"assumeRolePolicy": document(Action=["a", "b"], Principal={"AWS": "111122223333"}, Condition={"Bool": {"x": True}})},
        {
            "assumeRolePolicy": document(
                Condition={"Bool": {"x": "true"}}, Principal={"AWS": ["arn:aws:iam::111122223333:root"]}, Action=["b", "a"]
            )
        },
    ),
    (
        "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}, "bucketKeyEnabled": False}]},
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
    ),
    (
        "ec2/securityGroup:SecurityGroup",
        {"ingress": [{"protocol": "tcp", "fromPort": 80, "toPort": 80, "cidrBlocks": ["10.0.0.0/8", "10.1.0.0/16"]}]},
        {
            "ingress": [
                {"protocol": "6", "fromPort": 80, "toPort": 80, "cidrBlocks": ["10.1.0.0/16"]},
                {"protocol": "TCP", "fromPort": 80, "toPort": 80, "cidrBlocks": ["10.0.0.0/8"], "self": False},
            ]
        },
    ),
    ("kms/alias:Alias", {"targetKeyId": "1234"}, {"targetKeyId": "arn:aws:kms:eu-west-1:111122223333:key/1234"}),
]


@pytest.mark.parametrize(("kind", "old", "new"), SAME)
def test_other_ways_to_say_the_same_are_no_change(kind: str, old: Any, new: Any) -> None:
    assert difference(kind, old, new)[0] == {}


ALL = {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}
SOME = {**ALL, "cidrBlocks": ["10.0.0.0/8"]}
CHANGES = [
    ("ec2/vpc:Vpc", {}, {"enableDnsSupport": False}, {"enableDnsSupport": "update"}, set()),
    ("ec2/vpc:Vpc", {"tags": {"a": "b"}}, {"tags": {"a": "c", "d": "e"}}, {"tags.a": "update", "tags.d": "add"}, set()),
    ("ec2/vpc:Vpc", {"cidrBlock": "a"}, {"cidrBlock": "b"}, {"cidrBlock": "update"}, {"cidrBlock"}),
    ("ec2/vpc:Vpc", {"cidrBlock": "a"}, {"cidrBlock": UNKNOWN}, {"cidrBlock": "update"}, {"cidrBlock"}),
    ("ec2/vpc:Vpc", {}, {"instanceTenancy": "dedicated"}, {"instanceTenancy": "update"}, {"instanceTenancy"}),
    ("ec2/vpc:Vpc", {"instanceTenancy": "dedicated"}, {}, {"instanceTenancy": "update"}, set()),
    ("ec2/vpcEndpoint:VpcEndpoint", {"routeTableIds": ["a", "b"]}, {"routeTableIds": ["b", "c"]}, {"routeTableIds": "update"}, set()),
    ("ec2/securityGroup:SecurityGroup", {"egress": [ALL]}, {"egress": []}, {"egress": "update"}, set()),
    ("ec2/securityGroup:SecurityGroup", {"egress": [ALL, SOME]}, {"egress": [ALL]}, {"egress": "update"}, set()),
    ("ec2/routeTable:RouteTable", {"routes": [{"cidrBlock": "0.0.0.0/0", "gatewayId": "g"}]}, {"routes": []}, {"routes": "update"}, set()),
    ("ec2/vpcEndpoint:VpcEndpoint", {"subnetIds": ["a", "b"]}, {"subnetIds": ["a"]}, {"subnetIds": "update"}, set()),
    ("eks/accessEntry:AccessEntry", {"kubernetesGroups": ["a", "b"]}, {"kubernetesGroups": ["a"]}, {"kubernetesGroups": "update"}, set()),
    ("eks/cluster:Cluster", {"vpcConfig": {"subnetIds": ["a"]}}, {"vpcConfig": {"subnetIds": ["a"], "endpointPublicAccess": False}},
     {"vpcConfig.endpointPublicAccess": "update"}, set()),
    ("eks/cluster:Cluster", {"encryptionConfig": {"resources": ["secrets"]}}, {}, {"encryptionConfig": "delete"}, {"encryptionConfig"}),
    ("eks/cluster:Cluster", {}, {"encryptionConfig": {"resources": ["secrets"]}}, {"encryptionConfig": "add"}, set()),
    ("ecr/repository:Repository", {"imageScanningConfiguration": {"scanOnPush": True}},
     {"imageScanningConfiguration": {"scanOnPush": False}}, {"imageScanningConfiguration.scanOnPush": "update"}, set()),
    ("iam/role:Role", {"assumeRolePolicy": document(Action="a")}, {"assumeRolePolicy": document(Action="b")},
     {"assumeRolePolicy": "update"}, set()),
    ("iam/role:Role", {"description": "x"}, {}, {"description": "delete"}, set()),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "old", "new", "changes", "replaces"), CHANGES)
def test_changes_are_told_by_their_path(kind: str, old: Any, new: Any, changes: dict[str, str], replaces: set[str]) -> None:
    assert difference(kind, old, new)[:2] == (changes, replaces)


def test_another_region_is_another_resource() -> None:
    assert difference("ec2/vpc:Vpc", {}, {}, ("eu-west-1", "us-east-1")) == ({"region": "update"}, {"region"}, False)
    assert difference("ec2/vpc:Vpc", {}, {}, ("eu-west-1", "eu-west-1"))[0] == {}


def test_the_old_one_goes_first_where_it_has_the_name() -> None:
    kind, made_up = "iam/role:Role", {comparing.INTERNAL: ["name"]}
    assert difference(kind, {"name": "a", "path": "/"}, {"name": "a", "path": "/b/"})[2]
    assert not difference(kind, {"name": "a-1", "path": "/", **made_up}, {"name": "a-2", "path": "/b/", **made_up})[2]
    assert not difference(kind, {"name": "a", "description": "x"}, {"name": "a", "description": "y"})[2], "nothing is replaced"
    assert difference("ecr/lifecyclePolicy:LifecyclePolicy", {"policy": "{}"}, {"policy": '{"a": 1}'})[2], "as upstream overrides it"


def test_a_text_that_is_no_json_is_compared_as_it_is() -> None:
    assert comparing.document("{") == "{"
    assert difference("ecr/repositoryPolicy:RepositoryPolicy", {"policy": "{"}, {"policy": "["})[0] == {"policy": "update"}


def refreshed(kind: str, inputs: Any, outputs: Any, default_tags: dict[str, str] | None = None) -> Any:
    return comparing.refreshed(rows.resources()[f"aws:{kind}"], inputs, outputs, default_tags or {})


def test_a_refresh_keeps_what_still_holds_as_it_was_written() -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Action": ["a"]}]}, indent=2)
    inputs = {"assumeRolePolicy": policy, "forceDetachPolicies": True, "tags": {"a": "b"}}
    live = {
        "assumeRolePolicy": '{"Statement":{"Action":"a"},"Version":"2012-10-17"}',
        "maxSessionDuration": 3600,
        "tagsAll": {"a": "b", "team": "x"},
    }
    assert refreshed("iam/role:Role", inputs, live, {"team": "x"}) == inputs


def test_a_refresh_shows_what_changed_behind_our_back() -> None:
    inputs = {"assumeRolePolicy": "{}", "description": "ours"}
    live = {"assumeRolePolicy": '{"a":1}', "maxSessionDuration": 7200, "tagsAll": {"stray": "x", "team": "x"}}
    assert refreshed("iam/role:Role", inputs, live, {"team": "x"}) == {
        "assumeRolePolicy": '{"a":1}',
        "maxSessionDuration": 7200,
        "tags": {"stray": "x"},
    }


def test_a_refresh_does_not_take_over_what_nobody_asked_for() -> None:
    inputs = {"vpcConfig": {"subnetIds": ["b", "a"]}}
    live = {"vpcConfig": {"subnetIds": ["a", "b"], "vpcId": "v", "publicAccessCidrs": ["0.0.0.0/0"]}, "version": "1.35"}
    assert refreshed("eks/cluster:Cluster", inputs, live) == inputs
    live["vpcConfig"]["subnetIds"] = ["a"]
    assert refreshed("eks/cluster:Cluster", inputs, live) == {"vpcConfig": {"subnetIds": ["a"]}}


def test_an_import_makes_inputs_that_check_and_mean_what_is_there() -> None:
    row = rows.resources()["aws:iam/role:Role"]
    live = {
        "name": "reader",
        "arn": "arn:x",
        "path": "/",
        "assumeRolePolicy": "{}",
        "maxSessionDuration": 7200,
        "description": "",
        "managedPolicyArns": ["arn:y"],
        "forceDetachPolicies": False,
        "region": "eu-west-1",
        "tags": {"a": "b"},
    }
    assert comparing.imported(row, live) == {"name": "reader", "assumeRolePolicy": "{}", "maxSessionDuration": 7200, "tags": {"a": "b"}}


def test_asking_for_what_is_there_already_is_no_change() -> None:
    old, outputs = {"vpcConfig": {"subnetIds": ["a"]}}, {"version": "1.35", "vpcConfig": {"subnetIds": ["a"], "securityGroupIds": ["s"]}}
    new = {"version": "1.35", "vpcConfig": {"subnetIds": ["a"], "securityGroupIds": ["s"]}}
    assert difference("eks/cluster:Cluster", comparing.completed(old, outputs, new), new)[0] == {}
    other = {**new, "version": "1.36"}
    assert difference("eks/cluster:Cluster", comparing.completed(old, outputs, other), other)[0] == {"version": "update"}
