"""Which AI systems there are: what environments say of their models, and how far resources say whose they are."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from modelway.architecture import Environment, Model
from modelway.architecture.marks import UNTAGGABLE, system_of
from modelway.governance.inventory.coverage import Coverage


class Version(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version that may serve."""

    version: str
    percent: int
    """Of the requests; 0 of one that only gets copies or waits."""
    image: str
    weights: str
    run: str | None
    """The run that made it."""


class ThirdParty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something of somebody else that it stands on."""

    name: str
    kind: str
    version: str | None
    license: str | None


class System(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model in one environment, as a part of a system. What nobody said is null or empty."""

    system: str
    model: str
    environment: str
    tier: str
    """Of the environment."""
    risk_tier: str
    team: str
    owner: str
    accountable: str | None
    overseer: str | None
    incident_contact: str | None
    presence: str
    """served, disabled or retired; registered, where it has no endpoint."""
    endpoint: str | None
    """What it is served by: kubernetes CLUSTER, or sagemaker."""
    description: str | None
    intended_use: str | None
    legal_basis: list[str]
    card: str | None
    reviewed: str | None
    review_by: str | None
    review: str
    """due, overdue or unsaid."""
    versions: list[Version]
    third_parties: list[ThirdParty]


class Lacking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A resource that does not say all of it."""

    urn: str
    missing: list[str]


class Untaggable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A type that takes no tags or labels, and is not counted."""

    type: str
    count: int
    reason: str


class Resources(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far the resources of one stack say whose they are."""

    stack: str
    source: str
    """program: what the program asks for; state: what a state holds."""
    taggable: int
    marked: int
    percent: float
    lacking: list[Lacking]
    untaggable: list[Untaggable]


class Inventory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The inventory of one day."""

    version: int
    day: str
    systems: list[System]
    resources: list[Resources]
    """Empty where nobody looked at resources."""


def inventory(environments: Iterable[Environment], found: Sequence[tuple[str, str, Coverage]], day: date) -> Inventory:
    """The inventory; `found` has stack, source and coverage. The same for the same files and day."""
    systems = [_system(environment, model, day) for environment in environments for model in environment.models.values()]
    listed = sorted(systems, key=lambda one: (one.system, one.model, one.environment))
    return Inventory(1, day.isoformat(), listed, [_resources(*one) for one in found])


def _system(environment: Environment, model: Model, day: date) -> System:
    said = model.governance
    roles = said.roles if said is not None else None
    shares = model.traffic.shares if model.traffic is not None else {}
    return System(
        system=system_of(model),
        model=model.model,
        environment=environment.environment,
        tier=environment.tier,
        risk_tier=model.risk_tier,
        team=model.team,
        owner=model.owner,
        accountable=roles.accountable if roles is not None else None,
        overseer=roles.overseer if roles is not None else None,
        incident_contact=said.incident_contact if said is not None else None,
        presence=model.presence if model.endpoint is not None else "registered",
        endpoint=_endpoint(environment, model),
        description=model.description,
        intended_use=said.intended_use if said is not None else None,
        legal_basis=list(said.legal_basis) if said is not None else [],
        card=said.model_card if said is not None else None,
        reviewed=str(said.reviewed) if said is not None and said.reviewed is not None else None,
        review_by=str(said.review_by) if said is not None and said.review_by is not None else None,
        review="unsaid" if said is None or said.review_by is None else "overdue" if said.review_by.day < day else "due",
        versions=[
            Version(name, shares.get(name, 0), str(one.image), str(one.weights), one.training.run if one.training is not None else None)
            for name, one in sorted(model.versions.items())
        ],
        third_parties=[ThirdParty(one.name, one.kind, one.version, one.license) for one in (said.third_party if said is not None else ())],
    )


def _endpoint(environment: Environment, model: Model) -> str | None:
    if model.serving is None:
        return None
    if model.serving.runtime.kind == "sagemaker":
        return "sagemaker"
    cluster = model.cluster or (next(iter(environment.clusters)) if len(environment.clusters) == 1 else "")
    return f"kubernetes {cluster}".strip()


def _resources(stack: str, source: str, found: Coverage) -> Resources:
    return Resources(
        stack,
        source,
        found.taggable,
        found.marked,
        found.percent,
        [Lacking(one.urn, list(one.missing)) for one in found.lacking],
        [Untaggable(type_, count, UNTAGGABLE[type_]) for type_, count in found.untaggable.items()],
    )


def written(made: Inventory) -> str:
    """As JSON."""
    return msgspec.json.format(msgspec.json.encode(made), indent=2).decode()


def schema() -> Mapping[str, object]:
    """JSON Schema of the inventory."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Inventory)}
