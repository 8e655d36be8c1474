"""The life of a whole environment on the real engine: up, an empty second preview, an empty refresh, a change, destroy, nothing left.

A file for each environment makes a class of it. The tests build on one another and run in the order in which they stand here.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import boto3
import pytest

from modelway.architecture import Environment, load
from tests.localcloud.conftest import Cloud

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "stacks" / "environments"
MODELWAY = str(Path(sys.prefix) / "bin" / "modelway")


@dataclass(frozen=True)
class Site:
    """One environment on the local cloud of the test session."""

    environment: Environment
    variables: dict[str, str]
    environments: Path

    @property
    def stacks(self) -> list[str]:
        name = self.environment.environment
        return [name] if self.environment.layout == "single" else [name, f"{name}-models"]

    def run(self, *command: str, code: int = 0) -> str:
        result = subprocess.run(
            command, cwd=ROOT, env=self.variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert result.returncode == code, f"{' '.join(command)} ended with {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result.stdout

    def modelway(self, *arguments: str, code: int = 0) -> str:
        return self.run(MODELWAY, *arguments, code=code)

    def up(self, environments: Path | None = None) -> None:
        self.modelway("up", self.environment.environment, "--yes", "--environments", str(environments or self.environments))

    def resources(self) -> list[dict[str, Any]]:
        exported = [json.loads(self.run("pulumi", "stack", "export", "--stack", stack)) for stack in self.stacks]
        return [resource for stack in exported for resource in stack["deployment"].get("resources", [])]

    def outputs(self) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        for stack in self.stacks:
            merged |= json.loads(self.run("pulumi", "stack", "output", "--json", "--stack", stack))
        return merged

    def kubectl(self, *arguments: str) -> Any:
        """The answer of kubectl in the environment's cluster; for the local one the variables lead there."""
        way: list[str] = []
        if any(cluster.kind == "eks" for cluster in self.environment.clusters.values()):
            kubeconfig = self.environments.parent / f"{self.environment.environment}.kubeconfig"
            if not kubeconfig.exists():
                kubeconfig.write_text(self.modelway("kubeconfig", self.environment.environment), "utf-8")
            way = ["--kubeconfig", str(kubeconfig)]
        return json.loads(self.run("kubectl", *way, *arguments, "-o", "json"))

    def aws(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.variables["AWS_ENDPOINT_URL"],
            region_name=self.variables["AWS_REGION"],
            aws_access_key_id=self.variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.variables["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=self.variables["AWS_SESSION_TOKEN"],
        )


def custom(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [resource for resource in resources if resource.get("custom") and not resource["type"].startswith("pulumi:")]


class EnvironmentLife:
    """Tests for the environment called `name`."""

    name: ClassVar[str]

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls, cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
        folder = tmp_path_factory.mktemp("environments") / "environments"
        shutil.copytree(COMMITTED, folder)
        environment = load(folder, cls.name, ROOT)
        cleared = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PULUMI_"))}
        site = Site(environment, cleared | cloud.environment(environment.aws.account, environment.aws.region), folder)
        yield site
        subprocess.run(
            [MODELWAY, "destroy", environment.environment, "--yes"], cwd=ROOT, env=site.variables, capture_output=True, check=False
        )

    def test_up_brings_every_part(self, site: Site) -> None:
        site.up()
        types = {resource["type"] for resource in site.resources()}
        expected = {"ArtifactRegistry", "KubernetesEndpoint", "EndpointMonitoring", "MonitoringStack"}
        expected |= {"ExistingCluster"} if site.environment.environment == "local" else {"EksCluster", "Network", "ModelIdentity"}
        assert {f"modelway:index:{name}" for name in expected} <= types

    def test_the_api_shows_what_the_outputs_say(self, site: Site) -> None:
        outputs = site.outputs()
        assert set(outputs["endpoints"]) == set(site.environment.models)
        for model, endpoint in outputs["endpoints"].items():
            traffic = site.environment.models[model].endpoint.traffic  # type: ignore[union-attr]
            route = site.kubectl("get", "httproute", endpoint["route"], "-n", endpoint["namespace"])
            assert [backend["weight"] for backend in route["spec"]["rules"][0]["backendRefs"]] == [
                100 - (traffic.canary.percent if traffic.canary else 0)
            ]
            deployments = site.kubectl("get", "deployments", "-n", endpoint["namespace"], "-l", f"modelway.dev/model={model}")["items"]
            assert len(deployments) == len(endpoint["versions"])
            for deployment in deployments:
                assert deployment["status"]["readyReplicas"] >= 1
        repositories = {repository["repositoryUri"] for repository in site.aws("ecr").describe_repositories()["repositories"]}
        assert set(outputs["registry"]["repositories"].values()) == repositories
        assert outputs["registry"]["bucket"] in {bucket["Name"] for bucket in site.aws("s3").list_buckets()["Buckets"]}

    def test_a_second_up_changes_nothing(self, site: Site) -> None:
        for stack in site.stacks:
            site.run("pulumi", "preview", "--expect-no-changes", "--diff", "--stack", stack)

    def test_a_refresh_finds_no_change(self, site: Site) -> None:
        for stack in site.stacks:
            site.run("pulumi", "refresh", "--yes", "--skip-preview", "--expect-no-changes", "--diff", "--stack", stack)

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
        plan = json.loads(site.run("pulumi", "preview", "--json", "--stack", site.stacks[-1]))
        # Reading what the platform's stack exports is a step too, and changes nothing.
        steps = {
            step["urn"]: step["op"]
            for step in plan["steps"]
            if step["op"] not in ("same", "read") and "modelway:index:" not in step["urn"].split("::")[-2].split("$")[-1]
        }
        assert steps
        assert all("tumor-screening" in urn for urn in steps)
        assert set(steps.values()) <= {"create", "update"}
        assert [op for urn, op in steps.items() if ":HTTPRoute::" in urn] == ["update"]
        site.up()
        endpoint = site.outputs()["endpoints"]["tumor-screening"]
        route = site.kubectl("get", "httproute", endpoint["route"], "-n", endpoint["namespace"])
        assert [backend["weight"] for backend in route["spec"]["rules"][0]["backendRefs"]] == [90, 10]
        assert before < {resource["urn"] for resource in custom(site.resources())}

    def test_destroy_leaves_nothing(self, site: Site) -> None:
        objects = [resource for resource in custom(site.resources()) if resource["type"].startswith("kubernetes:")]
        keys = [resource["id"] for resource in site.resources() if resource["type"] == "aws:kms/key:Key"]
        said = site.modelway("destroy", site.environment.environment, "--yes")
        assert not custom(site.resources())
        for key in keys:
            assert key in said, "what AWS keeps is listed"
            assert site.aws("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
        assert not site.aws("ecr").describe_repositories()["repositories"]
        assert not site.aws("s3").list_buckets()["Buckets"]
        assert not [vpc for vpc in site.aws("ec2").describe_vpcs()["Vpcs"] if not vpc["IsDefault"]]
        assert not site.aws("ec2").describe_nat_gateways(Filter=[{"Name": "state", "Values": ["available", "pending"]}])["NatGateways"]
        assert not site.aws("eks").list_clusters()["clusters"]
        assert not [
            role
            for role in site.aws("iam").list_roles()["Roles"]
            if role["RoleName"] != "deployer" and "/aws-service-role/" not in role["Path"]
        ]
        assert objects, "there was something to leave behind"
        if site.environment.environment == "local":
            kinds = (
                *("namespaces", "configmaps", "serviceaccounts", "deployments", "services", "hpa", "pdb", "networkpolicies"),
                *("gateways", "httproutes", "servicemonitors", "prometheusrules"),
            )
            left = json.loads(site.run("kubectl", "get", ",".join(kinds), "-A", "-l", "app.kubernetes.io/managed-by=pulumi", "-o", "json"))[
                "items"
            ]
            assert not [item["metadata"]["name"] for item in left]

    def test_the_working_tree_is_clean(self, site: Site) -> None:
        changed = subprocess.run(
            ["git", "status", "--porcelain", "stacks", "Pulumi.yaml"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        committed = subprocess.run(
            ["git", "diff", "--stat", "HEAD", "--", "stacks", "Pulumi.yaml"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        assert "Pulumi." not in changed
        assert "Pulumi." not in committed
