"""What is read from the installed SDK's source files, held against the imported SDK where that is possible without loading all of it."""

import pytest

from localcloud.plugins.aws import sdk
from localcloud.plugins.aws.sdk import UnknownToken


def test_a_resource_has_the_inputs_and_outputs_of_its_class() -> None:
    vpc = sdk.resource("aws:ec2/vpc:Vpc")
    assert vpc.inputs.keys() < vpc.outputs.keys()
    assert {"cidrBlock", "enableDnsSupport", "tags"} <= vpc.inputs.keys()
    assert {"arn", "mainRouteTableId", "tagsAll"} <= vpc.outputs.keys() - {"cidrBlock"}
    assert vpc.inputs["enableDnsSupport"].type.kind == "boolean"
    assert vpc.inputs["tags"].type.kind == "map"
    assert not any(each.required for each in vpc.inputs.values())


def test_required_inputs_and_nested_types() -> None:
    group = sdk.resource("aws:eks/nodeGroup:NodeGroup").inputs
    assert {name for name, each in group.items() if each.required} == {"clusterName", "nodeRoleArn", "subnetIds", "scalingConfig"}
    scaling = group["scalingConfig"].type
    assert scaling.kind == "object"
    assert {name: (each.type.kind, each.required) for name, each in scaling.properties().items()} == {
        "desiredSize": ("integer", True),
        "maxSize": ("integer", True),
        "minSize": ("integer", True),
    }
    taints = group["taints"].type
    assert taints.kind == "list"
    assert taints.element is not None
    assert taints.element.properties()["effect"].required


def test_a_type_with_an_enumeration_is_a_string() -> None:
    assert sdk.resource("aws:iam/role:Role").inputs["assumeRolePolicy"].type.kind == "string"


def test_functions_and_provider_options() -> None:
    zones = sdk.function("aws:index/getAvailabilityZones:getAvailabilityZones")
    assert {"allAvailabilityZones", "excludeNames", "filters", "state"} <= zones.inputs.keys()
    assert zones.outputs["names"].type.kind == "list"
    assert {"region", "defaultTags", "endpoints", "assumeRoles"} <= sdk.provider().keys()
    assert sdk.provider()["defaultTags"].type.kind == "object"


@pytest.mark.parametrize("token", ["aws:ec2/vpc:Vpd", "aws:nowhere/vpc:Vpc", "kubernetes:core/v1:Pod", "aws:ec2/vpc", ""])
def test_what_the_sdk_does_not_have_is_unknown(token: str) -> None:
    with pytest.raises(UnknownToken):
        sdk.resource(token)
    with pytest.raises(UnknownToken):
        sdk.function(token)
