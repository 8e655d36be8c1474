"""Approvals out of reviews, model by model; and what `modelway approve --list` tells."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from modelway.cli._approving import Here, at

if TYPE_CHECKING:
    from modelway.architecture import Environment, Model
    from modelway.governance.approvals import Approved
    from modelway.governance.approving import Subject
    from modelway.governance.ledger import Entry, Key
    from modelway.operations.forges import Place, Reviewed


@dataclass(frozen=True)
class Told:
    """What the reviews of one pull request say of one model."""

    approvals: "list[Approved]"
    """To be written down; what was taken back among them."""
    lines: list[str]
    """For people: what counts, and why the rest does not."""


def of_any(place: "Place") -> "Place":
    """Without the pull request that CI runs for: another is looked for."""
    return replace(place, number=0)


def approvals(
    place: Here,
    models: "Sequence[Model]",
    reviewed: "Reviewed",
    where: "Place",
    people: Mapping[str, str],
    entries: "Sequence[Entry]",
    keys: "Sequence[Key]",
    now: datetime,
) -> Iterator[Told]:
    """Of each model that the pull request changes and that the environment describes now as it was reviewed."""
    from modelway.governance.subject import subject_of
    from modelway.operations.reviews import brought

    base = brought(place.root, where, reviewed)
    name, then, before = place.environment.environment, at(place, reviewed.head), at(place, base)
    for model in models:
        was, is_ = _subject(before, model.model), _subject(then, model.model)
        if was == is_:
            yield Told([], [f"{reviewed.name} does not change what {name} says of {model.model}"])
        elif is_ != subject_of(place.environment, model):
            line = f"{name} says something else of {model.model} at {place.commit[:12]} than was reviewed in {reviewed.name}"
            yield Told([], [f"{line}: it changed since"])
        else:
            yield _of_model(place, model, reviewed, people, entries, keys, now)


def _of_model(
    place: Here,
    model: "Model",
    reviewed: "Reviewed",
    people: Mapping[str, str],
    entries: "Sequence[Entry]",
    keys: "Sequence[Key]",
    now: datetime,
) -> Told:
    from modelway.governance.approvals import approvals_for
    from modelway.governance.approving import may_not, refuse_unfit
    from modelway.governance.verifier import SLACK
    from modelway.operations.reviews import votes

    opener = people.get(reviewed.author.casefold(), "")
    subject = place.subject(model, entries, [*reviewed.addresses, *([opener] if opener else [])], reviewed.head)
    lines, given, told = list(described(subject)), [], set[str]()
    for vote in votes(reviewed, people, subject.authors):
        when = _moment(vote.when, now)
        reason = vote.refused or may_not(subject, vote.who)
        if reason is None and when > now + SLACK:
            reason = f"was given at {vote.when}, and this machine says {now.isoformat()}: set its clock"
        shown = f"{vote.login} ({vote.who})" if vote.who else vote.login or "somebody"
        lines.append(f"  {shown}: {reason or 'approves'}")
        if reason is None and vote.who.casefold() not in told:
            told.add(vote.who.casefold())
            refuse_unfit(reviewed.name, vote.url)
            given.append(subject.approved(vote.who, when, f"review {vote.url} of {reviewed.head}"))
    # What the same reviews said before, and do not say any more.
    for earlier in approvals_for(entries, subject.environment, model.model, subject.sha256, keys):
        if re.match(rf"review {re.escape(reviewed.url)}[# ]", earlier.proof) and earlier.who.casefold() not in told:
            lines.append(f"  {earlier.who}: took back what they approved")
            given.append(subject.approved(earlier.who, now, f"taken back in {reviewed.url}", now))
    return Told(given, lines)


def state(place: Here, model: "Model", entries: "Sequence[Entry]", keys: "Sequence[Key]", now: datetime) -> dict[str, Any]:
    """What there is to approve of a model, who has, and what does not count, as data."""
    from modelway.governance.approvals import approvals_for, judged
    from modelway.governance.approving import approvers, may_not

    subject = place.subject(model, entries)
    name, asked = place.environment.environment, place.environment.governance.tiers.get(model.risk_tier)
    counted = approvals_for(entries, name, model.model, subject.sha256, keys, now)
    others = []
    for one in judged(entries, keys):
        if (one.approved.environment, one.approved.model) == (name, model.model) and one.approved not in counted:
            reason = one.refused or _over(one.approved, subject.sha256, now)
            others.append({"entry": one.entry.sequence, "who": one.approved.who, "when": one.approved.when, "why": reason})
    return {
        "model": model.model,
        "risk_tier": model.risk_tier,
        "subject_sha256": subject.sha256,
        "commit": place.commit,
        "authors": list(subject.authors),
        "needed": asked.approvers if asked is not None else 0,
        "may": [who for who in approvers(model) if may_not(subject, who) is None],
        "approvals": [{"who": one.who, "when": one.when, "proof": one.proof, "expires": one.expires} for one in counted],
        "not_counted": others,
    }


def page(told: Mapping[str, Any]) -> Iterator[str]:
    """The same for people."""
    has, needed = len(told["approvals"]), told["needed"]
    yield f"{told['model']}, risk {told['risk_tier']}: {has} of {needed} approvals, sha256:{told['subject_sha256']}"
    yield f"  {'written by':<12} {', '.join(told['authors']) or 'nobody since its last release'}"
    yield f"  {'may approve':<12} {', '.join(told['may']) or 'nobody'}"
    for one in told["approvals"]:
        until = f", until {one['expires'][:19]}Z" if one["expires"] else ""
        yield f"  {'approved by':<12} {one['who']}, {one['when'][:19]}Z{until}: {one['proof']}"
    for one in told["not_counted"]:
        yield f"  {'not counted':<12} entry {one['entry']} by {one['who']}: {one['why']}"


def described(subject: "Subject") -> Iterator[str]:
    """What is approved, in two lines."""
    traffic, model = subject.model.traffic, subject.model
    shares = traffic.shares if traffic is not None else {}
    serves = ", ".join(f"{version} {percent}%" for version, percent in shares.items() if percent) or "nothing answers"
    yield f"{subject.environment}/{model.model} at {subject.commit[:12]}: {serves}; sha256:{subject.sha256}"
    yield f"  written by {', '.join(subject.authors) or 'nobody since its last release'}"


def _subject(environment: "Environment | None", model: str) -> str:
    from modelway.governance.subject import subject_of

    if environment is None or model not in environment.models:
        return ""
    return subject_of(environment, environment.models[model])


def _over(approved: "Approved", subject: str, now: datetime) -> str:
    if approved.withdrawn:
        return "takes an earlier one back"
    if approved.subject_sha256 != subject:
        return "of an earlier description"
    return f"was until {approved.expires}" if approved.over(now) else "they said something else later"


def _moment(text: str, now: datetime) -> datetime:
    """When a review was given; now where the forge does not write a time."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return now
