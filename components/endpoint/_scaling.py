"""What decides how many pods a version has: a HorizontalPodAutoscaler, or KEDA where its targets are more than that reads.

Figures of requests come from what serving programs tell Prometheus:

- `inference_requests_total` and `inference_request_duration_seconds` (a histogram), which every one has
- `inference_requests_waiting` (a gauge), which one with a queue has
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.endpoint._version import Version

Manifest = dict[str, object]

POLLING_SECONDS = 15
"""How often KEDA asks Prometheus; an HPA looks as often."""

WINDOW = "2m"
"""Length of time over which requests are counted: four readings at the longest usual interval."""

NO_REASON_FOR_MORE = 1_000_000_000.0
"""Requests a second and pod that no model gets."""

DOWN = {"scaleDown": {"stabilizationWindowSeconds": 300}}
"""Up at once, down slowly."""

SHARED = {"validations.keda.sh/hpa-ownership": "false"}
"""Lets KEDA take a version over while its HPA is still there: the new one is made before the old one goes
(keda.sh/docs/2.15/operate/admission-webhooks)."""


@dataclass(frozen=True)
class Schedule:
    """A time with more pods; begin and end as cron has them."""

    begin: str
    end: str
    time_zone: str
    pods: int


@dataclass(frozen=True)
class Targets:
    """What an autoscaler keeps to; of several, the one that asks for most pods decides. 0 where there is no such target."""

    cpu_percent: int = 0
    memory_percent: int = 0
    concurrency: int = 0
    requests_per_second: int = 0
    latency_p99_seconds: float = 0
    queue_depth: int = 0
    schedules: Sequence[Schedule] = ()
    metrics_address: object = None
    """Where Prometheus answers; needed for what is counted in requests."""
    wake: str = ""
    """What Prometheus is asked to know whether somebody wants the version while it has no pod; empty for one that always has some."""
    idle_seconds: int = 300
    """How long nobody has to want it until the last pod goes."""
    metrics_region: str = ""
    """AWS region that requests to Prometheus are signed for; empty for one that asks for no signature."""

    @property
    def counted(self) -> bool:
        """Whether Prometheus is asked."""
        return bool(self.concurrency or self.requests_per_second or self.latency_p99_seconds or self.queue_depth or self.wake)

    @property
    def by_keda(self) -> bool:
        return self.counted or bool(self.schedules)


def autoscaler(version: "Version") -> Manifest:
    """Keeps the version's pods at its targets, within the limits; goes up at once and down slowly."""
    return _scaled_object(version) if version.targets.by_keda else _pod_autoscaler(version)


def signature(version: "Version") -> Manifest:
    """How KEDA proves to AWS who asks: as its own operator's role."""
    return version.manifest("keda.sh/v1alpha1", "TriggerAuthentication", spec={"podIdentity": {"provider": "aws"}})


def _pod_autoscaler(version: "Version") -> Manifest:
    used = (("cpu", version.targets.cpu_percent), ("memory", version.targets.memory_percent))
    spec = {
        "scaleTargetRef": _target(version),
        "minReplicas": version.min_replicas,
        "maxReplicas": version.max_replicas,
        "metrics": [
            {"type": "Resource", "resource": {"name": name, "target": {"type": "Utilization", "averageUtilization": percent}}}
            for name, percent in used
            if percent
        ],
        "behavior": DOWN,
    }
    return version.manifest("autoscaling/v2", "HorizontalPodAutoscaler", annotations=SHARED, spec=spec)


def _scaled_object(version: "Version") -> Manifest:
    targets = version.targets
    spec: dict[str, object] = {
        "scaleTargetRef": _target(version),
        "minReplicaCount": version.min_replicas,
        "maxReplicaCount": version.max_replicas,
        "pollingInterval": POLLING_SECONDS,
        "advanced": {"horizontalPodAutoscalerConfig": {"behavior": DOWN}},
        "triggers": _triggers(version),
    }
    if targets.wake:
        # Both: a version that is new keeps the pod that it begins with for as long as one that was asked.
        spec |= {"cooldownPeriod": targets.idle_seconds, "initialCooldownPeriod": targets.idle_seconds}
    # keda.sh/docs/latest/reference/scaledobject-spec/#fallback: none beside use of a processor, or a value that is no average.
    if targets.counted and not (targets.cpu_percent or targets.memory_percent or targets.latency_p99_seconds):
        spec["fallback"] = {"failureThreshold": 3, "replicas": version.first_replicas, "behavior": "currentReplicasIfHigher"}
    return version.manifest("keda.sh/v1alpha1", "ScaledObject", spec=spec)


def _target(version: "Version") -> dict[str, object]:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "name": version.name}


def _triggers(version: "Version") -> list[dict[str, object]]:
    targets = version.targets
    series = f'model="{version.model}",version="{version.version}"'
    duration = "inference_request_duration_seconds"
    triggers: list[dict[str, object]] = [
        {"type": name, "metricType": "Utilization", "metadata": {"value": str(percent)}}
        for name, percent in (("cpu", targets.cpu_percent), ("memory", targets.memory_percent))
        if percent
    ]
    asked = (
        # Seconds of work that are done in a second are the requests under way (Little's law).
        ("concurrency", f"sum(rate({duration}_sum{{{series}}}[{WINDOW}]))", float(targets.concurrency)),
        ("requests", f"sum(rate({duration}_count{{{series}}}[{WINDOW}]))", float(targets.requests_per_second)),
        ("waiting", f"sum(inference_requests_waiting{{{series}}})", float(targets.queue_depth)),
    )
    triggers += [_asked(version, name, query, threshold, "AverageValue") for name, query, threshold in asked if threshold]
    if targets.latency_p99_seconds:
        # Without requests there is no percentile, and no number could be read.
        p99 = f"histogram_quantile(0.99, sum by (le) (rate({duration}_bucket{{{series}}}[{WINDOW}]))) > 0 or vector(0)"
        triggers.append(_asked(version, "latency", p99, targets.latency_p99_seconds, "Value"))
    if targets.wake:
        # It wakes and keeps awake; how many pods there are from the first on, others say.
        triggers.append(_asked(version, "wake", targets.wake, NO_REASON_FOR_MORE, "AverageValue"))
    triggers += [
        {
            "type": "cron",
            "name": f"schedule-{number}",
            "metadata": {
                "timezone": schedule.time_zone,
                "start": schedule.begin,
                "end": schedule.end,
                "desiredReplicas": str(schedule.pods),
            },
        }
        for number, schedule in enumerate(targets.schedules)
    ]
    return triggers


def _asked(version: "Version", name: str, query: str, threshold: float, kind: str) -> dict[str, object]:
    metadata: dict[str, object] = {"serverAddress": version.targets.metrics_address, "query": query, "threshold": f"{threshold:g}"}
    trigger: dict[str, object] = {"type": "prometheus", "name": name, "metricType": kind, "metadata": metadata}
    if version.targets.metrics_region:
        metadata["awsRegion"] = version.targets.metrics_region
        trigger["authenticationRef"] = {"name": version.name}
    return trigger
