"""An MLflow server in a cluster, as manifests. Source: mlflow.org/docs/latest/self-hosting."""

import configparser
import hashlib
import hmac
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from components import _labels as labels

Manifest = dict[str, object]

NAMESPACE = NAME = "mlflow"
DATABASE, USERS = "mlflow", "postgres"
"""The database of experiments, and that of users. Each keeps the version of its tables in a table of the same name, so they are two; RDS
makes the second with every instance (docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_PostgreSQL.html)."""
USERNAME = "mlflow"
ARTIFACTS = "artifacts/"
"""Where in the bucket the server keeps what is logged."""

PORT, SERVICE_PORT, DATABASE_PORT = 5000, 80, 5432
USER = 65532
"""Any number but 0 does."""

URI, SIGNING_KEY, LOGINS = "uri", "signing-key", "basic_auth.ini"
"""Keys of the Secret."""
_MOUNTED = "/etc/mlflow"

_AGENT = "169.254.170.23/32"
"""Where EKS pods get their credentials (docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html)."""

_LABELS = labels.MANAGED | {"app.kubernetes.io/name": NAME, "app.kubernetes.io/component": "model-registry"}
SELECTOR = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/component": "model-registry"}
"""What picks the server's pods. Never changes: a Deployment's selector is immutable."""


@dataclass(frozen=True)
class Server:
    """What the pods are told. Values that come from other resources are Outputs."""

    image: str
    replicas: int
    destination: object
    """URL of where artifacts are kept, s3://BUCKET/artifacts/."""
    region: str
    identity: object
    """Id of the pod identity association."""
    secret: object
    """Name of the Secret, once it is there."""
    sum: object
    """Changes with what is in the Secret."""
    hostname: str = ""
    """Name at the Gateway; none when empty."""


def uri(address: str, database: str, password: str, certificates: str) -> str:
    """How the server connects: over TLS, to a database that shows a certificate of its own name by one of `certificates`, a file
    (docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html)."""
    tls = f"sslmode=verify-full&sslrootcert={quote(certificates)}"
    return f"postgresql://{USERNAME}:{quote(password, safe='')}@{address}:{DATABASE_PORT}/{database}?{tls}"


def secrets(address: str, database_password: str, admin_password: str, certificates: str) -> dict[str, str]:
    """The content of the Secret, by key."""
    return {
        URI: uri(address, DATABASE, database_password, certificates),
        # One that every pod has, and that outlives them: what one signs the other has to know.
        SIGNING_KEY: hmac.new(database_password.encode(), b"mlflow signing key", hashlib.sha256).hexdigest(),
        LOGINS: _logins(uri(address, USERS, database_password, certificates), admin_password),
    }


def _logins(users: str, admin_password: str) -> str:
    """Who may log in: `admin`, and whoever admin makes. Nobody sees anything by being known alone.

    Source: mlflow.org/docs/latest/self-hosting/security/basic-http-auth/#custom-authentication
    """
    written, file = configparser.RawConfigParser(), io.StringIO()
    values = {
        "default_permission": "NO_PERMISSIONS",
        "database_uri": users,
        "admin_username": "admin",
        "admin_password": admin_password,
        "authorization_function": "mlflow.server.auth:authenticate_request_basic_auth",
    }
    # MLflow reads it with a parser to which a percent sign says something.
    written["mlflow"] = {key: value.replace("%", "%%") for key, value in values.items()}
    written.write(file)
    return file.getvalue()


def sum_of(content: Mapping[str, str]) -> str:
    """Eight hex digits that change with the content: pods read it when they start. Too few to tell what it is from them."""
    return hashlib.sha256("\0".join(content[key] for key in sorted(content)).encode()).hexdigest()[:8]


def secret(content: object) -> Manifest:
    return _of("v1", "Secret", type="Opaque", stringData=content)


def service_account() -> Manifest:
    """An account of its own, without a token in the pod."""
    return _of("v1", "ServiceAccount", automountServiceAccountToken=False)


def service() -> Manifest:
    port = {"name": "http", "port": SERVICE_PORT, "targetPort": "http", "protocol": "TCP", "appProtocol": "http"}
    return _of("v1", "Service", spec={"type": "ClusterIP", "selector": SELECTOR, "ports": [port]})


def disruption_budget() -> Manifest:
    """A drained node takes one pod at a time; a single one too, or its node could never be drained."""
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": SELECTOR}, "unhealthyPodEvictionPolicy": "AlwaysAllow"}
    return _of("policy/v1", "PodDisruptionBudget", spec=spec)


