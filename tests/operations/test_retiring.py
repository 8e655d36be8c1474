"""What a tier protects is refused before anything is changed, and goes in two steps."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

from modelway.architecture import Environment, load
from modelway.operations.environments import Deployment, Protected, destroy, up

ENVIRONMENTS = Path(__file__).resolve().parents[2] / "stacks" / "environments"
URN = "urn:pulumi:dev::modelway::modelway:index:ArtifactRegistry${0}::{1}"


def resource(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"urn": URN.format(kind, name), "type": kind, "id": f"{name}-id", "custom": True, **more}


def stored(**more: Any) -> list[dict[str, Any]]:
    return [
        resource("aws:s3/bucket:Bucket", "registry-models", **more),
        resource("aws:s3/bucketPolicy:BucketPolicy", "registry-models-policy"),
        resource("aws:ecr/repository:Repository", "registry-tumor-screening", inputs={"name": "dev/tumor-screening"}, **more),
        resource("aws:kms/key:Key", "registry-key", outputs={"deletionWindowInDays": 7}, **more),
    ]


class Stacks:
    """An engine that knows what is in its stacks and keeps what it was asked for."""

    def __init__(self, there: list[dict[str, Any]]) -> None:
        self.there = there
        self.asked: list[str] = []

    def resources(self, stack: str) -> list[dict[str, Any]]:
        return self.there if not stack.endswith("-models") else []

    def up(self, stack: str, *, yes: bool, variables: Mapping[str, str]) -> None:
        assert yes
        self.asked.append(f"up {stack}")

    def destroy(self, stack: str, *, yes: bool) -> None:
        assert yes
        self.asked.append(f"destroy {stack}")


def deployment(
    engine: Stacks, tier: Literal["development", "staging", "production"], models: tuple[str, ...] = ("tumor-screening",)
) -> Deployment:
    environment: Environment = load(ENVIRONMENTS, "dev")
    kept = {name: model for name, model in environment.models.items() if name in models}
    return Deployment(environment.model_copy(update={"tier": tier, "layout": "split", "models": kept}), engine)  # type: ignore[arg-type]


def silent(_: str) -> None:
    pass


def test_a_protected_tier_refuses_and_names_what_it_protects() -> None:
    engine = Stacks(stored(protect=True, retainOnDelete=True))
    with pytest.raises(Protected) as refusal:
        destroy(deployment(engine, "production"), yes=True, progress=silent)
    said = str(refusal.value)
    assert refusal.value.exit_code == 4
    assert all(name in said for name in ("::registry-models\n", "::registry-tumor-screening\n", "::registry-key\n"))
    assert "registry-models-policy" not in said
    assert "lower its tier" in said
    assert engine.asked == []


def test_a_lowered_tier_has_to_be_brought_up_first() -> None:
    engine = Stacks(stored(protect=True))
    with pytest.raises(Protected, match=r"of tier staging, and its stacks still protect(?s:.)*modelway up dev"):
        destroy(deployment(engine, "staging"), yes=True, progress=silent)
    assert engine.asked == []


def test_what_stays_is_listed() -> None:
    engine = Stacks(stored(retainOnDelete=True))
    kept = destroy(deployment(engine, "staging"), yes=True, progress=silent)
    assert engine.asked == ["destroy dev-models", "destroy dev"]
    assert [(one.what, one.identifier) for one in kept] == [
        ("bucket registry-models", "registry-models-id"),
        ("repository registry-tumor-screening", "registry-tumor-screening-id"),
        ("KMS key registry-key", "registry-key-id"),
    ]
    assert all("modelway adopt" in one.until for one in kept)


def test_keys_that_go_are_pending_for_a_while() -> None:
    engine = Stacks(stored())
    (kept,) = destroy(deployment(engine, "development"), yes=True, progress=silent)
    assert (kept.what, kept.until) == ("KMS key registry-key", "pending deletion for 7 days")


def test_a_model_that_went_without_being_retired_is_refused_before_anything_is_changed() -> None:
    engine = Stacks(stored(protect=True))
    with pytest.raises(Protected, match=r"no longer have tumor-screening(?s:.)*::registry-tumor-screening\n(?s:.)*presence: retired"):
        up(deployment(engine, "production", models=()), yes=True, progress=silent)
    assert engine.asked == []


def test_a_retired_model_may_go() -> None:
    engine = Stacks(stored())
    up(deployment(engine, "production", models=()), yes=True, progress=silent)
    assert engine.asked == ["up dev", "up dev-models"]


@pytest.mark.parametrize("tier", ["development", "staging"])
def test_where_nothing_is_protected_nothing_is_looked_at(tier: Literal["development", "staging"]) -> None:
    engine = Stacks(stored(protect=True))
    up(deployment(engine, tier, models=()), yes=True, progress=silent)
    assert engine.asked == ["up dev", "up dev-models"]
