"""When objects are ready, kind by kind, on objects as the API server writes them."""

import pytest

from localcloud.plugins.kubernetes import reasons
from localcloud.plugins.kubernetes.client import Kind
from localcloud.plugins.kubernetes.waiting import Failed, rule_for

DEPLOYMENT = {"metadata": {"generation": 2}, "spec": {"replicas": 2}}
DONE = {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}


def missing(kind: str, live: dict, wait_for: str = "") -> list[str]:
    api_version, name = kind.split()
    rule = rule_for(Kind(api_version, name, name.lower(), True), wait_for)
    assert rule is not None
    return list(rule.missing(None, live))  # type: ignore[arg-type] # these rules ask the cluster nothing


@pytest.mark.parametrize(
    ("kind", "live", "expected"),
    [
        ("apps/v1 Deployment", {**DEPLOYMENT, "status": DONE}, ""),
        ("apps/v1 Deployment", {**DEPLOYMENT, "status": {**DONE, "observedGeneration": 1}}, "has not seen the change"),
        ("apps/v1 Deployment", {**DEPLOYMENT, "status": {**DONE, "updatedReplicas": 1}}, "1 of 2 replicas are updated"),
        ("apps/v1 Deployment", {**DEPLOYMENT, "status": {**DONE, "replicas": 3}}, "1 old replicas are still there"),
        ("apps/v1 Deployment", {**DEPLOYMENT, "status": {**DONE, "availableReplicas": 1}}, "1 of 2 replicas are available"),
        ("apps/v1 Deployment", {**DEPLOYMENT, "spec": {"replicas": 0}, "status": {"observedGeneration": 2}}, ""),
        ("apps/v1 StatefulSet", {**DEPLOYMENT, "status": {"observedGeneration": 2, "readyReplicas": 1}}, "1 of 2 replicas are ready"),
        (
            "apps/v1 DaemonSet",
            {**DEPLOYMENT, "status": {"observedGeneration": 2, "desiredNumberScheduled": 1, "numberReady": 1}},
            "0 of 1 pods are updated",
        ),
        ("v1 Pod", {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}, ""),
        ("v1 Pod", {"status": {"phase": "Succeeded"}}, ""),
        ("v1 Pod", {"status": {"phase": "Pending"}}, "the pod is Pending and not ready"),
        ("batch/v1 Job", {"status": {"conditions": [{"type": "Complete", "status": "True"}]}}, ""),
        ("batch/v1 Job", {"status": {"succeeded": 1}}, "1 successful pods"),
        ("batch/v1 Job", {"spec": {"suspend": True}}, ""),
        ("v1 Namespace", {"status": {"phase": "Terminating"}}, "the namespace is Terminating"),
        ("v1 PersistentVolume", {"status": {"phase": "Available"}}, ""),
        ("v1 Service", {"spec": {"type": "ExternalName", "selector": {"a": "b"}}}, ""),
        ("v1 Service", {"spec": {"type": "LoadBalancer"}}, "no load balancer address"),
        ("apiextensions.k8s.io/v1 CustomResourceDefinition", {"status": {}}, "not established"),
    ],
)
def test_rules(kind: str, live: dict, expected: str) -> None:
    found = missing(kind, live)
    assert (expected in " ".join(found)) if expected else not found


@pytest.mark.parametrize(
    ("kind", "status", "message"),
    [
        ("v1 Pod", {"phase": "Failed"}, "the pod failed"),
        ("batch/v1 Job", {"conditions": [{"type": "Failed", "status": "True", "message": "too many retries"}]}, "too many retries"),
        ("v1 PersistentVolumeClaim", {"phase": "Lost"}, "lost"),
    ],
)
def test_what_has_failed_is_not_waited_for(kind: str, status: dict, message: str) -> None:
    with pytest.raises(Failed, match=message):
        missing(kind, {"status": status})


def test_the_annotation_wait_for() -> None:
    live = {"status": {"conditions": [{"type": "Programmed", "status": "True"}], "phase": "Ready", "n": 2}}
    assert not missing("x/v1 Gateway", live, "condition=Programmed")
    assert missing("x/v1 Gateway", live, "condition=Programmed=False") == ["condition Programmed is not False"]
    assert missing("x/v1 Gateway", live, "condition=Accepted") == ["condition Accepted is not True"]
    assert not missing("x/v1 Gateway", live, '["jsonpath={.status.phase}=Ready", "jsonpath={.status.n}=2", "jsonpath={.status.n}"]')
    assert missing("x/v1 Gateway", live, "jsonpath={.status.phase}=Done")
    with pytest.raises(Failed, match="expects"):
        missing("x/v1 Gateway", live, "ready")


def test_most_kinds_are_ready_when_they_exist() -> None:
    assert rule_for(Kind("v1", "ConfigMap", "configmaps", True), "") is None


def test_what_holds_a_deletion() -> None:
    held = {
        "metadata": {"finalizers": ["a/b"]},
        "status": {"conditions": [{"type": "NamespaceContentRemaining", "status": "True", "message": "pods. has 1"}]},
    }
    assert reasons.of_deletion(held) == ["pods. has 1", "it has the finalizers a/b"]
    assert reasons.of_deletion({}) == ["it still exists"]
