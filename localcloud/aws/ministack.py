"""MiniStack: the emulator that has EKS's add-ons, access entries and pod identities. A process of its own, in an environment of its own."""

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from localcloud.aws.messages import Answer, Refused

TIMEOUT = 30.0
"""Seconds. Its answers take milliseconds; an overloaded machine gets some more."""


def command(python: Path, port: int) -> tuple[list[str], dict[str, str]]:
    """How it is started with the interpreter that it is installed for: arguments and variables. It answers on 127.0.0.1 only."""
    return [str(python), "-m", "ministack"], {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "SERVICES": "eks",
        "LOG_LEVEL": "WARNING",
        # It would start a k3s container per cluster where it finds Docker: clusters are ours.
        "DOCKER_HOST": "unix:///nonexistent/modelway",
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
    }


class MiniStack:
    """A client. MiniStack takes a twelve-digit access key for the account it names."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc

    def call(self, account: str, region: str, method: str, path: str, query: str = "", body: bytes = b"") -> Answer:
        """The answer of EKS in that account and region. `path` and `query` are as they go over the wire.

        Raises Refused (500) when it does not answer.
        """
        credential = f"{account}/20260101/{region}/eks/aws4_request"
        headers = {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature={'0' * 64}",
            "Content-Type": "application/json",
        }
        return self._send(method, f"{path}?{query}" if query else path, body, headers)

    def json(self, account: str, region: str, method: str, path: str, content: object = None, query: str = "") -> dict[str, Any]:
        """The decoded answer. Raises Refused with EKS's error."""
        answer = self.call(account, region, method, path, query, json.dumps(content).encode() if content is not None else b"")
        if answer.status >= 400:
            fault = answer.json()
            raise Refused(str(fault.get("__type", "InternalFailure")), str(fault.get("message", "")), answer.status)
        return answer.json()

    def reset(self) -> None:
        """Afterwards it holds nothing."""
        self._send("POST", "/_ministack/reset", b"", {})

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection(self._host, timeout=TIMEOUT)
        try:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as fault:
            raise Refused("InternalFailure", f"MiniStack does not answer ({fault!r}): see `modelway local status`.", 500) from fault
        finally:
            connection.close()
        kept = [(name, value) for name, value in response.getheaders() if name.lower() in ("content-type", "x-amzn-errortype")]
        return Answer(response.status, content, kept)
