"""Types of instances: how their names are built, and what a node of the usual ones has for a replica."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Annotated

from modelway.architecture.accelerated import ACCELERATED
from modelway.architecture.base import Shaped, compiled, misshapen

# docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html; the numbers are those that some type has, of EC2 (its API lists
# all of them: docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceTypeOffering.html). A size that is new needs a number here.
_MULTIPLES = (2, 3, 4, 6, 8, 9, 10, 12, 16, 18, 24, 32, 36, 48, 56, 64, 96, 112, 224, 480)
_BARE = (12, 16, 24, 32, 48, 96)
SIZES = (
    *("nano", "micro", "small", "medium", "large", "xlarge"),
    *(f"{number}xlarge" for number in _MULTIPLES),
    *("metal", *(f"metal-{number}xl" for number in _BARE)),
)
"""What may stand behind the dot."""

_FAMILY = r"[a-z]+[0-9]+[a-z]*(-[a-z0-9]+)?|u-[0-9]+tb[0-9]|mac-[a-z0-9]+"
"""Letters of the family, generation, letters for options; then perhaps a dash and more, as in m7i-flex and p6-b200."""

MOST_CPU = 1920
"""Processors of the largest instance, u7inh-32tb.480xlarge (docs.aws.amazon.com/ec2/latest/instancetypes/mo.html)."""
MOST_MEMORY = 32 << 40
"""Its bytes of memory."""


@dataclass(frozen=True)
class TypeShaped(Shaped):
    """A type of instances; of a size that there is none of, the one that was perhaps meant is told."""

    def _checked(self, text: str) -> str:
        family, dot, size = text.rpartition(".")
        if dot and len(text) <= self.limit and size not in SIZES and compiled(self.pattern).fullmatch(f"{family}.large"):
            near = _nearest(size)
            told = f"Did you mean {family}.{near}?" if near else self.way_out
            raise misshapen("a size that there is behind the dot: nano to 480xlarge, or metal", told)
        if text != text.lower() and compiled(self.pattern).fullmatch(text.lower()):
            raise misshapen(f"{self.rule}, in lower case", f"Write {text.lower()}.")
        return super()._checked(text)


def _nearest(size: str) -> str | None:
    """The size that was perhaps meant: of numbers the one next to it, else the one with the most similar letters."""
    if number := re.fullmatch(r"([0-9]{1,4})xlarge", size, re.ASCII):
        return f"{min(_MULTIPLES, key=lambda multiple: abs(multiple - int(number[1])))}xlarge"
    from difflib import get_close_matches

    return next(iter(get_close_matches(size, SIZES, 1)), None)


_SIZE = "|".join(map(re.escape, SIZES))

InstanceType = Annotated[
    str,
    TypeShaped(
        rf"({_FAMILY})\.({_SIZE})", "a type of EC2 instance: family, generation and options, a dot, size", "Write it like m7i.large.", 32
    ),
]
SageMakerInstance = Annotated[
    str, TypeShaped(rf"ml\.({_FAMILY})\.({_SIZE})", "a type of SageMaker instance, with ml. first", "Write it like ml.m7i.large.", 32)
]

_USUAL = re.compile(r"([cmr])[5-9](?!n\.)[a-z]*(?:-flex)?\.(medium|large|([0-9]*)xlarge)", re.ASCII)
"""Types of which the name says what they have: families c, m and r of generation 5 and later, but for those with network like c5n, which
have more memory (a test holds it against what AWS tells of each type)."""
_GIB_A_CPU = {"c": 2, "m": 4, "r": 8}


@dataclass(frozen=True)
class Room:
    """What a node has for pods at the most."""

    millicores: int
    bytes: int
    gpus: int = 0

    def fits(self, millicores: int, memory: int, gpus: int) -> bool:
        return millicores <= self.millicores and memory <= self.bytes and gpus <= self.gpus

    def __str__(self) -> str:
        gpus = f", {self.gpus} GPU{'s' if self.gpus > 1 else ''}" if self.gpus else ""
        return f"{self.millicores / 1000:g} processors and {self.bytes // (1 << 20) * 10 // 1024 / 10:g}Gi{gpus}"


def whole(instance_type: str) -> Room | None:
    """Processors, memory and GPUs of a type; None where neither its name nor the table of those with accelerators says."""
    if (has := ACCELERATED.get(instance_type)) is not None:
        processors, gib, gpus = has
        return Room(processors * 1000, gib << 30, gpus)
    found = _USUAL.fullmatch(instance_type)
    if found is None:
        return None
    family, size, multiple = found.groups()
    processors = {"medium": 1, "large": 2}.get(size, 4 * int(multiple or 1))
    return Room(processors * 1000, processors * _GIB_A_CPU[family] << 30)


@cache
def room(instance_type: str) -> Room | None:
    """What a node of a type has for pods at the most, without what the kubelet of EKS's images keeps; None where that is not known.

    The images keep 6% of the first processor, 1% of the second, 0.5% of the next two, 0.25% of the others; of memory 255Mi, 11Mi a pod,
    which are not counted here, and 100Mi below which pods are evicted (github.com/awslabs/amazon-eks-ami, nodeadm's kubelet defaults).
    """
    all_of_it = whole(instance_type)
    if all_of_it is None:
        return None
    steps = ((1000, 60), (2000, 10), (4000, 5), (all_of_it.millicores, 2.5))
    kept, before = 0.0, 0
    for end, per_mille in steps:
        kept += max(0, min(end, all_of_it.millicores) - before) * per_mille / 1000
        before = end
    return Room(all_of_it.millicores - int(kept), all_of_it.bytes - (355 << 20), all_of_it.gpus)
