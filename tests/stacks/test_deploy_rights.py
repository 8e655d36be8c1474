"""Who deploys may do what the resources of environments need, and little else."""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import boto3
import pytest

from modelway.architecture import Environment
from modelway.architecture.naming import SUFFIX
from modelway.operations.bootstrap import ground
from modelway.operations.bootstrap_actions import ACTIONS, LOOKED_UP
from modelway.operations.bootstrap_deploy import deployments
from modelway.operations.bootstrap_documents import LINKED_TO, PASSED_TO
from modelway.rules.iam import judge
from modelway.rules.verdicts import NotApplicable, Passed
from tests.support.engine import Registered
from tests.support.environments import FOLDERS, ROOT, composed, environment

NAMES = sorted(FOLDERS)


@cache
def made(name: str) -> list[Registered]:
    return [one for recorder in composed(name).values() for one in recorder.resources if one.type.startswith("aws:")]


def statements(described: Environment) -> list[dict[str, Any]]:
    documents: Any = deployments(ground(described, "acme/models"), described).values()
    return [statement for document in documents for statement in document["Statement"]]


@pytest.mark.parametrize("name", NAMES)
def test_every_type_that_is_made_is_known(name: str) -> None:
    assert {one.type for one in made(name)} <= set(ACTIONS)


def test_no_type_is_known_that_no_component_makes() -> None:
    sources = "".join(file.read_text("utf-8") for file in (ROOT / "components").rglob("*.py"))
    for type_ in ACTIONS:
        module, _, kind = type_.removeprefix("aws:").partition("/")
        kind = kind.partition(":")[2]
        # EC2's are made without their typed classes.
        made_by = rf'Ec2Resource\(\s*"{kind}"' if module == "ec2" else rf"\baws\.{module}\.{kind}\b"
        assert re.search(made_by, sources), type_


@pytest.mark.parametrize("name", NAMES)
def test_every_action_is_allowed(name: str) -> None:
    allowed = {action for statement in statements(environment(name)) for action in statement["Action"]}
    needed = {action for of_type in ACTIONS.values() for action in of_type} | set(LOOKED_UP)
    assert needed <= allowed


@pytest.mark.parametrize("name", NAMES)
def test_our_own_judge_has_nothing_to_object(name: str) -> None:
    described = environment(name)
    for arn, document in deployments(ground(described, "acme/models"), described).items():
        told = [one for one in judge(document, "identity") if not isinstance(one.verdict, Passed | NotApplicable)]
        assert not told, f"{arn}: {told}"


LONGEST = 6144
"""Characters that a managed policy may have, blanks not counted (docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)."""


@pytest.mark.parametrize("copies", [0, 25])
def test_each_fits_a_managed_policy_and_all_a_role(copies: int) -> None:
    described = environment("prod")
    regions = tuple(f"eu-west-{number}" for number in range(10, 10 + copies))
    registry = described.registry
    models, images = (store.model_copy(update={"replicate_to": regions}) for store in (registry.models, registry.images))
    described = described.model_copy(update={"registry": registry.model_copy(update={"models": models, "images": images})})
    documents = deployments(ground(described, "acme/models"), described)
    assert len(documents) <= 10
    for document in documents.values():
        assert len(re.sub(r"\s", "", json.dumps(document))) <= LONGEST


OPERATIONS = {"application-autoscaling": "application-autoscaling", "aps": "amp", "sso": "sso-admin", "cloudwatch": "cloudwatch"}
"""Services that boto3 calls otherwise than IAM."""

