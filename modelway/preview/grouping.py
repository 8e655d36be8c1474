"""Which files are of which stack: as they were named, else as the resources in them say."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from modelway.errors import WrongUsage
from modelway.preview.files import there
from modelway.preview.sources import Sources
from modelway.redaction import masked

Kind = Literal["digest", "events", "state", "plan"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_LOOKED_AT = 4_000_000
"""Bytes of a file in which the name of a stack has to stand; what comes before the first resource is short."""
_URN = re.compile(rb"urn:pulumi:([^:\"\s\\]+)::([^:\"\s\\]+)::")
_NAMED = re.compile(r"([A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)?)=(.+)")
_Place = tuple[str, str]
"""Project and stack; the project is empty where nothing names it."""


def grouped(given: Mapping[Kind, Sequence[str]]) -> tuple[Sources, ...]:
    """A Sources for each stack, in the order in which they are named first; each text is FILE or STACK=FILE.

    Two projects may have a stack of one name: theirs are called PROJECT/STACK. Raises WrongUsage for a file that is not there or may not
    be read, for one of which nothing says which stack it is of where there are several, and for two files of one kind for one stack.
    """
    found: dict[_Place, dict[Kind, Path]] = {}
    nameless: list[tuple[Kind, Path]] = []
    for kind in KINDS:
        for text in given.get(kind, ()):
            named, file = named_file(text)
            there(file, f"--{kind}")
            place = _place(file, named)
            if place is None:
                nameless.append((kind, file))
                continue
            _take(found.setdefault(place, {}), kind, file, place[1])
    if nameless and len(found) > 1:
        kind, file = nameless[0]
        raise WrongUsage(f"--{kind}: {file} names no stack, and there are {len(found)}: say which, --{kind} STACK={file}.")
    only = next(iter(found), ("", ""))
    for kind, file in nameless:
        _take(found.setdefault(only, {}), kind, file, only[1])
    names = [stack for _, stack in found]
    return tuple(
        Sources(
            f"{project}/{stack}" if names.count(stack) > 1 and project else stack,
            files.get("digest"),
            files.get("events"),
            files.get("state"),
            files.get("plan"),
        )
        for (project, stack), files in found.items()
    )


def described(sources: Sequence[Sources], names: Sequence[str]) -> tuple[Sources, ...]:
    """The same, with the name of the environment that each is part of: `prod` of stacks `prod`, `prod-models` and `prod-models-risk`; the
    only environment that is given where there is but one stack. Raises WrongUsage for an environment that no stack is part of."""
    known = list(dict.fromkeys(names))
    if len(sources) == 1 and len(known) == 1:
        return (replace(sources[0], environment=known[0]),)
    told: list[Sources] = []
    for one in sources:
        name = one.stack.rsplit("/", 1)[-1]
        of = max((each for each in known if name == each or name.startswith(f"{each}-models")), key=len, default="")
        # What differs in the description is told once.
        told.append(replace(one, environment=of, described=bool(of) and of not in {other.environment for other in told}))
    lonely = set(known) - {one.environment for one in told}
    if lonely and sources:
        stacks = ", ".join(masked(one.stack or "one without a name") for one in sources)
        raise WrongUsage(f"Environment {', '.join(sorted(lonely))} has none of the stacks {stacks}: leave it out, or give its files too.")
    return tuple(told)


def named_file(text: str) -> tuple[str, Path]:
    """The stack, empty where none is named, and the file. A file whose name has a `=` in it is a file."""
    found = _NAMED.fullmatch(text)
    return (found[1], Path(found[2])) if found and not Path(text).exists() else ("", Path(text))


def _place(file: Path, named: str) -> _Place | None:
    if named:
        project, _, stack = named.rpartition("/")
        return project, stack
    if not file.is_file():
        # A pipe can be read once.
        return None
    with file.open("rb") as opened:
        match = _URN.search(opened.read(_LOOKED_AT))
    return (match[2].decode("utf-8", "replace"), match[1].decode("utf-8", "replace")) if match else None


def _take(files: dict[Kind, Path], kind: Kind, file: Path, stack: str) -> None:
    if kind in files:
        raise WrongUsage(f"--{kind} is given twice for stack {masked(stack) or 'of no name'}: {files[kind]} and {file}.")
    files[kind] = file
