"""Secrets that stand in a file, where everybody who reads the repository has them."""

from collections.abc import Iterator
from itertools import islice

from modelway.architecture.base import FieldPath
from modelway.architecture.reading import MOST_FLAWS, Document, Flaw
from modelway.redaction import credentials, kind_of, may_expose

WAY_OUT = (
    "Keep it with `pulumi config set --secret KEY` and write {secret: KEY}, or the ARN of a secret in Secrets Manager, in a field that "
    "takes a reference. Replace this one: it is in the repository."
)
REMOVE = "Remove it. Replace this one: it is in the repository."


def exposed(document: Document) -> Iterator[Flaw]:
    """What looks like a secret in a file, in values, in names, in comments. The flaws do not say it."""
    if may_expose(document.source):
        yield from islice(_exposed(document), MOST_FLAWS)


def _exposed(document: Document) -> Iterator[Flaw]:
    told: set[tuple[int, str]] = set()
    for path, value in _texts(document.data):
        name = next((part for part in reversed(path) if isinstance(part, str)), "")
        kind = kind_of(value, name)
        if kind is None:
            continue
        place = document.places[path]
        told |= {(place.value[0] + further, kind) for further in range(value.count("\n") + 2)}
        yield Flaw(place.value, path, f"[hidden: {kind}]", _rule(kind), WAY_OUT)
    line, begin = 1, 0
    for found in credentials(document.source):
        line += document.source.count("\n", begin, found.start)
        begin = found.start
        if (line, found.kind) not in told:
            column = found.start - document.source.rfind("\n", 0, found.start)
            yield Flaw((line, column), (), f"[hidden: {found.kind}]", _rule(found.kind), REMOVE)


def _rule(kind: str) -> str:
    return f"no secret stands in a file, and this looks like {kind}"


def _texts(data: object, path: FieldPath = ()) -> Iterator[tuple[FieldPath, str]]:
    if isinstance(data, str):
        yield path, data
    elif isinstance(data, dict):
        for key, item in data.items():
            yield from _texts(item, (*path, key))
    elif isinstance(data, tuple):
        for number, item in enumerate(data):
            yield from _texts(item, (*path, number))
