"""Container images as folders: the OCI image layout, built without a container engine and the same byte for byte everywhere.

Source: OCI Image Format Specification 1.1 (image-layout.md, manifest.md, config.md, layer.md).
"""

import hashlib
import io
import json
import re
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from modelway.errors import ModelwayError

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"

USER = "65532:65532"
"""User and group of the program: not root, as the Pod Security standard `restricted` wants, and of no meaning to any distribution."""


class BrokenImage(ModelwayError):
    """The folder is not an image layout that can be used."""


@dataclass(frozen=True)
class Blob:
    """A part of an image on disk, whose size and digest were checked."""

    media_type: str
    digest: str
    size: int
    file: Path

    @property
    def descriptor(self) -> dict[str, object]:
        """How a manifest refers to it."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size}


@dataclass(frozen=True)
class Image:
    """One image: what its manifest says, exactly as it is hashed, and its blobs."""

    manifest: Blob
    config: Blob
    layers: tuple[Blob, ...]

    @property
    def digest(self) -> str:
        """`sha256:…` of the manifest: what a reference pins."""
        return self.manifest.digest


def build(files: Mapping[str, Path], out: Path, *, entrypoint: Sequence[str], base: Path | None = None) -> Image:
    """`out` is an image layout: `files` (by path inside, without the first slash) as one layer, on those of the layout `base` if given.

    The same files give the same digest: owners, times, modes and order are fixed and nothing is compressed. Without `base` the image holds
    nothing else, so a container engine cannot start a program that needs an interpreter. What was in `out` is replaced.
    Raises BrokenImage when `base` cannot be used.
    """
    ground = read(base) if base else None
    settings = _json(ground.config) if ground else {"architecture": "amd64", "os": "linux"}
    shutil.rmtree(out, ignore_errors=True)
    (out / "blobs" / "sha256").mkdir(parents=True)
    layer = _store(out, LAYER, _archive(files))
    below = [_store(out, blob.media_type, blob.file.read_bytes()) for blob in ground.layers] if ground else []
    run = {**_mapping(settings.get("config")), "Entrypoint": list(entrypoint), "User": USER, "WorkingDir": "/"}
    run.pop("Cmd", None)
    rootfs = {"type": "layers", "diff_ids": [*_list(_mapping(settings.get("rootfs")).get("diff_ids")), layer.digest]}
    # The history of the base describes fewer layers than there are now; it is optional.
    described = {key: value for key, value in settings.items() if key != "history"}
    config = _store(out, CONFIG, _bytes({**described, "config": run, "rootfs": rootfs}))
    layers = (*below, layer)
    content = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.descriptor,
        "layers": [blob.descriptor for blob in layers],
    }
    manifest = _store(out, MANIFEST, _bytes(content))
    (out / "oci-layout").write_bytes(_bytes({"imageLayoutVersion": "1.0.0"}))
    (out / "index.json").write_bytes(_bytes({"schemaVersion": 2, "manifests": [manifest.descriptor]}))
    return Image(manifest, config, layers)


def read(layout: Path) -> Image:
    """The one image of a layout, with every digest and size checked. Raises BrokenImage."""
    if not (layout / "oci-layout").is_file():
        raise BrokenImage(f"{layout}: not an OCI image layout: it has no file `oci-layout`.")
    index = _parse((layout / "index.json"), "index.json")
    manifests = _list(index.get("manifests"))
    if len(manifests) != 1:
        raise BrokenImage(
            f"{layout}: holds {len(manifests)} images; one is needed, for one platform (`skopeo copy docker://IMAGE oci:DIR` writes that)."
        )
    manifest = _blob(layout, manifests[0])
    if manifest.media_type != MANIFEST:
        raise BrokenImage(
            f"{layout}: holds a {manifest.media_type}; an {MANIFEST} is needed (an index of several platforms is not one image)."
        )
    content = _json(manifest)
    return Image(manifest, _blob(layout, content.get("config")), tuple(_blob(layout, layer) for layer in _list(content.get("layers"))))


def _archive(files: Mapping[str, Path]) -> bytes:
    contents = {PurePosixPath(name): file.read_bytes() for name, file in files.items()}
    folders = {parent for name in contents for parent in name.parents if parent.name}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(folders | contents.keys()):
            if name in folders:
                archive.addfile(_entry(name, tarfile.DIRTYPE, 0o755, 0))
            else:
                archive.addfile(_entry(name, tarfile.REGTYPE, 0o644, len(contents[name])), io.BytesIO(contents[name]))
    return buffer.getvalue()


def _entry(name: PurePosixPath, kind: bytes, mode: int, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(str(name))
    entry.type, entry.mode, entry.size = kind, mode, size
    return entry


def _store(out: Path, media_type: str, content: bytes) -> Blob:
    digest = hashlib.sha256(content).hexdigest()
    file = out / "blobs" / "sha256" / digest
    file.write_bytes(content)
    return Blob(media_type, f"sha256:{digest}", len(content), file)


def _blob(layout: Path, descriptor: object) -> Blob:
    entry = _mapping(descriptor)
    media_type, digest, size = str(entry.get("mediaType")), str(entry.get("digest")), entry.get("size")
    # The digest becomes a path: nothing but hex digits may.
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise BrokenImage(f"{layout}: digest {digest!r} is not `sha256:` and 64 hex digits.")
    file = layout / "blobs" / "sha256" / digest.removeprefix("sha256:")
    try:
        with file.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
        found_size = file.stat().st_size
    except OSError as fault:
        raise BrokenImage(f"{layout}: blob {digest} cannot be read: {fault.strerror}.") from fault
    if f"sha256:{found}" != digest or found_size != size:
        raise BrokenImage(f"{layout}: blob {digest} ({size} bytes) is damaged: it has {found_size} bytes and digest sha256:{found}.")
    return Blob(media_type, digest, found_size, file)


def _json(blob: Blob) -> dict[str, object]:
    return _parse(blob.file, blob.digest)


def _parse(file: Path, what: str) -> dict[str, object]:
    try:
        return _mapping(json.loads(file.read_bytes()))
    except (OSError, ValueError, RecursionError) as fault:
        raise BrokenImage(f"{file}: {what} cannot be read as JSON: {fault}.") from fault


def _mapping(value: object) -> dict[str, object]:
    return dict(value) if isinstance(value, Mapping) else {}


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def _bytes(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
