"""Dashboards get into Managed Grafana: over its documented API, once, with a token that nobody sees and that does not stay."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import botocore.client
import pytest
from botocore.validate import ParamValidator

from modelway.architecture import Environment
from modelway.cli import main
from modelway.monitoring.facts import all_dashboards
from modelway.operations import dashboards
from modelway.operations._grafana import Grafana, GrafanaFailure
from modelway.operations.dashboards import NoManagedGrafana, push, write
from tests.support.environments import environment

TOKEN = "glsa_made-up"
KEY = {"id": "token-1", "name": "t", "key": TOKEN}


class Server(ThreadingHTTPServer):
    """What of Grafana is called, as its documentation has it: fields that it wants, uids, versions, what it adds by itself."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.sources: dict[str, dict[str, Any]] = {}
        self.folders: dict[str, dict[str, Any]] = {}
        self.boards: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        self.moved = False

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, code: int, body: object, **headers: str) -> None:
        data = json.dumps(body).encode()
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _known(self) -> bool:
        if self.server.moved:
            self._answer(302, {}, Location="http://127.0.0.1:1/elsewhere")
            return False
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self._answer(401, {"message": f"Invalid API key {self.headers['Authorization']}"})
            return False
        return True

    def do_GET(self) -> None:
        if not self._known():
            return
        for pattern, shelf in (
            (r"/api/datasources/uid/([\w-]{1,40})", self.server.sources),
            (r"/api/folders/([\w-]{1,40})", self.server.folders),
            (r"/api/dashboards/uid/([\w-]{1,40})", self.server.boards),
        ):
            if found := re.fullmatch(pattern, self.path):
                there = shelf.get(found[1])
                self._answer(200, there) if there is not None else self._answer(404, {"message": "not found"})
                return
        self._answer(404, {"message": self.path})

    def do_POST(self) -> None:
        self._change()

    def do_PUT(self) -> None:
        self._change()

    def _change(self) -> None:
        if not self._known():
            return
        self.server.calls.append(f"{self.command} {self.path}")
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.startswith("/api/datasources"):
            wrong = [name for name in ("name", "type", "access", "url") if not isinstance(body.get(name), str)]
            if self.command == "POST" and body.get("uid") in self.server.sources:
                wrong.append("a data source with the same uid already exists")
            shelf, uid, kept = self.server.sources, body.get("uid", ""), {"id": 1, "orgId": 1, "version": 1, "readOnly": False, **body}
        elif self.path == "/api/folders" and self.command == "POST":
            wrong = [] if isinstance(body.get("title"), str) else ["title"]
            shelf, uid, kept = self.server.folders, body.get("uid", ""), {"id": 2, **body}
        elif self.path == "/api/dashboards/db" and self.command == "POST":
            board = body["dashboard"]
            uid, old = board["uid"], self.server.boards.get(board["uid"])
            wrong = [] if board.get("title") and body["folderUid"] in self.server.folders else ["folder not found"]
            if old is not None and not body.get("overwrite"):
                wrong.append("version-mismatch")
            version = old["dashboard"]["version"] + 1 if old is not None else 1
            kept = {"dashboard": {**board, "id": 3, "version": version}, "meta": {"folderUid": body["folderUid"]}}
            shelf = self.server.boards
        else:
            wrong, shelf, uid, kept = [self.path], {}, "x", {}
        if wrong or not re.fullmatch(r"[\w-]{1,40}", uid):
            self._answer(400, {"message": f"bad request data: {wrong} {uid}"})
            return
        shelf[uid] = kept
        self._answer(200, {"uid": uid, "status": "success"})


