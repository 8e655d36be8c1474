"""What is wrong with a file, told so that it can be put right."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelway.errors import ModelwayError

if TYPE_CHECKING:
    from modelway.architecture.base import FieldPath


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in one place."""

    file: Path
    """File or folder."""
    line: int | None
    """From 1; None when the whole file or folder is meant."""
    column: int | None
    """From 1, in characters."""
    field: str
    """Path of the field, like endpoint.traffic.canary.percent; empty when no field is meant."""
    value: str | None
    """As it was written, shortened; None when there is none."""
    rule: str
    """What holds for the field."""
    way_out: str
    """What to do."""
    hidden: bool = False
    """Whether what stands there may be a secret, and is not to be shown."""

    def text(self, folder: Path | None = None) -> str:
        """Three lines for a person; the file is named from `folder` when it lies in it."""
        place = [self.shown_file(folder)] + [str(number) for number in (self.line, self.column) if number is not None]
        subject = self.field + (f": {self.value}" if self.field and self.value is not None else self.value or "")
        head = f"{':'.join(place)}: {subject}" if subject else ":".join(place)
        return f"{head}\n  rule: {self.rule}\n  way out: {self.way_out}"

    def shown_file(self, folder: Path | None = None) -> str:
        """The path of the file, from `folder` when it lies in it."""
        inside = folder is not None and self.file.is_absolute() and self.file.is_relative_to(folder)
        # A name may hold bytes that no terminal takes.
        return shortened(os.fspath(self.file.relative_to(folder) if folder is not None and inside else self.file), 4096)


class InvalidArchitecture(ModelwayError):
    """What the files say is no valid environment; holds every fault of every file that was read."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(
            sorted(set(faults), key=lambda fault: (fault.file, fault.line or 0, fault.column or 0, fault.field, fault.rule, fault.way_out))
        )
        super().__init__(report(self.faults))


def report(faults: Sequence[Fault], folder: Path | None = None) -> str:
    """All faults for a person, and how many there are."""
    return "\n".join([*(fault.text(folder) for fault in faults), counted(faults)])


def counted(faults: Sequence[Fault]) -> str:
    """How many faults there are, in how many files."""
    files = len({fault.file for fault in faults})
    return f"{len(faults)} fault{'s' if len(faults) != 1 else ''} in {files} file{'s' if files != 1 else ''}."


def field_text(path: "FieldPath") -> str:
    """A path as people write it: `versions."2026.10.0".image`, `metrics[0].name`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            shown = part if part.replace("-", "").replace("_", "").isalnum() else f'"{shortened(part)}"'
            text += f".{shown}" if text else shown
    return text


def shortened(text: str, limit: int = 80) -> str:
    """One line of text, without control characters, at most `limit` characters."""
    line = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[: limit + 1])
    return line if len(line) <= limit else line[: limit - 1] + "…"