WITHOUT_OPERATION = {
    *("logs:CreateLogDelivery", "logs:DeleteLogDelivery"),
    *("s3:DeleteObjectVersion", "s3:GetAccelerateConfiguration", "s3:GetBucketCORS", "s3:GetBucketObjectLockConfiguration"),
    *("s3:GetBucketPublicAccessBlock", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration"),
    *("s3:ListBucketVersions", "s3:PutBucketObjectLockConfiguration", "s3:PutBucketPublicAccessBlock", "s3:PutEncryptionConfiguration"),
    *("s3:PutLifecycleConfiguration", "s3:PutReplicationConfiguration", "s3:ListBucket"),
    *("s3:ListTagsForResource", "s3:TagResource", "s3:UntagResource"),
    *("sso:CreateManagedApplicationInstance", "sso:DeleteManagedApplicationInstance", "sso:DescribeRegisteredRegions"),
    *("sso:GetManagedApplicationInstance", "sso:GetSharedSsoConfiguration"),
}
"""Permissions that no operation of the service's API is named after."""


def test_actions_are_operations_of_their_services() -> None:
    strange = []
    for action in {action for statement in statements(environment("dev")) for action in statement["Action"]} - WITHOUT_OPERATION:
        service, _, operation = action.partition(":")
        client = boto3.client(OPERATIONS.get(service, service), region_name="eu-west-1")
        if operation not in client.meta.service_model.operation_names:
            strange.append(action)
    assert not strange


ARNS = {
    "aws:cloudwatch/logGroup:LogGroup": ("name", "arn:aws:logs:{region}:{account}:log-group:{name}"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("name", "arn:aws:cloudwatch:{region}:{account}:alarm:{name}"),
    "aws:ecr/repository:Repository": ("name", "arn:aws:ecr:{region}:{account}:repository/{name}"),
    "aws:eks/addon:Addon": ("clusterName", "arn:aws:eks:{region}:{account}:addon/{name}/vpc-cni/1"),
    "aws:eks/cluster:Cluster": ("name", "arn:aws:eks:{region}:{account}:cluster/{name}"),
    "aws:eks/nodeGroup:NodeGroup": ("clusterName", "arn:aws:eks:{region}:{account}:nodegroup/{name}/general/1"),
    "aws:s3/bucket:Bucket": ("bucket", "arn:aws:s3:::{name}"),
    "aws:sagemaker/endpoint:Endpoint": ("name", "arn:aws:sagemaker:{region}:{account}:endpoint/{name}"),
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": (
        "modelPackageGroupName",
        "arn:aws:sagemaker:{region}:{account}:model-package-group/{name}",
    ),
    "aws:sns/topic:Topic": ("name", "arn:aws:sns:{region}:{account}:{name}"),
}
"""Property with the name that we choose, and the ARN that follows."""


def named(name: str) -> Iterator[tuple[str, str]]:
    """Types and ARNs of what has a name of our choice; the engine's, where it puts something behind."""
    where = environment(name).aws
    for one in made(name):
        if one.type in ARNS:
            member, arn = ARNS[one.type]
            yield one.type, arn.format(region=where.region, account=where.account, name=one.inputs.get(member, one.name + SUFFIX))


@pytest.mark.parametrize("name", NAMES)
def test_what_has_a_name_is_among_the_resources(name: str) -> None:
    granted = statements(environment(name))
    for type_, arn in named(name):
        for action in ACTIONS[type_]:
            if action.split(":")[0] != arn.split(":")[2]:
                continue
            resources = [resource for statement in granted if action in statement["Action"] for resource in statement["Resource"]]
            assert any(fnmatchcase(arn, resource) for resource in resources), f"{action} on {arn}: {resources}"


def test_another_environments_resources_are_not() -> None:
    resources = [resource for statement in statements(environment("dev")) for resource in statement["Resource"] if resource != "*"]
    for type_, arn in named("prod"):
        here = arn.replace("333333333333", "222222222222")
        assert not any(fnmatchcase(here, resource) for resource in resources), f"{type_} {here}"


def test_only_development_empties_buckets() -> None:
    deletes = {name for name in NAMES if any("s3:DeleteObject" in one["Action"] for one in statements(environment(name)))}
    assert deletes == {name for name in NAMES if environment(name).tier == "development"}


@pytest.mark.parametrize("name", NAMES)
def test_roles_are_passed_to_the_services_that_take_them_on(name: str) -> None:
    trusted = set()
    for one in made(name):
        if one.type == "aws:iam/role:Role":
            for statement in json.loads(one.inputs["assumeRolePolicy"])["Statement"]:
                found = statement["Principal"]["Service"]
                trusted |= {found} if isinstance(found, str) else set(found)
    assert trusted <= set(PASSED_TO)
    assert len(LINKED_TO) == len(set(LINKED_TO))
