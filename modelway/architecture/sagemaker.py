"""What a real-time endpoint of SageMaker cannot do, and what to do instead."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelway.architecture.base import Breach, FieldPath, each

if TYPE_CHECKING:
    from modelway.architecture.endpoint import Endpoint
    from modelway.architecture.environment import Environment

RUNTIME: FieldPath = ("runtime", "kind")
OR_KUBERNETES = ", or choose runtime kubernetes"

LONGEST_ANSWER = 60
"""Seconds in which a container has to answer (docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html)."""

LONGEST_WAITS = 40 * 60
"""Seconds that the steps of an update may wait together: the provider gives an update an hour, and new instances take some of it."""


def sagemaker_breaches(endpoint: "Endpoint") -> Iterator[Breach]:
    """What of the endpoint SageMaker would leave out."""
    if endpoint.runtime.kind != "sagemaker":
        return
    shape = (_resources, _shadow, _header, _sticky, _targets, _zero, _placement)
    rules = (*shape, _access, _retries, _timeout, _latency, _drain, _sample, _rollout)
    yield from each(rule(endpoint) for rule in rules)


def _resources(endpoint: "Endpoint") -> Iterator[Breach]:
    if endpoint.resources is not None:
        yield _cannot(("resources",), "a replica is a whole instance, and has what its type has", "Write `resources: null`")


def _shadow(endpoint: "Endpoint") -> Iterator[Breach]:
    # docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-create.html: one shadow variant, and then one production variant.
    for other, there in (("canary", endpoint.traffic.canary), ("split", endpoint.traffic.split)):
        if endpoint.traffic.shadow is not None and there:
            yield _cannot(
                ("traffic", "shadow"),
                f"requests are copied only where one version answers all, and here {other} names another",
                f"Remove shadow or {other}, and try one after the other",
                ("traffic", other),
                field=f"shadow beside {other}",
            )


def _header(endpoint: "Endpoint") -> Iterator[Breach]:
    # docs.aws.amazon.com/sagemaker/latest/dg/model-ab-testing.html
    for number, share in enumerate(endpoint.traffic.split):
        if share.header is not None:
            yield _cannot(
                ("traffic", "split", number, "header"),
                "it looks at none of the caller's own; it divides by percent, or callers name a variant themselves",
                "Write a percent instead",
                field="header in split",
            )


def _sticky(endpoint: "Endpoint") -> Iterator[Breach]:
    if endpoint.traffic.sticky is not None:
        yield _cannot(("traffic", "sticky"), "it sends each request to any instance")


def _targets(endpoint: "Endpoint") -> Iterator[Breach]:
    # docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html, async-inference-autoscale.html
    why = {
        "latency_p99": "it has no metric of percentiles to scale by",
        "queue_depth": "only asynchronous endpoints have a queue",
    }
    for name, reason in why.items():
        if name in endpoint.scaling.target.named:
            yield _cannot(("scaling", "target", name), reason, "Write concurrency instead")


def _zero(endpoint: "Endpoint") -> Iterator[Breach]:
    if endpoint.scaling.scale_to_zero is not None:
        yield _cannot(("scaling", "scale_to_zero"), "a variant of an endpoint keeps an instance at least", "Remove it and write min: 1")


def _placement(endpoint: "Endpoint") -> Iterator[Breach]:
    if endpoint.placement is not None:
        yield _cannot(("placement",), "there are no nodes to choose from, and instances are spread over zones anyway")


def _access(endpoint: "Endpoint") -> Iterator[Breach]:
    if endpoint.access is not None:
        yield _cannot(
            ("access",), "it knows callers by IAM alone", "Remove it, and allow sagemaker:InvokeEndpoint to the roles of those who may call"
        )


def _retries(endpoint: "Endpoint") -> Iterator[Breach]:
    if endpoint.retries is not None:
        yield _cannot(("retries",), "it sends each request once", "Remove it, and let callers ask again")


def _timeout(endpoint: "Endpoint") -> Iterator[Breach]:
    if endpoint.timeout is not None and endpoint.timeout.seconds > LONGEST_ANSWER:
        yield _cannot(
            ("timeout",),
            f"a container has to answer within {LONGEST_ANSWER}s",
            f"Write {LONGEST_ANSWER}s",
            field=f"timeout above {LONGEST_ANSWER}s",
        )
    elif endpoint.timeout is not None and endpoint.timeout.seconds < LONGEST_ANSWER:
        yield _cannot(
            ("timeout",),
            f"it waits {LONGEST_ANSWER}s for every answer",
            f"Write {LONGEST_ANSWER}s, or remove it",
            field=f"timeout below {LONGEST_ANSWER}s",
        )


def _drain(endpoint: "Endpoint") -> Iterator[Breach]:
    if endpoint.drain is not None:
        yield _cannot(("drain",), "it says itself how long an instance that has to go still answers")


def _sample(endpoint: "Endpoint") -> Iterator[Breach]:
    # docs.aws.amazon.com/sagemaker/latest/APIReference/API_DataCaptureConfig.html
    if endpoint.payload_logging is not None and round(endpoint.payload_logging.sample.fraction * 100, 6) % 1:
        yield _cannot(
            ("payload_logging", "sample"), "it keeps a whole number of percent", "Write it like 5%", field="part of a percent of payloads"
        )


def _rollout(endpoint: "Endpoint") -> Iterator[Breach]:
    if endpoint.runtime.kind != "sagemaker" or endpoint.runtime.rollout.kind != "linear":
        return
    rollout, instances = endpoint.runtime.rollout, endpoint.scaling.min
    # A step is whole instances, at least a tenth of all and at most half.
    step = min(max(instances * rollout.percent // 100, -(-instances // 10), 1), max(1, instances // 2))
    waits = (-(-instances // step) - 1) * rollout.wait.seconds + rollout.bake.seconds
    if waits > LONGEST_WAITS:
        yield Breach(
            ("runtime", "rollout"),
            f"steps that wait {LONGEST_WAITS // 60}m together at most, because an update has to end within an hour; with scaling.min:"
            f" {instances} these wait {waits / 60:g}m",
            "Make percent larger, or wait and bake shorter.",
            (("scaling", "min"),),
        )


def moves_at_once(environment: "Environment") -> Iterator[str]:
    """The models whose updates are to go in steps, and that have a single instance to begin with: there is nothing to divide."""
    for name, model in environment.models.items():
        endpoint = model.serving
        if endpoint is None or endpoint.runtime.kind != "sagemaker":
            continue
        if endpoint.scaling.min == 1 and endpoint.runtime.rollout.kind != "all_at_once":
            yield name


def _latency(endpoint: "Endpoint") -> Iterator[Breach]:
    if endpoint.slo.latency_p99.seconds > LONGEST_ANSWER:
        yield _cannot(
            ("slo", "latency_p99"),
            f"a container has to answer within {LONGEST_ANSWER}s",
            "Write it like 200ms",
            field=f"latency_p99 above {LONGEST_ANSWER}s",
        )


def _cannot(path: FieldPath, why: str, way_out: str = "", *together_with: FieldPath, field: str = "") -> Breach:
    """The text names the field, because the fault may be shown where a later file chooses the runtime."""
    named = field or ".".join(map(str, path))
    return Breach(path, f"no {named} on SageMaker: {why}", f"{way_out or f'Remove {named}'}{OR_KUBERNETES}.", (RUNTIME, *together_with))
