"""Writes the digest of a preview with many changes, of the kinds that a platform's stacks are made of, for measuring."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PROVIDERS = {
    "aws": "urn:pulumi:many::modelway::pulumi:providers:aws::aws::1",
    "kubernetes": "urn:pulumi:many::modelway::pulumi:providers:kubernetes::k8s::1",
}
_MANIFESTS = ("Deployment", "Service", "HorizontalPodAutoscaler", "NetworkPolicy", "ConfigMap", "ServiceAccount")
_TYPES = {
    "Deployment": "kubernetes:apps/v1:Deployment",
    "Service": "kubernetes:core/v1:Service",
    "HorizontalPodAutoscaler": "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
    "NetworkPolicy": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    "ConfigMap": "kubernetes:core/v1:ConfigMap",
    "ServiceAccount": "kubernetes:core/v1:ServiceAccount",
    "role": "aws:iam/role:Role",
    "policy": "aws:iam/policy:Policy",
    "repository": "aws:ecr/repository:Repository",
    "alarm": "aws:cloudwatch/metricAlarm:MetricAlarm",
}


def write_digest(file: Path, changes: int) -> None:
    """As the engine writes it, with indentation: of ten changes seven update, two create and one deletes."""
    with file.open("w", encoding="utf-8") as opened:
        digest = {"config": {}, "steps": list(_steps(changes)), "duration": 1, "changeSummary": {"same": 1, "update": changes}}
        json.dump(digest, opened, indent=4)


def _steps(changes: int) -> Iterator[dict[str, Any]]:
    kinds = list(_TYPES)
    for number in range(changes):
        kind = kinds[number % len(kinds)]
        operation = ("update", "update", "create", "update", "update", "delete", "update", "update", "create", "update")[
            number // len(kinds) % 10
        ]
        old, new = _resource(kind, number, 0), _resource(kind, number, 1)
        step = {"op": operation, "urn": old["urn"], "provider": old["provider"]}
        if operation != "create":
            step["oldState"] = old
        if operation != "delete":
            step["newState"] = new
        yield step | {"detailedDiff": {"tags": {"kind": "update", "inputDiff": True}} if kind not in _MANIFESTS else None}


def _resource(kind: str, number: int, side: int) -> dict[str, Any]:
    name, type_ = f"model-{number}", _TYPES[kind]
    inputs = _manifest(kind, name, side) if kind in _MANIFESTS else _of_aws(kind, name, side)
    cluster = "urn:pulumi:many::modelway::aws:eks/cluster:Cluster::main"
    return {
        "urn": f"urn:pulumi:many::modelway::modelway:index:KubernetesEndpoint${type_}::{name}",
        "custom": True,
        "id": f"models/{name}",
        "type": type_,
        "inputs": inputs,
        "outputs": {
            **inputs,
            "arn": f"arn:aws:service:eu-central-1:111122223333:{kind}/{name}",
            "status": {"observed": side, "ready": True},
        },
        "parent": f"urn:pulumi:many::modelway::modelway:index:KubernetesEndpoint::{name}",
        "dependencies": [cluster],
        "provider": _PROVIDERS["kubernetes" if kind in _MANIFESTS else "aws"],
        "propertyDependencies": {key: [cluster] for key in inputs},
        "created": "2026-11-01T00:00:00Z",
        "modified": "2026-11-01T00:00:00Z",
        "sourcePosition": "project:///stacks/__main__.py#12",
    }


def _manifest(kind: str, name: str, side: int) -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "modelway", "modelway/team": "risk"}
    specs: dict[str, dict[str, Any]] = {
        "Deployment": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "serviceAccountName": name,
                    "containers": [
                        {
                            "name": "server",
                            "image": f"111122223333.dkr.ecr.eu-central-1.amazonaws.com/{name}@sha256:{side:064x}",
                            "ports": [{"name": "http", "containerPort": 8080}],
                            "env": [{"name": "MODEL", "value": name}, {"name": "LEVEL", "value": "info"}],
                            "resources": {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"memory": "2Gi"}},
                        }
                    ],
                },
            },
        },
        "Service": {"selector": labels, "ports": [{"name": "http", "port": 80, "targetPort": 8080 + side}]},
        "HorizontalPodAutoscaler": {"minReplicas": 2, "maxReplicas": 10 + side, "scaleTargetRef": {"kind": "Deployment", "name": name}},
        "NetworkPolicy": {
            "podSelector": {"matchLabels": labels},
            "ingress": [{"from": [{"podSelector": {}}], "ports": [{"port": 8080 + side}]}],
        },
    }
    body: dict[str, Any] = {}
    if kind in specs:
        body = {"spec": specs[kind]}
    elif kind == "ConfigMap":
        body = {"data": {"configuration": f"level: {side}\n" * 20}}
    annotations = {"modelway/side": str(side)}
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "models", "labels": labels, "annotations": annotations},
        **body,
    }


def _of_aws(kind: str, name: str, side: int) -> dict[str, Any]:
    tags = {"owner": "risk-ml@example.com", "environment": "many", "side": str(side)}
    document = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": f"arn:aws:s3:::acme-models/{name}-{side}"}
            ],
        }
    )
    more: dict[str, dict[str, Any]] = {
        "role": {"assumeRolePolicy": document.replace("s3:GetObject", "sts:AssumeRole"), "maxSessionDuration": 3600},
        "policy": {"policy": document, "path": "/modelway/"},
        "repository": {"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}},
        "alarm": {"metricName": "Errors", "threshold": side + 1, "evaluationPeriods": 3, "dimensions": {"Endpoint": name}},
    }
    return {"name": name, "tags": tags, "tagsAll": tags, **more[kind]}
