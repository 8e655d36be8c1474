"""Exceptions: one rule, one resource, a reason, who approved it, and an end."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Grant:
    """Something that one rule would refuse about one resource, and that somebody has allowed for a while."""

    rule: str
    """Id of the rule."""
    resource: str
    """URN of the resource; of a rule about descriptions the path in the environment, such as `clusters.main`."""
    reason: str
    approved_by: str
    expires: date
    """Last day of it."""

    def in_force(self, today: date) -> bool:
        return today <= self.expires

    def __str__(self) -> str:
        return f"{self.reason} (approved by {self.approved_by}, until {self.expires})"
