"""The life of a whole environment on the real engine: up, an empty second preview, an empty refresh, changes, destroy, nothing left.

A file for each environment makes a class of it, out of the parts of a life below. The tests build on one another and run in the order in
which they stand there: those of the last base class first.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import boto3
import pytest

from modelway.architecture import Environment, layout, load
from modelway.operations.environments import merged
from stacks import arguments
from stacks.arguments.placing import serving
from stacks.bounds import boundary
from tests.localcloud.conftest import Cloud
from tests.support.environments import COMMITTED, FOLDERS, ROOT

__all__ = ["COMMITTED", "MODELWAY", "ROOT", "EnvironmentLife", "Site", "custom"]

DEPLOYER = "deployer"
"""The role that the local cloud gives credentials of, in every account."""

MODELWAY = str(Path(sys.prefix) / "bin" / "modelway")


@dataclass(frozen=True)
class Site:
    """One environment on the local cloud of the test session."""

    environment: Environment
    variables: dict[str, str]
    environments: Path
    given_up: set[str] = field(default_factory=set)
    """Ids of what its tier retained when a change gave it up: no stack knows of it any more."""

    @property
    def stacks(self) -> list[str]:
        return list(layout.stacks(self.environment))

    def run(self, *command: str, code: int = 0) -> str:
        return self.ended(*command, code=code).stdout

    def ended(self, *command: str, code: int) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            command, cwd=ROOT, env=self.variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert result.returncode == code, f"{' '.join(command)} ended with {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result

    def modelway(self, *arguments: str, code: int = 0) -> str:
        return self.run(MODELWAY, *arguments, code=code)

    def prepare(self) -> None:
        """What an environment counts on is there: secrets, the roles that its clusters let in, the boundary of its roles."""
        self.give_secrets()
        iam, environment = self.aws("iam"), self.environment
        for role in sorted(self.let_in - {DEPLOYER}):
            iam.create_role(
                RoleName=role, AssumeRolePolicyDocument=policy(Action="sts:AssumeRole", Principal={"AWS": self.environment.aws.account})
            )
        if environment.aws.bounded_roles:
            within = boundary(environment)
            name = within["permissions_boundary"].rpartition("/")[2]
            iam.create_policy(PolicyName=name, Path=within["path"], PolicyDocument=policy(Action="*", Resource="*"))

    @property
    def let_in(self) -> set[str]:
        """Names of the roles that clusters let in; they are there before."""
        clusters = [cluster for cluster in self.environment.clusters.values() if cluster.kind == "eks"]
        return {granted.principal.rpartition("/")[2] for cluster in clusters for granted in cluster.access.values()}

    def refused(self, *arguments: str) -> str:
        """Why `modelway` does not do it: exit code 4."""
        return self.ended(MODELWAY, *arguments, code=4).stderr

    def give_secrets(self) -> None:
        """The platform's stack, which is new, has a value for every secret that the environment refers to."""
        references = [*arguments.receiver_secrets(self.environment).values(), *arguments.drift_secrets(self.environment).values()]
        if keys := sorted({reference.key for reference in references if reference.key is not None}):
            self.run("pulumi", "stack", "init", self.stacks[0], "--no-select")
            for key in keys:
                self.run("pulumi", "config", "set", "--secret", key, f"https://alerts.example.com/{key}", "--stack", self.stacks[0])

    def up(self, environments: Path | None = None) -> None:
        self.modelway("up", self.environment.environment, "--yes", "--environments", str(environments or self.environments))

    def resources(self) -> list[dict[str, Any]]:
        exported = [json.loads(self.run("pulumi", "stack", "export", "--stack", stack)) for stack in self.stacks]
        return [resource for stack in exported for resource in stack["deployment"].get("resources", [])]

    def outputs(self) -> dict[str, Any]:
        return merged(json.loads(self.run("pulumi", "stack", "output", "--json", "--stack", stack)) for stack in self.stacks)

    def preview(self, stack: str) -> dict[str, str]:
        """What an update of the stack would do, by URN: create, update, replace, delete. Components only group, and are left out."""
        steps = json.loads(self.run("pulumi", "preview", "--json", "--stack", stack))["steps"]
        # Reading what the platform's stack exports is a step too, and changes nothing.
        done = {step["urn"]: step["op"] for step in steps if step["op"] not in ("same", "read") and ":" in kind_of(step["urn"])}
        return {urn: "replace" if "replace" in op else op for urn, op in done.items()}

    def is_settled(self) -> None:
        """Asserts that nothing is to be done."""
        for stack in self.stacks:
            self.run("pulumi", "preview", "--expect-no-changes", "--diff", "--stack", stack)

    def kubectl(self, *arguments: str, cluster: str | None = None) -> Any:
        """The answer of kubectl in a cluster of the environment, the first one unless said; for the local one the variables lead there."""
        way: list[str] = []
        key = cluster or next(iter(self.environment.clusters))
        if self.environment.clusters[key].kind == "eks":
            kubeconfig = self.environments.parent / f"{self.environment.environment}.kubeconfig"
            if not kubeconfig.exists():
                kubeconfig.write_text(self.modelway("kubeconfig", self.environment.environment), "utf-8")
            way = ["--kubeconfig", str(kubeconfig), "--context", f"{self.environment.environment}/{key}"]
        return json.loads(self.run("kubectl", *way, *arguments, "-o", "json"))

    def aws(self, service: str, region: str | None = None) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.variables["AWS_ENDPOINT_URL"],
            region_name=region or self.variables["AWS_REGION"],
            aws_access_key_id=self.variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.variables["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=self.variables["AWS_SESSION_TOKEN"],
        )


