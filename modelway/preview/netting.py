"""The last net: nothing that looks like a credential leaves in a ChangeSet, whoever wrote the text."""

from collections.abc import Iterator
from typing import Any

import msgspec

from modelway.preview.changeset import ChangeSet
from modelway.redaction import masked

_AT_ONCE = 20
"""Changes or findings that are looked at together."""


def netted(changeset: ChangeSet) -> ChangeSet:
    """The same, every text masked. One look at all of it says whether there is anything to do, which is rare."""
    if all(masked(text) == text for text in _texts(changeset)):
        return changeset
    return msgspec.convert(_masked(msgspec.to_builtins(changeset)), ChangeSet)


def _texts(changeset: ChangeSet) -> Iterator[str]:
    """All of it as JSON, in parts: most of them have no word of secrets in them, which the whole would have."""
    for name in changeset.__struct_fields__:
        value = getattr(changeset, name)
        if isinstance(value, tuple):
            for start in range(0, len(value), _AT_ONCE):
                yield msgspec.json.encode(value[start : start + _AT_ONCE]).decode()
        else:
            yield msgspec.json.encode(value).decode()


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list | tuple) else value
