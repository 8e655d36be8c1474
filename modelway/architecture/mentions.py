"""Files that a model's files name, by paths from the root of the repository: contracts and model cards."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from modelway.architecture.base import FieldPath
from modelway.architecture.governance import CARD_PATH
from modelway.architecture.model import CONTRACT_PATH
from modelway.architecture.reading import walk


@dataclass(frozen=True)
class Mention:
    """A field that names a file."""

    path: FieldPath
    file: str
    what: str
    """contract or card."""


def mentions(model: Mapping[str, object]) -> Iterator[Mention]:
    """The files that a model names. What is no path at all is told of with its other fields; an address is somebody else's to keep."""
    versions = model.get("versions")
    for version, described in versions.items() if isinstance(versions, dict) else ():
        contract = described.get("contract") if isinstance(described, dict) else None
        if isinstance(contract, str) and CONTRACT_PATH.fullmatch(contract):
            yield Mention(("versions", version, "contract"), contract, "contract")
    path = ("governance", "model_card")
    *above, card = walk(model, path)
    if len(above) == len(path) and isinstance(card, str) and CARD_PATH.fullmatch(card):
        yield Mention(path, card, "card")


class Mentioned:
    """Whether files are there; looks for each once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, tuple[str, str] | None] = {}

    def fault(self, mention: Mention) -> tuple[str, str] | None:
        """Rule and way out, when a path leads to no file in the repository."""
        if mention.file not in self._known:
            self._known[mention.file] = self._looked_for(mention)
        return self._known[mention.file]

    def _looked_for(self, mention: Mention) -> tuple[str, str] | None:
        file = self._root / mention.file
        # Not Path.resolve, which raises for links in a circle.
        if not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(self._root)):
            return f"a file in the repository, which is {self._root}", "Move it into the repository and name it from the root."
        if not file.is_file():
            return f"a file counted from {self._root}; there is none", f"Correct the path, or write the {mention.what}."
        return None
