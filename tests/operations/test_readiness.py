"""What an environment asks of its account, held against an account that is only a dictionary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from modelway.architecture import Environment, load
from modelway.operations._aws import AwsFailure
from modelway.operations._aws_account import Quota
from modelway.operations.bootstrap_documents import LINKED_TO
from modelway.operations.doctor import Part
from modelway.operations.readiness import look
from modelway.operations.readiness.capacity import family_of
from modelway.operations.readiness.roles import service_roles
from tests.support.environments import environment

ENVIRONMENTS = Path(__file__).resolve().parents[2] / "stacks" / "environments"
PROD = load(ENVIRONMENTS, "prod")
CPUS = {"m7i.large": 2, "m7i.xlarge": 4, "m7i.2xlarge": 8, "m7a.2xlarge": 8, "m6i.2xlarge": 8, "g6.xlarge": 4, "g6.2xlarge": 8}
ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c")


@dataclass
class Cloud:
    """An account that has everything, but what a test takes away."""

    account: str = PROD.aws.account
    quotas: dict[str, float] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    """Names of roles, keys, images and weights that are not there, and of types that are not sold."""
    zones: Sequence[str] = ZONES
    owner: str | None = "ours"
    endpoint: str | None = "https://api.example"
    silent: set[str] = field(default_factory=set)
    """Calls that AWS refuses."""
    asked: list[str] = field(default_factory=list)

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_") and name in object.__getattribute__(self, "silent"):
            raise AwsFailure(f"AWS refused {name}")
        return object.__getattribute__(self, name)

    def identity(self) -> tuple[str, str]:
        return self.account, f"arn:aws:sts::{self.account}:assumed-role/deployer/ci"

    def quota(self, service: str, code: str) -> Quota:
        self.asked.append(code)
        return Quota(f"{service} {code}", self.quotas.get(code, 1000))

    def quota_called(self, service: str, name: str) -> Quota | None:
        return Quota(name, self.quotas[name]) if name in self.quotas else None

    def virtual_cpus(self, instance_types: Sequence[str]) -> Mapping[str, int]:
        return {kind: CPUS[kind] for kind in instance_types if kind not in self.missing}

    def zones_with(self, instance_types: Sequence[str]) -> Mapping[str, set[str]]:
        return {zone: set(instance_types) - self.missing if zone in self.zones else set() for zone in ZONES}

    def networks_of_others(self, environment: str) -> int:
        return 1

    def addresses_of_others(self, environment: str) -> int:
        return 0

    def clusters(self) -> Sequence[str]:
        return ["prod-main", "other"]

    def cluster_endpoint(self, name: str) -> str | None:
        return self.endpoint

    def kubernetes_versions(self) -> Mapping[str, str]:
        return {version: "standard_support" for version in ("1.34", "1.35") if version not in self.missing}

    def has_role(self, name: str) -> bool:
        return name not in self.missing

    def key_state(self, arn: str) -> str | None:
        return None if arn in self.missing else "Enabled"

    def bucket_owner(self, name: str) -> str | None:
        return "others" if name in self.missing else self.owner

    def has_image(self, repository: str, digest: str, *, account: str = "", region: str = "") -> bool | None:
        return f"{account}{region and '/'}{region}{account and '/'}{repository}" not in self.missing

    def has_object(self, bucket: str, key: str, *, of_others: bool = False) -> bool:
        return (f"{bucket}/{key}" if of_others else key) not in self.missing


def lacking(parts: Sequence[Part]) -> dict[str, Part]:
    return {part.name: part for part in parts if part.lacking}


def seen(cloud: Cloud, environment: Environment = PROD, *, reachable: bool = True) -> list[Part]:
    return look(environment, cloud, lambda url: reachable)


def test_an_account_that_has_everything_lacks_nothing() -> None:
    parts = seen(Cloud())
    assert {part.state for part in parts} == {"ok"}
    names = {part.name for part in parts}
    assert {"credentials", "main: Kubernetes", "main: API server", "model store", "main: access of on-call", "main: zones of gpu"} <= names
    assert {f"image of tumor-screening {version}" for version in PROD.models["tumor-screening"].traffic.versions} <= names  # type: ignore[union-attr]


def test_of_another_account_nothing_more_is_asked() -> None:
    cloud = Cloud(account="999999999999")
    (part,) = seen(cloud)
    assert part.lacking
    assert "999999999999" in part.found
    assert cloud.asked == []


def test_limits_are_held_against_the_most_that_is_asked_for() -> None:
    cloud = Cloud(quotas={"L-DB2E81BA": 63, "L-34B43A08": 160, "L-F678F1CE": 1})
    found = lacking(seen(cloud))
    # Eight nodes with GPUs of up to eight virtual CPUs; of spot nodes the limit is just what is asked for; one VPC is another's.
    assert set(found) == {"quota: ec2 L-DB2E81BA", "quota: vpc L-F678F1CE"}
    assert found["quota: ec2 L-DB2E81BA"].found == "limit 63 vCPUs, the environment asks for up to 64"
    assert "and there are 1 of others" in found["quota: vpc L-F678F1CE"].found


@pytest.mark.parametrize(
    ("missing", "part", "said"),
    [
        ("break-glass", "main: access of break-glass", "there is no arn:aws:iam::444444444444:role/break-glass"),
        ("prod/tumor-screening", "image of tumor-screening 2026.11.0", "prod/tumor-screening has no sha256:"),
        ("g6.2xlarge", "main: zones of gpu", "eu-west-1 sells no g6.2xlarge in eu-west-1a, eu-west-1b, eu-west-1c"),
        ("1.35", "main: Kubernetes", "EKS makes no 1.35; it makes 1.34"),
    ],
)
def test_what_is_missing_is_named_with_a_way_out(missing: str, part: str, said: str) -> None:
    found = lacking(seen(Cloud(missing={missing})))
    assert part in found
    assert said in found[part].found
    assert found[part].way_out


def test_a_gpu_that_is_sold_in_no_zone_of_the_environment_is_told() -> None:
    assert "main: zones of gpu" in lacking(seen(Cloud(zones=())))
    parts = {part.name: part for part in seen(Cloud(zones=("eu-west-1b",)))}
    assert parts["main: zones of gpu"].state == "ok"
    assert parts["main: zones of gpu"].found.endswith("nothing of it in eu-west-1a, eu-west-1c")


def test_a_name_that_others_have_is_broken_and_one_that_is_free_is_not() -> None:
    assert lacking(seen(Cloud(owner="others")))["model store"].way_out == "set registry.models.bucket"
    parts = {part.name: part for part in seen(Cloud(owner=None))}
    assert parts["model store"].state == "ok"
    weights = [part for name, part in parts.items() if name.startswith("weights of")]
    assert weights
    assert {(part.state, part.lacking) for part in weights} == {("missing", False)}


def test_a_private_api_server_is_reached_from_within() -> None:
    found = lacking(seen(Cloud(), reachable=False))["main: API server"]
    assert "from within" in found.way_out
    parts = {part.name: part for part in seen(Cloud(endpoint=None), reachable=False)}
    assert (parts["main: API server"].state, parts["main: API server"].lacking) == ("missing", False)


def test_what_aws_does_not_say_is_unknown_and_never_there() -> None:
    calls = {"quota", "virtual_cpus", "zones_with", "kubernetes_versions", "has_role", "bucket_owner", "has_image", "has_object"}
    for call in calls:
        unknown = [part for part in seen(Cloud(silent={call})) if part.state == "unknown"]
        assert unknown, call
        assert all(f"AWS refused {call}" in part.found for part in unknown)


HOSTED = {"runtime": {"kind": "sagemaker", "instance_type": "ml.m7i.large"}, "resources": None}


def hosted(**models: Mapping[str, object]) -> Environment:
    """Development, with these models on SageMaker."""
    whole = load(ENVIRONMENTS, "dev").model_dump()
    for name, endpoint in models.items():
        whole["models"][name.replace("_", "-")]["endpoint"] |= {**HOSTED, **endpoint}
    return Environment.model_validate(whole)


def test_instances_that_host_endpoints_have_limits_of_their_own() -> None:
    shadowed = {"live": "2026.10.0", "shadow": {"version": "2026.11.0", "percent": 50}}
    environment = hosted(
        co2_forecast={"scaling": {"min": 1, "max": 6, "target": {"requests_per_second": 10}}},
        tumor_screening={"scaling": {"min": 2, "max": 4, "target": {"requests_per_second": 10}}, "traffic": shadowed},
    )
    name = "ml.m7i.large for endpoint usage"
    # Six and four that follow requests, two of the shadow; an update begins with one, and with two of each version.
    own = environment.aws.account
    limit = lacking(seen(Cloud(own, quotas={name: 16}), environment))[f"quota: {name}"]
    assert limit.found == "limit 16, the environment asks for up to 12, and 5 more while its endpoints are updated"
    assert f"quota: {name}" not in lacking(seen(Cloud(own, quotas={name: 17}), environment))
    assert "quota of ml.m7i.large" in {part.name for part in seen(Cloud(own), environment) if part.state == "unknown"}
    assert "quota: sagemaker L-7A3DF611" in lacking(seen(Cloud(own, quotas={"L-7A3DF611": 16}), environment))
    assert "quota: sagemaker L-7A3DF611" not in {part.name for part in seen(Cloud())}


def test_a_pool_of_one_type_has_the_limit_of_its_family() -> None:
    for kind, spot, code in (
        ("m7i.large", False, "L-1216C47A"),
        ("g6.xlarge", True, "L-3819A6DF"),
        ("p4d.24xlarge", True, "L-7212CCBC"),
        ("p5.48xlarge", True, "L-C4BD4855"),
        ("p5.48xlarge", False, "L-417A185B"),
        ("inf2.xlarge", False, "L-1945791B"),
        ("trn2.48xlarge", True, "L-6B0D517C"),
        ("x2idn.16xlarge", False, "L-7295265B"),
        ("mac2.metal", False, None),
    ):
        assert family_of(kind, spot=spot) == code, kind


def test_roles_of_services_are_told_and_are_made_by_them() -> None:
    roles = dict(service_roles(PROD))
    assert {"AWSServiceRoleForAmazonEKS", "AWSServiceRoleForAmazonEKSNodegroup", "AWSServiceRoleForEC2Spot"} <= set(roles)
    assert "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint" not in roles
    assert "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint" in dict(service_roles(hosted(co2_forecast={})))
    assert not service_roles(load(ENVIRONMENTS, "local"))
    (part,) = [one for one in seen(Cloud(missing={"AWSServiceRoleForEC2Spot"})) if one.name == "role of spot.amazonaws.com"]
    assert (part.state, part.lacking) == ("missing", False)
    assert "iam:CreateServiceLinkedRole" in part.found
    assert "--aws-service-name spot.amazonaws.com" in part.way_out


def registering(part: str = "models", **registry: object) -> Environment:
    whole = load(ENVIRONMENTS, "dev").model_dump()
    whole["registry"][part] |= registry
    return Environment.model_validate(whole)


def test_roles_of_what_registries_do_are_told_and_ci_may_make_them_all() -> None:
    asked = registering(
        "images", owns_account_settings=True, replicate_to=("eu-central-1",), pull_through={"quay": "quay.io"}, scan="enhanced"
    )
    wanted = dict(service_roles(asked))
    assert {"replication.ecr.amazonaws.com", "pullthroughcache.ecr.amazonaws.com", "inspector2.amazonaws.com"} <= set(wanted.values())
    assert set(wanted.values()) | set(dict(service_roles(PROD)).values()) <= set(LINKED_TO)


def test_names_of_buckets_beside_the_store_may_be_taken_too() -> None:
    environment = registering(bucket="acme-dev", access_logs_days=30, replicate_to=("eu-central-1",))
    found = lacking(seen(Cloud(account=environment.aws.account, missing={"acme-dev-logs", "acme-dev-eu-central-1"}), environment))
    assert {"model store: access logs", "model store: copies in eu-central-1"} <= set(found)
    assert "acme-dev-logs is taken by another account" in found["model store: access logs"].found


def pinned(image: str, weights: str) -> Environment:
    whole = load(ENVIRONMENTS, "dev").model_dump()
    whole["models"]["co2-forecast"]["versions"]["2026.11.0"] |= {"image": image, "weights": weights}
    return Environment.model_validate(whole)


def test_images_and_weights_elsewhere_are_looked_up_where_they_are() -> None:
    digest, host = f"sha256:{'a' * 64}", "999999999999.dkr.ecr.eu-central-1.amazonaws.com"
    environment = pinned(f"{host}/serving/co2@{digest}", f"s3://others/co2.json@{digest}")
    account = environment.aws.account
    assert not {name for name in lacking(seen(Cloud(account=account), environment)) if "co2-forecast" in name}
    found = lacking(seen(Cloud(account=account, missing={"999999999999/eu-central-1/serving/co2", "others/co2.json"}), environment))
    assert found["image of co2-forecast 2026.11.0"].found == f"{host} has no serving/co2@{digest}"
    assert found["weights of co2-forecast 2026.11.0"].found == "others has no co2.json"
    unknown = seen(Cloud(account=account), pinned(f"ghcr.io/acme/co2@{digest}", f"co2-forecast/x.json@{digest}"))
    assert "image of co2-forecast 2026.11.0" in {part.name for part in unknown if part.state == "unknown"}


def test_what_looks_for_drift_and_what_it_is_measured_from_has_to_be_there() -> None:
    described = environment("managed")
    image = described.monitoring.drift.image
    assert image is not None
    own = Cloud(account=described.aws.account, missing={"pricing/1/baseline.json", f"999999999999/eu-west-1/{image.name}"})
    found = {part.name: part for part in seen(own, described)}
    assert found["baseline of ranking 1"].state == "ok"
    assert found["baseline of pricing 1"].state == "missing"
    assert "modelway publish" in str(found["baseline of pricing 1"].way_out)
    assert found["image of the job that looks for drift"].state == "missing"
    assert found["model store: results of drift"].state == "ok"
    assert not [name for name in (part.name for part in seen(Cloud())) if "drift" in name or "baseline" in name]
