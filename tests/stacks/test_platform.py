"""What an environment's platform can say, under mocks: a stack for each team, a network that is there, who pays, where the API answers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from modelway.architecture import EksCluster, Environment, ManagedGateway, load, names
from modelway.architecture.layout import endpoint_resources, stacks
from stacks.arguments import tenancy
from stacks.compose import compose, place
from tests.support.engine import Recorder, run

ENVIRONMENTS = Path(__file__).resolve().parents[2] / "stacks" / "environments"


def described(name: str, **changes: Any) -> Environment:
    return Environment.model_validate(load(ENVIRONMENTS, name).model_dump() | changes)


def program(environment: Environment) -> Callable[[], None]:
    def exported() -> None:
        placed, parts = place(pulumi.get_stack(), [environment.environment], lambda _: environment)
        for name, value in compose(placed, parts).items():
            pulumi.export(name, value)

    return exported


@pytest.fixture(scope="module")
def platform() -> Recorder:
    return run(program(load(ENVIRONMENTS, "prod")), stack="prod")


def test_each_team_has_a_stack() -> None:
    assert stacks(load(ENVIRONMENTS, "prod")) == ("prod", "prod-models-climate", "prod-models-oncology")


@pytest.mark.parametrize(("team", "model"), [("climate", "co2-forecast"), ("oncology", "tumor-screening")])
def test_a_teams_stack_has_its_models_alone(team: str, model: str, platform: Recorder) -> None:
    environment = load(ENVIRONMENTS, "prod")
    recorder = run(program(environment), stack=f"prod-models-{team}", references={"organization/modelway/prod": platform.exports})
    endpoints = {resource.name for resource in recorder.resources if resource.type == "modelway:index:KubernetesEndpoint"}
    assert endpoints == {model}
    assert set(recorder.exports["endpoints"]) == {model}
    assert not [resource for resource in platform.resources if resource.type == "modelway:index:KubernetesEndpoint"]


def test_a_team_whose_last_model_went_has_an_empty_stack(platform: Recorder) -> None:
    recorder = run(
        program(load(ENVIRONMENTS, "prod")), stack="prod-models-gone", references={"organization/modelway/prod": platform.exports}
    )
    assert recorder.exports["endpoints"] == {}


@pytest.mark.parametrize(
    ("stack", "text"),
    [
        ("prod-models", r"environment prod has layout split_by_team and has the stacks prod, prod-models-climate, prod-models-oncology\."),
        ("staging-models-oncology", r"environment staging has layout split and has the stacks staging, staging-models\."),
        ("local-models-oncology", r"environment local has layout single and is the one stack local\."),
        ("prod-models-", r"no such environment"),
    ],
)
def test_a_stack_that_the_layout_does_not_have_is_refused(stack: str, text: str) -> None:
    with pytest.raises(pulumi.RunError, match=text):
        place(stack, names(ENVIRONMENTS), lambda name: load(ENVIRONMENTS, name))


def test_who_pays_is_a_tag_on_everything(platform: Recorder) -> None:
    aws = next(resource for resource in platform.resources if resource.type == "pulumi:providers:aws").inputs
    tags = json.loads(aws["defaultTags"])["tags"]
    assert (tags["cost-owner"], tags["data-class"], tags["environment"]) == ("finance@example.com", "confidential", "prod")


def test_a_cluster_stands_in_the_network_that_is_there() -> None:
    subnets = ("subnet-0123456789abcdef1", "subnet-0123456789abcdef2")
    network = {"kind": "existing", "vpc_id": "vpc-0123456789abcdef0", "private_subnets": subnets}
    recorder = run(program(described("dev", network=network)), stack="dev")
    assert not [resource for resource in recorder.resources if resource.type == "modelway:index:Network"]
    (cluster,) = [resource for resource in recorder.resources if resource.type == "aws:eks/cluster:Cluster"]
    assert cluster.inputs["vpcConfig"]["subnetIds"] == list(subnets)


def test_the_load_balancer_of_an_internal_gateway_lets_in_the_network_and_what_it_reaches() -> None:
    described = load(ENVIRONMENTS, "prod")
    gateway = ManagedGateway.model_validate({"kind": "managed", "class": "our-envoy", "controller": "envoy"})
    args = tenancy(
        described.model_copy(update={"clusters": {"main": described.clusters["main"].model_copy(update={"gateway": gateway})}}), "main"
    )
    assert args["gateway"]["envoy"]["callers"] == ["10.40.0.0/16", "10.200.0.0/16", "10.201.0.0/16"]


def test_the_api_server_answers_who_is_named() -> None:
    clusters = load(ENVIRONMENTS, "dev").model_dump()["clusters"]
    clusters["main"] |= {"endpoint": {"kind": "public", "allowed": ("198.51.100.0/24",)}, "logs": {"retention_days": 30}}
    recorder = run(program(described("dev", clusters=clusters)), stack="dev")
    (cluster,) = [resource for resource in recorder.resources if resource.type == "aws:eks/cluster:Cluster"]
    assert (cluster.inputs["vpcConfig"]["endpointPublicAccess"], cluster.inputs["vpcConfig"]["publicAccessCidrs"]) == (
        True,
        ["198.51.100.0/24"],
    )
    (logs,) = [resource for resource in recorder.resources if resource.type == "aws:cloudwatch/logGroup:LogGroup"]
    assert logs.inputs["retentionInDays"] == 30


@pytest.mark.parametrize(("platform_name", "bucket", "expected"), [("acme", None, "acme-dev-models-222222222222"), ("acme", "own", "own")])
def test_the_bucket_has_the_name_that_is_said(platform_name: str, bucket: str | None, expected: str) -> None:
    registry = {"models": {"bucket": bucket}}
    recorder = run(program(described("dev", platform=platform_name, registry=registry)), stack="dev")
    (found,) = [resource for resource in recorder.resources if resource.type == "aws:s3/bucket:Bucket"]
    assert found.inputs["bucket"] == expected


@pytest.mark.parametrize("name", ["local", "dev", "prod"])
def test_the_estimate_is_what_is_made(name: str) -> None:
    environment = load(ENVIRONMENTS, name)
    platform = run(program(environment), stack=name)
    made: list[Any] = list(platform.resources)
    if environment.layout != "single":
        made = []
        for stack in stacks(environment)[1:]:
            made += run(program(environment), stack=stack, references={f"organization/modelway/{name}": platform.exports}).resources
    parts = ("KubernetesEndpoint", "EndpointMonitoring", "ModelIdentity")
    counted = [one for one in made if any(f"modelway:index:{part}" in one.urn for part in parts)]
    on_eks = isinstance(environment.clusters["main"], EksCluster)
    assert len(counted) == sum(endpoint_resources(model, on_eks=on_eks) for model in environment.models.values())


STORING = ("aws:s3/bucket:Bucket", "aws:ecr/repository:Repository", "aws:kms/key:Key", "aws:eks/cluster:Cluster")


@pytest.mark.parametrize(("tier", "protected"), [("development", False), ("staging", False), ("production", True)])
def test_what_stores_something_is_protected_by_the_tier(tier: str, protected: bool) -> None:
    alerts = {"severities": {"page": {"kind": "sns", "topic": "arn:aws:sns:eu-west-1:222222222222:pages"}}}
    clusters = load(ENVIRONMENTS, "dev").model_dump()["clusters"]
    clusters["main"]["gateway"]["tls"] = {"secret": "models-tls"}
    described_so = described("dev", tier=tier, monitoring={"alerts": alerts}, clusters=clusters, models={})
    found = [resource for resource in run(program(described_so), stack="dev").resources if resource.type in STORING]
    assert {resource.type for resource in found} >= set(STORING) - {"aws:ecr/repository:Repository"}
    assert {resource.protected for resource in found} == {protected}
    cluster = next(resource for resource in found if resource.type == "aws:eks/cluster:Cluster")
    assert cluster.inputs["deletionProtection"] is protected
    assert {resource.retained for resource in found if resource.type == "aws:s3/bucket:Bucket"} == {tier != "development"}


UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How the wire format writes a value that is not known yet."""


