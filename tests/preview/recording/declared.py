"""A recorded preview as data: what is there, what is wanted, and what a report has to say of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Item = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One preview of a small program."""

    name: str
    before: list[Item]
    after: list[Item]
    expected: tuple[tuple[str, str], ...] = ()
    """Risk and logical name of every finding that a reviewer needs."""
    may: tuple[tuple[str, str], ...] = ()
    """Findings that are right and that nobody has to have."""
    result: str = "succeeded"
    decision: str = ""
    """Where the case is about that."""
    tuned: bool = False
    """Whether somebody looked at it while writing the rules; the figures are of the others."""
    refresh: bool = False
    rules: str = ""
    """Rules of the policy pack that look at it."""
    edit: Mapping[str, Any] = field(default_factory=dict)
    """What is done to the state before: `taint`: a logical name; `version`: of the AWS provider; `drift`: calls of boto3."""


def res(token: str, name: str, inputs: Item | None = None, **options: Any) -> Item:
    return {"type": token, "name": name, "inputs": inputs or {}, "options": options}


def aws(token: str, name: str, inputs: Item | None = None, **options: Any) -> Item:
    return res(f"aws:{token}", name, inputs, **options)


def bucket(name: str, inputs: Item | None = None, **options: Any) -> Item:
    return aws("s3/bucket:Bucket", name, inputs, **options)


def of(name: str, output: str = "id") -> Item:
    return {"$from": f"{name}.{output}"}


def text(form: str, *values: Item) -> Item:
    return {"$text": form, "$of": list(values)}


def allow(action: Any, resource: Any = "*", **more: Any) -> Item:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements: Item) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(principal: Any) -> str:
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def kube(api: str, kind: str, name: str, spec: Item | None = None, **more: Any) -> Item:
    """A Kubernetes object in namespace NAMESPACE, which each case has for itself."""
    options = {key: more.pop(key) for key in ("alias", "protect", "depends_on", "parent") if key in more}
    metadata = {"name": name, "namespace": "NAMESPACE", **more.pop("metadata", {})}
    body = {"metadata": metadata, **({"spec": spec} if spec is not None else {}), **more}
    return res(f"kubernetes:{api}:{kind}", name, body, **options)


def namespace() -> Item:
    return res("kubernetes:core/v1:Namespace", "space", {"metadata": {"name": "NAMESPACE"}})
