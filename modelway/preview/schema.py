"""JSON Schema of a ChangeSet, for whoever reads reports. The file beside this one is generated (`make generate`); a test holds it fresh."""

import json
from pathlib import Path
from typing import Any

import msgspec

from modelway.preview.changeset import VERSION, ChangeSet

FILE = Path(__file__).with_name("changeset.schema.json")


def generated() -> dict[str, Any]:
    """The schema as the structures say it now."""
    (whole,), parts = msgspec.json.schema_components([ChangeSet], ref_template="#/$defs/{name}")
    made = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://modelway.dev/schemas/{VERSION}/changeset.schema.json",
        "title": "ChangeSet",
        "description": "What a change means, as `modelway report --format json` writes it.",
        **whole,
        "$defs": parts,
    }
    # Tuples among the defaults are lists in JSON.
    return dict(json.loads(json.dumps(made)))
