"""What an environment asks of models for the harm that they can do."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from modelway.architecture.base import Breach, Section, each, repeated
from modelway.architecture.monitoring import RiskTier

Requirement = Literal[
    "model_card",
    "intended_use",
    "prohibited_use",
    "affected_groups",
    "data_provenance",
    "incident_contact",
    "drift",
    "parity",
    "contract_metrics",
]
"""What a model's file, or the contract of its version, has to say."""

LOWEST_FIRST: tuple[RiskTier, ...] = ("low", "medium", "high")


class TierRequirements(Section):
    """What is asked of models of one risk tier."""

    EXAMPLES = MappingProxyType({"approvers": 2, "review_days": 180, "requires": ["model_card", "intended_use", "drift"]})

    approvers: int = Field(default=0, ge=0, le=10)
    """People who have to approve a change of what is live."""
    review_days: int | None = Field(default=None, ge=1, le=1095)
    """Days until a model is to be looked at anew; for ever when absent."""
    requires: tuple[Requirement, ...] = ()
    """What the model has to say of itself."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([repeated(self, "requires")])


class Oversight(Section):
    """What is asked of models, by risk tier."""

    tiers: dict[RiskTier, TierRequirements] = Field(default_factory=dict)
    """By risk tier: low, medium, high. Nothing is asked of a tier that is not named."""

    def breaches(self) -> Iterator[Breach]:
        yield from each(self._order_breaches(rule) for rule in (_approvers, _requires, _review_days))

    def _order_breaches(self, rule: Callable[..., Iterator[Breach]]) -> Iterator[Breach]:
        tiers = [tier for tier in LOWEST_FIRST if tier in self.tiers]
        yield from each(rule(lower, self.tiers[lower], higher, self.tiers[higher]) for lower, higher in pairwise(tiers))


def _approvers(lower: RiskTier, less: TierRequirements, higher: RiskTier, asked: TierRequirements) -> Iterator[Breach]:
    if asked.approvers < less.approvers:
        yield Breach(
            ("tiers", higher, "approvers"),
            f"no fewer than for {lower}, which are {less.approvers}",
            f"Write {less.approvers} or more.",
            (("tiers", lower, "approvers"),),
        )


def _requires(lower: RiskTier, less: TierRequirements, higher: RiskTier, asked: TierRequirements) -> Iterator[Breach]:
    missing = [requirement for requirement in less.requires if requirement not in asked.requires]
    if missing:
        yield Breach(
            ("tiers", higher, "requires"),
            f"everything that {lower} requires; missing: {', '.join(missing)}",
            "Add them.",
            (("tiers", lower, "requires"),),
        )


def _review_days(lower: RiskTier, less: TierRequirements, higher: RiskTier, asked: TierRequirements) -> Iterator[Breach]:
    if less.review_days is not None and (asked.review_days is None or asked.review_days > less.review_days):
        yield Breach(
            ("tiers", higher, "review_days"),
            f"no more days than for {lower}, which are {less.review_days}",
            f"Write {less.review_days} or less.",
            (("tiers", lower, "review_days"),),
        )
