"""Whether a ledger is whole and signed by who may sign it: `python verifier.py FOLDER --keys KEYS.json --project NAME`.
The same of what `modelway audit` wrote, a folder or a .zip: `python verifier.py BUNDLE --keys KEYS.json`.

This file needs the standard library alone and can be copied to wherever a ledger is checked without the rest. FOLDER holds head.json and
entries/0000000000.json and on. Each of them is a DSSE envelope with one signature; each entry's payload is an in-toto statement whose
predicate says, in `ledger`, which place it has, and the SHA-256 of the whole file before it. Every file is written in one form alone
(keys sorted, no spaces), so that each of its bytes counts.

KEYS.json comes from whoever asks, never from the ledger: {"keys": [{"name", "project", "public" (PEM, Ed25519 or ECDSA P-256), "from",
"until"}]}. What no file can show by itself is that entries at its end and the head were put back together to an earlier state: for that,
note the place and hash that this prints, and give them back later as `--anchor PLACE:HASH`.

Sources: secure-systems-lab/dsse protocol.md; in-toto attestation, Statement v1; RFC 8032, section 5.1; SEC 1 v2, section 4.1.4.
"""

import argparse
import base64
import binascii
import hashlib
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

VERSION = 1
"""Of the form of entries and heads."""
STATEMENT = "application/vnd.in-toto+json"
HEAD = "application/vnd.modelway.ledger-head+json"
AUDIT = "application/vnd.modelway.audit+json"
MANIFEST, SEAL, INDEX = "MANIFEST.json", "MANIFEST.dsse", "index.json"
"""Files of a bundle: what is in it by SHA-256, a signature on that, and which entries of the ledger concern what was asked."""
BEGINNING = "https://modelway.dev/ledger/v1"
"""Predicate type of a ledger's first entry."""
MAX_BYTES = 4 << 20
"""Of an entry."""
SLACK = timedelta(minutes=5)
"""How far two clocks may be apart."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NAME = re.compile(r"\d{10}\.json", re.ASCII)


@dataclass(frozen=True)
class Key:
    """A public key, whose releases it may sign, and from when until when."""

    id: str
    """SHA-256 of the key as SubjectPublicKeyInfo."""
    name: str
    project: str
    ed25519: bool
    point: bytes
    """32 bytes of Ed25519, or x and y of P-256, 32 bytes each."""
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Fault:
    """What is wrong at one place of a ledger."""

    place: str
    """The file."""
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text} [{self.rule}]"


class Broken(Exception):
    """What one file does not hold; `rule` as in Fault."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule, self.text = rule, text


class NoKeys(Exception):
    """A file of keys that is none."""


@dataclass(frozen=True)
class Entry:
    """One entry, whose signature holds."""

    sequence: int
    """Its place, from 0."""
    hash: str
    """SHA-256 of its file."""
    previous: str | None
    """That of the entry before it."""
    ledger: str
    """Id of the ledger: 32 hexadecimal digits."""
    project: str
    id: str
    """Its own, of 32 hexadecimal digits."""
    time: datetime
    """In UTC."""
    key: str
    """Id of the key that signed it."""
    statement: dict[str, object]
    """The in-toto statement."""

    @property
    def predicate_type(self) -> str:
        return str(self.statement["predicateType"])


@dataclass(frozen=True)
class Head:
    """Up to where a ledger went when this was written."""

    ledger: str
    sequence: int
    hash: str
    key: Key
    """That signed it."""


@dataclass(frozen=True)
class Result:
    """What was found in a ledger."""

    entries: int
    """Files that were looked at."""
    last: Entry | None
    """The last one that could be read; its sequence and hash are the next anchor."""
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]
    """What is no fault, but worth knowing."""


Signed = Callable[[Key, bytes, bytes], bool]
"""Whether the key made the signature (the third) of the message (the second)."""


