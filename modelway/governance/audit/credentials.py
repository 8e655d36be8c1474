"""Nothing that looks like a credential leaves in a bundle."""

import base64
from collections.abc import Mapping

import msgspec

from modelway.errors import ModelwayError
from modelway.redaction import kind_inside


class Revealing(ModelwayError):
    """What cannot be left out holds what looks like a credential."""

    exit_code = 4


def revealed(files: Mapping[str, bytes]) -> list[str]:
    """Names of files that hold what looks like a credential; of a DSSE envelope its payload is looked at."""
    return sorted(name for name, content in files.items() if _reveals(content))


def _reveals(content: bytes) -> bool:
    text = content.decode("utf-8", "replace")
    if '"payloadType"' in text:
        try:
            payload = msgspec.json.decode(content, type=dict[str, object]).get("payload")
            text = base64.b64decode(str(payload)).decode("utf-8", "replace")
        except (msgspec.DecodeError, ValueError):
            pass
    return kind_inside(text) is not None
