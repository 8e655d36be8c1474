"""The grammar of IAM and resource policies as data."""

import json
from collections.abc import Mapping, Sequence

Document = dict[str, object]


def text(document: Mapping[str, object]) -> str:
    """The document as JSON, always the same for the same content."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def document(*statements: Document) -> Document:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str] | None = None,
    *,
    principal: Mapping[str, object] | None = None,
    condition: Mapping[str, object] | None = None,
) -> Document:
    """A statement that allows `actions`; in a policy of a resource or key, to `principal`; on `resources`, where it names some."""
    statement: Document = {"Sid": sid, "Effect": "Allow", "Action": list(actions)}
    if principal is not None:
        statement["Principal"] = dict(principal)
    if resources is not None:
        statement["Resource"] = list(resources)
    if condition is not None:
        statement["Condition"] = dict(condition)
    return statement
