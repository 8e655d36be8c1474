"""Whether files are of one run of the engine, by what it writes into each of them.

Digest and event log are made of the same events (pkg/backend/display/json.go): they name the same resources, count the same operations and
have the same duration, which the log rounds up to seconds. A state goes with a preview when it holds what the preview found, by URN and id.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from modelway.preview.resources import name_of, type_of
from modelway.preview.steps import STACK

_HEAD = re.compile(
    rb'\{"sequence": ?\d+, ?"timestamp": ?\d+, ?"resourcePreEvent": ?\{"metadata": ?\{"op": ?"([a-z-]+)", ?"urn": ?"([^"\\]+)"',
)
"""Of a line as the engine writes it. One with anything escaped in its URN is not looked at."""
_QUIET = frozenset({"same", "read", "read-replacement", "refresh", "discard", "discard-replaced", "remove-pending-replace"})
"""Operations that a digest may leave out (shouldShow in pkg/backend/display/display.go)."""
_PROVIDERS = "pulumi:providers:"
_COMPARED = frozenset({"create", "update"})
_SAMPLES = 20
"""Resources whose inputs are compared: to compare all would be to read all twice."""


@dataclass
class Run:
    """What tells one run from another."""

    counts: Mapping[str, int] | None = None
    """Resources by operation; None in a file that ends before the run did."""
    seconds: float | None = None
    named: set[str] = field(default_factory=set)
    """URNs that stand in the file."""
    acting: set[str] = field(default_factory=set)
    """URNs of those that both files have to name."""
    whole: bool = True
    """Whether all of the run's resources are among `named`."""
    samples: dict[str, bytes] = field(default_factory=dict)
    """By URN the first lines of what is made or changed."""

    def note(self, operation: str, urn: str) -> None:
        """A resource that the file names."""
        kind = type_of(urn)
        if kind == STACK:
            return
        self.named.add(urn)
        if operation not in _QUIET and not kind.startswith(_PROVIDERS):
            self.acting.add(urn)

    def note_line(self, line: bytes) -> None:
        """A `resourcePreEvent` of an event log, without reading what it says of the resource."""
        found = _HEAD.match(line)
        if found is None:
            self.whole = False
            return
        operation, urn = found[1].decode(), found[2].decode("utf-8", "replace")
        self.note(operation, urn)
        if operation in _COMPARED and len(self.samples) < _SAMPLES:
            self.samples[urn] = line


def disagreement(digest: Run, log: Run, same_inputs: Callable[[str, bytes], bool]) -> str:
    """What shows that the two are of different runs, in a few words; empty where nothing does. `same_inputs`: whether a line of the log
    wants of a resource, by its URN, what the digest says."""
    strange = (digest.named - log.named if log.whole else set()) | (log.acting - digest.named if digest.whole else set())
    if strange:
        return f"they name different resources ({len(strange):,})"
    if digest.counts is not None and log.counts is not None and dict(digest.counts) != dict(log.counts):
        return "they count different operations"
    if digest.seconds is not None and log.seconds is not None and abs(log.seconds - digest.seconds) > 1.01:
        return f"one took {digest.seconds:.0f} seconds and the other {log.seconds:.0f}"
    other = [urn for urn, line in log.samples.items() if not same_inputs(urn, line)]
    if other:
        return f"they want other properties of {name_of(other[0])}"
    return ""
