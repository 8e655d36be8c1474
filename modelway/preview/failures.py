"""What made a preview fail: the cause in one line, then all else that was said of it."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from modelway.preview.changeset import Diagnostic, PolicyResult, StackChanges

_TRACE = "Traceback (most recent call last):"
# The engine's own words around what went wrong.
_HEADLINES = ("Program failed with an unhandled exception:",)
_NO_CAUSE = ("preview failed", "update failed")


class Failure(NamedTuple):
    """One thing that went wrong."""

    cause: str
    """In one line; what a traceback ends with."""
    rest: tuple[str, ...] = ()
    """The other lines, indented as they were."""


def failures(stack: StackChanges, policies: Sequence[PolicyResult] = ()) -> tuple[Failure, ...]:
    """What was said of what went wrong, each once; nothing where the preview succeeded. That the preview failed is no cause: where
    nothing else was said, it is the policies of the stack that forbid it, if any do."""
    return _said(stack) or tuple(Failure(f"Policy {rule} of {pack} forbids it.") for rule, pack in _forbidding(stack, policies))


def forbidden(stack: StackChanges, policies: Sequence[PolicyResult]) -> bool:
    """Whether it is policies alone that made the preview of a stack fail."""
    return stack.result == "failed" and not _said(stack) and bool(_forbidding(stack, policies))


def _forbidding(stack: StackChanges, policies: Sequence[PolicyResult]) -> dict[tuple[str, str], None]:
    forbid = (one for one in policies if one.stack == stack.stack and one.outcome == "failed" and one.enforcement == "mandatory")
    return dict.fromkeys((one.rule, one.pack) for one in forbid) if stack.result != "succeeded" else {}


def _said(stack: StackChanges) -> tuple[Failure, ...]:
    if stack.result == "succeeded":
        return ()
    said = [one for one in stack.diagnostics if one.severity == "error"] or (stack.diagnostics if stack.result == "failed" else ())
    found = dict.fromkeys(map(_failure, said))
    return tuple(one for one in found if one.cause and one.cause.lower().rstrip(".") not in _NO_CAUSE)


def _failure(one: Diagnostic) -> Failure:
    lines = [line.rstrip() for line in one.message.strip("\n").splitlines() if line.strip()]
    if not lines:
        return Failure("")
    lines[0] = re.sub(r"^\s*error: ", "", lines[0])
    if lines[0] in _HEADLINES and len(lines) > 1:
        del lines[0]
    if _TRACE not in (line.strip() for line in lines):
        return Failure(lines[0].strip(), tuple(lines[1:]))
    # The exception stands after the last frame, and frames are indented; its own text may have more lines.
    start = max(number for number, line in enumerate(lines) if line.strip() == _TRACE)
    ends = (number for number in range(start + 1, len(lines)) if not lines[number].startswith(" "))
    end = next(ends, len(lines) - 1)
    return Failure(lines[end], (*lines[end + 1 :], *lines[:end]))
