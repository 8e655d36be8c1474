"""HTTP to the forge where pull requests are: what is asked again, how long it is waited, and what is never said.

The token stands in one header of the connection pool and nowhere else: no text, no exception, no `repr` has it.
"""

import email.utils
import json
import random
import re
import time
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import urllib3

from modelway.errors import ModelwayError

Json = dict[str, object]
Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]

PAGE = 100
"""Most entries of a page, of both forges."""
PAGES = 1_000
PATIENCE = 300.0
"""Seconds that one command waits in all for limits of the rate. Limits by the hour end later than most jobs should wait."""
UNSAID = 60.0
"""Seconds to wait where the forge limits the rate and does not say until when
(docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api)."""
ROUNDS = 12
"""Most times that one request is put off."""
TIMES = urllib3.Timeout(connect=10, read=30)
_NEXT = re.compile(r'<([^>]*)>\s*;[^,]*\brel="?next"?')
_VARIABLES = {"GitHub": "GITHUB_API_URL", "GitLab": "CI_API_V4_URL"}
"""Where the address of an API comes from, by the name of the forge."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class ForgeFailure(ModelwayError):
    """The forge refused, or did not answer."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status
        """Of HTTP; 0 where there was no answer."""


class Unclear(ForgeFailure):
    """Whether something was written is not known: the request went out, and no answer came, or only that of a broken server."""


class Answer(NamedTuple):
    """What came back: JSON, and the headers by their names in small letters."""

    data: object
    headers: Mapping[str, str]


