"""A Kubernetes API server over plain HTTPS, for the few calls the supervisor makes (the official client costs it 60 MB and a second)."""

import http.client
import json
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from localcloud import LocalCloudError
from localcloud.certificates import Pair

JSON = "application/json"


class ApiError(LocalCloudError):
    """An answer that is an error; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Api:
    """One server, trusted by its authority, spoken to with a client certificate."""

    def __init__(self, endpoint: str, authority: Path, client: Pair) -> None:
        self._host = urlsplit(endpoint).netloc
        self._context = ssl.create_default_context(cafile=str(authority))
        self._context.load_cert_chain(str(client.certificate), str(client.key))

    def call(self, method: str, path: str, body: Any = None, content_type: str = JSON, accept: str = JSON, timeout: float = 30.0) -> Any:
        """The decoded answer (text where it is not JSON). `body` is bytes or anything JSON.

        Raises ApiError, or OSError when nobody answers.
        """
        connection = http.client.HTTPSConnection(self._host, context=self._context, timeout=timeout)
        try:
            content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
            connection.request(method, path, content, {"Content-Type": content_type, "Accept": accept})
            response = connection.getresponse()
            answer = response.read()
        except http.client.HTTPException as fault:
            raise OSError(f"{self._host}: {fault!r}") from fault
        finally:
            connection.close()
        if response.status >= 400:
            raise ApiError(response.status, _message(answer))
        return json.loads(answer) if answer.startswith((b"{", b"[")) else answer.decode("utf-8", "replace")

    def ready(self, path: str = "/readyz") -> bool:
        """Whether it answers, and says it is ready."""
        try:
            self.call("GET", path, timeout=2.0)
        except (OSError, ApiError):
            return False
        return True


def _message(answer: bytes) -> str:
    try:
        return str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        return answer.decode("utf-8", "replace")[:500]
