"""Where the images and weights of an environment's models are kept."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import _registry_policies as policies
from components._policies import text
from components.outputs import gathered
from components.registry import store as stores
from components.registry.images import Images
from components.registry.lasting import Lasting


class ArtifactRegistryArgs(TypedDict):
    """What a registry is made from."""

    account: str
    """AWS account, 12 digits."""
    region: str
    """The provider's."""
    bucket_name: str
    """Physical name of the model store, at most 63 characters, unique in the world."""
    repository_prefix: str
    """Put before a model's name in ECR, with a slash."""
    models: list[str]
    """Every registered model; serving or not."""
    untagged_days: NotRequired[int]
    """Days that an image without a tag is kept. Default: 14."""
    keep: NotRequired[dict[str, int]]
    """How many images are kept by the beginning of their tags. Default: all."""
    mutable_tags: NotRequired[list[str]]
    """Patterns of the tags that can be moved. Default: none."""
    enhanced_scan: NotRequired[bool]
    """Whether Amazon Inspector scans images again and again. Default: no, once as they come."""
    images_key: NotRequired[str]
    """ARN of the KMS key of images. Default: the registry's own."""
    images_regions: NotRequired[list[str]]
    """Regions that images are copied to."""
    images_readers: NotRequired[list[str]]
    """Other accounts that may pull."""
    pull_through: NotRequired[dict[str, str]]
    """Registries that images are fetched from and kept, by the first part of the name here."""
    noncurrent_days: NotRequired[int]
    """Days that an overwritten or deleted object is kept. Default: 90."""
    lock_days: NotRequired[int]
    """Days that each version of an object is locked, in governance mode. Default: not at all."""
    models_key: NotRequired[str]
    """ARN of the KMS key of weights. Default: the registry's own."""
    models_regions: NotRequired[list[str]]
    """Regions that weights are copied to."""
    models_readers: NotRequired[list[str]]
    """Other accounts that may read weights."""
    access_logs_days: NotRequired[int]
    """Days that is kept who read or wrote weights. Default: it is not written down."""
    deletion_window_days: NotRequired[int]
    """Days that AWS keeps a key after its deletion, 7 to 30. Default: 30."""
    protect: NotRequired[bool]
    """Whether the engine refuses to delete what stores something. Default: no."""
    unprotected: NotRequired[list[str]]
    """Models whose repositories may be deleted all the same."""
    retain: NotRequired[bool]
    """Whether what stores something stays in AWS when the engine deletes it. Default: no."""
    force_destroy: NotRequired[bool]
    """Whether what is stored goes with the registry. Default: no, and destroying a registry that is in use fails."""


