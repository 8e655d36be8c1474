"""What the parts of an environment tell one another, the same whether they are one stack or two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pulumi

Text = pulumi.Output[str]
Exports = dict[str, pulumi.Input[object]]


@dataclass(frozen=True)
class ClusterJoint:
    """A cluster as the models part needs it."""

    gateway_name: Text
    gateway_namespace: Text
    namespaces: Mapping[str, Text]
    """By team."""
    monitoring_namespace: Text
    facts: Mapping[str, Text]
    """What leads to the cluster: name, arn, endpoint and certificate_authority, or the context of one that was there before."""
    callers: Text | None = None
    """Security group of its nodes and pods; None of a cluster that was there before, and in another stack than its own."""
    reader: Text | None = None
    """Name of the role by which its autoscaler asks Amazon for metrics; None where none asks, and in another stack than its own."""

    def exported(self, kind: str) -> Exports:
        gateway = {"name": self.gateway_name, "namespace": self.gateway_namespace}
        return {"kind": kind, "gateway": gateway, "namespaces": dict(self.namespaces), **self.facts}


@dataclass(frozen=True)
class RegistryJoint:
    """Where images and weights are."""

    bucket: Text
    bucket_arn: Text
    key_arn: Text
    repositories: Mapping[str, Text]
    """Address by model."""
    model_registry: Exports = field(default_factory=dict)
    """What else lists models: its kind, and the groups of model packages, the MLflow app, or where the MLflow server is."""

    def with_list(self, listed: Exports) -> "RegistryJoint":
        """The same, with what else lists models."""
        return replace(self, model_registry=listed)

    def exported(self) -> Exports:
        return {
            "bucket": self.bucket,
            "bucket_arn": self.bucket_arn,
            "key_arn": self.key_arn,
            "repositories": dict(self.repositories),
            "model_registry": self.model_registry,
        }


@dataclass(frozen=True)
class NetworkJoint:
    """The network that clusters and databases stand in, made for the environment or there before."""

    vpc_id: Text
    private_subnets: pulumi.Output[list[str]]
    """For what runs; their routes and endpoints are in place."""
    public_subnets: pulumi.Output[list[str]]
    """For load balancers that answer on the internet; there may be none in a network that was there before."""
    control_subnets: pulumi.Output[list[str]]
    """For interfaces of control planes."""

    def exported(self) -> Exports:
        return {
            "vpc_id": self.vpc_id,
            "private_subnets": self.private_subnets,
            "public_subnets": self.public_subnets,
            "control_subnets": self.control_subnets,
        }


@dataclass(frozen=True)
class MetricsJoint:
    """Where Amazon keeps the metrics of all clusters."""

    workspace: Text
    """Id."""
    grafana: pulumi.Output[str | None]
    """Address of Managed Grafana; None where there is none."""

    def exported(self) -> Exports:
        return {"workspace": self.workspace, "grafana": self.grafana}


@dataclass(frozen=True)
class Platform:
    """Everything that models stand on."""

    clusters: Mapping[str, ClusterJoint]
    registry: RegistryJoint
    network: NetworkJoint | None = None
    """None where the environment has none."""
    alarms: Text | None = None
    """ARN of the topic that CloudWatch alarms tell; None where no model serves on SageMaker."""
    metrics: MetricsJoint | None = None
    """None where clusters keep their own."""
    drift: Text | None = None
    """Name of the bucket of what was found of drift; None where nobody looks."""


def exported(environment: str, platform: Platform, kinds: Mapping[str, str]) -> Exports:
    """The outputs of the platform's stack."""
    clusters: dict[str, object] = {key: joint.exported(kinds[key]) for key, joint in platform.clusters.items()}
    monitoring: dict[str, object] = {key: {"namespace": joint.monitoring_namespace} for key, joint in platform.clusters.items()}
    outputs: Exports = {
        "environment": environment,
        "clusters": clusters,
        "registry": platform.registry.exported(),
        "monitoring": monitoring,
    }
    if platform.alarms is not None:
        outputs["alarms"] = platform.alarms
    if platform.metrics is not None:
        outputs["metrics"] = platform.metrics.exported()
    if platform.drift is not None:
        outputs["drift"] = {"bucket": platform.drift}
    return outputs if platform.network is None else {**outputs, "network": platform.network.exported()}


def imported(
    stack: str,
    clusters: Mapping[str, Sequence[str]],
    teams: Mapping[str, Sequence[str]],
    models: Sequence[str],
    *,
    network: bool = False,
    alarms: bool = False,
    metrics: bool = False,
    drift: bool = False,
) -> Platform:
    """The platform as another stack exports it. `clusters` names the facts that lead to each, `teams` who has a namespace there.

    `network`, `alarms`, `metrics` and `drift`: whether these are asked for too.
    """
    reference = pulumi.StackReference(stack)
    found, monitoring, registry = (reference.require_output(name) for name in ("clusters", "monitoring", "registry"))
    return Platform(
        {
            key: ClusterJoint(
                gateway_name=found[key]["gateway"]["name"],
                gateway_namespace=found[key]["gateway"]["namespace"],
                namespaces={team: found[key]["namespaces"][team] for team in teams[key]},
                monitoring_namespace=monitoring[key]["namespace"],
                facts={fact: found[key][fact] for fact in facts},
            )
            for key, facts in clusters.items()
        },
        RegistryJoint(
            bucket=registry["bucket"],
            bucket_arn=registry["bucket_arn"],
            key_arn=registry["key_arn"],
            repositories={model: registry["repositories"][model] for model in models},
        ),
        _imported_network(reference) if network else None,
        reference.require_output("alarms") if alarms else None,
        _imported_metrics(reference) if metrics else None,
        reference.require_output("drift")["bucket"] if drift else None,
    )


def _imported_metrics(reference: pulumi.StackReference) -> MetricsJoint:
    found = reference.require_output("metrics")
    # An address that there is none of is left out of what is exported.
    return MetricsJoint(found["workspace"], found.apply(lambda known: known.get("grafana")))


def _imported_network(reference: pulumi.StackReference) -> NetworkJoint:
    found = reference.require_output("network")
    return NetworkJoint(found["vpc_id"], found["private_subnets"], found["public_subnets"], found["control_subnets"])
