"""What an environment asks of models for the harm that they can do, and what it leaves out for a while."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from modelway.architecture.base import Breach, Line, Owner, Section, Shaped, each, of_each, repeated
from modelway.architecture.governance import Date
from modelway.architecture.layout import stacks
from modelway.architecture.monitoring import RiskTier
from modelway.architecture.quantities import Duration

if TYPE_CHECKING:
    from modelway.architecture.environment import Environment

RuleId = Annotated[
    str,
    Shaped(
        r"[a-z][a-z0-9]*(-[a-z0-9]+)*",
        "the id of one rule, in small letters; no pattern: an exception is from one rule",
        "Write it like public-exposure; `modelway policy explain CODE` shows the id.",
        80,
    ),
]
Excepted = Annotated[
    str,
    Shaped(
        r"urn:pulumi:[A-Za-z0-9_.-]+::[A-Za-z0-9_.-]+::[A-Za-z0-9_.:/$-]+::[^*?\s]+|[a-z_]+(\.[A-Za-z0-9_-]+|\[[0-9]+\])*",
        "the URN of one resource, or the path of one part of the environment; no pattern: an exception is for one thing",
        "Write it like clusters.main, or copy the URN that `modelway policy check` shows.",
        1000,
    ),
]

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
    "evaluation",
    "training_data",
    "parity_evidence",
    "roles",
    "human_oversight",
    "legal_basis",
    "decommission",
]
"""What a model's file, or the contract of its version, has to say. Of versions that get requests: `evaluation` and `training_data`, their
fields; `parity_evidence`, a gap in the evaluation for what `drift.parity` compares."""

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
    proof: bool = False
    """Whether a version that gets requests has to have answered, with the same digests, in the environment that versions come from; the
    ledger has to tell of it."""
    soak: Duration | None = None
    """How long it has to have answered there."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([repeated(self, "requires"), self._soak_breaches()])

    def _soak_breaches(self) -> Iterator[Breach]:
        if self.soak is not None and not self.proof:
            rule = "how long a version answered is asked only with `proof: true`"
            yield Breach(("soak",), rule, "Add it, or remove soak.", (("proof",),))


class Ledger(Section):
    """Where releases, approvals and what was stopped are recorded."""

    EXAMPLES = MappingProxyType({"address": "s3://acme-ledger/prod/", "keys": "stacks/release-keys.json"})

    address: Annotated[
        str,
        Shaped(
            r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.*'()=-]+)*/?|(?!.*//)(?!(.*/)?\.\.?/)[A-Za-z0-9_.-][A-Za-z0-9_./-]*",
            "s3://BUCKET/PREFIX/, or a folder as a path from the root of the repository",
            "Write it like s3://acme-ledger/prod/.",
            400,
        ),
    ]
    """Bucket and prefix; or a folder, from the root of the repository that holds the environments."""
    keys: Annotated[
        str,
        Shaped(
            r"(?!.*//)(?!(.*/)?\.\.?/)[A-Za-z0-9_-][A-Za-z0-9_./-]*\.json",
            "the path of a JSON file, from the root of the repository that holds the environments",
            "Write it like stacks/release-keys.json.",
            400,
        ),
    ]
    """File of public keys that may sign, from the root of that repository."""


class Freeze(Section):
    """Days in which no release changes what is live."""

    EXAMPLES = MappingProxyType({"from": "2026-12-20", "until": "2027-01-03", "reason": "Nobody is there then.", "tiers": ["high"]})

    from_: Date = Field(alias="from")
    """First day, from its beginning in UTC."""
    until: Date
    """Last day, to its end in UTC."""
    reason: Line
    """Why."""
    tiers: tuple[RiskTier, ...] = ()
    """Risk tiers whose models are frozen; all when absent."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._backwards(), repeated(self, "tiers")])

    def _backwards(self) -> Iterator[Breach]:
        if self.until.day < self.from_.day:
            yield Breach(("until",), f"no earlier than from, which is {self.from_}", "Write a later day.", (("from",),))


class RuleException(Section):
    """Something that one rule of the catalogue would refuse about one thing, and that is allowed for a while."""

    EXAMPLES = MappingProxyType({"rule": "public-exposure", "resource": "clusters.main", "reason": "The runners move in January."})

    rule: RuleId
    """Id of the rule, as docs/rules.md has it."""
    resource: Excepted
    """URN of the resource; of a rule about descriptions the path in the environment, such as clusters.main."""
    reason: Line
    """Why."""
    approved_by: Owner
    """Who has allowed it; another than the environment's owner."""
    expires: Date
    """Last day of it."""


