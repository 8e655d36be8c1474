"""What one version of a model is in a cluster, as manifests: workload, address, protection."""

import math

from components import _ports as ports
from components import _quantities as quantities
from components.endpoint import _placement as placement
from components.endpoint import _weights as weights
from components.endpoint._version import Manifest, Version

USER = 65532
"""The `nonroot` user that distroless images come with; any number but 0 does."""

DRAIN_SECONDS = 5
"""How long a pod that has to go still accepts requests, while it is taken out of routes."""

SPARE_SECONDS = 15
"""What a pod is given beyond what it is told, before it is killed."""

STARTUP_PERIOD = 2

CONTAINER_SECURITY: dict[str, object] = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def service_account(version: Version) -> Manifest:
    """An account of its own, without a token in the pod."""
    return version.manifest("v1", "ServiceAccount", automountServiceAccountToken=False)


def service(version: Version) -> Manifest:
    """The version's address; its ready pods answer."""
    port = {"name": "http", "port": ports.SERVICE, "targetPort": "http", "protocol": "TCP", "appProtocol": "http"}
    return version.manifest("v1", "Service", spec={"type": "ClusterIP", "selector": version.selector, "ports": [port]})


def deployment(version: Version) -> Manifest:
    """Pods of the version; a new pod is ready before an old one goes.

    Their number is the autoscaler's from the moment that they are there. It begins at the fewest: with one, which is what a Deployment
    has by itself, a version would be ready for traffic before it has the pods to answer it.
    """
    annotations = {} if version.identity is None else {"modelway.dev/pod-identity-association": version.identity}
    pod: dict[str, object] = {
        "serviceAccountName": version.name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        # preStop, the program's own draining, what is under way, and some more.
        "terminationGracePeriodSeconds": 2 * DRAIN_SECONDS + version.times.drain + SPARE_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **placement.pod(version.placement, version.selector, gpus=version.gpus),
        "containers": [_container(version)],
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}, *weights.volumes(version.weights)],
    }
    if before := weights.init_containers(version.weights, version.environment, CONTAINER_SECURITY):
        pod["initContainers"] = before
    metadata: dict[str, object] = {"labels": version.labels}
    if annotations:
        metadata["annotations"] = annotations
    spec = {
        "replicas": version.first_replicas,
        "selector": {"matchLabels": version.selector},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "revisionHistoryLimit": 2,
        "progressDeadlineSeconds": max(600, 2 * version.times.warm_up),
        "template": {"metadata": metadata, "spec": pod},
    }
    return version.manifest("apps/v1", "Deployment", spec=spec)


def disruption_budget(version: Version) -> Manifest:
    """A drained node takes one pod at a time; a single one too, or its node could never be drained."""
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": version.selector}, "unhealthyPodEvictionPolicy": "AlwaysAllow"}
    return version.manifest("policy/v1", "PodDisruptionBudget", spec=spec)


def _container(version: Version) -> dict[str, object]:
    environment: dict[str, object] = {
        "MODEL_NAME": version.model,
        "MODEL_VERSION": version.version,
        **weights.variables(version.weights),
        "PORT": str(ports.SERVING),
        "DRAIN_SECONDS": str(DRAIN_SECONDS),
        **version.environment,
    }
    requests: dict[str, str] = {
        "cpu": quantities.cpu(version.cpu_millicores),
        "memory": quantities.memory(version.memory_bytes),
        **weights.disk(version.weights),
    }
    # No limit on processors: it would slow requests down while the node has time to spare.
    limits: dict[str, str] = {"memory": requests["memory"]}
    if version.gpus:
        limits[version.gpu_resource] = str(version.gpus)
        requests[version.gpu_resource] = str(version.gpus)
    return {
        "name": "model",
        "image": version.image,
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": "http", "containerPort": ports.SERVING, "protocol": "TCP"}],
        "env": [{"name": name, "value": value} for name, value in environment.items()],
        "resources": {"requests": requests, "limits": limits},
        # Warming up has its own budget; after that, silence of half a minute means dead.
        "startupProbe": _probe("/v2/health/ready", period=STARTUP_PERIOD, failures=math.ceil(version.times.warm_up / STARTUP_PERIOD)),
        "readinessProbe": _probe("/v2/health/ready", period=5, failures=2),
        "livenessProbe": _probe("/v2/health/live", period=10, failures=3),
        "securityContext": CONTAINER_SECURITY,
        # The program drains on SIGTERM by itself; one that does not is given the same time before it gets the signal.
        "lifecycle": {"preStop": {"sleep": {"seconds": DRAIN_SECONDS}}},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, *weights.mounts(version.weights)],
    }


def _probe(path: str, *, period: int, failures: int) -> dict[str, object]:
    return {
        "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
        "periodSeconds": period,
        "timeoutSeconds": 2,
        "failureThreshold": failures,
    }
