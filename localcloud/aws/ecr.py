"""ECR's layers: moto counts their bytes and throws them away, and takes a manifest on trust. Here they are kept, checked and handed out.

Changes moto's own backend, inside the front's process.
"""

import hashlib
import hmac
import json
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from localcloud.aws.messages import Answer, Refused, Request

PATH = "/_modelway/layers/"
LIFETIME = 3600
"""Seconds a download URL may be used. Source: Amazon ECR, GetDownloadUrlForLayer ("valid for 60 minutes")."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SINGLE = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")


class Layers:
    """The bytes of all layers, by digest, in a folder. Which repository has which layer is moto's knowledge."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = secrets.token_bytes(32)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def keep(self, content: bytes) -> str:
        """Afterwards the bytes can be downloaded. Their digest."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        file = self._file(digest)
        if not file.exists():
            fresh = file.with_suffix(f".{secrets.token_hex(4)}")
            fresh.write_bytes(content)
            fresh.replace(file)
        return digest

    def has(self, digest: str) -> bool:
        return bool(_DIGEST.fullmatch(digest)) and self._file(digest).is_file()

    def url(self, endpoint: str, digest: str, now: float) -> str:
        """Where the layer can be fetched without further credentials, for an hour."""
        until = str(int(now) + LIFETIME)
        return f"{endpoint}{PATH}{digest}?{urlencode({'until': until, 'signature': self._signature(digest, until)})}"

    def download(self, request: Request, now: float) -> Answer:
        """The bytes, for a URL that `url` made. Raises Refused."""
        digest = request.path.removeprefix(PATH).replace("%3A", ":")
        until, signature = request.parameter("until") or "", request.parameter("signature") or ""
        if not hmac.compare_digest(self._signature(digest, until).encode(), signature.encode()) or now > int(until) or not self.has(digest):
            raise Refused("AccessDenied", "This download URL is not valid, or not any more.", 403)
        return Answer(200, self._file(digest).read_bytes(), [("Content-Type", "application/octet-stream")])

    def _file(self, digest: str) -> Path:
        return self._folder / digest.replace(":", "-")

    def _signature(self, digest: str, until: str) -> str:
        return hmac.digest(self._key, f"{digest} {until}".encode(), "sha256").hex()


def install(layers: Layers, endpoint: str, now: Any) -> None:
    """Afterwards moto's ECR refuses what ECR refuses, and gives layers back.

    `endpoint` is the front's, `now` a clock in seconds since the epoch.
    """
    from moto.core.responses import ActionResult
    from moto.ecr.exceptions import ImageAlreadyExistsException
    from moto.ecr.models import ECRBackend
    from moto.ecr.responses import ECRResponse

    complete, put = ECRBackend.complete_layer_upload, ECRBackend.put_image

    def complete_layer_upload(
        self: Any, repository_name: str, upload_id: str, layer_digests: list[str], registry_id: str | None = None
    ) -> dict[str, Any]:
        repository = self._get_repository(repository_name, registry_id)
        upload = repository.uploads.get(upload_id)
        if upload is not None:
            where = f"in the repository with name '{repository_name}' in the registry with id '{repository.registry_id}'"
            if not upload.layer_parts:
                raise Refused("EmptyUploadException", f"There are no parts uploaded for upload '{upload_id}' {where}")
            digest = f"sha256:{hashlib.sha256(bytes(upload.layer_parts)).hexdigest()}"
            if layer_digests != [digest]:
                del repository.uploads[upload_id]
                raise Refused(
                    "InvalidLayerException", f"The calculated digest '{digest}' does not match the provided {layer_digests} {where}"
                )
            if digest in repository.layers:
                del repository.uploads[upload_id]
                raise Refused("LayerAlreadyExistsException", f"The layer with digest '{digest}' already exists {where}")
            layers.keep(bytes(upload.layer_parts))
        return dict(complete(self, repository_name, upload_id, layer_digests, registry_id))

    def put_image(
        self: Any,
        repository_name: str,
        image_manifest: str,
        image_tag: str,
        image_manifest_mediatype: str | None = None,
        digest: str | None = None,
    ) -> Any:
        repository = self._get_repository(repository_name, None)
        counted = f"sha256:{hashlib.sha256(image_manifest.encode()).hexdigest()}"
        if digest is not None and digest != counted:
            raise Refused(
                "ImageDigestDoesNotMatchException", f"The image digest '{digest}' does not match the digest '{counted}' of the manifest"
            )
        try:
            manifest = json.loads(image_manifest)
        except ValueError:
            manifest = None
        if not isinstance(manifest, dict):
            raise Refused(
                "InvalidParameterException", "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'"
            )
        if (image_manifest_mediatype or manifest.get("mediaType")) in _SINGLE:
            needed = [part.get("digest", "") for part in [manifest.get("config") or {}, *(manifest.get("layers") or [])]]
            if missing := [one for one in needed if one not in repository.layers]:
                raise Refused(
                    "LayersNotFoundException",
                    f"Layers with digests '{missing}' required for pushing image into repository '{repository_name}' not found",
                )
        try:
            return put(self, repository_name, image_manifest, image_tag, image_manifest_mediatype, counted)
        except ImageAlreadyExistsException:
            if any(image.image_manifest == image_manifest and image_tag in image.image_tags for image in repository.images):
                raise
            # ECR tells the two apart: the same image again, and another one under a tag that is taken.
            message = f"The image tag '{image_tag}' already exists in the '{repository_name}' repository and cannot be overwritten"
            raise Refused("ImageTagAlreadyExistsException", f"{message} because the tag is immutable.") from None

    def get_download_url_for_layer(self: Any) -> ActionResult:
        repository = self.ecr_backend._get_repository(self._get_param("repositoryName"), self._get_param("registryId"))
        digest = str(self._get_param("layerDigest"))
        if digest not in repository.layers or not layers.has(digest):
            raise Refused("LayerInaccessibleException", f"The layer with digest '{digest}' is not in the repository '{repository.name}'")
        return ActionResult({"downloadUrl": layers.url(endpoint, digest, now()), "layerDigest": digest})

    for kind, method in ((ECRBackend, complete_layer_upload), (ECRBackend, put_image), (ECRResponse, get_download_url_for_layer)):
        setattr(kind, method.__name__, method)
