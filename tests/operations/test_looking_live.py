"""Who is asked what is there of a release: an API server over HTTP, and an emulator of AWS. Who does not answer is never a yes."""

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import boto3
import msgspec
import pytest

from modelway.architecture.references import BaselineFile, Image, Weights
from modelway.governance import looked
from modelway.governance.looked import Looked
from modelway.governance.record import Model
from modelway.operations.looking import Place, Sought, look
from tests.support.made_records import made_model, made_share

ACCOUNT, REGION = "123456789012", "eu-west-1"
NOW = datetime(2026, 11, 28, tzinfo=UTC)
WEIGHTS = b"weights"
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
MANIFEST = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": {}, "layers": []})
DIGEST = f"sha256:{hashlib.sha256(MANIFEST.encode()).hexdigest()}"
LABELS = {"modelway.dev/model": "credit-risk", "modelway.dev/version": "1"}


def deployment(version: str = "1", digest: str = DIGEST, ready: int = 2, model: str = "credit-risk") -> dict[str, Any]:
    container = {"name": "model", "image": f"host/credit-risk@{digest}", "env": [{"name": "MODEL_SHA256", "value": SHA256}]}
    labels = {"modelway.dev/model": model, "modelway.dev/version": version}
    return {
        "metadata": {"name": f"{model}-{version}", "namespace": "risk", "labels": labels},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [container]}}},
        "status": {"readyReplicas": ready} if ready else {},
    }


def route(**weights: int) -> dict[str, Any]:
    backends = [{"name": f"credit-risk-{version.removeprefix('v')}", "weight": weight} for version, weight in weights.items()]
    return {
        "metadata": {"name": "credit-risk", "labels": {"modelway.dev/model": "credit-risk"}},
        "spec": {"rules": [{"matches": [{"path": {"value": "/"}}], "backendRefs": backends}]},
    }


class ApiServer:
    """The lists of an API server, one object a page."""

    def __init__(self) -> None:
        self.deployments = [deployment()]
        self.routes = [route(v1=100)]
        self.status = 200
        self.refuses = ""
        self.asked: list[str] = []


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    state = ApiServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parsed = urlparse(self.path)
            asked = {key: value[0] for key, value in parse_qs(parsed.query).items()}
            state.asked.append(f"{parsed.path} {asked['labelSelector']}")
            listed = state.deployments if parsed.path.endswith("/deployments") else state.routes
            at = int(asked.get("continue", "0"))
            more = {"continue": str(at + 1)} if at + 1 < len(listed) else {}
            content = json.dumps({"items": listed[at : at + 1], "metadata": more}).encode()
            self.send_response(403 if state.refuses and parsed.path.endswith(state.refuses) else state.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    named = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "users": [{"name": "here", "user": {}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "here"}}],
    }
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(named), "utf-8")
    # The client reads the variable once, when it is imported.
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(file))
    yield state
    server.shutdown()
    server.server_close()


def model_of(percent: int = 100) -> Model:
    share = made_share("1", percent, image=f"credit-risk@{DIGEST}", weights=f"credit-risk/1/model.ubj@sha256:{SHA256}", found=None)
    return made_model(share)


