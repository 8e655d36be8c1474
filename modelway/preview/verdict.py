"""Whether a change may be merged, and what has to happen first."""

from collections import Counter
from collections.abc import Iterator, Sequence

from modelway.preview.changeset import (
    RISKS,
    Change,
    ChangeSet,
    DataCheck,
    Decision,
    Finding,
    Gap,
    PolicyResult,
    Risk,
    StackChanges,
    Verdict,
)
from modelway.preview.failures import forbidden

EXIT_CODES: dict[Decision, int] = {"ok": 0, "needs approval": 3, "blocked": 4, "unknown": 1}
CHANGES = 5
"""Exit code of a change that may be merged, when it is asked for."""
_LISTED = 3
"""Things that one sentence names."""


def decide(
    stacks: Sequence[StackChanges],
    findings: Sequence[Finding],
    policies: Sequence[PolicyResult],
    checks: Sequence[DataCheck],
    changes: Sequence[Change],
    gaps: Sequence[Gap],
) -> Verdict:
    """What blocks decides first: no approval helps. Then what is not known, then what somebody has to approve."""
    blocks = [*_blocking(findings, policies, checks)]
    unknown = [*_unknown(stacks, policies)]
    approvals = [*_approvals(findings, policies, checks), *_looks(gaps)]
    decision: Decision = "blocked" if blocks else "unknown" if unknown else "needs approval" if approvals else "ok"
    counted = Counter(change.risk for change in changes)
    return Verdict(decision, (*blocks, *unknown, *approvals), tuple((risk, counted[risk]) for risk in RISKS if counted[risk]))


def exit_code(changeset: ChangeSet, *, detailed: bool) -> int:
    """0 ok, 1 not known, 3 needs approval, 4 blocked; 5 when `detailed` and there is a change that may be merged."""
    code = EXIT_CODES[changeset.verdict.decision]
    return CHANGES if detailed and not code and changeset.changes else code


def blocked(finding: Finding) -> str:
    """What has to happen about a finding that blocks."""
    return f"Change what blocks merging, {finding.subject}: {finding.what}"


def _blocking(findings: Sequence[Finding], policies: Sequence[PolicyResult], checks: Sequence[DataCheck]) -> Iterator[str]:
    for finding in findings:
        if finding.blocks:
            yield blocked(finding)
    failed = [one for one in policies if one.outcome == "failed" and one.enforcement == "mandatory"]
    for (pack, rule), count in Counter((one.pack, one.rule) for one in failed).items():
        yield f"Change what policy {rule} of {pack} forbids: {count} resource{'s' * (count != 1)}."
    for check in checks:
        if check.outcome == "failed":
            yield f"Change what fails its contract: {check.subject}."


def _unknown(stacks: Sequence[StackChanges], policies: Sequence[PolicyResult]) -> Iterator[str]:
    for stack in stacks:
        name = f"stack {stack.stack}" if stack.stack else "the stack"
        if stack.result == "failed" and not forbidden(stack, policies):
            # Why it failed is told with the stack.
            yield f"Make the preview of {name} succeed."
        elif not stack.previewed:
            yield f"Preview {name}: no preview of it was given."
        elif stack.result == "unknown":
            yield f"Preview {name} again: what was given does not show all of its changes."


def _approvals(findings: Sequence[Finding], policies: Sequence[PolicyResult], checks: Sequence[DataCheck]) -> Iterator[str]:
    asked = [finding for finding in findings if finding.approval and not finding.blocks]
    for risk in RISKS:
        subjects = list(dict.fromkeys(finding.subject for finding in asked if finding.risk == risk))
        if subjects:
            more = f" and {len(subjects) - _LISTED} more" if len(subjects) > _LISTED else ""
            yield f"Approve what {_DOES[risk]} ({risk}): {', '.join(subjects[:_LISTED])}{more}."
    for one in policies:
        if one.enforcement == "mandatory" and one.outcome in ("undecided", "broken"):
            what = "could not decide" if one.outcome == "undecided" else "failed itself, so it has not looked"
            yield f"Look at what {one.rule} of {one.pack} is about: it {what}."
    for check in checks:
        if check.outcome == "undecided":
            yield f"Look at {check.subject}: its contract could not be held against it."


def _looks(gaps: Sequence[Gap]) -> Iterator[str]:
    asked = [gap.what.rstrip(".") for gap in gaps if gap.look]
    if asked:
        more = f"; and {len(asked) - _LISTED} more" if len(asked) > _LISTED else ""
        yield f"Look at what could not be analysed: {'; '.join(asked[:_LISTED])}{more}."


_DOES: dict[Risk, str] = {
    "irreversible": "cannot be undone",
    "disruptive": "stops something for a while",
    "traffic": "sends requests elsewhere",
    "exposure": "lets more people in",
    "blind": "leaves somebody untold",
    "unknown": "is not known before the update",
    "review": "is to be reviewed",
    "safe": "is safe",
}
