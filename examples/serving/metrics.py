"""Counts requests and their durations, and prints them as Prometheus reads them."""

import bisect
import threading
from collections import Counter

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds in seconds."""


class Metrics:
    """The two series of one model version. Safe to use from several threads."""

    def __init__(self, model: str, version: str) -> None:
        self._labels = f'model="{_escaped(model)}",version="{_escaped(version)}"'
        self._lock = threading.Lock()
        self._codes: Counter[int] = Counter()
        self._buckets = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0

    def count(self, code: int, seconds: float) -> None:
        """One infer request was answered with HTTP status `code` after `seconds`."""
        with self._lock:
            self._codes[code] += 1
            self._buckets[bisect.bisect_left(BUCKETS, seconds)] += 1
            self._seconds += seconds

    def text(self) -> str:
        """The Prometheus text format, version 0.0.4."""
        with self._lock:
            codes, buckets, seconds = sorted(self._codes.items()), list(self._buckets), self._seconds
        lines = ["# HELP inference_requests_total Infer requests by HTTP status.", "# TYPE inference_requests_total counter"]
        lines += [f'inference_requests_total{{{self._labels},code="{code}"}} {count}' for code, count in codes]
        name = "inference_request_duration_seconds"
        lines += [f"# HELP {name} Time from an infer request's headers to its answer.", f"# TYPE {name} histogram"]
        total = 0
        for bound, count in zip((*map(str, BUCKETS), "+Inf"), buckets, strict=True):
            total += count
            lines.append(f'{name}_bucket{{{self._labels},le="{bound}"}} {total}')
        lines += [f"{name}_sum{{{self._labels}}} {seconds!r}", f"{name}_count{{{self._labels}}} {total}"]
        return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