def check(
    files: Iterable[tuple[str, bytes]],
    head: bytes | None,
    keys: Sequence[Key],
    project: str,
    *,
    now: datetime,
    anchor: tuple[int, str] | None = None,
    signed: Signed | None = None,
) -> Result:
    """Every fault of a ledger. `files` are names and contents below entries/, by name; `anchor` is the place and hash of an entry that was
    there before. Without `signed` signatures are checked by what stands here."""
    verify, by_id = signed or made, {key.id: key for key in keys}
    faults: list[Fault] = []
    hashes: dict[int, str] = {}
    times: dict[int, datetime] = {}
    first: Entry | None = None
    before: Entry | None = None
    count = expected = 0
    for name, content in files:
        place, count = f"entries/{name}", count + 1
        if not _NAME.fullmatch(name):
            faults.append(Fault(place, "stray", "no entry has such a name"))
            continue
        number = int(name.removesuffix(".json"))
        if number != expected:
            faults.append(Fault(f"entries/{file_name(expected)}", "missing", f"the next entry that is there is {number}"))
        expected, hashes[number] = number + 1, sha256(content)
        try:
            entry = read_entry(content, by_id, project, verify)
        except Broken as broken:
            faults.append(Fault(place, broken.rule, broken.text))
            continue
        faults += [Fault(place, rule, text) for rule, text in _out_of_place(entry, number, hashes.get(number - 1), before, first, now)]
        before, first, times[number] = entry, first or entry, entry.time
    faults += _against_anchor(anchor, hashes)
    notes: list[str] = []
    try:
        notes += _against_head(None if head is None else read_head(head, by_id, project, verify), hashes, times, first)
    except Broken as broken:
        faults.append(Fault("head.json", broken.rule, broken.text))
    return Result(count, before, tuple(faults), tuple(notes))


def _out_of_place(
    entry: Entry, number: int, previous: str | None, before: Entry | None, first: Entry | None, now: datetime
) -> Iterator[tuple[str, str]]:
    if entry.sequence != number:
        yield "moved", f"it was written as entry {entry.sequence}"
    if entry.previous != previous and (number == 0 or previous is not None):
        yield "chain", f"it follows a file with SHA-256 {entry.previous}; the one before it has {previous}"
    if (entry.predicate_type == BEGINNING) != (number == 0):
        yield "beginning", "a ledger begins at entry 0, and nowhere else"
    if first is not None and entry.ledger != first.ledger:
        yield "another-ledger", f"it is of ledger {entry.ledger}, and this one is {first.ledger}"
    if before is not None and entry.time < before.time:
        yield "time", f"it says {stamp(entry.time)}, which is before the entry before it, {stamp(before.time)}"
    if entry.time > now + SLACK:
        yield "time", f"it says {stamp(entry.time)}, and now is {stamp(now)}"


def _against_anchor(anchor: tuple[int, str] | None, hashes: dict[int, str]) -> Iterator[Fault]:
    if anchor is not None and hashes.get(anchor[0]) != anchor[1]:
        was = hashes.get(anchor[0])
        found = f"it has {was} now" if was else "it is not there any more"
        yield Fault(f"entries/{file_name(anchor[0])}", "anchor", f"it had SHA-256 {anchor[1]} when that was noted; {found}")


def _against_head(head: Head | None, hashes: dict[int, str], times: dict[int, datetime], first: Entry | None) -> Iterator[str]:
    if head is None:
        raise Broken("missing", "it is not there, and is written before the first entry: somebody removed it")
    if first is not None and head.ledger != first.ledger:
        raise Broken("another-ledger", f"it is of ledger {head.ledger}, and this one is {first.ledger}")
    if head.sequence not in hashes:
        raise Broken("missing", f"it names entry {head.sequence}, which is not there any more")
    if hashes[head.sequence] != head.hash:
        raise Broken("chain", f"it names entry {head.sequence} with SHA-256 {head.hash}; that file has {hashes[head.sequence]}")
    if head.sequence in times:
        still_valid(head, times[head.sequence])
    if (last := max(hashes)) > head.sequence:
        yield (
            f"head.json names entry {head.sequence}, and the last is {last}: a writer ended before it wrote the head, or an older head was"
            " put back. The next entry mends it."
        )


