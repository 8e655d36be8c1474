"""What a rule of the pack looks at, and what it is made of."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from modelway.rules.properties import Found, Misplaced, Missing
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Evidence, Failed, NotApplicable, Passed, Undecided, Unreadable, Verdict

Severity = Literal["low", "medium", "high", "critical"]


@dataclass(frozen=True)
class Subject:
    """A resource as somebody wants it, and as it is now."""

    type: str
    """Such as `aws:s3/bucket:Bucket`."""
    properties: Mapping[str, object]
    """Its inputs, with Unknown and Secret (modelway.rules.values) where the engine has them."""
    before: Mapping[str, object] | None = None
    """Its inputs now; None where there is nothing yet."""
    compared: bool = False
    """Whether `before` was looked for: of a policy pack it never is, as the engine hands it only what is wanted."""


@dataclass(frozen=True)
class Rule:
    """One rule of the pack. `judge` gives a verdict for every subject of any type, and raises nothing."""

    id: str
    says: str
    """What is allowed, as a sentence."""
    why: str
    severity: Severity
    sources: tuple[str, ...]
    """Identifiers of the same rule in catalogues of others."""
    applies: Callable[[str], bool]
    """Whether it is about resources of that type; quick."""
    judge: Callable[[Subject], Verdict]


def verdict(judged: Iterable[Evidence | Undecided | Unreadable | None]) -> Verdict:
    """One verdict of what was found at several places: None where a place is as it should be. Nothing judged is not applicable."""
    evidence: list[Evidence] = []
    unknown: list[str] = []
    faults: list[str] = []
    applies = False
    for found in judged:
        applies = True
        match found:
            case Evidence():
                evidence.append(found)
            case Undecided(paths):
                unknown += paths
            case Unreadable(told):
                faults += told
    if evidence:
        return Failed(tuple(evidence))
    if faults:
        return Unreadable(tuple(faults))
    if unknown:
        return Undecided(tuple(dict.fromkeys(unknown)))
    return Passed() if applies else NotApplicable()


def truth(found: Found, *, missing: bool) -> bool | Undecided | Unreadable:
    """A property that is true or false, also where it is written as text; `missing` is what the cloud takes when it is not there."""
    match found.value:
        case Missing():
            return missing
        case Unknown():
            return Undecided((found.path,))
        case bool(value):
            return value
        case str(text) if text.lower() in ("true", "false"):
            return text.lower() == "true"
    return wrong(found, "true or false")


def text_of(found: Found) -> str | Undecided | Unreadable | None:
    """A property that is text; None where it is missing."""
    match found.value:
        case Missing():
            return None
        case Unknown():
            return Undecided((found.path,))
        case str(text):
            return text
    return wrong(found, "text")


def wrong(found: Found, wanted: str) -> Unreadable:
    """Something of another type than the property has."""
    if isinstance(found.value, Misplaced):
        wanted = "a list or an object"
    return Unreadable((f"{found.path} is {_kind(found.value)}, and has to be {wanted}",))


def _kind(value: object) -> str:
    match value:
        case Misplaced(inner):
            return _kind(inner)
        case Missing():
            return "missing"
        case Mapping():
            return "an object"
        case list() | tuple():
            return "a list"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
    return type(value).__name__
