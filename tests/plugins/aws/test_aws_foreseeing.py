"""What a preview says of outputs after an update: as they were, but those that the update moves."""

from typing import Any

import pytest

from localcloud.plugins.aws import rows, sdk
from localcloud.plugins.aws.provider import AwsProvider
from localcloud.plugins.operations import Resource, Update
from localcloud.plugins.values import UNKNOWN

TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"


@pytest.mark.parametrize(
    ("changed", "moves"),
    [({"instanceType": "m7i.xlarge"}, True), ({"description": "larger"}, True), ({"tags": {"a": "b"}}, False), ({}, False)],
)
def test_a_template_with_other_data_has_a_version_that_is_not_known_yet(changed: dict[str, Any], moves: bool) -> None:
    inputs: dict[str, Any] = {"name": "general", "instanceType": "m7i.large"}
    outputs: dict[str, Any] = {**inputs, "latestVersion": 3, "arn": "arn"}
    resource = Resource(f"urn:pulumi:test::test::{TEMPLATE}::general", TEMPLATE, "general")
    foreseen = AwsProvider().update(Update(resource, "lt-1", inputs, outputs, inputs | changed, None, preview=True))
    assert foreseen["latestVersion"] is UNKNOWN if moves else foreseen["latestVersion"] == 3
    assert {key: value for key, value in foreseen.items() if key != "latestVersion"} == {**inputs, "arn": "arn"} | changed


def test_what_is_moved_and_what_moves_it_are_properties_of_the_type() -> None:
    for row in rows.resources().values():
        for output, inputs in row.moved.items():
            assert output in sdk.resource(row.type).outputs
            assert inputs <= set(sdk.resource(row.type).inputs)
