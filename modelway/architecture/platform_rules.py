"""The rules between the sections of an environment's platform."""

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from modelway.architecture.arns import elsewhere
from modelway.architecture.base import Breach, FieldPath, each, of_each
from modelway.architecture.cluster import Access, EksCluster
from modelway.architecture.internet_rules import internet_breaches
from modelway.architecture.layout import MODELS, MOST_RESOURCES, endpoint_resources, watching_resources
from modelway.architecture.measured import room_breaches
from modelway.architecture.monitoring import Topic
from modelway.architecture.network import NODE_ADDRESSES, Addresses, ExistingNetwork, Vpc

if TYPE_CHECKING:
    from modelway.architecture.environment import Environment
    from modelway.architecture.monitoring import Receiver

OWN_TAGS = ("environment", "owner", "managed-by", "cost-owner", "system", "tier", "risk-tier", "model")
"""Tags that everything gets from Modelway."""

BUCKET_LENGTH = 63
"""Characters that the name of an S3 bucket may have (docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html)."""

PACKAGE_GROUP_LENGTH = 63
"""Characters that the name of a model package group may have
(docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackageGroup.html)."""


SERVICE_BLOCKS = ("172.20.0.0/16", "10.100.0.0/16", "10.200.0.0/16", "192.168.128.0/17")
"""Blocks to propose for services of a cluster."""


def platform_breaches(environment: "Environment") -> Iterator[Breach]:
    """What of the platform does not fit together."""
    rules = (_tags, _bucket, _promotion, _addresses, _registry_keys, _replicas, _readers, _lock, _pull_through, _package_groups, _size)
    yield from each(rule(environment) for rule in (*rules, _page, _routes_of_teams, _receivers))
    for key, cluster in environment.clusters.items():
        if isinstance(cluster, EksCluster):
            yield from each(
                [
                    _network(environment, key),
                    internet_breaches(environment, key, cluster),
                    room_breaches(environment, key, cluster),
                    _services(environment, key, cluster),
                    _secrets_key(environment, key, cluster),
                    _audit(environment, key, cluster),
                    _spot(environment, key, cluster),
                    of_each(cluster, "access", partial(_account, environment, key)),
                ]
            )


def bucket_name(environment: "Environment") -> str:
    """Name of the bucket of weights."""
    given = environment.registry.models.bucket
    return given or f"{environment.platform}-{environment.environment}-models-{environment.aws.account}"


def _tags(environment: "Environment") -> Iterator[Breach]:
    for key in environment.tags:
        if key.lower() in OWN_TAGS:
            yield Breach(
                ("tags", key), f"{', '.join(OWN_TAGS[:-1])} and {OWN_TAGS[-1]} are Modelway's to set", "Remove it, or choose another key."
            )


def _bucket(environment: "Environment") -> Iterator[Breach]:
    name = bucket_name(environment)
    if len(name) > BUCKET_LENGTH:
        yield Breach(
            ("platform",),
            f"the bucket of weights would be called {name}, {len(name)} characters; S3 takes {BUCKET_LENGTH}",
            "Shorten it, or name the bucket with registry.models.bucket.",
            judged_by=(("environment",), ("aws", "account"), ("registry", "models", "bucket")),
        )


def _promotion(environment: "Environment") -> Iterator[Breach]:
    if environment.promotion is not None and environment.promotion.from_ == environment.environment:
        yield Breach(("promotion", "from"), "another environment than this one", "Name the one before it, or remove promotion.")


def _network(environment: "Environment", key: str) -> Iterator[Breach]:
    network = environment.network
    if network is None:
        yield Breach(
            ("clusters", key, "kind"),
            "an EKS cluster stands in the environment's network, and there is none",
            "Add a section `network: {kind: vpc, cidr: 10.20.0.0/16, zones: 2}`.",
            judged_by=(("network",),),
        )
    elif isinstance(network, Vpc) and network.zones < 2:
        yield Breach(("network", "zones"), "at least 2 with an EKS cluster", "Write zones: 2 or more.")
    elif isinstance(network, ExistingNetwork) and len(network.private_subnets) < 2:
        yield Breach(
            ("network", "private_subnets"), "at least 2 with an EKS cluster, in different zones", "Add one that is in another zone."
        )


