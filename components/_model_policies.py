"""What the pods of a model may do in AWS, as IAM documents."""

from collections.abc import Sequence

from components._statements import Document, allow, document


def read_elsewhere(objects: Sequence[str]) -> Document:
    """Read objects (their ARNs) in buckets of others, who have to allow it too."""
    return document(allow("ReadWeightsElsewhere", ("s3:GetObject",), sorted(objects)))


def write_payloads(bucket: str, versions: Sequence[str], key: str) -> Document:
    """Add to what is kept of `versions` in `bucket` (an ARN), encrypted by S3 alone with the KMS key `key`; read or delete nothing."""
    via_s3 = {"StringEquals": {"kms:ViaService": f"s3.{key.split(':')[3]}.amazonaws.com"}}
    return document(
        allow("WritePayloads", ("s3:PutObject",), [f"{bucket}/{version}/*" for version in sorted(versions)]),
        allow("EncryptPayloads", ("kms:GenerateDataKey",), [key], condition=via_s3),
    )
