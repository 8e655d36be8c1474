"""What a text gives a name (`password=…`, `"routing_key": "…"`, `Authorization: Bearer …`), and whether that is a secret.

Two lists: `secrets` is what is taken for a secret wherever it stands, also by what refuses a file for it; `suspects` adds what only people
are spared, as it may be none: random text under any other name, cookies. Both read a text once: every pattern begins with a word or a sign
of its own, and has no two parts that take the same characters beside each other.
"""

import base64
import binascii
import math
import re
from collections import Counter
from collections.abc import Iterator

Span = tuple[int, int]
"""Start and end in a text."""

_KEYS = "encryption|routing|license|signing|master|session|shared|account|storage|integration|auth|client"
"""Whose keys are secrets. Of others' (`object_key`, `partition_key`, `public_key`, `kms_key`) nobody knows by the name."""
_SPEAKS_OF_SECRETS = rf"(?:pass(?:word|wd|phrase)|pwd|secret|token|(?:api|access|private|{_KEYS})[_-]?key|credential|webhook)s?"
_NAME = re.compile(rf"(?:^|[._-]|(?<=[a-z]))(?i:{_SPEAKS_OF_SECRETS})(?:$|[._-])")
_KEY_OF_LIST = re.compile(rf"(?i)(?:{_KEYS})[_-]?keys?\b")
_PASSWORD = re.compile(r"(?i)pass(?:word|wd|phrase)|pwd")
_QUOTED = r"\\{0,3}\"((?:[^\"\n\\]|\\(?!\")){6,400})|\\{0,3}'((?:[^'\n\\]|\\(?!')){6,400})"
_ASSIGNED = re.compile(rf"(?i)({_SPEAKS_OF_SECRETS}\\{{0,3}}[\"']?[ \t]*[:=][ \t]*)(?:{_QUOTED}|([^\s\"',{{}}\[\]]{{6,}}))")
_OPTION = re.compile(
    rf"(?i)((?<![a-z0-9-])--?(?:[a-z]{{1,20}}-){{0,3}}{_SPEAKS_OF_SECRETS})[ \t]{{1,4}}"
    r"(?:\"([^\"\n]{4,400})|'([^'\n]{4,400})|([^\s\"'-]\S{3,}))"
)
_PROSE = re.compile(
    r"(?i)(?:also|and|are|argument|cannot|does|flags?|from|given|has|instead|into|must|needs?|not|only|options?|required|requires|set|should|"
    r"that|the|this|value|was|were|when|which|will|with|without)[.,:;)]?$"
)
_AUTHORIZED = re.compile(r"(?i)(?<![a-z])(bearer|basic|token|apikey|negotiate)[ \t]{1,4}([a-z0-9+/_.~-]{6,}={0,2})", re.ASCII)
_HEADER_BEFORE = re.compile(r"(?i)authorization\\{0,3}[\"']?[ \t]{0,4}[:=,][ \t]{0,4}\\{0,3}[\"']?$")
_OF_REGISTRY = re.compile(r"(?i)(?<![a-z])auth\\{0,3}[\"']?[ \t]{0,4}[:=][ \t]{0,4}\\{0,3}[\"']?([a-z0-9+/]{8,}={0,2})", re.ASCII)
"""A name and a password, as Docker's configuration and npm's have them."""
_COOKIE = re.compile(
    r"(?i)cookie\\{0,3}[\"']?[ \t]{0,4}[:=,][ \t]{0,4}\\{0,3}[\"']?(?=[a-z0-9_.-]{1,80}=[^\s\"';,]{6})([^\s\"'\\][^\"'\n\\]{6,4000})",
    re.ASCII,
)
_PASS = re.compile(r"(?i)(?<![a-z0-9])pass=([^\s\"',;&{}\[\]]{6,})")
_VALUE = re.compile(r"[=:](?<!:(?![ \t\"'\\]))[ \t]{0,4}\\{0,3}[\"']?([A-Za-z0-9+/_-]{16,}={0,2})", re.ASCII)
"""A long value: one directly behind a colon is a part of an ARN, a tag or a digest, and none."""
_WORDS_OF_SECRETS = ("passw", "passph", "pwd", "secret", "token", "credential", "webhook")
_WORDS_OF_KEYS = ("_key", "-key", *(f"{one}key" for one in ("api", "access", "private", *_KEYS.split("|"))))
_SCHEMES = ("bearer", "basic", "negotiate", "token", "apikey")
_SHORT = 500
"""Characters of a text in which one look for all words is quicker than a look for each."""
_WORDS = re.compile(r"[A-Za-z]+[0-9]{0,3}(?:[-_./: ][A-Za-z]*[0-9]{0,4})*", re.ASCII)
_RANDOM = re.compile(r"[A-Za-z0-9+/=_.~-]{16,}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{32,}|[0-9A-F]{32,}")
_LONG = re.compile(r"(?=[A-Za-z0-9+/_-]*[0-9])(?=[A-Za-z0-9+/_-]*[A-Z])(?=[A-Za-z0-9+/_-]*[a-z])[A-Za-z0-9+/_-]{40,}={0,2}", re.ASCII)
_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHORT_DRAWN = re.compile(r"(?=.*[0-9])(?=.*[A-Z])(?=.*[a-z])[A-Za-z0-9]{8,15}", re.ASCII)
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+", re.ASCII)
_REFERENCE = re.compile(r"arn:aws|.*@?sha256:[0-9a-f]{64}$|\$\{|\{|\$\(?[A-Za-z_][A-Za-z0-9_]*\)?$|\$\(|<[^>]*>$|%[A-Za-z_]+%$")
"""What stands for a value that is elsewhere; also what hides one."""
_IS_HIDDEN = re.compile(r"\[hidden(?:: [^\]]*)?\]")
_PATH = re.compile(r"/(?:run|var|etc|mnt|tmp|opt|home|dev|usr|secrets?)/")
_APART = re.compile(r"[\s,{}\[\]]+")
_OF_NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-/"
_BEFORE = 80
"""Characters before a value in which its name is."""
_KNOWN_BY = ("hash", "digest", "checksum", "sha1", "sha256", "sha512", "commit", "fingerprint", "thumbprint", "revision", "md5", "etag")
"""What says that random text names a content, not a secret."""
_NO_SECRET = (
    *_KNOWN_BY,
    *("id", "ids", "sum", "sha", "rev", "ref", "version", "tag", "image", "uuid", "arn", "urn", "integrity", "serial", "name", "path"),
    *("cert", "certificate", "certificate-authority-data", "cabundle", "ca", "crt", "pem", "data", "expected", "actual", "got", "want"),
    *("publickey", "public_key", "public-key", "objectkey", "object_key", "s3_key", "s3key", "cachekey", "cache_key", "kms_key", "kmskey"),
    *("idempotency_key", "idempotency-key", "idempotencykey", "host_key", "hostkey", "url", "uri", "href", "location"),
)
"""How names end under which random text is no secret."""


