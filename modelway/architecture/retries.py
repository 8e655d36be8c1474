"""When the Gateway asks again."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from modelway.architecture.base import Breach, Section, each, repeated
from modelway.architecture.quantities import Duration

Trigger = Literal["connect_failure", "refused_stream", "reset_before_request", "reset", "gateway_error", "server_error"]


class Retries(Section):
    """Requests that failed are sent once more, perhaps to another replica.

    A request that a replica got may be worked on twice: it counts twice, is kept twice where payloads are, and where an answer changes
    something it changes it twice. What `on` is by default asks again only for requests that no replica got.
    """

    EXAMPLES = MappingProxyType({"attempts": 2, "per_try": "2s", "on": ["connect_failure", "reset"]})
    PEERS = MappingProxyType(
        {
            "attempts": "Envoy Gateway `retry.numRetries`",
            "per_try": "Envoy Gateway `retry.perRetry.timeout`",
            "on": "Envoy Gateway `retry.retryOn.triggers`",
        }
    )

    attempts: int = Field(ge=1, le=5)
    """How often a request is sent again at most, 1 to 5. Each one is load on top, when there is too much already."""
    per_try: Duration | None = None
    """Longest time that one try may take; the endpoint's timeout, for all of them together, when absent."""
    on: tuple[Trigger, ...] = Field(default=("connect_failure", "refused_stream"), min_length=1)
    """Failures after which it is sent again. reset, gateway_error (502 to 504) and server_error (any 5xx) may come when it was worked
    on: name them for models alone whose answers change nothing."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([repeated(self, "on")])
