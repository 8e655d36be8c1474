"""A ChangeSet for programs: JSON of the published schema."""

import msgspec

from modelway.preview.changeset import ChangeSet


def render(changeset: ChangeSet) -> str:
    """With two spaces of indentation and an end of line."""
    return msgspec.json.format(msgspec.json.encode(changeset), indent=2).decode() + "\n"
