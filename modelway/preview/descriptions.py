"""What differs in the description of an environment, in the words of `modelway diff`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from modelway.preview.changeset import Difference

if TYPE_CHECKING:
    from modelway.architecture import Environment
    from modelway.architecture.comparing import Group

Line = tuple[Literal["added", "removed", "changed"], str]


def differences(stack: str, before: "Environment | None", after: "Environment | None") -> tuple[Difference, ...]:
    """By section and model; nothing where neither side is there."""
    if before is None and after is None:
        return ()
    from modelway.architecture.comparing import compare

    return tuple(Difference(stack, group.title, tuple(_lines(group))) for group in compare(before, after))


def _lines(group: "Group") -> Iterator[Line]:
    from modelway.architecture.comparing import told
    from modelway.architecture.faults import field_text

    if group.kind == "changed":
        for change in group.changes:
            yield change.kind, f"{field_text(change.path)}  {told(change)}"
        return
    value = group.changes[0].after or group.changes[0].before
    parts = value.parts if value else ()
    yield from ((group.kind, f"{field_text(path)}  {text}") for path, text in parts)
    if value and not parts:
        yield group.kind, value.text
