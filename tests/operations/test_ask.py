"""Whom a question reaches, in which order the ways are tried, and what is said when there is nobody to ask."""

import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from modelway.architecture import load
from modelway.operations import ask as asking
from modelway.operations.ask import NotAsked, ask, sample
from modelway.operations.environments import Deployment

ENVIRONMENTS = Path(__file__).resolve().parents[2] / "stacks" / "environments"
MODEL, LIVE = "tumor-screening", "2026.10.0"
ANSWER = {"model_name": MODEL, "model_version": LIVE, "outputs": []}


class Engine:
    """Outputs of stacks."""

    def __init__(self, told: Mapping[str, dict[str, object]]) -> None:
        self.told = told

    def outputs(self, stack: str) -> dict[str, object]:
        return self.told.get(stack, {})


class Cluster:
    """A cluster with one pod."""

    def __init__(self, *, address: str | None = None, pods: list[str] | None = None, simulated: bool = False) -> None:
        self._address, self._pods, self._simulated = address, ["pod-1"] if pods is None else pods, simulated
        self.posted: list[tuple[str, int, str, bytes, Mapping[str, str]]] = []

    def address(self, gateway: str, namespace: str) -> str | None:
        assert (gateway, namespace) == ("models", "gateway-system")
        return self._address

    def pods(self, namespace: str, labels: Mapping[str, str]) -> list[str]:
        assert (namespace, labels) == ("oncology", {"modelway.dev/model": MODEL, "modelway.dev/version": LIVE})
        return self._pods

    def simulated(self, namespace: str, pod: str) -> bool:
        return self._simulated

    def post(self, namespace: str, pod: str, port: int, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        self.posted.append((f"{namespace}/{pod}", port, path, body, headers))
        return 200, json.dumps(ANSWER).encode()


def deployment(*, route: str = MODEL) -> Deployment:
    """Environment dev, up: its platform in one stack, its models in another."""
    gateway = {"name": "models", "namespace": "gateway-system"}
    platform = {"clusters": {"main": {"kind": "eks", "gateway": gateway}}, "registry": {"repositories": {}}}
    endpoint = {"cluster": "main", "namespace": "oncology", "route": route, "url_path": f"/v2/models/{MODEL}"}
    told: dict[str, dict[str, object]] = {"dev": dict(platform), "dev-models": {"endpoints": {MODEL: endpoint}}}
    return Deployment(load(ENVIRONMENTS, "dev"), Engine(told))  # type: ignore[arg-type]


@pytest.fixture
def reach(monkeypatch: pytest.MonkeyPatch) -> Any:
    def use(cluster: Cluster) -> Cluster:
        monkeypatch.setattr(asking, "_cluster", lambda *_: cluster)
        return cluster

    return use


@pytest.fixture
def gateway() -> Iterator[tuple[str, list[tuple[str, str | None, Any]]]]:
    """A Gateway: its address, and path, token and content of what it was asked."""
    asked: list[tuple[str, str | None, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((self.path, self.headers.get("Authorization"), body))
            content = json.dumps(ANSWER).encode()
            self.send_response(200 if self.headers.get("Authorization") else 401)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_the_sample_is_that_of_the_contract() -> None:
    environment = load(ENVIRONMENTS, "dev")
    contract = environment.contracts[environment.models[MODEL].versions[LIVE].contract]
    sent = json.loads(sample(environment, MODEL, LIVE))["inputs"]
    assert [tensor["name"] for tensor in sent] == [tensor.name for tensor in contract.signature.inputs]
    assert all(set(tensor) == {"name", "datatype", "shape", "data"} for tensor in sent)


def test_the_gateway_is_asked_where_it_answers(reach: Any, gateway: Any) -> None:
    address, asked = gateway
    cluster = reach(Cluster(address=address))
    answer = ask(deployment(), MODEL, "secret-token")
    assert (answer.status, answer.version, answer.simulated) == (200, LIVE, False)
    assert address in answer.through
    assert asked[0][0] == f"/v2/models/{MODEL}/infer"
    assert asked[0][1] == "Bearer secret-token"
    assert cluster.posted == []


def test_an_error_of_the_gateway_is_an_answer(reach: Any, gateway: Any) -> None:
    reach(Cluster(address=gateway[0]))
    assert ask(deployment(), MODEL).status == 401


@pytest.mark.parametrize(("address", "route"), [(None, MODEL), ("127.0.0.1:1", MODEL), ("127.0.0.1:1", "")])
def test_a_pod_is_asked_where_no_gateway_answers(reach: Any, address: str | None, route: str) -> None:
    cluster = reach(Cluster(address=address))
    answer = ask(deployment(route=route), MODEL)
    assert answer.version == LIVE
    ((pod, port, path, _, _),) = cluster.posted
    assert (pod, port, path) == ("oncology/pod-1", 8080, f"/v2/models/{MODEL}/infer")
    assert pod in answer.through


@pytest.mark.parametrize(
    ("model", "cluster", "text"),
    [
        ("churn", Cluster(), r"has no endpoint churn; there are: co2-forecast, tumor-screening\."),
        ("co2-forecast", Cluster(), r"is not up: `modelway up dev`"),
        (MODEL, Cluster(pods=[]), r"has no ready pod in namespace oncology"),
        (MODEL, Cluster(simulated=True), r"not in the environment's own registry|are simulated"),
    ],
)
def test_nobody_to_ask_is_said(reach: Any, model: str, cluster: Cluster, text: str) -> None:
    reach(cluster)
    with pytest.raises(NotAsked, match=text):
        ask(deployment(), model)
