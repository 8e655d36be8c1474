"""One cluster as the operations need it: whether it answers, which kind is where, and the writes with their fine print."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from localcloud.plugins.kubernetes import objects, ownership
from localcloud.plugins.kubernetes.client import ApiError, Client, Kind, NoMatch, Query, Unreachable
from localcloud.plugins.kubernetes.kubeconfig import KubeconfigError, connect
from localcloud.plugins.kubernetes.reasons import part, text
from localcloud.plugins.serving import Teller
from localcloud.plugins.values import Properties, Value

# How often a create is tried again while its namespace or its definition is not there yet: pauses in seconds, as the official provider's.
_PAUSES = (1, 2, 4, 8, 16)
_HANDOVER_TRIES = 5  # controllers write to a new object all the time


class Cluster:
    """A cluster that may not be there: `unreachable` is then the reason, and every request raises Unreachable."""

    def __init__(self, kubeconfig: str | None, context: str | None, name: str | None, warn: Callable[[str], None]) -> None:
        self.unreachable = ""
        self.namespace = "default"
        self._client: Client | None = None
        try:
            connection = connect(kubeconfig, context, name)
            self.namespace = connection.namespace
            client = Client(connection, warn)
            client.request("GET", "/version")
            self._client = client
        except (KubeconfigError, Unreachable, ApiError) as error:
            self.unreachable = str(error)

    @property
    def client(self) -> Client:
        if self._client is None:
            raise Unreachable(f"configured Kubernetes cluster is unreachable: {self.unreachable}")
        return self._client

    def known(self, api_version: str, kind: str) -> Kind | None:
        """The kind, or None when the cluster does not serve it or cannot be asked."""
        try:
            return self.client.kind(api_version, kind)
        except (NoMatch, Unreachable, ApiError):
            return None

    def live(self, kind: Kind, identifier: str) -> Properties | None:
        """The object with that Pulumi ID; one without a namespace (people import such) is in the kubeconfig's."""
        namespace, name = objects.split_id(identifier)
        return self.client.get(kind, namespace or (self.namespace if kind.namespaced else ""), name)

    def create(self, body: Properties, manager: str, upsert: bool, cancelled: threading.Event, tell: Teller) -> tuple[Kind, Properties]:
        """Creates an object; one that exists is refused by the server (AlreadyExists) unless `upsert`. A namespace or definition that is
        not there yet, and an object of that name that is on its way out, are waited for, half a minute at most."""
        api_version, name = str(body["apiVersion"]), str(body["kind"])
        for pause in (*_PAUSES, None):
            try:
                kind = self.client.kind(api_version, name)
                path, whole = kind.path(self._namespace(kind, body)), _body(kind, body)
                if upsert:
                    path, options = f"{path}/{objects.name_of(body)}", {**_options(manager), "force": "true"}
                    return kind, self.client.request("PATCH", path, whole, options, "application/apply-patch+yaml")
                return kind, self._handed_over(kind, self.client.request("POST", path, whole, _options(manager)), manager)
            except (NoMatch, ApiError) as error:
                waits = isinstance(error, NoMatch) or error.code == 404 or self._leaves(body, error)
                if not waits or pause is None or cancelled.is_set():
                    raise
                tell(f"trying again in {pause} s: {error}")
                cancelled.wait(pause)
        raise AssertionError("the last try returns or raises")

    def _leaves(self, body: Properties, error: ApiError) -> bool:
        """Whether the object in the way is on its way out. The server says so, unless it left just before the server looked again."""
        if error.code != 409 or "already exists" not in str(error):
            return False
        kind = self.client.kind(str(body["apiVersion"]), str(body["kind"]))
        return (
            str(error).startswith("object is being deleted")
            or self.client.get(kind, self._namespace(kind, body), objects.name_of(body)) is None
        )

    def foresee(self, kind: Kind, body: Properties, manager: str) -> Properties:
        """What create would make (a dry run on the server)."""
        path = kind.path(self._namespace(kind, body))
        return self.client.request("POST", path, _body(kind, body), {**_options(manager), "dryRun": "All"})

    def apply(
        self, kind: Kind, live: Properties, body: Properties, manager: str, force: bool, dry_run: bool, ignored: Sequence[str]
    ) -> Properties:
        """Server-side apply on an existing object. Fields that leave `body` leave the object; fields of other managers conflict."""
        if not dry_run:
            live = self._handed_over(kind, live, manager)
        patch = _body(kind, _without_ignored(body, live, manager, ignored))
        path = kind.path(text(part(live, "metadata"), "namespace"), text(part(live, "metadata"), "name"))
        options: Query = {**_options(manager), "dryRun": "All" if dry_run else None}
        if kind.kind == "CustomResourceDefinition":
            # Its schema is replaced as a whole, as the official provider does: an apply would merge versions.
            whole = {**patch, "metadata": {**part(patch, "metadata"), "resourceVersion": text(part(live, "metadata"), "resourceVersion")}}
            return self.client.request("PUT", path, whole, options)
        # A dry run cannot hand over first; without force it would conflict with its own create.
        force = force or (dry_run and ownership.handed_over(live, manager) is not None)
        return self.client.request("PATCH", path, patch, {**options, "force": force}, "application/apply-patch+yaml")

    def delete(self, kind: Kind, live: Properties, propagation: str) -> None:
        metadata = part(live, "metadata")
        # The uid: an object that somebody made anew under the same name is not ours to delete.
        options: Properties = {"propagationPolicy": propagation, "preconditions": {"uid": metadata.get("uid")}}
        self.client.request("DELETE", kind.path(text(metadata, "namespace"), text(metadata, "name")), options)

    def _namespace(self, kind: Kind, body: Properties) -> str:
        return (objects.namespace_of(body) or self.namespace) if kind.namespaced else ""

    def _handed_over(self, kind: Kind, live: Properties, manager: str) -> Properties:
        for attempt in range(_HANDOVER_TRIES):
            fields = ownership.handed_over(live, manager)
            if fields is None:
                return live
            metadata = part(live, "metadata")
            path = kind.path(text(metadata, "namespace"), text(metadata, "name"))
            patch: list[Properties] = [
                {"op": "test", "path": "/metadata/resourceVersion", "value": metadata.get("resourceVersion")},
                {"op": "replace", "path": "/metadata/managedFields", "value": fields},
            ]
            # Whatever goes wrong here, the object exists; the next update tries again.
            try:
                return self.client.request("PATCH", path, patch, content="application/json-patch+json")
            except (ApiError, Unreachable):
                time.sleep(0.05 * 2**attempt)
            try:
                live = self.client.request("GET", path)
            except (ApiError, Unreachable):
                break
        return live


def _options(manager: str) -> dict[str, str]:
    return {"fieldManager": manager, "fieldValidation": "Warn"}


def _body(kind: Kind, body: Properties) -> Properties:
    return body if kind.namespaced else objects.without_namespace(body)


def _without_ignored(body: Properties, live: Properties, manager: str, ignored: Sequence[str]) -> Properties:
    """For ignoreChanges: what others own alone is left out of the apply, the rest stays as it is live (plain dotted paths)."""
    for path in ignored:
        keys = path.split(".")
        held = ownership.owners(live, keys)
        others_only = bool(held) and manager not in held
        body = _with(body, keys, None if others_only else _at(live, keys))
    return body


def _at(body: Properties, keys: Sequence[str]) -> Value:
    node: Value = body
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _with(body: Properties, keys: Sequence[str], value: Value) -> Properties:
    """`body` with the value at a path; None takes it out. A path that leads nowhere changes nothing."""
    key = keys[0]
    if len(keys) == 1:
        rest = {each: item for each, item in body.items() if each != key}
        return rest if value is None else {**rest, key: value}
    inner = body.get(key)
    return {**body, key: _with(inner, keys[1:], value)} if isinstance(inner, dict) else body
