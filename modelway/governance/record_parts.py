"""What a release record says besides what is served: where versions come from, what was asked before a release and after it."""

import msgspec


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Data that a version was made with, as its file says."""

    name: str
    part: str
    """training, validation or test."""
    sha256: str
    """Fingerprint, in hex."""
    source: str | None
    rows: int | None
    license: str | None


class Training(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a version was made, as its file says."""

    run: str | None
    """mlflow:RUN, the ARN of a training job, or an address."""
    commit: str | None
    """Of the code that trained it."""
    data: list[Data]


class Gap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far groups of people were apart."""

    group: str
    metric: str
    gap: float


class Evaluation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a version reached, as its file says."""

    metrics: dict[str, float]
    gaps: list[Gap]
    by: str | None
    day: str | None
    tool: str | None
    report: str | None
    """Pinned by its digest."""


class Stop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody took all requests from a model, or gave them to its fallback, and nobody has let it answer again."""

    who: str
    when: str
    reason: str


class Gate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one gate said of one model."""

    gate: str
    model: str
    outcome: str
    """passed, missing, unknown, waived or broken_glass."""
    detail: str


class BreakGlass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody let the stack pass its gates, whatever was missing, for a few hours."""

    who: str
    reason: str
    since: str
    until: str


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That cluster and cloud themselves were asked, besides the state."""

    when: str
    asked: list[str]
    """Who answered: clusters, endpoints, registries, stores."""
    unknown: list[str]
    """What could not be asked, and why."""