def custom(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [resource for resource in resources if resource.get("custom") and not resource["type"].startswith("pulumi:")]


def policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def kind_of(urn: str) -> str:
    """The type of a resource, such as kubernetes:apps/v1:Deployment; empty for components and the engine's own."""
    found = urn.split("::")[2].rpartition("$")[2]
    return "" if found.startswith(("modelway:", "pulumi:")) else found


class Alive:
    """The environment called `name` comes up whole, and there is nothing more to do."""

    name: ClassVar[str]

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls, cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
        folder = tmp_path_factory.mktemp("environments") / "environments"
        shutil.copytree(FOLDERS[cls.name], folder)
        environment = load(folder, cls.name, ROOT)
        cleared = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PULUMI_"))}
        site = Site(environment, cleared | cloud.environment(environment.aws.account, environment.aws.region), folder)
        site.prepare()
        yield site
        subprocess.run(
            [MODELWAY, "destroy", environment.environment, "--yes"], cwd=ROOT, env=site.variables, capture_output=True, check=False
        )

    def test_up_brings_every_part(self, site: Site) -> None:
        site.up()
        types = {resource["type"] for resource in site.resources()}
        expected = {"ArtifactRegistry", "KubernetesEndpoint", "EndpointMonitoring", "MonitoringStack"}
        made = {cluster.kind for cluster in site.environment.clusters.values()}
        expected |= {"ExistingCluster"} if "existing" in made else set()
        expected |= {"EksCluster", "Network", "ModelIdentity"} if "eks" in made else set()
        expected |= {"SageMakerEndpoint"} if arguments.on_sagemaker(site.environment) else set()
        assert {f"modelway:index:{name}" for name in expected} <= types

    def test_the_api_shows_what_the_outputs_say(self, site: Site) -> None:
        outputs = site.outputs()
        assert set(outputs["endpoints"]) == set(arguments.served(site.environment))
        for model, endpoint in outputs["endpoints"].items():
            _, described, traffic = serving(site.environment, model)
            if endpoint["runtime"] == "sagemaker":
                there = site.aws("sagemaker").describe_endpoint(EndpointName=endpoint["endpoint"])
                assert there["EndpointStatus"] == "InService"
                continue
            cluster = endpoint["cluster"]
            route = site.kubectl("get", "httproute", endpoint["route"], "-n", endpoint["namespace"], cluster=cluster)
            (by_percent,) = [rule for rule in route["spec"]["rules"] if not any(match.get("headers") for match in rule["matches"])]
            shares = [share for share in traffic.shares.values() if share]
            assert sorted(backend["weight"] for backend in by_percent["backendRefs"]) == sorted(shares)
            labelled = ("-n", endpoint["namespace"], "-l", f"modelway.dev/model={model}")
            deployments = site.kubectl("get", "deployments", *labelled, cluster=cluster)["items"]
            assert len(deployments) == len(traffic.versions)
            for deployment in deployments:
                assert deployment["status"].get("readyReplicas", 0) >= min(described.scaling.min, 1)
        repositories = {repository["repositoryUri"] for repository in site.aws("ecr").describe_repositories()["repositories"]}
        assert set(outputs["registry"]["repositories"].values()) == repositories
        assert outputs["registry"]["bucket"] in {bucket["Name"] for bucket in site.aws("s3").list_buckets()["Buckets"]}

    def test_a_second_up_changes_nothing(self, site: Site) -> None:
        site.is_settled()

    def test_a_refresh_finds_no_change(self, site: Site) -> None:
        for stack in site.stacks:
            site.run("pulumi", "refresh", "--yes", "--skip-preview", "--expect-no-changes", "--diff", "--stack", stack)


class Asked:
    """One of its models answers, and another version of it is tried."""

    def test_the_sample_of_a_contract_is_answered_by_the_image(self, site: Site, tmp_path: Path) -> None:
        name = site.environment.environment
        said = site.modelway("ask", f"{name}/tumor-screening", "--environments", str(site.environments), code=1)
        assert not said, "what is not published cannot answer"
        site.run(sys.executable, str(ROOT / "examples" / "build.py"), "--out", str(tmp_path))
        site.modelway("publish", name, "--all", str(tmp_path))
        answer = json.loads(site.modelway("ask", f"{name}/tumor-screening", "--json", "--environments", str(site.environments)))
        assert (answer["status"], answer["simulated"]) == (200, True)
        assert answer["version"] == site.environment.models["tumor-screening"].traffic.live  # type: ignore[union-attr]
        assert answer["answer"]["outputs"]

    def test_a_canary_touches_its_model_alone(self, site: Site) -> None:
        before = {resource["urn"] for resource in custom(site.resources())}
        override = site.environments / site.environment.environment / "models" / "tumor-screening.yaml"
        override.parent.mkdir(exist_ok=True)
        override.write_text('endpoint:\n  traffic:\n    canary: {version: "2026.11.0", percent: 10}\n', "utf-8")
        steps = site.preview(site.stacks[-1])
        assert steps
        assert all("tumor-screening" in urn for urn in steps)
        assert set(steps.values()) <= {"create", "update"}
        assert [op for urn, op in steps.items() if ":HTTPRoute::" in urn] == ["update"]
        site.up()
        endpoint = site.outputs()["endpoints"]["tumor-screening"]
        route = site.kubectl("get", "httproute", endpoint["route"], "-n", endpoint["namespace"])
        assert [backend["weight"] for backend in route["spec"]["rules"][0]["backendRefs"]] == [90, 10]
        assert before < {resource["urn"] for resource in custom(site.resources())}


class Guarded:
    """Destruction is refused, and what is guarded is named; a lowered tier lifts that."""

    def test_its_destruction_is_refused_by_name_and_nothing_is_changed(self, site: Site) -> None:
        before = {resource["urn"]: resource.get("protect", False) for resource in site.resources()}
        said = site.refused("destroy", site.environment.environment, "--yes")
        guarded = [urn for urn, protected in before.items() if protected]
        assert {"registry-models", "registry-key", "main-cluster"} <= {urn.rpartition("::")[2] for urn in guarded}
        assert all(f"  {urn}\n" in said for urn in guarded)
        assert {resource["urn"]: resource.get("protect", False) for resource in site.resources()} == before

    def test_a_lowered_tier_guards_nothing(self, site: Site) -> None:
        file = site.environments / site.environment.environment / "environment.yaml"
        file.write_text(file.read_text("utf-8").replace("tier: production", "tier: staging"), "utf-8")
        assert "still protect" in site.refused("destroy", site.environment.environment, "--yes")
        site.up()
        assert not [resource["urn"] for resource in site.resources() if resource.get("protect")]


class Gone:
    """It is destroyed. Nothing is left but what its tier retains and keys that AWS deletes later, and both are listed."""

    def test_destroy_leaves_nothing_that_it_does_not_list(self, site: Site) -> None:
        before = custom(site.resources())
        kept = retained(before)
        assert bool(kept) == (load(site.environments, site.environment.environment, ROOT).tier != "development")
        said = site.modelway("destroy", site.environment.environment, "--yes")
        assert not custom(site.resources())
        assert not [name for name in kept if name not in said], "what the tier retains is listed"
        for key in (resource for resource in before if resource["type"] == "aws:kms/key:Key"):
            assert key["id"] in said, "what AWS keeps is listed"
            state = site.aws("kms", key["outputs"]["arn"].split(":")[3]).describe_key(KeyId=key["id"])["KeyMetadata"]["KeyState"]
            assert state == ("Enabled" if key["id"] in kept else "PendingDeletion")
        assert set(remains(site)) <= kept | site.given_up
        assert [resource for resource in before if resource["type"].startswith("kubernetes:")], "there was something to leave behind"
        for name, cluster in site.environment.clusters.items():
            if cluster.kind == "existing":
                assert not left_in_cluster(site, name)

    def test_the_working_tree_is_clean(self, site: Site) -> None:
        changed = subprocess.run(
            ["git", "status", "--porcelain", "stacks", "Pulumi.yaml"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        committed = subprocess.run(
            ["git", "diff", "--stat", "HEAD", "--", "stacks", "Pulumi.yaml"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        assert "Pulumi." not in changed
        assert "Pulumi." not in committed
        assert site.stacks


def remains(site: Site) -> list[str]:
    """What is in the account, besides keys and what every account has, by name or id."""
    ec2, sagemaker = site.aws("ec2"), site.aws("sagemaker")
    gateways = ec2.describe_nat_gateways(Filter=[{"Name": "state", "Values": ["available", "pending"]}])["NatGateways"]
    roles, there = site.aws("iam").list_roles()["Roles"], {DEPLOYER, *site.let_in}
    return [
        *(one["repositoryName"] for one in site.aws("ecr").describe_repositories()["repositories"]),
        *(one["Name"] for one in site.aws("s3").list_buckets()["Buckets"]),
        *(one["VpcId"] for one in ec2.describe_vpcs()["Vpcs"] if not one["IsDefault"]),
        *(one["NatGatewayId"] for one in gateways),
        *(one["LaunchTemplateName"] for one in ec2.describe_launch_templates()["LaunchTemplates"]),
        *(one["VpcEndpointId"] for one in ec2.describe_vpc_endpoints()["VpcEndpoints"] if one["State"] != "deleted"),
        *(one["FlowLogId"] for one in ec2.describe_flow_logs()["FlowLogs"]),
        *(one["AllocationId"] for one in ec2.describe_addresses()["Addresses"]),
        *site.aws("eks").list_clusters()["clusters"],
        *(one["RoleName"] for one in roles if one["RoleName"] not in there and "/aws-service-role/" not in one["Path"]),
        *(one["logGroupName"] for one in site.aws("logs").describe_log_groups()["logGroups"]),
        *(one["TopicArn"] for one in site.aws("sns").list_topics()["Topics"]),
        *(one["Name"] for one in site.aws("scheduler").list_schedules()["Schedules"]),
        *(one["AlarmName"] for one in site.aws("cloudwatch").describe_alarms()["MetricAlarms"]),
        *(one["EndpointName"] for one in sagemaker.list_endpoints()["Endpoints"]),
        *(one["EndpointConfigName"] for one in sagemaker.list_endpoint_configs()["EndpointConfigs"]),
        *(one["ModelName"] for one in sagemaker.list_models()["Models"]),
    ]


def retained(resources: list[dict[str, Any]]) -> set[str]:
    """Ids of what stays when its stack gives it up."""
    return {resource["id"] for resource in resources if resource.get("retainOnDelete")}


def left_in_cluster(site: Site, key: str) -> list[str]:
    """What is left of the environment in a cluster that was there before, and that other tests use as well."""
    kinds = (
        *("configmaps", "serviceaccounts", "deployments", "services", "hpa", "pdb", "networkpolicies", "cronjobs"),
        *("gateways", "httproutes", "servicemonitors", "prometheusrules"),
    )
    cluster = site.environment.clusters[key]
    own = {*arguments.teams(site.environment, key), site.environment.monitoring.namespace}
    own |= {"gateway-system"} if cluster.gateway.kind == "managed" else set()
    label = ("-l", "app.kubernetes.io/managed-by=pulumi")
    namespaces = site.kubectl("get", "namespaces", *label, cluster=key)["items"]
    objects = site.kubectl("get", ",".join(kinds), "-A", *label, cluster=key)["items"]
    left = [one for one in namespaces if one["metadata"]["name"] in own]
    left += [one for one in objects if one["metadata"]["namespace"] in own]
    return [f"{one['kind']} {one['metadata']['name']}" for one in left]


class EnvironmentLife(Gone, Asked, Alive):
    """The whole life of an environment with the project's two examples."""