def read_entry(content: bytes, keys: dict[str, Key], project: str, verify: Signed) -> Entry:
    """The entry that a file holds. Raises Broken when it is not in its form, of another project, or not signed by one of the keys."""
    value, key = opened(content, STATEMENT, keys, verify)
    predicate = value.get("predicate")
    if value.get("_type") != "https://in-toto.io/Statement/v1" or not isinstance(value.get("predicateType"), str):
        raise Broken("form", "it is no in-toto statement, version 1")
    held = predicate.get("ledger") if isinstance(predicate, dict) else None
    place = _held(held, {"entry", "id", "previous", "project", "sequence", "time", "version"})
    previous, time = place["previous"], place["time"]
    if not isinstance(time, str) or not (isinstance(previous, str) or previous is None) or not isinstance(place["entry"], str):
        raise Broken("form", "what it says of the ledger is not in its form")
    moment = moment_of(time)
    _may(key, project, place, moment)
    return Entry(
        int(str(place["sequence"])), sha256(content), previous, str(place["id"]), project, place["entry"], moment, key.id, dict(value)
    )


def read_head(content: bytes, keys: dict[str, Key], project: str, verify: Signed) -> Head:
    """What head.json says. Raises Broken as read_entry does."""
    value, key = opened(content, HEAD, keys, verify)
    place = _held(value, {"hash", "id", "project", "sequence", "version"})
    _may(key, project, place, None)
    if not isinstance(place["hash"], str) or not _HASH.fullmatch(place["hash"]):
        raise Broken("form", "its hash is no SHA-256")
    return Head(str(place["id"]), int(str(place["sequence"])), place["hash"], key)


def still_valid(head: Head, moment: datetime) -> None:
    """Raises Broken for a head whose key was not valid any more when the entry was written that it names, at that moment. A later key may
    sign it too: who writes the next entry mends it."""
    if head.key.until <= moment:
        raise Broken(
            "expired-key", f"it is signed by key {head.key.name!r}, which was valid until {stamp(head.key.until)}; the entry is later"
        )


def _held(value: object, names: set[str]) -> dict[str, object]:
    if not isinstance(value, dict) or "version" not in value:
        raise Broken("form", "it does not say which place of which ledger it has")
    if value["version"] != VERSION or type(value["version"]) is not int:
        raise Broken("version", f"it is of version {value['version']!r}, and this reads {VERSION} alone: use the Modelway that wrote it")
    if set(value) != names or type(value["sequence"]) is not int or value["sequence"] < 0 or not isinstance(value["id"], str):
        raise Broken("form", "what it says of the ledger is not in its form")
    return value


def _may(key: Key, project: str, place: dict[str, object], moment: datetime | None) -> None:
    if place["project"] != project:
        raise Broken("another-project", f"it is of project {place['project']!r}, and {project!r} was asked for")
    if key.project != project:
        raise Broken("key-of-another-project", f"it is signed by key {key.name!r}, which is for project {key.project!r}")
    if moment is not None and not key.since <= moment < key.until:
        raise Broken("expired-key", f"it says {stamp(moment)}; key {key.name!r} is for {stamp(key.since)} to {stamp(key.until)}")


def opened(content: bytes, kind: str, keys: dict[str, Key], verify: Signed) -> tuple[dict[str, object], Key]:
    """The payload of a DSSE envelope, and the key that signed it. Raises Broken."""
    if len(content) > MAX_BYTES:
        raise Broken("too-large", f"it has {len(content):,} bytes; at most {MAX_BYTES:,} are read")
    envelope = _read(content)
    signatures = envelope.get("signatures")
    if set(envelope) != {"payload", "payloadType", "signatures"} or not isinstance(signatures, list) or len(signatures) != 1:
        raise Broken("form", "it is no DSSE envelope with one signature")
    if not isinstance(signatures[0], dict) or set(signatures[0]) != {"keyid", "sig"}:
        raise Broken("form", "it is no DSSE envelope with one signature")
    if envelope["payloadType"] != kind:
        raise Broken("form", f"its payload is {envelope['payloadType']!r}, and not {kind}")
    payload, signature = _bytes(envelope["payload"]), _bytes(signatures[0]["sig"])
    key = keys.get(str(signatures[0]["keyid"]))
    if key is None:
        raise Broken("unknown-key", f"it is signed by key {signatures[0]['keyid']!r}, which is not among the keys that may sign")
    if not verify(key, encoded(kind, payload), signature):
        raise Broken("signature", f"the signature is not one of key {key.name!r} on what stands there")
    return _read(payload), key


