"""Makes what a team needs before its first deployment, or brings it back to what it should be. Each call looks first."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import boto3

from modelway.operations._aws import explained

Document = Mapping[str, object]


class Ensurer:
    """Of one account and region. Every method leaves alone what is as it should be, and yields a line for what it made or changed."""

    def __init__(self, region: str, tags: Mapping[str, str]) -> None:
        self._region = region
        self._tags = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
        session = boto3.Session(region_name=region)
        with explained("iam"):
            self._iam, self._kms, self._s3 = (session.client(service) for service in ("iam", "kms", "s3"))

    def key(self, alias: str, policy: Document, made: Callable[[str], None]) -> str:
        """A KMS key that is rotated, by its alias. Its ARN."""
        with explained("kms:DescribeKey"):
            try:
                found = self._kms.describe_key(KeyId=alias)["KeyMetadata"]
            except self._kms.exceptions.NotFoundException:
                found = None
        if found is None:
            with explained("kms:CreateKey"):
                tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in self._tags]
                found = self._kms.create_key(Description=f"State: {alias}", Policy=json.dumps(policy), Tags=tags)["KeyMetadata"]
                self._kms.create_alias(AliasName=alias, TargetKeyId=found["KeyId"])
            made(f"KMS key {alias}")
        key = str(found["KeyId"])
        with explained("kms:GetKeyPolicy"):
            if json.loads(self._kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]) != policy:
                self._kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
                made(f"policy of KMS key {alias}")
        with explained("kms:EnableKeyRotation"):
            if not self._kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]:
                self._kms.enable_key_rotation(KeyId=key)
                made(f"rotation of KMS key {alias}")
        return str(found["Arn"])

    def bucket(self, name: str, account: str, key: str, policy: Document, made: Callable[[str], None]) -> None:
        """A bucket for state: versioned, encrypted with the key, closed to the public, of one owner, by TLS alone; old versions go."""
        with explained("s3:HeadBucket"):
            there = name in {bucket["Name"] for bucket in self._s3.list_buckets()["Buckets"]}
        if not there:
            place = {} if self._region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
            with explained("s3:CreateBucket"):
                self._s3.create_bucket(Bucket=name, ObjectOwnership="BucketOwnerEnforced", **place)
            made(f"bucket {name}")
        for what, change in self._settings(name, account, key, policy):
            with explained(f"s3: {what}"):
                change()
            made(f"{what} of bucket {name}")

    def _settings(self, name: str, account: str, key: str, policy: Document) -> Iterator[tuple[str, Callable[[], object]]]:
        target = {"Bucket": name, "ExpectedBucketOwner": account}
        closed = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
        encryption = {
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}, "BucketKeyEnabled": True}]
        }
        lifecycle = {
            "Rules": [
                {
                    "ID": "old-versions",
                    "Status": "Enabled",
                    "Filter": {"Prefix": ""},
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 365},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                }
            ]
        }
        s3 = self._s3
        if self._read(s3.get_public_access_block, target).get("PublicAccessBlockConfiguration") != closed:
            yield "public access block", lambda: s3.put_public_access_block(**target, PublicAccessBlockConfiguration=closed)
        if self._read(s3.get_bucket_versioning, target).get("Status") != "Enabled":
            yield "versioning", lambda: s3.put_bucket_versioning(**target, VersioningConfiguration={"Status": "Enabled"})
        there = self._read(s3.get_bucket_encryption, target).get("ServerSideEncryptionConfiguration", {}).get("Rules", [{}])[0]
        wanted = encryption["Rules"][0]
        if any(there.get(member) != value for member, value in wanted.items()):
            yield "encryption", lambda: s3.put_bucket_encryption(**target, ServerSideEncryptionConfiguration=encryption)
        found = self._read(s3.get_bucket_policy, target).get("Policy")
        if found is None or json.loads(found) != policy:
            yield "policy", lambda: s3.put_bucket_policy(**target, Policy=json.dumps(policy))
        if not self._read(s3.get_bucket_lifecycle_configuration, target).get("Rules"):
            yield "lifecycle", lambda: s3.put_bucket_lifecycle_configuration(**target, LifecycleConfiguration=lifecycle)

    def _read(self, call: Callable[..., Any], target: Mapping[str, str]) -> Mapping[str, Any]:
        """What is set; nothing where S3 says that nothing is."""
        from botocore.exceptions import ClientError

        with explained(f"s3: {call.__name__}"):
            try:
                return dict(call(**target))
            except ClientError as fault:
                if not fault.response["Error"]["Code"].startswith(("NoSuch", "ServerSideEncryptionConfigurationNotFound")):
                    raise
                return {}

    def provider(self, arn: str, issuer: str, audience: str, made: Callable[[str], None]) -> None:
        """A provider of identities by OpenID Connect, which takes tokens for the audience."""
        with explained("iam:GetOpenIDConnectProvider"):
            try:
                audiences = self._iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"]
            except self._iam.exceptions.NoSuchEntityException:
                # AWS knows GitHub's certificates (docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html).
                self._iam.create_open_id_connect_provider(Url=f"https://{issuer}", ClientIDList=[audience], Tags=self._tags)
                made(f"identity provider {issuer}")
                return
            if audience not in audiences:
                self._iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID=audience)
                made(f"audience of identity provider {issuer}")

    def policy(self, arn: str, document: Document, made: Callable[[str], None]) -> None:
        """A managed policy whose default version is the document."""
        path, _, name = arn.partition(":policy")[2].rpartition("/")
        with explained("iam:GetPolicy"):
            try:
                version = self._iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            except self._iam.exceptions.NoSuchEntityException:
                self._iam.create_policy(PolicyName=name, Path=f"{path}/", PolicyDocument=json.dumps(document), Tags=self._tags)
                made(f"policy {arn}")
                return
            found = self._iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
            if found == document:
                return
            versions = self._iam.list_policy_versions(PolicyArn=arn)["Versions"]
            # There is room for five.
            old = sorted((each for each in versions if not each["IsDefaultVersion"]), key=lambda each: str(each["CreateDate"]))
            if len(versions) >= 5:
                self._iam.delete_policy_version(PolicyArn=arn, VersionId=old[0]["VersionId"])
            self._iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)
            made(f"version of policy {arn}")

    def role(
        self,
        arn: str,
        trust: Document,
        document: Document,
        managed: Sequence[str],
        made: Callable[[str], None],
        *,
        instead_of: Sequence[str] = (),
    ) -> None:
        """A role with its trust, one inline policy, and these managed policies `instead_of` those that it had of an earlier version."""
        path, _, name = arn.partition(":role")[2].rpartition("/")
        with explained("iam:GetRole"):
            try:
                there = self._iam.get_role(RoleName=name)["Role"]
            except self._iam.exceptions.NoSuchEntityException:
                there = self._iam.create_role(
                    RoleName=name, Path=f"{path}/", AssumeRolePolicyDocument=json.dumps(trust), MaxSessionDuration=3600, Tags=self._tags
                )["Role"]
                made(f"role {arn}")
            if there["AssumeRolePolicyDocument"] != trust:
                self._iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
                made(f"trust of role {arn}")
            try:
                found = self._iam.get_role_policy(RoleName=name, PolicyName="modelway")["PolicyDocument"]
            except self._iam.exceptions.NoSuchEntityException:
                found = None
            if found != document:
                self._iam.put_role_policy(RoleName=name, PolicyName="modelway", PolicyDocument=json.dumps(document))
                made(f"permissions of role {arn}")
            attached = {each["PolicyArn"] for each in self._iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]}
            for policy in managed:
                if policy not in attached:
                    self._iam.attach_role_policy(RoleName=name, PolicyArn=policy)
                    made(f"{policy.rpartition('/')[2]} of role {arn}")
            for policy in attached.intersection(instead_of):
                self._iam.detach_role_policy(RoleName=name, PolicyArn=policy)
                made(f"role {arn} without {policy.rpartition('/')[2]}")
