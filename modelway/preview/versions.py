"""What the deletion of a version comes to, by who asked it before: the risk table sees one Deployment, and no requests."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from modelway.preview.changeset import Endpoint, Finding, Route
from modelway.preview.resources import Resource
from modelway.preview.traffic.objects import mapping, text, within
from modelway.preview.traffic.pods import MODEL, VERSION

DELETED = "version-deleted"
"""The row of the risk table that this is about."""


class Version(NamedTuple):
    """A version of a model, as labels name them."""

    model: str
    version: str


def version_of(resource: Resource) -> Version:
    labels = mapping(within(resource.inputs, "metadata", "labels"))
    return Version(text(labels.get(MODEL)), text(labels.get(VERSION)))


def weighed(findings: Iterable[Finding], versions: Mapping[str, Version], endpoints: Iterable[Endpoint]) -> Iterator[Finding]:
    """Findings, of which those of a deleted version are left out where its whole endpoint goes, which is said of the endpoint, and are
    something to look at where nobody asked it before. What blocks stays. `versions`: by URN of what is deleted; `endpoints`: with both
    sides."""
    of_model: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        of_model.setdefault(endpoint.name, []).append(endpoint)
    for one in findings:
        going = versions.get(one.urn) if one.rule == DELETED else None
        known = of_model.get(going.model, []) if going else []
        if going is None or not known or one.blocks:
            yield one
        elif not all(endpoint.before and not endpoint.after for endpoint in known):
            routes = [route for endpoint in known for route in endpoint.before if route.version == going.version]
            # A note says that shares are decided elsewhere, or not known.
            asked = any(map(_is_asked, routes)) or any(endpoint.note for endpoint in known)
            yield one if asked else msgspec.structs.replace(one, risk="review", why="no route gave it a share before")


def _is_asked(route: Route) -> bool:
    """Whether requests come to it, or copies of them, or may: a share that is not known is one."""
    return route.percent != 0 or route.mirror > 0
