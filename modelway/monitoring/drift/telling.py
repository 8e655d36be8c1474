"""What follows from results: pages, what is newest, metrics, and events about alarms. All of it is made again from results alone, so that
the next run makes up for one that was ended."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from modelway.errors import ModelwayError
from modelway.monitoring.drift import events, exporting, ledger, wording
from modelway.monitoring.drift.baseline import Baseline
from modelway.monitoring.drift.history import History
from modelway.monitoring.drift.page import page
from modelway.monitoring.drift.result import Finding, NoResult, Result, read, written
from modelway.monitoring.drift.standing import labelled as labelled_before
from modelway.monitoring.drift.standing import standing as all_standing
from modelway.monitoring.drift.store import Store
from modelway.monitoring.drift.watched import Watched

SHOWN = 48
"""Windows that a page looks back at."""
PAGES = 200
"""Pages that one run makes, at most; of older windows they are left out."""


def standing(history: History, labelled: float | None) -> Result | None:
    """What stands of a version: its newest window; of what needs labels, which the newest window does not have yet, what the newest one
    that has them says. Labels are due of windows that begin before `labelled`; None where none are needed."""
    if not history.starts or (stored := history.at(history.starts[-1])) is None:
        return None
    newest = stored.result
    found = [] if newest.labelled or labelled is None else history.before(labelled, 1, lambda result: result.labelled)
    return all_standing([*found, newest])


def pages(watched: Watched, history: History, baselines: Mapping[str, Baseline]) -> None:
    """Every window's page is there, and not older than its result."""
    for start in history.unpaged()[-PAGES:]:
        stored = history.at(start)
        if stored is not None:
            results = [*history.before(start, SHOWN - 1), stored.result]
            history.paged(start, page(watched, results, baselines, _earlier(watched, history, results)))


def newest(watched: Watched, histories: Mapping[str, History], baselines: Mapping[str, Baseline], store: Store) -> None:
    """latest.json is the newest result of the version that answers, and latest.html the page of all versions; or those of a run that knew
    more."""
    live = histories.get(watched.live) or next(iter(histories.values()))
    stored = live.at(live.starts[-1]) if live.starts else None
    if stored is not None and not _is_newest(store, stored.result):
        return
    shown = [(history, _last(history)) for history in histories.values()]
    earlier = [result for history, some in shown for result in _earlier(watched, history, some)]
    store.write("latest.html", page(watched, [result for _, some in shown for result in some], baselines, earlier).encode())


def metrics(watched: Watched, results: Mapping[str, Result], now: float, health: exporting.Health) -> list[str]:
    """Metrics are where they go; returns what could not be done."""
    try:
        exporting.export(watched, results, now, health)
    except ModelwayError as fault:
        return [str(fault)]
    return []


def alarms(watched: Watched, history: History, starts: Iterable[int], store: Store, environ: Mapping[str, str]) -> list[str]:
    """Every receiver knows of the alarms of the windows that begin at `starts` (ascending); returns what could not be done. What a receiver
    was told is written down after it has taken it: an end in between, and it is told once more, under the same id."""
    results = [stored.result for start in starts if (stored := history.at(start)) is not None]
    faults = []
    for one in watched.told:
        to, alone = ledger.receiver(one), msgspec.structs.replace(watched, told=(one,))
        known = ledger.read(store)
        for result, alarm in ledger.pending(known, to, results):
            try:
                events.deliver(alone, ledger.only(result, [alarm]), environ)
            except ModelwayError as fault:
                faults.append(str(fault))
                break
            # What `pending` goes by from here on.
            known |= ledger.told(store, to, result, alarm)
    return faults


def in_words(result: Result) -> str:
    """One line about a result: counts and names, no value."""
    drifted: dict[str, list[Finding]] = {}
    for finding in result.findings:
        if finding.state == "drifted":
            drifted.setdefault(finding.watch, []).append(finding)
    unknown = [alarm.watch for alarm in result.alarms if alarm.state == "unknown"]
    said = [f"{watch} drifted ({_subjects(some)})" for watch, some in drifted.items()]
    raised = [alarm.watch for alarm in result.alarms if alarm.raised]
    alarm = f"; ALARM: {', '.join(raised)}" if raised else ""
    if len(unknown) == len(result.alarms):
        # Estimates may have drifted all the same; they have no vote.
        said.append("nothing is known")
    elif unknown:
        said += [] if said else ["nothing drifted"]
        said.append(f"nothing is known of {wording.listed(unknown)}")
    left_out = "" if result.counts.rows else wording.left_out(result.accounting)
    read = f" ({left_out})" if left_out else ""
    return f"{wording.counted(result.counts.rows, 'row')}{read}, {'; '.join(said) or 'nothing drifted'}{alarm}"


def _subjects(found: Sequence[Finding], most: int = 3) -> str:
    names = list(dict.fromkeys(finding.subject for finding in found))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _last(history: History) -> list[Result]:
    stored = [history.at(start) for start in history.starts[-SHOWN:]]
    return [one.result for one in stored if one is not None]


def _earlier(watched: Watched, history: History, shown: Sequence[Result]) -> list[Result]:
    """Windows before those that are shown which have the labels that none of these has yet."""
    needed = shown and watched.described.labels is not None and not any(result.labelled for result in shown)
    return labelled_before(history, shown[0].start) if needed else []


def _is_newest(store: Store, result: Result) -> bool:
    """latest.json is the result; False, and it is another run's, where that one has a newer window or a later look at the same one."""
    held = store.read("latest.json")
    if held is not None:
        try:
            there = read(held.content, "latest.json")
        except NoResult:
            there = None
        if there is not None and there.version == result.version and (there.start, there.revision) > (result.start, result.revision):
            return False
    return store.write("latest.json", written(result), only_if_new=held is None, if_etag=None if held is None else held.etag)
