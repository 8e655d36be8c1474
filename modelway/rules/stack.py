"""Rules about several resources of a stack at once, such as a bucket and what closes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from modelway.rules.subjects import Severity, Subject
from modelway.rules.verdicts import Verdict


@dataclass(frozen=True)
class Resource:
    """A resource, and what it leads to."""

    urn: str
    subject: Subject
    parent: str | None = None
    """URN of the component or resource that it belongs to."""
    depends_on: frozenset[str] = frozenset()
    """URNs of what its inputs were made from, as far as the engine tells."""
    protected: bool = False


@dataclass(frozen=True)
class StackRule:
    """One rule about all resources of a stack. `judge` gives a verdict by URN for every resource that the rule is about, and raises
    nothing."""

    id: str
    says: str
    """What is allowed, as a sentence."""
    why: str
    severity: Severity
    sources: tuple[str, ...]
    """Identifiers of the same rule in catalogues of others."""
    applies: Callable[[str], bool]
    """Whether it is about resources of that type; quick."""
    judge: Callable[[Sequence[Resource]], Mapping[str, Verdict]]
