"""MLflow in a cluster on the real engine: up, nothing more to do, changed in place, gone. No container runs, and no database answers.

The tests build on one another and run in the order of the file. The one model is registered and does not serve.
"""

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelway.architecture import load
from tests.localcloud.conftest import Cloud
from tests.localcloud.environments import ROOT, Site, kind_of

pytestmark = pytest.mark.localcloud

ACCOUNT = "777777777778"
ENVIRONMENT = """
environment: tracked
tier: development
layout: single
owner: ml-platform@example.com
aws: {{account: "{account}", region: eu-west-1}}
network: {{kind: vpc, cidr: 10.78.0.0/16, zones: 2, nat: one, private_endpoints: [s3, ecr.api, ecr.dkr, sts, ec2, logs, eks-auth]}}
clusters:
  main:
    kind: eks
    version: "1.35"
    node_pools:
      general: {{instance_types: [m7i.large], min: 2, max: 4}}
    access:
      deployer: {{principal: "arn:aws:iam::{account}:role/deployer", policy: cluster-admin}}
    gateway: {{kind: managed, class: envoy, tls: {{secret: models-tls}}}}
registry:
  images: {{pull_through: {{quay: quay.io}}}}
  model_registry:
    kind: mlflow_server
    cluster: main
    image: {account}.dkr.ecr.eu-west-1.amazonaws.com/tools/mlflow@sha256:{digest}
    admin_password: {{secret: mlflow-admin}}
    teams: [keepers]
    hostname: mlflow.example.com
    database: {{instance_class: {size}, storage: 20Gi, most_storage: {most}Gi, password: {{secret: mlflow-database}}}}
"""
MODEL = "model: churn\nteam: keepers\nowner: keepers@example.com\nrisk_tier: low\n"


def write(folder: Path, size: str, most: int) -> None:
    text = ENVIRONMENT.format(account=ACCOUNT, digest="a" * 64, size=size, most=most)
    (folder / "tracked" / "environment.yaml").write_text(text, "utf-8")


@pytest.fixture(scope="module")
def site(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("tracked") / "environments"
    (folder / "base").mkdir(parents=True)
    (folder / "tracked" / "models").mkdir(parents=True)
    (folder / "base" / "environment.yaml").write_text("owner: ml-platform@example.com\n", "utf-8")
    (folder / "tracked" / "models" / "churn.yaml").write_text(MODEL, "utf-8")
    write(folder, "db.t4g.small", 100)
    cleared = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PULUMI_"))}
    site = Site(load(folder, "tracked", ROOT), cleared | cloud.environment(ACCOUNT, "eu-west-1"), folder)
    site.run("pulumi", "stack", "init", "tracked", "--no-select")
    give(site, "mlflow-database", "first-of-the-database")
    give(site, "mlflow-admin", "first-of-admin")
    yield site
    site.modelway("destroy", "tracked", "--yes", "--environments", str(folder))


def give(site: Site, key: str, value: str) -> None:
    site.run("pulumi", "config", "set", "--secret", key, value, "--stack", "tracked")


def test_it_comes_up_with_its_database_and_there_is_nothing_more_to_do(site: Site) -> None:
    site.up()
    (database,) = site.aws("rds").describe_db_instances()["DBInstances"]
    assert (database["DBInstanceIdentifier"], database["DBInstanceClass"], database["StorageEncrypted"]) == (
        "tracked-mlflow",
        "db.t4g.small",
        True,
    )
    (group,) = site.aws("ec2").describe_security_groups(GroupIds=[database["VpcSecurityGroups"][0]["VpcSecurityGroupId"]])["SecurityGroups"]
    cluster = site.aws("eks").describe_cluster(name="tracked-main")["cluster"]["resourcesVpcConfig"]["clusterSecurityGroupId"]
    assert [[pair["GroupId"] for pair in rule["UserIdGroupPairs"]] for rule in group["IpPermissions"]] == [[cluster]]
    site.is_settled()
    site.run("pulumi", "refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "tracked")


def test_its_pods_are_taken_and_know_where_their_database_is(site: Site) -> None:
    (pods,) = site.kubectl("get", "deployments", "-n", "mlflow")["items"]
    assert pods["status"]["readyReplicas"] == 2
    secret = site.kubectl("get", "secret", "mlflow", "-n", "mlflow")["data"]
    assert "first-of-the-database@tracked-mlflow." in base64.b64decode(secret["uri"]).decode()
    assert site.kubectl("get", "networkpolicy", "mlflow-calls", "-n", "keepers")["spec"]["egress"]
    assert site.kubectl("get", "httproute", "mlflow", "-n", "mlflow")["spec"]["hostnames"] == ["mlflow.example.com"]
    listed = site.outputs()["registry"]["model_registry"]
    assert (listed["url"], listed["hostname"]) == ("http://mlflow.mlflow", "mlflow.example.com")
    assert "first-of" not in str(site.outputs())


def test_a_larger_database_and_another_password_are_updates(site: Site) -> None:
    write(site.environments, "db.m7g.large", 200)
    give(site, "mlflow-database", "second-of-the-database")
    before = revision(site)
    site.up()
    (database,) = site.aws("rds").describe_db_instances()["DBInstances"]
    assert (database["DBInstanceClass"], database["MaxAllocatedStorage"]) == ("db.m7g.large", 200)
    secret = site.kubectl("get", "secret", "mlflow", "-n", "mlflow")["data"]
    assert "second-of-the-database@" in base64.b64decode(secret["uri"]).decode()
    assert revision(site) != before, "pods that run know the old password"
    site.is_settled()


def revision(site: Site) -> str:
    (pods,) = site.kubectl("get", "deployments", "-n", "mlflow")["items"]
    return str(pods["metadata"]["annotations"]["deployment.kubernetes.io/revision"])


def test_it_goes_and_nothing_of_it_is_left(site: Site) -> None:
    write(site.environments, "db.m7g.large", 200)
    text = (site.environments / "tracked" / "environment.yaml").read_text("utf-8")
    (site.environments / "tracked" / "environment.yaml").write_text(text[: text.index("  model_registry:")], "utf-8")
    site.up()
    rds = site.aws("rds")
    assert not rds.describe_db_instances()["DBInstances"]
    assert not rds.describe_db_subnet_groups()["DBSubnetGroups"]
    assert not rds.describe_db_parameter_groups()["DBParameterGroups"]
    assert not rds.describe_db_snapshots()["DBSnapshots"], "development is thrown away"
    assert not [name for name in (bucket["Name"] for bucket in site.aws("s3").list_buckets()["Buckets"]) if "mlflow" in name]
    assert not [kind for kind in (kind_of(one["urn"]) for one in site.resources()) if kind.startswith("aws:rds/")]
    namespaces = site.kubectl("get", "namespaces")["items"]
    assert "mlflow" not in {one["metadata"]["name"] for one in namespaces if one["status"]["phase"] == "Active"}
