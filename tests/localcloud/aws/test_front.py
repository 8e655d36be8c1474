"""Who may call, as whom, and where the call goes."""

import json
import urllib.error
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.localcloud.aws.eks_cluster import ACCOUNT, OTHER, REGION, trust

pytestmark = pytest.mark.localcloud

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "sts": ("get_caller_identity", {}),
    "iam": ("list_roles", {}),
    "s3": ("list_buckets", {}),
    "ec2": ("describe_vpcs", {}),
    "kms": ("list_keys", {}),
    "ecr": ("describe_repositories", {}),
    "eks": ("list_clusters", {}),
    "logs": ("describe_log_groups", {}),
    "cloudwatch": ("describe_alarms", {}),
}
UNKNOWN_KEY = {"s3": "InvalidAccessKeyId", "ec2": "AuthFailure", "sts": "InvalidClientTokenId", "iam": "InvalidClientTokenId"}
WRONG_SECRET = {"s3": "SignatureDoesNotMatch", "ec2": "AuthFailure", "sts": "SignatureDoesNotMatch", "iam": "SignatureDoesNotMatch"}


def stranger(cloud, service: str, **credentials: str | None) -> Any:
    """A client of role deployer, with some of its credentials replaced."""
    variables = cloud.environment(ACCOUNT)
    given = {
        "aws_access_key_id": variables["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": variables["AWS_SECRET_ACCESS_KEY"],
        "aws_session_token": variables["AWS_SESSION_TOKEN"],
        **credentials,
    }
    config = Config(retries={"total_max_attempts": 1})
    return boto3.client(service, endpoint_url=variables["AWS_ENDPOINT_URL"], region_name=REGION, config=config, **given)


def code(call: Any, **arguments: Any) -> str:
    """The error code that a call fails with."""
    with pytest.raises(ClientError) as fault:
        call(**arguments)
    return str(fault.value.response["Error"]["Code"])


def get(cloud, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    request = urllib.request.Request(cloud.environment(ACCOUNT)["AWS_ENDPOINT_URL"] + path, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as fault:
        with fault:
            return fault.code, fault.read()


@pytest.mark.parametrize("service", CALLS)
def test_the_deployer_is_served(cloud, client, service: str) -> None:
    name, arguments = CALLS[service]
    assert getattr(client(service, ACCOUNT), name)(**arguments)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_bucket_policy_denies_what_it_says_and_nothing_over_tls(cloud, client) -> None:
    s3 = client("s3", ACCOUNT)
    bucket = f"policy-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key="kept", Body=b"x")

    def policy(**more: object) -> str:
        statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [f"arn:aws:s3:::{bucket}/*"], **more}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    s3.put_bucket_policy(Bucket=bucket, Policy=policy(Condition={"Bool": {"aws:SecureTransport": "false"}}))
    assert s3.get_object(Bucket=bucket, Key="kept")["Body"].read() == b"x"
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(Action="s3:GetObject"))
    assert code(s3.get_object, Bucket=bucket, Key="kept") == "AccessDenied"
    s3.delete_bucket_policy(Bucket=bucket)
    s3.delete_object(Bucket=bucket, Key="kept")
    s3.delete_bucket(Bucket=bucket)


def test_the_deployer_is_a_role_of_its_account(cloud, client) -> None:
    identity = client("sts", ACCOUNT).get_caller_identity()
    assert identity["Account"] == ACCOUNT
    assert identity["Arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/")
    attached = client("iam", ACCOUNT).list_attached_role_policies(RoleName="deployer")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AdministratorAccess"]


@pytest.mark.parametrize("service", CALLS)
def test_an_unknown_key_is_refused(cloud, service: str) -> None:
    name, arguments = CALLS[service]
    other = stranger(cloud, service, aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_session_token=None)
    assert code(getattr(other, name), **arguments) == UNKNOWN_KEY.get(service, "UnrecognizedClientException")


@pytest.mark.parametrize("service", CALLS)
def test_a_wrong_secret_is_refused(cloud, service: str) -> None:
    name, arguments = CALLS[service]
    guesser = stranger(cloud, service, aws_secret_access_key="guessed")
    assert code(getattr(guesser, name), **arguments) == WRONG_SECRET.get(service, "InvalidSignatureException")


@pytest.mark.parametrize("token", [None, "made up"])
def test_a_session_key_needs_its_token(cloud, token: str | None) -> None:
    assert code(stranger(cloud, "sts", aws_session_token=token).get_caller_identity) == "InvalidClientTokenId"


def test_nobody_is_served_without_a_signature(cloud) -> None:
    for path in ("/", "/?Action=GetCallerIdentity&Version=2011-06-15", "/bucket/key", "/clusters", "/moto-api/data.json"):
        status, body = get(cloud, path)
        assert status == 403, path
        assert b"AccessDenied" in body or b"MissingAuthenticationToken" in body


def test_accounts_do_not_see_each_other(cloud, client) -> None:
    bucket = f"island-{uuid.uuid4().hex[:8]}"
    client("s3", ACCOUNT).create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    client("s3", ACCOUNT).put_object(Bucket=bucket, Key="k", Body=b"mine")
    client("ecr", ACCOUNT).create_repository(repositoryName=bucket)
    client("iam", ACCOUNT).create_role(RoleName=bucket, AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
    other = client("s3", OTHER)
    assert bucket not in [one["Name"] for one in other.list_buckets()["Buckets"]]
    assert code(other.get_object, Bucket=bucket, Key="k") == "AccessDenied"
    assert code(other.create_bucket, Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}) == "BucketAlreadyExists"
    assert code(client("ecr", OTHER).describe_repositories, repositoryNames=[bucket]) == "RepositoryNotFoundException"
    assert code(client("iam", OTHER).get_role, RoleName=bucket) == "NoSuchEntity"
    assert client("s3", ACCOUNT).get_object(Bucket=bucket, Key="k")["Body"].read() == b"mine"


def test_the_account_cannot_be_chosen_by_a_header(cloud) -> None:
    sts = stranger(cloud, "sts")

    def forge(request: Any, **_: object) -> None:
        request.headers["x-moto-account-id"] = OTHER

    sts.meta.events.register("before-sign.sts.*", forge)
    assert sts.get_caller_identity()["Account"] == ACCOUNT
    iam = stranger(cloud, "iam")
    iam.meta.events.register("before-sign.iam.*", forge)
    assert all(f":{ACCOUNT}:" in role["Arn"] for role in iam.list_roles()["Roles"])


def test_a_user_key_lives_as_long_as_it_is_active(cloud, client) -> None:
    iam = client("iam", ACCOUNT)
    name = f"user-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    used = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"], "aws_session_token": None}
    sts = stranger(cloud, "sts", **used)
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/{name}"
    iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert code(sts.get_caller_identity) == "InvalidClientTokenId"
    iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Active")
    sts.get_caller_identity()
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    assert code(sts.get_caller_identity) == "InvalidClientTokenId"


