"""How many nodes a group is asked to have."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """What a group that is there has."""

    least: int
    most: int
    wanted: int
    """Set by whoever scales it."""


def asked(least: int, most: int, there: Iterable[Size]) -> tuple[int, bool]:
    """How many nodes to ask for between these limits, and whether that may change what a group has.

    `there`: the groups of the pool; two while one replaces another. As long as they have these limits, their number of nodes is left to
    whoever scales them. With other limits AWS is sent limits and number together: the number of now, as far as the limits allow.
    """
    sizes = list(there)
    wanted = max([least, *(size.wanted for size in sizes)])
    return min(wanted, most), any((size.least, size.most) != (least, most) for size in sizes)
