"""What a deployment may do to the resources of an environment, as managed policies: action by action, nothing that no component needs;
and what looks for drift may read of them.

Where components choose a name, the statement names it. Where AWS or the engine does (networks, keys, models), it names every resource of
that kind in the account: an environment has an account of its own. Roles, state and denials are in bootstrap_documents.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from modelway.architecture import Environment
from modelway.architecture.platform_rules import bucket_name
from modelway.operations.bootstrap_actions import ACTIONS, DASHBOARDS, LOOKED_UP
from modelway.operations.bootstrap_documents import Document, Ground, allow, document, node_images, reading_ledger, reading_state
from modelway.rules.iam_resources import only_any

POLICIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "network": ("ec2", "logs"),
        "cluster": ("eks", "kms", "rds", "sns", "ssm"),
        "registry": ("ecr", "inspector2", "s3"),
        "serving": ("application-autoscaling", "cloudwatch", "sagemaker", "scheduler"),
        "monitoring": ("aps", "grafana", "sso"),
    }
)
"""Services whose actions each policy allows, by the last part of its name."""

_EC2 = (
    *("elastic-ip", "instance", "internet-gateway", "ipv4pool-ec2", "launch-template", "natgateway", "network-interface", "prefix-list"),
    *("route-table", "security-group", "security-group-rule", "subnet", "volume", "vpc", "vpc-endpoint", "vpc-flow-log"),
)

_KEYS_FOR = ("aps", "ecr", "logs", "rds", "s3", "sagemaker", "secretsmanager", "sns")
"""Services that use a key on behalf of who makes or reads something of theirs."""

_LOG_GROUPS = (
    "/aws/eks/{environment}-*",
    "/aws/rds/*",
    "/aws/sagemaker/Endpoints/{environment}-*",
    "/aws/vendedlogs/*",
    "/modelway/{environment}/*",
)


@dataclass(frozen=True)
class Reach:
    """What the statements name."""

    environment: str
    account: str
    region: str
    copied: bool
    """Whether keys and repositories are in other regions too, which hold copies: 25 of them named would not fit a policy."""
    bucket: str
    """What the names of all its buckets begin with."""
    secrets: Sequence[str]
    """ARNs of the secrets that its files refer to."""
    empties: bool
    """Whether buckets may be removed with what is in them."""

    def here(self, service: str, *kinds: str) -> list[str]:
        return [f"arn:aws:{service}:{self.region}:{self.account}:{kind}" for kind in kinds]

    def everywhere(self, service: str, *kinds: str) -> list[str]:
        region = "*" if self.copied else self.region
        return [f"arn:aws:{service}:{region}:{self.account}:{kind}" for kind in kinds]


def reach(environment: Environment) -> Reach:
    own, registry = environment.aws.region, environment.registry
    copied = bool({*registry.images.replicate_to, *registry.models.replicate_to} - {own})
    secrets = re.findall(r'"(arn:aws[a-z-]*:secretsmanager:[^"]+)"', environment.model_dump_json())
    return Reach(
        environment.environment,
        environment.aws.account,
        own,
        copied,
        bucket_name(environment),
        sorted(set(secrets)),
        environment.tier == "development",
    )


def deployments(ground: Ground, environment: Environment) -> dict[str, Document]:
    """The managed policies of `deploy`, by ARN."""
    within = reach(environment)
    actions = sorted({*DASHBOARDS, *_of_resources()})
    found = {}
    for name, services in POLICIES.items():
        statements = [one for service in services for one in (*_statements(service, actions, within), *_conditional(service, within))]
        found[ground.policy(f"deploy-{name}")] = document(*statements)
    return found


def drift(ground: Ground, environment: Environment, key: str) -> Document:
    """The policy of `drift`: state, and of every resource what a refresh reads (`pulumi preview --refresh`). It writes nothing, and reads
    no object, no image and no secret of Secrets Manager but those that the environment's files refer to, which its program reads."""
    within = reach(environment)
    actions = sorted(action for action in _of_resources() if action.partition(":")[2].startswith(READING))
    roles = [f"arn:aws:iam::{ground.account}:role{ground.path}*"]
    of_roles = ("GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListInstanceProfilesForRole", "ListRolePolicies", "ListRoleTags")
    return document(
        *reading_state(ground, key),
        *reading_ledger(ledger_of(environment)),
        *(one for services in POLICIES.values() for service in services for one in _statements(service, actions, within)),
        allow("Roles", [f"iam:{action}" for action in of_roles], Resource=roles),
        *_secrets(within),
    )


def ledger_of(environment: Environment) -> str:
    """Where its ledger is; empty where it names none."""
    return "" if environment.governance.ledger is None else environment.governance.ledger.address


READING = ("Describe", "Get", "List")
"""What the names of actions begin with that only read."""


