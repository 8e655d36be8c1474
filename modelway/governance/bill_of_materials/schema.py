"""Documents held against the schema of CycloneDX, as its library ships it."""

import json
from functools import cache

from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation import SchemabasedValidator, make_schemabased_validator

from modelway.errors import ModelwayError

VERSION = SchemaVersion.V1_6
"""Of CycloneDX: the first with everything that is said here, and the one that most tools read."""


class NotValid(ModelwayError):
    """A document that is none of CycloneDX."""


def check(content: bytes, name: str) -> None:
    """Raises NotValid, which names the place in the document, where it does not keep to the schema."""
    fault = _validator().validate_str(content.decode())
    if fault is None:
        return
    found = fault.data
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in found.absolute_path)
    # The message holds the instance, which may be the whole document.
    raise NotValid(f"{name}{path}: CycloneDX {VERSION.to_version()} has another form here, by {found.validator}: {_short(found.message)}")


def _short(text: str) -> str:
    line = json.dumps(text, ensure_ascii=False)[1:-1]
    return line if len(line) <= 300 else f"{line[:299]}…"


@cache
def _validator() -> SchemabasedValidator:
    return make_schemabased_validator(OutputFormat.JSON, VERSION)
