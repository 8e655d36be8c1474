"""Which version of which model answers whom, before and after a change: in every dialect of routing the same rows, and their checks."""

from modelway.preview.traffic.tracing import Traffic

__all__ = ["Traffic"]
