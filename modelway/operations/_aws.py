"""The calls to AWS that operations make, and nothing else: the only import of boto3 here. Errors of AWS become AwsFailure."""

import base64
import hashlib
import os
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import boto3
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from modelway.errors import ModelwayError

MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
"""Media types of manifests that are taken as they are: ECR converts others, and their digest would change."""

MAX_OBJECT = 5 * 1024**3
"""Bytes of an object that is put in one request, and so has a SHA-256 of its own. Source: Amazon S3 API, PutObject."""


class AwsFailure(ModelwayError):
    """AWS refused a call, or could not be reached."""


class NoCredentials(AwsFailure):
    """There are none at all. `environment` is the one that they are for, where that is known."""

    found = "there are no AWS credentials"

    def __init__(self, environment: str = "ENV") -> None:
        self.way_out = (
            "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use `aws sso login`; "
            f'for the cloud on a laptop: eval "$(modelway local env {environment})".'
        )
        super().__init__(f"{self.found}: {self.way_out}")


class ImageRegistry:
    """ECR repositories of one account and region."""

    def __init__(self, account: str, region: str) -> None:
        self._account = account
        with explained("ecr"):
            self._client = boto3.Session(region_name=region).client("ecr")

    def by_digest(self, repository: str, digest: str) -> bytes | None:
        """The manifest with that digest as the registry holds it, or None."""
        return self._find(repository, {"imageDigest": digest})

    def by_tag(self, repository: str, tag: str) -> bytes | None:
        """The manifest that the tag points at, or None."""
        return self._find(repository, {"imageTag": tag})

    def missing(self, repository: str, digests: Sequence[str]) -> list[str]:
        """Those of the blobs with these digests that the repository does not hold, each once."""
        wanted = list(dict.fromkeys(digests))
        with explained("ecr:BatchCheckLayerAvailability"):
            answer = self._client.batch_check_layer_availability(registryId=self._account, repositoryName=repository, layerDigests=wanted)
        held = {layer["layerDigest"] for layer in answer["layers"] if layer["layerAvailability"] == "AVAILABLE"}
        return [digest for digest in wanted if digest not in held]

    def upload(self, repository: str, digest: str, file: Path) -> None:
        """The repository holds the file's content as a blob, and counted the same digest. Raises AwsFailure when it did not."""
        target = {"registryId": self._account, "repositoryName": repository}
        with explained("ecr:InitiateLayerUpload"):
            begun = self._client.initiate_layer_upload(**target)
        upload, size = begun["uploadId"], begun["partSize"]
        with file.open("rb") as content, explained("ecr:UploadLayerPart"):
            first = 0
            while part := content.read(size):
                last = first + len(part) - 1
                self._client.upload_layer_part(**target, uploadId=upload, partFirstByte=first, partLastByte=last, layerPartBlob=part)
                first = last + 1
        with explained("ecr:CompleteLayerUpload"):
            try:
                counted = self._client.complete_layer_upload(**target, uploadId=upload, layerDigests=[digest])["layerDigest"]
            except self._client.exceptions.LayerAlreadyExistsException:
                # Somebody else was quicker.
                return
        if counted != digest:
            raise AwsFailure(f"ECR counted digest {counted} for the uploaded {digest}: the upload is damaged. Publish again.")

    def put(self, repository: str, manifest: bytes, media_type: str, digest: str, tag: str) -> str:
        """The repository holds the manifest, which has that digest, under `tag`. Returns the digest that ECR answers."""
        with explained("ecr:PutImage"):
            answer = self._client.put_image(
                registryId=self._account,
                repositoryName=repository,
                imageManifest=manifest.decode(),
                imageManifestMediaType=media_type,
                imageDigest=digest,
                imageTag=tag,
            )
        return str(answer["image"]["imageId"]["imageDigest"])

    def download(self, repository: str, digest: str, file: Path) -> None:
        """The file holds the blob with that digest. Raises AwsFailure for another, and for one that is not there."""
        with explained("ecr:GetDownloadUrlForLayer"):
            url = self._client.get_download_url_for_layer(registryId=self._account, repositoryName=repository, layerDigest=digest)[
                "downloadUrl"
            ]
        counted = hashlib.sha256()
        try:
            with urllib.request.urlopen(url, timeout=60) as answer, file.open("wb") as written:
                while chunk := answer.read(1024 * 1024):
                    counted.update(chunk)
                    written.write(chunk)
        except OSError as fault:
            raise AwsFailure(f"blob {digest} of {repository} cannot be read: {fault}") from fault
        if f"sha256:{counted.hexdigest()}" != digest:
            raise AwsFailure(f"blob {digest} of {repository} is damaged: it has digest sha256:{counted.hexdigest()}.")

    def _find(self, repository: str, identifier: dict[str, str]) -> bytes | None:
        with explained("ecr:BatchGetImage"):
            answer = self._client.batch_get_image(
                registryId=self._account, repositoryName=repository, imageIds=[identifier], acceptedMediaTypes=list(MANIFESTS)
            )
        return str(answer["images"][0]["imageManifest"]).encode() if answer["images"] else None


