"""A model on SageMaker is asked as its callers ask it, and who answered is told: the variant, its version, whether it is what should."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from modelway.architecture import Environment, load
from modelway.cli.ask import where_to_look
from modelway.operations import ask as asking
from modelway.operations._aws_serving import Container, Invoked, Serving
from modelway.operations.ask import NotAsked, ask, ask_sagemaker, sample
from modelway.operations.environments import Deployment

ENVIRONMENTS = Path(__file__).resolve().parents[2] / "stacks" / "environments"
MODEL, LIVE, ENDPOINT = "tumor-screening", "2026.10.0", "dev-tumor-screening"
ANSWER = {"model_name": MODEL, "model_version": LIVE, "outputs": []}
TOLD: Mapping[str, Any] = {
    "runtime": "sagemaker",
    "endpoint": ENDPOINT,
    "configuration": "new",
    "variants": {LIVE: "live", "2026.11.0": "canary"},
}
IN_SERVICE = Serving("InService", "new", "")
PROGRAM = """
import hashlib, json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
weights = open(os.environ["MODEL_URI"], "rb").read()
assert sys.argv[1:] == ["serve"] and hashlib.sha256(weights).hexdigest() == os.environ["MODEL_SHA256"]
class Handler(BaseHTTPRequestHandler):
    def answer(self, content):
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
    def do_GET(self):
        self.answer(b"{}") if self.path == "/ping" else self.send_error(404)
    def do_POST(self):
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(json.dumps({"path": self.path, "inputs": len(said["inputs"])}).encode())
HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


@dataclass
class Cloud:
    """SageMaker with one endpoint."""

    answer: Invoked | None
    found: Serving | None = IN_SERVICE
    runs: Container | None = None
    asked: list[tuple[str, bytes]] = field(default_factory=list)

    def serving(self, endpoint: str) -> Serving | None:
        return self.found

    def invoke(self, endpoint: str, body: bytes) -> Invoked | None:
        self.asked.append((endpoint, body))
        return self.answer

    def container(self, configuration: str, variant: str) -> Container | None:
        assert (configuration, variant) == ("new", "live")
        return self.runs

    def download(self, uri: str, file: Path) -> None:
        assert uri == "s3://store/tumor-screening/model.json"
        file.write_bytes(b"weights")


def described() -> Environment:
    whole = load(ENVIRONMENTS, "dev").model_dump()
    whole["models"][MODEL]["endpoint"] |= {"resources": None, "runtime": {"kind": "sagemaker", "instance_type": "ml.m7i.large"}}
    return Environment.model_validate(whole)


DEV = described()


def asked(cloud: Cloud, told: Mapping[str, Any] = TOLD) -> asking.Answer:
    return ask_sagemaker(DEV, MODEL, told, cloud)  # type: ignore[arg-type]


def test_callers_and_this_get_the_same() -> None:
    cloud = Cloud(Invoked(200, json.dumps(ANSWER).encode(), "live"))
    answer = asked(cloud)
    assert cloud.asked == [(ENDPOINT, sample(DEV, MODEL, LIVE))]
    assert (answer.status, answer.content, answer.version, answer.variant, answer.simulated, answer.note) == (
        200,
        ANSWER,
        LIVE,
        "live",
        False,
        "",
    )
    assert answer.through == f"SageMaker endpoint {ENDPOINT}, variant live"


def test_a_program_that_tells_no_version_has_that_of_its_variant() -> None:
    assert asked(Cloud(Invoked(200, b"[0.5]", "canary"))).version == "2026.11.0"


def test_an_error_of_the_container_is_an_answer() -> None:
    answer = asked(Cloud(Invoked(400, b'{"error": "no inputs"}', "")))
    assert (answer.status, answer.content, answer.version) == (400, {"error": "no inputs"}, "")


def test_one_that_went_back_is_told_and_is_not_taken_for_the_new_one() -> None:
    answer = asked(Cloud(Invoked(200, b"[0.5]", "live"), Serving("InService", "old", "")))
    assert answer.version == ""
    assert "SageMaker serves old, and the stack says new" in answer.note