class Api:
    """One REST API. Waits for limits of the rate up to `patience` seconds in all; asks again, longer apart each time, where a server is
    broken or unreachable, and only what does no harm twice: not POST, and not what depends on what was read before (`once`)."""

    def __init__(
        self, name: str, base: str, token: tuple[str, str], headers: Mapping[str, str], patience: float = PATIENCE, pause: float = 0.5
    ) -> None:
        """`token` is the header that has it, name and value; `pause` is the first pause in seconds, which is doubled each time."""
        self.name = name
        self._base = base.rstrip("/")
        address = urlsplit(self._base)
        self._variable = _VARIABLES[name]
        if not address.scheme or not address.hostname:
            raise ForgeFailure(f"{self._variable} is no address. Write it like https://api.github.com, or leave it out.")
        if address.scheme != "https" and not (address.scheme == "http" and address.hostname in _LOOPBACK):
            said = f"{self._variable} is {_shown(base)}, where all could read the token on its way"
            raise ForgeFailure(f"{said}. Set it to an address that begins with https://.")
        if address.username or address.password:
            raise ForgeFailure(
                f"{self._variable} has a name or a password in it. Leave {_shown(base)}: the token has a variable of its own."
            )
        self._origin = (address.scheme, address.netloc)
        self._patience = patience
        self._secret = token[1].rpartition(" ")[2]
        self._retries = urllib3.Retry(
            total=5,
            redirect=3,
            allowed_methods=None,  # that of any method, as `_sent` knows what does no harm twice
            status_forcelist={500, 502, 504},
            backoff_factor=pause,
            backoff_jitter=pause,
            backoff_max=20,
            raise_on_status=False,
            # A server may ask for hours: `_wait` looks at that.
            respect_retry_after_header=False,
            remove_headers_on_redirect={"Authorization", "Private-Token", "Cookie"},
        )
        told = {"User-Agent": "modelway", "Accept": "application/json", **headers, token[0]: token[1]}
        self._pool = _pool(address.scheme, address.hostname or "", told)
        self._pause = pause

    def __repr__(self) -> str:
        return f"Api({self.name!r}, {self._base!r})"

    def get(self, path: str) -> Json:
        """An object."""
        return as_object(self.send("GET", path).data)

    def without(self, path: str) -> None:
        """Deletes what is there; well too when it is not."""
        try:
            self.send("DELETE", path)
        except ForgeFailure as fault:
            if fault.status != 404:
                raise

    def listed(self, path: str) -> Iterator[Json]:
        """Every entry of a list, to the last page."""
        first = following = f"{path}{'&' if '?' in path else '?'}per_page={PAGE}"
        for _ in range(PAGES):
            answer = self.send("GET", following)
            if not isinstance(answer.data, list):
                raise ForgeFailure(f"{self.name} answered {path} with something that is no list.")
            yield from (as_object(entry) for entry in answer.data)
            there = self._following(first, answer.headers)
            if there is None:
                return
            following = there
        raise ForgeFailure(f"{self.name} has more than {PAGES} pages at {path}; that cannot be.")

    def send(self, method: Method, path: str, body: Mapping[str, object] | None = None, *, once: bool = False) -> Answer:
        """`path` begins with a slash. Raises ForgeFailure; Unclear where nobody knows what became of it.

        With `once` also after it has waited for a limit, so that the caller can look whether it is still what should be sent.
        """
        sent = None if body is None else json.dumps(body).encode()
        once = once or method == "POST"
        response = self._sent(method, path, sent, once=once)
        for times in range(ROUNDS):
            seconds = self._limit(response, times, once=once)
            if seconds is None:
                break
            self._wait(seconds)
            if once and method != "POST":
                raise Unclear(f"{self.name} limits how often it is asked. Run it again.", response.status)
            response = self._sent(method, path, sent, once=once)
        if 200 <= response.status < 300:
            return Answer(self._read(response.data, path), {name.lower(): value for name, value in response.headers.items()})
        raise self._refusal(method, path, response)

    def _sent(self, method: Method, path: str, body: bytes | None, *, once: bool) -> urllib3.BaseHTTPResponse:
        headers = {**self._pool.headers, "Content-Type": "application/json"} if body is not None else None
        try:
            retries = self._retries.new(read=0, status=0) if once else self._retries
            return self._pool.request(method, self._base + path, body=body, headers=headers, timeout=TIMES, retries=retries)
        except urllib3.exceptions.HTTPError as fault:
            reason = getattr(fault, "reason", None) or fault
            before = isinstance(reason, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError))
            way_out = f"Look whether {self._variable} is right, or run it again" if before else "Run it again"
            text = f"{self.name} does not answer at {_shown(self._base)}: {_reason(reason)}. {way_out}."
            # Without the exception that it is from: that one holds the request.
            raise (ForgeFailure(text) if before or method == "GET" else Unclear(text)) from None

    def _limit(self, response: urllib3.BaseHTTPResponse, times: int, *, once: bool) -> float | None:
        """Seconds until it may be asked again, where the forge limits the rate or is busy; None otherwise.

        GitHub says 403 or 429, with Retry-After, or with nothing left until a time, or in words alone (a secondary limit); GitLab 429.
        """
        if response.status not in (403, 429, 503):
            return None
        headers = response.headers
        asked = _seconds(headers.get("Retry-After"), headers.get("Date"))
        if asked is None and headers.get("X-RateLimit-Remaining", headers.get("RateLimit-Remaining")) == "0":
            reset = headers.get("X-RateLimit-Reset", headers.get("RateLimit-Reset", ""))
            asked = max(0.0, float(reset) - _now(headers.get("Date"))) if reset.isdigit() else UNSAID
        if asked is None and (response.status == 429 or re.search(rb"rate limit|abuse detection", response.data[:2000])):
            asked = UNSAID * 2**times
        if asked is None and response.status == 503 and not once:
            asked = self._pause * 2**times if times < 5 else None
        return asked

    def _wait(self, seconds: float) -> None:
        # Or all jobs that were told the same time come back together.
        seconds += random.uniform(0, self._pause)
        if seconds > self._patience:
            until = datetime.fromtimestamp(time.time() + seconds, UTC)
            raise ForgeFailure(
                f"{self.name} limits how often it is asked, until {until:%H:%M:%S} UTC, longer than is waited. Run it again then.", 429
            )
        self._patience -= seconds
        time.sleep(seconds)

    def _following(self, path: str, headers: Mapping[str, str]) -> str | None:
        """The next page, from GitLab's own header or else from `Link`. None after the last."""
        if "x-next-page" in headers:
            page = headers["x-next-page"]
            return f"{path}&page={page}" if page.isdigit() else None
        found = _NEXT.search(headers.get("link", ""))
        if found is None:
            return None
        there = urlsplit(found[1])
        if (there.scheme, there.netloc) != self._origin or not found[1].startswith(f"{self._base}/"):
            raise ForgeFailure(f"{self.name} says that the next page is at {_shown(found[1])}, which the token is not for.")
        return found[1][len(self._base) :]

    def _read(self, data: bytes, path: str) -> object:
        if not data:
            return {}
        try:
            return json.loads(data)
        except ValueError:
            raise ForgeFailure(f"{self.name} answered {path} with something that is no JSON; is {_shown(self._base)} its API?") from None

    def _refusal(self, method: Method, path: str, response: urllib3.BaseHTTPResponse) -> ForgeFailure:
        said = self._said(response.data)
        text = f"{self.name}: {method} {path.partition('?')[0]} ended with {response.status}{f', {said}' if said else ''}"
        if response.status >= 500 and method != "GET":
            return Unclear(f"{text}. Run it again.", response.status)
        return ForgeFailure(f"{text}.", response.status)

    def _said(self, data: bytes) -> str:
        """The forge's own words in one line, without the token, should it be in them."""
        try:
            body = json.loads(data)
        except ValueError:
            return ""
        if isinstance(body, dict):
            body.pop("documentation_url", None)
        words = " ".join(_texts(body))
        return " ".join(words.replace(self._secret, "[hidden]").split())[:300].rstrip(".")


