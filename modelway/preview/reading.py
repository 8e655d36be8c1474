"""What the engine wrote of one preview: its digest, its event log, or both.

No one of them has everything (pkg/backend/display/json.go and events.go): the digest knows what depends on what, the event log what
policies say. A preview that failed lists what it came to, which says nothing of the rest.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from modelway.errors import WrongUsage
from modelway.preview.changeset import Diagnostic, Gap
from modelway.preview.files import Document, UnusableFile, contents, document, refuse_other_kinds
from modelway.preview.resources import Resource, stack_of, type_of
from modelway.preview.runs import Run, disagreement
from modelway.preview.steps import STACK, Steps, of_event
from modelway.redaction import masked

Result = Literal["succeeded", "failed", "unknown"]
_T = TypeVar("_T")

MOST_SAID = 50
"""Diagnostics that are kept of a stack: errors first, then warnings."""
LONGEST = 2000
"""Characters that are kept of one diagnostic."""

_COLOURS = re.compile(r"<\{%.*?%\}>|\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")
_SEVERITIES: dict[str, Literal["error", "warning", "info"]] = {"error": "error", "warning": "warning", "info": "info", "info#err": "info"}
_DIGEST = "the digest of a preview"
_POLICIES = (
    *("policyEvent", "policyRemediationEvent", "policyAnalyzeSummaryEvent", "policyRemediateSummaryEvent"),
    "policyAnalyzeStackSummaryEvent",
)


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


class _Said(msgspec.Struct, rename="camel"):
    message: str = ""
    urn: str = ""
    severity: str = "info"
    prefix: str = ""
    ephemeral: bool = False


class _Summary(msgspec.Struct, rename="camel"):
    resource_changes: dict[str, int] | None = None
    result: str = ""
    maybe_corrupt: bool = False
    duration_seconds: float | None = None


class _Stack(msgspec.Struct):
    urn: str
    old: Resource | None = None
    new: Resource | None = None


class _Event(msgspec.Struct, rename="camel"):
    sequence: int | None = None
    timestamp: int | None = None
    diagnostic_event: _Said | None = None
    stdout_event: _Said | None = None
    summary_event: _Summary | None = None
    resource_pre_event: dict[str, msgspec.Raw] | None = None
    res_outputs_event: dict[str, msgspec.Raw] | None = None
    policy_event: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    policy_remediation_event: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    policy_analyze_summary_event: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    policy_remediate_summary_event: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    policy_analyze_stack_summary_event: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)


_event = msgspec.json.Decoder(_Event)


@dataclass
class _Read:
    """What one file says."""

    steps: Steps
    result: Result
    summary: Mapping[str, int]
    said: list[Diagnostic]
    gaps: list[Gap]
    run: Run
    corrupt: bool = False


@dataclass
class _Log(_Read):
    policies: tuple[bytes, ...] = ()
    outputs: tuple[str, ...] = ()


def read(stack: str, digest: Path | None, events: Path | None, ended: Result = "unknown") -> Preview:
    """What the files say of `stack` (empty: of the one they name).

    Raises UnusableFile for files that say nothing, WrongUsage for those of another stack.
    """
    first = _digest(stack, digest) if digest else None
    log = _log(stack, events, with_steps=first is None or first.result == "unknown") if events else None
    gaps: list[Gap] = []
    apart = disagreement(first.run, log.run, partial(_same_inputs, first.steps)) if first and log else ""
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


def _digest(stack: str, file: Path) -> _Read:
    data = contents(file)
    if not data.strip():
        gap = Gap(stack, f"{file.name} is empty: the preview wrote nothing.", "Look at its log.")
        return _Read(Steps(()), "unknown", {}, [], [gap], Run(whole=False))
    found = document(file, data, ("steps", "diagnostics"))
    refuse_other_kinds(found, _DIGEST, "--digest")
    steps = Steps(found.lists.get("steps", []))
    said = [one for text in found.lists.get("diagnostics", []) if (one := _decoded(text, _Said))]
    summary = _member(found, "changeSummary")
    gaps = []
    if found.cut:
        what = f"{file.name} ends in the middle: {_counted(len(steps), 'change')} can be read, and what comes after is not known."
        gaps.append(Gap(stack, what, "Run the preview again."))
    elif summary is None:
        gaps.append(Gap(stack, f"{file.name} has no summary: the preview did not come to its end.", "Run the preview again."))
    if steps.lost:
        gaps.append(
            Gap(stack, f"{_counted(steps.lost, 'step')} in {file.name} cannot be read.", "Run the preview again, or use a newer Modelway.")
        )
    failed = any(one.severity == "error" for one in said)
    whole: Result = "unknown" if found.cut or summary is None or steps.lost else "succeeded"
    diagnostics = [_diagnostic(one) for one in said if one.severity in _SEVERITIES]
    run = _run(steps, summary, duration / 1e9 if isinstance(duration := _member(found, "duration"), int) else None)
    run.whole = whole == "succeeded"
    return _Read(steps, "failed" if failed else whole, summary or {}, diagnostics, gaps, run, _member(found, "maybeCorrupt") is True)


def _same_inputs(steps: Steps, urn: str, line: bytes) -> bool:
    """Whether a line of an event log wants of a resource what a step does; what cannot be read says nothing."""
    try:
        event = _event.decode(line).resource_pre_event or {}
        told = of_event(event["metadata"])
        step = steps.at(urn)
        return step is None or step.op != told.op or not step.new or not told.new or step.new.inputs == told.new.inputs
    except (msgspec.DecodeError, KeyError, RecursionError):
        return True


def _run(steps: Steps, counts: Mapping[str, int] | None, seconds: float | None) -> Run:
    run = Run(counts, seconds)
    for operation, urn in steps.operations():
        run.note(operation, urn)
    return run


def _log(stack: str, file: Path, *, with_steps: bool) -> _Log:
    """The event log, line by line; what it says of resources only `with_steps`."""
    texts: list[msgspec.Raw] = []
    policies: list[bytes] = []
    said: list[_Said] = []
    outputs: tuple[str, ...] = ()
    summary: _Summary | None = None
    gaps: list[Gap] = []
    broken = events = 0
    run = Run()
    for line in _lines(file):
        # The kind stands right behind two numbers; what is not needed is not read.
        of_resource = line.find(b'"resourcePreEvent"', 0, 90) > 0
        if of_resource:
            run.note_line(line)
        if (of_resource and not with_steps) or (line.find(b'"resOutputsEvent"', 0, 90) > 0 and STACK.encode() not in line[:600]):
            broken += not line.rstrip().endswith(b"}")
            events += 1
            continue
        try:
            event = _event.decode(line)
        except msgspec.DecodeError:
            broken += 1
            continue
        if event.sequence is None and event.timestamp is None:
            broken += 1
            continue
        events += 1
        if event.resource_pre_event and with_steps:
            texts.append(event.resource_pre_event.get("metadata", msgspec.Raw()))
        elif event.diagnostic_event and not event.diagnostic_event.ephemeral:
            said.append(event.diagnostic_event)
        elif event.stdout_event:
            said.append(event.stdout_event)
        elif event.summary_event:
            summary = event.summary_event
        elif event.res_outputs_event:
            outputs = _outputs(event.res_outputs_event.get("metadata")) or outputs
        elif any(len(memoryview(getattr(event, name))) for name in _POLICY_FIELDS):
            policies.append(line)
    if not events and broken:
        refuse_other_kinds(document(file, contents(file), ("steps", "diagnostics")), "an event log", "--events")
        raise UnusableFile(f"{file} is not an event log: no line of it is an event of the engine.")
    if broken:
        gaps.append(Gap(stack, f"{_counted(broken, 'line')} of {file.name} cannot be read.", "Run the preview again."))
    if summary is None:
        gaps.append(Gap(stack, f"{file.name} ends before the preview did.", "Run the preview again."))
    steps = Steps(texts, of_event)
    diagnostics = [_diagnostic(one) for one in said if one.severity in _SEVERITIES]
    counts = (summary.resource_changes if summary else None) or {}
    corrupt = bool(summary and summary.maybe_corrupt)
    run.whole &= summary is not None and not broken
    if summary is not None:
        run.counts, run.seconds = counts, summary.duration_seconds
    return _Log(steps, _told(summary, said, broken), counts, diagnostics, gaps, run, corrupt, tuple(policies), outputs)


_POLICY_FIELDS = tuple(re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name) for name in _POLICIES)


def _told(summary: _Summary | None, said: list[_Said], broken: int) -> Result:
    if (summary and summary.result in ("failed", "canceled")) or any(one.severity == "error" for one in said):
        return "failed"
    return "unknown" if summary is None or broken else "succeeded"


def _lines(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as opened:
            for line in opened:
                if line.strip():
                    yield line
    except OSError as fault:
        raise UnusableFile(f"{file} cannot be read: {fault.strerror or fault}.") from None


def _outputs(text: msgspec.Raw | None) -> tuple[str, ...]:
    found = _decoded(text, _Stack) if text else None
    if found is None or found.new is None or type_of(found.new.urn) != STACK:
        return ()
    old, new = (found.old.outputs if found.old else {}), found.new.outputs
    return tuple(name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name))


def _result(ended: Result, sources: list[_Read]) -> Result:
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


def _diagnostic(found: _Said) -> Diagnostic:
    message = masked(_COLOURS.sub("", f"{found.prefix}{found.message}").strip())
    return Diagnostic(_SEVERITIES[found.severity], message if len(message) <= LONGEST else f"{message[:LONGEST]} …", found.urn)


def _kept(said: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Errors, then warnings, then the rest, each once; as many as fit."""
    order = {"error": 0, "warning": 1, "info": 2}
    return tuple(sorted(dict.fromkeys(one for one in said if one.message), key=lambda one: order[one.severity])[:MOST_SAID])


def _member(found: Document, name: str) -> Any:
    return msgspec.json.decode(found.members[name]) if name in found.members else None


def _decoded(text: msgspec.Raw, kind: type[_T]) -> _T | None:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.DecodeError:
        return None


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
