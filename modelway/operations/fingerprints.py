"""What decides a stack, as digests: what its environment's files mean together, and the program.

Two files that say the same in another order, with other comments or in another layer have the same digest. Nothing is checked here:
that takes ten times as long, and `modelway validate` does it. A file that cannot be read as data has the digest of its bytes.
"""

import ast
import contextlib
import hashlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from modelway.architecture import folders
from modelway.architecture.folders import BASE, FILE, MODELS
from modelway.operations.trees import Tree

PROGRAM = ("Pulumi.yaml", "requirements.lock", "components", "modelway", "stacks")
"""What every stack is made with, from the root of the project."""
OTHER = (
    *("stacks/environments", "stacks/config", "stacks/rendering.py"),
    *(
        "modelway/cli",
        "modelway/contracts",
        # Gates are asked by the program; these tell of it afterwards.
        "modelway/governance/audit",
        "modelway/governance/bill_of_materials",
        "modelway/governance/card",
        "modelway/governance/evidence",
        "modelway/governance/inventory",
        "modelway/governance/lineage",
        "modelway/operations",
        "modelway/preview",
        "modelway/rules",
        "modelway/__main__.py",
    ),
)
"""What of that the program of a stack does not import; a test holds it."""

_IS_TOOLS = frozenset({".git", ".modelway", ".venv", "venv", "node_modules", "__pycache__", ".pulumi"})
"""Folders that are no part of a program."""
_OF_STACK = re.compile(r"(\./)?Pulumi\..+\.yaml")

DEFAULT_LAYOUT = "single"
"""That of an environment which names none; a test holds it."""

_OF_ITS_STACK: tuple[tuple[str, ...], ...] = (
    *(("description",), ("owner",), ("risk_tier",), ("versions",), ("pin",), ("drift",), ("governance",)),
    *(("endpoint", field) for field in ("traffic", "resources", "slo")),
)
"""Fields of a model that only the stack which serves it reads. A platform reads others: names, teams, clusters, what has to be scaled and
by what. A test holds it."""

KEPT = 20_000
"""Most facts that are kept between runs."""


@dataclass(frozen=True)
class Facts:
    """What is known of files that are one thing together: base and override of an environment or of a model, or a contract."""

    digest: str
    """Of what they mean."""
    readable: bool = True
    outside: str = ""
    """Of what a model's platform reads of it."""
    layout: str = ""
    team: str = ""
    absent: bool = False
    """Whether they say that the model is not there."""
    promoted_from: str = ""
    mentions: tuple[str, ...] = ()
    """Contracts and cards that they name."""


class FactBook:
    """Facts by the bytes they are told by, kept in `folder` (None: nowhere) by whoever calls `keep`."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = folder / "facts.json" if folder is not None else None
        self._known = _kept(self._file) if self._file is not None else {}
        self._told: dict[tuple[bytes | None, ...], Facts] = {}
        self._new = False

    def of(self, *layers: bytes | None) -> Facts:
        """What files say together, the most general first; None is a file that is not there."""
        # Both sides of a comparison ask for the same bytes.
        if layers not in self._told:
            self._told[layers] = self._found(layers)
        return self._told[layers]

    def _found(self, layers: tuple[bytes | None, ...]) -> Facts:
        key = _digest(_source(), *(b"none" if layer is None else b"file" + layer for layer in layers))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = _facts(layers)
            self._new = True
        return found

    def keep(self) -> None:
        """The next run knows what this one does. What cannot be kept is found again."""
        if self._file is None or not self._new:
            return
        entries = {key: asdict(facts) for key, facts in list(self._known.items())[-KEPT:]}
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_ours(os.lstat(self._file.parent), directory=True):
                return
            descriptor, name = tempfile.mkstemp(dir=self._file.parent)
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump(entries, stream)
            Path(name).replace(self._file)


def model_files(tree: Tree, folder: str, environment: str) -> dict[str, tuple[str, str]]:
    """Of each model that an environment's files describe the file in base and its own; one of them may be missing."""
    places = [f"{folder}/{layer}/{MODELS}" for layer in (BASE, environment)]
    stems = sorted({name.removesuffix(".yaml") for place in places for name in tree.names(place) if name.endswith(".yaml")})
    return {stem: (f"{places[0]}/{stem}.yaml", f"{places[1]}/{stem}.yaml") for stem in stems}


def own_files(folder: str, environment: str) -> tuple[str, str]:
    """The files of an environment itself: in base, and its own."""
    return f"{folder}/{BASE}/{FILE}", f"{folder}/{environment}/{FILE}"


def environment_digest(tree: Tree, folder: str, environment: str, configuration: bytes | None, facts: FactBook) -> str:
    """Stands for all that is described of an environment, and for the configuration of one of its stacks."""
    told = [facts.of(*map(tree.read, own_files(folder, environment))).digest, stack_file_digest(configuration, facts)]
    named: set[str] = set()
    for stem, files in model_files(tree, folder, environment).items():
        model = facts.of(*map(tree.read, files))
        if not model.absent:
            told += [stem, model.digest]
            named.update(model.mentions)
    for path in sorted(named):
        told += [path, facts.of(tree.read(path)).digest]
    return _digest(*(text.encode() for text in told))


