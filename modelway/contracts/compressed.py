"""Whether a file is compressed as its name says, and whole: DuckDB reads a Zstandard file that was cut as if it ended there."""

from pathlib import Path
from typing import BinaryIO

GZIP = b"\x1f\x8b"
ZSTANDARD = b"\x28\xb5\x2f\xfd"
_SKIPPED = range(0x184D2A50, 0x184D2A60)
"""Magic numbers of frames that hold no data (rfc-editor.org/rfc/rfc8878, section 3.1.2)."""
_REPEATED, _RESERVED = 1, 3
"""Types of blocks (section 3.1.1.2.2)."""


def is_damaged(file: Path) -> bool:
    """Whether a file that ends in .gz or .zst is something else, or ends before its data do. Only the frames of .zst are looked at; DuckDB
    tells of .gz that it was cut."""
    with file.open("rb") as opened:
        if file.suffix.lower() == ".gz":
            return opened.read(2) != GZIP
        try:
            while start := opened.read(4):
                _pass_frame(opened, start)
        except _Cut:
            return True
        return False


class _Cut(Exception):
    pass


def _pass_frame(opened: BinaryIO, start: bytes) -> None:
    if int.from_bytes(start, "little") in _SKIPPED:
        _pass(opened, _number(opened, 4))
        return
    if start != ZSTANDARD:
        raise _Cut
    # Section 3.1.1.1: how long the rest of the header is stands in its first byte.
    described = _number(opened, 1)
    single = described >> 5 & 1
    _pass(opened, (1 - single) + (0, 1, 2, 4)[described & 3] + (single, 2, 4, 8)[described >> 6])
    last = False
    while not last:
        block = _number(opened, 3)
        last, kind = bool(block & 1), block >> 1 & 3
        if kind == _RESERVED:
            raise _Cut
        _pass(opened, 1 if kind == _REPEATED else block >> 3)
    _pass(opened, 4 * (described >> 2 & 1))


def _number(opened: BinaryIO, length: int) -> int:
    read = opened.read(length)
    if len(read) < length:
        raise _Cut
    return int.from_bytes(read, "little")


def _pass(opened: BinaryIO, length: int) -> None:
    if length:
        opened.seek(length - 1, 1)
        _number(opened, 1)
