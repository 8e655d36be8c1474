"""Holding a property of a resource against what it has to be."""

from collections.abc import Collection, Iterator, Mapping

from modelway.rules.properties import Found, Missing, one
from modelway.rules.subjects import text_of, truth, wrong
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Evidence, Undecided, Unreadable

Judged = Evidence | Undecided | Unreadable | None
"""What is said of one place: None where it is as it should be."""


def breach(found: Found, says: str, way_out: str, value: str | None = None) -> Evidence:
    """What stands at a place breaks a rule; `value` says it in other words, which a secret never is."""
    if isinstance(found.value, Missing):
        return Evidence(found.path, "not set", says, way_out)
    return Evidence(found.path, found.shown if value is None or found.secret else value, says, way_out)


def has_to_be(found: Found, wanted: bool, *, missing: bool, says: str, way_out: str) -> Judged:
    """A property that is true or false; `missing` is what is taken when it is not there."""
    value = truth(found, missing=missing)
    if not isinstance(value, bool):
        return value
    return None if value is wanted else breach(found, says, way_out)


def has_to_be_one_of(found: Found, wanted: Collection[str], says: str, way_out: str) -> Judged:
    """A property that is one of some texts; one that is missing is none of them."""
    text = text_of(found)
    if isinstance(text, Undecided | Unreadable):
        return text
    return None if text in wanted else breach(found, says, way_out)


def items(properties: Mapping[str, object], path: str) -> Iterator[Found | Undecided | Unreadable]:
    """Each item of the list at a path without `*`, or why there is none to look at; nothing where the list is missing."""
    found = one(properties, path)
    match found.value:
        case Missing():
            return
        case Unknown():
            yield Undecided((found.path,))
        case list() | tuple():
            for number in range(len(found.value)):
                item = one(properties, f"{path}[{number}]")
                yield Undecided((item.path,)) if isinstance(item.value, Unknown) else item
        case _:
            yield wrong(found, "a list")


def texts(properties: Mapping[str, object], path: str) -> tuple[list[str], Undecided | Unreadable | None]:
    """The texts that are known of a list at a path, none where it is missing, and why those may not be all."""
    known: list[str] = []
    rest: Undecided | Unreadable | None = None
    for item in items(properties, path):
        text = text_of(item) if isinstance(item, Found) else item
        if isinstance(text, str):
            known.append(text)
        elif text is None:
            rest = Unreadable((f"{path} has an item that is missing, and has to be text",))
        elif not isinstance(rest, Unreadable):
            rest = text
    return known, rest
