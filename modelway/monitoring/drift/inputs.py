"""What a window's result is made from, and whether there is more of it than when the window was looked at."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelway.architecture.drift import Drift
from modelway.monitoring.drift.findings import by_labels
from modelway.monitoring.drift.labels import Labels, read
from modelway.monitoring.drift.payloads import Payload
from modelway.monitoring.drift.result import Result
from modelway.monitoring.drift.store import Entry, fetched, opened
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


class DueLabels:
    """The labels that the windows of one run need: their files are listed and read once, and only if they are needed."""

    def __init__(self, drift: Drift, elsewhere: str | None, lateness: int, now: float, folder: Path) -> None:
        """`elsewhere`: where labels are if it is not where `drift` says."""
        declared = drift.labels if by_labels(drift) else None
        self.delay = None if declared is None else int(declared.delay.seconds)
        """Seconds; None where no labels are needed."""
        self._address = "" if declared is None else elsewhere or declared.source
        self._lateness, self._now, self._folder = lateness, now, folder
        self._files: list[Entry] | None = None
        self._read: dict[tuple[Entry, ...], Labels] = {}

    def files(self, window: Window) -> tuple[Entry, ...] | None:
        """Files that can have labels of the window: all that were changed since it began. None while its labels are not due."""
        if self.delay is None or window.end + self.delay + self._lateness > self._now:
            return None
        if self._files is None:
            self._files = opened(self._address).list()
        return tuple(entry for entry in self._files if entry.modified >= window.start)

    def read(self, files: Sequence[Entry] | None) -> Labels | None:
        """What these files say; None for None."""
        if files is None:
            return None
        wanted = tuple(files)
        if wanted not in self._read:
            self._folder.mkdir(parents=True, exist_ok=True)
            local = fetched(opened(self._address), [entry.key for entry in wanted], self._folder)
            # Windows of one run need much the same ones; two sets at once would be twice the memory.
            self._read = {wanted: read(list(local.values()))}
        return self._read[wanted]
