"""The serving program gets its weights from a model store, as it does in a cluster."""

import hashlib
import json
import runpy
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from moto.server import ThreadedMotoServer
from ruamel.yaml import YAML

from examples.serving import weights
from tests.examples.conftest import Refuse, Start
from tests.examples.program import ROOT

MODEL, VERSION = "tumor-screening", "2026.11.0"
VERSIONS = [("co2-forecast", "2026.11.0"), ("tumor-screening", "2026.10.0"), ("tumor-screening", "2026.11.0")]
USER = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
ROUNDING = {"co2-forecast": 2e-3, "tumor-screening": 1e-4}
"""What six digits per parameter may change of an answer."""
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
    return put(store, built, MODEL, VERSION, KEY)


def put(store: str, built: Path, model: str, version: str, key: str) -> dict[str, str]:
    """Puts a version's weights into the store; the variables of a pod that serves it."""
    content = (built / model / version / "model.json").read_bytes()
    keys = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "secret"}
    client = boto3.client("s3", endpoint_url=store, region_name="eu-west-1", **keys)
    if not client.list_buckets()["Buckets"]:
        client.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client.put_object(Bucket="models", Key=key, Body=content)
    return {
        "MODEL_NAME": model,
        "MODEL_VERSION": version,
        "MODEL_URI": f"s3://models/{key}",
        "MODEL_SHA256": hashlib.sha256(content).hexdigest(),
        "AWS_ENDPOINT_URL": store,
        "AWS_REGION": "eu-west-1",
    }


@pytest.mark.localcloud
@pytest.mark.parametrize(("model", "version"), VERSIONS)
def test_the_sample_of_the_contract_is_answered_as_the_model_does(model: str, version: str, store: str, built: Path, serve: Start) -> None:
    pod = put(store, built, model, version, f"{model}/{version}/model.json")
    program = serve(pod | USER)
    sample = YAML(typ="safe").load((ROOT / "examples" / model / "contract.yaml").read_text("utf-8"))["sample"]
    status, answer = program.infer(model, sample)
    assert status == 200, answer
    assert answer["outputs"][0]["data"] == pytest.approx(in_process(model, version, sample), abs=ROUNDING[model])
    # The two versions of one model do not give the same answer: it is this one's.
    others = [in_process(model, other, sample) for name, other in VERSIONS if name == model and other != version]
    assert all(answer["outputs"][0]["data"] != pytest.approx(other, abs=ROUNDING[model]) for other in others)


def in_process(model: str, version: str, sample: dict[str, Any]) -> list[float]:
    """What the library that trained the model answers."""
    train = runpy.run_path(str(ROOT / "examples" / model / "train.py"))
    data = train["read"]()
    columns: dict[str, Any] = {tensor["name"]: tensor["data"] for tensor in sample["inputs"]}
    if model == "tumor-screening":
        scaler, classifier = train["fit"](data, version)
        features = np.column_stack([columns[name] for name in data.columns])
        return list(classifier.predict_proba(scaler.transform(features))[:, 1])
    # statsmodels forecasts from where a series ends: the sample's months have to be months of it.
    forecasts = train["fit"](data).append(np.array(data.ppm[data.split :])).predict(data.split, len(data.ppm) - 1)
    rows = list(train["examples"](data, data.split, len(data.ppm)))
    wanted = zip(columns["month"], columns["lag_1"], columns["lag_2"], columns["lag_3"], strict=True)
    return [forecasts[next(at for at, (month, lags, _) in enumerate(rows) if [month, *lags] == list(each))] for each in wanted]


@pytest.mark.localcloud
def test_weights_come_from_the_store_with_the_variables_of_a_user(stored: dict[str, str], serve: Start) -> None:
    program = serve(stored | USER)
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
        try:
            program = serve(stored | {"AWS_CONTAINER_CREDENTIALS_FULL_URI": uri, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token)})
        finally:
            agent.shutdown()
    assert program.call(f"/v2/models/{MODEL}/ready")[0] == 200
    assert asked == ["/v1/credentials service-account-token"]


@pytest.mark.localcloud
def test_weights_in_the_store_that_are_not_the_ones_asked_for_are_refused(stored: dict[str, str], refused: Refuse) -> None:
    assert "nothing of it was used" in refused(stored | USER | {"MODEL_SHA256": "0" * 64})
    assert "answered 404" in refused(stored | USER | {"MODEL_URI": "s3://models/other"})
    assert "cannot read s3://models/" in refused(stored | USER | {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})


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
