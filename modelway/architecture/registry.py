"""Where images and weights of models are kept, and what else knows of them."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from modelway.architecture.arns import Account, KeyArn, Region
from modelway.architecture.base import Breach, Name, Section, Shaped, each, of_each, repeated
from modelway.architecture.references import Image
from modelway.architecture.tracking import MlflowServer

TagPattern = Annotated[
    str,
    Shaped(
        # docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageTagMutabilityExclusionFilter.html
        r"(?!\**$)(?!(?:[^*]*\*){5})[0-9A-Za-z._*-]+",
        "a pattern of tags: letters, digits, dots, dashes and underscores, with at most four *, and not * alone",
        "Write it like cache-*.",
        128,
    ),
]
TagPrefix = Annotated[
    str,
    Shaped(r"[0-9A-Za-z_][0-9A-Za-z._-]*", "the beginning of tags: letters, digits, dots, dashes and underscores", "Write it like v.", 100),
]
BucketName = Annotated[
    str,
    Shaped(
        # docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; a dot in it breaks TLS.
        r"(?!xn--|sthree-|amzn-s3-demo-)(?!.*(-s3alias|--ol-s3|--x-s3|--table-s3)$)[a-z0-9][a-z0-9-]+[a-z0-9]",
        "the name of an S3 bucket: lower-case letters, digits and dashes, 3 or more, with no beginning or end that AWS keeps to itself",
        "Write it like acme-models-dev.",
        63,
    ),
]


class ImageRegistry(Section):
    """Repositories of images, one for each model, encrypted; every image is scanned."""

    EXAMPLES = MappingProxyType(
        {
            "untagged_days": 30,
            "keep": {"v": 20},
            "mutable_tags": ["cache-*"],
            "pull_through": {"quay": "quay.io"},
            "replicate_to": ["eu-central-1"],
            "owns_account_settings": True,
            "readers": ["333333333333"],
        }
    )

    untagged_days: int = Field(default=14, ge=1, le=3650)
    """Days after which an image without a tag is deleted."""
    keep: dict[TagPrefix, Annotated[int, Field(ge=1, le=10000)]] = Field(default_factory=dict, max_length=20)
    """How many images are kept whose tags begin with this; older ones are deleted. What is not named is kept."""
    mutable_tags: tuple[TagPattern, ...] = Field(default=(), max_length=5)
    """Patterns of tags that can be moved, such as cache-*; no others can. 5 at most (what ECR takes)."""
    scan: Literal["on_push", "enhanced"] = "on_push"
    """When images are scanned: once as they come, or ever again, by Amazon Inspector, which costs by the image."""
    key: KeyArn | None = None
    """ARN of the KMS key for images; the registry's own is made when absent."""
    pull_through: dict[Name, Literal["public.ecr.aws", "quay.io", "registry.k8s.io"]] = Field(default_factory=dict, max_length=10)
    """Registries that images are fetched from and kept, by the first part of the name they get here. Others want a credential."""
    replicate_to: tuple[Region, ...] = Field(default=(), max_length=25)
    """Regions that images are copied to. 25 at most (what ECR takes)."""
    owns_account_settings: bool = False
    """Whether this environment says for its whole account what ECR has once in each region: which images are scanned ever again, and which
    are copied. What others have set there is replaced, so that one environment of an account says it."""
    readers: tuple[Account, ...] = Field(default=(), max_length=25)
    """Other accounts that may pull images, such as those of later environments."""

    def breaches(self) -> Iterator[Breach]:
        lists = [repeated(self, name) for name in ("mutable_tags", "replicate_to", "readers")]
        yield from each([*lists, of_each(self, "keep", self._keep_breaches), self._scan_breaches(), self._copy_breaches()])

    def _keep_breaches(self, prefix: str, _most: int) -> Iterator[Breach]:
        for other in self.keep:
            if other != prefix and prefix.startswith(other):
                yield Breach(
                    ("keep", prefix),
                    f"no beginning is another's: tags that begin with {prefix} begin with {other} too, and would be counted twice",
                    "Remove one of the two, or tell them apart.",
                    (("keep", other),),
                )

    def _scan_breaches(self) -> Iterator[Breach]:
        if self.scan == "enhanced" and not self.owns_account_settings:
            yield self._unowned("scan")

    def _copy_breaches(self) -> Iterator[Breach]:
        if self.replicate_to and not self.owns_account_settings:
            yield self._unowned("replicate_to")

    def _unowned(self, field: str) -> Breach:
        # docs.aws.amazon.com/AmazonECR/latest/userguide/registry-settings.html: a registry is an account's, and has one of each.
        return Breach(
            (field,),
            "a setting that an account has once in a region: of two environments that write it, the later would undo what the other said",
            "Add `owns_account_settings: true` where nobody else in the account sets it; else remove it.",
            judged_by=(("owns_account_settings",),),
        )


