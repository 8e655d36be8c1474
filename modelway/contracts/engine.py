"""DuckDB, locked down: it reads the named files, and nothing else of this machine or of a network."""

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

MEMORY = "1GB"
THREADS = 2
INTERVAL = 0.5
"""Seconds between two looks at how far a query is."""

Progress = Callable[[float], None]
"""Told now and then what share of a query is done, 0 to 1."""

Row = tuple[object, ...]


class CannotRead(Exception):
    """What DuckDB could not do, without the lines of data that its own messages quote."""

    def __init__(self, what: str, *, undecided: bool = False) -> None:
        super().__init__(what)
        self.undecided = undecided


class Engine:
    """Answers queries about files, which it knows as `link(number)`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, links: Sequence[str], progress: Progress | None) -> None:
        self._connection = connection
        self._links = links
        self._progress = progress

    def link(self, file: int) -> str:
        """The file as SQL names it, in quotes."""
        return quoted(self._links[file])

    @property
    def links(self) -> list[str]:
        """All files as SQL names them."""
        return [quoted(link) for link in self._links]

    def position(self, link: str) -> int:
        """The file that a link leads to."""
        return self._links.index(link)

    def rows(self, query: str) -> list[Row]:
        """What a query gives. Raises CannotRead."""
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(done,), daemon=True) if self._progress else None
        if watcher:
            watcher.start()
        try:
            return self._connection.execute(query).fetchall()
        except duckdb.Error as error:
            raise _explained(error) from None
        finally:
            done.set()
            if watcher:
                watcher.join()

    def _watch(self, done: threading.Event) -> None:
        while not done.wait(INTERVAL):
            share = self._connection.query_progress()
            if self._progress and share >= 0:
                self._progress(share / 100)


@contextmanager
def opened(files: Sequence[Path], progress: Progress | None = None, *, writable: Path | None = None) -> Iterator[Engine]:
    """An engine for these files. What does not fit into its memory it keeps in a folder of its own, which goes with it. It writes into the
    folder `writable`, and nowhere else."""
    with tempfile.TemporaryDirectory(prefix="modelway-check-") as made:
        folder = Path(made)
        # Links, because DuckDB takes *, ? and [ in a path for a pattern, and would read another file.
        links = [folder / f"{number}{_ending(file)}" for number, file in enumerate(files)]
        for link, file in zip(links, files, strict=True):
            link.symlink_to(file.resolve())
        spill = folder / "spill"
        spill.mkdir()
        with duckdb.connect(":memory:", config=_settings(str(spill))) as connection:
            # NaN stands in no statistics of a Parquet file (github.com/apache/parquet-format, parquet.thrift, ColumnOrder), so that who
            # believes them finds all values of a column that has one within its range.
            connection.execute("SET disabled_optimizers = 'statistics_propagation,filter_pushdown'")
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
            connection.execute(f"SET allowed_paths = [{', '.join(quoted(str(file.resolve())) for file in files)}]")
            if writable is not None:
                connection.execute(f"SET allowed_directories = [{quoted(str(writable.resolve()))}]")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            yield Engine(connection, [str(link) for link in links], progress)


def _ending(file: Path) -> str:
    """What tells DuckDB how a file is compressed."""
    return file.suffix.lower() if file.suffix.lower() in (".gz", ".zst") else ""


def _settings(spill: str) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "memory_limit": MEMORY,
        "threads": str(THREADS),
        "temp_directory": spill,
    }


def quoted(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def _explained(error: duckdb.Error) -> CannotRead:
    """The same without what it quotes: its messages hold lines of the file."""
    text = str(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        return CannotRead(f"needs more than the {MEMORY} of memory that a check may take", undecided=True)
    if "Parquet" in text or "magic bytes" in text or "thrift" in text.lower():
        return CannotRead("is not a Parquet file, or is damaged")
    if any(word in text.upper() for word in ("GZIP", "ZSTD", "DECOMPRESS", "DATA CORRUPTION", "FRAME DESCRIPTOR")):
        return CannotRead("is compressed in another way than its name says, or damaged")
    if "state machine reached an invalid state" in text:
        # What it does for lines of several ends, unless it may take an open quote for closed.
        return CannotRead("has lines that end in different ways (CRLF, LF or CR): write all of them with one, as by `sed -i 's/\\r$//'`")
    return CannotRead(f"cannot be read; DuckDB calls it {type(error).__name__}", undecided=True)
