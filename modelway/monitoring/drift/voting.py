"""From what windows say to alarms: each result votes together with those before it."""

from collections.abc import Iterable, Sequence
from typing import get_args

import msgspec

from modelway.monitoring.drift.budget import sure_of, voted
from modelway.monitoring.drift.history import History
from modelway.monitoring.drift.result import Alarm, Finding, Result, State, Watch

WATCHES: tuple[Watch, ...] = get_args(Watch)
RATES = frozenset(("missing", "wrong", "infinite", "outside", "unseen"))
"""Methods of quality that are about what is in the rows, and unknown where these are too few;"""
OF_THE_WHOLE = frozenset(("volume", "freshness"))
"""and those that are about how many there are, and how old."""


def state_of(findings: Iterable[Finding], watch: Watch) -> State | None:
    """What findings say together: drifted where one has, steady where one is that may say so, else unknown; None where nothing is looked
    at. An estimate tells people where to look; it is no evidence, and does not vote."""
    found = [finding for finding in findings if finding.watch == watch and not finding.estimated]
    if not found:
        return None
    if any(finding.state == "drifted" for finding in found):
        return "drifted"
    return "steady" if any(finding.state == "steady" for finding in _decisive(found, watch)) else "unknown"


def _decisive(found: Sequence[Finding], watch: Watch) -> Sequence[Finding]:
    """Those of a watch's findings without which it is not known to be steady. Any may show that something has drifted, but that errors do
    not rise within a window says nothing of how right answers are, nor does how many rows there are of what is in them."""
    if watch == "concept":
        return [finding for finding in found if finding.method == finding.subject] or found
    if watch == "quality":
        rates = [finding for finding in found if finding.method in RATES]
        return rates or [finding for finding in found if finding.method not in OF_THE_WHOLE] or found
    return found


def alarms(result: Result, history: History, needed: int, of: int) -> tuple[Alarm, ...]:
    """The alarms of a window, by its findings and by those of the windows before it that look at the same."""
    found = []
    for watch in WATCHES:
        state = state_of(result.findings, watch)
        if state is None:
            continue

        def looked(earlier: Result, watch: Watch = watch) -> bool:
            return state_of(earlier.findings, watch) is not None

        # At least one, for whether there was an alarm.
        before = history.before(result.start, max(of - 1, 1), looked)
        states = [state_of(earlier.findings, watch) or "unknown" for earlier in before]
        raised = bool(before) and any(alarm.raised for alarm in before[-1].alarms if alarm.watch == watch)
        found.append(voted(watch, (*states, state)[-of:], needed, of, raised, sure_of(result.findings, watch)))
    return tuple(found)


def revote(history: History, starts: Iterable[int], now: float) -> list[Result]:
    """The windows that begin at `starts`, ascending, have the alarms that follow from what the windows before them say by now; they do not
    when one of those was looked at again. Returns those that were changed. How many votes are needed stays as it was."""
    changed = []
    for start in starts:
        stored = history.at(start)
        if stored is None or not stored.result.alarms:
            continue
        needed, of = stored.result.alarms[0].needed, stored.result.alarms[0].of
        again = alarms(stored.result, history, needed, of)
        if again != stored.result.alarms:
            revised = msgspec.structs.replace(stored.result, alarms=again, revision=stored.result.revision + 1, made=int(now))
            # Where somebody else was quicker, that run votes too.
            if history.write(revised, stored):
                changed.append(revised)
    return changed
