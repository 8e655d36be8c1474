"""When the job that looks for drift runs: soon after a window has ended and what is late has come."""

import math
import zlib

PERIODS = (5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440)
"""Minutes between two runs that divide an hour or a day."""

MOST_SHIFT = 10
"""Minutes that runs of different endpoints are apart at the most."""


def period(window_seconds: float) -> int:
    """Minutes between two runs: as long as a window, or the next shorter length that divides an hour or a day. A window that no run begins
    with is looked at by the next one."""
    return max((minutes for minutes in PERIODS if minutes * 60 <= window_seconds), default=PERIODS[0])


def fields(window_seconds: float, lateness_seconds: float, endpoint: str) -> tuple[str, str]:
    """The minutes and the hours of a cron expression, in UTC: at the end of windows and `lateness_seconds`, and up to ten minutes later,
    by the endpoint's name, so that not all run at once. `A/B` is every B from A on, for Kubernetes and for EventBridge alike.
    """
    every = period(window_seconds)
    shift = zlib.crc32(endpoint.encode()) % min(MOST_SHIFT, max(1, every // 6))
    minute = (math.ceil(lateness_seconds / 60) + shift) % every
    if every < 60:
        return f"{minute}/{every}", "*"
    hour, minute = divmod(minute, 60)
    if every == 60:
        return str(minute), "*"
    return str(minute), str(hour) if every == 1440 else f"{hour}/{every // 60}"


def cron(window_seconds: float, lateness_seconds: float, endpoint: str) -> str:
    """As Kubernetes writes it."""
    minutes, hours = fields(window_seconds, lateness_seconds, endpoint)
    return f"{minutes} {hours} * * *"


def schedule(window_seconds: float, lateness_seconds: float, endpoint: str) -> str:
    """As EventBridge Scheduler writes it (docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based)."""
    minutes, hours = fields(window_seconds, lateness_seconds, endpoint)
    return f"cron({minutes} {hours} * * ? *)"