@pytest.fixture
def grafana(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setattr(dashboards, "SCHEME", "http")
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


class Amazon:
    """What moto does not know of Managed Grafana. Arguments are checked by botocore."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.accounts: list[dict[str, str]] = []
        self.tokens = 0
        self.calls: list[str] = []

    def answer(self, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(operation)
        match operation:
            case "ListWorkspaces":
                return {"workspaces": [{"id": "g-0123456789", "name": "modelway-managed", "endpoint": self.endpoint}]}
            case "ListWorkspaceServiceAccounts":
                return {"serviceAccounts": self.accounts, "workspaceId": arguments["workspaceId"]}
            case "CreateWorkspaceServiceAccount":
                self.accounts.append({"id": "7", "name": arguments["name"], "isDisabled": "false", "grafanaRole": arguments["grafanaRole"]})
                return {"id": "7", "name": arguments["name"]}
            case "CreateWorkspaceServiceAccountToken":
                assert arguments["secondsToLive"] <= 600
                self.tokens += 1
                return {"serviceAccountId": "7", "serviceAccountToken": KEY}
            case "DeleteWorkspaceServiceAccountToken":
                assert arguments["tokenId"] == KEY["id"]
                self.tokens -= 1
                return {}
        raise AssertionError(operation)


@pytest.fixture
def amazon(grafana: Server, use_account: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> Amazon:
    use_account(environment("managed").aws.account)
    made = Amazon(grafana.address)
    real = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

    def called(self: Any, operation_name: str, arguments: dict[str, Any]) -> Any:
        if self.meta.service_model.service_name != "grafana":
            return real(self, operation_name, arguments)
        wrong = ParamValidator().validate(arguments, self.meta.service_model.operation_model(operation_name).input_shape)
        assert not wrong.has_errors(), wrong.generate_report()
        return made.answer(operation_name, arguments)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", called)
    boto3.Session(region_name=environment("managed").aws.region).client("amp").create_workspace(alias="modelway-managed")
    return made


@pytest.fixture
def described() -> Environment:
    found = environment("managed")
    assert found.monitoring.backend.kind == "amp"
    return found


def test_every_dashboard_is_there_with_a_source_and_a_folder(amazon: Amazon, grafana: Server, described: Environment) -> None:
    made: list[str] = []
    push(described, made.append)
    boards = all_dashboards(described)
    assert {"fleet", "drift", "cluster-main", "model-pricing"} <= set(boards)
    assert set(grafana.boards) == {str(board["uid"]) for board in boards.values()}
    assert made == ["data source modelway-managed", "folder modelway-managed", *(f"dashboard {name}" for name in boards)]
    (source,) = grafana.sources.values()
    assert source["jsonData"]["sigV4Auth"] is True
    assert source["jsonData"]["sigV4Region"] == described.aws.region
    assert re.fullmatch(rf"https://aps-workspaces\.{described.aws.region}\.amazonaws\.com/workspaces/ws-[\w-]+/", source["url"])
    assert source["type"] == "prometheus", "dashboards let people choose among sources of this type"


def test_done_again_nothing_is_changed(amazon: Amazon, grafana: Server, described: Environment) -> None:
    push(described, lambda _: None)
    grafana.calls.clear()
    made: list[str] = []
    push(described, made.append)
    assert (made, grafana.calls) == ([], [])
    assert amazon.calls.count("CreateWorkspaceServiceAccount") == 1
    assert all(board["dashboard"]["version"] == 1 for board in grafana.boards.values())


def test_what_somebody_changed_comes_back(amazon: Amazon, grafana: Server, described: Environment) -> None:
    push(described, lambda _: None)
    fleet = all_dashboards(described)["fleet"]
    grafana.boards[str(fleet["uid"])]["dashboard"]["title"] = "mine"
    next(iter(grafana.sources.values()))["url"] = "http://elsewhere"
    made: list[str] = []
    push(described, made.append)
    assert made == ["data source modelway-managed", "dashboard fleet"]
    assert grafana.boards[str(fleet["uid"])]["dashboard"]["title"] == fleet["title"]


def test_the_token_goes_whatever_happens(amazon: Amazon, grafana: Server, described: Environment) -> None:
    push(described, lambda _: None)
    assert amazon.tokens == 0
    grafana.moved = True
    with pytest.raises(GrafanaFailure):
        push(described, lambda _: None)
    assert amazon.tokens == 0


def test_nobody_reads_the_token(
    amazon: Amazon, grafana: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support.environments import EVERYTHING, ROOT

    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as end:
        main(["dashboards", "managed", "--push", "--environments", str(EVERYTHING)])
    said = capsys.readouterr()
    assert end.value.code in (0, None), said.err
    assert said.out.strip() == f"http://{grafana.address}"
    assert "made: dashboard fleet" in said.err
    assert TOKEN not in said.out + said.err


def test_a_refusal_is_told_without_the_token(grafana: Server) -> None:
    with pytest.raises(GrafanaFailure, match="401") as told:
        Grafana(f"http://{grafana.address}", "glsa_other").folder("uid", "title")
    assert "glsa_other" not in str(told.value)


def test_the_token_follows_nobody_to_another_host(grafana: Server) -> None:
    grafana.moved = True
    with pytest.raises(GrafanaFailure, match="302"):
        Grafana(f"http://{grafana.address}", TOKEN).folder("uid", "title")


def test_who_does_not_answer_is_named() -> None:
    with pytest.raises(GrafanaFailure, match=r"http://127\.0\.0\.1:1 did not answer"):
        Grafana("http://127.0.0.1:1", TOKEN).folder("uid", "title")


def test_without_managed_grafana_there_is_another_way() -> None:
    with pytest.raises(NoManagedGrafana, match="ConfigMaps"):
        push(environment("dev"), lambda _: None)


def test_files_are_what_grafana_imports(tmp_path: Path) -> None:
    files = write(environment("dev"), tmp_path / "boards")
    assert {file.stem for file in files} == {"fleet", "drift", "cluster-main", *(f"model-{name}" for name in environment("dev").models)}
    for file in files:
        assert json.loads(file.read_text("utf-8"))["panels"]


@pytest.mark.parametrize("options", [[], ["--push", "--to", "there"]])
def test_one_way_is_chosen(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["dashboards", "dev", *options])
    assert end.value.code == 2
    assert "--push" in capsys.readouterr().err
