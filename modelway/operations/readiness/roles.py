"""Whether roles are there that AWS's services take on by themselves."""

from collections.abc import Iterator
from functools import partial

from modelway.architecture import Environment
from modelway.operations.doctor import Part
from modelway.operations.readiness.asking import Check, Cloud

EKS, GROUPS = ("AWSServiceRoleForAmazonEKS", "eks.amazonaws.com"), ("AWSServiceRoleForAmazonEKSNodegroup", "eks-nodegroup.amazonaws.com")
SCALING, SPOT = ("AWSServiceRoleForAutoScaling", "autoscaling.amazonaws.com"), ("AWSServiceRoleForEC2Spot", "spot.amazonaws.com")
BALANCING = ("AWSServiceRoleForElasticLoadBalancing", "elasticloadbalancing.amazonaws.com")
HOSTING = ("AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint", "sagemaker.application-autoscaling.amazonaws.com")
SCRAPER = ("AWSServiceRoleForAmazonPrometheusScraper", "scraper.aps.amazonaws.com")


def of_roles(environment: Environment, cloud: Cloud) -> Iterator[tuple[str, Check]]:
    for role, service in service_roles(environment):
        yield f"role of {service}", partial(_role, role, service, cloud)


def service_roles(environment: Environment) -> list[tuple[str, str]]:
    """Name and service of each (docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html)."""
    wanted: list[tuple[str, str]] = []
    clusters = [cluster for cluster in environment.clusters.values() if cluster.kind == "eks"]
    groups = [pool for cluster in clusters for pool in cluster.groups.values()]
    if clusters:
        wanted += [EKS, BALANCING]
    if groups:
        wanted += [GROUPS, SCALING]
    if any(pool.capacity == "spot" for cluster in clusters for pool in cluster.node_pools.values()):
        wanted.append(SPOT)
    if clusters and environment.monitoring.backend.kind == "amp":
        wanted.append(SCRAPER)
    served = [one.serving for one in environment.models.values() if one.serving is not None]
    if any(one.runtime.kind == "sagemaker" and one.scaling.min < one.scaling.max for one in served):
        wanted.append(HOSTING)
    return wanted


def _role(role: str, service: str, cloud: Cloud) -> Iterator[Part]:
    if cloud.has_role(role):
        yield Part(f"role of {service}", "ok", role)
        return
    # Whether whoever brings the environment up may do so is not asked: simulating policies wants rights that readers seldom have.
    found = f"there is no {role} yet; AWS makes it when it is first needed, if whoever asks may iam:CreateServiceLinkedRole"
    way_out = f"`aws iam create-service-linked-role --aws-service-name {service}` makes it before"
    yield Part(f"role of {service}", "missing", found, way_out, needed=False)