def _read(content: bytes) -> dict[str, object]:
    try:
        value = json.loads(content)
        same = isinstance(value, dict) and canonical(value) == content
    except (ValueError, RecursionError):
        raise Broken("form", "it is no JSON") from None
    if not same:
        raise Broken("form", "it is not written in the one form that is allowed: an object, keys sorted and each once, no spaces")
    assert isinstance(value, dict)
    return value


def _bytes(text: object) -> bytes:
    try:
        content = base64.b64decode(str(text), validate=True)
    except (ValueError, binascii.Error):
        raise Broken("form", "payload or signature is no base64") from None
    if base64.b64encode(content).decode() != text:
        raise Broken("form", "payload or signature is base64 in another than its one form")
    return content


def canonical(value: object) -> bytes:
    """JSON in one form. Raises ValueError for what JSON has no form for."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def encoded(kind: str, payload: bytes) -> bytes:
    """What a DSSE signature is made of."""
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)


def file_name(sequence: int) -> str:
    """Of an entry."""
    return f"{sequence:010d}.json"


def sha256(content: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def stamp(moment: datetime) -> str:
    """A moment as entries say it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_of(text: str) -> datetime:
    """Raises Broken for what `stamp` does not write."""
    try:
        if _TIME.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise Broken("form", f"{text!r} is no time like 2026-11-28T09:30:00.000000Z")


_ED25519 = bytes.fromhex("302a300506032b6570032100")
_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
"""How a SubjectPublicKeyInfo of each kind begins; RFC 8410 and RFC 5480."""


def read_keys(content: bytes) -> tuple[Key, ...]:
    """Raises NoKeys."""
    try:
        value = json.loads(content)
        listed = value["keys"]
        found = tuple(_key(one) for one in listed)
    except Broken as broken:
        raise NoKeys(broken.text) from None
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise NoKeys(f'it has to be {{"keys": […]}}, each with name, project, public, from and until ({fault!r})') from None
    if len({key.id for key in found}) != len(found):
        raise NoKeys("a key stands there twice")
    return found


def _key(said: dict[str, str]) -> Key:
    if set(said) != {"name", "project", "public", "from", "until"}:
        raise NoKeys(f"a key has name, project, public, from and until, and not {', '.join(sorted(said))}")
    if not all(isinstance(value, str) for value in said.values()):
        raise TypeError("what a key has is text")
    since, until = (datetime.fromisoformat(said[name]) for name in ("from", "until"))
    if since.tzinfo is None or until.tzinfo is None or since >= until:
        raise NoKeys(f"key {said['name']!r}: from and until need a time zone, like 2026-01-01T00:00:00Z, and from is before until")
    body = "".join(line.strip() for line in said["public"].strip().splitlines() if not line.startswith("-----"))
    info = _bytes(body)
    for begins, length in ((_ED25519, 32), (_P256, 64)):
        if info.startswith(begins) and len(info) == len(begins) + length:
            return Key(sha256(info), said["name"], said["project"], begins == _ED25519, info[len(begins) :], since, until)
    raise NoKeys(f"key {said['name']!r} is neither a public key of Ed25519 nor one of ECDSA P-256, as PEM")


def made(key: Key, message: bytes, signature: bytes) -> bool:
    """Whether the key made this signature of the message. Its time depends on what is given: for public data alone."""
    return _made_by_ed25519(key.point, message, signature) if key.ed25519 else _made_by_p256(key.point, message, signature)


