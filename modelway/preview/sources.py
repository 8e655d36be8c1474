"""What a report is made from: files that the engine wrote, and the descriptions before and after."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    # It imports pydantic, which a report of files alone does without.
    from modelway.architecture import Environment


@dataclass(frozen=True)
class Sources:
    """What there is of one stack; every part may be missing, and what it would have told is then a gap."""

    stack: str = ""
    """Its name, without organization and project; empty: as the files say."""
    digest: Path | None = None
    """Output of `pulumi preview --json`."""
    events: Path | None = None
    """Event log of the same run."""
    state: Path | None = None
    """Output of `pulumi stack export`, taken just before."""
    plan: Path | None = None
    """What `pulumi preview --save-plan` wrote in the same run."""
    before: "Environment | None" = None
    after: "Environment | None" = None
    described_by: Literal["both", "one side", "now"] = "both"
    """Which descriptions were given. `both`: a side that is None is not there. `one side`: the other may be there. `now`: nobody
    said what was before, so the description counts as unchanged."""
    environment: str = ""
    """Name of the environment that the stack is part of; empty for stacks of other programs."""
    described: bool = True
    """Whether what differs in the description is told with this stack; False for all but one stack of an environment."""
    ended: Literal["succeeded", "failed", "unknown"] = "unknown"
    """How the engine ended, where whoever started it knows."""
