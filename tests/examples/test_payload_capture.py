"""The serving program keeps what it is told to keep of requests and answers, and nothing else."""

import hashlib
import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from ruamel.yaml import YAML

from tests.examples.conftest import Start
from tests.examples.program import ROOT
from tests.examples.test_weights_from_s3 import MODEL, USER, VERSION, put, store

__all__ = ["store"]

pytestmark = pytest.mark.localcloud


def sample() -> dict[str, Any]:
    content = YAML(typ="safe").load((ROOT / "examples" / MODEL / "contract.yaml").read_text("utf-8"))["sample"]
    return {**content, "id": "patient-4711"}


def kept(endpoint: str, bucket: str) -> list[dict[str, Any]]:
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="eu-west-1", aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="secret"
    )
    keys = [each["Key"] for each in client.list_objects_v2(Bucket=bucket).get("Contents", [])]
    assert all(key.startswith(f"{VERSION}/") for key in keys)
    return [json.loads(line) for key in keys for line in client.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines()]


def asked(endpoint: str, built: Path, serve: Start, bucket: str, **variables: str) -> list[dict[str, Any]]:
    """Three requests to a program with these variables, which then ends; what is kept."""
    pod = put(endpoint, built, MODEL, VERSION, f"{MODEL}/{VERSION}/model.json")
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="eu-west-1", aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="secret"
    )
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    program = serve({**pod, **USER, "DRAIN_SECONDS": "0", "FINISH_SECONDS": "3", "PAYLOAD_URI": f"s3://{bucket}", **variables})
    for _ in range(3):
        assert program.infer(MODEL, sample())[0] == 200
    assert program.infer(MODEL, {"inputs": []})[0] == 400
    program.process.terminate()
    assert program.process.wait(20) == 0
    return kept(endpoint, bucket)


def test_the_named_fields_are_kept(store: str, built: Path, serve: Start) -> None:
    inputs = [tensor["name"] for tensor in sample()["inputs"]]
    records = asked(store, built, serve, "kept", PAYLOAD_SAMPLE="1", PAYLOAD_FIELDS=f"{inputs[0]},probability,malignant")
    assert len(records) == 3
    for record in records:
        assert (record["model"], record["version"]) == (MODEL, VERSION)
        assert record["inputs"] == [tensor for tensor in sample()["inputs"] if tensor["name"] == inputs[0]]
        assert inputs[1] not in json.dumps(record)
        assert "patient-4711" not in json.dumps(record)
        assert record["id"] == hashlib.sha256(b"patient-4711").hexdigest()


def test_nothing_is_kept_that_chance_does_not_pick(store: str, built: Path, serve: Start) -> None:
    assert asked(store, built, serve, "not-kept", PAYLOAD_SAMPLE="0", PAYLOAD_FIELDS="mean_radius") == []