class ArtifactRegistry(pulumi.ComponentResource):
    """One ECR repository per model and one S3 bucket for the weights of all, under one KMS key.

    - repositories: tags that cannot be moved, scan on push, untagged images expire
    - bucket: versioned, encrypted with a bucket key, closed to the public, owned by the account alone, reached over TLS only
    - where asked for: keys of others, copies in other regions, locks, access logs, continuous scans, caches of public registries,
      other accounts that read
    """

    repositories: pulumi.Output[dict[str, str]]
    """Address of the repository (`host/name`) by model."""
    bucket: pulumi.Output[str]
    """Name of the model store; all its safeguards are in place when it is known."""
    bucket_arn: pulumi.Output[str]
    key_arn: pulumi.Output[str]
    """Of the key that weights are encrypted with."""

    def __init__(self, name: str, args: ArtifactRegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:ArtifactRegistry", name, {**args}, opts)
        self._name = name
        self._lasting = Lasting(
            pulumi.ResourceOptions(parent=self), args.get("protect", False), args.get("retain", False), args.get("force_destroy", False)
        )
        images_key, models_key = self._keys(args)
        regions = sorted({*args.get("images_regions", []), *args.get("models_regions", [])})
        copies = {region: self._key(f"{name}-key-{region}", args, [], region) for region in regions}
        self._repositories = self._images(args, images_key, copies)
        self.repositories = gathered(self._repositories)
        store = self._store(args, models_key, copies)
        self.bucket = store.known()
        self.bucket_arn = store.bucket.arn
        self.key_arn = models_key
        self.register_outputs(
            {"repositories": self.repositories, "bucket": self.bucket, "bucket_arn": self.bucket_arn, "key_arn": self.key_arn}
        )

    def repository(self, model: str) -> pulumi.Output[str]:
        """Address of the model's repository; what is made with it waits for no other model's, as it would with `repositories`."""
        return self._repositories[model]

    def _keys(self, args: ArtifactRegistryArgs) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        """ARNs of the keys of images and of weights: those that are given, else the registry's own."""
        images, models = args.get("images_key"), args.get("models_key")
        if images is not None and models is not None:
            return pulumi.Output.from_input(images), pulumi.Output.from_input(models)
        own = self._key(f"{self._name}-key", args, args.get("models_readers", []), None).arn
        return (own if images is None else pulumi.Output.from_input(images), own if models is None else pulumi.Output.from_input(models))

    def _key(self, name: str, args: ArtifactRegistryArgs, readers: list[str], region: str | None) -> aws.kms.Key:
        return aws.kms.Key(
            name,
            description=f"Images and weights in {args['bucket_name']} and {args['repository_prefix']}",
            enable_key_rotation=True,
            deletion_window_in_days=args.get("deletion_window_days", 30),
            policy=text(policies.key_of_store(args["account"], readers, region or args["region"])),
            region=region,
            opts=self._lasting.options(),
        )

    def _images(self, args: ArtifactRegistryArgs, key: pulumi.Output[str], copies: dict[str, aws.kms.Key]) -> dict[str, pulumi.Output[str]]:
        images = Images(
            name=self._name,
            account=args["account"],
            prefix=args["repository_prefix"],
            lasting=self._lasting,
            key=key,
            mutable_tags=args.get("mutable_tags", []),
            lifecycle=text(policies.expiry(args.get("untagged_days", 14), args.get("keep", {}))),
            readers=args.get("images_readers", []),
        )
        if args.get("enhanced_scan", False):
            images.scanned_continuously()
        there = {region: copies[region] for region in args.get("images_regions", [])}
        upstream = args.get("pull_through", {})
        if there or upstream:
            names = [f"{prefix}/*" for prefix in ([args["repository_prefix"]] if there else []) + sorted(upstream)]
            role = self._makes_repositories(args, names, [key, *(copy.arn for copy in there.values())])
            if there:
                images.copied(there, role)
            images.cached(upstream, role)
        unprotected = args.get("unprotected", [])
        return {model: images.repository(model, protect=model not in unprotected) for model in sorted(args["models"])}

    def _makes_repositories(self, args: ArtifactRegistryArgs, names: list[str], keys: list[pulumi.Output[str]]) -> pulumi.Output[str]:
        """The role by which ECR makes the repositories of copies and caches under our keys; returns its ARN, once it has its rights."""
        role = aws.iam.Role(
            f"{self._name}-repositories-role",
            description=f"Makes repositories for copies and caches of {args['repository_prefix']}",
            assume_role_policy=text(policies.assumed_for("ecr.amazonaws.com", args["account"])),
            opts=self._lasting.child,
        )
        rights = aws.iam.RolePolicy(
            f"{self._name}-repositories-rights",
            role=role.id,
            policy=pulumi.Output.all(*keys).apply(lambda known: text(policies.create_repositories(args["account"], names, known))),
            opts=self._lasting.child,
        )
        return pulumi.Output.all(role.arn, rights.id).apply(lambda known: str(known[0]))

    def _store(self, args: ArtifactRegistryArgs, key: pulumi.Output[str], copies: dict[str, aws.kms.Key]) -> stores.Store:
        readers, days, name = args.get("models_readers", []), args.get("noncurrent_days", 90), args["bucket_name"]
        store = stores.store(
            f"{self._name}-models",
            name,
            self._lasting,
            key=key,
            policy=lambda arn: policies.store(arn, readers),
            rules=stores.noncurrent(days),
        )
        lock = args.get("lock_days")
        if lock is not None:
            stores.locked(store, lock)
        logs = args.get("access_logs_days")
        if logs is not None:
            stores.logged(store, args["account"], name, logs)
        there = {region: copies[region] for region in args.get("models_regions", [])}
        if there:
            stores.copied(store, args["account"], name, key, there, noncurrent_days=days, lock_days=lock)
        return store
