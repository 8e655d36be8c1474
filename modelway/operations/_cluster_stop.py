"""Takes requests from a model in a cluster, and gives them back, as field manager `modelway-stop`.

What is changed is the model's HTTPRoute and, where it has one, the Service that callers in the cluster use. What was there before is kept
in an annotation of the object, so that whoever gives the requests back needs nothing else. While a model is stopped these fields belong to
`modelway-stop`, and the API server refuses to let Pulumi's server-side apply change them
(kubernetes.io/docs/reference/using-api/server-side-apply).
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, cast

from kubernetes import client

from modelway.operations._cluster import Cluster, ClusterFailure, explained

MANAGER = "modelway-stop"
ANNOTATION = "modelway.dev/stopped"
MODEL, VERSION = "modelway.dev/model", "modelway.dev/version"
NOBODY = {"modelway.dev/stopped": "true"}
"""A selector that no pod has the labels for."""

SECONDS = 20.0
"""How long a Gateway's controller is given to say that it took a route."""
CALL_SECONDS = (5, 20)
"""To connect, and to answer."""
_TRIES = 5

Manifest = dict[str, Any]


@dataclass
class Switched:
    """What was changed."""

    before: dict[str, int] = field(default_factory=dict)
    """Percent of requests by version."""
    after: dict[str, int] = field(default_factory=dict)
    where: list[str] = field(default_factory=list)
    """Objects that were changed."""
    notes: list[str] = field(default_factory=list)
    """What else whoever stopped it should know."""


@dataclass(frozen=True)
class _Kind:
    """A kind of object that leads requests to pods."""

    name: str
    api: str
    path: str
    """Of the objects of a namespace."""
    part: str
    """Field of `spec` that says where they go; a list or map that is owned as a whole."""

    def at(self, namespace: str, name: str) -> str:
        return f"{self.path.format(namespace=namespace)}/{name}"


ROUTE = _Kind("HTTPRoute", "gateway.networking.k8s.io/v1", "/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/httproutes", "rules")
SERVICE = _Kind("Service", "v1", "/api/v1/namespaces/{namespace}/services", "selector")
SLICES = "/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"


