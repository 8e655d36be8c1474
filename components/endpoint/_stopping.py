"""Who may take requests from a model without being able to do anything else, as manifests."""

from components import _labels as labels
from components import _names as names

Manifest = dict[str, object]

RBAC = "rbac.authorization.k8s.io"


def role(model: str, team: str, namespace: object) -> Manifest:
    """Look at and change what leads requests to the model, its route and its address in the cluster, and see which versions run.

    A list cannot be narrowed to names (kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources): of the other models
    of the namespace the names of Services and the addresses behind them are seen.
    """
    rules = [
        {"apiGroups": ["gateway.networking.k8s.io"], "resources": ["httproutes"], "resourceNames": [model], "verbs": ["get", "patch"]},
        {"apiGroups": [""], "resources": ["services"], "resourceNames": [model], "verbs": ["get", "patch"]},
        {"apiGroups": [""], "resources": ["services"], "verbs": ["list"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list"]},
    ]
    return {**_named("Role", model, team, namespace), "rules": rules}


def binding(model: str, team: str, namespace: object, group: str) -> Manifest:
    """The group has that role."""
    subject = {"apiGroup": RBAC, "kind": "Group", "name": group}
    referred = {"apiGroup": RBAC, "kind": "Role", "name": _name(model)}
    return {**_named("RoleBinding", model, team, namespace), "subjects": [subject], "roleRef": referred}


def _named(kind: str, model: str, team: str, namespace: object) -> Manifest:
    metadata = {"name": _name(model), "namespace": namespace, "labels": labels.of_model(model, team)}
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": metadata}


def _name(model: str) -> str:
    return names.label(model, "stop")
