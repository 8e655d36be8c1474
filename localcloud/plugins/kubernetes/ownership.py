"""Field managers of server-side apply: who owns which field of an object (metadata.managedFields)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from localcloud.plugins.values import Properties, Value


def new_manager() -> str:
    """A field manager of the form the official provider gives."""
    return f"pulumi-kubernetes-{secrets.token_hex(4)}"


def handed_over(live: Properties, manager: str) -> list[Value] | None:
    """managedFields with what `manager` wrote by create counted as applied by it; None when there is nothing to hand over.

    A create (POST) is recorded with operation Update. Left so, fields that leave the program would never leave the object.
    """
    entries = _entries(live)
    created = [entry for entry in entries if _is(entry, manager, "Update")]
    if not created:
        return None
    applied = next((entry for entry in entries if _is(entry, manager, "Apply")), None)
    fields: Value = applied["fieldsV1"] if applied else {}
    for entry in created:
        fields = _union(fields, entry.get("fieldsV1"))
    own: Properties = {**(applied or created[-1]), "operation": "Apply", "fieldsV1": fields}
    return [own, *(entry for entry in entries if entry is not applied and entry not in created)]


def owners(live: Properties, path: Sequence[str]) -> set[str]:
    """The managers that own the field at a path of plain keys, or something below it."""
    found = set()
    for entry in _entries(live):
        node: Value = entry.get("fieldsV1")
        for key in path:
            node = node.get(f"f:{key}") if isinstance(node, dict) else None
        if node is not None:
            found.add(str(entry.get("manager")))
    return found


def _entries(live: Properties) -> list[Properties]:
    metadata = live.get("metadata")
    entries = metadata.get("managedFields") if isinstance(metadata, dict) else None
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _is(entry: Properties, manager: str, operation: str) -> bool:
    return entry.get("manager") == manager and entry.get("operation") == operation and not entry.get("subresource")


def _union(one: Value, other: Value) -> Value:
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: _union(one.get(key), other.get(key)) for key in {**one, **other}}
    return other if one is None else one
