"""Sections, quantities and references as bytes, and back. What such bytes can make is plain data and these, and nothing in them is run."""

import io
import pickle
from importlib import import_module
from typing import Any


class Pickler(pickle.Pickler):
    """Sections as their fields, quantities as their text, references as their parts.

    Sections that agree in everything are kept once: where models are alike they are many. So is which fields were given.
    """

    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream, 5)
        self._given: dict[frozenset[str], set[str]] = {}
        self._first: dict[object, object] = {}
        """Of sections that agree the first, by what they agree in."""
        self._kept: dict[int, object] = {}
        """The same, by the `id` of each."""

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if hasattr(kind, "__pydantic_fields__"):
            first: Any = self._kept.get(id(value)) or self._keep(value)
            if first is not value:
                return same, (first,)
            names = value.__pydantic_fields_set__
            return section, (kind, value.__dict__, self._given.setdefault(frozenset(names), names))
        if hasattr(kind, "SHAPE"):
            return quantity, (kind, value.text)
        if hasattr(kind, "RULE"):
            return reference, (kind, [(name, getattr(value, name)) for name in kind.__slots__])
        return NotImplemented

    def _keep(self, value: Any) -> object:
        fields = tuple([(name, self._exactly(item)) for name, item in value.__dict__.items()])
        agreed = (type(value), frozenset(value.__pydantic_fields_set__), fields)
        first = self._kept[id(value)] = self._first.setdefault(agreed, value)
        return first

    def _exactly(self, value: Any) -> object:
        """What two values have in common only when no one can tell them apart: 1, 1.0 and True are equal, and not the same."""
        kind = type(value)
        if hasattr(kind, "__pydantic_fields__"):
            return id(self._kept.get(id(value)) or self._keep(value))
        if kind is tuple:
            return tuple([self._exactly(item) for item in value])
        if kind is dict:
            return dict, tuple([(key, self._exactly(item)) for key, item in value.items()])
        return kind, repr(value) if kind is float else value


class Unpickler(pickle.Unpickler):
    """Makes plain data, sections and quantities; a pickle that asks for anything else is refused, so nothing in it can be run."""

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("modelway.architecture."):
            found = getattr(import_module(module), name)
            if found in _MAKERS or (isinstance(found, type) and (hasattr(found, "__pydantic_fields__") or hasattr(found, "RULE"))):
                return found
        raise pickle.UnpicklingError(f"{module}.{name}")


_set = object.__setattr__
_new = object.__new__


def section(kind: type[Any], fields: dict[str, object], given: set[str]) -> object:
    """A section as it was."""
    made = _new(kind)
    _set(made, "__dict__", fields)
    _set(made, "__pydantic_fields_set__", given)
    _set(made, "__pydantic_extra__", None)
    _set(made, "__pydantic_private__", None)
    return made


def same(found: object) -> object:
    """A section that agrees with one before it."""
    return found


def quantity(kind: type[Any], text: str) -> object:
    """A quantity as it was written."""
    made = _new(kind)
    _set(made, "text", text)
    return made


def reference(kind: type[Any], parts: list[tuple[str, object]]) -> object:
    """A reference as it was."""
    made = _new(kind)
    for name, value in parts:
        _set(made, name, value)
    return made


_MAKERS = (section, same, quantity, reference)
