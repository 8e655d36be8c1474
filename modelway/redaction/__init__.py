"""What looks like a credential, and how it is hidden. One detector for configuration, reports and records.

Two things give a credential away: the shape that a provider gave it so that it can be found, and random text in a field whose name speaks
of secrets. Names, digests, ARNs and paths are none. What is found may be a false alarm; what is not found may still be a secret.
"""

import heapq
import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from modelway.redaction.assignments import Span, any_of, is_random, may_assign, secret_by_name, secrets, suspects

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
    "a Slack app's token": (("xapp-",), r"xapp-[0-9]-[A-Za-z0-9-]{20,}"),
    "the address of a Teams webhook": (
        ("webhook.office.com", "outlook.office.com/webhook"),
        r"https://(?:[a-z0-9-]{1,63}\.webhook\.office\.com/webhookb2|outlook\.office\.com/webhook)/[A-Za-z0-9@/_-]{16,}",
    ),
    "a Vault token": (
        ("hvs.", "hvb.", "hvr."),
        r"hv[sbr]\.(?=[A-Za-z0-9_-]{0,120}[A-Z])(?=[A-Za-z0-9_-]{0,120}[0-9])[A-Za-z0-9_-]{20,}",
    ),
    "a Docker token": (("dckr_pat_", "dckr_oat_"), r"dckr_[po]at_[A-Za-z0-9_-]{20,}"),
    "a DigitalOcean token": (("dop_v1_", "doo_v1_", "dor_v1_"), r"do[opr]_v1_[0-9a-f]{64}"),
    "an age key": (("AGE-SECRET-KEY-1",), r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    "an Azure key": (("AccountKey=", "SharedAccessKey="), r"(?:(?<=AccountKey=)|(?<=SharedAccessKey=))[A-Za-z0-9+/]{40,}={0,2}"),
    "a signature that opens an address": (
        ("sig=", "X-Amz-Signature=", "X-Amz-Security-Token=", "X-Goog-Signature="),
        r"(?:(?<=sig=)(?<![A-Za-z]sig=)|(?<=X-Amz-Signature=)|(?<=X-Amz-Security-Token=)|(?<=X-Goog-Signature=))[A-Za-z0-9%+/=_-]{30,}",
    ),
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


_MARK = any_of(tuple(mark for mark, _ in _KIND_OF_MARK))

_SHORT = 500
"""Characters of a text in which one look for all marks is quicker than a look for each."""
_VERY_LONG = 1 << 16
"""Characters of a text in which it is worth to know first which there are."""
_LONG_RANDOM = re.compile(
    r"(?<![A-Za-z0-9+/=:-])(?=[A-Za-z0-9+/]{40})(?=[A-Za-z0-9+/]*[0-9])(?=[A-Za-z0-9+/]*[A-Z])[A-Za-z0-9+/]{40,}={0,2}", re.ASCII
)
_LONG = 40
"""Characters of random text that is one wherever it stands."""
_OF_RUNS = bytes(ord("1") if chr(byte) in "+/" or (byte < 128 and chr(byte).isalnum()) else ord("0") for byte in range(256))
_LONG_RUN = b"1" * _LONG


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
    # A look for a mark takes longest in a text of few different characters, which has hardly any mark's.
    there = frozenset(text) if len(text) > _VERY_LONG else None
    return dict.fromkeys([kind for mark, kind in _KIND_OF_MARK if (there is None or there.issuperset(mark)) and mark in text])


def _spans(kind: str, text: str) -> Iterator[tuple[int, int, str]]:
    """Where a text has that shape: start, the end with a minus, so that of several the longest comes first."""
    return ((match.start(), -match.end(), kind) for match in _pattern(kind).finditer(text))


def kind_of(value: str, name: str = "") -> str | None:
    """What a value in a field of that name looks like, when it looks like a credential."""
    for kind in _kinds_marked(value):
        if _pattern(kind).search(value):
            return kind
    return secret_by_name(value, name) if name else None


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    # Made when it is first wanted, which is rarely.
    return re.compile(rf"(?<![A-Za-z0-9]){_SHAPES[kind][1]}", re.ASCII)


def may_expose(text: str) -> bool:
    """Whether a file's text is worth a closer look; quick, and true for everything that the closer look finds."""
    if any(credentials(text)):
        return True
    return may_assign(text)


def kind_inside(text: str) -> str | None:
    """What a document, a list of variables or an address holds in clear, the name beside it."""
    if first := next(credentials(text), None):
        return first.kind
    return "a secret" if any(True for _ in secrets(text)) else None


def masked(text: str, name: str = "") -> str:
    """A text for people: what looks like a credential is replaced by what it looks like, random text by `[hidden]`."""
    return _masked_short(text, name) if len(text) < _SHORT else _masked(text, name)


def _masked(text: str, name: str) -> str:
    found = list(credentials(text)) if _kinds_marked(text) else []
    if not found and name and (kind := secret_by_name(text, name)):
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
    for find in (secrets, suspects):
        text = _without(text, sorted(find(text)), instead)
    if len(text) < _LONG or not _has_long_run(text):
        return text
    return _LONG_RANDOM.sub(lambda found: instead(found[0]) if is_random(found[0]) else found[0], text)


def _without(text: str, spans: list[Span], instead: Callable[[str], str]) -> str:
    pieces, end = [], 0
    for start, stop in spans:
        if start >= end:
            pieces += [text[end:start], instead(text[start:stop])]
            end = stop
    return "".join([*pieces, text[end:]]) if spans else text


def _has_long_run(text: str) -> bool:
    """Whether there is anything for `_LONG_RANDOM` to look at, which a pattern is slow to say of a long text."""
    return _LONG_RUN in text.encode("utf-8", "surrogatepass").translate(_OF_RUNS)