# Ed25519: points as (X, Y, Z, T) with x = X/Z, y = Y/Z, x*y = T/Z.
_Q = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _Q) % _Q
_ROOT = pow(2, (_Q - 1) // 4, _Q)
_Extended = tuple[int, int, int, int]


def _sum(a: _Extended, b: _Extended) -> _Extended:
    k, m = (a[1] - a[0]) * (b[1] - b[0]) % _Q, (a[1] + a[0]) * (b[1] + b[0]) % _Q
    n, o = 2 * a[3] * b[3] * _D % _Q, 2 * a[2] * b[2] % _Q
    e, f, g, h = m - k, o - n, o + n, m + k
    return e * f % _Q, g * h % _Q, f * g % _Q, e * h % _Q


def _times(factor: int, point: _Extended) -> _Extended:
    total: _Extended = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = _sum(total, point)
        point, factor = _sum(point, point), factor >> 1
    return total


def _point(content: bytes) -> _Extended | None:
    number = int.from_bytes(content, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    if y >= _Q:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _Q) % _Q
    x = pow(square, (_Q + 3) // 8, _Q)
    if (x * x - square) % _Q:
        x = x * _ROOT % _Q
    if (x * x - square) % _Q or (x == 0 and sign):
        return None
    x = _Q - x if x & 1 != sign else x
    return x, y, 1, x * y % _Q


_BASE = _point(bytes.fromhex("58" + "66" * 31))


def _made_by_ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    key, factor = _point(public), int.from_bytes(signature[32:], "little")
    if key is None or _BASE is None or len(signature) != 64 or factor >= _L:
        return False
    told = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    x, y, z, _ = _sum(_times(factor, _BASE), _times(told, (_Q - key[0], key[1], 1, _Q - key[3])))
    inverse = pow(z, -1, _Q)
    x, y = x * inverse % _Q, y * inverse % _Q
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# ECDSA P-256: points as (X, Y, Z) with x = X/Z², y = Y/Z³; Z is 0 at infinity.
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group of P-256."""
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    1,
)
_Jacobian = tuple[int, int, int]


def _twice(a: _Jacobian) -> _Jacobian:
    x, y, z = a
    square = y * y % _P
    s, m = 4 * x * square % _P, 3 * (x - z * z) * (x + z * z) % _P
    doubled = (m * m - 2 * s) % _P
    return doubled, (m * (s - doubled) - 8 * square * square) % _P, 2 * y * z % _P


def _plus(a: _Jacobian, b: _Jacobian) -> _Jacobian:
    if not a[2] or not b[2]:
        return b if not a[2] else a
    za, zb = a[2] * a[2] % _P, b[2] * b[2] % _P
    u, s = a[0] * zb % _P, a[1] * b[2] * zb % _P
    h, r = (b[0] * za - u) % _P, (b[1] * a[2] * za - s) % _P
    if not h:
        return (0, 1, 0) if r else _twice(a)
    square = h * h % _P
    cube, v = h * square % _P, u * square % _P
    x = (r * r - cube - 2 * v) % _P
    return x, (r * (v - x) - s * cube) % _P, h * a[2] * b[2] % _P


def _made_by_p256(public: bytes, message: bytes, signature: bytes) -> bool:
    x, y = (int.from_bytes(half, "big") for half in (public[:32], public[32:]))
    pair = numbers_of(signature)
    if pair is None or max(x, y) >= _P or (y * y - x * x * x + 3 * x - _B) % _P:
        return False
    r, s = pair
    # Of both that are valid, s and its opposite, only the smaller is taken: else a signature could be changed and stay valid.
    if not 0 < r < ORDER or not 0 < s <= ORDER // 2:
        return False
    inverse = pow(s, -1, ORDER)
    of_base, of_key = int(sha256(message), 16) * inverse % ORDER, r * inverse % ORDER
    key = (x, y, 1)
    steps = {(1, 0): _G, (0, 1): key, (1, 1): _plus(_G, key)}
    total: _Jacobian = (0, 1, 0)
    for bit in reversed(range(256)):
        total = _twice(total)
        if step := steps.get((of_base >> bit & 1, of_key >> bit & 1)):
            total = _plus(total, step)
    return total[2] != 0 and total[0] * pow(total[2], -2, _P) % _P % ORDER == r


def numbers_of(signature: bytes) -> tuple[int, int] | None:
    """r and s of an ECDSA signature in DER; None when it is not in that one form."""
    numbers, rest = [], signature[2:]
    for _ in range(2):
        if len(rest) < 2 or rest[0] != 2:
            return None
        numbers.append(int.from_bytes(rest[2 : 2 + rest[1]], "big"))
        rest = rest[2 + rest[1] :]
    return (numbers[0], numbers[1]) if der_of(numbers[0], numbers[1]) == signature else None


def der_of(r: int, s: int) -> bytes:
    """An ECDSA signature of P-256 in DER."""
    parts = [number.to_bytes(number.bit_length() // 8 + 1, "big") for number in (r, s)]
    body = b"".join(bytes((2, len(part) & 255)) + part for part in parts)
    return bytes((0x30, len(body) & 255)) + body


# A bundle: a ledger, what was made from it, and a list of both.
Read = Callable[[str], bytes]


def index_of(
    entries: Sequence[Entry], model: str, environments: Sequence[str], since: datetime, until: datetime
) -> list[dict[str, object]]:
    """Which entries concern a model up to a time, the oldest first: those that name it, and those of a stack that had it which name no
    model, such as broken glass. `live` of a release says that it was the last of its stack when the time began. Of no environments: all."""
    told = [(entry, _predicate(entry)) for entry in entries]
    stacks = {said.get("stack") for entry, said in told if kind_of(entry) == "release" and model in _models(said)}
    last: dict[object, int] = {}
    for entry, said in told:
        if kind_of(entry) == "release" and happened(entry) <= since:
            last[said.get("stack")] = entry.sequence
    found: list[dict[str, object]] = []
    for entry, said in told:
        named = _models(said)
        concerns = model in named or (not named and said.get("stack") in stacks and said.get("stack") is not None)
        if not concerns or (environments and said.get("environment") not in environments) or happened(entry) > until:
            continue
        found.append(
            {
                "entry": entry.sequence,
                "sha256": entry.hash,
                "kind": kind_of(entry),
                "file": statement_file(entry),
                "time": stamp(happened(entry)),
                "when": "within" if happened(entry) >= since else "before",
                "environment": said.get("environment"),
                "stack": said.get("stack"),
                "live": last.get(said.get("stack")) == entry.sequence,
            }
        )
    return found


def kind_of(entry: Entry) -> str:
    """Such as release, of https://modelway.dev/release/v1."""
    return entry.predicate_type.rpartition("/")[0].rpartition("/")[2]


def happened(entry: Entry) -> datetime:
    """When what an entry tells of was so: of a release since when it was live, else when it was written."""
    try:
        read = datetime.fromisoformat(str(_predicate(entry).get("released")))
    except ValueError:
        return entry.time
    return read if read.tzinfo is not None else entry.time


def statement_file(entry: Entry) -> str:
    """Where a bundle has what an entry says, to be read by people."""
    return f"statements/{entry.sequence:010d}-{re.sub('[^a-z0-9-]', '-', kind_of(entry).lower())[:40]}.json"


def readable(value: object) -> bytes:
    """JSON for people."""
    return (json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode()


def _predicate(entry: Entry) -> dict[str, object]:
    said = entry.statement.get("predicate")
    return {key: value for key, value in said.items() if key != "ledger"} if isinstance(said, dict) else {}


def _models(value: object) -> set[str]:
    found: set[str] = set()
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(one.get("model"), str):
                found.add(one["model"])
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return found


def check_bundle(
    names: Sequence[str],
    read: Read,
    keys: Sequence[Key],
    *,
    now: datetime,
    sealed: bool = False,
    project: str | None = None,
    anchor: tuple[int, str] | None = None,
    signed: Signed | None = None,
) -> Result:
    """Every fault of a bundle, whose files are `names`: its list of files, its ledger, and whether its index and statements say what the
    entries say. `sealed` asks for a signature on the list."""
    try:
        content = read(MANIFEST) if MANIFEST in names else b""
        manifest = _manifest(content)
        if project is not None and manifest["project"] != project:
            raise Broken("another-project", f"it is of project {manifest['project']!r}, and {project!r} was asked for")
    except Broken as broken:
        return Result(0, None, (Fault(MANIFEST, broken.rule, broken.text),), ())
    of, notes = str(manifest["project"]), [f"{MANIFEST} has SHA-256 {sha256(content)}"]
    faults = list(_listed(names, read, manifest["files"]))
    try:
        notes.append(_sealed(read(SEAL) if SEAL in names else None, content, of, keys, signed or made, sealed))
    except Broken as broken:
        faults.append(Fault(SEAL, broken.rule, broken.text))
    placed = manifest["ledger"]
    begin = "ledger/entries/"
    inside = sorted(name for name in names if name.startswith(begin))
    head = read("ledger/head.json") if "ledger/head.json" in names else None
    result = check(
        ((name.removeprefix(begin), read(name)) for name in inside),
        head,
        keys,
        of,
        now=now,
        anchor=(int(placed["sequence"]), str(placed["sha256"])),
        signed=signed,
    )
    faults += [Fault(f"ledger/{fault.place}", fault.rule, fault.text) for fault in result.faults]
    if anchor is not None and anchor != (placed["sequence"], placed["sha256"]):
        number = f"{begin}{file_name(anchor[0])}"
        if number not in inside or sha256(read(number)) != anchor[1]:
            faults.append(Fault(number, "anchor", f"it had SHA-256 {anchor[1]} when that was noted; it has not now, or is not there"))
    if not faults:
        faults += _told(
            manifest, [read_entry(read(name), {key.id: key for key in keys}, of, signed or made) for name in inside], names, read
        )
    notes += [f"not in the bundle: {what}: {why}" for what, why in sorted(manifest["missing"].items())]
    return Result(result.entries, result.last, tuple(faults), (*result.notes, *notes))


def _manifest(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
        same = readable(value) == content
    except (ValueError, RecursionError):
        raise Broken("form", "it is not there, or is no JSON") from None
    wanted = {"version", "project", "model", "environments", "from", "to", "ledger", "missing", "files"}
    if not same or not isinstance(value, dict) or set(value) != wanted:
        raise Broken("form", f"it is not what `modelway audit` writes: an object with {', '.join(sorted(wanted))}")
    if value["version"] != VERSION or type(value["version"]) is not int:
        raise Broken("version", f"it is of version {value['version']!r}, and this reads {VERSION} alone: use the verifier of its time")
    placed = value["ledger"]
    if (
        not isinstance(placed, dict)
        or set(placed) != {"sequence", "sha256"}
        or type(placed["sequence"]) is not int
        or not isinstance(value["missing"], dict)
        or not isinstance(value["files"], dict)
        or not isinstance(value["environments"], list)
        or not all(isinstance(digest, str) for digest in value["files"].values())
        or not all(isinstance(value[name], str) for name in ("project", "model", "from", "to"))
    ):
        raise Broken("form", "what it says of the bundle is not in its form")
    moment_of(value["from"]), moment_of(value["to"])
    return value


def _listed(names: Sequence[str], read: Read, files: dict[str, str]) -> Iterator[Fault]:
    if len(set(names)) != len(names):
        yield Fault(MANIFEST, "stray", "a name is there twice")
    for name in sorted({*names} - {MANIFEST, SEAL} - {*files}):
        yield Fault(name, "stray", f"{MANIFEST} does not name it")
    for name, digest in sorted(files.items()):
        if name not in names:
            yield Fault(name, "missing", f"{MANIFEST} names it, and it is not there")
        elif (found := sha256(read(name))) != digest:
            yield Fault(name, "changed", f"it had SHA-256 {digest}, and has {found}")


def _sealed(seal: bytes | None, manifest: bytes, project: str, keys: Sequence[Key], verify: Signed, asked: bool) -> str:
    if seal is None:
        if asked:
            raise Broken("missing", "nobody signed the list of files")
        return (
            "nobody signed the list of files: entries of the ledger hold by their own signatures, any other file only as far as"
            f" {MANIFEST} came from whom you trust"
        )
    value, key = opened(seal, AUDIT, {key.id: key for key in keys}, verify)
    if set(value) != {"manifest", "project", "time"} or not isinstance(value["time"], str):
        raise Broken("form", "what it says is not in its form")
    moment = moment_of(value["time"])
    _may(key, project, value, moment)
    if value["manifest"] != sha256(manifest):
        raise Broken("changed", f"it is a signature on another {MANIFEST}, with SHA-256 {value['manifest']}")
    return f"the list of files was signed by key {key.name!r} at {stamp(moment)}"


def _told(manifest: dict[str, Any], entries: Sequence[Entry], names: Sequence[str], read: Read) -> Iterator[Fault]:
    since, until = moment_of(manifest["from"]), moment_of(manifest["to"])
    index = index_of(entries, manifest["model"], manifest["environments"], since, until)
    if INDEX not in names or read(INDEX) != readable({"entries": index}):
        yield Fault(INDEX, "index", f"it does not say which entries concern {manifest['model']}, as the entries have it")
    wanted = {str(one["file"]): entries[int(str(one["entry"]))] for one in index}
    for name in sorted({name for name in names if name.startswith("statements/")} ^ {*wanted}):
        yield Fault(name, "statement", "it is not there" if name in wanted else "no entry that concerns the model says this")
    for name, entry in sorted(wanted.items()):
        if name in names and read(name) != readable(entry.statement):
            yield Fault(name, "statement", f"it is not what entry {entry.sequence} says")


def opened_bundle(path: Path) -> tuple[list[str], Read]:
    """Names and contents of a bundle, a folder or a .zip. Raises OSError and Broken."""
    if path.is_dir():
        there = [one for one in path.rglob("*") if one.is_symlink() or not one.is_dir()]
        if links := sorted(str(one.relative_to(path)) for one in there if one.is_symlink() or not one.is_file()):
            raise Broken("stray", f"{links[0]} is no file, and a bundle has files alone")
        return sorted(one.relative_to(path).as_posix() for one in there), lambda name: (path / name).read_bytes()
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as fault:
        raise Broken("form", f"it is no .zip: {fault}") from None
    names = [one.filename for one in archive.infolist() if not one.is_dir()]

    def read(name: str) -> bytes:
        try:
            return archive.read(name)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            # What does not unpack is not what was listed.
            return b""

    return names, read


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when the ledger or bundle is whole, 1 when it is not, 2 when it cannot be looked at; what was found is printed."""
    parser = argparse.ArgumentParser(description="Checks a ledger, or a bundle of `modelway audit`, without anything else.")
    parser.add_argument("folder", type=Path, help="folder of a ledger, or a bundle: a folder or a .zip")
    parser.add_argument("--keys", type=Path, required=True, help="the public keys that may sign, from whom you trust, not from the bundle")
    parser.add_argument("--project", help="whose it has to be; needed for a ledger")
    parser.add_argument("--anchor", help="PLACE:HASH that was noted before")
    parser.add_argument("--signed", action="store_true", help="the bundle's list of files has to be signed")
    asked = parser.parse_args(arguments)
    place, _, noted = (asked.anchor or "").partition(":")
    if asked.anchor and not (place.isdecimal() and _HASH.fullmatch(noted)):
        parser.error("--anchor is the number of an entry and its SHA-256, like 41:9f86d0…")
    anchor = (int(place), noted) if asked.anchor else None
    bundle = asked.folder.is_file() or (asked.folder / MANIFEST).exists()
    if not bundle and asked.project is None:
        parser.error("--project is needed for a ledger")
    try:
        keys = read_keys(asked.keys.read_bytes())
        if bundle:
            names, read = opened_bundle(asked.folder)
            result = check_bundle(names, read, keys, now=datetime.now(UTC), sealed=asked.signed, project=asked.project, anchor=anchor)
        else:
            paths = sorted(path for path in (asked.folder / "entries").iterdir() if not path.name.startswith("."))
            head = asked.folder / "head.json"
            files = ((path.name, path.read_bytes()) for path in paths)
            result = check(files, head.read_bytes() if head.exists() else None, keys, asked.project, now=datetime.now(UTC), anchor=anchor)
    except (OSError, NoKeys, Broken) as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    for line in (*map(str, result.faults), *(f"note: {note}" for note in result.notes)):
        # A name of a file is whatever somebody called it.
        sys.stdout.write(f"{line.encode('ascii', 'backslashreplace').decode() if not line.isprintable() else line}\n")
    if result.last is not None:
        sys.stdout.write(f"{result.entries} entries; anchor {result.last.sequence}:{result.last.hash}\n")
    whole = "whole: every file is as it was listed, and every entry" if bundle else "whole: every entry"
    sys.stdout.write(f"{len(result.faults)} faults\n" if result.faults else f"{whole} is in its place and signed\n")
    return 1 if result.faults else 0


if __name__ == "__main__":
    sys.exit(main())
