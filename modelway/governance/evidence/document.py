"""The evidence as one document, the same for every format: what it is of, what it was found in, and each subcategory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelway.governance.evidence.facts import Facts, Found
from modelway.governance.evidence.judging import Checked, Evidence, counts
from modelway.governance.record import hashed

FRAMEWORK = "NIST AI RMF 1.0"
VERSION = 1
"""Of the form of the JSON."""
STRONG = {
    "field": "somebody has written it into a file; weak",
    "resource": "it was there when a state was read; strong",
    "verdict": "a rule, a gate or a person has judged it; strong",
    "drill": "it was done and timed; strong",
}
MEANS = {
    "enforced": "a named check refuses an update, or the description, that is without it",
    "evidenced": "there is proof, and nothing is refused without it",
    "pointer": "somebody has written where to look; the work is done by people",
}
RESULTS = {
    "met": "everything that is looked at is as it has to be",
    "met in part": "so is what is asked for; something else that is looked at is not asked for, and not there",
    "not met": "something is not; while an exception lets it through, that is said",
    "unknown": "something could not be looked at; never taken for good",
    "not asked": "neither the environment nor anything in it asks for it, and nothing was found",
}
NOTHING = "there is nothing here that it is about"
NOT_PROVEN = (
    "This shows what was found, and how strongly. It does not show that the organisation does what the framework asks for, that what"
    " people wrote is true, or that any law is kept."
)


@dataclass(frozen=True)
class Document:
    """Evidence of one environment on one day."""

    environment: str
    tier: str
    day: str
    resolved_sha256: str
    """Of the environment as its files say it together, in hex."""
    sources: tuple[tuple[str, str], ...]
    """What it was found in: what, and which."""
    missing: tuple[str, ...]
    """What was not looked at, and why."""
    counts: tuple[tuple[str, int], ...]
    evidence: tuple[Evidence, ...]


def document(facts: Facts, evidence: Sequence[Evidence], states: Mapping[str, str]) -> Document:
    """`states`: SHA-256 in hex of the file of each stack's state."""
    environment = facts.environment
    sources = [(f"state of {stack}", f"sha256:{digest}") for stack, digest in sorted(states.items())]
    missing = list(facts.unread)
    if facts.recorded is not None:
        last = facts.recorded.entries[-1] if facts.recorded.entries else None
        told = f"entry {last.sequence}, sha256:{last.hash}" if last is not None else "nothing up to that day"
        sources.append((f"ledger {facts.recorded.address}", told))
    sources += [(f"file {path}", f"sha256:{digest}") for path, digest in facts.files.items() if digest is not None]
    return Document(
        environment.environment,
        environment.tier,
        facts.day.isoformat(),
        hashed(environment.model_dump(mode="json")),
        tuple(sources),
        tuple(missing),
        tuple(counts(evidence).items()),
        tuple(evidence),
    )


def as_data(made: Document) -> dict[str, object]:
    """The document as JSON has it."""
    return {
        "version": VERSION,
        "framework": FRAMEWORK,
        "environment": made.environment,
        "tier": made.tier,
        "day": made.day,
        "resolved_sha256": made.resolved_sha256,
        "found_in": [{"what": what, "which": which} for what, which in made.sources],
        "not_looked_at": list(made.missing),
        "not_proven": NOT_PROVEN,
        "counts": dict(made.counts),
        "subcategories": [_subcategory(one) for one in made.evidence],
    }


def _subcategory(one: Evidence) -> dict[str, object]:
    row = one.row
    if row.link is None:
        return {"id": row.id, "gist": row.gist, "result": None, "reason": row.control, "neighbours": list(row.neighbours)}
    return {
        "id": row.id,
        "gist": row.gist,
        "control": row.control,
        "result": one.outcome,
        "excepted": one.let_through,
        "in_part": one.told == "met in part",
        "strength": one.strength,
        "link": one.link,
        "link_at_most": row.link,
        "checks": [_check(checked) for checked in one.checked],
        "neighbours": list(row.neighbours),
    }


def _check(checked: Checked) -> dict[str, object]:
    return {
        "check": checked.check,
        "result": checked.outcome,
        "strength": checked.strength,
        "held_by": checked.held_by or None,
        "found": [_found(one) for one in checked.found],
    }


def _found(one: Found) -> dict[str, object]:
    return {
        "result": one.outcome,
        "says": one.says,
        "strength": one.strength,
        "held_by": one.held_by or None,
        "excepted": one.excepted or None,
        "proofs": [{"kind": proof.kind, "at": proof.at} for proof in one.proofs],
    }