@pytest.mark.parametrize(
    ("new", "whose", "field"),
    [
        # One pool, add-on or entry more is no reason to show an update of every object in the cluster.
        ("aws:eks/nodeGroup:NodeGroup", "pulumi:providers:kubernetes", "kubeconfig"),
        ("aws:eks/addon:Addon", "pulumi:providers:kubernetes", "kubeconfig"),
        ("aws:eks/accessEntry:AccessEntry", "pulumi:providers:kubernetes", "kubeconfig"),
        # Nor is one endpoint or route more a reason to show that nodes are replaced.
        ("aws:ec2/vpcEndpoint:VpcEndpoint", "aws:eks/nodeGroup:NodeGroup", "subnetIds"),
        ("aws:ec2/route:Route", "aws:eks/nodeGroup:NodeGroup", "subnetIds"),
    ],
)
def test_what_is_new_beside_it_leaves_it_known_in_a_preview(new: str, whose: str, field: str) -> None:
    network = load(ENVIRONMENTS, "prod").network
    assert network is not None
    described_so = described("dev", network=network.model_dump() | {"reaches": ()})
    recorder = run(program(described_so), stack="dev", new=[new])
    assert [resource for resource in recorder.resources if resource.type == new]
    for resource in [resource for resource in recorder.resources if resource.type == whose]:
        assert UNKNOWN not in json.dumps(resource.raw[field]), resource.name