class ModelStore:
    """Buckets of one account and region."""

    def __init__(self, account: str, region: str) -> None:
        self._owner = account
        with explained("s3"):
            self._client = boto3.Session(region_name=region).client("s3")

    def recorded(self, bucket: str, key: str) -> str | None:
        """The SHA-256 (hex) of the object: as S3 recorded it at upload, else counted anew. None when there is no object."""
        with explained("s3:HeadObject"):
            try:
                head = self._client.head_object(Bucket=bucket, Key=key, ExpectedBucketOwner=self._owner, ChecksumMode="ENABLED")
            except ClientError as fault:
                if fault.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
                    return None
                raise
        # The checksum of an object put in parts is one of checksums, and carries their number behind a dash.
        if "ChecksumSHA256" in head and "-" not in head["ChecksumSHA256"]:
            return base64.b64decode(head["ChecksumSHA256"]).hex()
        return self.counted(bucket, key)

    def counted(self, bucket: str, key: str) -> str:
        """The SHA-256 (hex) of the object's bytes, read back."""
        found = hashlib.sha256()
        with explained("s3:GetObject"):
            body = self._client.get_object(Bucket=bucket, Key=key, ExpectedBucketOwner=self._owner)["Body"]
            for chunk in body.iter_chunks(1024 * 1024):
                found.update(chunk)
        return found.hexdigest()

    def put(self, bucket: str, key: str, file: Path, sha256: str) -> None:
        """The bucket holds the file's content under `key`; S3 itself refuses it when it does not have that SHA-256 (hex)."""
        if file.stat().st_size > MAX_OBJECT:
            raise AwsFailure(f"{file} is larger than {MAX_OBJECT} bytes, the most that S3 takes with one SHA-256.")
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        with file.open("rb") as body, explained("s3:PutObject"):
            self._client.put_object(
                Bucket=bucket,
                Key=key,
                Body=body,
                ExpectedBucketOwner=self._owner,
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=checksum,
            )


def account_of_credentials(region: str) -> str:
    """The account that the credentials of the environment belong to. Raises AwsFailure without credentials, or when STS refuses them."""
    with explained("sts:GetCallerIdentity"):
        return str(boto3.Session(region_name=region).client("sts").get_caller_identity()["Account"])


def presigned_identity(region: str | None, headers: Mapping[str, str], seconds: int) -> str:
    """A URL of STS that tells who the credentials of the environment belong to, for `seconds`, to who sends exactly these headers.

    Nothing is called for it, unless the credentials themselves have to be fetched. Raises AwsFailure without credentials or region.
    """
    with explained("signing for sts:GetCallerIdentity"):
        # boto3 reads AWS_DEFAULT_REGION only; the other tools of AWS know both.
        session = boto3.Session(region_name=region or os.environ.get("AWS_REGION") or None)
        if session.get_credentials() is None:
            raise NoCredentialsError
        client = session.client("sts")

        def add(request: AWSRequest, **_: object) -> None:
            for name, value in headers.items():
                request.headers[name] = value

        client.meta.events.register("before-sign.sts.GetCallerIdentity", add)
        return str(client.generate_presigned_url("get_caller_identity", ExpiresIn=seconds, HttpMethod="GET"))


@contextmanager
def explained(call: str) -> Iterator[None]:
    """What AWS refuses within is told as AwsFailure, by the name of the call."""
    try:
        yield
    except ClientError as fault:
        error = fault.response["Error"]
        raise AwsFailure(f"AWS refused {call}: {error.get('Code')}: {error.get('Message')}") from fault
    except NoCredentialsError as fault:
        raise NoCredentials from fault
    except BotoCoreError as fault:
        raise AwsFailure(f"AWS: {call} failed: {fault}") from fault
