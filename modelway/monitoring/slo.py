"""Objectives of an endpoint and how fast their error budget may burn."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Objectives:
    """What is promised of an endpoint over 30 days, as fractions and seconds."""

    availability: float
    """Fraction of requests that are answered without a fault of the server: 0.999."""
    latency_p99_seconds: float
    """What 99 of 100 requests are faster than."""
    error_rate: float
    """Fraction of failed requests that is too much at any time."""

    @property
    def error_budget(self) -> float:
        """Fraction of requests that may fail."""
        # Rounded, because 1 - 0.999 would be written 0.0010000000000000009 into every rule.
        return round(1 - self.availability, 12)


@dataclass(frozen=True)
class Burn:
    """A speed of burning that somebody is told about: in both windows, so that it is real and still going on."""

    severity: str
    factor: float
    """How many times faster than the budget lasts 30 days."""
    long: str
    short: str
    """Windows as Prometheus writes them."""
    hold: str
    """How long it has to be so before somebody is told."""


BURNS = (
    Burn("page", 14.4, "1h", "5m", "2m"),
    Burn("page", 6, "6h", "30m", "15m"),
    Burn("ticket", 1, "3d", "6h", "1h"),
)
"""Multi-window, multi-burn-rate alerts of The Site Reliability Workbook, chapter 5, table 5-8 (sre.google/workbook/alerting-on-slos):
2 % of the budget in an hour, 5 % in six hours, 10 % in three days."""

WINDOWS = tuple(dict.fromkeys(window for burn in BURNS for window in (burn.short, burn.long)))
"""Every window that the alerts look at."""


def burns(objectives: Objectives) -> tuple[Burn, ...]:
    """The burns that can happen at all: with a large budget, not even total failure is fourteen times too fast."""
    return tuple(burn for burn in BURNS if burn.factor * objectives.error_budget < 1)