@pytest.mark.parametrize(
    ("found", "told", "text"),
    [
        (None, TOLD, f"there is no endpoint {ENDPOINT} any more"),
        (Serving("Failed", "new", "the image cannot be pulled"), TOLD, "is Failed and answers nobody: the image cannot be pulled"),
        (IN_SERVICE, {"runtime": "kubernetes", "cluster": "main"}, "does not serve on SageMaker yet"),
    ],
)
def test_nobody_to_ask_is_said(found: Serving | None, told: Mapping[str, Any], text: str) -> None:
    cloud = Cloud(None, found)
    with pytest.raises(NotAsked, match=text):
        asked(cloud, told)
    assert cloud.asked == []


def test_where_nothing_runs_the_image_is_started_as_sagemaker_would(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("app/serve.py")
        entry.size = len(PROGRAM)
        archive.addfile(entry, io.BytesIO(PROGRAM.encode()))
    config = json.dumps({"config": {"Entrypoint": ["python3", "/app/serve.py"]}}).encode()
    blobs = {f"sha256:{hashlib.sha256(content).hexdigest()}": content for content in (buffer.getvalue(), config)}
    layer, settings = blobs
    manifest = json.dumps({"layers": [{"digest": layer}], "config": {"digest": settings}}).encode()

    class Registry:
        def __init__(self, account: str, region: str) -> None:
            assert (account, region) == (DEV.aws.account, "eu-west-1")

        def by_digest(self, repository: str, digest: str) -> bytes | None:
            return manifest if (repository, digest) == ("dev/tumor-screening", f"sha256:{'a' * 64}") else None

        def download(self, repository: str, digest: str, file: Path) -> None:
            file.write_bytes(blobs[digest])

    monkeypatch.setattr(asking, "ImageRegistry", Registry)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    image = f"{DEV.aws.account}.dkr.ecr.eu-west-1.amazonaws.com/dev/tumor-screening@sha256:{'a' * 64}"
    variables = {"MODEL_URI": "/opt/ml/model/model.json", "MODEL_SHA256": hashlib.sha256(b"weights").hexdigest()}
    cloud = Cloud(None, runs=Container(image, variables, "s3://store/tumor-screening/model.json"))
    answer = asked(cloud)
    assert (answer.status, answer.simulated, answer.version) == (200, True, LIVE)
    assert answer.content == {"path": "/invocations", "inputs": len(json.loads(sample(DEV, MODEL, LIVE))["inputs"])}
    assert "unpacked and run on this machine" in answer.through


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        (None, "has no variant live"),
        (Container(f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:{'a' * 64}", {}, ""), "not in the environment's own registry"),
    ],
)
def test_an_image_of_others_is_not_run_here(runs: Container | None, text: str) -> None:
    with pytest.raises(NotAsked, match=text):
        asked(Cloud(None, runs=runs))


def test_where_to_look_further_is_told() -> None:
    look = where_to_look(DEV, MODEL, asked(Cloud(Invoked(200, b"[]", "live"))))
    assert look["logs"] == f"aws logs tail /aws/sagemaker/Endpoints/{ENDPOINT} --since 1h --log-stream-name-prefix live/"
    assert f"EndpointName={ENDPOINT}, VariantName=live in AWS/SageMaker" in look["metrics"]
    assert look["way back"].startswith("`pin: '2026.11.0'`")


def test_a_model_that_moves_says_so_until_it_is_brought_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Engine:
        def outputs(self, stack: str) -> dict[str, object]:
            return {"endpoints": {MODEL: dict(TOLD)}}

    with pytest.raises(NotAsked, match="still serves on SageMaker"):
        ask(Deployment(load(ENVIRONMENTS, "dev"), Engine()), MODEL)  # type: ignore[arg-type]
    cloud = Cloud(Invoked(200, b"[]", "live"))
    monkeypatch.setattr(asking, "Endpoints", lambda region: cloud)
    assert ask(Deployment(DEV, Engine()), MODEL).variant == "live"  # type: ignore[arg-type]
