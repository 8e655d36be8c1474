"""What is promised to those who call."""

from collections.abc import Iterator
from types import MappingProxyType

from modelway.architecture.base import Breach, Section, each
from modelway.architecture.quantities import Duration, Percent

LONGEST_ANSWER = 3600
"""Seconds that an answer may take."""


class Slo(Section):
    """What is promised to those who call."""

    EXAMPLES = MappingProxyType({"latency_p99": "200ms", "availability": "99.9%", "error_rate": "1%", "window": "28d"})

    latency_p99: Duration
    """What 99 of 100 requests are faster than, such as 200ms; up to 1h. Above 60s only with a timeout, and not on SageMaker."""
    availability: Percent
    """Share of requests answered without a fault of the server, 50% up to but not 100%."""
    error_rate: Percent
    """Share of failed requests that is too much at any time, above 0%, up to 50%."""
    window: Duration = Duration("30d")
    """Length of time over which availability is counted, 7d to 90d."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._latency_breaches(), self._availability_breaches(), self._error_rate_breaches(), self._window_breaches()])

    def _latency_breaches(self) -> Iterator[Breach]:
        if self.latency_p99.seconds > LONGEST_ANSWER:
            yield Breach(("latency_p99",), "at most 1h: no answer takes longer", "Write it like 200ms.")

    def _availability_breaches(self) -> Iterator[Breach]:
        if not 0.5 <= self.availability.fraction < 1:
            yield Breach(
                ("availability",),
                "at least 50% and less than 100%: with nothing left to fail, every fault would page somebody",
                "Write it like 99.9%.",
            )

    def _error_rate_breaches(self) -> Iterator[Breach]:
        if not self.error_rate.fraction:
            yield Breach(("error_rate",), "more than 0%", "Write it like 1%.")
        elif self.error_rate.fraction > 0.5:
            yield Breach(("error_rate",), "at most 50%: the share of requests that fail, not of those that succeed", "Write it like 1%.")

    def _window_breaches(self) -> Iterator[Breach]:
        days = self.window.seconds / 86400
        if not 7 <= days <= 90 or days % 1:
            yield Breach(("window",), "whole days, 7d to 90d", "Write it like 30d.")
