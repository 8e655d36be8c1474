"""Property values to what services take, and back."""

import datetime
from typing import Any

import botocore.session
import pytest

from localcloud.plugins.aws import sdk
from localcloud.plugins.aws.shapes import NoMember, from_answer, matching, tag_map, to_shape

SESSION = botocore.session.Session()


def shape(service: str, operation: str, parameter: str) -> Any:
    return SESSION.get_service_model(service).operation_model(operation).input_shape.members[parameter]


@pytest.mark.parametrize(
    ("name", "candidates", "found"),
    [
        ("subnetIds", ["SubnetIds"], "SubnetIds"),
        ("transitions", ["Transition"], "Transition"),
        ("and", ["And"], "And"),
        ("policies", ["Policy"], "Policy"),
        ("rule", ["Rules"], "Rules"),
        ("colour", ["Color"], None),
    ],
)
def test_names_match_by_their_letters(name: str, candidates: list[str], found: str | None) -> None:
    assert matching(name, candidates, {}) == found


def test_a_rename_wins() -> None:
    assert matching("colour", ["Color"], {"colour": "color"}) == "Color"


def test_inputs_take_the_shape_of_the_service() -> None:
    rules = shape("s3", "PutBucketLifecycleConfiguration", "LifecycleConfiguration").members["Rules"]
    given = [
        {
            "id": "a",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "transitions": [{"days": 30, "storageClass": "GLACIER"}],
            "expiration": None,
        }
    ]
    assert to_shape(given, rules, {}) == [
        {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]}
    ]


def test_one_and_a_list_of_one_stand_for_each_other() -> None:
    encryption = shape("eks", "CreateCluster", "encryptionConfig")
    assert to_shape({"resources": ["secrets"], "provider": {"keyArn": "k"}}, encryption, {}) == [
        {"resources": ["secrets"], "provider": {"keyArn": "k"}}
    ]
    repository = shape("ecr", "CreateRepository", "encryptionConfiguration")
    assert to_shape([{"encryptionType": "KMS"}], repository, {}) == {"encryptionType": "KMS"}
    assert to_shape([], repository, {}) is None


def test_tags_take_the_form_of_each_service() -> None:
    tags = {"b": "2", "a": "1"}
    assert to_shape(tags, shape("kms", "CreateKey", "Tags"), {}) == [{"TagKey": "a", "TagValue": "1"}, {"TagKey": "b", "TagValue": "2"}]
    assert to_shape(tags, shape("ecr", "CreateRepository", "tags"), {}) == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    assert to_shape(tags, shape("eks", "CreateCluster", "tags"), {}) == tags


def test_a_property_without_place_is_refused() -> None:
    with pytest.raises(NoMember, match="colour is not a member of NodegroupScalingConfig"):
        to_shape({"minSize": 1, "colour": "red"}, shape("eks", "CreateNodegroup", "scalingConfig"), {})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([{"Key": "a", "Value": "1"}], {"a": "1"}),
        ([{"TagKey": "a", "TagValue": "1"}], {"a": "1"}),
        ([{"key": "a"}], {"a": ""}),
        ({"a": "1"}, {"a": "1"}),
        (None, {}),
    ],
)
def test_tags_are_read_in_every_form(value: Any, expected: dict[str, str]) -> None:
    assert tag_map(value) == expected


def test_answers_become_properties_of_the_types_of_the_sdk() -> None:
    outputs = sdk.resource("aws:eks/cluster:Cluster").outputs
    at = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    assert from_answer(at, outputs["createdAt"].type, {}) == "2026-01-02T03:04:05Z"
    network = {"subnetIds": ["a"], "endpointPublicAccess": False, "notInTheSdk": 1, "vpcId": None}
    assert from_answer(network, outputs["vpcConfig"].type, {}) == {"subnetIds": ["a"], "endpointPublicAccess": False}
    assert from_answer([{"resources": ["secrets"]}], outputs["encryptionConfig"].type, {}) == {"resources": ["secrets"]}
    role = sdk.resource("aws:iam/role:Role").outputs
    assert from_answer({"Version": "x"}, role["assumeRolePolicy"].type, {}) == '{"Version":"x"}'
    assert from_answer(None, role["name"].type, {}) is None
