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
    PolicyResult,
    StackChanges,
    Verdict,
)

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
) -> Verdict:
    """What blocks decides first: no approval helps. Then what is not known, then what somebody has to approve."""
    blocks = [*_blocking(findings, policies, checks)]
    unknown = [*_unknown(stacks)]
    known = {finding.urn for finding in findings}
    unread = [change.name for change in changes if change.risk == "unknown" and change.urn not in known]
    approvals = [*_approvals(findings, policies, checks), *_unread(unread)]
    decision: Decision = "blocked" if blocks else "unknown" if unknown else "needs approval" if approvals else "ok"
    counted = Counter(change.risk for change in changes)
    return Verdict(decision, (*blocks, *unknown, *approvals), tuple((risk, counted[risk]) for risk in RISKS if counted[risk]))


def exit_code(changeset: ChangeSet, *, detailed: bool) -> int:
    """0 ok, 1 not known, 3 needs approval, 4 blocked; 5 when `detailed` and there is a change that may be merged."""
    code = EXIT_CODES[changeset.verdict.decision]
    return CHANGES if detailed and not code and changeset.changes else code


def blocked(finding: Finding) -> str:
    """What has to happen about a finding that blocks."""
    return f"Change what blocks: {finding.subject}: {finding.what}"


def _blocking(findings: Sequence[Finding], policies: Sequence[PolicyResult], checks: Sequence[DataCheck]) -> Iterator[str]:
    for finding in findings:
        if finding.blocks:
            yield blocked(finding)
    failed = [one for one in policies if one.outcome == "failed" and one.enforcement == "mandatory"]
    for (pack, rule), count in Counter((one.pack, one.rule) for one in failed).items():
        yield f"Obey {rule} of {pack}, which {count} resource{'s' * (count != 1)} break{'s' * (count == 1)}."
    for check in checks:
        if check.outcome == "failed":
            yield f"Mend what fails its contract: {check.subject}."


def _unknown(stacks: Sequence[StackChanges]) -> Iterator[str]:
    for stack in stacks:
        if stack.result == "failed":
            error = next((one.message.split("\n")[0] for one in stack.diagnostics if one.severity == "error"), "")
            yield f"Make the preview of {stack.stack or 'the stack'} succeed{f': {error}' if error else '.'}"
        elif stack.result == "unknown":
            yield f"Preview {stack.stack or 'the stack'} again: what was given does not show all of its changes."


def _approvals(findings: Sequence[Finding], policies: Sequence[PolicyResult], checks: Sequence[DataCheck]) -> Iterator[str]:
    asked = [finding for finding in findings if finding.approval and not finding.blocks]
    for risk in RISKS:
        subjects = list(dict.fromkeys(finding.subject for finding in asked if finding.risk == risk))
        if subjects:
            more = f" and {len(subjects) - _LISTED} more" if len(subjects) > _LISTED else ""
            yield f"Approve what is {_ADJECTIVES.get(risk, risk)}: {', '.join(subjects[:_LISTED])}{more}."
    for one in policies:
        if one.enforcement == "mandatory" and one.outcome in ("undecided", "broken"):
            what = "could not decide" if one.outcome == "undecided" else "failed itself"
            yield f"Look at what {one.rule} of {one.pack} would say: it {what}."
    for check in checks:
        if check.outcome == "undecided":
            yield f"Look at {check.subject}: its contract could not be held against it."


def _unread(names: Sequence[str]) -> Iterator[str]:
    if names:
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        yield f"Look at what could not be read, in the engine's own words: {', '.join(names[:_LISTED])}{more}."


_ADJECTIVES = {
    "traffic": "about traffic",
    "exposure": "about exposure",
    "blind": "making somebody blind",
    "unknown": "not known before the update",
    "review": "to be reviewed",
}
