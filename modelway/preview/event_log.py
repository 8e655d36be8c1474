"""An event log: what the engine writes line by line with `--event-log` (pkg/backend/display/events.go)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from modelway.preview.changeset import Gap
from modelway.preview.counting import counted
from modelway.preview.files import UnusableFile, contents, document, refuse_other_kinds
from modelway.preview.resources import Resource, type_of
from modelway.preview.runs import Run
from modelway.preview.steps import STACK, Steps, of_event
from modelway.preview.told import SEVERITIES, Result, Said, Told, decoded, diagnostic

_POLICIES = (
    *("policyEvent", "policyRemediationEvent", "policyAnalyzeSummaryEvent", "policyRemediateSummaryEvent"),
    "policyAnalyzeStackSummaryEvent",
)


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
    diagnostic_event: Said | None = None
    stdout_event: Said | None = None
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
class Log(Told):
    policies: tuple[bytes, ...] = ()
    outputs: tuple[str, ...] = ()


def read(stack: str, file: Path, *, with_steps: bool) -> Log:
    """The event log, line by line; what it says of resources only `with_steps`."""
    texts: list[msgspec.Raw] = []
    policies: list[bytes] = []
    said: list[Said] = []
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
        gaps.append(Gap(stack, f"{counted(broken, 'line')} of {file.name} cannot be read.", "Run the preview again."))
    if summary is None:
        gaps.append(Gap(stack, f"{file.name} ends before the preview did.", "Run the preview again."))
    steps = Steps(texts, of_event)
    diagnostics = [diagnostic(one) for one in said if one.severity in SEVERITIES]
    counts = (summary.resource_changes if summary else None) or {}
    corrupt = bool(summary and summary.maybe_corrupt)
    run.whole &= summary is not None and not broken
    if summary is not None:
        run.counts, run.seconds = counts, summary.duration_seconds
    return Log(steps, _result(summary, said, broken), counts, diagnostics, gaps, run, corrupt, tuple(policies), outputs)


_POLICY_FIELDS = tuple(re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name) for name in _POLICIES)


def _result(summary: _Summary | None, said: list[Said], broken: int) -> Result:
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
    found = decoded(text, _Stack) if text else None
    if found is None or found.new is None or type_of(found.new.urn) != STACK:
        return ()
    old, new = (found.old.outputs if found.old else {}), found.new.outputs
    return tuple(name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name))


def same_inputs(steps: Steps, urn: str, line: bytes) -> bool:
    """Whether a line of an event log wants of a resource what a step does; what cannot be read says nothing."""
    try:
        event = _event.decode(line).resource_pre_event or {}
        told = of_event(event["metadata"])
        step = steps.at(urn)
        return step is None or step.op != told.op or not step.new or not told.new or step.new.inputs == told.new.inputs
    except (msgspec.DecodeError, KeyError, RecursionError):
        return True
