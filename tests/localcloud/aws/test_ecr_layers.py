"""ECR keeps what it is given, and believes no digest."""

import hashlib
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.aws.eks_cluster import ACCOUNT

pytestmark = pytest.mark.localcloud

MEDIA = "application/vnd.oci.image.manifest.v1+json"


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Repository:
    """An ECR repository and the calls on it."""

    def __init__(self, client) -> None:
        self.ecr = client("ecr", ACCOUNT)
        self.name = f"dev/model-{uuid.uuid4().hex[:8]}"
        self.ecr.create_repository(repositoryName=self.name, imageTagMutability="IMMUTABLE")

    def upload(self, content: bytes, digest: str | None = None, part: int = 1000) -> str:
        upload = self.ecr.initiate_layer_upload(repositoryName=self.name)["uploadId"]
        for first in range(0, len(content), part):
            blob = content[first : first + part]
            self.ecr.upload_layer_part(
                repositoryName=self.name, uploadId=upload, partFirstByte=first, partLastByte=first + len(blob) - 1, layerPartBlob=blob
            )
        done = self.ecr.complete_layer_upload(repositoryName=self.name, uploadId=upload, layerDigests=[digest or sha256(content)])
        return str(done["layerDigest"])

    def put(self, manifest: str, **more: str) -> str:
        done = self.ecr.put_image(repositoryName=self.name, imageManifest=manifest, imageManifestMediaType=MEDIA, **more)
        return str(done["image"]["imageId"]["imageDigest"])

    def available(self, *digests: str) -> list[str]:
        answer = self.ecr.batch_check_layer_availability(repositoryName=self.name, layerDigests=list(digests))
        return [layer["layerDigest"] for layer in answer["layers"]]


def manifest(*layers: str) -> str:
    config, *rest = layers
    return json.dumps({"schemaVersion": 2, "mediaType": MEDIA, "config": {"digest": config}, "layers": [{"digest": one} for one in rest]})


def code(call: Callable[..., object], *positional: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as fault:
        call(*positional, **arguments)
    return str(fault.value.response["Error"]["Code"])


@pytest.fixture
def repository(client) -> Repository:
    return Repository(client)


def test_layers_come_back_as_they_were(repository: Repository) -> None:
    content = bytes(range(256)) * 20
    digest = repository.upload(content)
    assert digest == sha256(content)
    assert repository.available(digest, sha256(b"other")) == [digest]
    url = repository.ecr.get_download_url_for_layer(repositoryName=repository.name, layerDigest=digest)["downloadUrl"]
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.read() == content


def test_a_download_url_is_for_one_layer_and_an_hour(repository: Repository) -> None:
    first, second = repository.upload(b"first"), repository.upload(b"second")
    url = repository.ecr.get_download_url_for_layer(repositoryName=repository.name, layerDigest=first)["downloadUrl"]
    for forged in (
        url.replace(first, second),
        url.replace("until=1", "until=2"),
        url.partition("?")[0],
        url[:-1] + ("0" if url[-1] != "0" else "1"),
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(forged, timeout=10)
        with refused.value:
            assert refused.value.code == 403


def test_a_layer_of_another_repository_is_not_handed_out(client, repository: Repository) -> None:
    digest = Repository(client).upload(b"elsewhere")
    call = repository.ecr.get_download_url_for_layer
    assert code(call, repositoryName=repository.name, layerDigest=digest) == "LayerInaccessibleException"


def test_a_damaged_upload_is_refused(repository: Repository) -> None:
    assert code(repository.upload, b"content", digest=sha256(b"what was meant")) == "InvalidLayerException"
    assert repository.available(sha256(b"content"), sha256(b"what was meant")) == []


def test_an_empty_upload_is_refused(repository: Repository) -> None:
    assert code(repository.upload, b"") == "EmptyUploadException"


def test_a_layer_is_uploaded_once(repository: Repository) -> None:
    repository.upload(b"content")
    assert code(repository.upload, b"content") == "LayerAlreadyExistsException"


@pytest.mark.parametrize("given", [True, False])
def test_the_digest_of_an_image_is_that_of_its_manifest(repository: Repository, given: bool) -> None:
    text = manifest(repository.upload(b"config"), repository.upload(b"layer"))
    digest = repository.put(text, imageTag="1", **({"imageDigest": sha256(text.encode())} if given else {}))
    assert digest == sha256(text.encode())
    found = repository.ecr.batch_get_image(repositoryName=repository.name, imageIds=[{"imageDigest": digest}])["images"]
    assert [image["imageManifest"] for image in found] == [text]


def test_a_digest_that_is_not_the_manifests_is_refused(repository: Repository) -> None:
    text = manifest(repository.upload(b"config"))
    assert code(repository.put, text, imageTag="1", imageDigest=sha256(b"other")) == "ImageDigestDoesNotMatchException"


@pytest.mark.parametrize("missing", [0, 1])
def test_an_image_needs_its_layers(repository: Repository, missing: int) -> None:
    digests = [repository.upload(b"config"), repository.upload(b"layer")]
    digests[missing] = sha256(b"never uploaded")
    assert code(repository.put, manifest(*digests), imageTag="1") == "LayersNotFoundException"


def test_a_manifest_has_to_be_one(repository: Repository) -> None:
    for text in ("not json", "[]"):
        assert code(repository.put, text, imageTag="1") == "InvalidParameterException"


def test_a_tag_is_not_moved(repository: Repository) -> None:
    config = repository.upload(b"config")
    repository.put(manifest(config), imageTag="1")
    assert code(repository.put, manifest(config), imageTag="1") == "ImageAlreadyExistsException"
    other = manifest(config, repository.upload(b"layer"))
    assert code(repository.put, other, imageTag="1") == "ImageTagAlreadyExistsException"
