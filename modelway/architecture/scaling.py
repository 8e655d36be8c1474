"""How many replicas a version has, and what decides it."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from modelway.architecture.base import Breach, Section, Shaped, each, min_above_max, of_each
from modelway.architecture.quantities import Duration, Percent


def _cron_field(number: str) -> str:
    item = rf"(\*|{number}(-{number})?)(/[1-9][0-9]?)?"
    return rf"{item}(,{item})*"


Cron = Annotated[
    str,
    Shaped(
        " ".join(map(_cron_field, ("[1-5]?[0-9]", "(1?[0-9]|2[0-3])", "([1-9]|[12][0-9]|3[01])", "([1-9]|1[0-2])", "[0-7]"))),
        "five fields as cron has them: minute, hour, day of the month, month, day of the week, in numbers",
        'Write it like "0 8 * * 1-5".',
        100,
    ),
]
TimeZone = Annotated[
    str,
    Shaped(
        r"[A-Z][A-Za-z]+(/[A-Z][A-Za-z_]+(-[A-Za-z]+)*){0,2}",
        "the name of a time zone in the IANA database",
        "Write it like Europe/Berlin.",
        64,
    ),
]

COUNTS_REQUESTS = ("concurrency", "requests_per_second", "queue_depth")
"""Targets that say something of requests while there is no replica."""


class ScalingTarget(Section):
    """What the autoscaler keeps to; of several, the one that asks for most replicas decides."""

    EXAMPLES = MappingProxyType({"concurrency": 8, "requests_per_second": 50, "latency_p99": "150ms", "queue_depth": 20})
    PEERS = MappingProxyType(
        {
            "cpu": "Kubernetes `averageUtilization` of cpu",
            "memory": "Kubernetes `averageUtilization` of memory",
            "concurrency": "KServe `scaleMetric: concurrency`, SageMaker `ConcurrentRequestsPerModel`",
            "requests_per_second": "KServe `scaleMetric: rps`, SageMaker `InvocationsPerInstance` (a minute)",
        }
    )

    cpu: Percent | None = None
    """Mean use of the processors asked for, 1% to 100%."""
    memory: Percent | None = None
    """Mean use of the memory asked for, 1% to 100%."""
    concurrency: int | None = Field(default=None, ge=1, le=10_000)
    """Requests that a replica works on at once."""
    requests_per_second: int | None = Field(default=None, ge=1, le=1_000_000)
    """Requests a second and replica."""
    latency_p99: Duration | None = None
    """What 99 of 100 requests should be faster than."""
    queue_depth: int | None = Field(default=None, ge=1, le=1_000_000)
    """Requests that wait, for each replica."""

    @property
    def named(self) -> tuple[str, ...]:
        """The targets that are set."""
        return tuple(name for name in type(self).__pydantic_fields__ if getattr(self, name) is not None)

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._percent_breaches("cpu"), self._percent_breaches("memory"), self._none_breaches()])

    def _percent_breaches(self, name: str) -> Iterator[Breach]:
        share: Percent | None = getattr(self, name)
        if share is not None and (share.fraction < 0.01 or round(share.fraction * 100, 6) % 1):
            yield Breach((name,), "a whole number of percent, at least 1", "Write it like 70%.")

    def _none_breaches(self) -> Iterator[Breach]:
        if not self.named:
            known = ", ".join(type(self).__pydantic_fields__)
            yield Breach((), f"at least one of {known}", "Add one, like `cpu: 70%`.")


class Schedule(Section):
    """A time at which more replicas are there than load would ask for."""

    EXAMPLES = MappingProxyType({"until": "0 18 * * 1-5", "min": 6})
    PEERS = MappingProxyType(
        {"from": "KEDA cron `start`", "until": "KEDA cron `end`", "time_zone": "KEDA cron `timezone`", "min": "KEDA cron `desiredReplicas`"}
    )

    from_: Cron = Field(alias="from")
    """When it begins, as cron has it: "0 8 * * 1-5" for working days at eight."""
    until: Cron
    """When it ends."""
    time_zone: TimeZone = "UTC"
    """Time zone of both, such as Europe/Berlin."""
    min: int = Field(ge=1, le=1000)
    """Fewest replicas at that time."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._end_breaches()])

    def _end_breaches(self) -> Iterator[Breach]:
        if self.from_ == self.until:
            yield Breach(("until",), "another time than from: a schedule that ends as it begins never holds", "Correct it.", (("from",),))


