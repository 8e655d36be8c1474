"""Requests that tell somebody something: asked again where nobody answers, and silent about addresses, which may be secret."""

import email.utils
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

import urllib3

from modelway.errors import ModelwayError

ATTEMPTS = 4
PAUSE = 0.5
"""Seconds before the second attempt; doubled before each further one."""
LONGEST_PAUSE = 30.0
"""Seconds, whatever the other side asks for."""
_TIMES = urllib3.Timeout(connect=10, read=30)
_AGAIN = (429, 500, 502, 503, 504)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SAID = 300
"""Most characters of an answer that are repeated."""


class NotTold(ModelwayError):
    """Somebody should have been told and was not."""


def post(address: str, body: bytes, headers: Mapping[str, str], called: str, *, repeats_answer: bool = False, pause: float = PAUSE) -> None:
    """Afterwards the other side has taken `body` (an answer of 2xx). No redirect is followed: it could lead anywhere.

    Raises NotTold, in words that have `called` for the address; with what was answered where `repeats_answer`.
    """
    said = ""
    for attempt in range(ATTEMPTS):
        wait = pause * 2**attempt
        try:
            # No pool of urllib3's own retries: they log the address.
            answer = urllib3.PoolManager(retries=False, timeout=_TIMES).request("POST", address, body=body, headers=dict(headers))
        except urllib3.exceptions.HTTPError as fault:
            # Its text has the address.
            said = f"{called} could not be reached ({type(fault).__name__})"
        else:
            if 200 <= answer.status < 300:
                return
            said = f"{called} answered with {answer.status}"
            if repeats_answer and (words := _words(answer.data)):
                said += f": {words}"
            if answer.status not in _AGAIN:
                raise NotTold(f"{said}.")
            wait = max(wait, _asked_for(answer.headers.get("Retry-After")))
        if attempt < ATTEMPTS - 1:
            time.sleep(min(wait, LONGEST_PAUSE))
    raise NotTold(f"{said}; asked {ATTEMPTS} times.")


def private(address: str) -> bool:
    """Whether nobody on the way can read what is sent there: https, or this machine."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK))


def shown(address: str) -> str:
    """An address without a name, a password or a query."""
    parts = urlsplit(address)
    if not parts.hostname:
        return "what is no address"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}{parts.path}"


def _words(data: bytes) -> str:
    text = " ".join(data[: 4 * _SAID].decode("utf-8", "replace").split())
    return "".join(character for character in text if character.isprintable())[:_SAID].rstrip(". ")


def _asked_for(header: str | None) -> float:
    """Seconds that Retry-After asks for, as a number or as a time; 0 where it says nothing (RFC 9110, 10.2.3)."""
    if header is None:
        return 0.0
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, (email.utils.parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
