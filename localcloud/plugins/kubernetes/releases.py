"""Helm releases, recorded: what is asked for is kept in a Secret of the cluster, as Helm keeps its own, and nothing is installed.

So a release has the life of any other resource (made, changed, refreshed, imported, gone with its cluster), and whoever looks for what its
chart brings finds that it is not there.
"""

from __future__ import annotations

import base64
import json

from localcloud.plugins.kubernetes.client import ApiError, Unreachable
from localcloud.plugins.kubernetes.provider import KubernetesProvider
from localcloud.plugins.serving import (
    Check,
    Checked,
    Create,
    Created,
    Delete,
    Diff,
    Difference,
    Failure,
    Found,
    Provider,
    ProviderError,
    Read,
    Update,
)
from localcloud.plugins.values import Properties, has_unknown, plain_properties, secret_like

TOKEN = "kubernetes:helm.sh/v3:Release"
KIND = "modelway.dev/recorded-release"
"""Type of the Secrets."""

_REFUSED = ("valueYamlFiles", "postrender", "manifest")


class Releases(Provider):
    """The operations of the engine on releases, in the cluster of the provider that they belong to."""

    name, version = KubernetesProvider.name, KubernetesProvider.version

    def __init__(self, of: KubernetesProvider) -> None:
        super().__init__()
        self._of = of

    def check(self, request: Check) -> Checked:
        inputs: Properties = {key: value for key, value in request.inputs.items() if value is not None}
        failures = [Failure(key, "is not emulated by the local stand-in of the Kubernetes provider") for key in _REFUSED if key in inputs]
        # Upstream makes up a name; a release whose name is not said cannot be found by anybody.
        failures += [
            Failure(key, "is needed by the local stand-in") for key in ("name", "namespace", "chart", "version") if key not in inputs
        ]
        return Checked(inputs, failures)

    def diff(self, request: Diff) -> Difference:
        return Difference.of(request.old_inputs, request.inputs, lambda path: path[0] in ("name", "namespace"), delete_before_replace=True)

    def create(self, request: Create) -> Created:
        if request.preview:
            return Created("", request.inputs)
        body = _recorded(request.inputs)
        try:
            self._of.cluster.client.request("POST", f"{_path(_id(request.inputs), False)}", body)
        except (ApiError, Unreachable) as error:
            raise ProviderError(f"release {_id(request.inputs)} could not be recorded: {error}") from None
        return Created(_id(request.inputs), _outputs(request.inputs))

    def update(self, request: Update) -> Properties:
        if request.preview or has_unknown(request.inputs):
            return request.inputs
        try:
            self._of.cluster.client.request("PUT", _path(request.id), _recorded(request.inputs))
        except (ApiError, Unreachable) as error:
            raise ProviderError(f"release {request.id} could not be recorded: {error}") from None
        return _outputs(request.inputs)

    def read(self, request: Read) -> Found | None:
        try:
            live = self._of.cluster.client.request("GET", _path(request.id))
        except ApiError as error:
            if error.code == 404:
                return None
            raise ProviderError(f"release {request.id} cannot be read: {error}") from None
        except Unreachable as error:
            raise ProviderError(f"release {request.id} cannot be read: {error}") from None
        data = live.get("data")
        known = json.loads(base64.b64decode(str(data["inputs"]))) if isinstance(data, dict) and "inputs" in data else {}
        marked = secret_like(known, request.inputs)
        assert isinstance(marked, dict)
        return Found(request.id, marked, _outputs(marked))

    def delete(self, request: Delete) -> None:
        try:
            self._of.cluster.client.request("DELETE", _path(request.id))
        except ApiError as error:
            if error.code != 404:
                raise ProviderError(f"release {request.id} could not be deleted: {error}") from None
        except Unreachable as error:
            raise ProviderError(f"release {request.id} could not be deleted: {error}") from None


class WithReleases(KubernetesProvider):
    """The provider, releases included."""

    def __init__(self) -> None:
        super().__init__()
        self._releases = Releases(self)

    def check(self, request: Check) -> Checked:
        return self._releases.check(request) if request.resource.type == TOKEN else super().check(request)

    def diff(self, request: Diff) -> Difference:
        return self._releases.diff(request) if request.resource.type == TOKEN else super().diff(request)

    def create(self, request: Create) -> Created:
        return self._releases.create(request) if request.resource.type == TOKEN else super().create(request)

    def update(self, request: Update) -> Properties:
        return self._releases.update(request) if request.resource.type == TOKEN else super().update(request)

    def read(self, request: Read) -> Found | None:
        return self._releases.read(request) if request.resource.type == TOKEN else super().read(request)

    def delete(self, request: Delete) -> None:
        if request.resource.type == TOKEN:
            return self._releases.delete(request)
        return super().delete(request)


def _id(inputs: Properties) -> str:
    plain = plain_properties(inputs)
    return f"{plain['namespace']}/{plain['name']}"


def _path(identifier: str, whole: bool = True) -> str:
    namespace, _, name = identifier.rpartition("/")
    secrets = f"/api/v1/namespaces/{namespace or 'default'}/secrets"
    return f"{secrets}/recorded.{name}" if whole else secrets


def _recorded(inputs: Properties) -> Properties:
    plain = plain_properties(inputs)
    content = base64.b64encode(json.dumps(plain, sort_keys=True).encode()).decode()
    metadata: Properties = {"name": f"recorded.{plain['name']}", "labels": {"owner": "modelway-local", "name": plain["name"]}}
    return {"apiVersion": "v1", "kind": "Secret", "type": KIND, "metadata": metadata, "data": {"inputs": content}}


def _outputs(inputs: Properties) -> Properties:
    """As upstream: what was asked for, and the status that Helm would give."""
    known = ("name", "namespace", "chart", "version")
    return {**inputs, "status": {"status": "deployed", **{key: inputs[key] for key in known if key in inputs}}}