def _of_resources() -> set[str]:
    return {*LOOKED_UP, *(action for of_type in ACTIONS.values() for action in of_type)}


def _statements(service: str, actions: Sequence[str], within: Reach) -> Iterator[Document]:
    own = [action for action in actions if action.partition(":")[0] == service]
    sid = "".join(part.capitalize() for part in service.split("-"))
    if unnamed := [action for action in own if only_any(action)]:
        yield allow(f"{sid}Unnamed", unnamed, Resource=["*"])
    if objects := [action for action in own if action in _OF_OBJECTS]:
        # What the jobs of SageMaker are told of what they watch, and no other object.
        yield allow("Watched", objects, Resource=[f"arn:aws:s3:::{within.bucket}-drift/*/watched-*"])
    if named := [action for action in own if not only_any(action) and action not in _LOOKED_THROUGH and action not in _OF_OBJECTS]:
        yield allow(sid, named, Resource=_resources(service, within))
    if through := [action for action in own if action in _LOOKED_THROUGH]:
        yield allow(f"{sid}LookedThrough", through, Resource=within.here(service, _LOOKED_THROUGH[through[0]]))


_LOOKED_THROUGH: Mapping[str, str] = MappingProxyType({"logs:DescribeLogGroups": "log-group:*", "cloudwatch:DescribeAlarms": "alarm:*"})
"""Actions that ask for all of a kind, whatever is looked for."""

_OF_OBJECTS = ("s3:GetObject", "s3:GetObjectTagging", "s3:PutObject", "s3:PutObjectTagging")


def _resources(service: str, within: Reach) -> list[str]:
    name = within.environment
    match service:
        case "ec2":
            # Images and lists of addresses are AWS's own.
            aws = [f"arn:aws:ec2:{within.region}::image/*", f"arn:aws:ec2:{within.region}:aws:prefix-list/*"]
            return [*(f"arn:aws:ec2:{within.region}:{within.account}:{kind}/*" for kind in _EC2), *aws]
        case "logs":
            return within.here("logs", *(f"log-group:{group.format(environment=name)}" for group in _LOG_GROUPS))
        case "eks":
            kinds = ("access-entry", "addon", "cluster", "nodegroup", "podidentityassociation")
            return [f"arn:aws:eks:{within.region}:{within.account}:{kind}/{name}-*" for kind in kinds]
        case "kms":
            return within.everywhere("kms", "key/*")
        case "rds":
            return within.here("rds", *(f"{kind}:*" for kind in ("db", "pg", "snapshot", "subgrp")))
        case "sns":
            return within.here("sns", f"{name}-*")
        case "ssm":
            return [node_images(within.region)]
        case "ecr":
            return within.everywhere("ecr", f"repository/{name}/*")
        case "s3":
            return [f"arn:aws:s3:::{within.bucket}", f"arn:aws:s3:::{within.bucket}-*"]
        case "application-autoscaling":
            return within.here("application-autoscaling", "scalable-target/*")
        case "cloudwatch":
            # What a target is tracked by has alarms whose names Application Auto Scaling makes up.
            return within.here("cloudwatch", f"alarm:{name}-*", "alarm:TargetTracking-*")
        case "sagemaker":
            kinds = (f"endpoint/{name}-*", f"model-package-group/{name}-*", "endpoint-config/*", "mlflow-app/*", "model/*")
            return within.here("sagemaker", *kinds)
        case "scheduler":
            return within.here("scheduler", f"schedule/default/{name}-*")
        case "aps":
            return within.here("aps", "rulegroupsnamespace/*", "scraper/*", "workspace/*")
        case "grafana":
            return within.here("grafana", "/workspaces/*")
    raise ValueError(f"nothing says what the resources of {service} are called")


def _conditional(service: str, within: Reach) -> Iterator[Document]:
    if service == "kms":
        keys = within.everywhere("kms", "key/*")
        region = "*" if within.copied else within.region
        via = {"StringLike": {"kms:ViaService": [f"{one}.{region}.amazonaws.com" for one in _KEYS_FOR]}}
        yield allow("KeysOfServices", ["kms:Decrypt", "kms:GenerateDataKey", "kms:RetireGrant"], Resource=keys, Condition=via)
        granted = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        yield allow("GrantsToServices", ["kms:CreateGrant"], Resource=keys, Condition=granted)
        yield from _secrets(within)
    if service == "s3" and within.empties:
        emptied = [f"arn:aws:s3:::{within.bucket}", f"arn:aws:s3:::{within.bucket}-*"]
        yield allow("EmptiedListing", ["s3:ListBucketVersions"], Resource=emptied)
        yield allow("Emptied", ["s3:DeleteObject", "s3:DeleteObjectVersion"], Resource=[f"{one}/*" for one in emptied])


def _secrets(within: Reach) -> Iterator[Document]:
    if within.secrets:
        yield allow("Secrets", ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], Resource=list(within.secrets))
