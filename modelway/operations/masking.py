"""Files that the engine wrote, as they may be kept: every engine secret and every text that looks like a credential is replaced."""

import os
from pathlib import Path
from typing import Any

import msgspec

from modelway.preview.files import UnusableFile, document
from modelway.preview.resources import SECRET, UNKNOWN
from modelway.redaction import HIDDEN, masked

_KIND, _OF_SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
"""Key and value that mark an object as a secret in states and plans (sdk/go/common/resource/sig)."""
_PLAIN = frozenset({SECRET, UNKNOWN, ""})


def masked_copy(source: Path, target: Path) -> None:
    """`source`, one JSON document, masked, in `target`, for its owner alone. Other text before or after it is left out; a file that holds
    no JSON object becomes an empty one."""
    _write(target, msgspec.json.encode(_masked(_document(source.read_bytes()))))


def masked_lines(source: Path, target: Path) -> None:
    """The same for a document in each line; a line that is none is left out."""
    kept = []
    for line in source.read_bytes().splitlines():
        try:
            kept.append(msgspec.json.encode(_masked(msgspec.json.decode(line))) + b"\n")
        except msgspec.DecodeError:
            continue
    _write(target, b"".join(kept))


def kept_as_is(source: Path, target: Path) -> None:
    """`source` byte by byte in `target`, for its owner alone."""
    _write(target, source.read_bytes())


def _document(data: bytes) -> Any:
    try:
        found = document(Path("digest.json"), data, ())
    except UnusableFile:
        return {}
    return {name: msgspec.json.decode(raw) for name, raw in found.members.items()}


def _masked(value: Any, name: str = "") -> Any:
    match value:
        case str():
            return _text(value, name)
        case list():
            return [_masked(item, name) for item in value]
        case dict() if value.get(_KIND) == _OF_SECRET:
            return {_KIND: _OF_SECRET, "ciphertext": HIDDEN}
        case dict():
            # The salt of a passphrase, or a key that a cloud encrypted; nobody needs it to read a report.
            hidden = {"state"} if name == "secrets_providers" else set()
            # Of a container's variable the name stands beside the value.
            beside = str(value.get("name", ""))
            called = {key: beside if key == "value" and beside else key for key in value}
            return {_text(key, ""): {} if key in hidden else _masked(item, called[key]) for key, item in value.items()}
    return value


def _text(text: str, name: str) -> str:
    if text in _PLAIN:
        return text
    if len(text) > 1 and text[0] in "{[" and text[-1] in "}]":
        try:
            inside = msgspec.json.decode(text)
        except msgspec.DecodeError:
            return masked(text, name)
        # As it was written where nothing is hidden in it.
        return text if (hidden := _masked(inside, name)) == inside else msgspec.json.encode(hidden).decode()
    return masked(text, name)


def _write(target: Path, data: bytes) -> None:
    with open(target, "wb", opener=_for_its_owner) as stream:
        os.fchmod(stream.fileno(), 0o600)
        stream.write(data)


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
