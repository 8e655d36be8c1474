"""Regions, tags, accounts, endpoints, data sources, secrets, names."""

import base64
import json
from typing import Any

import pytest

from tests.localcloud.aws_plugin.kinds import policy
from tests.localcloud.aws_plugin.looking import differing
from tests.localcloud.aws_plugin.lookup import ACCOUNT, REGION
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
    }
    for name, (options, words) in refused.items():
        failed = stack.preview([provider(name, region=REGION, **options), aws("ec2/vpc:Vpc", "vpc", vpc, provider=name)], ok=False)
        assert words in " ".join(failed.text.split()), failed.text
        assert "Traceback" not in failed.text
    stack.environment["AWS_ENDPOINT_URL"] = "https://aws.example.com"
    failed = stack.up([aws("ec2/vpc:Vpc", "vpc", vpc)], ok=False)
    assert "AWS_ENDPOINT_URL: the endpoint https://aws.example.com is not on this machine" in " ".join(failed.text.split())
    assert not stack.state()


def test_what_providers_and_options_decide(stack: AwsStack, client: Any) -> None:
    """Regions, data sources, secrets, names that stay or make room, ignored changes."""

    def program(changed: bool) -> list[Object]:
        words = "the second secret" if changed else "the first secret"
        secret, encoded = {"$secret": words}, {"$secret": base64.b64encode(words.encode()).decode()}
        cache = {"ecrRepositoryPrefix": "quay", "upstreamRegistryUrl": "quay.io", "credentialArn": secret}
        return [
            provider("there", region="us-east-1"),
            invoke("index/getCallerIdentity:getCallerIdentity", "me"),
            invoke("index/getRegion:getRegion", "region"),
            invoke("index/getRegion:getRegion", "other-region", provider="there"),
            invoke("index/getPartition:getPartition", "partition"),
            invoke("index/getAvailabilityZones:getAvailabilityZones", "zones", {"state": "available"}),
            invoke("index/getAvailabilityZones:getAvailabilityZones", "fewer", {"excludeNames": [f"{REGION}a"]}),
            aws("ec2/vpc:Vpc", "vpc", {"cidrBlock": "10.4.0.0/16"}, **({} if changed else {"provider": "there"})),
            role("described", description=secret, tags={"plain": "x", "kept": secret}),
            aws("ec2/launchTemplate:LaunchTemplate", "template", {"userData": encoded, "instanceType": "m7i.large"}),
            aws("ecr/pullThroughCacheRule:PullThroughCacheRule", "cache", cache),
            role("fixed", name="aws-plugin-fixed", path="/new/" if changed else "/"),
            role("free", path="/new/" if changed else "/"),
            role("reader", description=of("described", "description")),
            aws("kms/key:Key", "ignored", {"description": "two" if changed else "one"}, ignore_changes=["description"]),
        ]

    stack.up(program(False))
    before = stack.clear_state()
    for shown in ("first secret", base64.b64encode(b"the first secret").decode()):
        assert shown not in stack.file()
        assert shown in json.dumps(before)
    assert before["described"]["outputs"]["tags"] == {"plain": "x", "kept": "the first secret"}
    assert client("iam").get_role(RoleName=before["reader"]["id"])["Role"]["Description"] == "the first secret"
    assert not [file for file in (stack.folder / "recorded").rglob("*.json") if file.stat().st_mode & 0o077]
    assert before["vpc"]["outputs"]["region"] == "us-east-1"
    answers_are_boto3s(stack.outputs(), client)
    stack.no_changes()

    done = stack.up(program(True))
    assert "second secret" not in stack.file()
    assert "second secret" not in done.text
    steps = {name: [op for op, each in done.steps if each == name] for name in ("fixed", "free", "vpc")}
    assert steps["fixed"].index("delete-replaced") < steps["fixed"].index("create-replacement"), "the old one has the name"
    assert steps["free"].index("create-replacement") < steps["free"].index("delete-replaced")
    assert "replace" in steps["vpc"], "another region is another resource"
    after = stack.clear_state()
    assert not differing(client, after["vpc"]["type"], after["vpc"]["id"], after["vpc"]["outputs"], {})
    assert after["fixed"]["id"] == "aws-plugin-fixed"
    assert client("iam").get_role(RoleName="aws-plugin-fixed")["Role"]["Path"] == "/new/"
    assert after["free"]["id"] != before["free"]["id"]
    assert after["ignored"]["outputs"]["description"] == "one"
    described = client("iam").get_role(RoleName=after["described"]["id"])["Role"]
    assert json.dumps(described["Tags"]).count("the second secret") == 1
    stack.destroy()


def test_the_value_of_a_secret_is_read(stack: AwsStack, client: Any) -> None:
    arn = client("secretsmanager").create_secret(Name="aws-plugin-routing-key", SecretString="only-in-secrets-manager")["ARN"]
    stack.up([invoke("secretsmanager/getSecretVersion:getSecretVersion", "secret", {"secretId": arn})])
    assert stack.outputs()["secret"]["secretString"] == "only-in-secrets-manager"
    assert stack.outputs()["secret"]["arn"] == arn
    stack.destroy()


def answers_are_boto3s(found: Object, client: Any) -> None:
    me = client("sts").get_caller_identity()
    assert (found["me"]["accountId"], found["me"]["arn"], found["me"]["userId"]) == (me["Account"], me["Arn"], me["UserId"])
    assert (found["region"]["name"], found["region"]["description"]) == (REGION, "Europe (Ireland)")
    assert found["other-region"]["name"] == "us-east-1"
    assert (found["partition"]["partition"], found["partition"]["dnsSuffix"]) == ("aws", "amazonaws.com")
    zones = client("ec2").describe_availability_zones()["AvailabilityZones"]
    assert found["zones"]["names"] == sorted(zone["ZoneName"] for zone in zones)
    assert found["zones"]["zoneIds"] == [zone["ZoneId"] for zone in sorted(zones, key=lambda zone: zone["ZoneName"])]
    assert found["fewer"]["names"] == found["zones"]["names"][1:]
