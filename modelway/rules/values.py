"""Values as the engine hands them over: some are not known before the cloud has answered, some are secret."""

from collections.abc import Mapping
from dataclasses import dataclass

# The engine's own marks on the wire and in its files; sdk/go/common/resource/properties.go and plugin/rpc.go of pulumi/pulumi.
_UNKNOWN = frozenset(
    (
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # text
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # a list
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # a mapping
        "030794c1-ac77-496b-92df-f27374a8bd58",  # an asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # an archive
    )
)
HIDDEN = "[secret]"
"""What the engine writes for a secret in what it prints (pkg/backend/display: stateForJSONOutput)."""
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"


@dataclass(frozen=True)
class Unknown:
    """A value that is not known yet."""


@dataclass(frozen=True)
class Secret:
    """A value that is looked at and not shown."""

    value: object


_MARKS = tuple(mark.encode() for mark in (*_UNKNOWN, HIDDEN, _SIGNATURE))


def is_marked(text: bytes) -> bool:
    """Whether a JSON text may hold one of the engine's marks; of one that does not, `received` is the same as what is in it."""
    # Behind an escape anything may be.
    return b"\\u" in text or any(mark in text for mark in _MARKS)


def received(value: object) -> object:
    """`value` with the engine's marks replaced by Unknown and Secret; a secret that is still encrypted, or that the engine
    has hidden, is a Secret of Unknown or Unknown."""
    if isinstance(value, str):
        return Unknown() if value in _UNKNOWN else Secret(Unknown()) if value == HIDDEN else value
    if isinstance(value, Mapping):
        match value.get(_SIGNATURE):
            case str(mark) if mark == _SECRET:
                return Secret(received(value["value"])) if "value" in value else Unknown()
            case str(mark) if mark == _OUTPUT:
                inner = received(value["value"]) if "value" in value else Unknown()
                return Secret(inner) if value.get("secret") else inner
        return {key: received(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [received(item) for item in value]
    return value
