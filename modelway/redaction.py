"""What looks like a credential, and how it is hidden. One detector for configuration, reports and records.

Two things give a credential away: the shape that a provider gave it so that it can be found, and random text in a field whose name speaks
of secrets. Names, digests, ARNs and paths are none. What is found may be a false alarm; what is not found may still be a secret.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

HIDDEN = "[hidden]"

_SHAPES = {
    "an AWS access key": r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    "a GitHub token": r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255})",
    "a GitLab token": r"(?<![A-Za-z0-9])gl(?:pat|dt|rt|cbt|ptt|ft|soat)-[A-Za-z0-9_-]{20,}",
    "a Slack token": r"(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,}",
    "the address of a Slack webhook": r"https://hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9_/-]{16,}",
    "an API key": r"(?<![A-Za-z0-9-])sk-(?=[A-Za-z0-9_-]*[A-Z])(?=[A-Za-z0-9_-]*[0-9])[A-Za-z0-9_-]{32,}",
    "a Hugging Face token": r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}",
    "a Google API key": r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}",
    "a Stripe key": r"(?<![A-Za-z0-9])[rs]k_(?:live|test)_[A-Za-z0-9]{16,}",
    "an npm token": r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}",
    "a PyPI token": r"(?<![A-Za-z0-9])pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{40,}",
    "a Pulumi token": r"(?<![A-Za-z0-9])pul-[0-9a-f]{40}",
    "a Databricks token": r"(?<![A-Za-z0-9])dapi[0-9a-f]{32}",
    "a SendGrid key": r"(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{40,}",
    "a private key": r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[^-]{0,16000}-----END [A-Z0-9 ]{0,30}PRIVATE KEY)?",
    "a JSON Web Token": r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    "a password in an address": r"(?<=://)[^\s/:@\"']{0,100}:[^\s/@\"']{1,200}(?=@)",
}
_ANY = re.compile("|".join(f"({shape})" for shape in _SHAPES.values()))
_KINDS = tuple(_SHAPES)

_SPEAKS_OF_SECRETS = r"(?:pass(?:word|wd|phrase)|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|webhook)s?"
_NAME = re.compile(rf"(?:^|[._-]|(?<=[a-z]))(?i:{_SPEAKS_OF_SECRETS})(?:$|[._-])")
_PASSWORD = re.compile(r"(?i)pass(?:word|wd|phrase)|pwd")
_ASSIGNED = re.compile(rf"(?i){_SPEAKS_OF_SECRETS}[\"']?[ \t]*[:=][ \t]*[\"']?([^\s\"',{{}}\[\]]{{6,}})")
_WORDS = re.compile(r"[A-Za-z]+[0-9]{0,3}(?:[-_./: ][A-Za-z]*[0-9]{0,4})*", re.ASCII)
_RANDOM = re.compile(r"[A-Za-z0-9+/=_.~-]{16,}", re.ASCII)
_LONG_RANDOM = re.compile(r"(?<![A-Za-z0-9+/=:-])(?=[A-Za-z0-9+/]*[0-9])(?=[A-Za-z0-9+/]*[A-Z])[A-Za-z0-9+/]{40,}={0,2}", re.ASCII)
_REFERENCE = re.compile(r"arn:aws|.*@?sha256:[0-9a-f]{64}$|\$\{|\{")


@dataclass(frozen=True)
class Credential:
    """A part of a text that looks like a credential."""

    kind: str
    """What it looks like, as in `this looks like …`."""
    start: int
    end: int


def credentials(text: str) -> Iterator[Credential]:
    """The parts of a text that have the shape of a credential."""
    for found in _ANY.finditer(text):
        yield Credential(_KINDS[(found.lastindex or 1) - 1], *found.span())


def kind_of(value: str, name: str = "") -> str | None:
    """What a value in a field of that name looks like, when it looks like a credential."""
    for found in credentials(value):
        return found.kind
    if speaks_of_secrets(name) and not _REFERENCE.match(value):
        if _PASSWORD.search(name) and value:
            return "a password"
        if is_random(value):
            return "a secret"
    return None


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
    return _ANY.search(text) is not None or _ASSIGNED.search(text) is not None


def masked(text: str, name: str = "") -> str:
    """A text for people: what looks like a credential is replaced by what it looks like, random text by `[hidden]`."""
    if kind := kind_of(text, name):
        if not any(True for _ in credentials(text)):
            return f"[hidden: {kind}]"
        text = _ANY.sub(lambda found: f"[hidden: {_KINDS[(found.lastindex or 1) - 1]}]", text)
    text = _ASSIGNED.sub(lambda found: found[0].replace(found[1], HIDDEN) if _to_hide(found) else found[0], text)
    return _LONG_RANDOM.sub(lambda found: HIDDEN if is_random(found[0]) else found[0], text)


def blotted(text: str) -> str:
    """A line for people, of the same length: every character of what `masked` would replace is a dot."""

    def dots(found: re.Match[str]) -> str:
        return "•" * len(found[0])

    text = _ANY.sub(dots, text)
    text = _ASSIGNED.sub(lambda found: found[0].replace(found[1], "•" * len(found[1])) if _to_hide(found) else found[0], text)
    return _LONG_RANDOM.sub(lambda found: dots(found) if is_random(found[0]) else found[0], text)


def _to_hide(assigned: re.Match[str]) -> bool:
    value = assigned[1]
    name = assigned[0][: assigned.start(1) - assigned.start(0)]
    return not _REFERENCE.match(value) and value != HIDDEN and (is_random(value) or _PASSWORD.search(name) is not None)
