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
COPIES = ("AWSServiceRoleForECRReplication", "replication.ecr.amazonaws.com")
CACHES = ("AWSServiceRoleForECRPullThroughCache", "pullthroughcache.ecr.amazonaws.com")
SCANS, DATABASES = ("AWSServiceRoleForAmazonInspector2", "inspector2.amazonaws.com"), ("AWSServiceRoleForRDS", "rds.amazonaws.com")


def of_roles(environment: Environment, cloud: Cloud) -> Iterator[tuple[str, Check]]:
    for role, service in service_roles(environment):
        yield f"role of {service}", partial(_role, role, service, cloud)


def service_roles(environment: Environment) -> list[tuple[str, str]]:
    """Name and service of each (docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html)."""
    clusters = [cluster for cluster in environment.clusters.values() if cluster.kind == "eks"]
    pools = [pool for cluster in clusters for pool in cluster.node_pools.values()]
    groups = any(cluster.groups for cluster in clusters)
    served = [one.serving for one in environment.models.values() if one.serving is not None]
    images = environment.registry.images
    asked = {
        EKS: bool(clusters),
        BALANCING: bool(clusters),
        GROUPS: groups,
        SCALING: groups,
        SPOT: any(pool.capacity == "spot" for pool in pools),
        SCRAPER: bool(clusters) and environment.monitoring.backend.kind == "amp",
        HOSTING: any(one.runtime.kind == "sagemaker" and one.scaling.min < one.scaling.max for one in served),
        COPIES: bool(images.replicate_to),
        CACHES: bool(images.pull_through),
        SCANS: images.scan == "enhanced",
        DATABASES: environment.registry.model_registry.kind == "mlflow_server",
    }
    return [role for role, wanted in asked.items() if wanted]


def _role(role: str, service: str, cloud: Cloud) -> Iterator[Part]:
    if cloud.has_role(role):
        yield Part(f"role of {service}", "ok", role)
        return
    # Whether whoever brings the environment up may do so is not asked: simulating policies wants rights that readers seldom have.
    found = f"there is no {role} yet; AWS makes it when it is first needed, if whoever asks may iam:CreateServiceLinkedRole"
    way_out = f"`aws iam create-service-linked-role --aws-service-name {service}` makes it before"
    yield Part(f"role of {service}", "missing", found, way_out, needed=False)
