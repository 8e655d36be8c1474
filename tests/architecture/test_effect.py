"""No field is ignored in silence: each is put into effect by the program, or stands in the table of those that are not yet."""

from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

import pytest

from modelway.architecture import Environment, effect, load
from modelway.architecture.base import Section
from modelway.architecture.effect import NOT_YET, ineffective
from modelway.architecture.governance import Governance
from tests.architecture.test_cases import lay_out

ENVIRONMENTS = Path(__file__).resolve().parents[2] / "stacks" / "environments"

IN_EFFECT = {
    # These are for people, or for rules to look at; nothing is made of them.
    "schema_version",
    "network.reaches",
    "contracts",
    "models.*.owner",
    "models.*.description",
    "models.*.risk_tier",
    "governance.exceptions",
    # The report of a change compares with these.
    "budget",
    "models.*.endpoint.load",
    # Gates ask for these before a release changes what is live.
    "promotion",
    "governance.tiers",
    "governance.ledger",
    "governance.freezes",
    *(f"models.*.governance.{field}" for field in Governance.__pydantic_fields__),
    "models.*.versions.*.training",
    "models.*.versions.*.evaluation",
    "models.*.versions.*.format",
    "models.*.versions.*.framework",
    "models.*.versions.*.protocols",
    # The mapping in stacks, or the program, takes these.
    "environment",
    "tier",
    "platform",
    "layout",
    "aws",
    "owner",
    "cost_owner",
    "tags",
    "network.kind",
    "network.cidr",
    "network.zones",
    "network.nat",
    "network.vpc_id",
    "network.private_subnets",
    "network.public_subnets",
    "network.private_endpoints",
    "network.flow_logs",
    "clusters.*.kind",
    "clusters.*.context",
    "clusters.*.gateway",
    "clusters.*.quotas",
    "clusters.*.access",
    "clusters.*.version",
    "clusters.*.endpoint",
    "clusters.*.logs",
    "clusters.*.service_cidr",
    "clusters.*.auto_mode",
    "clusters.*.addons",
    "clusters.*.secrets_key",
    "clusters.*.node_pools",
    "registry.images",
    "registry.models",
    "registry.model_registry",
    "monitoring.namespace",
    "monitoring.scrape_interval",
    "monitoring.backend",
    "monitoring.retention",
    "monitoring.runbooks",
    "monitoring.alerts",
    "monitoring.drift",
    "models.*.model",
    "models.*.team",
    "models.*.cluster",
    "models.*.presence",
    "models.*.pin",
    "models.*.versions.*.image",
    "models.*.versions.*.weights",
    "models.*.versions.*.contract",
    "models.*.versions.*.baseline",
    "models.*.drift",
    "models.*.endpoint.runtime",
    "models.*.endpoint.resources.cpu",
    "models.*.endpoint.resources.memory",
    "models.*.endpoint.resources.disk",
    "models.*.endpoint.resources.gpu",
    *(f"models.*.endpoint.{field}" for field in ("access", "placement", "warm_up", "drain", "timeout", "batching", "payload_logging")),
    "models.*.endpoint.resources.gpu_sharing",
    "models.*.endpoint.resources.mig_profile",
    "models.*.endpoint.scaling.min",
    "models.*.endpoint.scaling.max",
    "models.*.endpoint.scaling.target",
    "models.*.endpoint.scaling.schedules",
    "models.*.endpoint.scaling.scale_to_zero",
    "models.*.endpoint.retries",
    "models.*.endpoint.traffic.live",
    "models.*.endpoint.traffic.canary",
    "models.*.endpoint.traffic.shadow",
    "models.*.endpoint.traffic.split.*.version",
    "models.*.endpoint.traffic.split.*.percent",
    "models.*.endpoint.traffic.split.*.header",
    "models.*.endpoint.traffic.sticky",
    "models.*.endpoint.slo.latency_p99",
    "models.*.endpoint.slo.availability",
    "models.*.endpoint.slo.error_rate",
    "models.*.endpoint.slo.window",
}


