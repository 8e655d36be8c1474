"""The plugin speaks to this machine only, and says so when it is asked for something else."""

import json
from typing import Any

import pytest

from localcloud.plugins.aws.provider import AwsProvider
from localcloud.plugins.aws.session import Session, Settings, loopback
from localcloud.plugins.operations import Check, ProviderError, Resource

HERE = "http://127.0.0.1:1"  # nobody listens there
KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-west-1"}


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:4566", "https://127.9.9.9/", "http://localhost:80/x?y=z", "http://[::1]:4566", "HTTP://LOCALHOST"]
)
def test_addresses_of_this_machine(url: str) -> None:
    assert loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://s3.amazonaws.com",
        "http://10.0.0.1:4566",
        "http://0.0.0.0:4566",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://example.com\\@127.0.0.1",
        "http://user@127.0.0.1",
        "http://localhost.example.com",
        "http://x.localhost",
        "http://2130706433",
        "http://[::]",
        "ftp://127.0.0.1",
        "127.0.0.1:4566",
        "http://127.0.0.1 .example.com",
        "",
    ],
)
def test_all_others_are_not(url: str) -> None:
    assert not loopback(url)


@pytest.mark.parametrize(
    ("options", "variables", "named"),
    [
        ({}, {"AWS_ENDPOINT_URL": "https://ec2.eu-west-1.amazonaws.com"}, "AWS_ENDPOINT_URL"),
        ({}, {"AWS_ENDPOINT_URL": HERE, "AWS_ENDPOINT_URL_S3": "https://s3.eu-west-1.amazonaws.com"}, "AWS_ENDPOINT_URL_S3"),
        ({"endpoints": [{"kms": "https://kms.example.com"}]}, {"AWS_ENDPOINT_URL": HERE}, "aws:endpoints kms"),
    ],
)
def test_an_endpoint_elsewhere_is_refused_before_it_is_used(options: Any, variables: dict[str, str], named: str) -> None:
    with pytest.raises(ProviderError, match=f"^{named}: the endpoint https://.* is not on this machine"):
        Settings.of(options, {**KEYS, **variables})


@pytest.mark.parametrize(
    ("left_out", "words"),
    [("AWS_REGION", "aws:region is not set"), ("AWS_ACCESS_KEY_ID", "no AWS credentials"), ("AWS_SECRET_ACCESS_KEY", "no AWS credentials")],
)
def test_what_is_missing_is_named(left_out: str, words: str) -> None:
    with pytest.raises(ProviderError, match=words):
        Settings.of({}, {name: value for name, value in KEYS.items() if name != left_out})


def test_options_win_over_the_environment() -> None:
    variables = {
        **KEYS,
        "AWS_SESSION_TOKEN": "t",
        "AWS_ENDPOINT_URL": HERE,
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.2",
        "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": "http://127.0.0.3",
    }
    settings = Settings.of({}, variables)
    assert (settings.region, settings.access_key, settings.secret_key, settings.token) == ("eu-west-1", "a", "b", "t")
    assert [settings.endpoint(service) for service in ("s3", "logs", "ec2")] == ["http://127.0.0.2", "http://127.0.0.3", HERE]
    options = {
        "region": "us-east-1",
        "accessKey": "c",
        "secretKey": "d",
        "endpoints": [{"s3": "http://localhost", "cloudwatchlogs": "http://[::1]"}],
    }
    settings = Settings.of(options, variables)
    assert (settings.region, settings.access_key, settings.secret_key) == ("us-east-1", "c", "d")
    assert settings.token == "", "the environment's session is not that of the given key"
    assert [settings.endpoint(service) for service in ("s3", "logs", "ec2")] == ["http://localhost", "http://[::1]", HERE]


def test_a_service_without_endpoint_is_not_looked_for_elsewhere() -> None:
    with pytest.raises(ProviderError, match="no endpoint for kms"):
        Session(Settings.of({}, KEYS)).call("kms", "ListKeys", {})


def test_nobody_there_is_one_sentence() -> None:
    session = Session(Settings.of({}, {**KEYS, "AWS_ENDPOINT_URL": HERE}))
    with pytest.raises(ProviderError, match=r"Could not connect to the endpoint.*modelway local status"):
        session.call("sts", "GetCallerIdentity", {})


def test_a_name_that_leads_botocore_away_is_stopped() -> None:
    session = Session(Settings.of({}, {**KEYS, "AWS_ENDPOINT_URL": HERE}))
    with pytest.raises(ProviderError, match=r"^ap-123456789012\.127\.0\.0\.1 is not on this machine"):
        session.call("s3", "GetBucketPolicy", {"Bucket": "arn:aws:s3:eu-west-1:123456789012:accesspoint:ap"})
    with pytest.raises(ProviderError, match="s3 GetBucketPolicy"):
        session.call("s3", "GetBucketPolicy", {"Bucket": "arn:aws:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap"})


def test_parameters_that_aws_cannot_take_are_explained() -> None:
    session = Session(Settings.of({}, {**KEYS, "AWS_ENDPOINT_URL": HERE}))
    with pytest.raises(ProviderError, match=r'ec2 DescribeVpcs: .*"Colour"'):
        session.call("ec2", "DescribeVpcs", {"Colour": "red"})


def test_provider_options_are_those_of_the_sdk_and_of_the_emulators() -> None:
    inputs = {
        "region": "eu-west-1",
        "regoin": "x",
        "profile": "work",
        "assumeRoles": '[{"roleArn": "x"}]',
        "defaultTags": '{"tags": {"a": "b"}}',
    }
    checked = AwsProvider().check_config(Check(Resource("urn", "pulumi:providers:aws", "aws"), {}, dict(inputs)))
    assert {failure.property: failure.reason for failure in checked.failures} == {
        "regoin": "is not an option of the AWS provider",
        "profile": "is not emulated by the local stand-in of the AWS provider",
        "assumeRoles": "is not emulated by the local stand-in of the AWS provider",
    }


def test_an_option_that_is_no_json_is_refused() -> None:
    with pytest.raises(ProviderError, match="aws:defaultTags is not valid JSON"):
        AwsProvider().configure({"region": "eu-west-1", "defaultTags": "{"})


def test_it_says_what_it_is() -> None:
    schema = json.loads(AwsProvider().schema())
    assert schema["name"] == "aws"
    assert schema["description"].startswith("Stand-in for the official AWS provider")
