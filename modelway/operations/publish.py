"""Publishing: the image and the weights of a model version are where its file says, under the digests that it pins."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelway.architecture import Environment
from modelway.errors import ModelwayError
from modelway.operations._aws import ImageRegistry, ModelStore
from modelway.operations.images import Image, read

Progress = Callable[[str], None]


class Refused(ModelwayError):
    """What is at hand is not what the model file pins; nothing was uploaded."""


class NotTheSame(ModelwayError):
    """What AWS holds after the upload is not what was uploaded."""


class NotRegistered(ModelwayError):
    """The environment's stacks have no place yet for what is to be published."""


@dataclass(frozen=True)
class Places:
    """Where an environment keeps images and weights, as its stacks say."""

    bucket: str
    repositories: Mapping[str, str]
    """Repository address (host/name) by model."""


@dataclass(frozen=True)
class Release:
    """What a model file pins for one version, and the places in one environment that it goes to."""

    model: str
    version: str
    registry: str
    """Host of the registry."""
    repository: str
    """Name within the registry."""
    image_digest: str
    """`sha256:` and 64 hex digits."""
    bucket: str
    key: str
    weights_sha256: str
    """64 hex digits."""

    @property
    def image(self) -> str:
        """The reference that a cluster pulls."""
        return f"{self.registry}/{self.repository}@{self.image_digest}"

    @property
    def weights(self) -> str:
        """The address that the serving program reads."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class Material:
    """What is to be published: a whole image, and a file of weights."""

    image: Image
    weights: Path
    weights_sha256: str


@dataclass(frozen=True)
class Published:
    """A release that is in place, and what was uploaded for it; nothing when all of it was there before."""

    release: Release
    uploaded: tuple[str, ...]


@dataclass(frozen=True)
class Wanted:
    """A model version that is to be published, and where it lies: an OCI image layout and a file of weights."""

    model: str
    version: str
    image: Path
    weights: Path


def publish_all(
    environment: Environment, outputs: Mapping[str, object], wanted: Sequence[Wanted], progress: Progress
) -> Iterator[Published]:
    """Publishes one after the other; what is done is yielded at once. `outputs` are those of the environment's stacks.

    Everything is planned, read and compared before the first byte is sent. Raises as `places`, `plan`, `gather`, `check` and `publish` do.
    """
    kept = places(environment.environment, outputs)
    ready = [(plan(environment, kept, each.model, each.version), gather(each.image, each.weights)) for each in wanted]
    check(ready)
    account, region = environment.aws.account, environment.aws.region
    images, store = ImageRegistry(account, region), ModelStore(account, region)
    for release, material in ready:
        yield publish(release, material, images, store, progress)


def places(environment: str, outputs: Mapping[str, object]) -> Places:
    """The places named by the outputs of the environment's stacks. Raises NotRegistered when there is no registry yet."""
    registry = outputs.get("registry")
    if isinstance(registry, Mapping):
        bucket, repositories = registry.get("bucket"), registry.get("repositories")
        if isinstance(bucket, str) and isinstance(repositories, Mapping):
            return Places(bucket, {str(model): str(address) for model, address in repositories.items()})
    raise NotRegistered(f"environment {environment} has no registry yet: bring it up first (`modelway up {environment}`), then publish.")


def refuse_unknown(environment: Environment, model: str, version: str) -> None:
    """Raises Refused for what the environment's files do not describe."""
    name = environment.environment
    if model not in environment.models:
        raise Refused(f"environment {name} has no model {model!r}; it has {_listed(environment.models)}.")
    versions = environment.models[model].versions
    if version not in versions:
        raise Refused(f"model {model} of environment {name} has no version {version!r}; it has {_listed(versions)}.")


def plan(environment: Environment, kept: Places, model: str, version: str) -> Release:
    """What one version pins, and where it goes. Raises Refused or NotRegistered."""
    refuse_unknown(environment, model, version)
    name = environment.environment
    versions = environment.models[model].versions
    image, image_digest = str(versions[version].image).rsplit("@", 1)
    weights = versions[version].weights
    if weights.kind != "store":
        rule = f"only the environment's own store is published to, and it is s3://{kept.bucket}"
        field = f'models.{model}.versions."{version}".weights'
        raise Refused(_fault(field, str(weights), rule, "put it there with the tools of that place, or write KEY@sha256:…"))
    # A name without a host is one of the environment's own repositories.
    address = image if "/" in image else kept.repositories.get(image)
    if address is None:
        raise NotRegistered(
            f"environment {name} has no repository for {image} yet: bring it up first (`modelway up {name}`), then publish."
        )
    if address not in kept.repositories.values():
        field = f'models.{model}.versions."{version}".image'
        rule = f"only the environment's own registry is published to, and it has {_listed(kept.repositories.values())}"
        raise Refused(
            _fault(field, str(versions[version].image), rule, "publish it with the tools of that registry, or write NAME@sha256:…")
        )
    host, _, repository = address.partition("/")
    return Release(model, version, host, repository, image_digest, kept.bucket, weights.key, weights.sha256)


