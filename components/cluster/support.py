"""What some models of a cluster need besides the cluster."""

from typing import NotRequired, TypedDict

import pulumi

from components import _labels as labels
from components.cluster import _charts as charts
from components.cluster import _manifests as manifests
from components.objects import KubernetesObject
from components.releases import HelmRelease, HelmReleaseArgs

KEDA_CHARTS, KEDA_VERSION = "https://kedacore.github.io/charts", "2.21.0"
"""Charts of KEDA (github.com/kedacore/charts); the version has the definitions that ScaledObjects are held to here."""

VALUES = {"modelway-low": -1000, "modelway-high": 1000}
"""PriorityClasses; pods without one have 0 (kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption)."""


class AutoscalerArgs(TypedDict):
    """Whose nodes are scaled."""

    cluster_name: str
    region: str
    version: str
    """Of Kubernetes; the autoscaler has the same."""


class ModelSupportArgs(TypedDict):
    """What is supported."""

    priorities: NotRequired[bool]
    """Whether there are priority classes."""
    keda: NotRequired[bool]
    """Whether KEDA is installed; one that is there already must not be installed again."""
    keda_identity: NotRequired[pulumi.Input[str]]
    """Association by which KEDA may ask for metrics that Amazon keeps: MetricsReader.association."""
    gpus: NotRequired[bool]
    """Whether nodes of managed groups offer their GPUs, by NVIDIA's device plugin."""
    gpu_metrics: NotRequired[bool]
    """Whether nodes with GPUs tell of them, by NVIDIA's DCGM exporter."""
    autoscaler: NotRequired[AutoscalerArgs]
    """Cluster Autoscaler for managed groups. Its service account has to have a role by Pod Identity."""


class ModelSupport(pulumi.ComponentResource):
    """What is asked for of these: priority classes `modelway-low` and `modelway-high`; KEDA in a namespace of its own; in kube-system
    NVIDIA's device plugin, without which no GPU can be asked for, its exporter of metrics, without which alerts on GPUs have nothing to
    read, and Cluster Autoscaler, without which pools keep their least size."""

    ready: pulumi.Output[bool]
    """True, known once all of it is there."""

    def __init__(self, name: str, args: ModelSupportArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:ModelSupport", name, {**args}, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        made = self._priorities() if args.get("priorities") else []
        if args.get("keda"):
            made.append(self._keda(args.get("keda_identity")))
        if args.get("gpus"):
            made.append(self._release(charts.DEVICE_PLUGIN, charts.device_plugin()))
        if args.get("gpu_metrics"):
            made.append(self._release(charts.GPU_METRICS, charts.gpu_metrics()))
        if "autoscaler" in args:
            made += self._autoscaler(args["autoscaler"])
        self.ready = pulumi.Output.all(*made).apply(lambda _: True)
        self.register_outputs({"ready": self.ready})

    def _release(self, chart: charts.Chart, values: dict[str, object]) -> pulumi.Output[str]:
        args = HelmReleaseArgs(
            chart=chart.name,
            repository=chart.repository,
            version=chart.version,
            name=chart.name,
            namespace="kube-system",
            values=values,
        )
        return HelmRelease(f"{self._name}-{chart.name}", args, self._child).physical_name

    def _autoscaler(self, args: AutoscalerArgs) -> list[pulumi.Output[str]]:
        role, binding = charts.autoscaler_reads()
        reads = KubernetesObject(f"{self._name}-autoscaler-reads", role, self._child)
        bound = KubernetesObject(f"{self._name}-autoscaler-reads-binding", binding, self._child)
        return [reads.physical_name, bound.physical_name, self._release(charts.AUTOSCALER, charts.autoscaler(**args))]

    def _priorities(self) -> list[pulumi.Output[str]]:
        return [
            KubernetesObject(
                f"{self._name}-{name}",
                {
                    "apiVersion": "scheduling.k8s.io/v1",
                    "kind": "PriorityClass",
                    "metadata": {"name": name, "labels": labels.MANAGED},
                    "value": value,
                    "preemptionPolicy": "PreemptLowerPriority",
                    "description": "Models that say so in endpoint.placement.priority.",
                },
                self._child,
            ).physical_name
            for name, value in VALUES.items()
        ]

    def _keda(self, identity: pulumi.Input[str] | None) -> pulumi.Output[str]:
        manifest = manifests.namespace(charts.KEDA_NAMESPACE, pod_security="restricted")
        home = KubernetesObject(f"{self._name}-keda-namespace", manifest, self._child)
        return HelmRelease(
            f"{self._name}-keda",
            {
                "chart": "keda",
                "repository": KEDA_CHARTS,
                "version": KEDA_VERSION,
                "name": "keda",
                "namespace": home.physical_name,
                "values": charts.keda(identity),
            },
            self._child,
        ).physical_name
