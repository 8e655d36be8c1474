"""Which endpoints used some data: the way from data to endpoints."""

from dataclasses import dataclass, replace

from modelway.errors import ModelwayError
from modelway.governance.lineage.graph import Graph
from modelway.governance.lineage.making import data_id, graph_of
from modelway.governance.lineage.spans import Lineage, Span
from modelway.governance.lineage.versions import Answering, Data, Version

DIGITS = 12
"""Fewest hex digits that stand for a whole fingerprint."""


class UnknownData(ModelwayError):
    """Nobody says that anything was made with data that are called so."""


@dataclass(frozen=True)
class Use:
    """One version that answered and was made with the data."""

    span: Span
    answering: Answering
    version: Version
    parts: tuple[str, ...]
    """What they were for; empty where only the model says it, of all its versions."""


def matching(found: Lineage, wanted: str) -> tuple[Data, ...]:
    """Data with that name, that fingerprint (or at least its first 12 digits), or that source; each once. Raises UnknownData."""
    every = [data for version in found.versions for data in version.data]
    matched = tuple(dict.fromkeys(data for data in every if _is(data, wanted)))
    if not matched:
        names = ", ".join(sorted({data.name for data in every})) or "none"
        raise UnknownData(
            f"no version says that it was made with data called {wanted!r}, by name, SHA-256 or source. Known are {names}."
            + (f" Of {len(found.unknown):,} it is not known which they were made with." if found.unknown else "")
        )
    return matched


def uses(found: Lineage, wanted: str) -> tuple[Use, ...]:
    """Every version at an endpoint, now or ever, that was made with them. Raises UnknownData where nobody says so of any version."""
    matching(found, wanted)
    listed = []
    for span in found.spans:
        for one in span.answering:
            version = span.versions[one.version]
            of = [data for data in version.data if _is(data, wanted)]
            if of:
                listed.append(Use(span, one, version, tuple(dict.fromkeys(data.part for data in of if data.part))))
    return tuple(listed)


def reached(found: Lineage, wanted: str) -> Graph:
    """The data, and all that they lead to. Raises UnknownData."""
    return graph_of(found).downstream(f"data:{data_id(data)}" for data in matching(found, wanted))


def using(found: Lineage, wanted: str) -> Lineage:
    """What there is of the versions that were made with the data. Raises UnknownData."""
    matching(found, wanted)

    def made(version: Version) -> bool:
        return any(_is(data, wanted) for data in version.data)

    spans = []
    for span in found.spans:
        kept = {name: version for name, version in span.versions.items() if made(version)}
        if kept:
            spans.append(replace(span, versions=kept, answering=tuple(one for one in span.answering if one.version in kept)))
    return replace(found, spans=tuple(spans), waiting=tuple(version for version in found.waiting if made(version)))


def _is(data: Data, wanted: str) -> bool:
    digest = wanted.removeprefix("sha256:").lower()
    begins = len(digest) >= DIGITS and data.sha256 is not None and data.sha256.startswith(digest)
    return wanted in (data.name, data.source) or begins
