"""What EKS has, as data: versions of Kubernetes, add-ons, kinds of instances."""

import re
from datetime import date
from types import MappingProxyType

VERSIONS = MappingProxyType(
    {"1.32": date(2026, 3, 23), "1.33": date(2026, 7, 29), "1.34": date(2026, 12, 2), "1.35": date(2027, 3, 27)},
)
"""Versions of Kubernetes with the end of their standard support; extended support lasts a year longer, at six times the price of a cluster
(docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html). A new version needs a row here."""

ADDONS = (
    "vpc-cni",
    "kube-proxy",
    "coredns",
    "eks-pod-identity-agent",
    "eks-node-monitoring-agent",
    "aws-ebs-csi-driver",
    "metrics-server",
    "kube-state-metrics",
    "prometheus-node-exporter",
)
"""Add-ons that a cluster has (docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html,
community-addons.html)."""

IN_AUTO_MODE = ("vpc-cni", "kube-proxy", "coredns", "eks-pod-identity-agent", "eks-node-monitoring-agent", "aws-ebs-csi-driver")
"""Add-ons that EKS runs by itself where all nodes are Auto Mode's (docs.aws.amazon.com/eks/latest/userguide/automode.html)."""

_NVIDIA = re.compile(r"(g4dn|g5|g6|g6e|g6f|gr6|gr6f|g7|g7e|p3|p3dn|p4d|p4de|p5|p5e|p5en|p6-[a-z0-9]+)\.")
_ARM = re.compile(r"(a1|[a-z]+[0-9]+g[a-z]*)[.-]")


def has_nvidia_gpus(instance_type: str) -> bool:
    """Whether instances of the type have NVIDIA GPUs and x86 processors (docs.aws.amazon.com/ec2/latest/instancetypes/ac.html)."""
    return bool(_NVIDIA.match(instance_type))


def has_arm_processors(instance_type: str) -> bool:
    """Whether instances of the type have Arm processors: a g after the generation, as in m8g
    (docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html)."""
    return bool(_ARM.match(instance_type))


def has_mig(instance_type: str) -> bool:
    """Whether the GPUs of the type can be divided by NVIDIA's MIG: A100, H100, H200, B200
    (docs.nvidia.com/datacenter/tesla/mig-user-guide/supported-gpus.html)."""
    return bool(re.match(r"(p4d|p4de|p5|p5en|p6-[a-z0-9]+)\.", instance_type))
