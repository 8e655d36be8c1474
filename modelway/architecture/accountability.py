"""Who answers for a model when it serves, who stops it, what others it stands on, and what becomes of it in the end."""

from types import MappingProxyType
from typing import Literal

from pydantic import Field

from modelway.architecture.base import Line, Owner, Section, VersionName
from modelway.architecture.references import Sha256


class Roles(Section):
    """People who answer for a model besides its owner."""

    EXAMPLES = MappingProxyType({"accountable": "head-of-risk@example.com", "overseer": "risk-desk@example.com"})

    accountable: Owner
    """Who answers for it before the organisation."""
    overseer: Owner
    """Who looks at what it does, and may stop it."""
    incident_lead: Owner | None = None
    """Who leads when it does harm; the incident contact when absent."""


class HumanOversight(Section):
    """How people stand over what a model does."""

    EXAMPLES = MappingProxyType({"mode": "on_the_loop", "escalation": "risk-on-call@example.com", "fallback": "2026.10.0"})

    mode: Literal["in_the_loop", "on_the_loop", "out_of_the_loop"]
    """A person decides each time; a person looks on and may step in; nobody looks on."""
    escalation: Owner
    """Who is told when it is stopped."""
    fallback: VersionName | None = None
    """Version that answers once `modelway stop` was called; nobody answers when absent."""


class Decommission(Section):
    """What becomes of a model in the end."""

    EXAMPLES = MappingProxyType({"retain_days": 365, "dependents": ["loan desk"], "alternative": "People decide by the handbook."})

    retain_days: int = Field(ge=0, le=3650)
    """How long its weights and records are kept afterwards."""
    dependents: tuple[Line, ...] = Field(default=(), max_length=50)
    """Who relies on it, and has to be told."""
    alternative: Line | None = None
    """What is done without it."""


class ThirdParty(Section):
    """Something of somebody else that a model stands on."""

    EXAMPLES = MappingProxyType(
        {"name": "bert-base", "version": "1.0", "license": "Apache-2.0", "sha256": "f6" * 32, "alternative": "The model of 2025."}
    )

    name: Line
    """What it is called."""
    kind: Literal["base_model", "dataset", "library", "service"]
    """What it is."""
    version: Line | None = None
    """Which of them."""
    license: Line | None = None
    """What allows its use: an SPDX identifier where there is one."""
    sha256: Sha256 | None = None
    """Digest of the file, in hex."""
    alternative: Line | None = None
    """What takes its place when it is gone."""


class Unmeasured(Section):
    """A risk that nothing measures."""

    EXAMPLES = MappingProxyType({"risk": "People learn what it looks at.", "reason": "Seen only over years."})

    risk: Line
    """What may happen."""
    reason: Line
    """Why nothing measures it."""
