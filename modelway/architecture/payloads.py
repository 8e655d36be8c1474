"""What is kept of requests and answers."""

from collections.abc import Iterator
from types import MappingProxyType

from pydantic import Field

from modelway.architecture.base import Breach, Section, each, repeated
from modelway.architecture.quantities import Duration, Percent
from modelway.architecture.tensors import ColumnName

LONGEST_DAYS = 730


class PayloadLogging(Section):
    """A sample of requests and answers, kept to look at later. Only what is named is kept."""

    EXAMPLES = MappingProxyType({"sample": "5%", "fields": ["income", "default_probability"], "retention": "30d"})
    PEERS = MappingProxyType({"sample": "SageMaker `InitialSamplingPercentage`, Azure ML `sampling_rate`"})

    sample: Percent
    """Share of requests that is kept, above 0%."""
    fields: tuple[ColumnName, ...] = Field(min_length=1, max_length=1000)
    """Inputs and outputs of the contract that are kept; leave out what tells who somebody is."""
    retention: Duration
    """How long they are kept, in days, up to 730d."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([repeated(self, "fields"), self._sample_breaches(), self._retention_breaches()])

    def _sample_breaches(self) -> Iterator[Breach]:
        if not self.sample.fraction:
            yield Breach(("sample",), "more than 0%", "Write it like 5%, or remove payload_logging.")

    def _retention_breaches(self) -> Iterator[Breach]:
        days = self.retention.seconds / 86400
        if not 1 <= days <= LONGEST_DAYS or days % 1:
            yield Breach(("retention",), f"whole days, 1d to {LONGEST_DAYS}d", "Write it like 30d.")
