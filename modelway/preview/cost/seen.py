"""What is known of a resource that may cost something: what it is, where it is, what the program asked for."""

import re
from dataclasses import dataclass
from typing import Any

from modelway.preview.resources import SECRET, UNKNOWN, Resource, name_of, type_of

NOT_KNOWN = object()
"""Stands for a value that is known only after the update, or is secret."""

_REGION = re.compile(rb'"region"\s*:\s*"([a-z]{2}(?:-[a-z]+)+-[1-9])"|"arn"\s*:\s*"arn:aws[a-z-]*:[a-z0-9-]+:([a-z]{2}(?:-[a-z]+)+-[1-9]):')


@dataclass(frozen=True)
class Seen:
    """A resource, before or after."""

    urn: str
    type: str
    inputs: dict[str, Any]
    """As the program asked; empty where nobody looks at them."""
    provider: str
    """URN of its provider; empty when there is none."""
    region: str
    """Region that itself names; empty when it does not."""
    id: str
    dependencies: dict[str, list[str]]
    """URNs by the property that depends on them."""

    @property
    def name(self) -> str:
        return name_of(self.urn)

    def value(self, path: str) -> object:
        """The value at a path like `scalingConfig.minSize`; None where there is none, NOT_KNOWN where it is not known yet."""
        here: object = self.inputs
        for key in path.split("."):
            if hidden(here):
                return NOT_KNOWN
            here = here.get(key) if isinstance(here, dict) else None
        return NOT_KNOWN if hidden(here) else here

    def text(self, path: str, absent: str = "") -> str | None:
        """The text at a path; `absent` where there is none, None where it is not known."""
        found = self.value(path)
        if found is NOT_KNOWN:
            return None
        return absent if found is None else str(found)

    def number(self, path: str, absent: float = 0) -> float | None:
        """The number at a path; `absent` where there is none, None where it is not known or none."""
        found = self.value(path)
        if found is None:
            return absent
        return as_number(found)

    def items(self, path: str) -> list[Any] | None:
        """The list at a path, empty where there is none; None where it is not known, though some of its items may not be."""
        found = self.value(path)
        if found is NOT_KNOWN:
            return None
        return found if isinstance(found, list) else []

    def flag(self, path: str) -> bool | None:
        """Whether something is switched on; None where it is not known."""
        found = self.value(path)
        return None if found is NOT_KNOWN else found in (True, "true")


def seen(resource: Resource, *, inputs: bool) -> Seen:
    """What is known of a resource; its inputs only where they are asked for: most of what costs is merely counted."""
    raw = bytes(resource.inputs_raw)
    asked = resource.inputs if inputs or b'"region"' in raw else {}
    region = asked.get("region")
    if not isinstance(region, str) or hidden(region):
        found = _REGION.search(bytes(resource.outputs_raw))
        region = (found[1] or found[2]).decode() if found else ""
    depends = {key: urns for key, urns in resource.property_dependencies.items() if urns} if inputs else {}
    return Seen(resource.urn, type_of(resource.urn), asked, resource.provider.rpartition("::")[0], region, resource.id, depends)


def hidden(value: object) -> bool:
    """Whether a value is not there to be read."""
    return isinstance(value, str) and value in (UNKNOWN, SECRET)


def as_number(value: object) -> float | None:
    """A number of things, also one written as text; None for everything else, and below 0."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if 0 <= value < float("inf") else None
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", value, re.ASCII):
        return float(value)
    return None


_BYTES = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}


def gib(value: object) -> float | None:
    """GiB of an amount of memory or disk as Kubernetes writes it; None where it is none."""
    found = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)([kMGT]i?|Ki)?", str(value), re.ASCII)
    unit = (found[2] or "") if found else ""
    return float(found[1]) * _BYTES[unit] / 2**30 if found and unit in _BYTES else None


def processors(value: object) -> float | None:
    """Processors as Kubernetes writes them: `2`, `500m`."""
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)(m?)", str(value), re.ASCII)
    return float(found[1]) / (1000 if found[2] else 1) if found else None
