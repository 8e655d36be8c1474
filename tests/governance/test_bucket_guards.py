"""What keeps the entries of a ledger in a bucket from being removed is told with what `verify` found, and so is what could not be asked."""

from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from modelway.governance.ledger import begun
from modelway.governance.ledger.store import store_at
from modelway.governance.verifying import verified
from tests.support.made_ledgers import PROJECT, Keys, made_keys

REGION = {"LocationConstraint": "eu-west-1"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return made_keys(tmp_path_factory.mktemp("keys"))


def test_a_bucket_without_versions_guards_nothing(keys: Keys, use_account: Callable[[str], None]) -> None:
    use_account("123456789012")
    boto3.client("s3", "eu-west-1").create_bucket(Bucket="open", CreateBucketConfiguration=REGION)
    address = "s3://open/prod"
    ledger = begun(address, PROJECT, keys.trusted, keys.edwards)
    assert verified(ledger, store_at(address), None).notes == [
        "versioning of bucket open is not on (never switched on): what is overwritten or deleted there is gone",
        "object lock of bucket open is not on: whoever may delete there can remove entries, which an anchor shows, and nothing hinders",
    ]


@pytest.mark.parametrize(
    ("retention", "said"),
    [
        (None, "is on, without a default retention: no entry is locked by it"),
        ({"Mode": "COMPLIANCE", "Years": 7}, "is on: for 7 years a version of an entry can be deleted by nobody"),
        (
            {"Mode": "GOVERNANCE", "Days": 30},
            "is on: for 30 days a version of an entry can be deleted by nobody without s3:BypassGovernanceRetention",
        ),
    ],
    ids=["no-retention", "years", "days"],
)
def test_a_locked_bucket_says_for_how_long(
    retention: dict[str, object] | None, said: str, keys: Keys, use_account: Callable[[str], None]
) -> None:
    use_account("123456789012")
    client = boto3.client("s3", "eu-west-1")
    client.create_bucket(Bucket="locked", CreateBucketConfiguration=REGION, ObjectLockEnabledForBucket=True)
    rule = {"Rule": {"DefaultRetention": retention}} if retention else {}
    client.put_object_lock_configuration(Bucket="locked", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", **rule})
    ledger = begun("s3://locked/prod", PROJECT, keys.trusted, keys.edwards)
    # Entries are written once, and a new version of the head is no deletion.
    assert verified(ledger, store_at("s3://locked/prod"), None).faults == []
    assert store_at("s3://locked/prod").guards() == [
        "versioning of bucket locked is on",
        f"object lock of bucket locked {said}",
    ]


def test_what_could_not_be_asked_is_said(use_account: Callable[[str], None]) -> None:
    use_account("123456789012")
    versioning, lock = store_at("s3://no-such-bucket/prod").guards()
    assert versioning.startswith("versioning of bucket no-such-bucket could not be asked for: ")
    assert lock.startswith("object lock of bucket no-such-bucket could not be asked for: ")
    assert "NoSuchBucket" in versioning


def test_a_folder_says_that_nothing_hinders(tmp_path: Path) -> None:
    (line,) = store_at(str(tmp_path)).guards()
    assert "whoever may write there may remove what is in it" in line