def _addresses(environment: "Environment") -> Iterator[Breach]:
    network = environment.network
    if not isinstance(network, Vpc):
        return
    pools = {key: cluster.most_nodes for key, cluster in environment.clusters.items() if isinstance(cluster, EksCluster)}
    nodes, room = sum(pools.values()), network.private_addresses // NODE_ADDRESSES
    if nodes > room:
        yield Breach(
            ("network", "cidr"),
            f"its private subnets have {network.private_addresses} addresses, which is room for {room} nodes with their pods; "
            f"the pools have {nodes} nodes at most",
            "Write a wider block, more zones, or a lower max in the pools.",
            tuple(("clusters", key, "node_pools") for key in pools),
            (("network", "zones"),),
        )


def _services(environment: "Environment", key: str, cluster: EksCluster) -> Iterator[Breach]:
    network, services = environment.network, cluster.service_cidr
    if not isinstance(network, Vpc):
        return
    taken: dict[FieldPath, Addresses] = {("network", "cidr"): network.cidr}
    taken |= {("network", "reaches", number): other for number, other in enumerate(network.reaches)}
    free = [block for block in SERVICE_BLOCKS if not any(IPv4Network(block).overlaps(other.network) for other in taken.values())]
    for path, other in taken.items():
        if services.network.overlaps(other.network):
            which = "the VPC's" if path == ("network", "cidr") else "those that the network reaches"
            yield Breach(
                ("clusters", key, "service_cidr"),
                f"services have addresses of their own: {services} overlaps {which}, {other}",
                f"Write `service_cidr: {free[0]}`." if free else "Write a block that is free.",
                (path,),
            )


def _account(environment: "Environment", key: str, who: str, granted: Access) -> Iterator[Breach]:
    account = granted.principal.split(":")[4]
    if account != environment.aws.account:
        yield Breach(
            ("clusters", key, "access", who, "principal"),
            f"principals are of the environment's own account; this one is of {account}, the environment of {environment.aws.account}",
            f"Write it with {environment.aws.account}; a role of another account assumes one of this account.",
            (("aws", "account"),),
        )


def _secrets_key(environment: "Environment", key: str, cluster: EksCluster) -> Iterator[Breach]:
    if said := elsewhere(("clusters", key, "secrets_key"), cluster.secrets_key, environment.aws.region):
        yield said


def _audit(environment: "Environment", key: str, cluster: EksCluster) -> Iterator[Breach]:
    missing = [kind for kind in ("audit", "authenticator") if kind not in cluster.logs.types]
    if environment.tier == "production" and missing:
        yield Breach(
            ("clusters", key, "logs", "types"),
            f"in production audit and authenticator are kept, or nobody could say who did what; missing: {', '.join(missing)}",
            "Add them.",
            (("tier",),),
        )


def _spot(environment: "Environment", key: str, cluster: EksCluster) -> Iterator[Breach]:
    steady = [pool for pool in cluster.node_pools.values() if pool.capacity == "on_demand" and not pool.gpu and pool.min]
    if environment.tier == "production" and cluster.auto_mode is None and cluster.node_pools and not steady:
        yield Breach(
            ("clusters", key, "node_pools"),
            "in production a pool without GPUs keeps a node on demand: all spot nodes can be taken away at once",
            "Leave capacity out of a pool with min 1 or more: on_demand is the default.",
            (("tier",),),
            (("clusters", key, "auto_mode"),),
        )


def _registry_keys(environment: "Environment") -> Iterator[Breach]:
    for store, key in (("images", environment.registry.images.key), ("models", environment.registry.models.key)):
        if said := elsewhere(("registry", store, "key"), key, environment.aws.region):
            yield said


def _replicas(environment: "Environment") -> Iterator[Breach]:
    registry = environment.registry
    for store, regions in (("images", registry.images.replicate_to), ("models", registry.models.replicate_to)):
        for number, region in enumerate(regions):
            if region == environment.aws.region:
                yield Breach(
                    ("registry", store, "replicate_to", number),
                    "another region than the environment's own",
                    "Name another, or remove it.",
                    (("aws", "region"),),
                )


def _readers(environment: "Environment") -> Iterator[Breach]:
    registry = environment.registry
    for store, accounts in (("images", registry.images.readers), ("models", registry.models.readers)):
        for number, account in enumerate(accounts):
            if account == environment.aws.account:
                yield Breach(
                    ("registry", store, "readers", number),
                    "another account than the environment's own, whose roles are allowed one by one",
                    "Name another, or remove it.",
                    (("aws", "account"),),
                )


