"""Regions, tags, accounts, endpoints, data sources, secrets, names."""

import base64
import json
from typing import Any

import pytest

from tests.localcloud.aws_plugin.kinds import policy
from tests.localcloud.aws_plugin.looking import differing
from tests.localcloud.aws_plugin.lookups import ACCOUNT, REGION
from tests.localcloud.aws_plugin.stack import AwsStack, Object, aws, invoke, of, provider

pytestmark = pytest.mark.localcloud


def role(logical: str, /, **inputs: Any) -> Object:
    return aws("iam/role:Role", logical, {"assumeRolePolicy": policy("ec2.amazonaws.com"), **inputs})


def test_a_provider_that_would_leave_this_machine_or_account_is_refused(stack: AwsStack) -> None:
    vpc = {"cidrBlock": "10.0.0.0/16"}
    refused = {
        "away": (
            {"endpoints": [{"s3": "https://s3.eu-west-1.amazonaws.com"}]},
            "the endpoint https://s3.eu-west-1.amazonaws.com is not on",
        ),
        "elsewhere": ({"allowedAccountIds": ["999999999999"]}, f"AWS account ID not allowed: {ACCOUNT}"),
        "personal": ({"profile": "work", "defaultTagz": "x"}, "profile value {work} has a problem: is not emulated by the local stand-in"),
    }
    for name, (options, words) in refused.items():
        failed = stack.preview([provider(name, region=REGION, **options), aws("ec2/vpc:Vpc", "vpc", vpc, provider=name)], ok=False)
        assert words in " ".join(failed.text.split()), failed.text
        assert "Traceback" not in failed.text
    assert "defaultTagz value {x} has a problem: is not an option of the AWS provider" in failed.text
    stack.environment["AWS_ENDPOINT_URL"] = "https://aws.example.com"
    failed = stack.up([aws("ec2/vpc:Vpc", "vpc", vpc)], ok=False)
    assert "AWS_ENDPOINT_URL: the endpoint https://aws.example.com is not on this machine" in " ".join(failed.text.split())
    assert not stack.state()


def test_data_sources_answer_what_boto3_does(stack: AwsStack, client: Any) -> None:
    program = [
        provider("there", region="us-east-1"),
        invoke("index/getCallerIdentity:getCallerIdentity", "me"),
        invoke("index/getRegion:getRegion", "region"),
        invoke("index/getRegion:getRegion", "other-region", provider="there"),
        invoke("index/getPartition:getPartition", "partition"),
        invoke("index/getAvailabilityZones:getAvailabilityZones", "zones", {"state": "available"}),
        invoke("index/getAvailabilityZones:getAvailabilityZones", "fewer", {"excludeNames": [f"{REGION}a"]}),
        aws("ec2/vpc:Vpc", "vpc", {"cidrBlock": "10.4.0.0/16"}, provider="there"),
    ]
    stack.up(program)
    found = stack.outputs()
    me = client("sts").get_caller_identity()
    assert (found["me"]["accountId"], found["me"]["arn"], found["me"]["userId"]) == (me["Account"], me["Arn"], me["UserId"])
    assert (found["region"]["name"], found["region"]["description"]) == (REGION, "Europe (Ireland)")
    assert found["other-region"]["name"] == "us-east-1"
    assert (found["partition"]["partition"], found["partition"]["dnsSuffix"]) == ("aws", "amazonaws.com")
    zones = client("ec2").describe_availability_zones()["AvailabilityZones"]
    assert found["zones"]["names"] == sorted(zone["ZoneName"] for zone in zones)
    assert found["zones"]["zoneIds"] == [zone["ZoneId"] for zone in sorted(zones, key=lambda zone: zone["ZoneName"])]
    assert found["fewer"]["names"] == found["zones"]["names"][1:]
    assert stack.state()["vpc"]["outputs"]["region"] == "us-east-1"

    # Another region is another resource; the old one goes from where it was.
    moved = stack.up([aws("ec2/vpc:Vpc", "vpc", {"cidrBlock": "10.4.0.0/16"})])
    assert ("replace", "vpc") in moved.steps
    vpc = stack.state()["vpc"]
    assert not differing(client, vpc["type"], vpc["id"], vpc["outputs"], {})
    stack.destroy()


def test_secrets_stay_secret_names_stay_or_make_room(stack: AwsStack, client: Any) -> None:
    def program(changed: bool) -> list[Object]:
        words = "the second secret" if changed else "the first secret"
        secret, encoded = {"$secret": words}, {"$secret": base64.b64encode(words.encode()).decode()}
        return [
            role("described", description=secret, tags={"plain": "x", "kept": secret}),
            aws("ec2/launchTemplate:LaunchTemplate", "template", {"userData": encoded, "instanceType": "m7i.large"}),
            aws(
                "ecr/pullThroughCacheRule:PullThroughCacheRule",
                "cache",
                {"ecrRepositoryPrefix": "quay", "upstreamRegistryUrl": "quay.io", "credentialArn": secret},
            ),
            role("fixed", name="aws-plugin-fixed", path="/new/" if changed else "/"),
            role("free", path="/new/" if changed else "/"),
            role("reader", description=of("described", "description")),
            aws("kms/key:Key", "ignored", {"description": "two" if changed else "one"}, ignore_changes=["description"]),
        ]

    stack.up(program(False))
    before = stack.state()
    for shown in ("first secret", base64.b64encode(b"the first secret").decode()):
        assert shown not in stack.export(secrets=False)
        assert shown in stack.export()
    assert before["described"]["outputs"]["tags"] == {"plain": "x", "kept": "the first secret"}
    assert client("iam").get_role(RoleName=before["reader"]["id"])["Role"]["Description"] == "the first secret"
    assert not [file for file in (stack.folder / "recorded").rglob("*.json") if file.stat().st_mode & 0o077]
    stack.no_changes()

    done = stack.up(program(True))
    assert "second secret" not in stack.export(secrets=False)
    assert "second secret" not in done.text
    steps = [op for op, name in done.steps if name == "fixed"]
    assert steps.index("delete-replaced") < steps.index("create-replacement"), "the name is taken as long as the old one is there"
    steps = [op for op, name in done.steps if name == "free"]
    assert steps.index("create-replacement") < steps.index("delete-replaced")
    after = stack.state()
    assert after["fixed"]["id"] == "aws-plugin-fixed"
    assert client("iam").get_role(RoleName="aws-plugin-fixed")["Role"]["Path"] == "/new/"
    assert after["free"]["id"] != before["free"]["id"]
    assert after["ignored"]["outputs"]["description"] == "one"
    document = client("iam").get_role(RoleName=after["described"]["id"])["Role"]
    assert json.dumps(document["Tags"]).count("the second secret") == 1
    stack.destroy()
