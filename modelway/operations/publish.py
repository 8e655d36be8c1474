"""Publishing: the image and the weights of a model version are where its file says, under the digests that it pins."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from modelway.errors import ModelwayError
from modelway.operations._aws import ImageRegistry, ModelStore
from modelway.operations.images import Image, read

Progress = Callable[[str], None]


class Refused(ModelwayError):
    """What is at hand is not what the model file pins; nothing was uploaded."""


class NotTheSame(ModelwayError):
    """What AWS holds after the upload is not what was uploaded."""


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


def gather(image: Path, weights: Path) -> Material:
    """The OCI image layout and the weights, read and hashed. Raises BrokenImage or Refused."""
    try:
        with weights.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as fault:
        raise Refused(f"{weights}: the weights cannot be read: {fault.strerror}.") from fault
    return Material(read(image), weights, digest)


def check(release: Release, material: Material) -> None:
    """Nothing happens when the material is what the release pins. Raises Refused with every difference otherwise."""
    field = f'versions."{release.version}"'
    faults = []
    if material.image.digest != release.image_digest:
        faults.append(_mismatch(f"{field}.image", release.image_digest, "the image at hand has", material.image.digest))
    if material.weights_sha256 != release.weights_sha256:
        faults.append(
            _mismatch(
                f"{field}.weights", f"sha256:{release.weights_sha256}", "the weights at hand have", f"sha256:{material.weights_sha256}"
            )
        )
    if faults:
        raise Refused("\n".join([f"{release.model} {release.version} was not published:", *faults]))


def publish(release: Release, material: Material, images: ImageRegistry, store: ModelStore, progress: Progress) -> Published:
    """Image and weights are in place and were read back. Uploads only what is missing.

    Raises Refused before anything is uploaded when material or what is already there contradicts the release, NotTheSame, or AwsFailure.
    """
    check(release, material)
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
    field = f'versions."{release.version}"'
    way_out = f"give what is new a version of its own, or publish what {release.version} already is"
    faults = []
    if tagged is not None and (found := _digest(tagged)) != release.image_digest:
        tag = f"{release.registry}/{release.repository}:{release.version}"
        faults.append(_fault(f"{field}.image", release.image_digest, f"a published tag is never moved, and {tag} is {found}", way_out))
    if weights is not None and weights != release.weights_sha256:
        rule = f"published weights are never overwritten, somebody may serve them, and {release.weights} holds sha256:{weights}"
        faults.append(_fault(f"{field}.weights", f"sha256:{release.weights_sha256}", rule, way_out))
    if faults:
        raise Refused("\n".join([f"{release.model} {release.version} was not published:", *faults]))


def _mismatch(field: str, pinned: str, what: str, found: str) -> str:
    way_out = f"build what is pinned, or pin {found} in the model file (under a new version if this one is out)"
    return _fault(field, pinned, f"the model file pins this digest, but {what} {found}", way_out)


def _fault(field: str, value: str, rule: str, way_out: str) -> str:
    return f"  {field}: {value}\n    rule: {rule}\n    way out: {way_out}"


def _digest(manifest: bytes | None) -> str:
    return "nothing" if manifest is None else f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def _same(what: str, expected: str, found: str) -> None:
    if found != expected:
        raise NotTheSame(
            f"{what} was uploaded, but what AWS holds is {found}. Do not release it; publish again, and look at who else writes there."
        )
