"""How versions are called where several of the same name are shown, which is where somebody changed what a name means."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from modelway.governance.lineage.spans import Lineage
from modelway.governance.lineage.versions import Version


@dataclass(frozen=True)
class Names:
    """Each version once, whoever says it."""

    listed: tuple[tuple[str, Version], ...]
    """By the name that is shown: its own where that means one version alone, else with who says it first."""
    shown: Mapping[tuple[object, ...], str]
    """That name, by what the version is."""

    def of(self, version: Version) -> str:
        """The name that is shown of a version."""
        return self.shown[version.content]


def names(found: Lineage) -> Names:
    """In the order in which they are said."""
    first: dict[tuple[object, ...], Version] = {}
    for version in found.versions:
        first.setdefault(version.content, version)
    called = Counter(version.name for version in first.values())
    shown = {content: one.name if called[one.name] == 1 else f"{one.name} of {one.told_by}" for content, one in first.items()}
    return Names(tuple((shown[content], one) for content, one in first.items()), shown)
