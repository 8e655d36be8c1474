"""What looks for drift of one endpoint in a cluster, as manifests."""

from collections.abc import Mapping
from dataclasses import dataclass

from components import _labels as labels
from components import _names as names
from components.endpoint._access import POD_IDENTITY_AGENT
from components.endpoint._workload import CONTAINER_SECURITY, USER

Manifest = dict[str, object]

WATCHED = "/etc/modelway/watched.json"
LONGEST_SECONDS = 3600
"""How long a run may take."""
PROMETHEUS_PORT = 9090
DNS_PORTS = [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]


@dataclass(frozen=True)
class Job:
    """One endpoint's job, as far as manifests need to know it; objects are values from other resources."""

    model: str
    team: str
    namespace: object
    image: str
    cron: str
    period_seconds: int
    """Between two runs."""
    watched: object
    """Name of the ConfigMap that says what is watched."""
    region: str
    secrets: Mapping[str, object]
    """Names of the keys in the Secret, by environment variable; nothing of their values."""
    identity: object | None

    @property
    def name(self) -> str:
        return name(self.model)


def name(model: str) -> str:
    """What everything of the job is called; the account too, so that a role can be given to it."""
    return names.label(model, "drift")


def selector(model: str) -> dict[str, str]:
    return {labels.MODEL: model, "app.kubernetes.io/component": "drift-monitor"}


def metadata(model: str, team: str, namespace: object, called: object) -> Manifest:
    return {"name": called, "namespace": namespace, "labels": labels.of_model(model, team) | selector(model)}


def service_account(job: Job) -> Manifest:
    """An account of its own, without a token in the pod."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(job.model, job.team, job.namespace, job.name),
        "automountServiceAccountToken": False,
    }


def network_policy(job: Job) -> Manifest:
    """In: nobody. Out: names, TLS, the agent that gives credentials, and Prometheus beside it."""
    egress: list[Manifest] = [
        # In Auto Mode a program of the node answers, and which address it has AWS does not say.
        {"ports": DNS_PORTS},
        {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"protocol": "TCP", "port": 443}]},
        {"to": [{"ipBlock": {"cidr": POD_IDENTITY_AGENT}}], "ports": [{"protocol": "TCP", "port": 80}]},
        {"to": [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}}}], "ports": [_port(PROMETHEUS_PORT)]},
    ]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(job.model, job.team, job.namespace, job.name),
        "spec": {"podSelector": {"matchLabels": selector(job.model)}, "policyTypes": ["Ingress", "Egress"], "egress": egress},
    }


def cron_job(job: Job) -> Manifest:
    """One run at a time. One that was missed is made up for while it is younger than half a period, and by the next one else: a run looks
    at every window that is due."""
    found = labels.of_model(job.model, job.team) | selector(job.model)
    template: Manifest = {"metadata": {"labels": found}, "spec": _pod(job)}
    if job.identity is not None:
        template["metadata"] = {"labels": found, "annotations": {"modelway.dev/pod-identity-association": job.identity}}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata(job.model, job.team, job.namespace, job.name),
        "spec": {
            "schedule": job.cron,
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": max(60, job.period_seconds // 2),
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "metadata": {"labels": found},
                "spec": {
                    "backoffLimit": 2,
                    "activeDeadlineSeconds": LONGEST_SECONDS,
                    # A node that goes is no failure of the job.
                    "podFailurePolicy": {
                        "rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]
                    },
                    "template": template,
                },
            },
        },
    }


def _pod(job: Job) -> Manifest:
    variables: list[Manifest] = [{"name": "AWS_REGION", "value": job.region}, {"name": "HOME", "value": "/tmp"}]
    variables += [
        {"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": variable}}}
        for variable, secret in sorted(job.secrets.items())
    ]
    container: Manifest = {
        "name": "drift",
        "image": job.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["modelway"],
        "args": ["drift", "run", job.model, "--watched", WATCHED],
        "env": variables,
        # Ten million rows take less than 2 GiB.
        "resources": {
            "requests": {"cpu": "250m", "memory": "512Mi", "ephemeral-storage": "1Gi"},
            "limits": {"memory": "3Gi", "ephemeral-storage": "20Gi"},
        },
        "securityContext": CONTAINER_SECURITY,
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},
            {"name": "watched", "mountPath": WATCHED.rpartition("/")[0], "readOnly": True},
        ],
    }
    return {
        "restartPolicy": "Never",
        "serviceAccountName": job.name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 30,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [
            {"name": "tmp", "emptyDir": {"sizeLimit": "16Gi"}},
            {"name": "watched", "configMap": {"name": job.watched}},
        ],
    }


def _port(number: int) -> Manifest:
    return {"protocol": "TCP", "port": number}
