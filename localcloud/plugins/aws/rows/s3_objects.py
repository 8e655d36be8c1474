"""Objects in buckets. Schema: hashicorp/terraform-provider-aws, internal/service/s3/object.go."""

from __future__ import annotations

from localcloud.plugins.aws.table import TAGS, Call, Read, Row, Scope, Source, Step, Tagging


def _place(scope: Scope) -> tuple[str, str]:
    """Bucket and key: of the inputs, or of an import, whose id is `BUCKET/KEY`."""
    bucket, _, key = scope.id.partition("/")
    return scope.inputs.get("bucket", bucket), scope.inputs.get("key", key)


_FOUND = {"Bucket": Source(lambda scope: _place(scope)[0]), "Key": Source(lambda scope: _place(scope)[1])}
_SAID = {
    "Body": "content",
    "CacheControl": "cacheControl",
    "ContentType": "contentType",
    "Metadata": "metadata",
    "ServerSideEncryption": "serverSideEncryption",
    "StorageClass": "storageClass",
}

OBJECT = Row(
    type="aws:s3/bucketObjectv2:BucketObjectv2",
    service="s3",
    source="internal/service/s3/object.go",
    served="moto",
    create=Call("PutObject", {"Bucket": "bucket", "Key": "key", **_SAID}),
    id="join('/', [inputs.bucket, inputs.key])",
    read=Read(Call("HeadObject", _FOUND), more={"tagging": Call("GetObjectTagging", _FOUND)}),
    steps=(Step(tuple(_SAID.values()), Call("PutObject", {**_FOUND, **_SAID}), on_create=False),),
    delete=(Call("DeleteObject", _FOUND),),
    outputs={
        "arn": Source(lambda scope: f"arn:{scope.partition}:s3:::{'/'.join(_place(scope))}"),
        "bucket": _FOUND["Bucket"],
        "key": _FOUND["Key"],
        "etag": Source(lambda scope: str(scope.live.get("ETag", "")).strip('"')),
    },
    replace_on=frozenset({"bucket", "key"}),
    computed=frozenset({"acl", "bucketKeyEnabled", "contentType", "etag", "kmsKeyId", "serverSideEncryption", "storageClass"}),
    kept={"content": "it is not read back"},
    # It says again what the content is.
    import_skips=frozenset({"etag"}),
    tagging=Tagging(
        Call("PutObjectTagging", {**_FOUND, "Tagging": {"TagSet": TAGS}}),
        # All tags are put at once.
        Call("DeleteObjectTagging", _FOUND),
        read="tagging.TagSet",
        on_create=False,
    ),
    note="with its content as text; no versions, no locks, no lists of who may read",
)

ROWS = (OBJECT,)
