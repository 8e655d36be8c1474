"""A Grafana over its HTTP API (grafana.com/docs/grafana/latest/developers/http_api): data source, folder, dashboards, each by its uid."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from modelway.errors import ModelwayError

SECONDS = 30
"""How long one answer may take."""

Object = dict[str, Any]


class GrafanaFailure(ModelwayError):
    """Grafana refused a call, or could not be reached."""


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nobody: the token is for this host."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


class Grafana:
    """One Grafana, with a token of an administrator. Every method leaves alone what is as it should be; True: it made or changed it."""

    def __init__(self, address: str, token: str) -> None:
        self._address, self._token = address.rstrip("/"), token
        self._opener = urllib.request.build_opener(_Stay)

    def data_source(self, uid: str, wanted: Mapping[str, object]) -> bool:
        there = self._call("GET", f"/api/datasources/uid/{uid}", missing=True)
        if there is None:
            self._call("POST", "/api/datasources", {"uid": uid, **wanted})
            return True
        if _holds(there, wanted):
            return False
        self._call("PUT", f"/api/datasources/uid/{uid}", {"uid": uid, **wanted})
        return True

    def folder(self, uid: str, title: str) -> bool:
        if self._call("GET", f"/api/folders/{uid}", missing=True) is not None:
            return False
        self._call("POST", "/api/folders", {"uid": uid, "title": title})
        return True

    def dashboard(self, folder: str, wanted: Mapping[str, object], message: str) -> bool:
        there = self._call("GET", f"/api/dashboards/uid/{wanted['uid']}", missing=True)
        if there is not None and _holds(there["dashboard"], wanted) and there["meta"].get("folderUid") == folder:
            return False
        # Without an id it is known by its uid; what somebody changed by hand is overwritten.
        sent = {"dashboard": {**wanted, "id": None}, "folderUid": folder, "message": message, "overwrite": True}
        self._call("POST", "/api/dashboards/db", sent)
        return True

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None, *, missing: bool = False) -> Object | None:
        """The answer; None for what is not there, where it may be `missing`. The token is in no message."""
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json", "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self._address + path, data, headers, method=method)
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                found: Object = json.load(answer)
                return found
        except urllib.error.HTTPError as refused:
            if missing and refused.code == 404:
                return None
            said = refused.read(300).decode("utf-8", "replace").replace(self._token, "…")
            raise GrafanaFailure(f"Grafana refused {method} {path}: {refused.code} {said}") from None
        except (OSError, ValueError) as fault:
            raise GrafanaFailure(f"Grafana at {self._address} did not answer {method} {path}: {type(fault).__name__}") from None


def _holds(there: object, wanted: object) -> bool:
    """Whether what is there says what is wanted; Grafana adds ids, versions and defaults."""
    if isinstance(wanted, Mapping):
        return isinstance(there, Mapping) and all(_holds(there.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(there, list) and len(there) == len(wanted) and all(map(_holds, there, wanted))
    return there == wanted
