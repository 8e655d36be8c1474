"""What is registered of EC2 without typed classes, held against them."""

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.cluster.nodes import NodePoolArgs, PlaceArgs, node_group
from components.network import Network, NetworkArgs
from tests.support.by_hand import by_hand, differing
from tests.support.engine import Recorder, run

ENDPOINTS = {short: f"com.amazonaws.eu-west-1.{short}" for short in ("s3", "sts")}
FLOW_LOGS: Any = {"account": "222222222222", "region": "eu-west-1", "log_group": "/flows", "retention_days": 30}


def program() -> None:
    Network("net", NetworkArgs(cidr="10.20.0.0/16", zones=2, endpoints=ENDPOINTS, flow_logs=FLOW_LOGS))
    pool = NodePoolArgs(instance_types=["m7i.large"], min=1, max=2)
    place = PlaceArgs(
        cluster_name="main",
        version="1.35",
        role_arn="arn:aws:iam::222222222222:role/node",
        subnet_ids=["a"],
        tags={"a": "b"},
        release=lambda _: "1.35.0-20261101",
    )
    node_group("main", "general", pool, place, [], pulumi.ResourceOptions())


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    return run(program)


def test_typed_classes_register_the_same(recorder: Recorder) -> None:
    assert len([one for one in recorder.resources if one.type.startswith("aws:ec2/")]) > 20
    assert not differing(run(by_hand(recorder, typed=True)), recorder)


@pytest.mark.parametrize(
    ("kind", "where", "known"),
    [
        ("SecurityGroup", "ingress", aws.ec2.SecurityGroupIngressArgsDict),
        ("LaunchTemplate", "metadataOptions", aws.ec2.LaunchTemplateMetadataOptionsArgsDict),
        ("LaunchTemplate", "blockDeviceMappings", aws.ec2.LaunchTemplateBlockDeviceMappingArgsDict),
        ("LaunchTemplate", "blockDeviceMappings.ebs", aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgsDict),
        ("LaunchTemplate", "tagSpecifications", aws.ec2.LaunchTemplateTagSpecificationArgsDict),
    ],
)
def test_typed_classes_know_what_is_inside(recorder: Recorder, kind: str, where: str, known: Any) -> None:
    found: Any = recorder.one(kind).inputs
    for name in where.split("."):
        found = found[name][0] if isinstance(found[name], list) else found[name]
    assert set(found) <= {camel(name) for name in known.__annotations__}


def test_every_nested_value_is_looked_at(recorder: Recorder) -> None:
    nested = {
        (one.type.rpartition(":")[2], name)
        for one in recorder.resources
        if one.type.startswith("aws:ec2/")
        for name, value in one.inputs.items()
        if name != "tags" and any(isinstance(item, dict) for item in (value if isinstance(value, list) else [value]))
    }
    assert nested == {("SecurityGroup", "ingress")} | {
        ("LaunchTemplate", name) for name in ("metadataOptions", "blockDeviceMappings", "tagSpecifications")
    }


def test_versions_are_whole_numbers(recorder: Recorder) -> None:
    assert recorder.one("NodeGroup").inputs["launchTemplate"]["version"] == "1"


def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
