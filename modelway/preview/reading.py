"""What the engine wrote of one preview: its digest, its event log, or both.

No one of them has everything (pkg/backend/display/json.go and events.go): the digest knows what depends on what, the event log what
policies say. A preview that failed lists what it came to, which says nothing of the rest.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from modelway.errors import WrongUsage
from modelway.preview.changeset import Diagnostic, Gap
from modelway.preview.digest import read as of_digest
from modelway.preview.event_log import read as of_log
from modelway.preview.event_log import same_inputs
from modelway.preview.files import UnusableFile
from modelway.preview.resources import stack_of
from modelway.preview.runs import disagreement
from modelway.preview.steps import Steps
from modelway.preview.told import Result, Told
from modelway.redaction import masked

MOST_SAID = 50
"""Diagnostics that are kept of a stack: errors first, then warnings."""


@dataclass(frozen=True)
class Preview:
    """What one run of the engine said."""

    stack: str
    """As the URNs say; empty where there are none."""
    project: str
    result: Result
    steps: Steps
    summary: Mapping[str, int]
    """Resources by operation, as the engine counts them."""
    diagnostics: tuple[Diagnostic, ...]
    policy_events: "PolicyEvents | None"
    """None without an event log."""
    outputs: tuple[str, ...]
    """Names of the stack's outputs that differ; from the event log alone."""
    gaps: tuple[Gap, ...]
    given: bool = True
    """Whether there is a digest or an event log of it."""


class PolicyEvents:
    """The events of an event log that policies wrote, each a mapping with one of `policyEvent`, `policyAnalyzeSummaryEvent`, …"""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = tuple(lines)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (msgspec.json.decode(line) for line in self._lines)

    def __len__(self) -> int:
        return len(self._lines)


def read(stack: str, digest: Path | None, events: Path | None, ended: Result = "unknown") -> Preview:
    """What the files say of `stack` (empty: of the one they name).

    Raises UnusableFile for files that say nothing, WrongUsage for those of another stack.
    """
    first = of_digest(stack, digest) if digest else None
    log = of_log(stack, events, with_steps=first is None or first.result == "unknown") if events else None
    gaps: list[Gap] = []
    apart = disagreement(first.run, log.run, partial(same_inputs, first.steps)) if first and log else ""
    if apart:
        # Which of the two is of this change, nobody can tell: nothing is made of both.
        what = f"Digest and event log are of different runs: {apart}. What is listed is the digest's."
        gaps.append(Gap(stack, what, "Give both of one run, or leave one out.", look=True))
        log = None
    elif first and log and first.result == "unknown" != log.result:
        what = "The digest is not whole. What is listed is the event log's, which does not say what depends on what."
        gaps.append(Gap(stack, what, "Run the preview again to have that too."))
        first = None
    elif first and log is None:
        what = "There is no event log: what policy packs advise is not known. What they forbid makes a preview fail."
        gaps.append(Gap(stack, what, "Write one with --event-log (docs/preview.md)."))
    elif log and first is None:
        gaps.append(Gap(stack, "There is no digest: what depends on what changes is not known.", "Write one with `pulumi preview --json`."))
    sources = [one for one in (first, log) if one]
    if not sources:
        gap = Gap(stack, "No preview was given: what would change is not known.", "Give --digest, --events or both.")
        return Preview(stack, "", ended, Steps(()), {}, (), None, (), (gap,), given=False)
    chief = sources[0]
    found, project = _names(chief.steps, digest or events, stack)
    gaps = [*(gap for one in sources for gap in one.gaps), *gaps]
    if any(one.corrupt for one in sources):
        what = "The engine says that its state may be damaged."
        gaps.append(Gap(stack, what, "Look at the stack with `pulumi stack export`.", look=True))
    result = _result(ended, sources)
    return Preview(
        stack or found,
        project,
        "unknown" if apart and result == "succeeded" else result,
        chief.steps,
        chief.summary or (log.summary if log else {}),
        _kept((log or chief).said or chief.said),
        PolicyEvents(log.policies) if log else None,
        log.outputs if log else (),
        tuple(dict.fromkeys(gap if gap.stack else msgspec.structs.replace(gap, stack=stack or found) for gap in gaps)),
    )


def _result(ended: Result, sources: list[Told]) -> Result:
    told = [ended, *(one.result for one in sources)] if ended != "unknown" else [one.result for one in sources]
    return "failed" if "failed" in told else "unknown" if "unknown" in told else "succeeded"


def _names(steps: Steps, file: Path | None, stack: str) -> tuple[str, str]:
    """The stack and the project that the URNs name. Raises WrongUsage for another stack than `stack`, UnusableFile for several."""
    urns = [steps.root] if steps.root else []
    named = {(stack_of(urn), _project(urn)) for urn in (*urns, *steps.urns)}
    if not named:
        return stack, ""
    if len({one for one, _ in named}) > 1:
        raise UnusableFile(f"{file} names the stacks {', '.join(sorted(masked(one) for one, _ in named))}: a preview is of one.")
    found, project = named.pop()
    if stack and found != own_name(stack):
        raise WrongUsage(f"{file} is of stack {masked(found)}, not of {stack}.")
    return found, project


def own_name(stack: str) -> str:
    """The name of a stack that may be called PROJECT/STACK in a report, where two projects have one of that name."""
    return stack.rsplit("/", 1)[-1]


def _project(urn: str) -> str:
    parts = urn.split("::", 2)
    return parts[1] if len(parts) == 3 else ""


def _kept(said: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Errors, then warnings, then the rest, each once; as many as fit."""
    order = {"error": 0, "warning": 1, "info": 2}
    return tuple(sorted(dict.fromkeys(one for one in said if one.message), key=lambda one: order[one.severity])[:MOST_SAID])
