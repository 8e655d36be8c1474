"""What looks like a credential, and how it is hidden. One detector for configuration, reports and records.

Two things give a credential away: the shape that a provider gave it so that it can be found, and random text in a field whose name speaks
of secrets. Names, digests, ARNs and paths are none. What is found may be a false alarm; what is not found may still be a secret.
"""

import heapq
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import NamedTuple

HIDDEN = "[hidden]"

_SHAPES: dict[str, tuple[tuple[str, ...], str]] = {
    "an AWS access key": (("AKIA", "ASIA", "ABIA", "ACCA"), r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    "a GitHub token": (
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255})",
    ),
    "a GitLab token": (
        ("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-"),
        r"gl(?:pat|dt|rt|cbt|ptt|ft|soat)-[A-Za-z0-9_-]{20,}",
    ),
    "a Slack token": (("xox",), r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    "the address of a Slack webhook": (("hooks.slack.com",), r"https://hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9_/-]{16,}"),
    "an API key": (("sk-",), r"(?<!-)sk-(?=[A-Za-z0-9_-]*[A-Z])(?=[A-Za-z0-9_-]*[0-9])[A-Za-z0-9_-]{32,}"),
    "a Hugging Face token": (("hf_",), r"hf_[A-Za-z0-9]{30,}"),
    "a Google API key": (("AIza",), r"AIza[A-Za-z0-9_-]{35}"),
    "a Stripe key": (("k_live_", "k_test_"), r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    "an npm token": (("npm_",), r"npm_[A-Za-z0-9]{36}"),
    "a PyPI token": (("pypi-AgEIcHlwaS5vcmc",), r"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{40,}"),
    "a Pulumi token": (("pul-",), r"pul-[0-9a-f]{40}"),
    "a Databricks token": (("dapi",), r"dapi[0-9a-f]{32}"),
    "a SendGrid key": (("SG.",), r"SG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{40,}"),
    "a private key": (
        ("PRIVATE KEY",),
        r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[^-]{0,16000}-----END [A-Z0-9 ]{0,30}PRIVATE KEY)?",
    ),
    "a JSON Web Token": (("eyJ",), r"(?<![_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    "a password in an address": (("://",), r"(?<=://)[^\s/:@\"']{0,100}:[^\s/@\"']{1,200}(?=@)"),
}
"""By what it is: texts of which one is in it, which are quick to look for, and its pattern, which is not."""
_KIND_OF_MARK = tuple((mark, kind) for kind, (marks, _) in _SHAPES.items() for mark in marks)


def _any_of(texts: Iterable[str]) -> re.Pattern[str]:
    """Finds one of some texts; those that begin alike together, which is what makes it quick."""
    by_first: dict[str, list[str]] = {}
    for text in texts:
        by_first.setdefault(text[0], []).append(re.escape(text[1:]))
    return re.compile("|".join(f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in by_first.items()))


_MARK = _any_of(mark for mark, _ in _KIND_OF_MARK)

_SPEAKS_OF_SECRETS = r"(?:pass(?:word|wd|phrase)|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|webhook)s?"
_NAME = re.compile(rf"(?:^|[._-]|(?<=[a-z]))(?i:{_SPEAKS_OF_SECRETS})(?:$|[._-])")
_PASSWORD = re.compile(r"(?i)pass(?:word|wd|phrase)|pwd")
_ASSIGNED = re.compile(rf"(?i)({_SPEAKS_OF_SECRETS}[\"']?[ \t]*[:=][ \t]*[\"']?)([^\s\"',{{}}\[\]]{{6,}})")
_WORDS_OF_SECRETS = (
    "passw",
    "passph",
    "pwd",
    "secret",
    "token",
    "_key",
    "-key",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "webhook",
)
_WORD_OF_SECRETS = _any_of(_WORDS_OF_SECRETS)
_SHORT = 500
"""Characters of a text in which one look for all marks is quicker than a look for each."""
_WORDS = re.compile(r"[A-Za-z]+[0-9]{0,3}(?:[-_./: ][A-Za-z]*[0-9]{0,4})*", re.ASCII)
_RANDOM = re.compile(r"[A-Za-z0-9+/=_.~-]{16,}", re.ASCII)
_LONG_RANDOM = re.compile(
    r"(?<![A-Za-z0-9+/=:-])(?=[A-Za-z0-9+/]{40})(?=[A-Za-z0-9+/]*[0-9])(?=[A-Za-z0-9+/]*[A-Z])[A-Za-z0-9+/]{40,}={0,2}", re.ASCII
)
_LONG = 40
"""Characters of random text that is one wherever it stands."""
_OF_RUNS = bytes(ord("1") if chr(byte) in "+/" or (byte < 128 and chr(byte).isalnum()) else ord("0") for byte in range(256))
_LONG_RUN = b"1" * _LONG
_REFERENCE = re.compile(r"arn:aws|.*@?sha256:[0-9a-f]{64}$|\$\{|\{")


class Credential(NamedTuple):
    """A part of a text that looks like a credential."""

    kind: str
    """What it looks like, as in `this looks like …`."""
    start: int
    end: int


def credentials(text: str) -> Iterator[Credential]:
    """The parts of a text that have the shape of a credential, from the first to the last."""
    # One after the other as they are asked for: whoever wants to know whether there is any pays for the first alone.
    kinds = _kinds_marked(text)
    end = 0
    for start, before, kind in heapq.merge(*(_spans(kind, text) for kind in kinds)):
        if start >= end:
            end = -before
            yield Credential(kind, start, end)


def _kinds_marked(text: str) -> dict[str, None]:
    """The kinds of which a mark is in a text."""
    if len(text) < _SHORT and _MARK.search(text) is None:
        return {}
    return dict.fromkeys([kind for mark, kind in _KIND_OF_MARK if mark in text])


def _spans(kind: str, text: str) -> Iterator[tuple[int, int, str]]:
    """Where a text has that shape: start, the end with a minus, so that of several the longest comes first."""
    return ((match.start(), -match.end(), kind) for match in _pattern(kind).finditer(text))


def kind_of(value: str, name: str = "") -> str | None:
    """What a value in a field of that name looks like, when it looks like a credential."""
    for kind in _kinds_marked(value):
        if _pattern(kind).search(value):
            return kind
    return _kind_by_name(value, name) if name else None


def _kind_by_name(value: str, name: str) -> str | None:
    if speaks_of_secrets(name) and not _REFERENCE.match(value):
        if _PASSWORD.search(name) and value:
            return "a password"
        if is_random(value):
            return "a secret"
    return None


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    # Made when it is first wanted, which is rarely.
    return re.compile(rf"(?<![A-Za-z0-9]){_SHAPES[kind][1]}", re.ASCII)


def speaks_of_secrets(name: str) -> bool:
    """Whether a field of that name would hold a secret."""
    return _NAME.search(name) is not None


def is_random(text: str) -> bool:
    """Whether a text is rather drawn than written: no words, many different characters."""
    if not _RANDOM.fullmatch(text) or _WORDS.fullmatch(text):
        return False
    counts = Counter(text)
    bits = -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())
    # Of 16 random hex digits nearly all have more than 2.7 bits each; of other random text of that length, more than 3.4.
    return bits > (2.7 if set(text.lower()) <= set("0123456789abcdef-") else 3.4)


