"""How much is asked of a model."""

from types import MappingProxyType

from pydantic import Field

from modelway.architecture.base import Section


class Load(Section):
    """How much is asked of a model. Nothing is made of it: the report of a change says with it what 1,000 predictions cost."""

    EXAMPLES = MappingProxyType({"requests_per_second": 40})

    requests_per_second: float = Field(ge=0.001, le=1_000_000)
    """Requests a second to all replicas together, on average over a month."""
