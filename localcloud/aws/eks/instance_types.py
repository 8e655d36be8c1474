"""Instance types that nodes can have here. Source: AWS, "Amazon EC2 instance types" (vCPU, memory in GiB, GPUs)."""

from dataclasses import dataclass

from localcloud.aws.eks.state import invalid


@dataclass(frozen=True)
class InstanceType:
    """What a node of the type offers. A real one keeps a part for itself; a simulated one offers it all."""

    cpus: int
    memory: int
    """GiB"""
    gpus: int = 0


TYPES = {
    "t3.medium": InstanceType(2, 4),
    "t3.large": InstanceType(2, 8),
    "m7i.large": InstanceType(2, 8),
    "m7i.xlarge": InstanceType(4, 16),
    "m7i.2xlarge": InstanceType(8, 32),
    "m7a.large": InstanceType(2, 8),
    "m7a.xlarge": InstanceType(4, 16),
    "m7a.2xlarge": InstanceType(8, 32),
    "m6i.large": InstanceType(2, 8),
    "m6i.xlarge": InstanceType(4, 16),
    "m6i.2xlarge": InstanceType(8, 32),
    "c7i.large": InstanceType(2, 4),
    "c7i.xlarge": InstanceType(4, 8),
    "g5.xlarge": InstanceType(4, 16, 1),
    "g6.xlarge": InstanceType(4, 16, 1),
    "g6.2xlarge": InstanceType(8, 32, 1),
}


def instance_type(name: str) -> InstanceType:
    """Raises Refused with the names there are."""
    if name not in TYPES:
        raise invalid(f"The following supplied instance types do not exist: [{name}]. The local cloud knows {', '.join(sorted(TYPES))}.")
    return TYPES[name]
