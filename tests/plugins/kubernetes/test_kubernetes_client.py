"""What a cluster that falters does to operations: a real HTTP server that answers as it is told."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from localcloud.plugins.kubernetes import waiting
from localcloud.plugins.kubernetes.client import ApiError, Kind, Unreachable
from localcloud.plugins.kubernetes.cluster import Cluster

CONFIG_MAPS = Kind("v1", "ConfigMap", "configmaps", True)
KINDS = {"resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True}]}
OBJECT = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "team"}}


@dataclass
class Server:
    """Answers by (method, path); what is not told is 404. An answer of None closes the connection instead."""

    port: int
    answers: dict[tuple[str, str], tuple[int, Any] | None] = field(default_factory=dict)
    seen: list[tuple[str, str]] = field(default_factory=list)

    def cluster(self, user: dict[str, Any] | None = None) -> Cluster:
        config = {
            "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "users": [{"name": "u", "user": user or {"token": "t"}}],
        }
        return Cluster(json.dumps(config), None, None, lambda _: None)


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = (self.command, self.path.partition("?")[0])
            told.seen.append(asked)
            answer = told.answers.get(asked, (404, {"message": "not found"}))
            if answer is None:
                self.close_connection = True
                return
            body = json.dumps(answer[1]).encode()
            self.send_response(answer[0])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = answer  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told = Server(http.server_address[1], {("GET", "/version"): (200, {}), ("GET", "/api/v1"): (200, KINDS)})
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield told
    http.shutdown()
    http.server_close()


def create(cluster: Cluster, tell: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    return cluster.create(OBJECT, "us", upsert=False, cancelled=threading.Event(), tell=tell)[1]


@pytest.mark.parametrize("fault", [(500, {"message": "etcd is gone"}), (404, {"message": "deleted already"}), None])
def test_what_was_created_is_not_lost_by_what_comes_after(server: Server, fault: tuple[int, Any] | None) -> None:
    made = {**OBJECT, "metadata": {**OBJECT["metadata"], "managedFields": [{"manager": "us", "operation": "Update", "fieldsV1": {}}]}}
    path = "/api/v1/namespaces/team/configmaps"
    server.answers |= {("POST", path): (201, made), ("PATCH", f"{path}/settings"): fault, ("GET", f"{path}/settings"): fault}
    assert create(server.cluster()) == made


def test_a_write_whose_answer_is_lost_is_not_done_twice(server: Server) -> None:
    path = "/api/v1/namespaces/team/configmaps"
    server.answers["POST", path] = None
    with pytest.raises(Unreachable, match="does not answer"):
        create(server.cluster())
    assert server.seen.count(("POST", path)) == 1


def test_a_refusal_is_the_servers_own_words(server: Server) -> None:
    answer = {"message": 'configmaps "settings" already exists', "reason": "AlreadyExists"}
    server.answers["POST", "/api/v1/namespaces/team/configmaps"] = (409, answer)
    with pytest.raises(ApiError, match=r'^configmaps "settings" already exists$'):
        create(server.cluster())


def test_credentials_that_run_out_end_a_wait_with_a_reason(server: Server, tmp_path) -> None:
    give = tmp_path / "give.py"
    status = {"token": "t", "expirationTimestamp": "2020-01-01T00:00:00Z"}  # asked for anew every time
    give.write_text(f"print({json.dumps(json.dumps({'status': status}))})", "utf-8")
    command = {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable, "args": [str(give)]}
    server.answers["GET", "/api/v1/namespaces/team/configmaps/settings"] = (200, OBJECT)
    cluster = server.cluster({"exec": command})
    give.write_text("import sys; sys.exit('log in first')", "utf-8")
    rule = waiting.Rule(lambda *_: ["not yet"])
    live, problems = waiting.until_ready(cluster.client, CONFIG_MAPS, OBJECT, rule, 0.1, threading.Event(), lambda _: None)
    assert live == OBJECT
    assert problems[0] == "not ready after 0.1 s"
    assert "log in first" in problems[1]


def test_an_id_without_a_namespace_means_the_kubeconfigs(server: Server) -> None:
    server.answers["GET", "/api/v1/namespaces/default/configmaps/settings"] = (200, OBJECT)
    cluster = server.cluster()
    assert cluster.live(CONFIG_MAPS, "settings") == OBJECT
    assert cluster.live(CONFIG_MAPS, "team/settings") is None


def test_a_cluster_that_cannot_be_asked_says_why(server: Server) -> None:
    server.answers["GET", "/version"] = (401, {"message": "Unauthorized"})
    assert server.cluster().unreachable == "the cluster does not accept the credentials (401 Unauthorized)"
    missing = server.cluster({"tokenFile": "/nowhere/token"})
    assert "token file cannot be read" in missing.unreachable
    with pytest.raises(Unreachable, match=r"configured Kubernetes cluster is unreachable: .*token file"):
        missing.live(CONFIG_MAPS, "settings")