def test_a_role_is_assumed_by_those_it_names(cloud, client) -> None:
    iam = client("iam", ACCOUNT)
    name = f"role-{uuid.uuid4().hex[:8]}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust({"AWS": f"arn:aws:iam::{OTHER}:root"}))["Role"]["Arn"]
    assert code(client("sts", ACCOUNT).assume_role, RoleArn=role, RoleSessionName="me") == "AccessDenied"
    assert code(client("sts", OTHER).assume_role, RoleArn=role + "x", RoleSessionName="me") == "AccessDenied"
    issued = client("sts", OTHER).assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    assumed = stranger(
        cloud,
        "sts",
        aws_access_key_id=issued["AccessKeyId"],
        aws_secret_access_key=issued["SecretAccessKey"],
        aws_session_token=issued["SessionToken"],
    )
    assert assumed.get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/me"
    iam.delete_role(RoleName=name)
    assert code(assumed.get_caller_identity) == "InvalidClientTokenId"


def test_credentials_that_would_mean_nothing_are_not_given(cloud, client) -> None:
    assert code(client("sts", ACCOUNT).get_session_token) == "AccessDenied"
    assert code(client("sts", ACCOUNT).get_federation_token, Name="me") == "AccessDenied"
    status, _ = get(
        cloud, f"/?Action=AssumeRoleWithWebIdentity&RoleArn=arn:aws:iam::{ACCOUNT}:role/deployer&RoleSessionName=x&WebIdentityToken=x"
    )
    assert status == 403


def test_presigned_urls_of_version_four_are_served(cloud, client) -> None:
    bucket = f"signed-{uuid.uuid4().hex[:8]}"
    client("s3", ACCOUNT).create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    client("s3", ACCOUNT).put_object(Bucket=bucket, Key="a b/ü+c", Body=b"weights")
    endpoint = cloud.environment(ACCOUNT)["AWS_ENDPOINT_URL"]
    s3 = cloud.session(ACCOUNT).client("s3", endpoint_url=endpoint, config=Config(signature_version="s3v4"))
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b/ü+c"}).removeprefix(endpoint)
    assert get(cloud, url) == (200, b"weights")
    assert get(cloud, url.replace("a%20b", "a%20c"))[0] == 403
    old = cloud.session(ACCOUNT).client("s3", endpoint_url=endpoint, config=Config(signature_version="s3"))
    status, body = get(cloud, old.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b/ü+c"}).removeprefix(endpoint))
    assert status == 400
    assert b"Please use AWS4-HMAC-SHA256" in body


def test_credentials_are_given_to_who_has_the_folder(cloud) -> None:
    path = f"/_modelway/credentials?account={ACCOUNT}&region={REGION}"
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": cloud.control.token}):
        assert get(cloud, path, headers)[0] == 401
    right = {"Authorization": f"Bearer {cloud.control.token}"}
    status, body = get(cloud, path, right)
    assert status == 200
    assert set(json.loads(body)) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
    for bad in ("account=12&region=eu-west-1", "account=111111111111&region=moon", "region=eu-west-1", f"account={ACCOUNT}"):
        assert get(cloud, f"/_modelway/credentials?{bad}", right)[0] == 400


def test_large_and_streamed_objects_pass(cloud, client) -> None:
    bucket = f"large-{uuid.uuid4().hex[:8]}"
    s3 = client("s3", ACCOUNT)
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    content = bytes(range(256)) * 40_000
    s3.put_object(Bucket=bucket, Key="large", Body=content, ChecksumAlgorithm="SHA256")
    assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == content


def test_many_calls_at_once(cloud, client) -> None:
    bucket = f"many-{uuid.uuid4().hex[:8]}"
    clients = {service: client(service, ACCOUNT) for service in CALLS}
    clients["s3"].create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})

    def work(number: int) -> int:
        clients["s3"].put_object(Bucket=bucket, Key=f"{number}", Body=b"x" * number)
        service = list(CALLS)[number % len(CALLS)]
        getattr(clients[service], CALLS[service][0])()
        return len(clients["s3"].get_object(Bucket=bucket, Key=f"{number}")["Body"].read())

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(work, range(80))) == list(range(80))
