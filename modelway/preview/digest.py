"""A digest: what `pulumi preview --json` writes (pkg/backend/display/json.go)."""

from pathlib import Path
from typing import Any

import msgspec

from modelway.preview.changeset import Gap
from modelway.preview.counting import counted
from modelway.preview.files import Document, contents, document, refuse_other_kinds
from modelway.preview.runs import Run
from modelway.preview.steps import Steps
from modelway.preview.told import SEVERITIES, Result, Said, Told, decoded, diagnostic, run_of

_DIGEST = "the digest of a preview"


def read(stack: str, file: Path) -> Told:
    data = contents(file)
    if not data.strip():
        gap = Gap(stack, f"{file.name} is empty: the preview wrote nothing.", "Look at its log.")
        return Told(Steps(()), "unknown", {}, [], [gap], Run(whole=False))
    found = document(file, data, ("steps", "diagnostics"))
    refuse_other_kinds(found, _DIGEST, "--digest")
    steps = Steps(found.lists.get("steps", []))
    said = [one for text in found.lists.get("diagnostics", []) if (one := decoded(text, Said))]
    summary = _member(found, "changeSummary")
    gaps = []
    if found.cut:
        what = f"{file.name} ends in the middle: {counted(len(steps), 'change')} can be read, and what comes after is not known."
        gaps.append(Gap(stack, what, "Run the preview again."))
    elif summary is None:
        gaps.append(Gap(stack, f"{file.name} has no summary: the preview did not come to its end.", "Run the preview again."))
    if steps.lost:
        gaps.append(
            Gap(stack, f"{counted(steps.lost, 'step')} in {file.name} cannot be read.", "Run the preview again, or use a newer Modelway.")
        )
    failed = any(one.severity == "error" for one in said)
    whole: Result = "unknown" if found.cut or summary is None or steps.lost else "succeeded"
    diagnostics = [diagnostic(one) for one in said if one.severity in SEVERITIES]
    run = run_of(steps, summary, duration / 1e9 if isinstance(duration := _member(found, "duration"), int) else None)
    run.whole = whole == "succeeded"
    return Told(steps, "failed" if failed else whole, summary or {}, diagnostics, gaps, run, _member(found, "maybeCorrupt") is True)


def _member(found: Document, name: str) -> Any:
    return msgspec.json.decode(found.members[name]) if name in found.members else None
