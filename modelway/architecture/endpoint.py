"""How a model is served: on what, by how many, which version to whom, and how well."""

from collections.abc import Iterator
from functools import cache, reduce
from types import MappingProxyType

from pydantic import Field

from modelway.architecture.access import EndpointAccess
from modelway.architecture.base import Breach, Section, each
from modelway.architecture.demand import Load
from modelway.architecture.payloads import PayloadLogging
from modelway.architecture.quantities import Duration
from modelway.architecture.replica import Placement, Resources
from modelway.architecture.retries import Retries
from modelway.architecture.runtime import KubernetesRuntime, Runtime
from modelway.architecture.sagemaker import sagemaker_breaches
from modelway.architecture.scaling import Scaling
from modelway.architecture.slo import LONGEST_ANSWER, Slo
from modelway.architecture.traffic import Traffic

LONGEST = LONGEST_ANSWER
"""Seconds that warming up, draining or an answer may take."""

WITHOUT_TIMEOUT = 60
"""Seconds for which load balancers keep a connection on which nothing comes, unless they are told otherwise
(docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html#connection-idle-timeout)."""


class Batching(Section):
    """Requests that the serving program puts together and works on at once."""

    EXAMPLES = MappingProxyType({"max_size": 16, "max_wait": "10ms"})
    PEERS = MappingProxyType({"max_size": "KServe `batcher.maxBatchSize`", "max_wait": "KServe `batcher.maxLatency`"})

    max_size: int = Field(ge=2, le=10_000)
    """Most requests in a batch, 2 or more."""
    max_wait: Duration
    """How long the first request of a batch waits for others."""


