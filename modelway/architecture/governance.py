"""What a model says of itself to those who have to answer for it."""

import re
from collections.abc import Iterator
from datetime import date
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from modelway.architecture.accountability import Decommission, HumanOversight, Roles, ThirdParty, Unmeasured
from modelway.architecture.base import Breach, Line, Name, Owner, Section, Shaped, each, misshapen, of_each, repeated
from modelway.architecture.quantities import Written

Waivable = Literal[
    "model_card",
    "intended_use",
    "prohibited_use",
    "affected_groups",
    "data_provenance",
    "incident_contact",
    "drift",
    "contract_metrics",
    "data",
    "prediction",
    "concept",
    "parity",
    "window",
    "approvers",
    "review",
    "evaluation",
    "training_data",
    "parity_evidence",
    "roles",
    "human_oversight",
    "legal_basis",
    "decommission",
    "proof",
]
"""What an environment asks of models, and may be without for a while."""

CARD_PATH = re.compile(r"(?!.*//)(?!(.*/)?\.\.?/)[A-Za-z0-9_-][A-Za-z0-9_./-]*\.md", re.ASCII)

CardReference = Annotated[
    str,
    Shaped(
        r"(https://[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[0-9]{1,5})?(/[A-Za-z0-9._~%/-]*)?"
        rf"|{CARD_PATH.pattern})",
        "the path of a Markdown file, from the root of the repository that holds the environments, or an https address",
        "Write it like docs/cards/credit-risk.md.",
        400,
    ),
]


class Date(Written):
    """A day."""

    SHAPE = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    RULE = "a day that there is, as year, month and day"
    WAY_OUT = "Write it like 2027-03-31."
    __slots__ = ()

    def __init__(self, text: str) -> None:
        super().__init__(text)
        try:
            date.fromisoformat(text)
        except ValueError:
            raise misshapen(self.RULE, self.WAY_OUT) from None

    @property
    def day(self) -> date:
        return date.fromisoformat(self.text)


class Dataset(Section):
    """Data that the model learned from."""

    EXAMPLES = MappingProxyType({"name": "Loans of 2024", "source": "warehouse.loans", "license": "CC-BY-4.0"})

    name: Line
    """What they are called."""
    source: Line
    """Where they are, or come from: an address, a table, a vendor."""
    until: Date | None = None
    """Last day that they tell of."""
    license: Line | None = None
    """What allows their use."""


class Waiver(Section):
    """Something that the environment asks for and the model does without, for a while."""

    EXAMPLES = MappingProxyType({"reason": "The card is being written."})

    rule: Waivable
    """What it does without."""
    reason: Line
    """Why."""
    owner: Owner
    """Who answers for that."""
    expires: Date
    """Last day of it."""


class Governance(Section):
    """What a model says of itself to those who have to answer for it."""

    EXAMPLES = MappingProxyType(
        {
            "intended_use": "Puts loans in the order in which people look at them.",
            "prohibited_use": "Refuses a loan without a person.",
            "affected_groups": ["people who apply for a loan"],
            "approvers": ["risk-office@example.com"],
            "incident_contact": "risk-on-call@example.com",
            "system": "credit-decisions",
            "legal_basis": ["EU AI Act, Annex III 5(b)"],
            "limits": ["Says nothing of people who never had a loan."],
            "runbook": "docs/runbooks/credit-risk.md",
            "feedback": "https://example.com/decisions/appeal",
        }
    )

    intended_use: Line | None = None
    """What it is made for."""
    prohibited_use: Line | None = None
    """What it may not be used for."""
    affected_groups: tuple[Line, ...] = Field(default=(), max_length=50)
    """People whom its answers touch."""
    model_card: CardReference | None = None
    """Its model card: a Markdown file in the repository, which has to be there, or an address."""
    approvers: tuple[Owner, ...] = Field(default=(), max_length=20)
    """People of whom as many as the environment asks for approve a change of what is live."""
    reviewed: Date | None = None
    """Day on which it was looked at last."""
    review_by: Date | None = None
    """Day by which it has to be looked at again."""
    data_provenance: tuple[Dataset, ...] = Field(default=(), max_length=100)
    """Data that it learned from."""
    incident_contact: Owner | None = None
    """Who is called when it does harm."""
    runbook: CardReference | None = None
    """What they do then: a Markdown file in the repository, or an address."""
    system: Name | None = None
    """System that it is a part of, in the organisation's inventory; the model's own name when absent. A tag on everything of it."""
    legal_basis: tuple[Line, ...] = Field(default=(), max_length=20)
    """Laws and duties that its use falls under."""
    limits: tuple[Line, ...] = Field(default=(), max_length=50)
    """What it is not good at, and was not made for."""
    feedback: Line | None = None
    """Where people whom it touches can object: an address, or who takes it."""
    roles: Roles | None = None
    """People who answer for it besides its owner."""
    human_oversight: HumanOversight | None = None
    """How people stand over it, and what happens when they stop it."""
    decommission: Decommission | None = None
    """What becomes of it in the end."""
    third_party: tuple[ThirdParty, ...] = Field(default=(), max_length=100)
    """What of others it stands on."""
    unmeasured: tuple[Unmeasured, ...] = Field(default=(), max_length=50)
    """Risks that nothing measures."""
    exceptions: tuple[Waiver, ...] = Field(default=(), max_length=20)
    """What it does without for a while."""

    def breaches(self) -> Iterator[Breach]:
        once = (repeated(self, field) for field in ("affected_groups", "approvers", "legal_basis"))
        yield from each([*once, self._review_breaches()])
        yield from each(of_each(self, "exceptions", rule) for rule in (self._exception_breaches, self._repeated_breaches))

    def _review_breaches(self) -> Iterator[Breach]:
        if self.reviewed is not None and self.review_by is not None and self.review_by.day <= self.reviewed.day:
            yield Breach(("review_by",), f"after reviewed, which is {self.reviewed}", "Write a later day.", (("reviewed",),))

    def _exception_breaches(self, number: int, waiver: Waiver) -> Iterator[Breach]:
        if self.review_by is not None and waiver.expires.day > self.review_by.day:
            yield Breach(
                ("exceptions", number, "expires"),
                f"no later than review_by, which is {self.review_by}: the review decides about it anew",
                f"Write {self.review_by} or before.",
                (("review_by",),),
            )

    def _repeated_breaches(self, number: int, waiver: Waiver) -> Iterator[Breach]:
        if any(waiver.rule == other.rule for other in self.exceptions[:number]):
            yield Breach(("exceptions", number, "rule"), "one exception for each rule", "Remove one of the two.")

    def waives(self, rule: Waivable) -> bool:
        """Whether the model does without that. Whether the day is past is for those to look at who have a clock."""
        return any(waiver.rule == rule for waiver in self.exceptions)
