"""The rules between models and where they are served: cluster, nodes, other teams, SageMaker."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelway.architecture.base import Breach, each
from modelway.architecture.cluster import Cluster, EksCluster
from modelway.architecture.sagemaker import OR_KUBERNETES
from modelway.architecture.tenancy import ExistingGateway

if TYPE_CHECKING:
    from modelway.architecture.environment import Environment
    from modelway.architecture.model import Model

GATEWAY_NAMESPACE = "gateway-system"
"""Namespace of Gateways that are made."""

TAKEN_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease", GATEWAY_NAMESPACE, "envoy-gateway-system", "keda")
"""Namespaces that can be no team's."""

ENDPOINT_LENGTH = 63
"""Characters that the name of a SageMaker endpoint may have (docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html)."""

ARTIFACTS_SINCE = "1.35"
"""Version of Kubernetes from which volumes are made of images without a switch (kubernetes.io/docs/concepts/storage/volumes/#image)."""

_ECR = re.compile(r"[0-9]{12}\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?")


def placement_breaches(environment: "Environment") -> Iterator[Breach]:
    """What of the models does not fit to where they are served."""
    rules = (_cluster, _team, _pool, _spot, _no_spot, _one_replica, _access)
    for name, model in environment.models.items():
        yield from each(rule(environment, name, model) for rule in (*rules, _endpoint_name, _images, _own_bucket, _artifact))
    yield from each(_quotas(environment, key, cluster) for key, cluster in environment.clusters.items())


def _quotas(environment: "Environment", key: str, cluster: Cluster) -> Iterator[Breach]:
    here = {model.team for model in environment.models.values() if any(other == key for other, _ in cluster_of(environment, model))}
    for team in cluster.quotas:
        if team not in here:
            yield Breach(
                ("clusters", key, "quotas", team),
                f"a team that has models in this cluster: {', '.join(sorted(here)) or 'none has'}",
                "Correct the name, or remove it: it has no namespace here.",
                judged_by=(("models",),),
            )


def cluster_of(environment: "Environment", model: "Model") -> Iterator[tuple[str, Cluster]]:
    """The cluster that the model serves in; none where it does not say which, or says one that is not there."""
    key = model.cluster or (next(iter(environment.clusters)) if len(environment.clusters) == 1 else "")
    if key in environment.clusters:
        yield key, environment.clusters[key]


