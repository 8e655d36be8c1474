"""What a real-time endpoint of SageMaker cannot do, and what to do instead."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelway.architecture.base import Breach, FieldPath, each

if TYPE_CHECKING:
    from modelway.architecture.endpoint import Endpoint

RUNTIME: FieldPath = ("runtime", "kind")
OR_KUBERNETES = ", or choose runtime kubernetes"

LONGEST_ANSWER = 60
"""Seconds in which a container has to answer (docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html)."""


def sagemaker_breaches(endpoint: "Endpoint") -> Iterator[Breach]:
    """What of the endpoint SageMaker would leave out."""
    if endpoint.runtime.kind != "sagemaker":
        return
    rules = (_resources, _shadow, _shadow_alone, _header, _sticky, _targets, _zero, _placement, _access, _timeout)
    yield from each(rule(endpoint) for rule in rules)


def _resources(endpoint: "Endpoint") -> Iterator[Breach]:
    if endpoint.resources is not None:
        yield _cannot(
            ("resources",), "a replica on SageMaker is a whole instance, and has what its type has", "Remove it and choose instance_type"
        )


def _shadow(endpoint: "Endpoint") -> Iterator[Breach]:
    # docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-create.html: one shadow variant, and then one production variant.
    traffic = endpoint.traffic
    if traffic.shadow is not None and traffic.canary is not None:
        yield _cannot(
            ("traffic", "shadow"),
            "on SageMaker requests are copied only where one version answers all; here a canary answers as well",
            "Remove canary or shadow, one after the other",
            ("traffic", "canary"),
        )


def _shadow_alone(endpoint: "Endpoint") -> Iterator[Breach]:
    traffic = endpoint.traffic
    if traffic.shadow is not None and traffic.split:
        yield _cannot(
            ("traffic", "shadow"),
            "on SageMaker requests are copied only where one version answers all; here split names others",
            "Remove split or shadow, one after the other",
            ("traffic", "split"),
        )


def _header(endpoint: "Endpoint") -> Iterator[Breach]:
    # docs.aws.amazon.com/sagemaker/latest/dg/model-ab-testing.html
    for number, share in enumerate(endpoint.traffic.split):
        if share.header is not None:
            yield _cannot(
                ("traffic", "split", number, "header"),
                "SageMaker looks at no header of the caller's own; it divides by percent, or callers name a variant themselves",
                "Write a percent instead",
            )


def _sticky(endpoint: "Endpoint") -> Iterator[Breach]:
    if endpoint.traffic.sticky is not None:
        yield _cannot(("traffic", "sticky"), "SageMaker sends each request to any instance", "Remove it")


def _targets(endpoint: "Endpoint") -> Iterator[Breach]:
    # docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html, async-inference-autoscale.html
    why = {
        "latency_p99": "it has no metric of percentiles to scale by",
        "queue_depth": "only asynchronous endpoints have a queue",
    }
    for name, reason in why.items():
        if name in endpoint.scaling.target.named:
            yield _cannot(("scaling", "target", name), f"not on SageMaker: {reason}", "Write concurrency instead")


def _zero(endpoint: "Endpoint") -> Iterator[Breach]:
    if endpoint.scaling.scale_to_zero is not None:
        yield _cannot(
            ("scaling", "scale_to_zero"),
            "an endpoint's variant on SageMaker keeps an instance at least",
            "Remove it and write min: 1",
        )


def _placement(endpoint: "Endpoint") -> Iterator[Breach]:
    placement = endpoint.placement
    if placement is not None:
        yield _cannot(("placement",), "SageMaker has no nodes to choose from: it spreads instances over zones by itself", "Remove it")


def _access(endpoint: "Endpoint") -> Iterator[Breach]:
    if endpoint.access is not None:
        yield _cannot(
            ("access",),
            "SageMaker knows callers by IAM alone",
            "Remove it and allow the callers' roles sagemaker:InvokeEndpoint",
        )


def _timeout(endpoint: "Endpoint") -> Iterator[Breach]:
    if endpoint.timeout is not None and endpoint.timeout.seconds > LONGEST_ANSWER:
        yield _cannot(("timeout",), f"at most {LONGEST_ANSWER}s on SageMaker", f"Write {LONGEST_ANSWER}s")


def _cannot(path: FieldPath, rule: str, way_out: str, *together_with: FieldPath) -> Breach:
    return Breach(path, rule, f"{way_out}{OR_KUBERNETES}.", (RUNTIME, *together_with))