def _lock(environment: "Environment") -> Iterator[Breach]:
    if environment.tier == "development" and environment.registry.models.object_lock is not None:
        yield Breach(
            ("registry", "models", "object_lock"),
            "not in development, which can be thrown away: a bucket with locked objects cannot be deleted",
            "Remove it, or raise the tier.",
            (("tier",),),
        )


def _pull_through(environment: "Environment") -> Iterator[Breach]:
    for prefix in environment.registry.images.pull_through:
        if prefix == environment.environment:
            yield Breach(
                ("registry", "images", "pull_through", prefix),
                f"another name than the environment's: the repositories of models are called {prefix}/MODEL",
                "Choose another, like quay.",
                judged_by=(("environment",),),
            )


def _package_groups(environment: "Environment") -> Iterator[Breach]:
    if environment.registry.model_registry.kind != "sagemaker" or not environment.models:
        return
    longest = max((f"{environment.environment}-{model}" for model in environment.models), key=len)
    if len(longest) > PACKAGE_GROUP_LENGTH:
        yield Breach(
            ("registry", "model_registry", "kind"),
            f"SageMaker takes {PACKAGE_GROUP_LENGTH} characters, and a group would be called {longest}, {len(longest)} characters",
            "Shorten the name of the model or of the environment, or choose another kind.",
            judged_by=(("environment",),),
        )


def _size(environment: "Environment") -> Iterator[Breach]:
    sizes: dict[str, int] = defaultdict(int)
    drift = environment.monitoring.drift
    secrets = any(told.kind != "eventbridge" for told in drift.events)
    for model in environment.models.values():
        key = model.cluster or (next(iter(environment.clusters)) if len(environment.clusters) == 1 else "")
        team = model.team if environment.layout == "split_by_team" else ""
        on_eks = isinstance(environment.clusters.get(key), EksCluster)
        sizes[team] += endpoint_resources(model, on_eks=on_eks)
        if drift.image is not None and model.drift is not None and model.serving is not None:
            sizes[team] += watching_resources(model, on_eks=on_eks, secrets=secrets)
    for team, size in sizes.items():
        if size > MOST_RESOURCES:
            name = environment.environment if environment.layout == "single" else environment.environment + MODELS
            stack = f"{name}-{team}" if team else name
            way_out = (
                f"Divide the models of {team} among several teams, or several environments."
                if team
                else "Write layout: split_by_team, which gives each team a stack for its models."
            )
            yield Breach(
                ("layout",), f"a stack has at most {MOST_RESOURCES} resources; {stack} would have about {size} for endpoints", way_out
            )


def _page(environment: "Environment") -> Iterator[Breach]:
    if environment.tier == "production" and "page" not in environment.monitoring.alerts.severities:
        yield Breach(
            ("monitoring", "alerts", "severities"),
            "in production somebody is paged, and nobody is named",
            "Add a receiver like `page: {kind: pagerduty, key: {secret: pagerduty-key}}`.",
            (("tier",),),
        )


def _routes_of_teams(environment: "Environment") -> Iterator[Breach]:
    teams = sorted({model.team for model in environment.models.values()})
    for team in environment.monitoring.alerts.teams:
        if team not in teams:
            yield Breach(
                ("monitoring", "alerts", "teams", team),
                f"a team that has models here: {', '.join(teams) or 'none has'}",
                "Correct the name, or remove it: nothing would ever be sent there.",
                judged_by=(("models",),),
            )


def _receivers(environment: "Environment") -> Iterator[Breach]:
    alerts, region = environment.monitoring.alerts, environment.aws.region
    for severity, receiver in alerts.severities.items():
        if said := _receiver(("monitoring", "alerts", "severities", severity), receiver, region):
            yield said
    for team, receivers in alerts.teams.items():
        for severity, receiver in receivers.items():
            if said := _receiver(("monitoring", "alerts", "teams", team, severity), receiver, region):
                yield said
    if alerts.watchdog is not None and (said := _receiver(("monitoring", "alerts", "watchdog"), alerts.watchdog, region)):
        yield said


def _receiver(path: FieldPath, receiver: "Receiver", region: str) -> Breach | None:
    if isinstance(receiver, Topic):
        return elsewhere((*path, "topic"), receiver.topic, region) or elsewhere((*path, "key"), receiver.key, region)
    field, reference = ("key", receiver.key) if receiver.kind == "pagerduty" else ("url", receiver.url)
    return elsewhere((*path, field), reference.arn, region)
