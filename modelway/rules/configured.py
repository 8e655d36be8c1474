"""Rules about how an environment is described: what can be refused before there is anything to preview."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from modelway.rules.subjects import Severity
from modelway.rules.verdicts import Verdict

if TYPE_CHECKING:
    # For its types alone: who asks rules about resources need not wait for the architecture.
    from modelway.architecture import Environment


@dataclass(frozen=True)
class ConfigurationRule:
    """One rule about a description. `judge` is given the environment and today's day (UTC), and gives a verdict by path, such as
    `clusters.main`, for every part that the rule is about; it raises nothing. Nothing of a description is unknown or secret."""

    id: str
    says: str
    """What is allowed, as a sentence."""
    why: str
    severity: Severity
    sources: tuple[str, ...]
    """Identifiers of the same rule in catalogues of others."""
    judge: Callable[["Environment", date], Mapping[str, Verdict]]
    exceptable: bool = True
    """Whether an exception from it may be granted."""
