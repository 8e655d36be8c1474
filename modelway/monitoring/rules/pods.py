"""Alerts on the pods of models: whether they run, have room to work in, and are as many as they should be."""

from collections.abc import Iterator

from modelway.monitoring.rules.writing import Rule, alert, of_team


def rules(namespaces: str) -> Iterator[Rule]:
    """`namespaces`: the matcher of the teams' namespaces."""
    yield from _running(namespaces)
    yield from _replicas(namespaces)
    yield from _saturation(namespaces)
    yield alert(
        "ModelNotScraped",
        of_team(f"up{{{namespaces}}} == 0"),
        hold="10m",
        severity="ticket",
        summary="{{ $labels.namespace }}/{{ $labels.pod }} does not give its metrics",
        description="What it does is not seen, and its objectives are not watched.",
    )


def _running(namespaces: str) -> Iterator[Rule]:
    waiting = f"max_over_time(kube_pod_container_status_waiting_reason{{{namespaces},reason%s}}[5m]) >= 1"
    yield alert(
        "ModelPodCrashLooping",
        of_team(waiting % '="CrashLoopBackOff"'),
        hold="15m",
        severity="page",
        summary="{{ $labels.namespace }}/{{ $labels.pod }} keeps crashing",
        description="The container starts and ends again. Its log of the run before says why: kubectl logs --previous.",
    )
    yield alert(
        "ModelPodStuck",
        of_team(waiting % '=~"ErrImagePull|ImagePullBackOff|InvalidImageName|CreateContainerConfigError|CreateContainerError"'),
        hold="15m",
        severity="ticket",
        summary="{{ $labels.namespace }}/{{ $labels.pod }} cannot start: {{ $labels.reason }}",
        description="An image, or something else that the pod names, is not there or may not be read. What runs goes on.",
    )
    ended = f'kube_pod_container_status_last_terminated_reason{{{namespaces},reason="OOMKilled"}} == 1'
    restarts = f"increase(kube_pod_container_status_restarts_total{{{namespaces}}}[15m]) > 0"
    yield alert(
        "ModelOutOfMemory",
        of_team(f"{ended} and on (cluster, namespace, pod, container) {restarts}"),
        hold="0m",
        severity="page",
        summary="{{ $labels.namespace }}/{{ $labels.pod }} was ended because it ran out of memory",
        description="Requests that it was answering were lost. It needs more memory, or fewer requests at a time.",
    )


def _replicas(namespaces: str) -> Iterator[Rule]:
    available, wanted = (f"kube_deployment_{what}{{{namespaces}}}" for what in ("status_replicas_available", "spec_replicas"))
    # One that had none on purpose is given the longest time that it may take to be there (scaling.scale_to_zero.cold_start), and some more.
    awake = f"min_over_time({wanted}[35m]) > 0"
    yield alert(
        "ModelReplicasShort",
        of_team(f"{available} < {wanted} and {awake}"),
        hold="15m",
        severity="ticket",
        summary="{{ $labels.namespace }}/{{ $labels.deployment }} has fewer ready pods than it should",
        description="Pods are not ready or find no room; kubectl describe says which.",
    )
    yield alert(
        "ModelNoReplicas",
        of_team(f"{available} == 0 and {wanted} > 0 and {awake}"),
        hold="2m",
        severity="page",
        summary="{{ $labels.namespace }}/{{ $labels.deployment }} has no ready pod",
        description="Nobody answers what is sent to this version.",
    )
    limits = {limit: f"kube_horizontalpodautoscaler_spec_{limit}_replicas{{{namespaces}}}" for limit in ("min", "max")}
    there = f"kube_horizontalpodautoscaler_status_current_replicas{{{namespaces}}}"
    yield alert(
        "ModelAtScalingLimit",
        of_team(f"{there} >= {limits['max']} and {limits['max']} > {limits['min']}"),
        hold="30m",
        severity="ticket",
        summary="{{ $labels.namespace }}/{{ $labels.horizontalpodautoscaler }} cannot grow any further",
        description="Load may outgrow it; raise scaling.max of the model, or find out what changed.",
    )
    condition = f'kube_horizontalpodautoscaler_status_condition{{{namespaces},condition="ScalingActive",status="false"}}'
    yield alert(
        "ModelAutoscalerBlind",
        # Nothing is scaled while there is no pod on purpose, and that is told by the same condition.
        of_team(f"{condition} == 1 unless on (cluster, namespace, horizontalpodautoscaler) {there} == 0"),
        hold="15m",
        severity="ticket",
        summary="{{ $labels.namespace }}/{{ $labels.horizontalpodautoscaler }} cannot read what it scales by",
        description="The number of pods stays as it is, whatever the load. kubectl describe hpa says which metric is missing.",
    )
    yield alert(
        "ModelPodUnschedulable",
        of_team(f"kube_pod_status_unschedulable{{{namespaces}}} == 1"),
        hold="10m",
        severity="ticket",
        summary="No node has room for {{ $labels.namespace }}/{{ $labels.pod }}",
        description="Pools are at their largest, the account has no quota left, or the zone has no such instance.",
    )


def _saturation(namespaces: str) -> Iterator[Rule]:
    by_pod = "sum by (cluster, namespace, pod)"
    container = f'{namespaces},container="model"'
    memory = f"{by_pod} (container_memory_working_set_bytes{{{container}}})"
    limit = f'{by_pod} (kube_pod_container_resource_limits{{{container},resource="memory"}})'
    yield alert(
        "ModelMemoryNearLimit",
        of_team(f"{memory} / {limit} > 0.9"),
        hold="15m",
        severity="ticket",
        summary="{{ $labels.namespace }}/{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its memory",
        description="At its limit it is ended, and the requests that it is answering are lost.",
    )
    cpu = f"{by_pod} (rate(container_cpu_usage_seconds_total{{{container}}}[5m]))"
    requested = f'{by_pod} (kube_pod_container_resource_requests{{{container},resource="cpu"}})'
    yield alert(
        "ModelCpuSaturated",
        of_team(f"{cpu} / {requested} > 1.2"),
        hold="30m",
        severity="ticket",
        summary="{{ $labels.namespace }}/{{ $labels.pod }} uses {{ $value | humanizePercentage }} of the processors that it asked for",
        description="It lives on time that its node has to spare today. Raise resources.cpu, or scaling.max.",
    )
