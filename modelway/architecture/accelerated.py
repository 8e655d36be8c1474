"""What the common types of instances with accelerators have. Their names do not say it, as those of other families do.

A test holds the table against what EC2's DescribeInstanceTypes tells. A type that is missing is not checked.
"""

from collections.abc import Mapping
from types import MappingProxyType

Has = tuple[int, int, int]
"""Processors, GiB of memory, GPUs that pods can ask for as nvidia.com/gpu."""

MOST_GPUS = 8
"""GPUs of the largest instances that serve here (docs.aws.amazon.com/ec2/latest/instancetypes/ac.html)."""

_G: Mapping[str, Has] = {
    "xlarge": (4, 16, 1),
    "2xlarge": (8, 32, 1),
    "4xlarge": (16, 64, 1),
    "8xlarge": (32, 128, 1),
    "12xlarge": (48, 192, 4),
    "16xlarge": (64, 256, 1),
}
_LARGER_G: Mapping[str, Has] = {**_G, "24xlarge": (96, 384, 4), "48xlarge": (192, 768, 8)}

_BY_FAMILY: Mapping[str, Mapping[str, Has]] = {
    # aws.amazon.com/ec2/instance-types/g4/
    "g4dn": {**_G, "metal": (96, 384, 8)},
    # aws.amazon.com/ec2/instance-types/g5/
    "g5": _LARGER_G,
    # aws.amazon.com/ec2/instance-types/g6/
    "g6": _LARGER_G,
    # aws.amazon.com/ec2/instance-types/g6e/: twice the memory
    "g6e": {size: (cpu, 2 * memory, gpus) for size, (cpu, memory, gpus) in _LARGER_G.items()},
    # aws.amazon.com/ec2/instance-types/p4/
    "p4d": {"24xlarge": (96, 1152, 8)},
    "p4de": {"24xlarge": (96, 1152, 8)},
    # aws.amazon.com/ec2/instance-types/p5/
    "p5": {"4xlarge": (16, 256, 1), "48xlarge": (192, 2048, 8)},
    "p5e": {"48xlarge": (192, 2048, 8)},
    "p5en": {"48xlarge": (192, 2048, 8)},
    # aws.amazon.com/ec2/instance-types/inf2/, trn1/: their accelerators are no GPUs, and nothing here asks for them
    "inf2": {"xlarge": (4, 16, 0), "8xlarge": (32, 128, 0), "24xlarge": (96, 384, 0), "48xlarge": (192, 768, 0)},
    "trn1": {"2xlarge": (8, 32, 0), "32xlarge": (128, 512, 0)},
}

ACCELERATED: Mapping[str, Has] = MappingProxyType(
    {f"{family}.{size}": has for family, sizes in _BY_FAMILY.items() for size, has in sizes.items()}
)
"""What a type has, by its name."""
