"""Whose values a report shows. Of everything else it names the path alone.

A value shows when its property is on the list (shown.toml), when it looks as values of that property look, and when nothing about it or
its path speaks of a secret. What people name themselves (data of a ConfigMap, variables, tags, annotations) is on no list: any key of
theirs may be called `replicas` and hold a password.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from modelway.preview.changeset import Shown
from modelway.preview.resources import SECRET, UNKNOWN
from modelway.redaction import kind_of
from modelway.redaction.assignments import is_random, speaks_of_secrets

LONGEST = 200

_LOOKS: Mapping[str, re.Pattern[str]] = {
    "number": re.compile(r"-?\d{1,15}(?:\.\d{1,6})?(?:%|m|[kKMGTPE]i?|s|ms|h|d)?"),
    "flag": re.compile(r"(?i)true|false|enabled|disabled|mutable|immutable(?:_with_exclusion)?|on|off"),
    "word": re.compile(r"[A-Za-z][A-Za-z0-9 _.+:-]{0,59}"),
    "version": re.compile(r"v?\d[A-Za-z0-9.+_-]{0,39}|latest|[A-Za-z0-9]{1,20}/v\d[a-z0-9]{0,9}"),
    "name": re.compile(r"(?=[A-Za-z0-9/*])[A-Za-z0-9._/*-]{1,120}"),
    "image": re.compile(r"[a-z0-9][A-Za-z0-9._/:-]{0,120}(?:@sha256:[0-9a-f]{64})?"),
    "place": re.compile(r"(?:s3|gs|oci|pvc|hf|mlflow-artifacts|models):/{1,2}[A-Za-z0-9._/@:+=-]{1,150}"),
    "cidr": re.compile(r"[0-9a-fA-F.:]{2,39}/\d{1,3}"),
    "id": re.compile(r"[a-z]{1,12}-[0-9a-f]{8,17}"),
    "arn": re.compile(r"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:\d*:[A-Za-z0-9+=,.@:/_*-]{1,160}|\*"),
    "action": re.compile(r"[a-z0-9-]{1,40}:[A-Za-z0-9*?]{1,80}|\*"),
    "principal": re.compile(r"[a-z0-9.-]{1,60}\.amazonaws\.com|\d{12}"),
    "schedule": re.compile(r"[0-9*/, A-Z?-]{1,40}|(?:rate|cron)\([A-Za-z0-9*/, ?-]{1,60}\)"),
}
"""How values of a kind look, as a whole."""

_DATA = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_THEIRS = frozenset(_DATA["theirs"]["properties"])
"""What people name the parts of themselves, or write text in."""


def _by_property(listed: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for look, names in listed.items():
        for name in names:
            found[name] = (*found.get(name, ()), look)
    return found


LOOKS = _by_property(_DATA["shown"])
"""By property: how a value of it may look to be shown."""

_PART = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[\d+\]|[^.\[\]#]+')


def parts(path: str) -> tuple[str, ...]:
    """The names in a path, without the positions in lists."""
    return tuple(match[1] if match[1] is not None else match[0] for match in _PART.finditer(path) if not _is_position(match[0]))


def _is_position(part: str) -> bool:
    return part[0] == "[" and part[1:-1].isdigit()


def shown(path: str, value: object) -> Shown:
    """A property's value as a report may have it."""
    if value == SECRET:
        return _SECRET
    if value == UNKNOWN:
        return _UNKNOWN
    if isinstance(value, list):
        return _together([shown(path, one) for one in value])
    text = _text(value)
    if text is None:
        return _HIDDEN
    name, looks = _place(path)
    if not isinstance(value, str):
        return Shown(text) if any(isinstance(value, bool) or _LOOKS[look].fullmatch(text) for look in looks) else _HIDDEN
    if kind_of(text, name):
        return _SECRET
    return Shown(text[:LONGEST]) if any(_LOOKS[look].fullmatch(text) for look in looks) and not _looks_random(text) else _HIDDEN


def _together(items: Sequence[Shown]) -> Shown:
    """Items of a list as one value: only where all of them show, else the one that does not."""
    hidden = next((one for flag in ("secret", "unknown") for one in items if getattr(one, flag)), None)
    if hidden is not None:
        return hidden
    texts = [one.text for one in items if one.text is not None]
    if not texts or len(texts) < len(items):
        return _HIDDEN
    whole = ", ".join(texts)
    return Shown(whole if len(whole) <= LONGEST else f"{len(texts)} items")


_SECRET, _UNKNOWN, _HIDDEN = Shown(secret=True), Shown(unknown=True), Shown()


@lru_cache(maxsize=10_000)
def _place(path: str) -> tuple[str, tuple[str, ...]]:
    """The property that a path leads to, and how its value may look to be shown; empty where it never is."""
    names = parts(path)
    if not names:
        return "", ()
    hidden = any(name in _THEIRS or speaks_of_secrets(name) for name in names[:-1]) or speaks_of_secrets(names[-1])
    return names[-1], () if hidden else LOOKS.get(names[-1], ())


def _looks_random(text: str) -> bool:
    # A token may look like a name. A digest looks like a token, and is none; so does a registry's address, which has no capitals.
    plain = re.sub(r"@?sha256:[0-9a-f]{64}", "", text)
    return (plain != plain.lower() and is_random(plain)) or any(is_random(part) for part in re.split(r"[/:@.=]", plain) if len(part) > 15)


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) and value.is_integer() and abs(value) < 1e6 else str(value)
    return value if isinstance(value, str) else None
