"""The results of one version in a store, by window; each is read once, and when it is needed."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from modelway.monitoring.drift.result import NoResult, Result, read, written
from modelway.monitoring.drift.store import AT_ONCE, Held, Store, is_result
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
        self.damaged: dict[int, str] = {}
        """By start of its window: what is wrong with each file that is no result, as far as any was read. It stays as it is."""
        entries = store.list(f"{version}/")
        # What is not in the list is not asked for: most windows of a young version have no result.
        self._starts = sorted(start for entry in entries if is_result(entry.key) and (start := _start(entry.key)) is not None)
        changed = {entry.key: entry.modified for entry in entries}
        pages = {start: changed.get(self.key(start, "html")) for start in self._starts}
        self._unpaged = {start for start, page in pages.items() if page is None or page < changed[self.key(start)]}

    @property
    def starts(self) -> list[int]:
        """Starts of the windows that have results, ascending; without those that are found to be damaged."""
        return self._starts

    def key(self, start: int, end: str = "json") -> str:
        return f"{self.version}/{key_of(start)}.{end}"

    def at(self, start: int, *, again: bool = False) -> Stored | None:
        """The window's result, None where it has none that can be read; with `again` as somebody else may have written it since."""
        if not again and start not in self._starts:
            return None
        if again or start not in self._known:
            self._keep(start, self._store.read(self.key(start)))
        return self._known[start]

    def before(self, start: float, most: int, wanted: Callable[[Result], bool] | None = None) -> list[Result]:
        """The last results, `most` at most, of windows before that one; oldest first. With `wanted` those that it is true of, among
        the last FAR."""
        earlier_ones = [one for one in reversed(self._starts) if one < start][: most if wanted is None else FAR]
        if wanted is None:
            self._read(earlier_ones)
        found: list[Result] = []
        for earlier in earlier_ones:
            if len(found) == most:
                break
            stored = self.at(earlier)
            if stored is not None and (wanted is None or wanted(stored.result)):
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

    def _read(self, starts: Sequence[int]) -> None:
        """These are known, and were read at once: a run that begins needs a week of them."""
        unknown = [start for start in starts if start not in self._known]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for start, held in zip(unknown, pool.map(lambda start: self._store.read(self.key(start)), unknown), strict=True):
                self._keep(start, held)

    def _keep(self, start: int, held: Held | None) -> None:
        self._known[start] = None
        if held is None:
            return
        try:
            result = read(held.content, f"{self._store.address.rstrip('/')}/{self.key(start)}")
        except NoResult as fault:
            self.damaged[start] = str(fault)
            self._starts = [one for one in self._starts if one != start]
            self._unpaged.discard(start)
            return
        self._known[start] = Stored(result, held.etag)
        if start not in self._starts:
            self._starts = sorted([*self._starts, start])


def _start(key: str) -> int | None:
    return start_of(key.rpartition("/")[2].removesuffix(".json"))
