"""Base and overrides become one; where each value came from can be asked afterwards."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Literal

from modelway.architecture.base import FieldPath
from modelway.architecture.reading import Document, Place, walk

PointsAt = Literal["key", "value", "parent"]
"""What of a field is at fault: its name, its value, or that it is missing."""


def merge(base: Mapping[str, object], override: Mapping[str, object]) -> dict[str, object]:
    """`override` over `base`: mappings merge, everything else replaces, None stays as the mark of what is removed.

    Associative as long as all layers agree on which fields are mappings and none removes a mapping.
    """
    merged = dict(base)
    for key, value in override.items():
        below = merged.get(key)
        merged[key] = merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def pruned(data: Mapping[str, object]) -> dict[str, object]:
    """Without the fields that are None; lists are left as they are."""
    return {key: pruned(value) if isinstance(value, dict) else value for key, value in data.items() if value is not None}


@dataclass(frozen=True)
class Layers:
    """Files that describe the same thing, the most general first."""

    documents: Sequence[Document]
    home: int = 0
    """Which of them has the fields that none has."""

    @cached_property
    def resolved(self) -> dict[str, object]:
        """All of them in one, without what they remove."""
        return pruned(reduce(merge, (document.data for document in self.documents)) if self.documents else {})

    def origin(self, path: FieldPath) -> int:
        """Which document decides what a field is: the last that has it; or else one that has most of its path, the home before others."""
        reached = [sum(1 for _ in walk(document.data, path)) for document in self.documents]
        if max(reached) == len(path) + 1:
            return len(reached) - 1 - reached[::-1].index(max(reached))
        return self.home % len(reached) if reached[self.home] == max(reached) else reached.index(max(reached))

    def last_set(self, paths: Iterable[FieldPath]) -> FieldPath:
        """Of several fields that do not fit together the one that the last document set; the first of them when one document set all."""
        return max(paths, key=self.origin)

    def locate(self, path: FieldPath, points_at: PointsAt) -> tuple[Document, tuple[int, int], Place | None]:
        """Where a field is at fault: the document, line and column, and the field's place if it is there at all."""
        document = self.documents[self.origin(path)]
        known = path
        while known not in document.places:
            known = known[:-1]
        place = document.places[known]
        if known != path:
            return document, place.key, None
        # A mapping or list is known by the name of its field.
        at = place.value if points_at == "value" and place.text is not None else place.key
        return document, at, place
