"""Whether every resource says which system it is of, who answers for it and how carefully it is handled."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from modelway.architecture.marks import EXPECTED, PREFIX, UNTAGGABLE, takes_tags


@dataclass(frozen=True)
class Resource:
    """One resource, with its tags; of a Kubernetes object labels and annotations."""

    urn: str
    type: str
    said: Mapping[str, str]


@dataclass(frozen=True)
class Lacking:
    """A resource that does not say all of it."""

    urn: str
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Coverage:
    """What was found of resources."""

    taggable: int
    marked: int
    lacking: tuple[Lacking, ...]
    untaggable: Mapping[str, int]
    """How many there are of each type that takes no tags, and is not counted."""

    @property
    def percent(self) -> float:
        """Of what can say it; 100 where nothing can. Never 100 while one lacks it."""
        return 100.0 if self.marked == self.taggable else min(99.9, round(100 * self.marked / self.taggable, 1))


def covered(resources: Iterable[Resource]) -> Coverage:
    """What resources say; components, providers and stacks are none."""
    marked, lacking, untaggable = 0, list[Lacking](), Counter[str]()
    for one in resources:
        if one.type in UNTAGGABLE:
            untaggable[one.type] += 1
        elif takes_tags(one.type):
            names = EXPECTED if one.type.startswith("aws:") else tuple(f"{PREFIX}{name}" for name in EXPECTED)
            missing = tuple(name for name in names if not str(one.said.get(name, "")).strip())
            if missing:
                lacking.append(Lacking(one.urn, missing))
            else:
                marked += 1
    return Coverage(marked + len(lacking), marked, tuple(sorted(lacking, key=lambda one: one.urn)), dict(sorted(untaggable.items())))
