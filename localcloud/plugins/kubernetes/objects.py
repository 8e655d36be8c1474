"""Between the properties of a Pulumi resource and the object of the API: identity, names, annotations, secrets, drift.

Formats are those of the official provider (provider/pkg/provider/provider.go, provider/pkg/metadata): the outputs are the live object plus
`__inputs`, `__initialApiVersion` and `__fieldManager`, so a state can move between the two providers.
"""

# ruff: noqa: SIM905

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping

from localcloud.plugins.serving import Autonaming, ProviderError
from localcloud.plugins.values import UNKNOWN, Path, Properties, Secret, Unknown, Value, has_unknown, plain, plain_properties, secret_like

AUTONAMED = "pulumi.com/autonamed"
DELETION_PROPAGATION = "pulumi.com/deletionPropagationPolicy"
PATCH_FIELD_MANAGER = "pulumi.com/patchFieldManager"
PATCH_FORCE = "pulumi.com/patchForce"
REPLACE_UNREADY = "pulumi.com/replaceUnready"
SKIP_AWAIT = "pulumi.com/skipAwait"
TIMEOUT_SECONDS = "pulumi.com/timeoutSeconds"
WAIT_FOR = "pulumi.com/waitFor"

INPUTS = "__inputs"
INITIAL_API_VERSION = "__initialApiVersion"
FIELD_MANAGER = "__fieldManager"
_INTERNAL = (INPUTS, INITIAL_API_VERSION, FIELD_MANAGER)

# Set by the server; never part of what somebody asks for (ObjectMeta in the API reference).
_READ_ONLY = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
)

# In the API these keys of a CustomResourceDefinition have dashes, which the SDKs cannot have.
_DASHED = (
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
)
_TO_API = {key.replace("-", "_"): key for key in _DASHED}
_FROM_API = {key: key.replace("-", "_") for key in _DASHED}

# Kinds without a namespace, for when the cluster cannot be asked.
_CLUSTER_SCOPED = frozenset(
    "APIService CSIDriver CSINode CertificateSigningRequest ClusterRole ClusterRoleBinding CustomResourceDefinition FlowSchema "
    "GatewayClass IngressClass MutatingWebhookConfiguration Namespace Node PersistentVolume PriorityClass PriorityLevelConfiguration "
    "RuntimeClass StorageClass "
    "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration VolumeAttachment".split()
)


def identity(token: str) -> tuple[str, str]:
    """apiVersion and kind of a type token: `kubernetes:core/v1:Namespace` → ("v1", "Namespace")."""
    _, module, kind = token.split(":", 2)
    group, separator, version = module.partition("/")
    if group.startswith(("helm.sh", "kustomize", "yaml")) or not separator:
        raise ProviderError(f"{token} is not emulated by the local stand-in of the Kubernetes provider")
    if kind.endswith("List"):
        raise ProviderError("list resources exist for manifests only and cannot be created; use the type of the items instead")
    return (version if group == "core" else f"{group}/{version}"), kind


def usually_namespaced(kind: str) -> bool:
    """Whether a kind lives in namespaces, as far as one can tell without asking a cluster."""
    return kind not in _CLUSTER_SCOPED


def from_inputs(inputs: Mapping[str, Value]) -> Properties:
    """The object that the inputs describe: no secret marks, no nulls, no read-only metadata, the API's own keys. Unknowns stay."""
    body = _renamed(_without_nulls(plain_properties(dict(inputs))), _TO_API)
    assert isinstance(body, dict)
    for key in _INTERNAL:
        body.pop(key, None)
    metadata = body.get("metadata")
    if isinstance(metadata, dict):
        body["metadata"] = {key: value for key, value in metadata.items() if key not in _READ_ONLY}
    return body


def to_outputs(live: Properties, inputs: Properties, manager: str, initial_api_version: str) -> Properties:
    """The outputs for a live object that these inputs (with secret marks) made."""
    body = _renamed(live, _FROM_API)
    assert isinstance(body, dict)
    outputs = with_secrets(body, inputs)
    if body.get("kind") == "Secret":
        return {**outputs, INPUTS: with_secrets(inputs, inputs), INITIAL_API_VERSION: initial_api_version, FIELD_MANAGER: manager}
    return {**outputs, INPUTS: inputs, INITIAL_API_VERSION: initial_api_version, FIELD_MANAGER: manager}


