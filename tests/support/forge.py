"""A forge on loopback that answers as GitHub's and GitLab's REST APIs do, as far as a comment needs them; and fails as they do.

Not the forges: what they answer is written down here from their documentation. One pull request, number 7 of `acme/models`.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "ghs_" + "A1b2C3d4E5f6" * 3  # as GitHub's look: it may be nowhere in what is said
PERSON = "a-person-with-a-token"
HEAD = "1111111111111111111111111111111111111111"
ACTIONS = {"id": 41898282, "login": "github-actions[bot]", "type": "Bot"}
SOMEBODY = {"id": 5, "login": "mallory", "type": "User"}


PULL, REQUEST = "https://github.example.com/acme/models/pull/7", "https://gitlab.example.com/acme/models/-/merge_requests/7"


@dataclass
class Fault:
    """What happens to one request instead of an answer, or after it was done."""

    status: int = 0
    """0: the connection breaks."""
    headers: dict[str, str] = field(default_factory=dict)
    body: object = None
    done: bool = False
    """Whether what was asked is done all the same."""
    slow: float = 0
    """Seconds before the answer, which is then the right one."""


@dataclass
class State:
    """What the forge knows."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    """Of the pull request."""
    known_labels: dict[str, str] = field(default_factory=dict)
    """Of the repository, by name: their colours."""
    statuses: list[dict[str, Any]] = field(default_factory=list)
    head: str = HEAD
    open: bool = True
    locked: bool = False
    parents: dict[str, list[str]] = field(default_factory=dict)
    may: set[str] = field(default_factory=lambda: {"comment", "label", "status"})
    longest: int = 65_536
    requests: list[tuple[str, str]] = field(default_factory=list)
    faults: Callable[[int, str, str], Fault | None] = lambda number, method, path: None
    """Of the number of the request, from 0, its method and path."""
    meanwhile: Callable[[int, str, str], None] = lambda number, method, path: None
    """Called before a request is done: what others do meanwhile."""
    author: str = "author"
    """Login of who opened the pull request."""
    base: str = "2" * 40
    merged: str = ""
    """Commit that brought it; empty while it is open or closed."""
    commits: list[dict[str, Any]] = field(default_factory=list)
    """Of the pull request: sha, login, email, message."""
    reviews: list[dict[str, Any]] = field(default_factory=list)
    """Of GitHub: login, state, commit, when. Of GitLab, which has approvals alone: login, when."""
    versions: list[dict[str, Any]] = field(default_factory=list)
    """Of GitLab, from the newest: head_commit_sha and created_at."""
    counted: int | None = None
    """Commits that the pull request says it has, where those are not all that are listed."""
    lock: Any = field(default_factory=threading.RLock)
    last_id: int = 1000

    def put(self, body: str, user: dict[str, Any] = SOMEBODY, app: str | None = None) -> dict[str, Any]:
        self.last_id += 1
        made = {"id": self.last_id, "body": body, "user": user, "author": user, "system": False}
        made |= {"html_url": f"https://example.com/{self.last_id}", "performed_via_github_app": {"slug": app} if app else None}
        self.comments.append(made)
        return made

    def of(self, marker: str = "<!-- modelway-preview") -> list[dict[str, Any]]:
        return [comment for comment in self.comments if comment["body"].startswith(marker)]


class Refused(Exception):
    def __init__(self, status: int, body: object) -> None:
        self.status, self.body = status, body


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # headers and body in one packet, or each answer waits for an acknowledgement
    disable_nagle_algorithm = True
    state: State
    kind: Literal["github", "gitlab"]

    def log_message(self, *_: object) -> None:
        pass

    def do(self) -> None:
        path = urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        with self.state.lock:
            number = len(self.state.requests)
            self.state.requests.append((self.command, self.path))
            fault = self.state.faults(number, self.command, path.path)
            self.state.meanwhile(number, self.command, path.path)
            headers: dict[str, str] = {}
            status, answer = 200, None
            if fault is None or fault.done or fault.slow:
                try:
                    status, answer, headers = self.answer(unquote(path.path), parse_qs(path.query), body)
                except Refused as refused:
                    status, answer = refused.status, refused.body
        if fault is not None and fault.slow:
            time.sleep(fault.slow)
        elif fault is not None:
            status, answer, headers = fault.status, fault.body, fault.headers
        if status == 0:
            self.close_connection = True
            self.connection.close()
            return
        sent = b"" if answer is None else answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response_only(status)
        for name, value in {"Date": self.date_time_string(), "Content-Length": str(len(sent)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.do
        raise AttributeError(name)

    def answer(self, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> tuple[int, object, dict[str, str]]:
        token = self.headers.get("Private-Token") or (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token not in (TOKEN, PERSON):
            raise Refused(401, {"message": "401 Unauthorized" if self.kind == "gitlab" else f"Bad credentials {token}"})
        by_ci = self.kind == "github" and token == TOKEN
        self.user = ACTIONS if by_ci else {"id": 77, "login": "ops", "type": "User"}
        return (self.github if self.kind == "github" else self.gitlab)(path, query, body)

    def may(self, what: str) -> None:
        if what not in self.state.may:
            raise Refused(403, {"message": "403 Forbidden" if self.kind == "gitlab" else "Resource not accessible by integration"})

    def paged(self, entries: list[Any], query: dict[str, list[str]]) -> tuple[int, object, dict[str, str]]:
        size = min(100, int(query.get("per_page", ["30" if self.kind == "github" else "20"])[0]))
        page = int(query.get("page", ["1"])[0])
        more = len(entries) > page * size
        if self.kind == "gitlab":
            return 200, entries[(page - 1) * size : page * size], {"X-Next-Page": str(page + 1) if more else ""}
        here = f"http://{self.headers['Host']}{urlsplit(self.path).path}?per_page={size}&page="
        links = [f'<{here}{page - 1}>; rel="prev"'] * (page > 1) + [f'<{here}{page + 1}>; rel="next", <{here}99>; rel="last"'] * more
        return 200, entries[(page - 1) * size : page * size], {"Link": ", ".join(links)} if links else {}

    def one(self, number: str) -> dict[str, Any]:
        found = next((comment for comment in self.state.comments if comment["id"] == int(number)), None)
        if found is None:
            raise Refused(404, {"message": "Not Found"})
        return found

    def github(self, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> tuple[int, object, dict[str, str]]:
        state, ask = self.state, f"{self.command} {path}"
        if ask == "GET /user":
            if self.user is ACTIONS:
                raise Refused(403, {"message": "Resource not accessible by integration", "documentation_url": "https://docs.github.com"})
            return 200, self.user, {}
        if not path.startswith("/repos/acme/models/"):
            raise Refused(404, {"message": "Not Found"})
        if ask == "GET /repos/acme/models/pulls/7":
            said: dict[str, Any] = {"number": 7, "state": "open" if state.open else "closed", "locked": state.locked}
            said |= {"head": {"sha": state.head}}
            said |= {"user": {"login": state.author} if state.author else None, "base": {"sha": state.base}}
            said |= {"merged": bool(state.merged), "merge_commit_sha": state.merged or "9" * 40, "html_url": PULL}
            said |= {"commits": len(state.commits) if state.counted is None else state.counted}
            return 200, said | {"labels": [{"name": name} for name in state.labels]}, {}
        if ask == "GET /repos/acme/models/pulls/7/reviews":
            return self.paged([github_review(number, one) for number, one in enumerate(state.reviews)], query)
        if ask == "GET /repos/acme/models/pulls/7/commits":
            return self.paged([github_commit(one) for one in state.commits], query)
        if found := re.fullmatch(r"GET /repos/acme/models/commits/(\w+)/pulls", ask):
            brought = [{"number": 7, "merged_at": "2026-11-20T10:00:00Z" if state.merged else None}]
            return self.paged(brought if found[1] in (state.merged, state.head) else [], query)
        if path == "/repos/acme/models/issues/7/comments":
            if self.command == "GET":
                return self.paged(state.comments, query)
            self.writable(body)
            return 201, state.put(body["body"], self.user, "github-actions" if self.user is ACTIONS else None), {}
        if found := re.fullmatch(r"/repos/acme/models/issues/comments/(\d+)", path):
            return self.edited(found[1], body)
        if found := re.fullmatch(r"GET /repos/acme/models/commits/(\w+)", ask):
            if found[1] not in state.parents:
                raise Refused(422, {"message": f"No commit found for SHA: {found[1]}"})
            return 200, {"sha": found[1], "parents": [{"sha": one} for one in state.parents[found[1]]]}, {}
        if found := re.fullmatch(r"GET /repos/acme/models/labels/(.+)", ask):
            if found[1] not in state.known_labels:
                raise Refused(404, {"message": "Not Found"})
            return 200, {"name": found[1]}, {}
        if path == "/repos/acme/models/labels":
            self.may("label")
            state.known_labels[body["name"]] = body["color"]
            return 201, {"name": body["name"]}, {}
        if found := re.fullmatch(r"/repos/acme/models/issues/7/labels(?:/(.+))?", path):
            self.may("label")
            if self.command == "POST":
                state.labels += [name for name in body["labels"] if name not in state.labels]
            elif found[1] in state.labels:
                state.labels.remove(found[1])
            else:
                raise Refused(404, {"message": "Label does not exist"})
            return 200, [{"name": name} for name in state.labels], {}
        if found := re.fullmatch(r"/repos/acme/models/statuses/(\w+)", path):
            self.may("status")
            if len(body["description"]) > 140:
                raise Refused(422, {"message": "Validation Failed", "errors": ["description is too long (maximum is 140 characters)"]})
            state.statuses.append(body | {"sha": found[1]})
            return 201, body, {}
        raise Refused(404, {"message": "Not Found"})

    def gitlab(self, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> tuple[int, object, dict[str, str]]:
        state, ask = self.state, f"{self.command} {path}"
        if ask == "GET /api/v4/user":
            return 200, self.user, {}
        start = "/api/v4/projects/42"
        if path == f"{start}/merge_requests/7":
            if self.command == "PUT":
                self.may("label")
                state.labels += [name for name in body.get("add_labels", "").split(",") if name and name not in state.labels]
                state.labels = [name for name in state.labels if name not in body.get("remove_labels", "").split(",")]
            said: dict[str, Any] = {"iid": 7, "state": "opened" if state.open else "merged", "sha": state.head}
            said |= {"labels": list(state.labels)}
            said |= {"discussion_locked": state.locked or None, "web_url": REQUEST}
            said |= {"author": {"username": state.author}, "diff_refs": {"base_sha": state.base}}
            said |= {"merge_commit_sha": state.merged or None, "squash_commit_sha": None}
            if state.merged or not state.open:
                said["state"] = "merged" if state.merged else "closed"
            return 200, said | {"references": {"full": "acme/models!7"}}, {}
        if path == f"{start}/merge_requests/7/approvals":
            # No pages: all of them in one answer.
            given = [{"user": {"username": one["login"]}} | ({"approved_at": one["when"]} if one["when"] else {}) for one in state.reviews]
            return 200, {"approved_by": given}, {}
        if path == f"{start}/merge_requests/7/versions":
            return self.paged([{"id": len(state.versions) - at, **one} for at, one in enumerate(state.versions)], query)
        if path == f"{start}/merge_requests/7/commits":
            told = [{"id": one["sha"], "author_email": one["email"], "message": one.get("message", "")} for one in state.commits]
            return self.paged([one | {"committer_email": one["author_email"]} for one in told], query)
        if found := re.fullmatch(rf"GET {start}/repository/commits/(\w+)/merge_requests", ask):
            brought = [{"iid": 7, "state": "merged" if state.merged else "opened"}]
            return self.paged(brought if found[1] in (state.merged, state.head) else [], query)
        if path == f"{start}/merge_requests/7/notes":
            if self.command == "GET":
                assert query["sort"] == ["asc"]
                return self.paged(state.comments, query)
            self.writable(body)
            return 201, state.put(body["body"], self.user), {}
        if found := re.fullmatch(rf"{start}/merge_requests/7/notes/(\d+)", path):
            return self.edited(found[1], body)
        if found := re.fullmatch(rf"GET {start}/repository/commits/(\w+)", ask):
            if found[1] not in state.parents:
                raise Refused(404, {"message": "404 Commit Not Found"})
            return 200, {"id": found[1], "parent_ids": state.parents[found[1]]}, {}
        if path == f"{start}/labels":
            self.may("label")
            if body["name"] in state.known_labels:
                raise Refused(409, {"message": "Label already exists"})
            state.known_labels[body["name"]] = body["color"]
            return 201, body, {}
        if found := re.fullmatch(rf"{start}/statuses/(\w+)", path):
            self.may("status")
            state.statuses.append(body | {"sha": found[1]})
            return 201, body, {}
        raise Refused(404, {"message": "404 Not Found"})

    def writable(self, body: dict[str, Any]) -> None:
        if self.state.locked:
            raise Refused(
                403, {"message": "Unable to create comment because issue is locked."} if self.kind == "github" else {"message": "403"}
            )
        self.may("comment")
        if len(body["body"]) > self.state.longest:
            said = f"is too long (maximum is {self.state.longest} characters)"
            if self.kind == "gitlab":
                raise Refused(400, {"message": {"note": [said]}})
            raise Refused(422, {"message": "Validation Failed", "errors": [{"field": "data", "message": f"Body {said}"}]})

    def edited(self, number: str, body: dict[str, Any]) -> tuple[int, object, dict[str, str]]:
        found = self.one(number)
        if self.command == "GET":
            return 200, found, {}
        if self.command == "DELETE":
            self.may("comment")
            self.state.comments.remove(found)
            return 204, None, {}
        self.writable(body)
        assert found["user"]["id"] == self.user["id"], "a comment of somebody else was changed"
        found["body"] = body["body"]
        return 200, found, {}


def github_review(number: int, one: dict[str, Any]) -> dict[str, Any]:
    said = {"id": number, "user": {"login": one["login"]} if one["login"] else None, "state": one["state"], "commit_id": one["commit"]}
    return said | {"html_url": f"{PULL}#pullrequestreview-{number}"} | ({"submitted_at": one["when"]} if one["state"] != "PENDING" else {})


def github_commit(one: dict[str, Any]) -> dict[str, Any]:
    person = {"email": one["email"], "name": "x"}
    inner = {"author": person, "committer": {"email": one.get("committer", "noreply@github.com")}, "message": one.get("message", "")}
    account = {"login": one["login"]} if one.get("login") else None
    return {"sha": one["sha"], "commit": inner, "author": account, "committer": {"login": "web-flow"}}


@contextmanager
def forge(kind: Literal["github", "gitlab"]) -> Iterator[tuple[State, str]]:
    """What it knows, and the address of its API, until the block ends."""
    state = State()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Of", (Handler,), {"state": state, "kind": kind}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state, f"http://127.0.0.1:{server.server_address[1]}{'/api/v4' if kind == 'gitlab' else ''}"
    finally:
        server.shutdown()
        server.server_close()