class ClusterSwitch(Cluster):
    """What sends requests to one cluster's models. Every method raises ClusterFailure."""

    def __init__(self, api: client.ApiClient, name: str) -> None:
        super().__init__(api, name)
        self._api = api

    @classmethod
    def there(cls, context: str | None, kubeconfig: Mapping[str, object] | None = None) -> Self:
        """That of a context, of the kubeconfig of whoever asks or of the one given."""
        return cls.of_kubeconfig(kubeconfig, str(context)) if kubeconfig is not None else cls.of_context(str(context))

    def stop(self, namespace: str, model: str, fallback: str | None, *, who: str, when: str) -> Switched | None:
        """All requests go to version `fallback`, if that runs, or to nobody: the Gateway answers 500, the address in the cluster refuses.
        None where nothing leads requests to the model."""
        versions = self._versions(namespace, model)
        service = next((name for name, version in versions.items() if version == fallback), None)
        notes = []
        if fallback is not None and (service is None or not self._ready(namespace, service)):
            notes.append(f"its fallback {fallback} has no pod that is ready, so nobody answers")
            service = fallback = None
        done = Switched(after={fallback: 100} if fallback is not None else {}, notes=notes)
        for kind, found in self._leading(namespace, model):
            current = found["spec"].get(kind.part)
            done.before = done.before or _shares(kind, current, versions)
            wanted: object
            if kind is ROUTE:
                wanted = _rules(current or [], service)
            else:
                wanted = {MODEL: model, VERSION: fallback} if fallback is not None else {MODEL: model, **NOBODY}
            # Of one that is stopped already what was there at first is kept.
            kept = _annotation(found) or {"before": current, "manager": _owner(found, kind.part)}
            self._apply(kind, found, wanted, {ANNOTATION: json.dumps(kept | {"by": who, "at": when}, sort_keys=True)})
            done.where.append(self._read_back(kind, namespace, model, wanted, done.notes))
        return done if done.where else None

    def resume(self, namespace: str, model: str) -> Switched | None:
        """Requests go where they went before the stop, as far as that is still there. None where no object says that it is stopped."""
        versions = self._versions(namespace, model)
        done = Switched()
        for kind, found in self._leading(namespace, model):
            kept = _annotation(found)
            if kept is None:
                continue
            current, wanted = found["spec"].get(kind.part), kept["before"]
            if gone := sorted(_leads_to(kind, wanted) - set(versions if kind is ROUTE else versions.values())):
                done.notes.append(
                    f"{kind.name} {namespace}/{model} stays as it is, and is Pulumi's: {', '.join(gone)} is gone. `pulumi refresh`,"
                    " then `modelway up`, makes it what the files say"
                )
                wanted = current
            done.before = done.before or _shares(kind, current, versions)
            done.after = done.after or _shares(kind, wanted, versions)
            self._apply(kind, found, wanted, {})
            self._hand_over(kind, namespace, model, str(kept.get("manager") or ""))
            done.where.append(self._read_back(kind, namespace, model, wanted, done.notes))
        return done if done.where else None

    def stopped(self, namespace: str, model: str) -> str | None:
        """Who stopped it, as its objects say; None where they say nothing."""
        for _, found in self._leading(namespace, model):
            if (kept := _annotation(found)) is not None:
                return f"{kept.get('by', 'somebody')} at {kept.get('at', 'some time')}"
        return None

    def _leading(self, namespace: str, model: str) -> Iterator[tuple[_Kind, Manifest]]:
        for kind in (ROUTE, SERVICE):
            if (found := self._get(kind.at(namespace, model))) is not None:
                yield kind, found

    def _versions(self, namespace: str, model: str) -> dict[str, str]:
        """Version by the name of its Service."""
        found = self._get(SERVICE.path.format(namespace=namespace), labelSelector=f"{MODEL}={model},{VERSION}")
        return {one["metadata"]["name"]: one["metadata"]["labels"][VERSION] for one in (found or {}).get("items", [])}

    def _ready(self, namespace: str, service: str) -> bool:
        found = self._get(SLICES.format(namespace=namespace), labelSelector=f"kubernetes.io/service-name={service}")
        slices = (found or {}).get("items", [])
        return any(one.get("conditions", {}).get("ready") is not False for each in slices for one in each.get("endpoints") or [])

    def _apply(self, kind: _Kind, found: Manifest, wanted: object, annotations: Mapping[str, str]) -> None:
        metadata = {"name": found["metadata"]["name"], "namespace": found["metadata"]["namespace"], "annotations": dict(annotations)}
        body = {"apiVersion": kind.api, "kind": kind.name, "metadata": metadata, "spec": {kind.part: wanted}}
        options = [("fieldManager", MANAGER), ("force", "true")]
        # As text: the client would write it as another kind of patch.
        self._patch(kind.at(metadata["namespace"], metadata["name"]), json.dumps(body), "application/apply-patch+yaml", options)

    def _hand_over(self, kind: _Kind, namespace: str, name: str, manager: str) -> None:
        """What `modelway-stop` owns is the former manager's again: its next change is no conflict."""
        for attempt in range(_TRIES):
            found = self._get(kind.at(namespace, name))
            if found is None:
                return
            metadata = found["metadata"]
            patch = [
                {"op": "test", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]},
                {"op": "replace", "path": "/metadata/managedFields", "value": _given_back(metadata["managedFields"], kind.part, manager)},
            ]
            try:
                self._patch(kind.at(namespace, name), patch, "application/json-patch+json", [])
            except ClusterFailure:
                # Somebody wrote to the object meanwhile, such as its controller.
                if attempt == _TRIES - 1:
                    raise
                time.sleep(0.1 * 2**attempt)
            else:
                return

    def _read_back(self, kind: _Kind, namespace: str, name: str, wanted: object, notes: list[str]) -> str:
        """The object, in words, once it says what was asked for, and the Gateway's controller that it took it."""
        where, end = f"{kind.name} {namespace}/{name}", time.monotonic() + SECONDS
        while True:
            found = self._get(kind.at(namespace, name)) or {}
            if not _same(found.get("spec", {}).get(kind.part), wanted):
                raise ClusterFailure(
                    f"cluster {self._name}: {where} was changed, and somebody has changed it again. Look who: {MANAGER} is not alone."
                )
            if kind is not ROUTE:
                return where
            conditions = [one for parent in found.get("status", {}).get("parents", []) for one in parent.get("conditions", [])]
            if not conditions:
                notes.append(f"no controller of a Gateway says whether it took {where}")
                return where
            if all(one.get("observedGeneration", 0) >= found["metadata"]["generation"] for one in conditions):
                return where
            if time.monotonic() > end:
                notes.append(f"the Gateway's controller has not said within {SECONDS:g} s that it took {where}")
                return where
            time.sleep(0.1)

    def _get(self, path: str, **query: str) -> Manifest | None:
        status, found = self._call("GET", path, list(query.items()))
        return None if status == 404 else found

    def _patch(self, path: str, body: object, content: str, query: list[tuple[str, str]]) -> None:
        if self._call("PATCH", path, query, body, content)[0] == 404:
            raise ClusterFailure(f"cluster {self._name}: {path} is gone.")

    def _call(
        self, method: str, path: str, query: list[tuple[str, str]], body: object = None, content: str = "application/json"
    ) -> tuple[int, Manifest]:
        headers = {"Accept": "application/json", "Content-Type": content}
        with explained(self._name):
            asked = self._api.param_serialize(
                method, path, query_params=query, header_params=headers, body=body, auth_settings=["BearerToken"]
            )
            answer = self._api.call_api(*asked, _request_timeout=CALL_SECONDS)
            status, text = int(answer.status), bytes(answer.read())  # type: ignore[no-untyped-call]
        try:
            told = json.loads(text)
        except ValueError:
            told = {}
        if not isinstance(told, dict) or (status >= 400 and status != 404):
            said = told.get("message", "") if isinstance(told, dict) else ""
            raise ClusterFailure(f"cluster {self._name}: {status} {said or answer.reason}")
        return status, told


