"""Unpacks an archive of weights that somebody else may have made: files and folders alone, inside the folder, no more than a limit.

An archive whose digest is right can still be hostile: whoever made it said which digest is right.
"""

import errno
import gzip
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

MOST_ENTRIES = 100_000
"""Files and folders in an archive."""

LONGEST_NAME = 1024
"""Characters of a path in it."""

CHUNK = 1 << 20


class BadArchive(Exception):
    """The archive is none, is broken, or holds what no weights need. The message says which."""


def unpack(archive: Path, into: Path, most: int) -> None:
    """Every file of `archive` (.tar.gz, .tar or .zip) is in the folder `into`, `most` bytes altogether. Raises BadArchive.

    Modes, owners and times are not taken over. What was written before a fault is left to the caller.
    """
    left, seen = most, set[PurePosixPath]()
    try:
        with archive.open("rb") as file:
            zipped = zipfile.is_zipfile(file)
        for number, (name, content) in enumerate(_of_zip(archive) if zipped else _of_tar(archive)):
            if number >= MOST_ENTRIES:
                raise BadArchive(f"more than {MOST_ENTRIES} entries")
            path = _inside(name)
            if content is None:
                (into / path).mkdir(parents=True, exist_ok=True)
                continue
            if path in seen:
                raise BadArchive(f"{name!r} is there twice")
            seen.add(path)
            (into / path).parent.mkdir(parents=True, exist_ok=True)
            left = _write(content, into / path, left, most)
    except (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError) as fault:
        raise BadArchive(f"no archive that can be read: {fault}") from fault
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as fault:
        raise BadArchive(f"{fault.filename} is a file and a folder") from fault
    except OSError as fault:
        # A place in the archive that says that the next one is before its beginning.
        if fault.errno != errno.EINVAL:
            raise
        raise BadArchive(f"no archive that can be read: {fault}") from fault
    except (NotImplementedError, RuntimeError, ValueError, UnicodeError) as fault:
        # zipfile raises these for encryption and for compression that it does not know.
        raise BadArchive(f"an archive that is not read here: {fault}") from fault


def _of_tar(archive: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    with archive.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    # As a stream: entries come in the order in which they stand, and none is believed about others.
    with tarfile.open(archive, "r|gz" if packed else "r|") as opened:
        for entry in opened:
            if entry.isdir():
                yield entry.name, None
            # A sparse file says of itself that it is larger than what is there.
            elif entry.isreg() and not entry.issparse():
                yield entry.name, opened.extractfile(entry)
            else:
                raise BadArchive(f"{entry.name!r} is neither a file nor a folder")


def _of_zip(archive: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if entry.is_dir():
                yield entry.filename.rstrip("/"), None
            elif kind in (0, stat.S_IFREG):
                with opened.open(entry) as content:
                    yield entry.filename, content
            else:
                raise BadArchive(f"{entry.filename!r} is neither a file nor a folder")


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if not name or len(name) > LONGEST_NAME or "\0" in name or "\\" in name:
        raise BadArchive(f"{name[:100]!r} is not a path that is unpacked")
    if path.is_absolute() or ".." in path.parts:
        raise BadArchive(f"{name!r} leads out of the folder")
    return path


def _write(content: IO[bytes], file: Path, left: int, most: int) -> int:
    """Bytes that are left for others."""
    # `x`: nothing that is there is written to, a link least of all.
    with file.open("xb") as written:
        while chunk := content.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                raise BadArchive(f"more than {most} bytes once it is unpacked")
            written.write(chunk)
    return left