def stack_file_digest(content: bytes | None, facts: FactBook) -> str:
    """Of a stack's configuration file; one that is not there configures nothing."""
    return facts.of(content if content is not None else b"config: {}").digest


def program_digest(tree: Tree) -> str:
    """Stands for the program of every stack."""
    files = sorted(path for part in PROGRAM for path in tree.under(part) if of_program(path))
    return _digest(*(part for path in files for part in (path.encode(), meaning(path, tree.read(path)))))


def tree_digest(tree: Tree) -> str:
    """Stands for a program that is not Modelway's: every file of its folder but documents, what configures stacks, what tools keep there,
    and what `modelway preview --out` does."""
    files = [path for path in tree.under(".") if not _IS_TOOLS.intersection(path.split("/"))]
    folders = [{path.rpartition("/")[0] for path in files if path.endswith(f"/{name}")} for name in ("state.json", "events.jsonl")]
    kept = folders[0] & folders[1]
    reports = {f"{folder.rpartition('/')[0]}/report.{ending}" for folder in kept for ending in ("json", "html")}
    own = sorted(
        path
        for path in files
        if path.rpartition("/")[0] not in kept and path not in reports and not path.endswith(".md") and not _OF_STACK.fullmatch(path)
    )
    return _digest(*(part for path in own for part in (path.encode("utf-8", "surrogatepass"), tree.read(path) or b"")))


def of_program(path: str) -> bool:
    """Whether a file is part of the program of every stack."""
    inside = any(path == part or path.startswith(f"{part}/") for part in PROGRAM)
    return inside and not path.endswith(".md") and not any(path == part or path.startswith(f"{part}/") for part in OTHER)


def meaning(path: str, content: bytes | None) -> bytes:
    """What a file of the program says: of Python without comments and spaces, else its bytes."""
    if content is None:
        return b"none"
    if not path.endswith(".py"):
        return content
    try:
        return ast.dump(ast.parse(content)).encode("utf-8", "surrogatepass")
    except (SyntaxError, ValueError, RecursionError):
        return content


def _facts(layers: tuple[bytes | None, ...]) -> Facts:
    # With them comes pydantic; who knows all facts does without.
    from modelway.architecture.mentions import mentions
    from modelway.architecture.reading import Unreadable
    from modelway.architecture.resolving import merge, pruned

    there = [layer for layer in layers if layer is not None]
    try:
        documents = [_data(layer) for layer in there]
    except Unreadable:
        return Facts(_digest(b"unreadable", *there), readable=False)
    merged: dict[str, object] = {}
    for document in documents:
        merged = merge(merged, document)
    data = pruned(merged)
    promotion = data.get("promotion")
    return Facts(
        _told(data),
        outside=_told(_without(data, _OF_ITS_STACK)),
        layout=str(data.get("layout", DEFAULT_LAYOUT)),
        team=str(data.get("team", "")),
        absent=data.get("presence") == "absent",
        promoted_from=str(promotion.get("from", "")) if isinstance(promotion, dict) else "",
        mentions=tuple(sorted({mention.file for mention in mentions(data)})),
    )


@cache
def _data(content: bytes) -> dict[str, object]:
    # Kept, because a file of base is read for every environment.
    from modelway.architecture.reading import read_bytes

    return read_bytes(content)


def _told(data: object) -> str:
    # As JSON, in which 1, 1.0 and true are three things; to Python they are one.
    return _digest(json.dumps(data, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _without(data: dict[str, object], paths: tuple[tuple[str, ...], ...]) -> dict[str, object]:
    left: dict[str, object] = {}
    for key, value in data.items():
        below = tuple(path[1:] for path in paths if path[0] == key)
        if () in below:
            continue
        left[key] = _without(value, below) if below and isinstance(value, dict) else value
    return left


def _digest(*parts: bytes) -> str:
    made = hashlib.sha256()
    for part in parts:
        made.update(len(part).to_bytes(8, "big") + part)
    return made.hexdigest()


@cache
def _source() -> bytes:
    """Stands for the code that reads files."""
    architecture = Path(folders.__file__).parent
    sources = [Path(__file__), *(architecture / f"{name}.py" for name in ("mentions", "reading", "resolving", "model", "governance"))]
    return _digest(*(source.read_bytes() for source in sources)).encode()


def _kept(file: Path) -> dict[str, Facts]:
    try:
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as stream:
            if not _is_ours(os.fstat(stream.fileno()), directory=False) or not _is_ours(os.lstat(file.parent), directory=True):
                return {}
            return {key: Facts(**{**told, "mentions": tuple(told["mentions"])}) for key, told in json.load(stream).items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _is_ours(status: os.stat_result, *, directory: bool) -> bool:
    kind = stat.S_ISDIR if directory else stat.S_ISREG
    return kind(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022


def links_in(tree: Tree, folder: str, environment: str) -> Iterator[str]:
    """What in an environment's files is a link."""
    for layer in (BASE, environment):
        for place in (f"{folder}/{layer}", f"{folder}/{layer}/{MODELS}"):
            candidates = [place, *(f"{place}/{name}" for name in tree.names(place))]
            yield from (path for path in candidates if tree.is_link(path))