def deployment(server: Server) -> Manifest:
    """Pods spread over zones; a new one is ready before an old one goes."""
    security = {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    spread = {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": SELECTOR},
    }
    pod = {
        "serviceAccountName": NAME,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 60,
        "securityContext": security,
        "topologySpreadConstraints": [spread],
        "containers": [_container(server)],
        "volumes": [
            # What is uploaded passes through it.
            {"name": "tmp", "emptyDir": {"sizeLimit": "10Gi"}},
            {"name": "logins", "secret": {"secretName": server.secret, "items": [{"key": LOGINS, "path": LOGINS}], "defaultMode": 0o440}},
        ],
    }
    annotations = {"modelway.dev/pod-identity-association": server.identity, "modelway.dev/secret": server.sum}
    spec = {
        "replicas": server.replicas,
        "selector": {"matchLabels": SELECTOR},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "revisionHistoryLimit": 2,
        "progressDeadlineSeconds": 900,
        "template": {"metadata": {"labels": _LABELS, "annotations": annotations}, "spec": pod},
    }
    return _of("apps/v1", "Deployment", spec=spec)


def _container(server: Server) -> Manifest:
    arguments = ["server", "--host", "0.0.0.0", "--port", str(PORT), "--app-name", "basic-auth", "--serve-artifacts", "--workers", "2"]
    variables = {
        "AWS_DEFAULT_REGION": server.region,
        "AWS_REGION": server.region,
        "HOME": "/tmp",
        "MLFLOW_ARTIFACTS_DESTINATION": server.destination,
        "MLFLOW_AUTH_CONFIG_PATH": f"{_MOUNTED}/{LOGINS}",
        # mlflow.org/docs/latest/self-hosting/security/network
        "MLFLOW_SERVER_ALLOWED_HOSTS": ",".join(hosts(server.hostname)),
        **({"MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": f"https://{server.hostname}"} if server.hostname else {}),
    }
    hidden = {"MLFLOW_BACKEND_STORE_URI": URI, "MLFLOW_FLASK_SERVER_SECRET_KEY": SIGNING_KEY}
    from_secret = [{"name": name, "valueFrom": {"secretKeyRef": {"name": server.secret, "key": key}}} for name, key in hidden.items()]
    return {
        "name": NAME,
        "image": server.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["mlflow"],
        "args": arguments,
        "env": [*({"name": name, "value": value} for name, value in variables.items()), *from_secret],
        "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "500m", "memory": "2Gi"}, "limits": {"memory": "2Gi"}},
        # The first one to start makes the tables.
        "startupProbe": _probe(period=5, failures=120),
        "readinessProbe": _probe(period=5, failures=2),
        "livenessProbe": _probe(period=10, failures=3),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        # Until it is taken out of routes.
        "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, {"name": "logins", "mountPath": _MOUNTED, "readOnly": True}],
    }


def hosts(hostname: str = "") -> list[str]:
    """Names by which callers may ask for the server; the kubelet's probes ask for a path that needs none."""
    inside = [f"{NAME}.{NAMESPACE}{ending}" for ending in ("", ".svc", ".svc.cluster.local")]
    # The last are those of who comes by `kubectl port-forward`.
    return [*inside, *([hostname] if hostname else []), "localhost:*", "127.0.0.1:*"]


def _probe(*, period: int, failures: int) -> Manifest:
    asked = {"path": "/health", "port": "http", "scheme": "HTTP"}
    return {"httpGet": asked, "periodSeconds": period, "timeoutSeconds": 5, "failureThreshold": failures}


def network_policy(callers: Sequence[object], proxies: Sequence[object], database: Sequence[str]) -> Manifest:
    """In: pods of the teams `callers`, by namespace, and whatever runs in the namespaces `proxies`. Out: TLS to AWS, the agent that gives
    credentials, the database at one of the addresses `database`; the namespace adds DNS."""
    inside = [{**_all_of(namespace), "podSelector": {"matchExpressions": [_OF_A_TEAM]}} for namespace in callers]
    allowed = [*inside, *(_all_of(namespace) for namespace in proxies)]
    spec: dict[str, object] = {
        "podSelector": {"matchLabels": SELECTOR},
        "policyTypes": ["Ingress", "Egress"],
        "egress": [
            {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [_port(443)]},
            {"to": [{"ipBlock": {"cidr": _AGENT}}], "ports": [_port(80)]},
            {"to": [{"ipBlock": {"cidr": block}} for block in database], "ports": [_port(DATABASE_PORT)]},
        ],
    }
    # A rule without anybody in it would let in everybody.
    if allowed:
        spec["ingress"] = [{"from": allowed, "ports": [_port(PORT)]}]
    return _of("networking.k8s.io/v1", "NetworkPolicy", spec=spec)


_OF_A_TEAM = {"key": labels.TEAM, "operator": "Exists"}


def way_out(team: str, namespace: object) -> Manifest:
    """Lets the team's pods in `namespace` call the server: they are denied every other way out."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"{NAME}-calls", "namespace": namespace, "labels": _LABELS},
        "spec": {
            "podSelector": {"matchLabels": {labels.TEAM: team}},
            "policyTypes": ["Egress"],
            "egress": [{"to": [{**_all_of(NAMESPACE), "podSelector": {"matchLabels": SELECTOR}}], "ports": [_port(PORT)]}],
        },
    }


def route(hostname: str, gateway: Mapping[str, object]) -> Manifest:
    """Requests for `hostname` go to the server. What the API server would fill in is written out, or it would read as a change."""
    parent = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": gateway["name"], "namespace": gateway["namespace"]}
    backend = {"group": "", "kind": "Service", "name": NAME, "port": SERVICE_PORT, "weight": 1}
    rule = {"matches": [{"path": {"type": "PathPrefix", "value": "/"}}], "backendRefs": [backend]}
    spec = {"parentRefs": [parent], "hostnames": [hostname], "rules": [rule]}
    return _of("gateway.networking.k8s.io/v1", "HTTPRoute", spec=spec)


def _of(api_version: str, kind: str, **rest: object) -> Manifest:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": _LABELS},
        **rest,
    }


def _all_of(namespace: object) -> dict[str, object]:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}


def _port(number: int) -> dict[str, object]:
    return {"protocol": "TCP", "port": number}
