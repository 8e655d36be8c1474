"""The results of one version in a store, by window; each is read once, and when it is needed."""

from collections.abc import Callable
from dataclasses import dataclass

from modelway.monitoring.drift.result import Result, read, written
from modelway.monitoring.drift.store import Store, is_result
from modelway.monitoring.drift.windows import key_of, start_of

FAR = 60
"""Windows that are searched backwards for some that are wanted: each is a call to the store."""


@dataclass(frozen=True)
class Stored:
    """A result as it stands in the store."""

    result: Result
    etag: str


class History:
    """What is known of a version's windows."""

    def __init__(self, store: Store, version: str) -> None:
        self.version = version
        self._store = store
        self._known: dict[int, Stored | None] = {}
        entries = store.list(f"{version}/")
        # What is not in the list is not asked for: most windows of a young version have no result.
        self._starts = sorted(start for entry in entries if is_result(entry.key) and (start := _start(entry.key)) is not None)
        changed = {entry.key: entry.modified for entry in entries}
        pages = {start: changed.get(self.key(start, "html")) for start in self._starts}
        self._unpaged = {start for start, page in pages.items() if page is None or page < changed[self.key(start)]}

    @property
    def starts(self) -> list[int]:
        """Starts of the windows that have results, ascending."""
        return self._starts

    def key(self, start: int, end: str = "json") -> str:
        return f"{self.version}/{key_of(start)}.{end}"

    def at(self, start: int, *, again: bool = False) -> Stored | None:
        """The window's result, None where it has none; with `again` as somebody else may have written it since. Raises NoResult."""
        if not again and start not in self._starts:
            return None
        if again or start not in self._known:
            key = self.key(start)
            held = self._store.read(key)
            self._known[start] = None if held is None else Stored(read(held.content, f"{self._store.address.rstrip('/')}/{key}"), held.etag)
            if held is not None and start not in self._starts:
                self._starts = sorted([*self._starts, start])
        return self._known[start]

    def before(self, start: float, most: int, wanted: Callable[[Result], bool] = lambda _: True) -> list[Result]:
        """The last results, `most` at most, of windows before that one which are `wanted`; oldest first."""
        found: list[Result] = []
        for earlier in [one for one in reversed(self._starts) if one < start][:FAR]:
            if len(found) == most:
                break
            stored = self.at(earlier)
            if stored is not None and wanted(stored.result):
                found.append(stored.result)
        return found[::-1]

    def write(self, result: Result, instead_of: Stored | None) -> bool:
        """The store holds the result, in the place of another one or of none; False where somebody else was quicker."""
        etag = None if instead_of is None else instead_of.etag
        done = self._store.write(self.key(result.start), written(result), only_if_new=instead_of is None, if_etag=etag)
        self.at(result.start, again=True)
        if done:
            self._unpaged.add(result.start)
        return done

    def unpaged(self) -> list[int]:
        """Starts of the windows whose page is not there, or is older than their result; ascending."""
        return sorted(self._unpaged)

    def paged(self, start: int, page: str) -> None:
        """The window has that page."""
        self._store.write(self.key(start, "html"), page.encode())
        self._unpaged.discard(start)


def _start(key: str) -> int | None:
    return start_of(key.rpartition("/")[2].removesuffix(".json"))