def _rules(rules: Sequence[Manifest], service: str | None) -> list[Manifest]:
    """One rule for what everybody asked by the rules that are there; as a pinned version would have it, or without a way on."""
    everybody = [rule for rule in rules if not all(match.get("headers") for match in rule.get("matches") or [{}])] or list(rules)
    matches = [match for rule in everybody for match in rule.get("matches") or []]
    made: Manifest = {"matches": matches} if matches else {}
    backends = [backend for rule in everybody for backend in rule.get("backendRefs") or []]
    if service is not None:
        first = next(
            (one for one in backends if one["name"] == service), backends[0] if backends else {"group": "", "kind": "Service", "port": 80}
        )
        made["backendRefs"] = [{**{key: first[key] for key in ("group", "kind", "port") if key in first}, "name": service, "weight": 100}]
    if timeouts := next((rule["timeouts"] for rule in everybody if "timeouts" in rule), None):
        made["timeouts"] = timeouts
    return [made]


def _shares(kind: _Kind, part: object, versions: Mapping[str, str]) -> dict[str, int]:
    """Percent of the requests without a header by version; a Service that is no version's stands for itself."""
    if kind is SERVICE:
        version = part.get(VERSION) if isinstance(part, Mapping) else None
        return {str(version): 100} if version is not None else {}
    rules = cast(Sequence[Manifest], part or [])
    for rule in reversed(rules):
        weights = {one["name"]: one.get("weight", 1) for one in rule.get("backendRefs") or []}
        if (total := sum(weights.values())) and not all(match.get("headers") for match in rule.get("matches") or [{}]):
            return {versions.get(name, name): round(100 * weight / total) for name, weight in weights.items() if weight}
    return {}


def _leads_to(kind: _Kind, part: object) -> set[str]:
    """Services that a route names; the version that a Service does."""
    if kind is SERVICE:
        return {str(part[VERSION])} if isinstance(part, Mapping) and VERSION in part else set()
    return {str(one["name"]) for rule in cast(Sequence[Manifest], part or []) for one in rule.get("backendRefs") or []}


def _annotation(found: Manifest) -> Manifest | None:
    text = (found["metadata"].get("annotations") or {}).get(ANNOTATION)
    try:
        kept = json.loads(text) if text is not None else None
    except ValueError:
        return None
    return kept if isinstance(kept, dict) and "before" in kept else None


def _owner(found: Manifest, part: str) -> str | None:
    """Who owns where requests go."""
    entries = found["metadata"].get("managedFields") or []
    return next((str(one["manager"]) for one in entries if f"f:{part}" in (one.get("fieldsV1") or {}).get("f:spec", {})), None)


def _given_back(entries: Sequence[Manifest], part: str, manager: str) -> list[Manifest]:
    """Who owns which field once the part of `spec` that was taken is the former manager's again."""
    owned: Manifest = {}
    for one in entries:
        if one["manager"] == MANAGER:
            owned = one["fieldsV1"].get("f:spec", {}).get(f"f:{part}", owned)
    returned = [one for one in entries if one["manager"] != MANAGER]
    for number, one in enumerate(returned):
        if one["manager"] == manager and one["operation"] == "Apply":
            spec = {**one["fieldsV1"].get("f:spec", {}), f"f:{part}": owned}
            returned[number] = {**one, "fieldsV1": {**one["fieldsV1"], "f:spec": spec}}
    return returned


def _same(found: object, wanted: object) -> bool:
    """Whether an object says what it was told; the API server adds defaults."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return all(_same(found.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(_same(one, other) for one, other in zip(found, wanted, strict=True))
    return found == wanted
