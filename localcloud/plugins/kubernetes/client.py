"""Requests to one API server: objects in, objects out, and which resource a kind is."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlencode

import urllib3

from localcloud.plugins.kubernetes.kubeconfig import Connection, KubeconfigError
from localcloud.plugins.values import Properties, Value

Body: TypeAlias = Properties | list[Properties] | None
Query: TypeAlias = Mapping[str, str | int | bool | None]

_CONNECT_TIMEOUT = 5.0  # seconds
_READ_TIMEOUT = 60.0  # seconds; the API server's own limit for a request
_TRIES = 3  # for answers that say "try again" (429, 503 while a server starts) and broken connections


class Unreachable(Exception):
    """The API server does not answer, or there are no credentials to ask it with."""


class NoMatch(Exception):
    """The server has no such kind: most often a CustomResourceDefinition that is not there yet."""


class ApiError(Exception):
    """The API server refused; the message is its own."""

    def __init__(self, code: int, status: Mapping[str, Value]) -> None:
        super().__init__(str(status.get("message") or f"the server answered {code}"))
        self.code = code
        self.reason = str(status.get("reason") or "")
        details = status.get("details")
        self.details: Properties = details if isinstance(details, dict) else {}


@dataclass(frozen=True)
class Kind:
    """A resource that the server serves: `apps/v1` `deployments`."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        root = "/api/v1" if self.api_version == "v1" else f"/apis/{self.api_version}"
        scope = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{root}{scope}/{self.plural}" + (f"/{name}" if name else "")


class Client:
    """Thread-safe; one per provider."""

    def __init__(self, connection: Connection, warn: Callable[[str], None] = lambda _: None) -> None:
        self.connection = connection
        self._warn = warn
        self._kinds: dict[str, dict[str, Kind]] = {}
        self._lock = threading.Lock()
        names = {"assert_hostname": connection.server_name, "server_hostname": connection.server_name} if connection.server_name else {}
        self._pool = urllib3.PoolManager(
            maxsize=64,
            retries=False,
            timeout=urllib3.Timeout(connect=_CONNECT_TIMEOUT, read=_READ_TIMEOUT),
            ssl_context=connection.tls,
            **names,  # type: ignore[arg-type]
        )

    def request(
        self, method: str, path: str, body: Body = None, query: Query | None = None, content: str = "application/json"
    ) -> Properties:
        """The answer as a dict. Query parameters that are None are left out."""
        parameters = {
            key: str(value).lower() if isinstance(value, bool) else value for key, value in (query or {}).items() if value is not None
        }
        url = self.connection.server + path + (f"?{urlencode(parameters)}" if parameters else "")
        for attempt in range(_TRIES):
            try:
                header = self.connection.credentials.header()
            except KubeconfigError as error:
                raise Unreachable(str(error)) from None
            headers = {"Accept": "application/json", "User-Agent": "modelway-local"}
            if body is not None:
                headers["Content-Type"] = content
            if header:
                headers["Authorization"] = header
            try:
                response = self._pool.request(method, url, body=None if body is None else json.dumps(body), headers=headers)
            except urllib3.exceptions.HTTPError as error:
                # A connection that was never made did nothing; one that broke may have, so only reads are tried again.
                if attempt + 1 == _TRIES or not (method == "GET" or isinstance(error, urllib3.exceptions.NewConnectionError)):
                    raise Unreachable(f"{self.connection.server} does not answer: {_short(error)}") from None
                time.sleep(0.2 * 2**attempt)
                continue
            if response.status == 401 and attempt == 0 and self.connection.credentials.refused(header):
                continue
            if response.status in (429, 503) and attempt + 1 < _TRIES:
                time.sleep(min(float(response.headers.get("Retry-After", 0)) or 0.2 * 2**attempt, 5))
                continue
            return self._answer(response)
        raise AssertionError("the last try always returns or raises")

    def _answer(self, response: urllib3.BaseHTTPResponse) -> Properties:
        for warning in response.headers.getlist("Warning"):
            self._warn(warning.split('"')[1] if warning.count('"') >= 2 else warning)
        try:
            answer = json.loads(response.data)
        except ValueError:
            answer = {"message": response.data.decode(errors="replace").strip()[:300]}
        if not isinstance(answer, dict):
            answer = {"message": str(answer)[:300]}
        if response.status == 401:
            raise ApiError(401, {**answer, "message": "the cluster does not accept the credentials (401 Unauthorized)"})
        if response.status >= 400:
            raise ApiError(response.status, answer)
        return answer

    def kind(self, api_version: str, kind: str) -> Kind:
        """How the server serves a kind. Found kinds are remembered, missing ones are asked for again. Raises NoMatch."""
        known = self._kinds.get(api_version, {}).get(kind)
        if known:
            return known
        with self._lock:
            known = self._kinds.get(api_version, {}).get(kind)
            if known is None:
                self._kinds[api_version] = self._discover(api_version)
                known = self._kinds[api_version].get(kind)
        if known is None:
            raise NoMatch(f"the server serves no {kind} in {api_version}")
        return known

    def forget_kinds(self) -> None:
        """For when a CustomResourceDefinition came, changed or went."""
        with self._lock:
            self._kinds.clear()

    def _discover(self, api_version: str) -> dict[str, Kind]:
        try:
            answer = self.request("GET", "/api/v1" if api_version == "v1" else f"/apis/{api_version}")
        except ApiError as error:
            if error.code == 404:
                return {}
            raise
        resources = answer.get("resources")
        found = {}
        for each in resources if isinstance(resources, list) else []:
            if isinstance(each, dict) and "/" not in str(each["name"]):
                found[str(each["kind"])] = Kind(api_version, str(each["kind"]), str(each["name"]), bool(each["namespaced"]))
        return found

    def get(self, kind: Kind, namespace: str, name: str) -> Properties | None:
        """The live object; None when there is none."""
        try:
            return self.request("GET", kind.path(namespace, name))
        except ApiError as error:
            if error.code == 404:
                return None
            raise

    def list(self, api_version: str, kind: str, namespace: str, **query: str) -> list[Properties]:
        """Objects of a namespace, filtered by labelSelector or fieldSelector."""
        answer = self.request("GET", self.kind(api_version, kind).path(namespace), query=query)
        items = answer.get("items")
        return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _short(error: Exception) -> str:
    return str(error).split(": ", 1)[-1]
