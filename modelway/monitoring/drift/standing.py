"""What stands of a version, out of its last windows."""

from collections.abc import Sequence

import msgspec

from modelway.monitoring.drift.result import Result, Watch

_BY_LABELS: tuple[Watch, ...] = ("concept", "parity")


def standing(history: Sequence[Result]) -> Result:
    """The newest of a version's results (oldest first, one at least). Labels come later than requests: what the newest one does not say
    of concept and parity is what the newest one that does says, without its estimates."""
    newest = history[-1]
    for watch in _BY_LABELS:
        if any(alarm.watch == watch for alarm in newest.alarms):
            continue
        earlier = next((one for one in reversed(history[:-1]) if any(alarm.watch == watch for alarm in one.alarms)), None)
        if earlier is not None:
            newest = msgspec.structs.replace(
                newest,
                alarms=(*newest.alarms, *(alarm for alarm in earlier.alarms if alarm.watch == watch)),
                findings=(*newest.findings, *(one for one in earlier.findings if one.watch == watch and not one.estimated)),
            )
    return newest
