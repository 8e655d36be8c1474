"""Which fields say something that nothing makes true yet. A field leaves this list with the change that puts it into effect."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from modelway.architecture.base import FieldPath, Section
from modelway.architecture.faults import field_text

if TYPE_CHECKING:
    from modelway.architecture.environment import Environment

Class = Literal["harmless", "refused"]
"""harmless: what is made is what was described, and the field says more than is done. refused: something else would be made."""

NOT_YET: dict[str, Class] = {}
"""Fields by path, `*` for any name or position. Below a field that is listed, everything is."""


@dataclass(frozen=True)
class Ineffective:
    """A field of an environment that nothing puts into effect yet, and that says something else than its default."""

    path: FieldPath
    effect: Class

    @property
    def field(self) -> str:
        return field_text(self.path)


def ineffective(environment: "Environment") -> Iterator[Ineffective]:
    """The fields that `environment` sets and that nothing puts into effect yet, in the order of the table."""
    for pattern, effect in NOT_YET.items():
        for path in _set(environment, tuple(pattern.split("."))):
            yield Ineffective(path, effect)


def _set(value: object, pattern: tuple[str, ...], path: FieldPath = ()) -> Iterator[FieldPath]:
    """Paths of the fields that match and differ from what they are by default."""
    first, *rest = pattern
    if isinstance(value, Section):
        for name, field in type(value).__pydantic_fields__.items():
            there = getattr(value, name)
            if first in (field.alias or name, "*"):
                here = (*path, field.alias or name)
                if rest:
                    yield from _set(there, tuple(rest), here)
                elif field.is_required() or there != field.get_default(call_default_factory=True):
                    yield here
    elif isinstance(value, dict | tuple):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if first in (str(key), "*"):
                if rest:
                    yield from _set(item, tuple(rest), (*path, key))
                else:
                    yield (*path, key)
