"""Which nodes the pods of a version run on, as parts of a pod."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

SPOT = (("eks.amazonaws.com/capacityType", "SPOT"), ("karpenter.sh/capacity-type", "spot"))
"""Labels of nodes that can be taken away: those of managed node groups, and of Karpenter and Auto Mode
(docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html, karpenter.sh/docs/concepts/scheduling)."""


@dataclass(frozen=True)
class Placement:
    """What is asked of nodes, besides room."""

    node_labels: Mapping[str, str] = field(default_factory=dict)
    """Labels that a node has to have."""
    tolerated: Sequence[tuple[str, str, str]] = ()
    """Taints that do not matter: key, value, effect as Kubernetes writes it."""
    avoid_spot: bool = False
    """Whether nodes that can be taken away are none for it."""
    spread_required: bool = False
    """Whether a pod waits rather than be a second one in a zone that has one more than others."""
    priority_class: str = ""
    """PriorityClass; empty for the one that pods have by default."""


def pod(placement: Placement, selector: Mapping[str, str], *, gpus: int) -> dict[str, object]:
    """The fields of a pod's spec that lead it to a node; only what is asked for."""
    fields: dict[str, object] = {"topologySpreadConstraints": _spread(selector, required=placement.spread_required)}
    tolerations = [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}] if gpus else []
    tolerations += [{"key": key, "operator": "Equal", "value": value, "effect": effect} for key, value, effect in placement.tolerated]
    if tolerations:
        fields["tolerations"] = tolerations
    if placement.node_labels:
        fields["nodeSelector"] = dict(placement.node_labels)
    if placement.avoid_spot:
        # A node without the label is none that can be taken away, and matches.
        elsewhere = [{"key": key, "operator": "NotIn", "values": [value]} for key, value in SPOT]
        required = {"nodeSelectorTerms": [{"matchExpressions": elsewhere}]}
        fields["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    if placement.priority_class:
        fields["priorityClassName"] = placement.priority_class
    return fields


def _spread(selector: Mapping[str, str], *, required: bool) -> list[dict[str, object]]:
    def over(key: str, *, strictly: bool) -> dict[str, object]:
        return {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "DoNotSchedule" if strictly else "ScheduleAnyway",
            # Pods of the former template count no more, or what is left when they are gone would be uneven; nor do nodes that it may not
            # run on anyway (kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints).
            "matchLabelKeys": ["pod-template-hash"],
            "nodeTaintsPolicy": "Honor",
            "labelSelector": {"matchLabels": dict(selector)},
        }

    return [over("topology.kubernetes.io/zone", strictly=required), over("kubernetes.io/hostname", strictly=False)]
