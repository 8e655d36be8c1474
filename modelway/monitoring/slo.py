"""Objectives of an endpoint and how fast their error budget may burn."""

from dataclasses import dataclass

MINUTES_PER_DAY = 24 * 60

SHORTEST = 5
"""Minutes that a rate is taken over at the least: four readings at the slowest interval there is, one of which may be lost."""


@dataclass(frozen=True)
class Objectives:
    """What is promised of an endpoint, as fractions, seconds and days."""

    availability: float
    """Fraction of requests that are answered without a fault of the server: 0.999."""
    latency_p99_seconds: float
    """What 99 of 100 requests are faster than."""
    error_rate: float
    """Fraction of failed requests that is too much at any time."""
    days: int = 30
    """Length of time over which availability is counted."""

    @property
    def error_budget(self) -> float:
        """Fraction of requests that may fail."""
        # Rounded, because 1 - 0.999 would be written 0.0010000000000000009 into every rule.
        return round(1 - self.availability, 12)


@dataclass(frozen=True)
class Speed:
    """A speed of burning, for objectives of any length."""

    severity: str
    factor: float
    """How many times faster than the budget would last."""
    share: float
    """Fraction of the whole budget that is gone when the long window has passed at this speed."""
    hold_minutes: int
    """How long it has to be so before somebody is told."""


SPEEDS = (Speed("page", 14.4, 0.02, 2), Speed("page", 6, 0.05, 15), Speed("ticket", 1, 0.1, 60))
"""Multi-window, multi-burn-rate alerts of The Site Reliability Workbook, chapter 5, table 5-8 (sre.google/workbook/alerting-on-slos)."""


@dataclass(frozen=True)
class Burn:
    """A speed of burning that somebody is told about: in both windows, so that it is real and still going on."""

    severity: str
    factor: float
    """How many times faster than the budget lasts."""
    long: str
    short: str
    """Windows as Prometheus writes them."""
    hold: str
    """How long it has to be so before somebody is told."""


def burns(objectives: Objectives) -> tuple[Burn, ...]:
    """The burns that can happen at all: with a large budget, not even total failure is fourteen times too fast.

    The windows grow and shrink with the length of the objective, so that the same share of its budget is gone when somebody is told; for 30
    days they are those of the workbook, an hour, six hours and three days.
    """
    return tuple(_burn(speed, objectives.days) for speed in SPEEDS if speed.factor * objectives.error_budget < 1)


def windows(objectives: Objectives) -> tuple[str, ...]:
    """Every window that alerts look at, each once; 5m, which others look at too, first."""
    looked_at = [window for burn in burns(objectives) for window in (burn.short, burn.long)]
    return tuple(dict.fromkeys((duration(SHORTEST), *looked_at)))


def _burn(speed: Speed, days: int) -> Burn:
    long = round(speed.share * days * MINUTES_PER_DAY / speed.factor)
    return Burn(speed.severity, speed.factor, duration(long), duration(max(long // 12, SHORTEST)), duration(speed.hold_minutes))


def duration(minutes: int) -> str:
    """As Prometheus writes it, in the largest unit that is whole: `3d`, `6h`, `14m`."""
    for unit, length in (("d", MINUTES_PER_DAY), ("h", 60)):
        if minutes % length == 0:
            return f"{minutes // length}{unit}"
    return f"{minutes}m"