def find_all(environment: Environment, folder: Path) -> list[Wanted]:
    """Everything in `folder`: <model>/<version>/ with model.json and image/.

    Raises Refused when `folder` holds nothing, or what the environment does not know.
    """
    found = [Wanted(file.parts[-3], file.parts[-2], file.parent / "image", file) for file in sorted(folder.glob("*/*/model.json"))]
    if not found:
        raise Refused(f"{folder}: there is nothing to publish: no <model>/<version>/model.json.")
    known = {(model, version) for model, settings in environment.models.items() for version in settings.versions}
    if strange := [f"{each.model} {each.version}" for each in found if (each.model, each.version) not in known]:
        raise Refused(
            f"{folder}: environment {environment.environment} does not know {', '.join(strange)}: add the version to the model's file."
        )
    return found


def gather(image: Path, weights: Path) -> Material:
    """The OCI image layout and the weights, read and hashed. Raises BrokenImage or Refused."""
    try:
        with weights.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as fault:
        raise Refused(f"{weights}: the weights cannot be read: {fault.strerror}.") from fault
    return Material(read(image), weights, digest)


def check(ready: Sequence[tuple[Release, Material]]) -> None:
    """Nothing happens when every material is what its release pins. Raises Refused with all differences otherwise."""
    faults = []
    for release, material in ready:
        field = f'models.{release.model}.versions."{release.version}"'
        if (found := material.image.digest) != release.image_digest:
            faults.append(_mismatch(f"{field}.image", release.image_digest, "the image at hand has", found))
        if (found := f"sha256:{material.weights_sha256}") != (pinned := f"sha256:{release.weights_sha256}"):
            faults.append(_mismatch(f"{field}.weights", pinned, "the weights at hand have", found))
    if faults:
        raise Refused("\n".join(["nothing was published:", *faults]))


def publish(release: Release, material: Material, images: ImageRegistry, store: ModelStore, progress: Progress) -> Published:
    """Image and weights are in place and were read back. Uploads only what is missing.

    Raises Refused before anything is uploaded when material or what is already there contradicts the release, NotTheSame, or AwsFailure.
    """
    check([(release, material)])
    image = material.image
    held = store.recorded(release.bucket, release.key)
    tagged = images.by_tag(release.repository, release.version)
    _check_held(release, held, tagged)
    uploaded = []
    if tagged is None:
        blobs = {blob.digest: blob for blob in (*image.layers, image.config)}
        for digest in images.missing(release.repository, list(blobs)):
            progress(f"{release.model} {release.version}: uploading {digest} ({blobs[digest].size} bytes)")
            images.upload(release.repository, digest, blobs[digest].file)
            uploaded.append(digest)
        manifest = image.manifest
        answered = images.put(release.repository, manifest.file.read_bytes(), manifest.media_type, manifest.digest, release.version)
        uploaded.append(release.image)
        _same(release.image, release.image_digest, answered)
    _same(release.image, release.image_digest, _digest(images.by_digest(release.repository, release.image_digest)))
    if held is None:
        progress(f"{release.model} {release.version}: uploading {release.weights} ({material.weights.stat().st_size} bytes)")
        store.put(release.bucket, release.key, material.weights, release.weights_sha256)
        uploaded.append(release.weights)
        _same(release.weights, release.weights_sha256, store.counted(release.bucket, release.key))
    return Published(release, tuple(uploaded))


def _check_held(release: Release, weights: str | None, tagged: bytes | None) -> None:
    field = f'models.{release.model}.versions."{release.version}"'
    way_out = f"give what is new a version of its own, or publish what {release.version} already is"
    faults = []
    if tagged is not None and (found := _digest(tagged)) != release.image_digest:
        tag = f"{release.registry}/{release.repository}:{release.version}"
        faults.append(_fault(f"{field}.image", release.image_digest, f"a published tag is never moved, and {tag} is {found}", way_out))
    if weights is not None and weights != release.weights_sha256:
        rule = f"published weights are never overwritten, somebody may serve them, and {release.weights} holds sha256:{weights}"
        faults.append(_fault(f"{field}.weights", f"sha256:{release.weights_sha256}", rule, way_out))
    if faults:
        raise Refused("\n".join([f"nothing was published for {release.model} {release.version}:", *faults]))


def _mismatch(field: str, pinned: str, what: str, found: str) -> str:
    way_out = f"build what is pinned, or pin {found} in the model file (under a new version if this one is out)"
    return _fault(field, pinned, f"the model file pins this digest, but {what} {found}", way_out)


def _fault(field: str, value: str, rule: str, way_out: str) -> str:
    return f"  {field}: {value}\n    rule: {rule}\n    way out: {way_out}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _digest(manifest: bytes | None) -> str:
    return "nothing" if manifest is None else f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def _same(what: str, expected: str, found: str) -> None:
    if found != expected:
        raise NotTheSame(
            f"{what} was uploaded, but what AWS holds is {found}. Do not release it; publish again, and look at who else writes there."
        )
