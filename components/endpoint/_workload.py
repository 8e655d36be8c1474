"""What one version of a model is in a cluster, as manifests: workload, address, size, protection."""

from collections.abc import Mapping
from dataclasses import dataclass

from components import _labels as labels
from components import _ports as ports
from components import _quantities as quantities
from components._names import versioned

Manifest = dict[str, object]

USER = 65532
"""The `nonroot` user that distroless images come with; any number but 0 does."""

POD_IDENTITY_AGENT = "169.254.170.23/32"
"""Where EKS pods get their credentials (docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html)."""

DRAIN_SECONDS = 5
"""How long a pod that has to go still accepts requests, while it is taken out of routes."""


@dataclass(frozen=True)
class Version:
    """One version of a model in its namespace. Values that other resources give may be Outputs."""

    model: str
    version: str
    team: str
    namespace: object
    image: object
    weights_uri: object
    weights_sha256: str
    cpu_millicores: int
    memory_bytes: int
    gpus: int
    min_replicas: int
    max_replicas: int
    cpu_target_percent: int
    gateway_namespace: object
    monitoring_namespace: object
    environment: Mapping[str, object]
    identity: object | None
    """Id of the pod identity association; pods start anew when it is another."""

    @property
    def name(self) -> str:
        return versioned(self.model, self.version)

    @property
    def selector(self) -> dict[str, str]:
        return labels.selector(self.model, self.version)

    def manifest(self, api_version: str, kind: str, **content: object) -> Manifest:
        metadata = {"name": self.name, "namespace": self.namespace, "labels": self.labels}
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}

    @property
    def labels(self) -> dict[str, str]:
        return labels.of_version(self.model, self.version, self.team, self.name)


def service_account(version: Version) -> Manifest:
    """An account of its own, without a token in the pod."""
    return version.manifest("v1", "ServiceAccount", automountServiceAccountToken=False)


def service(version: Version) -> Manifest:
    """The version's address; its ready pods answer."""
    port = {"name": "http", "port": ports.SERVICE, "targetPort": "http", "protocol": "TCP", "appProtocol": "http"}
    return version.manifest("v1", "Service", spec={"type": "ClusterIP", "selector": version.selector, "ports": [port]})


def deployment(version: Version) -> Manifest:
    """Pods of the version. Their number is the autoscaler's; a new pod is ready before an old one goes."""
    annotations = {} if version.identity is None else {"modelway.dev/pod-identity-association": version.identity}
    spread = [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": version.selector},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
    pod: dict[str, object] = {
        "serviceAccountName": version.name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 45,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": spread,
        "containers": [_container(version)],
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}],
    }
    if version.gpus:
        pod["tolerations"] = [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    metadata: dict[str, object] = {"labels": version.labels}
    if annotations:
        metadata["annotations"] = annotations
    spec = {
        "selector": {"matchLabels": version.selector},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "revisionHistoryLimit": 2,
        "progressDeadlineSeconds": 600,
        "template": {"metadata": metadata, "spec": pod},
    }
    return version.manifest("apps/v1", "Deployment", spec=spec)


def autoscaler(version: Version) -> Manifest:
    """Keeps the processors of the version's pods near their target, within the limits; goes up at once and down slowly."""
    target = {"type": "Utilization", "averageUtilization": version.cpu_target_percent}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": version.name},
        "minReplicas": version.min_replicas,
        "maxReplicas": version.max_replicas,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 300}},
    }
    return version.manifest("autoscaling/v2", "HorizontalPodAutoscaler", spec=spec)


def disruption_budget(version: Version) -> Manifest:
    """A drained node takes one pod at a time; a single one too, or its node could never be drained."""
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": version.selector}, "unhealthyPodEvictionPolicy": "AlwaysAllow"}
    return version.manifest("policy/v1", "PodDisruptionBudget", spec=spec)


def network_policy(version: Version) -> Manifest:
    """In: Gateway and scraper, on the serving port. Out: TLS to AWS, and the agent that gives credentials; the namespace adds DNS."""
    sources = [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
        for namespace in (version.gateway_namespace, version.monitoring_namespace)
    ]
    spec = {
        "podSelector": {"matchLabels": version.selector},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": sources, "ports": [{"protocol": "TCP", "port": ports.SERVING}]}],
        "egress": [
            {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"protocol": "TCP", "port": 443}]},
            {"to": [{"ipBlock": {"cidr": POD_IDENTITY_AGENT}}], "ports": [{"protocol": "TCP", "port": 80}]},
        ],
    }
    return version.manifest("networking.k8s.io/v1", "NetworkPolicy", spec=spec)


def _container(version: Version) -> dict[str, object]:
    environment: dict[str, object] = {
        "MODEL_NAME": version.model,
        "MODEL_VERSION": version.version,
        "MODEL_URI": version.weights_uri,
        "MODEL_SHA256": version.weights_sha256,
        "PORT": str(ports.SERVING),
        "DRAIN_SECONDS": str(DRAIN_SECONDS),
        **version.environment,
    }
    requests: dict[str, str] = {"cpu": quantities.cpu(version.cpu_millicores), "memory": quantities.memory(version.memory_bytes)}
    # No limit on processors: it would slow requests down while the node has time to spare.
    limits: dict[str, str] = {"memory": requests["memory"]}
    if version.gpus:
        limits["nvidia.com/gpu"] = str(version.gpus)
        requests["nvidia.com/gpu"] = str(version.gpus)
    return {
        "name": "model",
        "image": version.image,
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": "http", "containerPort": ports.SERVING, "protocol": "TCP"}],
        "env": [{"name": name, "value": value} for name, value in environment.items()],
        "resources": {"requests": requests, "limits": limits},
        # Fetching weights may take five minutes; after that, silence of half a minute means dead.
        "startupProbe": _probe("/v2/health/ready", period=2, failures=150),
        "readinessProbe": _probe("/v2/health/ready", period=5, failures=2),
        "livenessProbe": _probe("/v2/health/live", period=10, failures=3),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        # The program drains on SIGTERM by itself; one that does not is given the same time before it gets the signal.
        "lifecycle": {"preStop": {"sleep": {"seconds": DRAIN_SECONDS}}},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }


def _probe(path: str, *, period: int, failures: int) -> dict[str, object]:
    return {
        "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
        "periodSeconds": period,
        "timeoutSeconds": 2,
        "failureThreshold": failures,
    }