def _cluster(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    known = ", ".join(environment.clusters)
    if model.cluster is None:
        if len(environment.clusters) > 1:
            rule = f"needed where there are several clusters: {known}"
            yield Breach(("models", name, "cluster"), rule, "Add `cluster: NAME`.")
    elif model.cluster not in environment.clusters:
        yield Breach(
            ("models", name, "cluster"),
            f"one of the environment's clusters: {known}",
            "Name one of them, or add the cluster to environment.yaml.",
            judged_by=(("clusters", model.cluster),),
        )


def _team(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    for key, cluster in cluster_of(environment, model):
        gateway = cluster.gateway.namespace if isinstance(cluster.gateway, ExistingGateway) else GATEWAY_NAMESPACE
        taken = {*TAKEN_NAMESPACES, gateway, environment.monitoring.namespace}
        if model.team in taken:
            yield Breach(
                ("models", name, "team"),
                f"the namespace of the same name is the team's alone; taken are {', '.join(sorted(taken))}",
                f"Write it like {model.team}-team.",
                judged_by=(("clusters", key, "gateway"), ("monitoring",), ("models", name, "cluster")),
            )


def _pool(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    wanted = model.endpoint.placement.pool if model.endpoint and model.endpoint.placement else None
    path = ("models", name, "endpoint", "placement", "pool")
    for key, cluster in cluster_of(environment, model):
        if wanted is not None and not isinstance(cluster, EksCluster):
            yield Breach(
                path,
                f"only in clusters that are made here; the pools of {key} are somebody else's, and not known",
                "Remove it.",
                judged_by=(("clusters", key), ("models", name, "cluster")),
            )
        elif wanted is not None and isinstance(cluster, EksCluster) and wanted not in cluster.node_pools:
            yield Breach(
                path,
                f"one of the pools of cluster {key}: {', '.join(cluster.node_pools) or 'there is none, Auto Mode chooses nodes'}",
                "Name one of them, or remove it.",
                judged_by=(("clusters", key, "node_pools"), ("models", name, "cluster")),
            )


def _spot(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    placement = model.endpoint.placement if model.endpoint else None
    for key, cluster in cluster_of(environment, model):
        if placement is None or placement.pool is None or placement.spot or not isinstance(cluster, EksCluster):
            continue
        pool = cluster.node_pools.get(placement.pool)
        if pool is not None and pool.capacity == "spot":
            yield Breach(
                ("models", name, "endpoint", "placement", "pool"),
                f"the nodes of {placement.pool} are spot, and can be taken away; the model does not say that it may run there",
                "Write spot: true, or name another pool.",
                judged_by=(("clusters", key, "node_pools"), ("models", name, "endpoint", "placement", "spot")),
            )


def _no_spot(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    placement = model.endpoint.placement if model.endpoint else None
    for key, cluster in cluster_of(environment, model):
        if placement is None or not placement.spot or not isinstance(cluster, EksCluster):
            continue
        if not any(pool.capacity == "spot" for pool in cluster.node_pools.values()):
            yield Breach(
                ("models", name, "endpoint", "placement", "spot"),
                f"true only where there is a pool of spot nodes; cluster {key} has none",
                "Remove it, or add a pool with capacity: spot.",
                judged_by=(("clusters", key, "node_pools"), ("models", name, "cluster")),
            )


def _one_replica(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    if environment.tier == "production" and model.serving is not None and model.serving.scaling.min == 1:
        yield Breach(
            ("models", name, "endpoint", "scaling", "min"),
            "2 or more in production: with one replica nobody answers whenever its node is replaced",
            "Write min: 2 or more.",
            judged_by=(("tier",), ("models", name, "presence")),
        )


def _access(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    access = model.endpoint.access if model.endpoint else None
    if access is None or not access.teams:
        return
    teams = sorted({other.team for other in environment.models.values()})
    for number, team in enumerate(access.teams):
        if team not in teams or team == model.team:
            yield Breach(
                ("models", name, "endpoint", "access", "teams", number),
                f"another team that has models here: {', '.join(other for other in teams if other != model.team) or 'there is none'}",
                "Correct it, or remove it: the model's own team may call anyway."
                if team == model.team
                else "Correct it, or name its namespace under namespaces.",
                judged_by=(("models",),),
            )


def _endpoint_name(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    whole = f"{environment.environment}-{name}"
    if model.endpoint is not None and model.endpoint.runtime.kind == "sagemaker" and len(whole) > ENDPOINT_LENGTH:
        yield Breach(
            ("models", name, "model"),
            f"SageMaker takes {ENDPOINT_LENGTH} characters, and its endpoint would be called {whole}, {len(whole)} characters",
            f"Shorten the name of the model or of the environment{OR_KUBERNETES}.",
            judged_by=(("environment",), ("models", name, "endpoint", "runtime")),
        )


def _images(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    if model.endpoint is None or model.endpoint.runtime.kind != "sagemaker":
        return
    for version in model.endpoint.traffic.versions:
        image = model.versions[version].image if version in model.versions else None
        host = image.registry if image is not None else None
        if host is not None and ((found := _ECR.fullmatch(host)) is None or found[1] != environment.aws.region):
            yield Breach(
                ("models", name, "versions", version, "image"),
                f"runtime sagemaker takes images from ECR in {environment.aws.region}; this one is in {host}",
                f"Publish it to the environment's own registry{OR_KUBERNETES}.",
                judged_by=(("aws", "region"), ("models", name, "endpoint", "runtime")),
            )


def _own_bucket(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    from modelway.architecture.platform_rules import bucket_name

    for version, described in model.versions.items():
        if described.weights.kind == "s3" and described.weights.bucket == bucket_name(environment):
            yield Breach(
                ("models", name, "versions", version, "weights"),
                "by their key alone where they are in the environment's own store",
                f"Write {described.weights.key}@sha256:{described.weights.sha256}.",
                judged_by=(("aws", "account"), ("registry", "models", "bucket")),
            )


def _artifact(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    for key, cluster in cluster_of(environment, model):
        if not isinstance(cluster, EksCluster) or cluster.version >= ARTIFACTS_SINCE or model.endpoint is None:
            continue
        for version in model.endpoint.traffic.versions:
            if version in model.versions and model.versions[version].weights.kind == "oci":
                yield Breach(
                    ("models", name, "versions", version, "weights"),
                    f"an artifact becomes a volume of a pod from Kubernetes {ARTIFACTS_SINCE} on; cluster {key} has {cluster.version}",
                    "Upgrade the cluster, or publish them to the environment's own store.",
                    judged_by=(("clusters", key, "version"), ("models", name, "cluster")),
                )
