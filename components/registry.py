"""Where images and weights are kept."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import _policies as policies
from components.outputs import gathered


class ArtifactRegistryArgs(TypedDict):
    """What a registry is made from."""

    account: str
    """AWS account, 12 digits."""
    bucket_name: str
    """Physical name of the model store, at most 63 characters, unique in the world."""
    repository_prefix: str
    """Put before a model's name in ECR, with a slash."""
    models: list[str]
    """Every registered model; serving or not."""
    untagged_days: NotRequired[int]
    """Days that an image without a tag is kept. Default: 14."""
    noncurrent_days: NotRequired[int]
    """Days that an overwritten or deleted object is kept. Default: 90."""
    deletion_window_days: NotRequired[int]
    """Days that AWS keeps the key after its deletion, 7 to 30. Default: 30."""
    force_destroy: NotRequired[bool]
    """Whether what is stored goes with the registry. Default: no, and destroying a registry that is in use fails."""


class ArtifactRegistry(pulumi.ComponentResource):
    """One ECR repository per model and one S3 bucket for the weights of all, under one KMS key.

    - repositories: tags that cannot be moved, scan on push, untagged images expire
    - bucket: versioned, encrypted with a bucket key, closed to the public, owned by the account alone, reached over TLS only
    """

    repositories: pulumi.Output[dict[str, str]]
    """Address of the repository (`host/name`) by model."""
    bucket: pulumi.Output[str]
    """Name of the model store; all its safeguards are in place when it is known."""
    bucket_arn: pulumi.Output[str]
    key_arn: pulumi.Output[str]

    def __init__(self, name: str, args: ArtifactRegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:ArtifactRegistry", name, {**args}, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        key = aws.kms.Key(
            f"{name}-key",
            description=f"Images and weights in {args['bucket_name']} and {args['repository_prefix']}",
            enable_key_rotation=True,
            deletion_window_in_days=args.get("deletion_window_days", 30),
            policy=policies.text(policies.key_of_account(args["account"])),
            opts=self._child,
        )
        self.repositories = gathered({model: self._repository(model, key, args) for model in sorted(args["models"])})
        bucket, safeguards = self._bucket(key, args)
        self.bucket = pulumi.Output.all(bucket.bucket, *[safeguard.id for safeguard in safeguards]).apply(lambda known: str(known[0]))
        self.bucket_arn = bucket.arn
        self.key_arn = key.arn
        self.register_outputs(
            {"repositories": self.repositories, "bucket": self.bucket, "bucket_arn": self.bucket_arn, "key_arn": self.key_arn}
        )

    def _repository(self, model: str, key: aws.kms.Key, args: ArtifactRegistryArgs) -> pulumi.Output[str]:
        repository = aws.ecr.Repository(
            f"{self._name}-{model}",
            name=f"{args['repository_prefix']}/{model}",
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": key.arn}],
            force_delete=args.get("force_destroy", False),
            opts=self._child,
        )
        aws.ecr.LifecyclePolicy(
            f"{self._name}-{model}-lifecycle",
            repository=repository.name,
            policy=policies.text(policies.expire_untagged(args.get("untagged_days", 14))),
            opts=self._child,
        )
        return repository.repository_url

    def _bucket(self, key: aws.kms.Key, args: ArtifactRegistryArgs) -> tuple[aws.s3.Bucket, list[pulumi.CustomResource]]:
        name, child = f"{self._name}-models", self._child
        bucket = aws.s3.Bucket(name, bucket=args["bucket_name"], force_destroy=args.get("force_destroy", False), opts=child)
        versioning = aws.s3.BucketVersioning(
            f"{name}-versioning", bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=child
        )
        encryption = aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket.id,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn},
                    "bucket_key_enabled": True,
                }
            ],
            opts=child,
        )
        closed = aws.s3.BucketPublicAccessBlock(
            f"{name}-public-access",
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        ownership = aws.s3.BucketOwnershipControls(
            f"{name}-ownership", bucket=bucket.id, rule={"object_ownership": "BucketOwnerEnforced"}, opts=child
        )
        # S3 answers 409 when the policy and the public access block are written at the same time.
        policy = aws.s3.BucketPolicy(
            f"{name}-policy",
            bucket=bucket.id,
            policy=bucket.arn.apply(lambda arn: policies.text(policies.tls_only(arn))),
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[closed])),
        )
        lifecycle = aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket.id,
            rules=[
                {
                    "id": "noncurrent",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "noncurrent_version_expiration": {"noncurrent_days": args.get("noncurrent_days", 90)},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
                }
            ],
            # S3 wants versioning before rules on versions.
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[versioning])),
        )
        return bucket, [versioning, encryption, closed, ownership, policy, lifecycle]
