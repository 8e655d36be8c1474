"""Whether what an environment says of a model was approved, as far as the ledger can prove it.

A registry of models may also say `rejected` (SageMaker does). No ledger of ours holds a refusal, so no card says that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from modelway.architecture import Environment, Model
from modelway.architecture.oversight import TierRequirements
from modelway.governance.approvals import Approved
from modelway.governance.subject import subject_of

State = Literal["draft", "pending", "approved", "not asked", "not known"]


@dataclass(frozen=True)
class Approval:
    """The state, and what it stands on."""

    state: State
    why: str
    subject_sha256: str
    """Of what was, or has to be, approved."""
    by: tuple[Approved, ...] = ()
    """Those that count."""


def approval_of(environment: Environment, model: Model, version: str, given: Sequence[Approved] | None) -> Approval:
    """The state of a version. `given` are the approvals of a ledger that count for exactly this model as it is described, and whose time is
    not over; None where no ledger was read."""
    subject = subject_of(environment, model)
    if model.traffic is None or version not in model.traffic.versions:
        return Approval("draft", f"it gets no requests in {environment.environment}, so nobody has to approve it yet", subject)
    if given is None:
        return Approval("not known", "no ledger was read", subject)
    asked = (environment.governance.tiers.get(model.risk_tier) or TierRequirements()).approvers
    may = {str(one).casefold() for one in (model.governance.approvers if model.governance is not None else ())}
    may.discard(str(model.owner).casefold())
    counted = tuple(one for one in given if one.who.casefold() in may)
    there = f"{len(counted)} of {asked} {'person' if asked == 1 else 'people'}"
    if not asked:
        if counted:
            return Approval("approved", f"by {_people(len(counted))}, though risk tier {model.risk_tier} asks for none", subject, counted)
        return Approval("not asked", f"{environment.environment} asks for no approval at risk tier {model.risk_tier}", subject)
    if len(counted) < asked:
        return Approval("pending", f"{there} whom {environment.environment} asks for approved exactly this description", subject, counted)
    return Approval("approved", f"by {_people(len(counted))}, {asked} asked for, for exactly this description", subject, counted)


def _people(number: int) -> str:
    return f"{number} {'person' if number == 1 else 'people'}"
