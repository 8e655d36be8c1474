"""The job that looks at windows: what is due is fetched, counted, compared, written, and told. It may be ended at any moment, and run twice
at once: a result is written whole, or not, by one of them; and what a run did not get to, the next one does."""

import os
import shutil
import tempfile
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import msgspec

from modelway.errors import ModelwayError, WrongUsage
from modelway.monitoring.drift import baseline as baselines
from modelway.monitoring.drift import logs, looking, matching, payloads, telling, voting
from modelway.monitoring.drift.budget import votes_of
from modelway.monitoring.drift.exporting import Health
from modelway.monitoring.drift.findings import BEFORE, Said, Version, said, unsaid
from modelway.monitoring.drift.history import History, Stored
from modelway.monitoring.drift.inputs import DueLabels, Inputs, after_loss, settings
from modelway.monitoring.drift.payloads import Payload
from modelway.monitoring.drift.result import SCHEMA, Result
from modelway.monitoring.drift.store import Entry, StoreFailure, content, fetched, lacking, local_path, opened
from modelway.monitoring.drift.watched import Watched, WatchedVersion
from modelway.monitoring.drift.windows import CATCH_UP, Window, due, shown
from modelway.monitoring.drift.wording import counted, left_out

LATENESS = 900
"""Seconds, where none are declared."""
MINIMUM = 500
"""Rows, where neither the model nor its environment says."""
ATTEMPTS = 10
"""Of writing a result that others write too."""


class NothingToSay(ModelwayError):
    """A run that cannot say anything."""


@dataclass(frozen=True)
class Ran:
    """What a run did."""

    results: tuple[Result, ...]
    """Those that it wrote, in the order that it wrote them."""
    standing: Mapping[str, Result]
    """By version, what stands now."""
    faults: tuple[str, ...]
    """What could not be done though the rest was; the next run tries again."""
    asked: tuple[Result, ...] = ()
    """What stands of the windows that were named, by version and time; nothing where none were."""


def run(watched: Watched, *, now: float, windows: Sequence[Window] | None = None, progress: Callable[[str], None]) -> Ran:
    """Every due window of every version has its result, as far as payloads are there for it; pages, metrics and events follow from these.

    Looked at are the last CATCH_UP windows whose lateness has passed, or `windows`; of those each that has no result, or more files than
    when it was looked at, or labels that have become due since; or, of `windows`, that was looked at under other settings. Raises
    NothingToSay where no version has a baseline that can be used; StoreFailure; and WrongUsage for windows that are not over yet, and for
    a folder of payloads that is not there.
    """
    with tempfile.TemporaryDirectory(prefix="modelway-drift-") as folder:
        return _Run(watched, now, progress, Path(folder), windows).run()


@dataclass(frozen=True)
class _Looked:
    """One window of one version, to be looked at."""

    version: Version
    window: Window
    inputs: Inputs
    stored: Stored | None

    def of_these(self, keys: Container[str]) -> "_Looked":
        """With those of its payloads alone: what is gone was not looked at."""
        return replace(self, inputs=replace(self.inputs, files=tuple(one for one in self.inputs.files if one.entry.key in keys)))


