"""What one file of the engine tells of a preview, whichever file it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

import msgspec

from modelway.preview.changeset import Diagnostic, Gap
from modelway.preview.runs import Run
from modelway.preview.steps import Steps
from modelway.redaction import masked

Result = Literal["succeeded", "failed", "unknown"]
_T = TypeVar("_T")

LONGEST = 2000
"""Characters that are kept of one diagnostic."""

_COLOURS = re.compile(r"<\{%.*?%\}>|\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")
SEVERITIES: dict[str, Literal["error", "warning", "info"]] = {"error": "error", "warning": "warning", "info": "info", "info#err": "info"}


class Said(msgspec.Struct, rename="camel"):
    message: str = ""
    urn: str = ""
    severity: str = "info"
    prefix: str = ""
    ephemeral: bool = False


@dataclass
class Told:
    """What one file says."""

    steps: Steps
    result: Result
    summary: Mapping[str, int]
    said: list[Diagnostic]
    gaps: list[Gap]
    run: Run
    corrupt: bool = False


def diagnostic(found: Said) -> Diagnostic:
    message = masked(_COLOURS.sub("", f"{found.prefix}{found.message}").strip())
    return Diagnostic(SEVERITIES[found.severity], message if len(message) <= LONGEST else f"{message[:LONGEST]} …", found.urn)


def run_of(steps: Steps, counts: Mapping[str, int] | None, seconds: float | None) -> Run:
    run = Run(counts, seconds)
    for operation, urn in steps.operations():
        run.note(operation, urn)
    return run


def decoded(text: msgspec.Raw, kind: type[_T]) -> _T | None:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.DecodeError:
        return None