def leaves(annotation: Any, path: str) -> Iterator[str]:
    """Paths of the fields of an environment that are no sections themselves."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if isinstance(annotation, type) and issubclass(annotation, Section):
        for name, field in annotation.__pydantic_fields__.items():
            yield from leaves(field.annotation, f"{path}.{field.alias or name}".lstrip("."))
        return
    inner = get_args(annotation)[1:2] if get_origin(annotation) is dict else get_args(annotation)
    sections = [member for member in inner if member not in (NoneType, Ellipsis) and not isinstance(member, str)]
    below = f"{path}.*" if get_origin(annotation) in (dict, tuple) else path
    found = [leaf for member in sections for leaf in leaves(member, below)]
    yield from found if any(leaf != below for leaf in found) else [path]


def listed(leaf: str, table: Any) -> bool:
    parts = leaf.split(".")
    return any(".".join(parts[:length]) in table for length in range(1, len(parts) + 1))


@pytest.mark.parametrize("leaf", sorted(set(leaves(Environment, ""))))
def test_a_field_is_in_effect_or_in_the_table(leaf: str) -> None:
    assert listed(leaf, NOT_YET) != listed(leaf, IN_EFFECT)


def test_the_table_names_fields_that_there_are() -> None:
    every = sorted(leaves(Environment, ""))
    assert not [pattern for pattern in NOT_YET if not any(leaf == pattern or leaf.startswith(f"{pattern}.") for leaf in every)]


def told(name: str, kind: str) -> list[str]:
    return [one.field for one in ineffective(load(ENVIRONMENTS, name)) if one.effect == kind]


@pytest.mark.parametrize("name", ["local", "dev"])
def test_what_is_by_default_is_not_told(name: str) -> None:
    assert not list(ineffective(load(ENVIRONMENTS, name)))


def test_fields_are_told_by_their_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"promotion": "harmless", "governance.tiers": "harmless", "models.*.governance.approvers": "harmless"}
    monkeypatch.setattr(effect, "NOT_YET", table)
    assert told("staging", "refused") == []
    assert told("staging", "harmless") == [
        "promotion",
        "governance.tiers",
        "models.tumor-screening.governance.approvers",
    ]


def test_names_and_positions_are_told_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effect, "NOT_YET", {"clusters.*.node_pools.*.capacity": "refused"})
    assert told("prod", "refused") == ["clusters.main.node_pools.batch.capacity"]


@pytest.mark.parametrize(
    ("scaling", "rollout", "idle"),
    [
        ("{min: 1, max: 1, target: {cpu: null, requests_per_second: 20}}", "{kind: canary}", True),
        # An update starts with min instances, whatever max is.
        ("{min: 1, max: 4, target: {cpu: null, requests_per_second: 20}}", "{kind: linear}", True),
        ("{min: 1, max: 1, target: {cpu: null, requests_per_second: 20}}", "{kind: all_at_once}", False),
        ("{min: 2, max: 2, target: {cpu: null, requests_per_second: 20}}", "{kind: canary}", False),
    ],
)
def test_a_rollout_of_one_instance_is_idle(scaling: str, rollout: str, idle: bool, tmp_path: Path) -> None:
    environments = lay_out("sagemaker/whole.happy", tmp_path)
    model = environments / "dev" / "models" / "credit-risk.yaml"
    text = model.read_text("utf-8").replace("{target: {cpu: null, requests_per_second: 20}}", scaling)
    model.write_text(text.replace("instance_type: ml.m7i.large", f"instance_type: ml.m7i.large, rollout: {rollout}"), "utf-8")
    environment = load(environments, "dev")
    found = [(one.field, one.effect) for one in ineffective(environment)]
    assert found == ([("models.credit-risk.endpoint.scaling.min", "idle")] if idle else [])
    assert effect.refusal(environment) is None


def test_drift_that_nobody_looks_at_is_told(tmp_path: Path) -> None:
    environments = lay_out("drift/whole.happy", tmp_path)
    described = load(environments, "dev")
    assert [(one.field, one.effect) for one in ineffective(described)] == [("models.credit-risk.drift", "imageless")]
    assert not list(ineffective(load(lay_out("drift/looked-at.happy", tmp_path / "looked-at"), "dev")))