class ScaleToZero(Section):
    """No replica at all while nobody asks. What is asked then is answered with 503 until one is there, so callers have to ask again."""

    EXAMPLES = MappingProxyType({"after": "15m", "cold_start": "2m"})
    PEERS = MappingProxyType({"after": "KEDA `cooldownPeriod`"})

    after: Duration
    """Time without requests until the last replica goes, 1m to 1d."""
    cold_start: Duration
    """How long callers then get 503 at most, measured: a look at the metrics, node, image, weights, warm-up. Up to 30m."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._after_breaches(), self._cold_breaches()])

    def _after_breaches(self) -> Iterator[Breach]:
        if not 60 <= self.after.seconds <= 86400:
            yield Breach(("after",), "1m to 1d", "Write it like 15m.")

    def _cold_breaches(self) -> Iterator[Breach]:
        if self.cold_start.seconds > 1800:
            yield Breach(("cold_start",), "at most 30m", "Measure it again, or keep a replica: remove scale_to_zero.")


class Scaling(Section):
    """How many replicas each version has."""

    EXAMPLES = MappingProxyType({"min": 2, "max": 10})
    PEERS = MappingProxyType(
        {
            "min": "Kubernetes and KServe `minReplicas`, SageMaker `MinCapacity`, Azure ML `min_instances`",
            "max": "Kubernetes and KServe `maxReplicas`, SageMaker `MaxCapacity`, Azure ML `max_instances`",
            "target": "Kubernetes `metrics`, KServe `scaleMetric` and `scaleTarget`",
            "scale_to_zero": "KServe `minReplicas: 0`",
        }
    )

    min: int = Field(ge=0, le=1000)
    """Fewest replicas, 1 or more; 0 only with scale_to_zero."""
    max: int = Field(ge=1, le=1000)
    """Most replicas."""
    target: ScalingTarget
    """What decides between the two. An override adds to the targets of base; `cpu: null` removes one of them."""
    schedules: tuple[Schedule, ...] = Field(default=(), max_length=20)
    """Times with more replicas."""
    scale_to_zero: ScaleToZero | None = None
    """When the last replicas go, of all versions together, and what that costs those who ask next; never when absent."""

    def breaches(self) -> Iterator[Breach]:
        rules = [min_above_max(self), self._zero_breaches(), self._wake_breaches()]
        yield from each([*rules, of_each(self, "schedules", self._schedule_breaches)])

    def _zero_breaches(self) -> Iterator[Breach]:
        if self.min == 0 and self.scale_to_zero is None:
            yield Breach(
                ("min",),
                "1 or more; 0 only where scale_to_zero says how long callers then get errors",
                "Write min: 1; on runtime kubernetes 0 may stand with `scale_to_zero: {after: 15m, cold_start: 2m}`.",
                (("scale_to_zero",),),
            )
        elif self.min and self.scale_to_zero is not None:
            yield Breach(("min",), "0 with scale_to_zero", "Write min: 0, or remove scale_to_zero.", (("scale_to_zero",),))

    def _wake_breaches(self) -> Iterator[Breach]:
        if self.scale_to_zero is not None and not any(name in COUNTS_REQUESTS for name in self.target.named):
            # keda.sh/docs/scalers/cpu: use of a processor cannot be measured where nothing runs.
            yield Breach(
                ("target",),
                f"with scale_to_zero a target counts requests: {', '.join(COUNTS_REQUESTS)}; no other can be measured while nothing runs",
                "Add `target: {concurrency: 8}`, or remove scale_to_zero.",
                (("scale_to_zero",),),
            )

    def _schedule_breaches(self, number: int, schedule: Schedule) -> Iterator[Breach]:
        if not self.min < schedule.min <= self.max:
            yield Breach(
                ("schedules", number, "min"),
                f"more than min, which is {self.min}, and at most max, which is {self.max}",
                "Write a number between them, or remove the schedule.",
                (("min",), ("max",)),
            )
