"""What a tier does for what is stored."""

import itertools

import pytest

from modelway.architecture.protection import Tier, protection

TIERS: tuple[Tier, ...] = ("development", "staging", "production")


def test_a_higher_tier_never_guards_less() -> None:
    by_tier = [protection(tier) for tier in TIERS]
    for lower, higher in itertools.pairwise(by_tier):
        assert higher.protect >= lower.protect
        assert higher.retain >= lower.retain
        assert higher.force_destroy <= lower.force_destroy
        assert higher.deletion_window_days >= lower.deletion_window_days
        assert higher.backup_days >= lower.backup_days
        assert higher.last_snapshot >= lower.last_snapshot


def test_production_alone_is_protected_and_development_alone_is_thrown_away() -> None:
    assert [tier for tier in TIERS if protection(tier).protect] == ["production"]
    assert [tier for tier in TIERS if protection(tier).force_destroy] == ["development"]


@pytest.mark.parametrize("tier", TIERS)
def test_what_stays_is_never_emptied_and_what_is_protected_stays(tier: Tier) -> None:
    guarded = protection(tier)
    assert not (guarded.retain and guarded.force_destroy)
    assert guarded.retain or not guarded.protect
    assert 7 <= guarded.deletion_window_days <= 30
    assert 1 <= guarded.backup_days <= 35