def any_of(texts: tuple[str, ...]) -> re.Pattern[str]:
    """Finds one of some texts; those that begin alike together, which is what makes it quick."""
    by_first: dict[str, list[str]] = {}
    for text in texts:
        by_first.setdefault(text[0], []).append(re.escape(text[1:]))
    return re.compile("|".join(f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in by_first.items()))


_WORD_OF_SECRETS, _SCHEME = any_of((*_WORDS_OF_SECRETS, *_WORDS_OF_KEYS)), any_of(_SCHEMES)


def secrets(text: str) -> Iterator[Span]:
    """What a text gives a name that says it is secret, and what it authorizes by."""
    lower = text.lower()
    if _speaks_of_any(lower):
        for found in _ASSIGNED.finditer(text):
            if _is_secret(found[1], value := found[found.lastindex or 0]):
                yield _span(found, value)
        if "--" in text or " -" in text:
            for found in _OPTION.finditer(text):
                value = found[found.lastindex or 0]
                if not _PROSE.match(value) and not _PATH.match(value) and _is_secret(found[1], value):
                    yield _span(found, value)
    if _SCHEME.search(lower) if len(lower) < _SHORT else any(word in lower for word in _SCHEMES):
        for found in _AUTHORIZED.finditer(text):
            header = _HEADER_BEFORE.search(text[max(0, found.start() - 32) : found.start()]) is not None
            if _authorizes(header, found[1].lower(), found[2]):
                yield found.span(2)
    if "auth" in lower:
        for found in _OF_REGISTRY.finditer(text):
            if _is_name_and_password(found[1]):
                yield found.span(1)


