"""What goes wrong, and how the next run goes on from there."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.aws_plugin.kinds import allow, policy
from tests.localcloud.aws_plugin.looking import differing
from tests.localcloud.aws_plugin.lookup import REGION
from tests.localcloud.aws_plugin.stack import AwsStack, Object, aws, of

pytestmark = pytest.mark.localcloud

OTHER = "555555555555"


def role(name: str, **inputs: Any) -> Object:
    return aws("iam/role:Role", name, {"assumeRolePolicy": policy("ec2.amazonaws.com"), **inputs})


def group(source: object) -> Object:
    """A security group whose only rule lets another group in."""
    rule = {"protocol": "tcp", "fromPort": 80, "toPort": 80, "securityGroups": [source]}
    return aws("ec2/securityGroup:SecurityGroup", "web", {"vpcId": of("vpc"), "ingress": [rule]})


def cluster(logical: str, name: str, **options: Any) -> Object:
    inputs = {
        "name": name,
        "roleArn": of("role", "arn"),
        "vpcConfig": {"subnetIds": [of("a"), of("b")]},
        "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
    }
    return aws("eks/cluster:Cluster", logical, inputs, **options)


def test_bad_inputs_are_told_at_once(stack: AwsStack) -> None:
    bad = {"cidrBlok": "10.0.0.0/16", "enableDnsSupport": "perhaps", "ipv6CidrBlock": "fd00::/64"}
    failed = stack.preview([aws("ec2/subnet:Subnet", "subnet", bad)], ok=False)
    for words in (
        "cidrBlok value {10.0.0.0/16} has a problem: is not a property of aws:ec2/subnet:Subnet; did you mean cidrBlock?",
        "enableDnsSupport value {perhaps} has a problem: is not a property of aws:ec2/subnet:Subnet",
        "vpcId value {<nil>} has a problem: is required and missing",
        "ipv6CidrBlock value {fd00::/64} has a problem: is not emulated by the local stand-in",
    ):
        assert words in failed.text, failed.text
    assert "Traceback" not in failed.text


def test_an_error_midway_keeps_what_was_made_and_the_next_up_goes_on(stack: AwsStack, cloud: Any, client: Any) -> None:
    """A bucket's name that somebody else has, a rule for a group that does not exist, a repository and a rule that exist already, a cluster
    that has too little time, and one whose control plane cannot start: the supervisor does not take its name, EKS does."""
    theirs = cloud.client("s3", OTHER)
    theirs.create_bucket(Bucket="aws-plugin-taken", CreateBucketConfiguration={"LocationConstraint": REGION})
    client("ecr").create_repository(repositoryName="aws-plugin/taken")
    cache = {"ecrRepositoryPrefix": "quay", "upstreamRegistryUrl": "quay.io"}
    vpc = {"vpcId": of("vpc")}
    base = [
        aws("ec2/vpc:Vpc", "vpc", {"cidrBlock": "10.1.0.0/16"}),
        aws("ec2/defaultSecurityGroup:DefaultSecurityGroup", "closed", vpc),
        aws("ec2/subnet:Subnet", "a", {**vpc, "cidrBlock": "10.1.1.0/24", "availabilityZone": f"{REGION}a"}),
        aws("ec2/subnet:Subnet", "b", {**vpc, "cidrBlock": "10.1.2.0/24", "availabilityZone": f"{REGION}b"}),
        role("role"),
        aws("s3/bucket:Bucket", "store", {"bucket": "aws-plugin-taken"}),
        aws("ecr/repository:Repository", "images", {"name": "aws-plugin/taken"}),
        aws("ecr/pullThroughCacheRule:PullThroughCacheRule", "cache", cache),
    ]
    wrong = [
        group("sg-0123456789abcdef0"),
        aws("ecr/pullThroughCacheRule:PullThroughCacheRule", "second", cache, depends_on=["cache"]),
        cluster("slow", "aws-plugin-slow", timeout=1),
        cluster("bad", "aws-plugin-bad-"),
    ]
    failed = stack.up([*base, *wrong], ok=False)
    told = " ".join(failed.text.split())
    for words in (
        "creating aws:s3/bucket:Bucket: s3 CreateBucket: BucketAlreadyExists: The requested bucket name is not available",
        "creating aws:ecr/repository:Repository: ecr CreateRepository: RepositoryAlreadyExistsException: The repository with name",
        "AuthorizeSecurityGroupIngress: InvalidGroup.NotFound: The security group 'sg-0123456789abcdef0' does not exist",
        "PullThroughCacheRule: quay exists already; import it, or choose another name",
        "creating aws:eks/cluster:Cluster aws-plugin-slow: still CREATING, not ACTIVE after 1 s",
        "creating aws:eks/cluster:Cluster aws-plugin-bad-: ended in status FAILED: ",
    ):
        assert words in told, failed.text
    assert "Traceback" not in told
    kept = stack.state()
    assert kept.keys() == {"vpc", "closed", "a", "b", "role", "web", "cache", "slow", "bad"}
    assert "InvalidGroup.NotFound" in kept["web"]["initErrors"][0]
    assert kept["web"]["outputs"]["ingress"] == [], "what is there, not what was asked for"
    assert (kept["slow"]["outputs"]["status"], kept["bad"]["outputs"]["status"]) == ("CREATING", "FAILED")

    theirs.delete_bucket(Bucket="aws-plugin-taken")
    client("ecr").delete_repository(repositoryName="aws-plugin/taken")
    versioning = {"bucket": of("store"), "versioningConfiguration": {"status": "Enabled"}}
    right = [
        group(of("closed")),
        aws("s3/bucketVersioning:BucketVersioning", "versioning", versioning),
        cluster("slow", "aws-plugin-slow"),
    ]
    stack.up([*base, *right])
    repaired = stack.state()
    stayed = kept.keys() - {"bad"}
    assert {name: repaired[name]["id"] for name in stayed} == {name: kept[name]["id"] for name in stayed}
    assert not [name for name, each in repaired.items() if each.get("initErrors")]
    for name in ("web", "slow"):
        assert not differing(client, repaired[name]["type"], repaired[name]["id"], repaired[name]["outputs"], {})
    assert repaired["slow"]["outputs"]["status"] == "ACTIVE"
    assert "aws-plugin-bad-" not in client("eks").list_clusters()["clusters"], "it went when it was no longer wanted"
    groups = client("ec2").describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [repaired["vpc"]["id"]]}])["SecurityGroups"]
    assert len([each for each in groups if each["GroupName"].startswith("web-")]) == 1, "no second one was made"

    version = client("s3").put_object(Bucket="aws-plugin-taken", Key="weights", Body=b"x")["VersionId"]
    failed = stack.destroy(ok=False)
    assert "deleting aws:s3/bucket:Bucket aws-plugin-taken: s3 DeleteBucket: BucketNotEmpty" in " ".join(failed.text.split())
    assert "store" in stack.state()
    client("s3").delete_object(Bucket="aws-plugin-taken", Key="weights", VersionId=version)
    stack.destroy()
    assert not stack.state()


def test_what_changed_behind_our_back_is_seen_and_put_right(stack: AwsStack, client: Any) -> None:
    rule = {"protocol": "tcp", "fromPort": 80, "toPort": 80, "cidrBlocks": ["10.0.0.0/8"]}
    program = [
        aws("ec2/vpc:Vpc", "vpc", {"cidrBlock": "10.2.0.0/16", "tags": {"a": "b"}}),
        aws("ec2/securityGroup:SecurityGroup", "web", {"vpcId": of("vpc"), "ingress": [rule]}),
        aws("cloudwatch/logGroup:LogGroup", "logs", {"retentionInDays": 7}),
        role("reader", description="one"),
        aws("iam/rolePolicy:RolePolicy", "reading", {"role": of("reader", "name"), "policy": allow("s3:GetObject")}),
        role("untouched"),
    ]
    stack.up(program)
    made = stack.state()
    ec2, iam, logs = client("ec2"), client("iam"), client("logs")
    reader, name = made["reader"]["id"], made["reading"]["outputs"]["name"]
    ec2.create_tags(Resources=[made["vpc"]["id"]], Tags=[{"Key": "a", "Value": "c"}, {"Key": "stray", "Value": "x"}])
    everybody = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=made["web"]["id"], IpPermissions=[everybody])
    logs.put_retention_policy(logGroupName=made["logs"]["id"], retentionInDays=1)
    iam.put_role_policy(RoleName=reader, PolicyName=name, PolicyDocument=allow("s3:*"))
    iam.delete_role(RoleName=made["untouched"]["id"])

    stack.refresh()
    seen = stack.state()
    assert "untouched" not in seen
    assert seen["vpc"]["outputs"]["tags"] == {"a": "c", "stray": "x"}
    assert seen["logs"]["inputs"]["retentionInDays"] == 1
    assert len(seen["web"]["inputs"]["ingress"]) == 2
    done = stack.up()
    assert {step for step in done.steps if step[0] != "same"} == {
        ("create", "untouched"),
        *(("update", each) for each in ("vpc", "web", "logs", "reading")),
    }
    assert done.diffs["vpc"].keys() >= {"tags.a", "tags.stray"}
    for name, each in stack.state().items():
        assert not differing(client, each["type"], each["id"], each["outputs"], {}).keys() - {"inlinePolicies"}, name
    tags = ec2.describe_vpcs(VpcIds=[made["vpc"]["id"]])["Vpcs"][0]["Tags"]
    assert tags == [{"Key": "a", "Value": "b"}]
    assert len(ec2.describe_security_groups(GroupIds=[made["web"]["id"]])["SecurityGroups"][0]["IpPermissions"]) == 1

    # Without a refresh the change of something that went is refused with the way out, and its deletion is no error.
    gone = stack.state()["untouched"]["id"]
    iam.delete_role(RoleName=gone)
    program[-1] = role("untouched", description="two")
    failed = stack.up(program, ok=False)
    assert f"updating aws:iam/role:Role {gone}: {gone} no longer exists; `pulumi refresh` brings the state up to date" in failed.text
    stack.destroy()
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_role(RoleName=reader)
