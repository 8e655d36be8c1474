"""The serving program gets its weights from a model store, as it does in a cluster."""

import hashlib
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from moto.server import ThreadedMotoServer

from examples.serving import weights
from tests.examples.conftest import Refuse, Start

MODEL, VERSION = "tumor-screening", "2026.11.0"
KEY = f"{MODEL}/{VERSION}/model (1) +ü%20?.json"
REQUEST_TIME = datetime(2026, 11, 1, 12, 30, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """Endpoint of an S3 emulator."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def stored(store: str, built: Path) -> dict[str, str]:
    """Variables of a pod whose weights are in the store."""
    content = (built / MODEL / VERSION / "model.json").read_bytes()
    keys = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "secret"}
    client = boto3.client("s3", endpoint_url=store, region_name="eu-west-1", **keys)
    if not client.list_buckets()["Buckets"]:
        client.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client.put_object(Bucket="models", Key=KEY, Body=content)
    return {
        "MODEL_NAME": MODEL,
        "MODEL_VERSION": VERSION,
        "MODEL_URI": f"s3://models/{KEY}",
        "MODEL_SHA256": hashlib.sha256(content).hexdigest(),
        "AWS_ENDPOINT_URL": store,
        "AWS_REGION": "eu-west-1",
    }


@pytest.mark.localcloud
def test_weights_come_from_the_store_with_the_variables_of_a_user(stored: dict[str, str], serve: Start) -> None:
    program = serve(stored | {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"})
    assert program.call(f"/v2/models/{MODEL}/ready")[0] == 200


@pytest.mark.localcloud
def test_weights_come_from_the_store_with_pod_identity(stored: dict[str, str], serve: Start, tmp_path: Path) -> None:
    asked: list[str] = []

    class Agent(BaseHTTPRequestHandler):
        """Answers as the agent of EKS Pod Identity."""

        def do_GET(self) -> None:
            asked.append(f"{self.path} {self.headers['Authorization']}")
            answer = {"AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "s", "Token": "t", "Expiration": "2030-01-01T00:00:00Z"}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *args: Any) -> None:
            pass

    token = tmp_path / "token"
    token.write_text("service-account-token\n", "utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), Agent) as agent:
        threading.Thread(target=agent.serve_forever).start()
        uri = f"http://127.0.0.1:{agent.server_port}/v1/credentials"
        program = serve(stored | {"AWS_CONTAINER_CREDENTIALS_FULL_URI": uri, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token)})
        agent.shutdown()
    assert program.call(f"/v2/models/{MODEL}/ready")[0] == 200
    assert asked == ["/v1/credentials service-account-token"]


@pytest.mark.localcloud
def test_weights_in_the_store_that_are_not_the_ones_asked_for_are_refused(stored: dict[str, str], refused: Refuse) -> None:
    user = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    assert "nothing of it was used" in refused(stored | user | {"MODEL_SHA256": "0" * 64})
    assert "answered 404" in refused(stored | user | {"MODEL_URI": "s3://models/other"})
    assert "cannot read s3://models/" in refused(stored | user | {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})


@pytest.mark.parametrize("token", ["", "a/session+token=="])
@pytest.mark.parametrize("path", ["model.json", "a%20b/%C3%BC%2B%281%29.json"])
def test_requests_are_signed_as_botocore_signs_them(path: str, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: REQUEST_TIME.replace(tzinfo=None))
    url = f"http://127.0.0.1:4566/models/{path}"
    request = AWSRequest("GET", url)
    request.context["payload_signing_enabled"] = True
    S3SigV4Auth(BotoCredentials("AKIAEXAMPLE", "secret", token or None), "s3", "eu-west-1").add_auth(request)
    ours = weights.signed(url, "eu-west-1", weights.Credentials("AKIAEXAMPLE", "secret", token), REQUEST_TIME)
    assert ours["Authorization"] == request.headers["Authorization"]
    assert ours["x-amz-date"] == request.headers["X-Amz-Date"]
