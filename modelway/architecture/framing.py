"""A fault in its surroundings: the line before it, its own line, and a mark below what is meant."""

import re
from dataclasses import dataclass
from pathlib import Path
from unicodedata import category, east_asian_width

from modelway.architecture.faults import Fault
from modelway.architecture.reading import LIMIT
from modelway.redaction import blotted

WIDTH = 100
"""Most cells of a terminal that a line of the file takes; of a longer one the part around the fault is shown."""

TAB = 4
"""Cells up to the next of which a tab reaches."""

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a line in YAML 1.1, which the parser counts by."""
_WORD = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|[^\s,{}\[\]]+?(?=:?(?:[\s,{}\[\]]|$))")
"""A name or a value, without what follows it."""


@dataclass(frozen=True)
class Frame:
    """Lines to print one below the other."""

    before: str
    """The line before the fault's own, with its number; empty when there is none."""
    line: str
    mark: str
    """Blanks, then a ^ below each cell of what is meant."""


class Frames:
    """Makes frames; reads each file once."""

    def __init__(self) -> None:
        self._lines: dict[Path, list[str]] = {}

    def of(self, fault: Fault) -> Frame | None:
        """The surroundings of a fault; None when it is about no line of a file that can be read."""
        if fault.line is None or fault.column is None:
            return None
        if fault.file not in self._lines:
            self._lines[fault.file] = _lines(fault.file)
        lines = self._lines[fault.file]
        if fault.hidden and fault.line <= len(lines):
            text = lines[fault.line - 1]
            lines = [*lines]
            end = fault.column - 1 + _length(text[fault.column - 1 :], "")
            lines[fault.line - 1] = text[: fault.column - 1] + "•" * (end - fault.column + 1) + text[end:]
        return frame(lines, fault.line, fault.column, fault.value or "") if fault.line <= len(lines) else None


def frame(lines: list[str], line: int, column: int, value: str = "") -> Frame:
    """The frame of a place in a file; what is meant is `value` when it stands there, else the name or value that does."""
    text = lines[line - 1]
    cells = _cells(text)
    first = sum(width for _, width in cells[: column - 1])
    length = max(1, sum(width for _, width in cells[column - 1 : column - 1 + _length(text[column - 1 :], value)]))
    start = 0
    if sum(width for _, width in cells) > WIDTH:
        # A third of the width before the fault, the rest for itself and what follows.
        start = max(0, first - WIDTH // 3)
    number = len(str(line))
    shown = _part(cells, start)
    length = min(length, max(1, WIDTH - (first - start)))
    return Frame(
        f"{line - 1:>{number}} | {_part(_cells(lines[line - 2]), start)}".rstrip() if line > 1 else "",
        f"{line} | {shown}".rstrip(),
        f"{'':>{number}} | {' ' * (first - start)}{'^' * length}",
    )


def _lines(file: Path) -> list[str]:
    try:
        with file.open("rb") as stream:
            return [blotted(line) for line in _BREAK.split(stream.read(LIMIT).decode("utf-8", "replace"))]
    except OSError:
        return []


def _length(text: str, value: str) -> int:
    """How many characters at the start of a text are what is meant."""
    if value and text.startswith(value):
        return len(value)
    word = _WORD.match(text)
    return len(word[0]) if word else 1


def _cells(text: str) -> list[tuple[str, int]]:
    """What is shown of each character, and how many cells it takes."""
    cells: list[tuple[str, int]] = []
    position = 0
    for character in text:
        if character == "\t":
            width = TAB - position % TAB
            shown = " " * width
        elif category(character) in ("Mn", "Me"):
            width, shown = 0, character
        else:
            shown = character if character.isprintable() else "\N{REPLACEMENT CHARACTER}"
            width = 2 if east_asian_width(shown) in "WF" else 1
        cells.append((shown, width))
        position += width
    return cells


def _part(cells: list[tuple[str, int]], start: int) -> str:
    """The cells from `start` on, as many as are shown; a `…` stands for what is left out before and behind."""
    # A sign takes the place of the first cell.
    shown, begin = ("…", start + 1) if start else ("", 0)
    position = 0
    for text, width in cells:
        end = position + width
        if end > start + WIDTH:
            return f"{shown}…"
        # Never half a character.
        shown += text if position >= begin else " " * max(0, end - begin)
        position = end
    return shown if position > start else ""
