"""Publishing to an emulator of ECR and S3, over HTTP."""

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from modelway.operations import images
from modelway.operations._aws import AwsFailure, ImageRegistry, ModelStore
from modelway.operations.publish import NotTheSame, Published, Refused, Release, check, gather, publish

pytestmark = pytest.mark.localcloud

ACCOUNT, REGION = "123456789012", "eu-west-1"
REPOSITORY, BUCKET = "dev/example", "example-models"


@dataclass(frozen=True)
class Cloud:
    """Clients of the emulator: ours, and plain ones to look behind."""

    images: ImageRegistry
    store: ModelStore
    ecr: Any
    s3: Any


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Endpoint of the emulators."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def cloud(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """An empty repository with immutable tags, and an empty bucket with versions."""
    for name, value in {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}.items():
        monkeypatch.setenv(name, value)
    ecr, s3 = boto3.client("ecr", region_name=REGION), boto3.client("s3", region_name=REGION)
    ecr.create_repository(repositoryName=REPOSITORY, imageTagMutability="IMMUTABLE")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    yield Cloud(ImageRegistry(ACCOUNT, REGION), ModelStore(ACCOUNT, REGION), ecr, s3)
    ecr.delete_repository(repositoryName=REPOSITORY, force=True)
    for entry in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=entry["Key"])
    s3.delete_bucket(Bucket=BUCKET)


@dataclass(frozen=True)
class Case:
    """A version at hand, and the release that pins it."""

    image: Path
    weights: Path
    release: Release

    def publish(self, cloud: Cloud) -> Published:
        return publish(self.release, gather(self.image, self.weights), cloud.images, cloud.store, lambda _: None)


def build(folder: Path, program: bytes) -> images.Image:
    folder.mkdir(exist_ok=True)
    (folder / "serve.py").write_bytes(program)
    return images.build({"app/serve.py": folder / "serve.py"}, folder / "image", entrypoint=["python3", "/app/serve.py"])


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A version that the model file pins as it is."""
    image = build(tmp_path / "first", b"print('hello')\n")
    weights = tmp_path / "model.json"
    weights.write_bytes(b'{"a": 1}\n')
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    host = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
    return Case(
        tmp_path / "first" / "image",
        weights,
        Release("example", "1.0.0", host, REPOSITORY, image.digest, BUCKET, "example/1.0.0/model.json", digest),
    )


def tags(cloud: Cloud) -> dict[str, list[str]]:
    return {image["imageDigest"]: image["imageTags"] for image in cloud.ecr.describe_images(repositoryName=REPOSITORY)["imageDetails"]}