class Endpoint(Section):
    """A model that answers requests by the Open Inference Protocol, version 2."""

    EXAMPLES = MappingProxyType({"warm_up": "90s", "drain": "30s", "timeout": "10s"})
    PEERS = MappingProxyType(
        {
            "resources": "Kubernetes `resources`",
            "traffic": "Azure ML `traffic` and `mirror_traffic`, Gateway API `rules`",
            "warm_up": "Kubernetes `startupProbe`, SageMaker `ContainerStartupHealthCheckTimeoutInSeconds`",
            "drain": "Kubernetes `terminationGracePeriodSeconds`",
            "timeout": "Gateway API `timeouts.request`, KServe `timeout`, Azure ML `request_timeout_ms`",
            "retries": "Envoy Gateway `retry`",
            "batching": "KServe `batcher`",
            "payload_logging": "KServe `logger`, SageMaker `DataCaptureConfig`, Azure ML `data_collector`",
        }
    )

    runtime: Runtime = Field(default_factory=cache(KubernetesRuntime))
    """What it runs on."""
    resources: Resources | None = None
    """What one replica gets. Needed on Kubernetes; on SageMaker the type of the instances says it."""
    scaling: Scaling
    """How many replicas each version has."""
    traffic: Traffic
    """Which version answers."""
    slo: Slo
    """What is promised; alerts are made from it."""
    access: EndpointAccess | None = None
    """Who may call besides its own team, and nobody else may; when absent, whoever reaches the Gateway may call."""
    placement: Placement | None = None
    """Which nodes it runs on; any that fits, spread over zones, when absent."""
    warm_up: Duration | None = None
    """How long a new replica may take until it answers, 1s to 1h."""
    drain: Duration | None = None
    """How long a replica that has to go still answers what it was asked, 1s to 1h."""
    timeout: Duration | None = None
    """Longest time that an answer may take; after it the caller gets an error. Up to 1h, 60s on SageMaker."""
    retries: Retries | None = None
    """When a request that failed is sent again; never when absent. Only with Envoy Gateway."""
    batching: Batching | None = None
    """How requests are put together; one by one when absent."""
    payload_logging: PayloadLogging | None = None
    """What is kept of requests and answers; nothing when absent."""
    load: Load | None = None
    """How much is asked of it, for what the report says of costs; not known when absent."""

    def breaches(self) -> Iterator[Breach]:
        yield from each(
            [
                self._resources_breaches(),
                *(self._length_breaches(field) for field in ("warm_up", "drain", "timeout")),
                self._timeout_breaches(),
                self._slow_breaches(),
                self._drain_breaches(),
                self._latency_breaches(),
                self._wait_breaches(),
                self._batch_breaches(),
                self._spread_breaches(),
                self._warm_breaches(),
                self._zero_breaches(),
                self._try_breaches(),
                self._tries_breaches(),
                self._processor_breaches(),
                self._gateway_breaches(),
                sagemaker_breaches(self),
            ]
        )

    def _resources_breaches(self) -> Iterator[Breach]:
        if self.runtime.kind == "kubernetes" and self.resources is None:
            yield Breach(
                ("resources",),
                "needed on Kubernetes: what one replica gets",
                'Add it like `resources: {cpu: "1", memory: 2Gi}`.',
                judged_by=(("runtime",),),
            )

    def _length_breaches(self, field: str) -> Iterator[Breach]:
        length: Duration | None = getattr(self, field)
        least = 0 if field == "timeout" else 1
        if length is not None and not least <= length.seconds <= LONGEST:
            yield Breach((field,), "at most 1h" if not least else "1s to 1h", "Write it like 30s.")

    def _timeout_breaches(self) -> Iterator[Breach]:
        if self.timeout is not None and self.timeout.seconds <= self.slo.latency_p99.seconds:
            yield Breach(
                ("timeout",),
                f"longer than slo.latency_p99, which is {self.slo.latency_p99}: every answer slower than promised would be an error",
                "Raise it, or promise a shorter latency.",
                (("slo", "latency_p99"),),
            )

    def _slow_breaches(self) -> Iterator[Breach]:
        promised = self.slo.latency_p99
        if self.timeout is None and self.runtime.kind == "kubernetes" and WITHOUT_TIMEOUT < promised.seconds <= LONGEST_ANSWER:
            yield Breach(
                ("slo", "latency_p99"),
                f"at most {WITHOUT_TIMEOUT}s where the endpoint has no timeout: what is between would give up before the answer is there",
                f"Write it like 200ms; or, if answers do take so long, add a timeout above {promised}.",
                (("timeout",),),
                (("runtime",),),
            )

    def _drain_breaches(self) -> Iterator[Breach]:
        if self.drain is not None and self.timeout is not None and self.drain.seconds < self.timeout.seconds:
            yield Breach(
                ("drain",),
                f"at least as long as timeout, which is {self.timeout}: what a replica works on would be lost",
                f"Write {self.timeout} or more, or lower timeout.",
                (("timeout",),),
            )

    def _latency_breaches(self) -> Iterator[Breach]:
        target, promised = self.scaling.target.latency_p99, self.slo.latency_p99
        if target is not None and target.seconds >= promised.seconds:
            yield Breach(
                ("scaling", "target", "latency_p99"),
                f"shorter than slo.latency_p99, which is {promised}: replicas would come when the promise is broken",
                "Lower it.",
                (("slo", "latency_p99"),),
            )

    def _wait_breaches(self) -> Iterator[Breach]:
        if self.batching is not None and self.batching.max_wait.seconds >= self.slo.latency_p99.seconds:
            yield Breach(
                ("batching", "max_wait"),
                f"shorter than slo.latency_p99, which is {self.slo.latency_p99}: a request would wait longer than its answer may take",
                "Lower it.",
                (("slo", "latency_p99"),),
            )

    def _batch_breaches(self) -> Iterator[Breach]:
        concurrency = self.scaling.target.concurrency
        if self.batching is not None and concurrency is not None and concurrency < self.batching.max_size:
            yield Breach(
                ("batching", "max_size"),
                f"at most scaling.target.concurrency, which is {concurrency}: with fewer requests at once no batch is ever full",
                f"Write {concurrency} or less, or raise the target.",
                (("scaling", "target", "concurrency"),),
            )

    def _spread_breaches(self) -> Iterator[Breach]:
        if self.placement is not None and self.placement.zone_spread == "required" and self.scaling.min < 2:
            yield Breach(
                ("placement", "zone_spread"),
                f"required only with 2 replicas or more; scaling.min is {self.scaling.min}, and one cannot be spread",
                "Write scaling.min: 2 or more, or zone_spread: preferred.",
                (("scaling", "min"),),
            )

    def _warm_breaches(self) -> Iterator[Breach]:
        zero = self.scaling.scale_to_zero
        if zero is not None and self.warm_up is not None and zero.cold_start.seconds < self.warm_up.seconds:
            yield Breach(
                ("scaling", "scale_to_zero", "cold_start"),
                f"at least warm_up, which is {self.warm_up}, and a part of it",
                "Raise it, or lower warm_up.",
                (("warm_up",),),
            )

    def _zero_breaches(self) -> Iterator[Breach]:
        if self.runtime.kind == "kubernetes" and self.scaling.scale_to_zero is not None and self.traffic.sticky is not None:
            yield Breach(
                ("traffic", "sticky"),
                "not with scale_to_zero: the Gateway then leads to the address of all replicas, and knows no single one",
                "Remove it, or scaling.scale_to_zero.",
                (("scaling", "scale_to_zero"),),
                (("runtime",),),
            )

    def _try_breaches(self) -> Iterator[Breach]:
        per_try = self.retries.per_try if self.retries is not None else None
        if per_try is not None and per_try.seconds <= self.slo.latency_p99.seconds:
            yield Breach(
                ("retries", "per_try"),
                f"longer than slo.latency_p99, which is {self.slo.latency_p99}: all that is slower than promised would be asked again",
                "Raise it.",
                (("slo", "latency_p99"),),
            )

    def _tries_breaches(self) -> Iterator[Breach]:
        per_try = self.retries.per_try if self.retries is not None else None
        if per_try is not None and self.timeout is not None and per_try.seconds >= self.timeout.seconds:
            yield Breach(
                ("retries", "per_try"),
                f"shorter than timeout, which is {self.timeout} for all tries together",
                "Lower it, or remove it.",
                (("timeout",),),
            )

    def _processor_breaches(self) -> Iterator[Breach]:
        if self.resources is not None and self.resources.gpu and not set(self.scaling.target.named) - {"cpu", "memory"}:
            yield Breach(
                ("scaling", "target"),
                "with GPUs a target counts requests: processors stay idle while requests wait for a GPU",
                "Add `target: {concurrency: 8}`, or ask for no GPU.",
                (("resources", "gpu"),),
            )

    def _gateway_breaches(self) -> Iterator[Breach]:
        """What only the Gateway does, where nobody comes through it."""
        of_traffic = (("traffic", part) for part in ("canary", "shadow", "split", "sticky"))
        by_the_gateway = (*of_traffic, ("timeout",), ("retries",), ("scaling", "scale_to_zero"))
        yield from each(self._gateway_breach(path) for path in by_the_gateway)

    def _gateway_breach(self, path: tuple[str, ...]) -> Iterator[Breach]:
        if self.runtime.kind != "kubernetes" or self.access is None or self.access.jwt is not None:
            return
        if reduce(getattr, path, self):
            yield Breach(
                path,
                f"{'.'.join(path)} is done by the Gateway, and access without jwt lets nobody come through it",
                f"Remove {'.'.join(path)}, or add `jwt` to access.",
                (("access",),),
                judged_by=(("runtime",),),
            )
