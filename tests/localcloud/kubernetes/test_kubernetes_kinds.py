"""Many kinds at once, from create to destroy; after every operation the state holds what the API server has, field by field."""

import json

import pytest

from tests.localcloud.kubernetes.stack import Object, Stack, kubernetes

pytestmark = pytest.mark.localcloud

LABELS = {"app": "web"}
# Written by controllers at any time; all the rest of the live object must be in the state.
VOLATILE_METADATA = ("resourceVersion", "managedFields", "generation")


def pod(image: str = "registry.example/web:1") -> Object:
    limits = {"cpu": "1000m", "memory": "1024Mi"}
    container = {"name": "web", "image": image, "ports": [{"containerPort": 8080}], "resources": {"requests": limits, "limits": limits}}
    return {"metadata": {"labels": LABELS}, "spec": {"containers": [container], "automountServiceAccountToken": False}}


def workload(image: str = "registry.example/web:1", **spec: object) -> Object:
    return {"selector": {"matchLabels": LABELS}, "template": pod(image), **spec}


def definition(group: str) -> Object:
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "x_kubernetes_preserve_unknown_fields": True}, "status": {"type": "object"}},
    }
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget"}
    versions = [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}]
    return {"metadata": {"name": f"widgets.{group}"}, "spec": {"group": group, "names": names, "scope": "Namespaced", "versions": versions}}


def kinds(group: str, size: str = "small", image: str = "registry.example/web:1") -> list[Object]:
    """Everything in a namespace that the same program makes, so nothing of it can be tried on the server at preview."""
    inside = {"metadata": {"namespace": {"$from": "team.metadata.name"}}}
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": {"$from": "role.metadata.name"}}
    account = {"kind": "ServiceAccount", "name": {"$from": "account.metadata.name"}, "namespace": {"$from": "team.metadata.name"}}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": {"$from": "web.metadata.name"}}
    at_once = {"strategy": {"rollingUpdate": {"maxSurge": "100%"}}}, {"updateStrategy": {"rollingUpdate": {"maxUnavailable": "100%"}}}
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}
    return [
        kubernetes("core/v1:Namespace", "team", {"metadata": {"labels": {"size": size}}}),
        kubernetes("apiextensions.k8s.io/v1:CustomResourceDefinition", "definition", definition(group)),
        kubernetes(f"{group}/v1:Widget", "widget", {**inside, "spec": {"size": size, "parts": [{"n": 1}]}}, depends_on=["definition"]),
        kubernetes("core/v1:ConfigMap", "settings", {**inside, "data": {"size": size}}),
        kubernetes("core/v1:Secret", "password", {**inside, "stringData": {"password": f"very-{size}-secret"}, "type": "Opaque"}),
        kubernetes("core/v1:ServiceAccount", "account", {**inside, "automountServiceAccountToken": False}),
        kubernetes("core/v1:ResourceQuota", "quota", {**inside, "spec": {"hard": {"requests.cpu": "64000m", "pods": "50"}}}),
        kubernetes("rbac.authorization.k8s.io/v1:Role", "role", {**inside, "rules": rules}),
        kubernetes("rbac.authorization.k8s.io/v1:RoleBinding", "binding", {**inside, "roleRef": role, "subjects": [account]}),
        kubernetes("rbac.authorization.k8s.io/v1:ClusterRole", "cluster-role", {"rules": rules}),
        kubernetes("apps/v1:Deployment", "web", {**inside, "spec": workload(image, replicas=2, **at_once[0])}),
        kubernetes("apps/v1:StatefulSet", "store", {**inside, "spec": workload(image, serviceName="store", replicas=1)}),
        kubernetes("apps/v1:DaemonSet", "agent", {**inside, "spec": workload(image, **at_once[1])}),
        kubernetes("core/v1:Pod", "single", {**inside, "spec": pod(image)["spec"]}),
        kubernetes("batch/v1:Job", "once", {**inside, "spec": {"template": {"spec": {**pod()["spec"], "restartPolicy": "Never"}}}}),
        kubernetes("core/v1:Service", "front", {**inside, "spec": {"selector": LABELS, "ports": [{"port": 80, "targetPort": 8080}]}}),
        kubernetes("policy/v1:PodDisruptionBudget", "budget", {**inside, "spec": {"minAvailable": 1, "selector": {"matchLabels": LABELS}}}),
        kubernetes(
            "autoscaling/v2:HorizontalPodAutoscaler",
            "scaler",
            {**inside, "spec": {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 4, "metrics": [cpu]}},
        ),
        kubernetes("networking.k8s.io/v1:NetworkPolicy", "closed", {**inside, "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}),
    ]


def resource_name(state: Object) -> str:
    _, module, kind = state["type"].split(":")
    group, _, version = module.partition("/")
    return f"{kind}.{version}.{'' if group == 'core' else group}".rstrip(".") if group != "core" else kind


def assert_state_is_live(stack: Stack, live) -> None:
    for name, resource in stack.clear_state().items():
        outputs = {key: value for key, value in resource["outputs"].items() if not key.startswith("__") and key != "status"}
        namespace, _, physical = resource["id"].rpartition("/")
        found = live(resource_name(resource), namespace, physical)
        found.pop("status", None)
        for body in (outputs, found):
            for key in VOLATILE_METADATA:
                body["metadata"].pop(key, None)
        dashed = json.loads(json.dumps(outputs).replace("x_kubernetes_preserve_unknown_fields", "x-kubernetes-preserve-unknown-fields"))
        assert dashed == found, name


def test_every_kind_from_create_to_destroy(stack: Stack, cloud, live, tmp_path) -> None:
    group = f"g{tmp_path.parent.name[-4:]}-{abs(hash(str(tmp_path))) % 10**6}.example.com"
    assert {op for op, _ in stack.preview(kinds(group)).steps} == {"create"}
    stack.up()
    assert_state_is_live(stack, live)
    state = stack.state()
    team = state["team"]["id"]
    assert state["web"]["id"].startswith(f"{team}/web-")
    assert state["web"]["outputs"]["status"]["availableReplicas"] == 2
    stack.no_changes()

    changed = stack.up(kinds(group, size="large", image="registry.example/web:2"))
    operations = {}
    for operation, name in changed.steps:
        operations.setdefault(name, set()).add(operation)
    updated = {name for name, done in operations.items() if done == {"update"}}
    replaced = {name for name, done in operations.items() if "replace" in done}
    assert updated == {"team", "widget", "web", "store", "agent"}
    assert replaced == {"settings", "password", "single"}  # content that its readers would not notice; a pod's fields
    assert_state_is_live(stack, live)
    after = stack.state()
    assert after["web"]["outputs"]["metadata"]["uid"] == state["web"]["outputs"]["metadata"]["uid"]
    assert after["settings"]["id"] != state["settings"]["id"]

    stack.destroy()
    assert stack.state() == {}
    assert cloud.kubectl("get", "namespace", team, check=False).returncode != 0
    assert cloud.kubectl("get", "crd", f"widgets.{group}", check=False).returncode != 0
