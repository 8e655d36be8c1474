"""Amounts as clouds write them: numbers, quantities of Kubernetes, durations, versions."""

import re
from typing import Literal

Unit = Literal["amount", "duration", "version"]

_AMOUNT = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(m|k|[KMGTPE]i?|%)?B?")
_SCALE = {
    "": 1.0,
    "m": 0.001,
    "k": 1e3,
    **{letter: 1000.0**power for power, letter in enumerate("KMGTPE", 1)},
    **{f"{letter}i": 1024.0**power for power, letter in enumerate("KMGTPE", 1)},
    "%": 0.01,
}
"""kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity"""
_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w|y)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
"""prometheus.io/docs/concepts/metric_types and its durations: `1h30m`, `15d`."""
_VERSION = re.compile(r"\D*(\d+(?:\.\d+)*)")


def number(value: object, unit: str) -> float | None:
    """A value as a number: bytes, cores or what is counted; seconds of a duration; None where it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value  # As it is: a whole number may be above every float.
    if not isinstance(value, str):
        return None
    if unit == "duration":
        found = _SPAN.findall(value)
        if found and "".join("".join(one) for one in found) == value.replace(" ", ""):
            return sum(float(amount) * _SECONDS[name] for amount, name in found)
    match = _AMOUNT.fullmatch(value.strip())
    return float(match[1]) * _SCALE[match[2] or ""] if match else None


def version(value: object) -> tuple[int, ...] | None:
    """The numbers of a version: `v1.30.2-eksbuild.1` is (1, 30, 2); None where there are none."""
    match = _VERSION.match(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    return tuple(int(one) for one in match[1].split(".")) if match else None
