"""A network and a cluster with all that can be asked of them, on the real engine: up, nothing more to do, changed in place, gone."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelway.architecture import load
from tests.localcloud.conftest import Cloud
from tests.localcloud.environments import COMMITTED, ROOT, Site, custom

pytestmark = pytest.mark.localcloud

ACCOUNT = "777777777777"
ENVIRONMENT = """
environment: whole
tier: development
layout: single
owner: ml-platform@example.com
aws: {{account: "777777777777", region: eu-west-1}}
network:
  kind: vpc
  cidr: 10.77.0.0/16
  zones: 2
  nat: one
  private_endpoints: [s3, ecr.api, ecr.dkr, sts, ec2, logs, sagemaker.runtime, eks-auth]
  flow_logs: {{retention_days: {days}}}
clusters:
  main:
    kind: eks
    version: "{version}"
    service_cidr: 10.100.0.0/16
    secrets_key: {key}
    auto_mode: {{}}
    node_pools:
      general: {{instance_types: [m7i.large, m7a.large], min: 2, max: {most}, disk: 100Gi, labels: {{example.com/purpose: {purpose}}}}}
      batch: {{instance_types: [m7i.large], min: 0, max: 2, capacity: spot, taints: [{{key: example.com/batch, effect: no_schedule}}]}}
      gpu: {{instance_types: [g6.xlarge], min: 0, max: 1, gpu: true}}
    logs: {{types: {logs}, retention_days: 30}}
    access:
      deployer: {{principal: "arn:aws:iam::777777777777:role/deployer", policy: cluster-admin}}
    gateway: {{kind: managed, class: our-envoy, controller: envoy, tls: {{secret: models-tls, hostname: models.example.com}}}}
    quotas:
      climate: {{cpu: "64", memory: 256Gi, gpu: 0, pods: {pods}}}
monitoring: {{namespace: monitoring}}
"""
BEFORE = {"days": 30, "version": "1.34", "most": 4, "purpose": "models", "logs": "[audit, authenticator]", "pods": 100}
AFTER = {"days": 90, "version": "1.35", "most": 6, "purpose": "serving", "logs": "[api, audit, authenticator]", "pods": 200}


class TestWhole:
    @pytest.fixture(scope="class")
    @classmethod
    def site(cls, cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
        folder = tmp_path_factory.mktemp("whole") / "environments"
        for name in ("base", "whole/models"):
            (folder / name).mkdir(parents=True)
        model = (COMMITTED / "base" / "models" / "co2-forecast.yaml").read_text("utf-8")
        (folder / "whole" / "models" / "co2-forecast.yaml").write_text(model, "utf-8")
        cleared = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PULUMI_"))}
        key = cloud.client("kms", ACCOUNT).create_key()["KeyMetadata"]["Arn"]
        write(folder, key, BEFORE)
        site = Site(load(folder, "whole", ROOT), cleared | cloud.environment(ACCOUNT, "eu-west-1") | {"KEY_OF_TESTS": key}, folder)
        yield site
        site.modelway("destroy", "whole", "--yes")

    def test_it_comes_up_and_is_what_was_asked_for(self, site: Site) -> None:
        site.up()
        eks = site.aws("eks")
        cluster = eks.describe_cluster(name="whole-main")["cluster"]
        assert cluster["kubernetesNetworkConfig"]["serviceIpv4Cidr"] == "10.100.0.0/16"
        assert cluster["encryptionConfig"][0]["provider"]["keyArn"] == site.variables["KEY_OF_TESTS"]
        assert cluster["computeConfig"]["nodePools"] == ["general-purpose", "system"]
        assert site.kubectl("get", "service", "kubernetes")["spec"]["clusterIP"] == "10.100.0.1"
        groups = {name: eks.describe_nodegroup(clusterName="whole-main", nodegroupName=name)["nodegroup"] for name in nodegroups(site)}
        assert {group["capacityType"] for name, group in groups.items() if "batch" in name} == {"SPOT"}
        (general,) = [group for name, group in groups.items() if "general" in name]
        template = site.aws("ec2").describe_launch_template_versions(
            LaunchTemplateId=general["launchTemplate"]["id"], Versions=[general["launchTemplate"]["version"]]
        )["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        assert template["BlockDeviceMappings"][0]["Ebs"] == template["BlockDeviceMappings"][0]["Ebs"] | {
            "Encrypted": True,
            "VolumeSize": 100,
        }
        assert template["MetadataOptions"]["HttpPutResponseHopLimit"] == 1
        endpoints = site.aws("ec2").describe_vpc_endpoints()["VpcEndpoints"]
        assert len(endpoints) == 8
        quota = site.kubectl("get", "resourcequota", "team", "-n", "climate")
        assert quota["spec"]["hard"]["pods"] == "100"
        gateway = site.kubectl("get", "gateway", "models", "-n", "gateway-system")
        assert [listener["protocol"] for listener in gateway["spec"]["listeners"]] == ["HTTPS"]

    def test_there_is_nothing_more_to_do(self, site: Site) -> None:
        site.run("pulumi", "preview", "--expect-no-changes", "--diff", "--stack", "whole")
        site.run("pulumi", "refresh", "--yes", "--skip-preview", "--expect-no-changes", "--diff", "--stack", "whole")

    def test_it_is_changed_in_place(self, site: Site) -> None:
        write(site.environments, site.variables["KEY_OF_TESTS"], AFTER)
        plan = json.loads(site.run("pulumi", "preview", "--json", "--stack", "whole"))
        steps = {step["urn"].split("::")[-1]: step["op"] for step in plan["steps"] if "$" in step["urn"]}
        changed = {name: operation for name, operation in steps.items() if operation not in ("same", "read")}
        assert set(changed.values()) == {"update"}
        assert {"main-cluster", "main-coredns", "main-general", "main-batch", "network-flows", "main-climate-quota"} <= set(changed)
        assert not [name for name in changed if "co2-forecast" in name]
        site.up()
        site.run("pulumi", "preview", "--expect-no-changes", "--diff", "--stack", "whole")
        versions = {described(site, name)["version"] for name in nodegroups(site)}
        assert versions == {"1.35"}
        addon = site.aws("eks").describe_addon(clusterName="whole-main", addonName="coredns")["addon"]
        assert addon["addonVersion"].startswith("v1.35.")

    def test_nothing_is_left(self, site: Site) -> None:
        site.modelway("destroy", "whole", "--yes")
        assert not custom(site.resources())
        ec2 = site.aws("ec2")
        assert not [vpc for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]]
        assert not ec2.describe_launch_templates()["LaunchTemplates"]
        assert not [one for one in ec2.describe_vpc_endpoints()["VpcEndpoints"] if one["State"] != "deleted"]
        assert not ec2.describe_flow_logs()["FlowLogs"]
        assert not site.aws("eks").list_clusters()["clusters"]
        assert not site.aws("logs").describe_log_groups()["logGroups"]


def write(folder: Path, key: str, values: dict[str, object]) -> None:
    (folder / "whole" / "environment.yaml").write_text(ENVIRONMENT.format(key=key, **values), "utf-8")


def nodegroups(site: Site) -> list[str]:
    names: list[str] = site.aws("eks").list_nodegroups(clusterName="whole-main")["nodegroups"]
    return names


def described(site: Site, name: str) -> dict[str, str]:
    group: dict[str, str] = site.aws("eks").describe_nodegroup(clusterName="whole-main", nodegroupName=name)["nodegroup"]
    return group
