"""What the tier of an environment does for what it stores: buckets, repositories, keys, databases, clusters."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Tier = Literal["development", "staging", "production"]


@dataclass(frozen=True)
class Protection:
    """How what is stored outlives mistakes. A function of the tier and of nothing else."""

    protect: bool
    """The engine refuses to delete it, and `modelway destroy` refuses the whole environment."""
    retain: bool
    """It stays in AWS, with its safeguards, when the engine deletes it from the stack."""
    force_destroy: bool
    """It is deleted with its contents; otherwise AWS refuses to delete what is not empty."""
    deletion_window_days: int
    """Days in which a KMS key that was deleted can be called back. AWS takes 7 to 30
    (docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html)."""
    backup_days: int
    """Days that a database can be put back to. AWS takes up to 35
    (docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.BackupRetention.html)."""

    @property
    def last_snapshot(self) -> bool:
        """A database that is deleted leaves a snapshot. It does not stay itself: subnets and clusters would have to stay with it."""
        return not self.force_destroy


_BY_TIER: Mapping[Tier, Protection] = MappingProxyType(
    {
        "development": Protection(protect=False, retain=False, force_destroy=True, deletion_window_days=7, backup_days=1),
        "staging": Protection(protect=False, retain=True, force_destroy=False, deletion_window_days=30, backup_days=7),
        "production": Protection(protect=True, retain=True, force_destroy=False, deletion_window_days=30, backup_days=35),
    }
)


def protection(tier: Tier) -> Protection:
    """What holds for everything that stores something in an environment of this tier."""
    return _BY_TIER[tier]