def with_secrets(body: Properties, inputs: Properties) -> Properties:
    """`body` with everything secret that the inputs hold as secret, and the content of a Secret in any case."""
    marked = secret_like(body, inputs)
    assert isinstance(marked, dict)
    if body.get("kind") == "Secret":
        for key in ("data", "stringData"):
            if marked.get(key) is not None and not isinstance(marked[key], Secret):
                marked[key] = Secret(plain(marked[key]))
    return marked


def _without_nulls(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _renamed(value: Value, names: Mapping[str, str]) -> Value:
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return value


def metadata_of(body: Mapping[str, Value]) -> Properties:
    """The metadata; empty when there is none, or when it is not known."""
    metadata = plain(body.get("metadata"))
    return metadata if isinstance(metadata, dict) else {}


def name_of(body: Mapping[str, Value]) -> str:
    name = metadata_of(body).get("name")
    return name if isinstance(name, str) else ""


def namespace_of(body: Mapping[str, Value]) -> str:
    namespace = metadata_of(body).get("namespace")
    return namespace if isinstance(namespace, str) else ""


def annotation(body: Mapping[str, Value], key: str) -> str:
    annotations = metadata_of(body).get("annotations")
    value = annotations.get(key) if isinstance(annotations, dict) else None
    return value if isinstance(value, str) else ""


def is_true(body: Mapping[str, Value], key: str) -> bool:
    """Whether an annotation says "true"."""
    return annotation(body, key) == "true"


def inputs_of(outputs: Properties) -> Properties:
    """The inputs that outputs remember; empty when there are none."""
    inputs = plain(outputs.get(INPUTS))
    return inputs if isinstance(inputs, dict) else {}


def object_id(body: Mapping[str, Value]) -> str:
    """The Pulumi ID: `namespace/name`, or `name` of an object without namespace."""
    namespace, name = namespace_of(body), name_of(body)
    return f"{namespace}/{name}" if namespace else name


def split_id(identifier: str) -> tuple[str, str]:
    namespace, _, name = identifier.rpartition("/")
    return namespace, name


def named(inputs: Properties, old_inputs: Properties, logical: str, seed: bytes, autonaming: Autonaming | None) -> Properties:
    """The inputs with a name: their own, the one given before, or a new one `<logical>-<8 hex digits>`.

    A given name is remembered in the annotation pulumi.com/autonamed. The stack's `pulumi:autonaming` is honoured.
    """
    metadata = _metadata(inputs)
    if metadata is None or metadata.get("name") or metadata.get("generateName"):
        if metadata is not None and metadata.get("generateName") and not metadata.get("name"):
            raise ProviderError("the `.metadata.generateName` field is not supported with server-side apply")
        return inputs
    if old_inputs:
        if not is_true(old_inputs, AUTONAMED):
            return inputs if not name_of(old_inputs) else _autonamed(inputs, metadata, _new_name(logical, seed, autonaming))
        return _autonamed(inputs, metadata, name_of(old_inputs))
    return _autonamed(inputs, metadata, _new_name(logical, seed, autonaming))


def _metadata(inputs: Properties) -> Properties | None:
    metadata = inputs.get("metadata")
    while isinstance(metadata, Secret):
        metadata = metadata.value
    if isinstance(metadata, Unknown):
        return None
    return dict(metadata) if isinstance(metadata, dict) else {}


def _autonamed(inputs: Properties, metadata: Properties, name: str) -> Properties:
    annotations = metadata.get("annotations")
    known = annotations if isinstance(annotations, dict) else {}
    return {**inputs, "metadata": {**metadata, "name": name, "annotations": {**known, AUTONAMED: "true"}}}


def _new_name(logical: str, seed: bytes, autonaming: Autonaming | None) -> str:
    if autonaming and autonaming.mode == "disable":
        raise ProviderError("automatic naming is disabled for this stack: set `.metadata.name`")
    if autonaming and autonaming.name:
        return autonaming.name
    digits = hashlib.sha256(seed).hexdigest()[:8] if seed else secrets.token_hex(4)
    return f"{logical}-{digits}"


def in_namespace(inputs: Properties, namespace: str) -> Properties:
    """The inputs with this namespace, if they have none."""
    metadata = _metadata(inputs)
    if metadata is None or metadata.get("namespace"):
        return inputs
    return {**inputs, "metadata": {**metadata, "namespace": namespace}}


def without_namespace(body: Properties) -> Properties:
    """A body for a kind that has no namespaces."""
    metadata = _metadata(body)
    if metadata is None or "namespace" not in metadata:
        return body
    return {**body, "metadata": {key: value for key, value in metadata.items() if key != "namespace"}}


def drifted(inputs: Value, known: Value, live: Value) -> Value:
    """The inputs as the live object has them now: a field that changed since `known` (the object as last seen) takes its live value.

    Fields that the server writes differently ("1000m" → "1") or that others set beside ours are no drift.
    """
    if isinstance(inputs, Secret):
        return Secret(drifted(inputs.value, plain(known), live))
    known = plain(known)
    if isinstance(inputs, dict):
        before, now = known if isinstance(known, dict) else {}, live if isinstance(live, dict) else {}
        if not isinstance(live, dict) and isinstance(known, dict):
            return live
        merged = {key: drifted(value, before.get(key), now.get(key)) for key, value in inputs.items()}
        return {key: value for key, value in merged.items() if value is not None or inputs[key] is None}
    if isinstance(inputs, list) and isinstance(known, list) and isinstance(live, list):
        if len(inputs) == len(known) == len(live):
            return [drifted(*each) for each in zip(inputs, known, live, strict=True)]
        return inputs if known == live else live
    return inputs if known == live else live


def refreshed(inputs: Properties, outputs: Properties, live: Properties) -> Properties:
    """The inputs of the state, with what changed on the live object since the outputs of the state were taken."""
    now = drifted(inputs, _renamed(plain(outputs), _FROM_API), _renamed(live, _FROM_API))
    assert isinstance(now, dict)
    wanted, data = plain(inputs.get("stringData")), live.get("data")
    if live.get("kind") != "Secret" or not isinstance(wanted, dict) or not isinstance(data, dict):
        return now
    # stringData is write-only: what it set is read from data.
    stored: Properties = {}
    for key in wanted:
        value = data.get(key)
        if isinstance(value, str):
            stored[key] = base64.b64decode(value).decode(errors="replace")
    return {**now, "stringData": Secret(stored)}


def imported(live: Properties, api_version: str, kind: str) -> Properties:
    """Inputs for an object that nobody made with Pulumi: all of it but what the server sets."""
    body = from_inputs({key: value for key, value in live.items() if key != "status"})
    annotations = metadata_of(body).get("annotations")
    if isinstance(annotations, dict):
        for key in ("deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration"):
            annotations.pop(key, None)
        metadata = metadata_of(body)
        metadata.pop("annotations")
        body["metadata"] = {**metadata, "annotations": annotations} if annotations else metadata
    inputs = _renamed({**body, "apiVersion": api_version, "kind": kind}, _FROM_API)
    assert isinstance(inputs, dict)
    return with_secrets(inputs, {})


# What a dry run makes up: the real object will have other values.
_INVENTED: tuple[Path, ...] = (
    ("metadata", "uid"),
    ("metadata", "resourceVersion"),
    ("metadata", "creationTimestamp"),
    ("metadata", "managedFields"),
    ("status",),
)
_INVENTED_SERVICE: tuple[Path, ...] = (("spec", "clusterIP"), ("spec", "clusterIPs"))


def foreseen(dry_run: Properties, inputs: Properties) -> Properties:
    """The result of a dry-run create, with UNKNOWN where the real object will differ."""
    paths = _INVENTED + (_INVENTED_SERVICE if dry_run.get("kind") == "Service" else ())
    result = dry_run
    for path in paths:
        result = _unknown_at(result, inputs, path)
    return result


def _unknown_at(body: Properties, inputs: Properties, path: Path) -> Properties:
    key = str(path[0])
    if key not in body:
        return body
    asked = plain(inputs.get(key))
    if len(path) == 1:
        return body if asked is not None and not has_unknown(asked) else {**body, key: UNKNOWN}
    inner = body[key]
    if not isinstance(inner, dict):
        return body
    return {**body, key: _unknown_at(inner, asked if isinstance(asked, dict) else {}, path[1:])}