def suspects(text: str) -> Iterator[Span]:
    """What may be a secret by where it stands: cookies, `pass=`, and random text under a name that does not say it is something else."""
    lower = text.lower()
    if "cookie" in lower:
        yield from (found.span(1) for found in _COOKIE.finditer(text))
    if "pass=" in lower:
        yield from (found.span(1) for found in _PASS.finditer(text) if not _is_elsewhere(found[1]))
    for found in _VALUE.finditer(text):
        value = found[1]
        drawn = _HEX.fullmatch(value) is not None and not value.isdigit()
        # Before the name is looked for, what is quick: most long values are names.
        if drawn or (not _UUID.fullmatch(value) and is_random(value)):
            before = text[max(0, found.start() - _BEFORE) : found.start()].rstrip(" \t").rstrip("\"'\\")
            name = before[len(before.rstrip(_OF_NAMES)) :].lower()
            if name.endswith(_NO_SECRET):
                continue
            clause = re.split(r"[,;&\n]", before.lower())[-1]
            if name.endswith("key") or ((drawn or _LONG.fullmatch(value)) and not any(word in clause for word in _KNOWN_BY)):
                yield found.span(1)


def may_assign(text: str) -> bool:
    """Whether anything in a text has a name that speaks of secrets, or authorizes; quick."""
    return (_speaks_of_any(text.lower()) and _ASSIGNED.search(text) is not None) or any(True for _ in secrets(text))


def secret_by_name(value: str, name: str) -> str | None:
    """What a value in a field of that name is, when it is a secret by its name."""
    if speaks_of_secrets(name) and not _REFERENCE.match(value):
        if _PASSWORD.search(name) and value:
            return "a password"
        if is_random(value) and not (_KEY_OF_LIST.search(name) and _UUID.fullmatch(value)):
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


def _speaks_of_any(lower: str) -> bool:
    if len(lower) < _SHORT:
        return _WORD_OF_SECRETS.search(lower) is not None
    return any(word in lower for word in _WORDS_OF_SECRETS) or ("key" in lower and any(word in lower for word in _WORDS_OF_KEYS))


def _span(found: re.Match[str], value: str) -> Span:
    # The last group that took part is the value, and what follows it at most a quote.
    return found.end() - len(value), found.end()


def _is_secret(name: str, value: str) -> bool:
    if _is_elsewhere(value):
        return False
    if _PASSWORD.search(name):
        return True
    of_list = _KEY_OF_LIST.search(name) is not None
    return any(
        (is_random(part) or _is_short_drawn(part)) and not _REFERENCE.match(part) and not (of_list and _UUID.fullmatch(part))
        for part in _APART.split(value)
    )


def _is_elsewhere(value: str) -> bool:
    return _REFERENCE.match(value) is not None or _IS_HIDDEN.fullmatch(value) is not None


def _is_short_drawn(text: str) -> bool:
    """Whether capitals, small letters and digits change as often as nobody writes them."""
    return _SHORT_DRAWN.fullmatch(text) is not None and 2 * len(_PIECE.findall(text)) >= len(text)


def _authorizes(in_header: bool, scheme: str, value: str) -> bool:
    if scheme == "basic":
        return _is_name_and_password(value)
    return is_random(value) or (in_header and len(value) >= 8 and not _WORDS.fullmatch(value))


def _is_name_and_password(value: str) -> bool:
    try:
        plain = base64.b64decode(value[: len(value) // 4 * 4] if "=" not in value else value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return b":" in plain[1:] and plain.isascii() and plain.decode("ascii").isprintable()