class ObjectLock(Section):
    """Nothing can be deleted or overwritten for a while. A bucket that has it keeps it for ever."""

    EXAMPLES = MappingProxyType({"days": 365})

    mode: Literal["governance"] = "governance"
    """Who may lift it: whoever has s3:BypassGovernanceRetention. Compliance mode, which nobody can lift, is not offered."""
    days: int = Field(ge=1, le=36500)
    """Days that each version of an object is locked."""


class ModelStore(Section):
    """The bucket of weights, encrypted and closed. Every object is kept in all its versions."""

    EXAMPLES = MappingProxyType(
        {
            "bucket": "acme-models-dev",
            "noncurrent_days": 400,
            "replicate_to": ["eu-central-1"],
            "readers": ["333333333333"],
            "access_logs_days": 365,
            "fetcher": f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/tools/fetcher@sha256:{'a' * 64}",
        }
    )

    bucket: BucketName | None = None
    """Name of the bucket, unique in all of AWS; PLATFORM-ENVIRONMENT-models-ACCOUNT when absent."""
    noncurrent_days: int = Field(default=90, ge=1, le=3650)
    """Days after which a version of an object that was overwritten or deleted is gone for good."""
    object_lock: ObjectLock | None = None
    """Lock on what is stored; none when absent."""
    key: KeyArn | None = None
    """ARN of the KMS key for weights; the registry's own is made when absent."""
    replicate_to: tuple[Region, ...] = Field(default=(), max_length=25)
    """Regions that weights are copied to."""
    readers: tuple[Account, ...] = Field(default=(), max_length=25)
    """Other accounts that may read weights, such as those of later environments; a key of one's own has to allow them too."""
    access_logs_days: int | None = Field(default=None, ge=1, le=3650)
    """Days that is kept who read or wrote what, in a bucket of its own; it is not written down when absent."""
    fetcher: Image | None = None
    """Image of the program that gets and checks weights before a serving program starts, HOST/NAME@sha256:…; serving programs on
    Kubernetes get them by themselves when absent."""

    def breaches(self) -> Iterator[Breach]:
        yield from each(
            [
                repeated(self, "replicate_to"),
                repeated(self, "readers"),
                self._lock_breaches(),
                self._fetcher_breaches(),
            ]
        )

    def _fetcher_breaches(self) -> Iterator[Breach]:
        if self.fetcher is not None and self.fetcher.registry is None:
            yield Breach(
                ("fetcher",),
                "an image with its host: the environment's own registry has those of models alone",
                f"Write HOST/{self.fetcher.name}@{self.fetcher.digest}.",
            )

    def _lock_breaches(self) -> Iterator[Breach]:
        if self.object_lock is not None and self.object_lock.days > self.noncurrent_days:
            yield Breach(
                ("noncurrent_days",),
                f"at least as long as objects are locked, which is {self.object_lock.days} days: nothing locked can be deleted",
                f"Write {self.object_lock.days} or more, or lock for less.",
                (("object_lock", "days"),),
            )


class NoModelRegistry(Section):
    """What is registered stands in the environment's files alone."""

    kind: Literal["none"] = "none"


class MlflowRegistry(Section):
    """An MLflow app that SageMaker runs, called like the environment, with a bucket of its own; IAM says who may use it."""

    kind: Literal["mlflow"]


class SageMakerRegistry(Section):
    """A model package group of SageMaker for each model, called ENVIRONMENT-MODEL."""

    kind: Literal["sagemaker"]


ModelRegistry = Annotated[NoModelRegistry | MlflowRegistry | MlflowServer | SageMakerRegistry, Field(discriminator="kind")]


class Registry(Section):
    """The registries of an environment, in its own account."""

    images: ImageRegistry = Field(default_factory=ImageRegistry)
    """Images of serving programs."""
    models: ModelStore = Field(default_factory=ModelStore)
    """Weights."""
    model_registry: ModelRegistry = Field(default_factory=NoModelRegistry)
    """Where else models and their versions are listed."""
