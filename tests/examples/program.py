"""The serving program as its callers see it."""

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Program:
    """The serving program, running."""

    process: subprocess.Popen[str]
    url: str

    def call(
        self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, method: str | None = None
    ) -> tuple[int, Any]:
        """Status and content, JSON parsed."""
        request = urllib.request.Request(self.url + path, data=body, headers=dict(headers or {}), method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                status, content = answer.status, answer.read()
        except urllib.error.HTTPError as fault:
            with fault:
                status, content = fault.code, fault.read()
        return status, json.loads(content) if content.startswith(b"{") else content.decode()

    def infer(self, model: str, request: object) -> tuple[int, Any]:
        """Status and content of an infer request."""
        return self.call(f"/v2/models/{model}/infer", json.dumps(request).encode())