def _pool(scheme: str, host: str, headers: Mapping[str, str]) -> urllib3.PoolManager:
    proxy = urllib.request.getproxies().get(scheme)
    if proxy and not urllib.request.proxy_bypass(host):
        return urllib3.ProxyManager(proxy, headers=dict(headers))
    return urllib3.PoolManager(headers=dict(headers))


def _reason(fault: object) -> str:
    """Why there was no answer, without what urllib3 tells of the request."""
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (urllib3.exceptions.ReadTimeoutError, f"it takes longer than {TIMES.read_timeout:g} seconds"),
        (urllib3.exceptions.NameResolutionError, "its name is not known"),
        (urllib3.exceptions.NewConnectionError, "nobody listens there"),
        (urllib3.exceptions.ConnectTimeoutError, "it takes too long to connect"),
        (urllib3.exceptions.SSLError, "its certificate is not trusted"),
        (urllib3.exceptions.ProxyError, "the proxy does not let it through"),
        (urllib3.exceptions.ResponseError, "it sends from one address to the next"),
    )
    return next((text for kind, text in kinds if isinstance(fault, kind)), "the connection broke")


def _seconds(header: str | None, date: str | None) -> float | None:
    """Retry-After: seconds, or a date."""
    if header is None:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - _now(date))
    except ValueError:
        return UNSAID


def _now(date: str | None) -> float:
    """By the server's clock, which set the limit; ours may differ."""
    try:
        return email.utils.parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return time.time()


def _texts(body: object) -> Iterator[str]:
    if isinstance(body, str):
        yield body
    elif isinstance(body, dict):
        for value in body.values():
            yield from _texts(value)
    elif isinstance(body, list):
        for value in body:
            yield from _texts(value)


def _shown(address: str) -> str:
    """An address without what may be secret in it."""
    there = urlsplit(address)
    return f"{there.scheme}://{there.hostname or ''}{f':{there.port}' if there.port else ''}{there.path}"


def as_object(data: object) -> Json:
    """What should be an object; an empty one where it is something else."""
    return data if isinstance(data, dict) else {}
