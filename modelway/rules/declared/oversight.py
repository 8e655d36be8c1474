"""What is written down about exceptions and reviews, and whether its day has gone by."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

from modelway.rules.configured import ConfigurationRule
from modelway.rules.verdicts import Evidence, Failed, NotApplicable, Passed, Verdict

if TYPE_CHECKING:
    from modelway.architecture import Environment, Model

_LONGEST = 366
"""Days that an exception may still last: a year later nobody remembers why."""


def _exceptions(environment: "Environment", today: date) -> Mapping[str, Verdict]:
    found: dict[str, Verdict] = {}
    for number, exception in enumerate(environment.governance.exceptions):
        path = f"governance.exceptions[{number}]"
        evidence = (*_unknown_rule(path, exception.rule), *_day(path, exception.expires.day, today))
        found[path] = Failed(evidence) if evidence else Passed()
    for name, model in environment.models.items():
        for number, waiver in enumerate(model.governance.exceptions if model.governance is not None else ()):
            path = f"models.{name}.governance.exceptions[{number}]"
            evidence = tuple(_day(path, waiver.expires.day, today))
            found[path] = Failed(evidence) if evidence else Passed()
    return found


def _unknown_rule(path: str, rule: str) -> Iterator[Evidence]:
    # Here and not above: the catalogue is made of this rule too.
    from modelway.rules.catalogue import IDS

    if rule == EXCEPTIONS.id:
        yield Evidence(f"{path}.rule", f"{rule}, which is this rule", EXCEPTIONS.says, "Put the other exceptions right.")
    elif rule not in IDS:
        way_out = "Write the id of a rule; `modelway policy explain CODE` shows it."
        yield Evidence(f"{path}.rule", rule, EXCEPTIONS.says, way_out)


def _day(path: str, expires: date, today: date) -> Iterator[Evidence]:
    if expires < today:
        yield Evidence(
            f"{path}.expires",
            f"{expires}, which has gone by",
            EXCEPTIONS.says,
            "Remove it, and do as the rule says; or have it approved anew.",
        )
    elif (expires - today).days > _LONGEST:
        yield Evidence(f"{path}.expires", f"{expires}, more than a year from now", EXCEPTIONS.says, "Write an earlier day.")


def _reviews(environment: "Environment", today: date) -> Mapping[str, Verdict]:
    return {
        f"models.{name}": Failed(evidence) if (evidence := tuple(_overdue(name, model, today))) else Passed()
        for name, model in environment.models.items()
        if model.serving is not None and _is_reviewed(environment, model)
    }


def _is_reviewed(environment: "Environment", model: "Model") -> bool:
    if model.governance is not None and (model.governance.waives("review") or model.governance.review_by is not None):
        return True
    asked = environment.governance.tiers.get(model.risk_tier)
    return asked is not None and asked.review_days is not None


def _overdue(name: str, model: "Model", today: date) -> Iterator[Evidence]:
    said = model.governance
    path = f"models.{name}.governance"
    if said is None or said.review_by is None:
        # That the day is missing where it is asked for is refused before; it may be excepted.
        return
    if said.review_by.day < today and not said.waives("review"):
        yield Evidence(
            f"{path}.review_by", f"{said.review_by}, which has gone by", REVIEWS.says, "Look at the model anew, and write both days."
        )
    if said.reviewed is not None and said.reviewed.day > today:
        yield Evidence(
            f"{path}.reviewed", f"{said.reviewed}, which is still to come", REVIEWS.says, "Write the day on which it was looked at."
        )


def _ledger(environment: "Environment", _: date) -> Mapping[str, Verdict]:
    asked = [
        f"{what} of risk tier {tier}"
        for tier, wanted in environment.governance.tiers.items()
        for what in ("approvers",) * bool(wanted.approvers) + ("proof",) * wanted.proof
    ]
    if not asked:
        return {}
    if environment.tier == "development":
        return {"governance.ledger": NotApplicable()}
    if environment.governance.ledger is not None:
        return {"governance.ledger": Passed()}
    way_out = "Add `ledger: {address: s3://BUCKET/PREFIX/, keys: FILE.json}` to governance."
    return {
        "governance.ledger": Failed((Evidence("governance.ledger", f"not set, and asked are {', '.join(asked)}", LEDGER.says, way_out),))
    }


EXCEPTIONS = ConfigurationRule(
    id="declared-exceptions",
    says="an exception is from a rule that there is, not from this one, is in force, and ends within a year",
    why="What was allowed for a while stays for ever when nobody is told that its time is over.",
    severity="high",
    sources=("GOV-04", "NIST CA-7"),
    judge=_exceptions,
    exceptable=False,
)
REVIEWS = ConfigurationRule(
    id="declared-review",
    says="a model that serves is looked at anew by the day that its file says",
    why="What was right about a model a year ago may be wrong today, and nobody has looked.",
    severity="high",
    sources=("GOV-05", "NIST AI RMF GOVERN 1.5", "NIST AI RMF MEASURE 2.9"),
    judge=_reviews,
)
LEDGER = ConfigurationRule(
    id="declared-ledger",
    says="where approvals or proof are asked for in staging and production, a ledger is named that tells of them",
    why="What is asked for and cannot be shown is a wish: nobody knows later whether anybody approved.",
    severity="high",
    sources=("GOV-07", "NIST AI RMF MANAGE 1.1", "NIST AI RMF MEASURE 1.3", "NIST CM-3", "NIST AU-10"),
    judge=_ledger,
)
RULES: tuple[ConfigurationRule, ...] = (EXCEPTIONS, REVIEWS, LEDGER)
