"""Endpoints of SageMaker on the real engine: a configuration before the old one goes, updates that go back, images that are missing."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.aws_plugin.kinds_serving import ELSEWHERE
from tests.localcloud.aws_plugin.lookup import ACCOUNT
from tests.localcloud.aws_plugin.stack import AwsStack, aws, invoke, of

pytestmark = pytest.mark.localcloud

ROLE = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def program(version: str, image: str = ELSEWHERE, instances: str = "ml.m7i.large") -> list[Any]:
    container = {"image": image, "environment": {"MODEL_VERSION": version}}
    variant = {"variantName": "live", "modelName": of("served", "name"), "instanceType": instances, "initialInstanceCount": 1}
    routing = {"type": "ALL_AT_ONCE", "waitIntervalInSeconds": 0}
    return [
        aws("iam/role:Role", "serving", {"assumeRolePolicy": ROLE}),
        aws(
            "cloudwatch/metricAlarm:MetricAlarm",
            "errors",
            {
                "comparisonOperator": "GreaterThanThreshold",
                "evaluationPeriods": 1,
                "metricName": "Invocation5XXErrors",
                "namespace": "AWS/SageMaker",
                "period": 60,
                "statistic": "Average",
                "threshold": 0.01,
            },
        ),
        aws("sagemaker/model:Model", "served", {"executionRoleArn": of("serving", "arn"), "primaryContainer": container}),
        aws("sagemaker/endpointConfiguration:EndpointConfiguration", "served-as", {"productionVariants": [variant]}),
        aws(
            "sagemaker/endpoint:Endpoint",
            "guarded",
            {
                "name": "guarded",
                "endpointConfigName": of("served-as", "name"),
                "deploymentConfig": {
                    "blueGreenUpdatePolicy": {"trafficRoutingConfiguration": routing, "terminationWaitInSeconds": 60},
                    "autoRollbackConfiguration": {"alarms": [{"alarmName": of("errors", "name")}]},
                },
            },
        ),
    ]


def test_a_new_version_comes_before_the_old_one_goes(stack: AwsStack, client: Any) -> None:
    stack.up(program("1"))
    before = stack.state()
    done = stack.up(program("2"))
    after = stack.state()
    order = [step for step in done.steps if step[1] in ("served", "served-as", "guarded")]
    assert ("update", "guarded") in order
    assert {name for op, name in order if op == "replace"} == {"served", "served-as"}
    assert before["guarded"]["id"] == after["guarded"]["id"]
    sagemaker = client("sagemaker")
    assert sagemaker.describe_endpoint(EndpointName="guarded")["EndpointConfigName"] == after["served-as"]["outputs"]["name"]
    left = {each["EndpointConfigName"] for each in sagemaker.list_endpoint_configs()["EndpointConfigs"]}
    assert after["served-as"]["outputs"]["name"] in left
    assert before["served-as"]["outputs"]["name"] not in left
    stack.destroy()


def test_an_update_whose_alarm_is_on_goes_back(stack: AwsStack, client: Any) -> None:
    stack.up(program("1"))
    old = stack.state()["served-as"]["outputs"]["name"]
    client("cloudwatch").set_alarm_state(AlarmName=stack.state()["errors"]["outputs"]["name"], StateValue="ALARM", StateReason="tested")
    stack.up(program("2"))
    serving = client("sagemaker").describe_endpoint(EndpointName="guarded")
    assert (serving["EndpointStatus"], serving["EndpointConfigName"]) == ("InService", old)
    stack.destroy()


def test_a_variant_that_something_scales_keeps_its_instances(stack: AwsStack, client: Any) -> None:
    stack.up(program("1"))
    place: Any = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/guarded/variant/live",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaling = client("application-autoscaling")
    scaling.register_scalable_target(**place, MinCapacity=1, MaxCapacity=3)
    # Another model is no matter.
    stack.up(program("2"))
    failed = stack.up(program("2", instances="ml.m7i.xlarge"), ok=False)
    assert "must be deregistered as scalable targets" in failed.text
    scaling.deregister_scalable_target(**place)
    stack.up(program("2", instances="ml.m7i.xlarge"))
    stack.destroy()


def test_nobody_makes_an_answer_up(stack: AwsStack, client: Any) -> None:
    runtime = client("sagemaker-runtime")
    stack.up(program("1"))
    for endpoint, code in (("guarded", "SimulatedEndpoint"), ("nobody", "ValidationError")):
        with pytest.raises(ClientError) as fault:
            runtime.invoke_endpoint(EndpointName=endpoint, Body=b"{}")
        assert fault.value.response["Error"]["Code"] == code
    stack.destroy()


def test_an_image_that_was_not_published_is_refused(stack: AwsStack) -> None:
    image = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/nowhere@sha256:{'b' * 64}"
    failed = stack.up(program("1", image), ok=False)
    assert f'Requested image "{image}" not found' in failed.text
    # What was made is known, and a second time goes on from there.
    assert {"serving", "errors"} <= set(stack.state())
    stack.up(program("1"))
    stack.no_changes()
    stack.destroy()


def test_instances_reach_s3_and_nothing_else(stack: AwsStack, client: Any) -> None:
    found = invoke("ec2/getManagedPrefixList:getManagedPrefixList", "s3", {"name": "com.amazonaws.eu-west-1.s3"})
    stack.up([found])
    listed = stack.outputs()["s3"]
    (live,) = client("ec2").describe_managed_prefix_lists(Filters=[{"Name": "prefix-list-name", "Values": ["com.amazonaws.eu-west-1.s3"]}])[
        "PrefixLists"
    ]
    assert (listed["id"], listed["name"], listed["arn"]) == (live["PrefixListId"], live["PrefixListName"], live["PrefixListArn"])
    out = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "prefixListIds": [listed["id"]], "description": "Weights"}
    stack.up(
        [
            aws("ec2/vpc:Vpc", "around", {"cidrBlock": "10.7.0.0/16"}),
            aws("ec2/securityGroup:SecurityGroup", "instances", {"vpcId": of("around"), "ingress": [], "egress": [out]}),
        ]
    )
    (group,) = client("ec2").describe_security_groups(GroupIds=[stack.state()["instances"]["id"]])["SecurityGroups"]
    (rule,) = group["IpPermissionsEgress"]
    assert [each["PrefixListId"] for each in rule["PrefixListIds"]] == [live["PrefixListId"]]
    assert not rule["IpRanges"]
    stack.no_changes()
    stack.destroy()
