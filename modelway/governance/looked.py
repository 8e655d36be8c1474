"""What cluster and cloud themselves said of what is released, held against what is described.

Who could not be asked leaves a line of what is not known, and never one of what is as described.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from modelway.governance import live
from modelway.governance.live import DEPLOYMENT, MODEL, VERSION, Held, Managed
from modelway.governance.record import Model
from modelway.governance.record_parts import Look
from modelway.governance.verifier import stamp

PLACE = "in cluster or cloud"


@dataclass(frozen=True)
class Artifact:
    """A file or an image that a registry or a store was asked for."""

    what: str
    """Such as `credit-risk 2026.11.1: image`."""
    address: str
    wanted: str
    """SHA-256 in hex that it has to have."""
    found: str | None
    """The one that it has; None where it is not there."""


@dataclass(frozen=True)
class Looked:
    """What was said, and by whom."""

    when: datetime
    asked: Sequence[str]
    """Who answered: clusters, endpoints, registries, stores."""
    objects: Sequence[Held]
    """Of clusters, as their API servers show them."""
    managed: Sequence[Managed]
    """What runs on SageMaker."""
    artifacts: Sequence[Artifact]
    silent: frozenset[str]
    """Models of which nobody could be asked what serves."""
    troubles: Sequence[str]
    """What those said who were asked, and is not as it has to be."""
    unknown: Sequence[str]
    """What could not be asked, and why."""


def seen(models: Sequence[Model], looked: Looked) -> list[Model]:
    """The models with what their versions were seen to be."""
    there = live.read_back(looked.objects, looked.managed)
    return [
        model
        if model.model in looked.silent
        else msgspec.structs.replace(
            model, versions=[msgspec.structs.replace(one, seen=live.found(there, model.model, one.version)) for one in model.versions]
        )
        for model in models
    ]


def differences(models: Sequence[Model], looked: Looked) -> list[str]:
    """Where what was seen is not what is described, a line each. Of models with what they were seen to be."""
    asked = [_as_seen(model) for model in models if model.model not in looked.silent]
    there = live.read_back(looked.objects, looked.managed)
    lines = live.differences(asked, there, PLACE)
    return [f"looked at: {line}" for line in (*lines, *_without_pods(looked.objects), *looked.troubles, *_artifacts(looked.artifacts))]


def told(looked: Looked) -> Look:
    """What of it a record keeps besides."""
    return Look(stamp(looked.when), list(looked.asked), list(looked.unknown))


def _as_seen(model: Model) -> Model:
    return msgspec.structs.replace(model, versions=[msgspec.structs.replace(one, found=one.seen) for one in model.versions])


def _without_pods(objects: Sequence[Held]) -> Iterator[str]:
    for held in objects:
        spec, status = (held.properties.get(key) for key in ("spec", "status"))
        wanted, ready = (_number(part, key) for part, key in ((spec, "replicas"), (status, "readyReplicas")))
        if held.type == DEPLOYMENT and wanted and not ready:
            yield f"{_name(held)}: {wanted} pods are wanted, and none is ready"


def _artifacts(artifacts: Sequence[Artifact]) -> Iterator[str]:
    for one in artifacts:
        if one.found is None:
            yield f"{one.what}: not at {one.address} any more"
        elif one.found != one.wanted:
            yield f"{one.what}: at {one.address} is sha256:{one.found[:12]}, and was released as sha256:{one.wanted[:12]}"


def _name(held: Held) -> str:
    metadata = held.properties.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, Mapping) else None
    return f"{labels.get(MODEL)} {labels.get(VERSION)}" if isinstance(labels, Mapping) else held.name


def _number(part: object, key: str) -> int:
    value = part.get(key) if isinstance(part, Mapping) else None
    return value if isinstance(value, int) else 0
