"""The last net: nothing that looks like a credential leaves in a ChangeSet, whoever wrote the text."""

from typing import Any

import msgspec

from modelway.preview.changeset import ChangeSet
from modelway.redaction import masked

_AT_ONCE = 200
"""Texts that are looked at together: most parts of a report have no word of secrets in them, which the whole would have."""


def netted(changeset: ChangeSet) -> ChangeSet:
    """The same, every text masked. One look at all of it says whether there is anything to do, which is rare."""
    texts = list(_texts(changeset))
    for start in range(0, len(texts), _AT_ONCE):
        # A line of its own for each: what would be masked in it is masked here, and no pattern goes on in the next.
        part = "\n".join(texts[start : start + _AT_ONCE])
        if masked(part) != part:
            return msgspec.convert(_masked(msgspec.to_builtins(changeset)), ChangeSet)
    return changeset


def _texts(changeset: ChangeSet) -> dict[str, None]:
    """Every text in it, each once."""
    found: dict[str, None] = {}
    # Many resources differ in the same: what is looked at already is not looked at again.
    known: set[int] = set()
    waiting: list[object] = [changeset]
    while waiting:
        value = waiting.pop()
        if isinstance(value, msgspec.Struct):
            if id(value) in known:
                continue
            known.add(id(value))
            value = msgspec.structs.astuple(value)
        if isinstance(value, tuple | list):
            for one in value:
                if isinstance(one, str):
                    found[one] = None
                elif isinstance(one, msgspec.Struct | tuple | list):
                    waiting.append(one)
    return found


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list | tuple) else value
