"""Inputs before anything is asked of AWS: unknown, missing, wrong and unserved ones are refused, all at once; names are filled in."""

import re
from typing import Any

import pytest

from localcloud.plugins.aws import rows
from localcloud.plugins.aws.provider import AwsProvider
from localcloud.plugins.operations import Autonaming, Check, Checked, ProviderError, Resource
from localcloud.plugins.values import UNKNOWN, Secret

SUBNET = {"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/24"}


def check(token: str, inputs: Any, old: Any = None, name: str = "thing", seed: bytes = b"seed", wish: Autonaming | None = None) -> Checked:
    resource = Resource(f"urn:pulumi:test::p::aws:{token}::{name}", f"aws:{token}", name)
    return AwsProvider().check(Check(resource, old or {}, inputs, seed, wish))


def failures(token: str, inputs: Any) -> dict[str, str]:
    return {failure.property: failure.reason for failure in check(token, inputs).failures}


def test_good_inputs_pass_as_they_are() -> None:
    checked = check("ec2/subnet:Subnet", {**SUBNET, "tags": {"a": "b"}})
    assert not checked.failures
    assert {name: value for name, value in checked.inputs.items() if name != "tagsAll"} == {**SUBNET, "tags": {"a": "b"}}


def test_every_fault_is_told_at_once() -> None:
    inputs = {"cidrBlok": "10.0.0.0/24", "mapPublicIpOnLaunch": "maybe", "tags": ["a"], "outpostArn": "arn:x"}
    assert failures("ec2/subnet:Subnet", inputs) == {
        "cidrBlok": "is not a property of aws:ec2/subnet:Subnet; did you mean cidrBlock?",
        "vpcId": "is required and missing",
        "mapPublicIpOnLaunch": "must be of type boolean",
        "tags": "must be of type map",
        "outpostArn": "is not emulated by the local stand-in of the AWS provider: its row in localcloud/plugins/aws/rows does not serve it",
    }


def test_faults_inside_of_objects_and_lists_have_their_path() -> None:
    group = {
        "clusterName": "c",
        "nodeRoleArn": "arn",
        "subnetIds": ["a", 7],
        "scalingConfig": {"minSize": 1, "maxSize": "many", "wanted": 2},
        "taints": [{"key": "gpu", "effect": "NO_SCHEDULE"}, {"value": "x"}],
        "labels": {"a": ["b"]},
    }
    found = failures("eks/nodeGroup:NodeGroup", group)
    assert found.keys() == {
        "scalingConfig.maxSize",
        "scalingConfig.wanted",
        "scalingConfig.desiredSize",
        "taints[1].key",
        "taints[1].effect",
        "labels.a",
    }
    assert found["scalingConfig.wanted"].startswith("is not a property of scalingConfig")
    assert found["taints[1].key"] == "is required and missing"


def test_nested_properties_that_are_not_emulated_are_refused() -> None:
    rule = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}, "blockedEncryptionTypes": ["SSE-C"]}
    token = "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    assert list(failures(token, {"bucket": "b", "rules": [rule]})) == ["rules.blockedEncryptionTypes"]


def test_what_says_nothing_is_not_refused_for_not_being_emulated() -> None:
    assert not failures("ec2/subnet:Subnet", {**SUBNET, "ipv6Native": False, "outpostArn": None})
    assert list(failures("ec2/subnet:Subnet", {**SUBNET, "ipv6Native": True})) == ["ipv6Native"]


def test_unknown_and_secret_values_are_looked_at_as_far_as_they_are_known() -> None:
    assert not failures("ec2/subnet:Subnet", {"vpcId": UNKNOWN, "cidrBlock": Secret("10.0.0.0/24"), "tags": {"a": UNKNOWN}})
    assert failures("ec2/subnet:Subnet", {"vpcId": Secret(["x"])}) == {"vpcId": "must be of type string"}


def test_numbers_and_booleans_may_be_written_as_text() -> None:
    checked = check("iam/role:Role", {"assumeRolePolicy": "{}", "maxSessionDuration": "7200", "forceDetachPolicies": "true"})
    assert not checked.failures
    assert (checked.inputs["maxSessionDuration"], checked.inputs["forceDetachPolicies"]) == (7200, True)
    assert check("ec2/vpc:Vpc", {"tags": {"count": 3, "on": True}}).inputs["tags"] == {"count": "3", "on": "true"}


def test_a_type_without_row_says_what_to_do() -> None:
    with pytest.raises(
        ProviderError, match=r"aws:sqs/queue:Queue is not emulated .* a row for it has to be added in localcloud/plugins/aws/rows"
    ):
        check("sqs/queue:Queue", {})
    with pytest.raises(ProviderError, match="aws:sqs/queue:Queeue is not a resource type of pulumi_aws"):
        check("sqs/queue:Queeue", {})


NAMED = [row for row in rows.resources().values() if row.naming]


@pytest.mark.parametrize("row", NAMED, ids=lambda row: row.type)
def test_a_name_is_made_up_fits_and_stays(row: Any) -> None:
    token, naming = row.type.removeprefix("aws:"), row.naming
    made = check(token, {}, name="A" * 300).inputs
    name = made[naming.property]
    assert re.fullmatch(rf"{naming.starts_with}{'a' if naming.lower else 'A'}+-[0-9a-f]{{7}}", str(name))
    assert len(str(name)) == naming.length
    assert check(token, {}, name="A" * 300).inputs[naming.property] == name, "the seed decides"
    assert check(token, {}, name="A" * 300, seed=b"other").inputs[naming.property] != name
    assert check(token, {}, old=made, seed=b"other").inputs[naming.property] == name, "it was made up before"
    given = check(token, {naming.property: "own"}, old=made).inputs
    assert given[naming.property] == "own"
    assert "__defaults" not in given
    if naming.prefix_property:
        assert naming.property not in check(token, {naming.prefix_property: "own-"}).inputs


def test_automatic_naming_follows_the_stack() -> None:
    def name(mode: str, wish: str) -> object:
        return check("s3/bucket:Bucket", {}, wish=Autonaming(mode, wish)).inputs["bucket"]

    assert name("propose", "Team-Store") == "team-store"
    assert name("enforce", "Team-Store") == "Team-Store"
    disabled = check("s3/bucket:Bucket", {}, wish=Autonaming("disable", ""))
    assert [(each.property, each.reason) for each in disabled.failures] == [("bucket", "is required, because automatic naming is disabled")]


def test_functions_check_their_arguments_too() -> None:
    provider = AwsProvider()
    with pytest.raises(ProviderError, match="aws:index/getRegion:getRegion: regoin is not a property"):
        provider.invoke("aws:index/getRegion:getRegion", {"regoin": "x"}, False)
    with pytest.raises(ProviderError, match="endpoint is not emulated"):
        provider.invoke("aws:index/getRegion:getRegion", {"endpoint": "x"}, False)
    with pytest.raises(ProviderError, match=r"aws:ec2/getAmi:getAmi is not emulated .* a row for it has to be added"):
        provider.invoke("aws:ec2/getAmi:getAmi", {}, False)


def test_a_preview_of_what_is_not_known_yet_answers_with_what_is_not_known() -> None:
    found = AwsProvider().invoke("aws:index/getAvailabilityZones:getAvailabilityZones", {"state": UNKNOWN}, True)
    assert found["names"] is UNKNOWN