SOUGHT = Sought("credit-risk", "risk", "1", Image(f"credit-risk@{DIGEST}"), Weights(f"credit-risk/1/model.ubj@sha256:{SHA256}"), None)
IN_CLUSTER = {"credit-risk": {"runtime": "kubernetes", "cluster": "main", "namespace": "risk"}}
ON_SAGEMAKER = {"credit-risk": {"runtime": "sagemaker", "endpoint": "dev-credit-risk"}}
REGISTRY = {"bucket": "models", "repositories": {"credit-risk": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/dev/credit-risk"}}


def place(endpoints: dict[str, Any], **other: object) -> Place:
    outputs = {"clusters": {"main": {"kind": "existing", "context": "here"}}, "registry": REGISTRY, "endpoints": endpoints}
    return Place("dev", ACCOUNT, REGION, outputs | other)


def looked_at(where: Place, *sought: Sought) -> Looked:
    return look({"credit-risk": "risk"}, sought, where, NOW)


def judged(seen: Looked, *models: Model) -> list[str]:
    return looked.differences(looked.seen(models or [model_of()], seen), seen)


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials for AWS at all."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def aws(use_account: Callable[[str], None]) -> None:
    """An account with the image and the weights."""
    use_account(ACCOUNT)
    s3, ecr = boto3.client("s3", REGION), boto3.client("ecr", REGION)
    s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="models", Key="credit-risk/1/model.ubj", Body=WEIGHTS, ChecksumAlgorithm="SHA256")
    ecr.create_repository(repositoryName="dev/credit-risk")
    ecr.put_image(repositoryName="dev/credit-risk", imageManifest=MANIFEST, imageDigest=DIGEST, imageTag="1")


@pytest.mark.usefixtures("nobody")
class TestInACluster:
    def test_what_is_there_as_it_was_released(self, api: ApiServer) -> None:
        seen = looked_at(place(IN_CLUSTER))
        assert seen.asked == ["cluster main, namespace risk"]
        assert judged(seen) == []
        (share,) = looked.seen([model_of()], seen)[0].versions
        assert share.seen is not None
        assert (share.seen.image, share.seen.weights, share.seen.percent) == (DIGEST, SHA256, 100)
        assert api.asked == [
            "/apis/apps/v1/namespaces/risk/deployments modelway.dev/model,modelway.dev/version",
            "/apis/gateway.networking.k8s.io/v1/namespaces/risk/httproutes modelway.dev/model",
        ]
        # AWS was not asked, and says so.
        assert [line for line in seen.unknown if line.startswith("AWS was not asked: there are no AWS credentials")]

    def test_every_page_is_read(self, api: ApiServer) -> None:
        api.deployments = [deployment("0"), deployment("2"), deployment()]
        lines = judged(looked_at(place(IN_CLUSTER)))
        assert lines == [f"looked at: credit-risk {version} is live, and is not described to answer" for version in "02"]

    def test_what_somebody_changed_by_hand(self, api: ApiServer) -> None:
        api.deployments = [deployment(digest=f"sha256:{'e' * 64}", ready=0)]
        api.routes = [route(v1=0, v2=100)]
        assert judged(looked_at(place(IN_CLUSTER))) == [
            f"looked at: credit-risk 1: image {DIGEST[:19]} is described, and sha256:eeeeeeeeeeee is live",
            "looked at: credit-risk 1: 100% of requests are described, and 0% are live",
            "looked at: credit-risk 1: 2 pods are wanted, and none is ready",
        ]

    def test_what_is_gone(self, api: ApiServer) -> None:
        api.deployments, api.routes = [], []
        assert judged(looked_at(place(IN_CLUSTER))) == ["looked at: credit-risk 1: described to answer, and not in cluster or cloud"]

    def test_models_of_others_are_none_of_the_releases(self, api: ApiServer) -> None:
        api.deployments = [deployment(), deployment(model="their-own")]
        both = IN_CLUSTER | {"their-own": IN_CLUSTER["credit-risk"]}
        assert judged(looked_at(place(both))) == []
        assert judged(looked_at(place(IN_CLUSTER))) == ["looked at: their-own 1 is live, and is not described to answer"]

    @pytest.mark.parametrize("status", [403, 500])
    def test_a_cluster_that_does_not_say_leaves_nothing_known(self, status: int, api: ApiServer) -> None:
        api.status = status
        seen = looked_at(place(IN_CLUSTER))
        assert (seen.asked, judged(seen), set(seen.silent)) == ([], [], {"credit-risk"})
        assert looked.seen([model_of()], seen)[0].versions[0].seen is None
        assert seen.unknown[0].startswith(f"cluster main, namespace risk could not be looked at: cluster here: {status}")

    def test_a_cluster_that_says_the_half_leaves_nothing_known(self, api: ApiServer) -> None:
        api.refuses = "/httproutes"
        seen = looked_at(place(IN_CLUSTER))
        assert (judged(seen), set(seen.silent)) == ([], {"credit-risk"})
        # Not that it answers nobody.
        assert looked.seen([model_of()], seen)[0].versions[0].seen is None

    def test_a_context_that_there_is_not(self, api: ApiServer) -> None:
        seen = looked_at(place(IN_CLUSTER, clusters={"main": {"kind": "existing", "context": "there"}}))
        assert "cluster there cannot be reached" in seen.unknown[0]
        assert "say of no such cluster" in looked_at(place(IN_CLUSTER, clusters={})).unknown[0]
        assert api.asked == []

    def test_stacks_that_say_nothing(self, api: ApiServer) -> None:
        seen = looked_at(Place("dev", ACCOUNT, REGION, {}), SOUGHT)
        assert (seen.asked, set(seen.silent)) == ([], {"credit-risk"})
        assert "so nobody was asked what serves" in seen.unknown[0]
        assert judged(seen) == []


def as_file(sought: Sought, **other: Any) -> Sought:
    return Sought(**({field: getattr(sought, field) for field in Sought.__dataclass_fields__} | other))


@pytest.mark.usefixtures("aws")
class TestInAws:
    def test_image_and_weights_are_there(self, api: ApiServer) -> None:
        seen = looked_at(place(IN_CLUSTER), SOUGHT)
        assert seen.unknown == []
        assert seen.asked == ["bucket models", "cluster main, namespace risk", f"registry {ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"]
        assert judged(seen) == []
        told = looked.told(seen)
        assert (told.when, told.asked) == ("2026-11-28T00:00:00.000000Z", seen.asked)

    def test_what_was_deleted_or_written_over(self, api: ApiServer) -> None:
        boto3.client("s3", REGION).put_object(Bucket="models", Key="credit-risk/1/model.ubj", Body=b"others")
        boto3.client("ecr", REGION).batch_delete_image(repositoryName="dev/credit-risk", imageIds=[{"imageDigest": DIGEST}])
        gone = BaselineFile(f"credit-risk/1/baseline.json@sha256:{SHA256}")
        other, at = hashlib.sha256(b"others").hexdigest(), "s3://models/credit-risk/1/model.ubj"
        assert (
            judged(looked_at(place(IN_CLUSTER), as_file(SOUGHT, baseline=gone)))
            == [
                f"looked at: credit-risk 1: image: not at {REGISTRY['repositories']['credit-risk']} any more",  # type: ignore[index]
                f"looked at: credit-risk 1: weights: at {at} is sha256:{other[:12]}, and was released as sha256:{SHA256[:12]}",
                "looked at: credit-risk 1: baseline: not at s3://models/credit-risk/1/baseline.json any more",
            ]
        )

    def test_a_repository_that_is_gone_has_no_image(self, api: ApiServer) -> None:
        boto3.client("ecr", REGION).delete_repository(repositoryName="dev/credit-risk", force=True)
        (line,) = judged(looked_at(place(IN_CLUSTER), SOUGHT))
        assert "image: not at" in line

    def test_a_large_file_without_a_digest_is_not_known(self, api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("modelway.operations._aws_looking.COUNTED", 3)
        # S3 has recorded the digest of the first, however large it is.
        assert looked_at(place(IN_CLUSTER), SOUGHT).unknown == []
        boto3.client("s3", REGION).put_object(Bucket="models", Key="credit-risk/1/model.ubj", Body=WEIGHTS, ChecksumAlgorithm="CRC32")
        seen = looked_at(place(IN_CLUSTER), SOUGHT)
        assert judged(seen) == []
        (line,) = seen.unknown
        assert "7 bytes and no SHA-256 that S3 recorded: it is there, and what it holds was not read" in line

    def test_what_is_in_another_place_is_asked_there_or_not_known(self, api: ApiServer) -> None:
        elsewhere = as_file(
            SOUGHT,
            image=Image(f"ghcr.io/acme/credit-risk@{DIGEST}"),
            weights=Weights(f"oci://ghcr.io/acme/weights@sha256:{SHA256}"),
        )
        assert looked_at(place(IN_CLUSTER), elsewhere).unknown == [
            "credit-risk 1: image: its registry ghcr.io is no ECR, and was not asked",
            "credit-risk 1: weights: they are in a registry, ghcr.io/acme/weights, which was not asked",
        ]
        bucket = looked_at(place(IN_CLUSTER), as_file(SOUGHT, weights=Weights(f"s3://models/credit-risk/1/model.ubj@sha256:{SHA256}")))
        assert (bucket.unknown, judged(bucket)) == ([], [])
        assert "say of no model store" in looked_at(place(IN_CLUSTER, registry={}), SOUGHT).unknown[1]

    def test_a_store_that_does_not_answer_is_not_known(self, api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
        # Nobody listens there.
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
        seen = looked_at(place(IN_CLUSTER), SOUGHT)
        assert (judged(seen), set(seen.silent)) == ([], set())
        assert "bucket models" not in seen.asked
        (line,) = seen.unknown
        assert line.startswith("credit-risk 1: weights could not be looked at: AWS: s3:HeadObject failed")

    def test_another_account_says_nothing(self, api: ApiServer, use_account: Callable[[str], None]) -> None:
        use_account("210987654321")
        seen = looked_at(place(ON_SAGEMAKER), SOUGHT)
        assert (judged(seen), set(seen.silent)) == ([], {"credit-risk"})
        assert seen.unknown == [f"AWS was not asked: the credentials here are of account 210987654321, and dev is in {ACCOUNT}"]


def endpoint(weights: dict[str, float]) -> Any:
    client = boto3.client("sagemaker", REGION)
    for version in weights:
        client.create_model(
            ModelName=f"credit-risk-{version}",
            ExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/execution",
            PrimaryContainer={
                "Image": f"{REGISTRY['repositories']['credit-risk']}@{DIGEST}",  # type: ignore[index]
                "Environment": {"MODEL_NAME": "credit-risk", "MODEL_VERSION": version, "MODEL_SHA256": SHA256},
            },
        )
    variants = [
        {
            "VariantName": f"v{version}",
            "ModelName": f"credit-risk-{version}",
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": weight,
        }
        for version, weight in weights.items()
    ]
    client.create_endpoint_config(EndpointConfigName="config", ProductionVariants=variants)
    client.create_endpoint(EndpointName="dev-credit-risk", EndpointConfigName="config")
    return client


@pytest.mark.usefixtures("aws")
class TestOnSageMaker:
    def test_what_answers_and_how_much(self) -> None:
        client = endpoint({"1": 90, "2": 10})
        two = msgspec.structs.replace(
            model_of(), versions=[model_of(90).versions[0], msgspec.structs.replace(model_of(10).versions[0], version="2")]
        )
        seen = looked_at(place(ON_SAGEMAKER))
        assert (seen.asked, seen.unknown) == (["SageMaker endpoint dev-credit-risk in eu-west-1"], [])
        assert judged(seen, two) == []
        client.update_endpoint_weights_and_capacities(
            EndpointName="dev-credit-risk",
            DesiredWeightsAndCapacities=[{"VariantName": "v1", "DesiredWeight": 0}, {"VariantName": "v2", "DesiredWeight": 1}],
        )
        assert judged(looked_at(place(ON_SAGEMAKER)), two) == [
            "looked at: credit-risk 1: 90% of requests are described, and 0% are live",
            "looked at: credit-risk 2: 10% of requests are described, and 100% are live",
        ]

    def test_an_endpoint_that_is_gone(self) -> None:
        assert judged(looked_at(place(ON_SAGEMAKER))) == [
            "looked at: credit-risk 1: described to answer, and not in cluster or cloud",
            "looked at: credit-risk: there is no endpoint dev-credit-risk any more",
        ]

    @pytest.mark.parametrize("gone", ["model", "configuration"])
    def test_an_endpoint_that_does_not_say_what_it_runs_is_not_known(self, gone: str) -> None:
        client = endpoint({"1": 1})
        if gone == "model":
            client.delete_model(ModelName="credit-risk-1")
        else:
            client.delete_endpoint_config(EndpointConfigName="config")
        seen = looked_at(place(ON_SAGEMAKER))
        assert (judged(seen), set(seen.silent)) == ([], {"credit-risk"})
        assert "which is not there any more to be read" in seen.unknown[0]