def objects(cloud: Cloud) -> list[str]:
    return [entry["Key"] for entry in cloud.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def test_image_and_weights_are_in_place(cloud: Cloud, case: Case) -> None:
    image = images.read(case.image)
    published = case.publish(cloud)
    assert set(published.uploaded) == {image.config.digest, image.layers[0].digest, case.release.image, case.release.weights}
    assert case.release.image == f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{REPOSITORY}@{image.digest}"
    assert tags(cloud) == {image.digest: ["1.0.0"]}
    (held,) = cloud.ecr.batch_get_image(repositoryName=REPOSITORY, imageIds=[{"imageTag": "1.0.0"}])["images"]
    manifest = held["imageManifest"].encode()
    assert f"sha256:{hashlib.sha256(manifest).hexdigest()}" == case.release.image_digest
    content = json.loads(manifest)
    digests = [content["config"]["digest"], *(layer["digest"] for layer in content["layers"])]
    layers = cloud.ecr.batch_check_layer_availability(repositoryName=REPOSITORY, layerDigests=digests)
    assert {layer["layerDigest"]: layer["layerSize"] for layer in layers["layers"]} == {
        blob.digest: blob.size for blob in (image.config, *image.layers)
    }
    stored = cloud.s3.get_object(Bucket=BUCKET, Key=case.release.key, ChecksumMode="ENABLED")
    assert stored["Body"].read() == case.weights.read_bytes()
    assert stored["ChecksumSHA256"]


def test_a_second_time_uploads_nothing(cloud: Cloud, case: Case) -> None:
    case.publish(cloud)
    before = cloud.s3.head_object(Bucket=BUCKET, Key=case.release.key)["LastModified"], tags(cloud)
    assert case.publish(cloud).uploaded == ()
    assert (cloud.s3.head_object(Bucket=BUCKET, Key=case.release.key)["LastModified"], tags(cloud)) == before


def test_a_second_version_of_the_same_image_uploads_no_layer(cloud: Cloud, case: Case) -> None:
    case.publish(cloud)
    second = dataclasses.replace(case, release=dataclasses.replace(case.release, version="1.1.0", key="example/1.1.0/model.json"))
    assert set(second.publish(cloud).uploaded) == {second.release.image, second.release.weights}
    assert tags(cloud) == {case.release.image_digest: ["1.0.0", "1.1.0"]}


def test_what_an_interrupted_run_left_out_is_added(cloud: Cloud, case: Case) -> None:
    image = images.read(case.image)
    cloud.images.upload(REPOSITORY, image.config.digest, image.config.file)
    assert set(case.publish(cloud).uploaded) == {image.layers[0].digest, case.release.image, case.release.weights}
    cloud.s3.delete_object(Bucket=BUCKET, Key=case.release.key)
    assert case.publish(cloud).uploaded == (case.release.weights,)


def test_a_large_layer_goes_in_parts(cloud: Cloud, case: Case, tmp_path: Path) -> None:
    image = build(tmp_path / "large", bytes(range(256)) * 100_000)
    large = dataclasses.replace(
        case, image=tmp_path / "large" / "image", release=dataclasses.replace(case.release, image_digest=image.digest)
    )
    assert image.layers[0].digest in large.publish(cloud).uploaded


def test_what_is_not_pinned_is_refused_with_every_difference(case: Case) -> None:
    wrong = dataclasses.replace(case.release, image_digest=f"sha256:{'1' * 64}", weights_sha256="2" * 64)
    with pytest.raises(Refused) as refusal:
        check([(wrong, gather(case.image, case.weights))])
    assert str(refusal.value) == (
        f"""nothing was published:
  models.example.versions."1.0.0".image: sha256:{"1" * 64}
    rule: the model file pins this digest, but the image at hand has {case.release.image_digest}
    way out: build what is pinned, or pin {case.release.image_digest} in the model file (under a new version if this one is out)
  models.example.versions."1.0.0".weights: sha256:{"2" * 64}
    rule: the model file pins this digest, but the weights at hand have sha256:{case.release.weights_sha256}
    way out: build what is pinned, or pin sha256:{case.release.weights_sha256} in the model file (under a new version if this one is out)"""
    )


def test_what_is_not_pinned_uploads_nothing(cloud: Cloud, case: Case) -> None:
    case.weights.write_bytes(b"{}")
    with pytest.raises(Refused):
        case.publish(cloud)
    assert (tags(cloud), objects(cloud)) == ({}, [])


def test_a_published_version_is_never_replaced(cloud: Cloud, case: Case, tmp_path: Path) -> None:
    case.publish(cloud)
    image = build(tmp_path / "other", b"print('other')\n")
    case.weights.write_bytes(b"{}")
    digest = hashlib.sha256(b"{}").hexdigest()
    release = dataclasses.replace(case.release, image_digest=image.digest, weights_sha256=digest)
    with pytest.raises(Refused) as refusal:
        dataclasses.replace(case, image=tmp_path / "other" / "image", release=release).publish(cloud)
    assert f"{REPOSITORY}:1.0.0 is {case.release.image_digest}" in str(refusal.value)
    assert f"{case.release.weights} holds sha256:{case.release.weights_sha256}" in str(refusal.value)
    assert str(refusal.value).count("way out: give what is new a version of its own") == 2
    assert tags(cloud) == {case.release.image_digest: ["1.0.0"]}


def test_an_object_without_a_recorded_sum_is_counted(cloud: Cloud, case: Case) -> None:
    cloud.s3.put_object(Bucket=BUCKET, Key=case.release.key, Body=case.weights.read_bytes(), ChecksumAlgorithm="CRC32")
    assert cloud.store.recorded(BUCKET, case.release.key) == case.release.weights_sha256
    assert case.release.weights not in case.publish(cloud).uploaded


def test_another_digest_from_the_registry_is_noticed(cloud: Cloud, case: Case) -> None:
    material = gather(case.image, case.weights)
    lie = dataclasses.replace(material.image.manifest, digest=f"sha256:{'3' * 64}")
    material = dataclasses.replace(material, image=dataclasses.replace(material.image, manifest=lie))
    release = dataclasses.replace(case.release, image_digest=lie.digest)
    # The emulator takes a digest as it is given; what it holds is hashed anew.
    with pytest.raises((NotTheSame, AwsFailure), match=r"sha256:3333|ImageDigestDoesNotMatch"):
        publish(release, material, cloud.images, cloud.store, lambda _: None)
    assert objects(cloud) == []


def test_a_damaged_upload_is_noticed(cloud: Cloud, tmp_path: Path) -> None:
    file = tmp_path / "blob"
    file.write_bytes(b"damaged")
    with pytest.raises(AwsFailure, match=r"sha256:4444|InvalidLayer"):
        cloud.images.upload(REPOSITORY, f"sha256:{'4' * 64}", file)


def test_weights_that_change_on_the_way_are_noticed(cloud: Cloud, case: Case) -> None:
    material = gather(case.image, case.weights)
    case.weights.write_bytes(b"{}")
    # S3 refuses a wrong sum itself; the emulator does not, and what it holds is counted.
    with pytest.raises((NotTheSame, AwsFailure), match=r"what AWS holds is|did not match|s3:PutObject"):
        publish(case.release, material, cloud.images, cloud.store, lambda _: None)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"repository": "nowhere"}, "AWS refused ecr:BatchGetImage: RepositoryNotFoundException"),
        ({"bucket": "nowhere-at-all"}, "AWS refused s3:PutObject: NoSuchBucket"),
    ],
)
def test_errors_of_aws_are_passed_on(changes: dict[str, str], text: str, cloud: Cloud, case: Case) -> None:
    with pytest.raises(AwsFailure, match=text):
        dataclasses.replace(case, release=dataclasses.replace(case.release, **changes)).publish(cloud)


def test_an_address_without_an_answer_is_one_sentence(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(AwsFailure, match="AWS: ecr:BatchGetImage failed: Could not connect"):
        ImageRegistry(ACCOUNT, REGION).by_tag(REPOSITORY, "1")


def test_weights_that_cannot_be_read_are_refused(case: Case) -> None:
    with pytest.raises(Refused, match="No such file"):
        gather(case.image, case.weights.with_name("nothing"))
    shutil.rmtree(case.image)
    with pytest.raises(images.BrokenImage, match="not an OCI image layout"):
        gather(case.image, case.weights)
