"""Lines of files that anybody may have written: packed or not, cut off or not, and never more of them in memory than one line."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

GZIP = b"\x1f\x8b"
MOST_UNPACKED = 8 << 30
"""Bytes that a packed file may have once it is unpacked."""
UNSUSPICIOUS = 256 << 20
"""Bytes up to which nobody asks how much smaller it was packed."""
MOST_RATIO = 200
"""How many times larger it may become beyond that: logs become 5 to 30 times larger, and a bomb a thousand times."""
MOST_LINE = 32 << 20
"""Bytes of the longest line that is read; longer ones are no records."""
_MOST_PACKED = 1032
"""gzip makes nothing smaller than by this factor (zlib.net/zlib_tech.html)."""
_CHUNK = 1 << 20

CANNOT_UNPACK = (EOFError, zlib.error, gzip.BadGzipFile)


class TooLarge(Exception):
    """A file that becomes larger than a file may."""


class Damaged(Exception):
    """A file that ends before its data do; what came before has been given."""


def is_packed(path: Path) -> bool:
    """Whether it is gzip: by its first bytes, for stores keep it under any name."""
    with path.open("rb") as file:
        return file.read(2) == GZIP


class Unpacked(io.RawIOBase):
    """The content of a packed file. Where that breaks off it ends, and was cut."""

    def __init__(self, path: Path) -> None:
        self._stream = gzip.GzipFile(path, "rb")
        self.was_cut = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer)
        try:
            content = b"" if self.was_cut else self._stream.read1(len(view))
        except CANNOT_UNPACK:
            self.was_cut, content = True, b""
        view[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._stream.close()
        super().close()


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """The file's content, as a stream. Raises TooLarge before anything of it is read, and Damaged after the end of a packed file that was
    cut off."""
    if not is_packed(path):
        with path.open("rb") as file:
            yield file
        return
    _measure(path)
    with Unpacked(path) as raw:
        yield io.BufferedReader(raw)
        if raw.was_cut:
            raise Damaged


def lines(path: Path) -> Iterator[bytes | None]:
    """Each line that is not blank, without its end; None for one that is too long. Raises TooLarge at once, and Damaged at the end for a
    packed file that was cut off."""
    with unpacked(path) as stream:
        first = True
        while line := stream.readline(MOST_LINE):
            whole = len(line) < MOST_LINE or line.endswith(b"\n")
            if not whole:
                _skip(stream)
            if first:
                line, first = line.removeprefix(b"\xef\xbb\xbf"), False
            if not whole:
                yield None
            elif stripped := line.strip():
                yield stripped


def ends_with_a_line(path: Path) -> bool:
    """Whether the last line of a file that is not packed was written to its end."""
    with path.open("rb") as file:
        if not file.seek(0, 2):
            return True
        file.seek(-1, 2)
        return file.read(1) == b"\n"


def _skip(stream: BinaryIO) -> None:
    while (rest := stream.readline(_CHUNK)) and not rest.endswith(b"\n"):
        pass


def _measure(path: Path) -> None:
    size = path.stat().st_size
    if size * _MOST_PACKED <= UNSUSPICIOUS:
        return
    found = 0
    with gzip.open(path, "rb") as stream:
        try:
            while chunk := stream.read(_CHUNK):
                found += len(chunk)
                if found > MOST_UNPACKED or found > max(UNSUSPICIOUS, size * MOST_RATIO):
                    raise TooLarge
        except CANNOT_UNPACK:
            return
