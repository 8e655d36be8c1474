"""The rules between models and the Gateway that requests for them come through."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelway.architecture.base import Breach, FieldPath, each
from modelway.architecture.cluster import Cluster
from modelway.architecture.network import ExistingNetwork
from modelway.architecture.placement import cluster_of
from modelway.architecture.tenancy import ExistingGateway

if TYPE_CHECKING:
    from modelway.architecture.environment import Environment
    from modelway.architecture.model import Model

ALB = re.compile(r"(.*[-.])?alb([-.].*)?")
"""Classes of Gateways that the AWS Load Balancer Controller runs as an Application Load Balancer, by the names that are usual
(kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/gateway/l7gateway)."""


def gateway_breaches(environment: "Environment") -> Iterator[Breach]:
    """What models and clusters ask of a Gateway that it does not do."""
    for name, model in environment.models.items():
        yield from each(rule(environment, name, model) for rule in (_shadow, _sticky, _retries, _zero, _zero_unseen, _tokens, _callers))
    yield from each(
        rule(environment, key, cluster) for key, cluster in environment.clusters.items() for rule in (_public_gateway, _in_the_clear)
    )


def _public_gateway(environment: "Environment", key: str, cluster: Cluster) -> Iterator[Breach]:
    network, gateway = environment.network, cluster.gateway
    if isinstance(gateway, ExistingGateway) or gateway.exposure != "internet":
        return
    if isinstance(network, ExistingNetwork) and not network.public_subnets:
        yield Breach(
            ("network", "public_subnets"),
            f"where the Gateway of cluster {key} answers on the internet, its load balancer stands in public subnets; none are named",
            "Name them, or write exposure: internal.",
            (("clusters", key, "gateway"),),
        )


def _in_the_clear(environment: "Environment", key: str, cluster: Cluster) -> Iterator[Breach]:
    gateway = cluster.gateway
    # On the internet it is refused in every tier, by the Gateway's own rule.
    if environment.tier != "production" or isinstance(gateway, ExistingGateway) or gateway.exposure == "internet":
        return
    if gateway.tls is None:
        yield Breach(
            ("clusters", key, "gateway"),
            "in production requests are encrypted on the way to the Gateway too, and there is no certificate",
            "Add `tls: {secret: NAME}`.",
            judged_by=(("tier",),),
        )


def _callers(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    if environment.tier != "production" or model.risk_tier != "high" or model.endpoint is None:
        return
    # On SageMaker nobody calls without a permission of IAM.
    if model.endpoint.runtime.kind == "kubernetes" and model.endpoint.access is None:
        yield Breach(
            ("models", name, "endpoint"),
            "of a model of risk tier high it is said in production who may call, and it is not: whoever reaches the Gateway may",
            "Add `access: {jwt: {issuer: …, audiences: […]}}` for callers through the Gateway, or `access: {teams: […]}` for some in the"
            " cluster alone.",
            judged_by=(("tier",), ("models", name, "risk_tier")),
        )


def _shadow(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    if model.endpoint is None or model.endpoint.traffic.shadow is None or model.endpoint.runtime.kind != "kubernetes":
        return
    for key, cluster in cluster_of(environment, model):
        gateway = cluster.gateway
        if not isinstance(gateway, ExistingGateway) and not gateway.is_envoy and ALB.fullmatch(gateway.class_):
            yield Breach(
                ("models", name, "endpoint", "traffic", "shadow"),
                f"an Application Load Balancer copies no requests, and the Gateway of cluster {key} is of class {gateway.class_}",
                "Remove shadow, or give the cluster a Gateway of class envoy.",
                judged_by=(("clusters", key, "gateway"), ("models", name, "cluster")),
            )


def _sticky(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    if model.endpoint is not None and model.endpoint.traffic.sticky is not None:
        yield from _only_envoy(environment, name, model, ("traffic", "sticky"), "session persistence in its standard channel")


def _retries(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    if model.endpoint is not None and model.endpoint.retries is not None:
        yield from _only_envoy(environment, name, model, ("retries",), "retries in its standard channel")


def _zero(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    if environment.tier == "production" and _may_sleep(model):
        yield Breach(
            ("models", name, "endpoint", "scaling", "scale_to_zero"),
            "not in production: whoever asks first after a time without requests gets errors until a replica is there",
            "Remove it, and write scaling.min: 2 or more.",
            judged_by=(("tier",),),
        )


def _zero_unseen(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    for key, cluster in cluster_of(environment, model) if _may_sleep(model) else ():
        gateway = cluster.gateway
        if isinstance(gateway, ExistingGateway) or not gateway.is_envoy:
            whose = "was there before, and is not known" if isinstance(gateway, ExistingGateway) else f"is of class {gateway.class_}"
            counting = "what it counts of requests that nobody answers wakes a model"
            yield Breach(
                ("models", name, "endpoint", "scaling", "scale_to_zero"),
                f"only with Envoy Gateway: {counting}; the Gateway of cluster {key} {whose}",
                "Remove it, or give the cluster a Gateway of class envoy.",
                judged_by=(("clusters", key, "gateway"), ("models", name, "cluster")),
            )


def _may_sleep(model: "Model") -> bool:
    endpoint = model.endpoint
    return endpoint is not None and endpoint.runtime.kind == "kubernetes" and endpoint.scaling.scale_to_zero is not None


def _tokens(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    if model.endpoint is not None and model.endpoint.access is not None and model.endpoint.access.jwt is not None:
        yield from _only_envoy(environment, name, model, ("access", "jwt"), "check of tokens")


def _only_envoy(environment: "Environment", name: str, model: "Model", path: FieldPath, what: str) -> Iterator[Breach]:
    for key, cluster in cluster_of(environment, model):
        gateway = cluster.gateway
        if not isinstance(gateway, ExistingGateway) and not gateway.is_envoy:
            yield Breach(
                ("models", name, "endpoint", *path),
                f"only with Envoy Gateway, because the Gateway API has no {what}; that of cluster {key} is of class {gateway.class_}",
                "Remove it, or give the cluster a Gateway of class envoy.",
                judged_by=(("clusters", key, "gateway"), ("models", name, "cluster")),
            )
