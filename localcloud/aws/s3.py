"""Where moto reads the policies of buckets more narrowly than S3 does."""

import json
from typing import Any

from moto.s3.models import FakeBucket
from moto.s3.utils import LOGGING_SERVICE_PRINCIPAL


def install() -> None:
    """A bucket takes access logs when its policy lets the service write them, however that is written."""
    FakeBucket._log_permissions_enabled_policy = staticmethod(_lets_logs_in)  # type: ignore[method-assign]


def _lets_logs_in(target_bucket: FakeBucket, target_prefix: str | None) -> bool:
    # moto fails at a principal "*" and takes one resource alone (moto/s3/models.py, FakeBucket._log_permissions_enabled_policy).
    arn = f"arn:{target_bucket.partition}:s3:::{target_bucket.name}"
    places = {f"{arn}/{target_prefix or ''}*", f"{arn}/*"}
    policy = json.loads(target_bucket.policy) if target_bucket.policy else {}
    return any(
        statement["Effect"] == "Allow"
        and isinstance(statement.get("Principal"), dict)
        and LOGGING_SERVICE_PRINCIPAL in _listed(statement["Principal"].get("Service"))
        and "s3:PutObject" in _listed(statement["Action"])
        and places & set(_listed(statement["Resource"]))
        for statement in policy.get("Statement", ())
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
