"""Where each value of an environment comes from: which file and line set it, and what it overrode.

Asked for afterwards, of the layers that loading read anyway: who only loads pays nothing for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from modelway.architecture.base import FieldPath
from modelway.architecture.reading import Document, walk
from modelway.architecture.resolving import Layers


@dataclass(frozen=True)
class Setting:
    """What one file says of a field."""

    file: Path
    line: int
    """From 1."""
    column: int
    """From 1, in characters."""
    value: object
    """Data as they stand there; None where the file removes the field, or something that it is in."""


@dataclass(frozen=True)
class Origin:
    """Why a field has its value."""

    setting: Setting | None
    """What decides; None when no file does and the value is the default."""
    overrode: tuple[Setting, ...]
    """What more general files say, the latest first. With a default the first of them removes the field."""


@dataclass(frozen=True)
class Origins:
    """The origins of all values of one environment."""

    layers: Mapping[FieldPath, Layers]
    """The files of each part, by its path from the top: () for environment.yaml, ("models", name) for a model."""

    def of(self, path: FieldPath) -> Origin:
        """The origin of the value at a path from the top. Lists replace each other as a whole, and their items override nothing."""
        start = path[:2] if path[:2] in self.layers else ()
        layers, inside = self.layers[start], path[len(start) :]
        whole = next((inside[:end] for end, part in enumerate(inside) if isinstance(part, int)), inside)
        said = [setting for document in reversed(layers.documents) for setting in _said(document, whole)]
        if not _reaches(layers.resolved, inside):
            return Origin(None, tuple(said) if whole == inside else ())
        if whole == inside:
            return Origin(said[0], tuple(said[1:]))
        # An item's own line, in the file that has the list.
        document = next(document for document in reversed(layers.documents) if _reaches(document.data, whole))
        return Origin(next(_said(document, inside)), ())


def place_in(environments: Path, setting: Setting | None) -> tuple[str, int, int]:
    """Where something is set: the file, from the folder of the environments, line and column; the folder itself where no file sets it."""
    return ("", 1, 1) if setting is None else (str(setting.file.relative_to(environments)), setting.line, setting.column)


def _said(document: Document, path: FieldPath) -> Iterator[Setting]:
    """What a file says of a field: its value, or that something on the way to it is no mapping."""
    found = list(walk(document.data, path))
    there = len(found) == len(path) + 1
    if there or not isinstance(found[-1], dict):
        known = path[: len(found) - 1]
        place = document.places[known]
        line, column = place.key
        yield Setting(document.file, line, column, found[-1] if there else None)


def _reaches(data: object, path: FieldPath) -> bool:
    return len(list(walk(data, path))) == len(path) + 1
