"""What stands of a version, out of its last windows."""

from collections.abc import Sequence

import msgspec

from modelway.monitoring.drift.history import History
from modelway.monitoring.drift.result import OF_LABELS, Result, Watch

BY_LABELS: tuple[Watch, ...] = ("concept", "parity")
LABELLED = 24
"""Windows with labels that are looked back at where those of the newest windows are not known yet."""


def standing(history: Sequence[Result]) -> Result:
    """The newest of a version's results (oldest first, one at least). Labels come later than requests: what the newest one does not say
    of concept and parity is what the newest one that does says, without its estimates; and so are counts of labels."""
    newest = history[-1]
    for watch in BY_LABELS:
        if any(alarm.watch == watch for alarm in newest.alarms):
            continue
        earlier = next((one for one in reversed(history[:-1]) if any(alarm.watch == watch for alarm in one.alarms)), None)
        if earlier is not None:
            if earlier.labelled and not newest.labelled:
                counted = {name: getattr(earlier.accounting, name) for name in OF_LABELS}
                newest = msgspec.structs.replace(newest, accounting=msgspec.structs.replace(newest.accounting, **counted))
            newest = msgspec.structs.replace(
                newest,
                alarms=(*newest.alarms, *(alarm for alarm in earlier.alarms if alarm.watch == watch)),
                findings=(*newest.findings, *(one for one in earlier.findings if one.watch == watch and not one.estimated)),
            )
    return newest


def judging(watch: Watch, shown: Sequence[Result], earlier: Sequence[Result]) -> Sequence[Result]:
    """The windows that tell how a watch came to where it is: those shown, or earlier ones where none of them says anything of it."""
    return shown if any(alarm.watch == watch for result in shown for alarm in result.alarms) else earlier


def labelled(history: History, before: float, most: int = LABELLED) -> list[Result]:
    """The last windows with labels, oldest first, of those that begin before that time. They are found in few steps, as labels come in the
    order of windows: `modelway drift show` does not know after how long."""
    starts = [start for start in history.starts if start < before]
    low, high = 0, len(starts)
    while low < high:
        middle = (low + high) // 2
        stored = history.at(starts[middle])
        if stored is not None and stored.result.labelled:
            low = middle + 1
        else:
            high = middle
    return history.before(starts[low - 1] + 1, most, lambda result: result.labelled) if low else []
