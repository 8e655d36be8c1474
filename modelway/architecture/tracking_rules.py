"""The rules between an MLflow server in a cluster and the rest of the environment."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from modelway.architecture.arns import elsewhere
from modelway.architecture.base import Breach, FieldPath, each, of_each
from modelway.architecture.cluster import EksCluster
from modelway.architecture.placement import cluster_of
from modelway.architecture.tenancy import ExistingGateway
from modelway.architecture.tracking import MlflowServer

if TYPE_CHECKING:
    from modelway.architecture.environment import Environment

NAMESPACE = "mlflow"
"""Namespace of the server, and its name in it."""

_AT: FieldPath = ("registry", "model_registry")


def tracking_breaches(environment: "Environment") -> Iterator[Breach]:
    """What of an MLflow server does not fit to the environment; nothing where there is none."""
    server = environment.registry.model_registry
    if isinstance(server, MlflowServer):
        rules = (_cluster, _monitoring, _namespace, _hostname, _identifier, _admin_password, _database_password)
        yield from each(rule(environment, server) for rule in rules)
        yield from each([of_each(server, "teams", partial(_team, environment, server))])


def _cluster(environment: "Environment", server: MlflowServer) -> Iterator[Breach]:
    own = [key for key, cluster in environment.clusters.items() if isinstance(cluster, EksCluster)]
    if server.cluster not in own:
        there = server.cluster in environment.clusters
        yield Breach(
            (*_AT, "cluster"),
            f"an EKS cluster of the environment: {', '.join(own) or 'there is none'}"
            + ("; of one that was there before nobody knows its network, nor who its pods are to AWS" if there else ""),
            "Name another, or write kind: mlflow, which SageMaker runs." if own else "Write kind: mlflow, which SageMaker runs.",
            judged_by=(("clusters",),),
        )


def _monitoring(environment: "Environment", _server: MlflowServer) -> Iterator[Breach]:
    if environment.monitoring.namespace == NAMESPACE:
        yield Breach(("monitoring", "namespace"), f"{NAMESPACE} is the namespace of the MLflow server", "Choose another.", (_AT,))


def _namespace(environment: "Environment", server: MlflowServer) -> Iterator[Breach]:
    for name, model in environment.models.items():
        if model.team == NAMESPACE and any(key == server.cluster for key, _ in cluster_of(environment, model)):
            yield Breach(
                ("models", name, "team"),
                f"{NAMESPACE} is the namespace of the MLflow server, and none of a team's",
                f"Write it like {NAMESPACE}-team.",
                judged_by=((*_AT, "cluster"), ("models", name, "cluster")),
            )


def _team(environment: "Environment", server: MlflowServer, number: int, team: str) -> Iterator[Breach]:
    models = environment.models.values()
    here = sorted({model.team for model in models if any(key == server.cluster for key, _ in cluster_of(environment, model))})
    if team not in here:
        yield Breach(
            (*_AT, "teams", number),
            f"a team that has models in cluster {server.cluster}: {', '.join(here) or 'none has'}",
            "Correct the name, or remove it: it has no namespace there.",
            judged_by=(("models",), (*_AT, "cluster")),
        )


def _hostname(environment: "Environment", server: MlflowServer) -> Iterator[Breach]:
    cluster = environment.clusters.get(server.cluster)
    if server.hostname is None or cluster is None:
        return
    if server.hostname.startswith("*"):
        yield Breach((*_AT, "hostname"), "one name, which browsers are told", "Write it like mlflow.example.com.")
    elif isinstance(cluster.gateway, ExistingGateway):
        return
    elif cluster.gateway.tls is None:
        yield Breach(
            (*_AT, "hostname"),
            f"passwords go over TLS alone, and the Gateway of cluster {server.cluster} answers in the clear",
            "Add `tls: {secret: NAME}` to the Gateway, or remove it.",
            judged_by=(("clusters", server.cluster, "gateway"),),
        )
    elif not _answers(cluster.gateway.tls.hostname, server.hostname):
        yield Breach(
            (*_AT, "hostname"),
            f"a name that the Gateway of cluster {server.cluster} answers to: {cluster.gateway.tls.hostname}",
            "Write one that it answers to, or a Gateway that answers to more, like *.example.com.",
            (("clusters", server.cluster, "gateway", "tls", "hostname"),),
        )


def _answers(listener: str | None, hostname: str) -> bool:
    """Whether a listener takes requests to the name (gateway-api.sigs.k8s.io/reference/spec/#listener): `*.` stands for labels."""
    if listener is None:
        return True
    return hostname.endswith(listener[1:]) if listener.startswith("*.") else hostname == listener


def _identifier(environment: "Environment", _server: MlflowServer) -> Iterator[Breach]:
    if "--" in environment.environment:
        yield Breach(
            (*_AT, "kind"),
            f"RDS takes no two dashes one after the other, and the database would be called {environment.environment}-{NAMESPACE}",
            "Rename the environment, or choose another kind.",
            judged_by=(("environment",),),
        )


def _admin_password(environment: "Environment", server: MlflowServer) -> Iterator[Breach]:
    if said := elsewhere((*_AT, "admin_password"), server.admin_password.arn, environment.aws.region):
        yield said


def _database_password(environment: "Environment", server: MlflowServer) -> Iterator[Breach]:
    if said := elsewhere((*_AT, "database", "password"), server.database.password.arn, environment.aws.region):
        yield said
