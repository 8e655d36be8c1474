"""What others measured of a version, as it is handed to bills of materials and model cards."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reached:
    """A metric that a version reached on the data that its drift is measured from, with its interval of 95 %."""

    metric: str
    value: float
    low: float
    high: float
    rows: int
    group: str | None = None
    """COLUMN=HASH of the one group that it is of; None where it is of all rows."""
