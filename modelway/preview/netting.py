"""The last net: nothing that looks like a credential leaves in a ChangeSet, whoever wrote the text."""

from typing import Any

import msgspec

from modelway.preview.changeset import ChangeSet
from modelway.redaction import masked


def netted(changeset: ChangeSet) -> ChangeSet:
    """The same, every text masked. One look at all of it says whether there is anything to do, which is rare."""
    text = msgspec.json.encode(changeset).decode()
    if masked(text) == text:
        return changeset
    return msgspec.convert(_masked(msgspec.to_builtins(changeset)), ChangeSet)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list | tuple) else value