class _Run:
    def __init__(self, watched: Watched, now: float, progress: Callable[[str], None], folder: Path, named: Sequence[Window] | None) -> None:
        self._watched, self._now, self._progress, self._folder, self._named = watched, now, progress, folder, named
        self._drift = watched.described
        if self._drift.window is None:
            raise NothingToSay(f"drift of {watched.endpoint} has no window: neither the model nor its environment says how long one is.")
        self._length = int(self._drift.window.seconds)
        self._lateness = int(self._drift.lateness.seconds) if self._drift.lateness is not None else LATENESS
        if (lacks := lacking(watched.payloads)) is not None:
            raise WrongUsage(f"payloads: {watched.payloads}: {lacks}. Correct where requests and answers are kept, or make the folder.")
        self._payloads, self._results = opened(watched.payloads), opened(watched.results)
        self._faults: list[str] = []
        self._without_labels = False
        self._written: list[Result] = []
        self._settings = {one.version: settings(watched.drift, one) for one in watched.versions}
        self._versions = self._usable()
        self._histories = {version.version: History(self._results, version.version) for version in self._versions}
        self._labels = DueLabels(self._drift, watched.labels, self._lateness, now, folder / "labels")
        self._first = 0

    def run(self) -> Ran:
        windows = self._due()
        labelled = [] if self._named is not None else self._labelled(windows)
        # Two lists: what lies between is nobody's business.
        files = {one.entry.key: one for some in (labelled, windows) for one in self._found(some)}
        if not files:
            self._progress(f"{self._payloads.address} has no file that can have rows of these windows")
        # What is new first: whatever may be with the labels, data are looked at.
        ordered = [*windows, *labelled]
        self._first = windows[0].start
        for number, window in enumerate(ordered):
            self._look(window, [one for one in files.values() if one.can_hold(window)], newest=window == windows[-1])
            self._forget([one for one in files.values() if not any(map(one.can_hold, ordered[number + 1 :]))])
        self._say_what_stands(ordered)
        return self._told(sorted(window.start for window in ordered))

    def _usable(self) -> list[Version]:
        """Versions with their baselines; those without one that can be used are left out, and told."""
        found = []
        for one in self._watched.versions:
            try:
                found.append(self._version(one))
            except ModelwayError as fault:
                self._faults.append(f"version {one.version} is not looked at: {fault}")
        if not found:
            raise NothingToSay("\n".join(self._faults) or f"{self._watched.endpoint} has no version to look at.")
        return found

    def _version(self, one: WatchedVersion) -> Version:
        held = content(one.baseline)
        if held is None:
            raise NothingToSay(f"there is no baseline {one.baseline}. Make it with `modelway drift baseline`, and publish it.")
        known = baselines.read(held, one.baseline, digest=one.digest, model=self._watched.endpoint, version=one.version)
        contract, minimum = self._watched.contract(one.version), self._drift.minimum_sample or MINIMUM
        matching.check(known, one.baseline, self._drift, contract, self._length)
        if lacks := looking.absent(known, self._drift, contract):
            names = ", ".join(lacks)
            self._fail(
                f"version {one.version}: {one.baseline} does not have {names}, which is to be watched. Make it again, and publish it."
            )
        return Version(one.version, contract, known, one.digest, self._drift, minimum)

    def _due(self) -> list[Window]:
        if self._named is None:
            windows = due(self._now, self._length, self._lateness)
            for history in self._histories.values():
                self._say_what_is_left_out(history, windows[0])
            return windows
        for window in self._named:
            if window.end + self._lateness > self._now:
                when = shown(window.end + self._lateness)
                raise WrongUsage(f"--window {window}: its requests may arrive until {when}, and it is {shown(self._now)}. Wait until then.")
        return list(self._named)

    def _say_what_is_left_out(self, history: History, first: Window) -> None:
        last = max((start for start in history.starts if start < first.start), default=None)
        if last is not None and last + self._length < first.start and not any(start >= first.start for start in history.starts):
            gap = Window(last + self._length, first.start)
            many = (gap.end - gap.start) // self._length
            self._progress(f"{history.version}: {many} windows are too long ago for one run; look at them with --window {gap}")

    def _say_what_stands(self, windows: Sequence[Window]) -> None:
        if self._labels.none:
            self._progress(f"{self._labels.address} has no file of labels, and labels are due")
        for version, history in self._histories.items():
            found = [stored.result for one in sorted(windows) if (stored := history.at(one.start)) is not None]
            otherwise = [result for result in found if result.settings != self._settings[version]]
            if otherwise and self._named is None:
                many, again = counted(len(otherwise), "result"), Window(otherwise[0].start, otherwise[-1].end)
                self._progress(f"{version}: {many} of other settings or another baseline stand; look again with --window {again}")

    def _labelled(self, windows: Sequence[Window]) -> list[Window]:
        """Windows before these whose labels have become due; what else is to be said of them is known already."""
        delay = self._labels.delay
        if delay is None:
            return []
        earlier = [window for window in due(self._now - delay, self._length, self._lateness) if window.start < windows[0].start]
        return [window for window in earlier if any(self._waits(history, window) for history in self._histories.values())]

    def _waits(self, history: History, window: Window) -> bool:
        stored = history.at(window.start)
        return stored is not None and not stored.result.labelled

    def _found(self, windows: Sequence[Window]) -> list[Payload]:
        versions = [one.version for one in self._watched.versions]
        return payloads.found(self._payloads, windows, self._lateness, versions, any_age=self._named is not None)

    def _look(self, window: Window, files: Sequence[Payload], *, newest: bool) -> None:
        """The window has its results."""
        wanted = self._wanted(window, files, self._label_files(window), newest=newest)
        if not all(map(self._readable, wanted)):
            wanted = self._wanted(window, files, None, newest=newest)
        if not wanted:
            return
        keys = sorted({file.entry.key for one in wanted for file in one.inputs.files})
        local = fetched(self._payloads, keys, self._folder / "payloads")
        if gone := len(keys) - len(local):
            self._progress(f"{window}: {counted(gone, 'file')} went away before this run had read them")
            wanted = [one.of_these(local) for one in wanted]
        tables = self._folder / "tables"
        tables.mkdir()
        try:
            rows = self._read(window, list(local.values()), tables)
            for one in wanted:
                self._write(one, rows, newest=newest)
        finally:
            shutil.rmtree(tables)

    def _read(self, window: Window, files: Sequence[Path], tables: Path) -> logs.Rows | str:
        """Their rows, or why there are none: a window that is too large ends no run, or it would end every one."""
        try:
            rows = logs.read(files, self._watched, tables, now=self._now)
        except (ModelwayError, duckdb.Error) as fault:
            return _words(fault)
        if not rows.accounting.rows and (why := left_out(rows.accounting)):
            many = counted(rows.accounting.files, "file")
            self._fail(f"{window}: not one row could be read of {many} in {self._payloads.address}: {why}.")
        return rows

    def _wanted(self, window: Window, files: Sequence[Payload], labels: tuple[Entry, ...] | None, *, newest: bool) -> list[_Looked]:
        versions, found = [one.version for one in self._watched.versions], []
        for version in self._versions:
            inputs = Inputs(tuple(payloads.of_version(files, version.version, versions)), labels)
            one = _Looked(version, window, inputs, self._histories[version.version].at(window.start))
            if self._is_wanted(one, newest=newest):
                found.append(one)
            elif self._named is not None and one.stored is not None and inputs.lost(one.stored.result):
                self._progress(f"{window} {version.version}: less of its payloads is left than when it was looked at, so that stands")
        return found

    def _label_files(self, window: Window) -> tuple[Entry, ...] | None:
        """None where they are not due, or cannot be had: that hinders nothing else, and is told."""
        try:
            return self._labels.files(window)
        except StoreFailure as fault:
            self._without_labels = True
            self._fail(str(fault))
            return None

    def _readable(self, one: _Looked) -> bool:
        try:
            self._labels.read(one.inputs.labels, one.version.contract)
        except StoreFailure as fault:
            self._without_labels = True
            self._fail(str(fault))
            return False
        return True

    def _fail(self, fault: str) -> None:
        if fault not in self._faults:
            self._faults.append(fault)

    def _is_wanted(self, one: _Looked, *, newest: bool) -> bool:
        """Whether a window is looked at: see `run`."""
        history, inputs = self._histories[one.version.version], one.inputs
        if one.window.start in history.damaged:
            return False
        if one.stored is not None:
            before = one.stored.result
            due_now = inputs.labels is not None and not before.labelled
            # A window that is named is looked at also for files that have another name by now, for labels that came late, and for other
            # settings: one changed setting is no reason to look at two days of hours again by itself.
            other = inputs.digest != before.inputs or self._settings[one.version.version] != before.settings
            others = self._named is not None and other and not inputs.lost(before)
            return due_now or others or inputs.grown(before)
        # A version that is new begins with its first rows: nobody wants to read that there were none before it was there.
        return self._counts_empty(history, one.window, newest=newest) or bool(inputs.files)

    def _counts_empty(self, history: History, window: Window, *, newest: bool) -> bool:
        """Whether the window has a result also without rows: it is named, or the version was looked at before, among the windows that this
        run looks at, or not among these and this is the newest: else what was before a pause would stand for ever."""
        begun = any(self._first <= start < window.start for start in history.starts)
        return self._named is not None or begun or (newest and not any(start >= self._first for start in history.starts))

    def _write(self, one: _Looked, rows: logs.Rows | str, *, newest: bool) -> None:
        """The window has its result: this one, or that of a run which knew as much. What cannot be read is unknown, and what was said of
        it before stands."""
        try:
            made = self._made(one, rows, newest=newest)
        except StoreFailure:
            raise
        except (ModelwayError, duckdb.Error) as fault:
            made = self._without_rows(one, _words(fault))
        if made is not None:
            self._keep(one, made, newest=newest)

    def _made(self, one: _Looked, rows: logs.Rows | str, *, newest: bool) -> Result | None:
        history, window, stored = self._histories[one.version.version], one.window, one.stored
        if stored is not None and one.inputs.lost(stored.result) and not one.inputs.grown(stored.result):
            return after_loss(self._drift, stored.result, len(one.inputs.files), self._now)
        if isinstance(rows, str):
            return self._without_rows(one, rows)
        before, labels = history.before(window.start, BEFORE), self._labels.read(one.inputs.labels, one.version.contract)
        tables = rows.tables.get(one.version.version, ())
        found = said(one.version, tables, rows.accounting, window, one.inputs.span, before=before, labels=labels, now=self._now)
        if stored is None and not found.counts.rows and not self._counts_empty(history, window, newest=newest):
            return None
        return self._result(one, found)

    def _without_rows(self, one: _Looked, why: str) -> Result | None:
        self._fail(f"{one.window} of version {one.version.version} could not be read: {why}")
        if one.stored is not None:
            return None
        # No digest: whoever names the window has it read again.
        return msgspec.structs.replace(self._result(one, unsaid(one.version, one.window)), inputs="")

    def _keep(self, one: _Looked, made: Result, *, newest: bool) -> None:
        history, window, stored = self._histories[one.version.version], one.window, one.stored
        for _ in range(ATTEMPTS):
            revision = 1 if stored is None else stored.result.revision + 1
            late = 0 if stored is None else stored.result.accounting.late + max(0, made.counts.rows - stored.result.counts.rows)
            accounting = msgspec.structs.replace(made.accounting, late=late)
            made = msgspec.structs.replace(made, revision=revision, accounting=accounting)
            made = msgspec.structs.replace(made, alarms=voting.alarms(made, history, *votes_of(self._drift)))
            if history.write(made, stored):
                self._written.append(made)
                again = f", looked at again ({made.revision})" if made.revision > 1 else ""
                self._progress(f"{window} {one.version.version}: {telling.in_words(made)}{again}")
                return
            stored = history.at(window.start)
            now_there = _Looked(one.version, window, one.inputs, stored)
            if stored is not None and not self._is_wanted(now_there, newest=newest):
                self._progress(f"{window} {one.version.version}: another run wrote it meanwhile")
                return
        raise StoreFailure(f"{self._results.address}{history.key(window.start)} was written by others {ATTEMPTS} times. Run again.")

    def _result(self, one: _Looked, found: Said) -> Result:
        return Result(
            schema=SCHEMA,
            environment=self._watched.environment,
            endpoint=self._watched.endpoint,
            version=one.version.version,
            start=one.window.start,
            end=one.window.end,
            revision=1,
            made=int(self._now),
            inputs=one.inputs.digest,
            baseline=one.version.digest,
            counts=found.counts,
            accounting=msgspec.structs.replace(found.accounting, files=len(one.inputs.files)),
            findings=found.findings,
            held=one.inputs.size,
            labelled=one.inputs.labels is not None,
            settings=self._settings[one.version.version],
        )

    def _forget(self, files: Sequence[Payload]) -> None:
        """Files that no further window needs take no room."""
        for one in files:
            local_path(self._folder / "payloads", one.entry.key).unlink(missing_ok=True)

    def _after(self, history: History, starts: Sequence[int]) -> Sequence[int]:
        """Windows whose alarms may have changed: those that were looked at, and after named ones all later ones."""
        return starts if self._named is None else [start for start in history.starts if start >= starts[0]]

    def _told(self, starts: Sequence[int]) -> Ran:
        """Alarms follow from all results; pages, metrics and events from these."""
        known = {version.version: version.baseline for version in self._versions}
        for history in self._histories.values():
            self._written += voting.revote(history, self._after(history, starts), self._now)
        for history in self._histories.values():
            telling.pages(self._watched, history, known)
        telling.newest(self._watched, self._histories, known, self._results)
        for history in self._histories.values():
            for fault in history.damaged.values():
                self._fail(fault)
        labelled = None if self._labels.delay is None else self._now - self._labels.delay
        found = {name: telling.standing(history, labelled) for name, history in self._histories.items()}
        standing = {name: result for name, result in found.items() if result is not None}
        # Events first: one that nobody took is a fault, of which metrics tell too; and those go whatever becomes of events.
        try:
            for history in self._histories.values():
                # What is too long ago for a run is no news.
                news = [start for start in self._after(history, starts) if start in history.starts[-CATCH_UP:]]
                self._faults += telling.alarms(self._watched, history, news, self._results, os.environ)
        except ModelwayError as fault:
            self._fail(str(fault))
        health = Health(len(self._faults), frozenset(self._histories), self._without_labels)
        self._faults += telling.metrics(self._watched, standing, self._now, health)
        named = starts if self._named is not None else ()
        asked = [stored.result for one in self._histories.values() for start in named if (stored := one.at(start)) is not None]
        return Ran(tuple(self._written), standing, tuple(self._faults), tuple(asked))


def _words(fault: Exception) -> str:
    """Of DuckDB the kind alone: its texts can have values of rows."""
    return f"DuckDB ended with {type(fault).__name__}" if isinstance(fault, duckdb.Error) else str(fault)
