"""What a window's result is made from, and whether there is more of it than when the window was looked at."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from modelway.architecture.contract import Contract
from modelway.architecture.drift import Drift
from modelway.monitoring.drift.findings import by_labels
from modelway.monitoring.drift.labels import Labels, read
from modelway.monitoring.drift.payloads import Payload
from modelway.monitoring.drift.result import Finding, Result
from modelway.monitoring.drift.store import Entry, StoreFailure, fetched, lacking, opened
from modelway.monitoring.drift.watched import WatchedVersion
from modelway.monitoring.drift.windows import Window


@dataclass(frozen=True)
class Inputs:
    """Files of one window and version."""

    files: tuple[Payload, ...]
    labels: tuple[Entry, ...] | None
    """None while labels of the window are not due, and where none are needed."""

    @property
    def digest(self) -> str:
        """sha256 over names and sizes of the files."""
        lines = sorted(f"payload {one.entry.size} {one.entry.key}\n" for one in self.files)
        lines += ["labels\n", *sorted(f"label {entry.size} {entry.key}\n" for entry in self.labels)] if self.labels is not None else []
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of the payloads."""
        return sum(one.entry.size for one in self.files)

    @property
    def span(self) -> tuple[float, float]:
        """First and last time that rows of the files can be of."""
        return min((one.first for one in self.files), default=0.0), max((one.last for one in self.files), default=0.0)

    def grown(self, since: Result) -> bool:
        """Whether there are more payloads. Fewer there are once the bucket has let old ones go, and what was found in them stands."""
        return len(self.files) > since.accounting.files or self.size > since.held

    def lost(self, since: Result) -> bool:
        """Whether payloads have gone."""
        return len(self.files) < since.accounting.files or self.size < since.held


def settings(drift: dict[str, object], version: WatchedVersion) -> str:
    """sha256 over how windows of the version are looked at: what is watched, its contract, and its baseline."""
    asked = msgspec.json.encode((drift, version.contract, version.digest), order="deterministic")
    return hashlib.sha256(asked).hexdigest()


def after_loss(drift: Drift, before: Result, files: int, now: float) -> Result:
    """What was said of a window stands where only so many of its files are left; what labels say of rows that are gone is not known."""
    late = by_labels(drift)
    kept = [finding for finding in before.findings if finding.watch not in late]
    why = f"of the window's {before.accounting.files} files {files} are left: payloads are kept for a shorter time than labels take"
    if drift.concept is not None:
        kept.append(Finding("concept", drift.concept.metric, drift.concept.metric, "unknown", 0, why))
    if drift.parity is not None and "parity" in late:
        kept.append(Finding("parity", drift.parity.group, drift.parity.metric, "unknown", 0, why))
    return msgspec.structs.replace(before, findings=tuple(kept), labelled=True, made=int(now))


class DueLabels:
    """The labels that the windows of one run need: their files are listed and read once, and only if they are needed."""

    def __init__(self, drift: Drift, elsewhere: str | None, lateness: int, now: float, folder: Path) -> None:
        """`elsewhere`: where labels are if it is not where `drift` says."""
        declared = drift.labels if by_labels(drift) else None
        self.delay = None if declared is None else int(declared.delay.seconds)
        """Seconds; None where no labels are needed."""
        self.address = "" if declared is None else elsewhere or declared.source
        self._lateness, self._now, self._folder = lateness, now, folder
        self._files: list[Entry] | None = None
        self._group = drift.parity.group if drift.parity is not None else None
        self._read: dict[tuple[str | None, tuple[Entry, ...]], Labels] = {}

    def files(self, window: Window) -> tuple[Entry, ...] | None:
        """Files that can have labels of the window: all that were changed since it began. None while its labels are not due. Raises
        StoreFailure."""
        if self.delay is None or window.end + self.delay + self._lateness > self._now:
            return None
        if self._files is None:
            if (lacks := lacking(self.address)) is not None:
                raise StoreFailure(f"{self.address}: {lacks}, and labels are due. Correct where they are, or make the folder.")
            self._files = opened(self.address).list()
        return tuple(entry for entry in self._files if entry.modified >= window.start)

    @property
    def none(self) -> bool:
        """Whether labels were due, and there is not one file of them."""
        return self._files == []

    def read(self, files: Sequence[Entry] | None, contract: Contract) -> Labels | None:
        """What these files say, in `label` or the contract's column of labels; None for None."""
        if files is None:
            return None
        from modelway.monitoring.drift.answers import NotSaid, label_column

        try:
            column: str | None = label_column(contract, self._group)
        except NotSaid:
            column = None
        wanted = column, tuple(files)
        if wanted not in self._read:
            self._folder.mkdir(parents=True, exist_ok=True)
            local = fetched(opened(self.address), [entry.key for entry in files], self._folder)
            # Windows of one run need much the same ones; two sets at once would be twice the memory.
            self._read = {wanted: read(list(local.values()), column)}
        return self._read[wanted]