class Oversight(Section):
    """What is asked of models, by risk tier, and what of it and of the rules is left out for a while."""

    tiers: dict[RiskTier, TierRequirements] = Field(default_factory=dict)
    """By risk tier: low, medium, high. Nothing is asked of a tier that is not named."""
    exceptions: tuple[RuleException, ...] = Field(default=(), max_length=200)
    """What rules refuse, and is allowed for a while."""
    ledger: Ledger | None = None
    """Where releases and approvals are recorded; without it nothing can prove them."""
    freezes: tuple[Freeze, ...] = Field(default=(), max_length=50)
    """Days in which no release changes what is live."""

    def breaches(self) -> Iterator[Breach]:
        yield from each(self._order_breaches(rule) for rule in (_approvers, _requires, _review_days, _proof))
        yield from each([of_each(self, "exceptions", self._again_breaches)])

    def _again_breaches(self, number: int, exception: RuleException) -> Iterator[Breach]:
        if any((exception.rule, exception.resource) == (other.rule, other.resource) for other in self.exceptions[:number]):
            yield Breach(("exceptions", number), "one exception from a rule for each thing", "Remove one of the two.")

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


def _proof(lower: RiskTier, less: TierRequirements, higher: RiskTier, asked: TierRequirements) -> Iterator[Breach]:
    if less.proof and not asked.proof:
        rule = f"asked for {lower}, so for {higher} too"
        yield Breach(("tiers", higher, "proof"), rule, "Write `proof: true`.", (("tiers", lower, "proof"),))
    elif less.soak is not None and (asked.soak is None or asked.soak.seconds < less.soak.seconds):
        rule = f"no less than for {lower}, which is {less.soak}"
        yield Breach(("tiers", higher, "soak"), rule, f"Write {less.soak} or more.", (("tiers", lower, "soak"),))


def oversight_breaches(environment: "Environment") -> Iterator[Breach]:
    """What is wrong with what this environment asks, and with its exceptions."""
    rules = (_approver, _elsewhere)
    tiers = environment.governance.tiers.items()
    asked = (rule(environment, tier, one) for tier, one in tiers for rule in (_proven_somewhere, _told_somewhere))
    yield from each([*(of_each(environment.governance, "exceptions", partial(rule, environment)) for rule in rules), *asked])


def _proven_somewhere(environment: "Environment", tier: RiskTier, asked: TierRequirements) -> Iterator[Breach]:
    if asked.proof and environment.promotion is None:
        yield Breach(
            ("governance", "tiers", tier, "proof"),
            "no environment is named that versions come from, so nothing can be proven there",
            "Add `promotion: {from: ENVIRONMENT}`, or remove proof.",
            judged_by=(("promotion",),),
        )


def _told_somewhere(environment: "Environment", tier: RiskTier, asked: TierRequirements) -> Iterator[Breach]:
    if asked.proof and environment.governance.ledger is None:
        yield Breach(
            ("governance", "tiers", tier, "proof"),
            "no ledger is named that could tell of it",
            "Add `ledger: {address: …, keys: …}` to governance, or remove proof.",
            judged_by=(("governance", "ledger"),),
        )


def _approver(environment: "Environment", number: int, exception: RuleException) -> Iterator[Breach]:
    if exception.approved_by == environment.owner:
        yield Breach(
            ("governance", "exceptions", number, "approved_by"),
            "another than the environment's owner, whose change it may be",
            "Name somebody else.",
            judged_by=(("owner",),),
        )


def _elsewhere(environment: "Environment", number: int, exception: RuleException) -> Iterator[Breach]:
    stack = exception.resource.removeprefix("urn:pulumi:").partition("::")[0]
    there = stacks(environment)
    if exception.resource.startswith("urn:pulumi:") and stack not in there:
        yield Breach(
            ("governance", "exceptions", number, "resource"),
            f"a resource of one of the environment's own stacks: {', '.join(there)}",
            "Write the URN of the resource in this environment; an exception in another holds there alone.",
            judged_by=(("layout",), ("models",), ("environment",)),
        )
