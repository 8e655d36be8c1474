"""What an environment says and nothing makes yet is told before anything is made."""

from pathlib import Path

import pulumi
import pytest

from modelway.architecture import effect, load
from stacks.effects import tell_of_what_has_no_effect
from tests.architecture.test_cases import lay_out
from tests.support.engine import run

ENVIRONMENTS = Path(__file__).resolve().parents[2] / "stacks" / "environments"


def test_what_would_be_missed_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"budget": "harmless", "network.flow_logs": "refused", "clusters.*.node_pools.*.capacity": "refused"}
    monkeypatch.setattr(effect, "NOT_YET", table)
    with pytest.raises(pulumi.RunError) as refusal:
        tell_of_what_has_no_effect(load(ENVIRONMENTS, "prod"))
    said = str(refusal.value)
    assert said.startswith("environment prod asks for what nothing makes yet")
    assert "\n  network.flow_logs\n" in said
    assert "clusters.main.node_pools.batch.capacity" in said
    assert "budget" not in said


def test_what_is_only_not_done_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    table = {"promotion": "harmless", "governance.tiers": "harmless", "models.*.governance.approvers": "harmless"}
    monkeypatch.setattr(effect, "NOT_YET", table)
    monkeypatch.setattr(pulumi.log, "warn", warnings.append)
    run(lambda: tell_of_what_has_no_effect(load(ENVIRONMENTS, "staging")), stack="staging")
    fields = "promotion, governance.tiers, models.tumor-screening.governance.approvers"
    assert warnings == [f"Environment staging says what nothing puts into effect yet: {fields}."]


@pytest.mark.parametrize("name", ["dev", "local"])
def test_nothing_is_told_of_what_is_in_effect(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi.log, "warn", pytest.fail)
    tell_of_what_has_no_effect(load(ENVIRONMENTS, name))


def test_drift_that_nobody_looks_for_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", warnings.append)
    described = load(lay_out("drift/whole.happy", tmp_path), "dev")
    run(lambda: tell_of_what_has_no_effect(described), stack="dev")
    told = "In environment dev nobody looks for drift: models.credit-risk.drift. Name monitoring.drift.image."
    assert warnings == [told]
