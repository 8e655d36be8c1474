"""Changes of an environment as files: what is written into its own files, and what an update then does to which resources.

A folder of `changes` holds changes that are looked at together, which takes a quarter of the time: each names the resources that are its
own, and nothing else may be touched.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.localcloud.environments import kind_of

CHANGES = Path(__file__).parent / "changes"
FOLDERS = sorted(folder.name for folder in CHANGES.iterdir())

Operations = Mapping[str, str]
"""What is done, by URN: create, update, replace, delete."""


@dataclass(frozen=True)
class Change:
    """One change of an environment."""

    name: str
    files: Mapping[str, Any]
    """By path in the environment's folder: what is merged into the file; a field or a file that is null goes."""
    touches: tuple[str, ...]
    """Logical names, whole or the words that they begin with."""
    expected: Mapping[str, Mapping[str, int]]
    """How many resources, by operation and by the last word of their type."""

    def found(self, operations: Operations) -> dict[str, dict[str, int]]:
        """Of what is done, what belongs to this change."""
        counted = Counter((op, kind_of(urn).rpartition(":")[2]) for urn, op in operations.items() if self.claims(urn))
        return {op: {kind: counted[op, kind] for kind in sorted(kind for one, kind in counted if one == op)} for op, _ in sorted(counted)}

    def claims(self, urn: str) -> bool:
        name = urn.rpartition("::")[2]
        return any(name == mine or name.startswith(f"{mine}-") for mine in self.touches)


def changes(folder: str) -> list[Change]:
    """The changes in a folder of `changes`."""
    found = []
    for file in sorted((CHANGES / folder).glob("*.yaml")):
        said = read(file)
        found.append(Change(file.stem, said["files"], tuple(said["touches"]), said["expected"]))
    return found


def write(folder: Path, made: Iterable[Change]) -> None:
    """The files of the environment in `folder` say what the changes say."""
    for change in made:
        for path, said in change.files.items():
            file = folder / path
            if said is None:
                file.unlink()
            else:
                # JSON is YAML, and nothing in it is read differently; a day is a text in it.
                file.write_text(json.dumps(laid_over(read(file) if file.exists() else {}, said), indent=2, default=str), "utf-8")


@contextmanager
def restored(folder: Path) -> Iterator[None]:
    """The folder is afterwards what it was before."""
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    yield
    for file in [file for file in folder.rglob("*") if file.is_file() and file not in before]:
        file.unlink()
    for file, content in before.items():
        file.write_bytes(content)


def laid_over(base: Any, said: Any) -> Any:
    """What is said over what was there: mappings merge, null removes, everything else replaces."""
    if not isinstance(base, dict) or not isinstance(said, dict):
        return deepcopy(said)
    merged = {key: laid_over(base.get(key, {}), value) for key, value in said.items() if value is not None}
    return {key: value for key, value in base.items() if key not in said} | merged


def read(file: Path) -> Any:
    return YAML(typ="safe").load(file)
