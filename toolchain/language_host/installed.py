"""Which Pulumi packages an environment holds, and which plugins they ask for."""

import importlib.util
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypedDict


class Package(TypedDict):
    """An installed distribution: its name with hyphens, and the text of its pulumi-plugin.json, empty where it has none."""

    name: str
    version: str
    plugin: str


def packages(path: Iterable[str]) -> Iterator[Package]:
    """The distributions on `path` that have a pulumi-plugin.json or are called pulumi-something."""
    # The names of folders say it all. importlib.metadata would open a file of every distribution, a hundred times as slow.
    for entry in map(Path, path):
        for information in entry.glob("*.dist-info"):
            written, _, version = information.name.removesuffix(".dist-info").partition("-")
            name = re.sub("[-_.]+", "-", written).lower()
            description = _folder(entry, name) / "pulumi-plugin.json"
            described = description.is_file()
            if described or name.startswith("pulumi-"):
                yield Package(name=name, version=version, plugin=description.read_text("utf-8") if described else "")


def _folder(entry: Path, name: str) -> Path:
    """Where the package is that the distribution is named for; installed with `pip install -e` it is elsewhere."""
    module = name.replace("-", "_")
    folder = entry / module
    if folder.is_dir() or not name.startswith("pulumi-"):
        return folder
    spec = importlib.util.find_spec(module)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else folder


# Run by the interpreter of another environment (`python -c`): no more than the standard library, and old Pythons too.
if __name__ == "__main__":
    json.dump(list(packages(sys.path[1:])), sys.stdout)
