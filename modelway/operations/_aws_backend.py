"""State of the engine in S3, as far as its locks go."""

import os
from urllib.parse import parse_qs

import boto3
from botocore.config import Config

from modelway.operations._aws import explained
from modelway.operations.locks import Lock, places, read_owner


class S3Locks:
    """Locks below a prefix of a bucket; `query` are the options of the backend's URL."""

    def __init__(self, bucket: str, prefix: str, query: str) -> None:
        options = {key: values[-1] for key, values in parse_qs(query).items()}
        path_style = options.get("s3ForcePathStyle", options.get("use_path_style", "")).lower() == "true"
        with explained("s3"):
            # The engine reads both variables, boto3 only AWS_DEFAULT_REGION.
            region = options.get("region") or os.environ.get("AWS_REGION") or None
            session = boto3.Session(region_name=region, profile_name=options.get("profile"))
            self._client = session.client(
                "s3", endpoint_url=options.get("endpoint"), config=Config(s3={"addressing_style": "path"} if path_style else {})
            )
        self.region = str(self._client.meta.region_name)
        self._bucket = bucket
        self._folder = f"{prefix}/.pulumi/locks" if prefix else ".pulumi/locks"

    def of(self, stack: str) -> list[Lock]:
        found = []
        for place in places(stack):
            with explained("s3:ListBucket"):
                pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=f"{self._folder}/{place}/")
                keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
            for key in sorted(keys):
                with explained("s3:GetObject"):
                    try:
                        body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
                    except self._client.exceptions.NoSuchKey:
                        continue  # its run has just ended
                found.append(Lock(key, read_owner(body)))
        return found

    def remove(self, lock: Lock) -> None:
        with explained("s3:DeleteObject"):
            self._client.delete_object(Bucket=self._bucket, Key=lock.key)

    def mend(self, _stack: str) -> list[str]:
        """Nothing to do: S3 has an object whole or not at all."""
        return []
