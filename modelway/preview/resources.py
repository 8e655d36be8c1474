"""What the engine writes of a resource, read no further than it is asked for.

A digest of 10,000 changes holds all their inputs twice; most are never looked at. They stay bytes until somebody asks.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import msgspec

from modelway.rules.values import is_marked, received

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine writes in a preview for a value known only after the update (sdk/go/common/resource/plugin: UnknownStringValue)."""
SECRET = "[secret]"
"""What the engine writes in a digest for a value that is secret. Inputs and outputs of events and states have it too."""

_KIND, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
"""Key of an object that stands for something else, and its value where that is a secret (sdk/go/common/resource/sig)."""
_SECRET_KIND = _SECRET.encode()


class Resource(msgspec.Struct, rename="camel", frozen=True, dict=True):
    """A resource in a digest's step, an event or a state."""

    urn: str
    type: str
    custom: bool = False
    id: str = ""
    parent: str = ""
    provider: str = ""
    protect: bool = False
    taint: bool = False
    """Whether somebody asked for its replacement (`pulumi state taint`), which then comes without any difference."""
    delete: bool = False
    """Whether it is an old copy, that a replacement left to delete."""
    external: bool = False
    retain_on_delete: bool = False
    deleted_with: str = ""
    dependencies: list[str] = []
    ignore_changes: list[str] = []
    """Paths that the program sets at first and leaves alone later: somebody else writes them."""
    inputs_raw: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw, name="inputs")
    outputs_raw: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw, name="outputs")
    property_dependencies_raw: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw, name="propertyDependencies")

    @cached_property
    def property_dependencies(self) -> dict[str, list[str] | None]:
        """Which resources each input was made from, by URN."""
        text = bytes(self.property_dependencies_raw)
        return msgspec.json.decode(text, type=dict[str, list[str] | None] | None) or {} if text else {}

    @cached_property
    def inputs(self) -> dict[str, Any]:
        """What the program asked for; an empty mapping where there is nothing. Parsed when it is first wanted, for everybody: not to be
        changed."""
        return _mapping(self.inputs_raw)

    @cached_property
    def wanted(self) -> Mapping[str, object]:
        """The inputs as rules look at them: Unknown and Secret (modelway.rules.values) where the engine has marks."""
        if not is_marked(bytes(self.inputs_raw)):
            return self.inputs
        found = received(self.inputs)
        return found if isinstance(found, Mapping) else {}

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """What the provider made of it."""
        return _mapping(self.outputs_raw)

    def forget(self) -> None:
        """Drops what was parsed, which takes several times as much memory as its text; who asks again parses again."""
        vars(self).clear()


class PropertyDiff(msgspec.Struct, rename="camel", frozen=True):
    """What the provider says of one property: `add`, `delete`, `update`, each also with `-replace`."""

    kind: str
    input_diff: bool = False


class Step(msgspec.Struct, rename="camel", frozen=True, dict=True):
    """What the engine means to do with one resource, out of a digest or an event log."""

    op: str
    """As the engine calls it (sdk/go/common/apitype/history.go): `create`, `replace`, `create-replacement`, …"""
    urn: str
    provider: str = ""
    old: Resource | None = msgspec.field(default=None, name="oldState")
    new: Resource | None = msgspec.field(default=None, name="newState")
    diff_reasons: list[str] | None = None
    replace_reasons: list[str] | None = None
    detailed: dict[str, PropertyDiff] | None = msgspec.field(default=None, name="detailedDiff")

    @cached_property
    def type(self) -> str:
        """Such as `aws:s3/bucket:Bucket`."""
        return type_of(self.urn)

    @cached_property
    def name(self) -> str:
        return name_of(self.urn)

    def forget(self) -> None:
        """Drops what was parsed of both states: few of them are asked for again."""
        for resource in (self.old, self.new):
            if resource is not None:
                resource.forget()


def type_of(urn: str) -> str:
    """The resource's own type: what stands after the last `$` of the URN's third part."""
    parts = urn.split("::", 3)
    return parts[2].rsplit("$", 1)[-1] if len(parts) == 4 else ""


def name_of(urn: str) -> str:
    """The logical name; it may hold `::` itself."""
    parts = urn.split("::", 3)
    return parts[3] if len(parts) == 4 else urn


def stack_of(urn: str) -> str:
    """The stack's name, without organization and project."""
    return urn.split("::", 2)[0].removeprefix("urn:pulumi:")


def _mapping(raw: msgspec.Raw) -> dict[str, Any]:
    text = bytes(raw)
    found = msgspec.json.decode(text) if text else None
    if not isinstance(found, dict):
        return {}
    return {key: _opened(item) for key, item in found.items()} if _SECRET_KIND in text else found


def _opened(value: Any) -> Any:
    """The value, what a state or an event log keeps encrypted as SECRET, as a digest has it."""
    if isinstance(value, dict):
        return SECRET if value.get(_KIND) == _SECRET else {key: _opened(item) for key, item in value.items()}
    return [_opened(item) for item in value] if isinstance(value, list) else value
