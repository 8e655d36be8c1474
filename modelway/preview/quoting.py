"""Values that a report does not show, out of what policies say: a rule quotes the property that breaks it."""

import json
import re
from collections.abc import Callable, Iterable, Iterator

import msgspec

from modelway.preview.changeset import PolicyResult
from modelway.preview.resources import Resource
from modelway.preview.shown import shown
from modelway.redaction import masked

HIDDEN = "[not shown]"
_SHORTEST = 8
"""Characters of a value that is looked for: shorter ones are in every sentence."""
_IN_PART = "[hidden"
"""How a text begins that modelway.redaction has put in the place of a credential."""
_WORD = re.compile(r"[A-Za-z]+")


def unquoted(results: Iterable[PolicyResult], resource_of: Callable[[str], Resource | None]) -> Iterator[PolicyResult]:
    """The same, without values of the resource that its report would hide; its names stay. `resource_of`: by URN what a step wants.

    One word of letters alone stays too: it cannot be told from the words of the sentence.
    """
    for one in results:
        resource = resource_of(one.urn) if one.urn and one.message else None
        message = _without(one.message, resource) if resource is not None else one.message
        yield one if message == one.message else msgspec.structs.replace(one, message=message)


def _without(message: str, resource: Resource) -> str:
    # Where something is hidden already, a value stands there in part.
    quoted = set(_hidden("", resource.inputs, resource, message if _IN_PART not in message else None))
    for value in sorted(quoted, key=len, reverse=True):
        message = message.replace(value, HIDDEN).replace(masked(value), HIDDEN)
    return message


def _hidden(path: str, value: object, resource: Resource, message: str | None) -> Iterator[str]:
    """Values that do not show; of those alone that a message has, where there is one."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _hidden(f"{path}[{json.dumps(key)}]", item, resource, message)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _hidden(f"{path}[{at}]", item, resource, message)
    elif (
        isinstance(value, str)
        and (message is None or value in message)
        and _stands_out(value)
        and value not in resource.urn
        and value not in resource.id
    ):
        yield from [value] if shown(path, value).text is None else ()


def _stands_out(value: str) -> bool:
    return len(value) >= _SHORTEST and not _WORD.fullmatch(value)
