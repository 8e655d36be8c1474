"""How versions are called where several of the same name are shown, which is where somebody changed what a name means."""

from dataclasses import dataclass, replace

from modelway.governance.lineage.spans import Lineage
from modelway.governance.lineage.versions import Version


@dataclass(frozen=True)
class Names:
    """Each version once, whoever says it."""

    listed: tuple[tuple[str, Version], ...]
    """By the name that is shown: its own where that means one version alone, else with who says it first."""

    def of(self, version: Version) -> str:
        """The name that is shown of a version."""
        return next(name for name, one in self.listed if _content(one) == _content(version))


def names(found: Lineage) -> Names:
    """In the order in which they are said."""
    first: dict[Version, Version] = {}
    for version in found.versions:
        first.setdefault(_content(version), version)
    called = [version.name for version in first.values()]
    shown = (one.name if called.count(one.name) == 1 else f"{one.name} of {one.told_by}" for one in first.values())
    return Names(tuple(zip(shown, first.values(), strict=True)))


def _content(version: Version) -> Version:
    return replace(version, told_by="")