def may_expose(text: str) -> bool:
    """Whether a file's text is worth a closer look; quick, and true for everything that the closer look finds."""
    if any(credentials(text)):
        return True
    return _speaks_of_any(text) and _ASSIGNED.search(text) is not None


def masked(text: str, name: str = "") -> str:
    """A text for people: what looks like a credential is replaced by what it looks like, random text by `[hidden]`."""
    return _masked_short(text, name) if len(text) < _SHORT else _masked(text, name)


def _masked(text: str, name: str) -> str:
    found = list(credentials(text)) if _kinds_marked(text) else []
    if not found and name and (kind := _kind_by_name(text, name)):
        return f"[hidden: {kind}]"
    text = _replaced(text, found, lambda one: f"[hidden: {one.kind}]")
    return _without_random(text, lambda _: HIDDEN)


# Names and paths are said again and again.
_masked_short = lru_cache(maxsize=4096)(_masked)


def blotted(text: str) -> str:
    """A line for people, of the same length: every character of what `masked` would replace is a dot."""
    text = _replaced(text, list(credentials(text)), lambda one: _dots(text[one.start : one.end]))
    return _without_random(text, _dots)


def _replaced(text: str, found: list[Credential], instead: Callable[[Credential], str]) -> str:
    if not found:
        return text
    pieces, end = [], 0
    for one in found:
        pieces += [text[end : one.start], instead(one)]
        end = one.end
    return "".join([*pieces, text[end:]])


def _dots(text: str) -> str:
    return "•" * len(text)


def _without_random(text: str, instead: Callable[[str], str]) -> str:
    if _speaks_of_any(text):
        text = _ASSIGNED.sub(lambda found: f"{found[1]}{instead(found[2])}" if _to_hide(found) else found[0], text)
    if len(text) < _LONG or not _has_long_run(text):
        return text
    return _LONG_RANDOM.sub(lambda found: instead(found[0]) if is_random(found[0]) else found[0], text)


def _has_long_run(text: str) -> bool:
    """Whether there is anything for `_LONG_RANDOM` to look at, which a pattern is slow to say of a long text."""
    return _LONG_RUN in text.encode("utf-8", "surrogatepass").translate(_OF_RUNS)


def _speaks_of_any(text: str) -> bool:
    lower = text.lower()
    return _WORD_OF_SECRETS.search(lower) is not None if len(text) < _SHORT else any(word in lower for word in _WORDS_OF_SECRETS)


def _to_hide(assigned: re.Match[str]) -> bool:
    name, value = assigned.groups()
    return not _REFERENCE.match(value) and value != HIDDEN and (is_random(value) or _PASSWORD.search(name) is not None)
