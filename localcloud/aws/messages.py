"""Requests and answers as the front passes them on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote


@dataclass(frozen=True)
class Request:
    """One HTTP request, read to its end."""

    method: str
    path: str
    """As sent, percent signs and all: what was signed."""
    query: str = ""
    """As sent, without the question mark."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The query, decoded. A plus sign is a plus sign: signers write spaces as %20."""
        found = []
        for part in self.query.split("&"):
            if part:
                name, _, value = part.partition("=")
                found.append((unquote(name), unquote(value)))
        return found

    def parameter(self, name: str) -> str | None:
        """The query's parameter of that name, or None."""
        return next((value for key, value in self.pairs if key == name), None)

    def form(self) -> dict[str, str]:
        """The body of a call in AWS's query protocol, or the query where there is none."""
        text = self.body.decode("utf-8", "replace") if self.body else self.query
        return dict(parse_qsl(text, keep_blank_values=True))

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is none."""
        try:
            content = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, content: object, status: int = 200) -> "Answer":
        """JSON."""
        return cls(status, json.dumps(content, default=str).encode(), [("Content-Type", "application/json")])

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is none."""
        try:
            content = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}


class Refused(Exception):
    """A call that gets an error of AWS as its answer: code, text, HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
