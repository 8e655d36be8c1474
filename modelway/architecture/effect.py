"""Which fields say something that nothing makes true yet. A field leaves this list with the change that puts it into effect."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from modelway.architecture.base import FieldPath, Section
from modelway.architecture.faults import field_text
from modelway.architecture.sagemaker import moves_at_once
from modelway.architecture.watching import keeps_too_long, unread

if TYPE_CHECKING:
    from modelway.architecture.environment import Environment

Effect = Literal["harmless", "refused", "idle", "imageless"]
"""harmless: what is made is what was described, and the field says more than is done. refused: something else would be made. idle: all of
it is made, and does nothing here. imageless: nobody looks, as the environment names no image that does."""

NOT_YET: Mapping[str, Effect] = MappingProxyType({})
"""Fields by path, `*` for any name or position. Below a field that is listed, everything is."""


@dataclass(frozen=True)
class Ineffective:
    """A field of an environment without effect: nothing makes it true yet and it says something else than its default, or it is idle."""

    path: FieldPath
    effect: Effect

    @property
    def field(self) -> str:
        return field_text(self.path)


def ineffective(environment: "Environment") -> Iterator[Ineffective]:
    """The fields that `environment` sets and that nothing puts into effect yet, in the order of the table; then drift that nobody looks
    at, and those that are idle."""
    for pattern, effect in NOT_YET.items():
        for path in _set(environment, tuple(pattern.split("."))):
            # How a model would serve that does not makes nothing.
            if path[0] != "models" or path[2] != "endpoint" or environment.models[str(path[1])].serving is not None:
                yield Ineffective(path, effect)
    if unread(environment):
        yield Ineffective(("monitoring", "backend"), "refused")
    if keeps_too_long(environment):
        yield Ineffective(("monitoring", "retention"), "refused")
    if environment.monitoring.drift.image is None:
        watched = (name for name, model in environment.models.items() if model.serving is not None and model.drift is not None)
        yield from (Ineffective(("models", name, "drift"), "imageless") for name in watched)
    yield from (Ineffective(("models", name, "endpoint", "scaling", "min"), "idle") for name in moves_at_once(environment))


def refusal(environment: "Environment") -> str | None:
    """Why `environment` is not brought up: fields without which something else would be made. None when it may be."""
    fields = [one.field for one in ineffective(environment) if one.effect == "refused"]
    if not fields:
        return None
    listed = "\n".join(f"  {field}" for field in fields)
    return (
        f"environment {environment.environment} asks for what nothing makes yet, and without it something else would be made than it"
        f" describes:\n{listed}\nRemove these fields from its files, or take a version of Modelway that makes them."
    )


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
