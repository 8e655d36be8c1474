"""How findings of rules are told: line by line, or as data."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from modelway.rules.catalogue import Tier
    from modelway.rules.judging import Finding

Word = Literal["PASS", "FAIL", "UNKNOWN", "ERROR"]


def word(finding: "Finding") -> Word:
    """The verdict, as people and other tools call it. What AWS would refuse, or read in another way than it was meant, is a failure."""
    from modelway.rules.verdicts import Failed, Passed, Undecided, Unreadable

    match finding.outcome:
        case Passed():
            return "PASS"
        case Failed() | Unreadable():
            return "FAIL"
        case Undecided():
            return "UNKNOWN"
    return "ERROR"


def said(finding: "Finding") -> list[str]:
    """What is said of it; no secret, and nothing that looks like one."""
    from modelway.redaction import masked
    from modelway.rules.judging import Broken
    from modelway.rules.verdicts import Failed, Undecided, Unreadable

    match finding.outcome:
        case Failed(evidence):
            return [masked(str(one)) for one in evidence]
        case Unreadable(faults):
            return [masked(one) for one in faults]
        case Undecided(paths):
            return [f"{', '.join(paths)}: not known yet"]
        case Broken(what):
            return [f"the rule itself failed with {what}: nothing was decided"]
    return []


def exit_code(findings: Sequence["Finding"], tier: "Tier | None", *, whole: bool) -> int:
    """0 all that binds passes; 1 something does not; 3 something is not known."""
    from modelway.rules.catalogue import level

    binding = [one for one in findings if level(one.rule, tier) == "mandatory" or word(one) == "ERROR"]
    if any(one.blocks for one in binding):
        return 1
    return 3 if not whole or any(one.undecided for one in binding) else 0


def lines(findings: Sequence["Finding"], tier: "Tier | None") -> Iterator[str]:
    """What does not pass, worst first, with what was excepted; then how often what passed."""
    from modelway.rules.catalogue import code_of, level

    shown = sorted((one for one in findings if word(one) != "PASS"), key=lambda one: (one.in_force, -_RANK[one.rule.severity], one.rule.id))
    for finding in shown:
        heading = word(finding) if not finding.in_force else "EXCEPTED"
        code = code_of(finding.rule)
        named = f"{code} {finding.rule.id}" if code else finding.rule.id
        yield f"{heading:<8}  {named}  {finding.rule.severity}, {level(finding.rule, tier)}"
        if finding.where:
            yield f"  {finding.where}"
        yield from (f"  {line}" for line in said(finding))
        if finding.granted is not None:
            yield f"  exception{'' if finding.in_force else ' that is over'}: {finding.granted}"
        yield ""
    counted = Counter("EXCEPTED" if one.in_force else word(one) for one in findings)
    told = ", ".join(f"{counted[kind]:,} {kind}" for kind in ("PASS", "FAIL", "UNKNOWN", "ERROR", "EXCEPTED") if counted[kind])
    yield told or "no rule is about any of it"


_RANK = {"low": 0, "medium": 1, "high": 2, "critical": 3}


def data(findings: Sequence["Finding"], tier: "Tier | None") -> list[dict[str, object]]:
    """The same for programs, passes included."""
    from modelway.rules.catalogue import code_of, level

    return [
        {
            "rule": one.rule.id,
            "code": code_of(one.rule) or None,
            "severity": one.rule.severity,
            "level": level(one.rule, tier),
            "where": one.where,
            "verdict": word(one),
            "said": said(one),
            "exception": None
            if one.granted is None
            else {
                "in_force": one.in_force,
                "reason": one.granted.reason,
                "approved_by": one.granted.approved_by,
                "expires": one.granted.expires.isoformat(),
            },
        }
        for one in findings
    ]
