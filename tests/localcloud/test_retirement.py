"""A protected environment on the real engine: refused, retired in two steps, what stays, adopted again, thrown away.

The tests build on one another and run in the order of the file. Models are registered and do not serve, so that it takes seconds.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelway.architecture import load
from tests.localcloud.conftest import Cloud
from tests.localcloud.environments import MODELWAY, ROOT, Site, custom

pytestmark = pytest.mark.localcloud

ACCOUNT = "555555555555"
ENVIRONMENT = """
environment: guarded
tier: {tier}
owner: ml-platform@example.com
aws: {{account: "{account}", region: eu-west-1}}
clusters:
  main: {{kind: existing, context: modelway-local, gateway: {{kind: existing, name: none, namespace: nowhere}}}}
registry:
  images: {{scan: enhanced, keep: {{v: 20}}, replicate_to: [eu-central-1], owns_account_settings: true, readers: ["333333333333"]}}
  models: {{access_logs_days: 400, replicate_to: [eu-central-1]}}
monitoring:
  namespace: guarded-monitoring
  alerts: {{severities: {{page: {{kind: sns, topic: "arn:aws:sns:eu-west-1:{account}:pages"}}}}}}
"""
MODEL = "model: {name}\nteam: keepers\nowner: keepers@example.com\nrisk_tier: low\n"


@pytest.fixture(scope="module")
def site(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("guarded") / "environments"
    (folder / "base").mkdir(parents=True)
    (folder / "guarded" / "models").mkdir(parents=True)
    write(folder, "production", "churn", "fraud")
    cleared = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PULUMI_"))}
    site = Site(load(folder, "guarded", ROOT), cleared | cloud.environment(ACCOUNT, "eu-west-1"), folder)
    yield site
    cloud.kubectl("delete", "namespace", "keepers", "guarded-monitoring", "--ignore-not-found", "--wait=false")


def write(folder: Path, tier: str, *models: str, **presence: str) -> None:
    """The environment's files: of that tier, with these models."""
    (folder / "base" / "environment.yaml").write_text("owner: ml-platform@example.com\n", "utf-8")
    (folder / "guarded" / "environment.yaml").write_text(ENVIRONMENT.format(tier=tier, account=ACCOUNT), "utf-8")
    for file in (folder / "guarded" / "models").iterdir():
        file.unlink()
    for name in models:
        said = f"presence: {presence[name]}\n" if name in presence else ""
        (folder / "guarded" / "models" / f"{name}.yaml").write_text(MODEL.format(name=name) + said, "utf-8")


def repositories(site: Site) -> set[str]:
    return {one["repositoryName"] for one in site.aws("ecr").describe_repositories()["repositories"]}


def state(site: Site) -> set[str]:
    return {resource["urn"].rpartition("::")[2] for resource in custom(site.resources())}


def buckets(site: Site) -> set[str]:
    return {bucket["Name"] for bucket in site.aws("s3").list_buckets()["Buckets"]}


def refused(site: Site, *command: str) -> str:
    """The last words of a verb that ends with exit code 4."""
    done = subprocess.run([MODELWAY, *command], cwd=ROOT, env=site.variables, capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stdout + done.stderr
    return done.stderr


def test_production_comes_up_protected(site: Site) -> None:
    site.up()
    protected = {resource["urn"].rpartition("::")[2] for resource in site.resources() if resource.get("protect")}
    assert {"registry-models", "registry-logs", "registry-churn", "registry-key"} <= protected
    assert "registry-models-policy" in protected
    assert "registry-churn-lifecycle" not in protected, "it is replaced when it changes"
    site.run("pulumi", "preview", "--expect-no-changes", "--diff", "--stack", "guarded")
    site.run("pulumi", "refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "guarded")


def test_its_destruction_is_refused_by_name_and_nothing_is_changed(site: Site) -> None:
    before = state(site)
    said = refused(site, "destroy", "guarded", "--yes")
    assert "::registry-models\n" in said
    assert "::registry-churn\n" in said
    # The engine by itself refuses too, as long as it may look first.
    site.run("pulumi", "destroy", "--yes", "--stack", "guarded", code=1)
    assert state(site) == before
    assert repositories(site) == {"guarded/churn", "guarded/fraud"}


def test_a_model_that_is_only_removed_is_refused(site: Site) -> None:
    write(site.environments, "production", "churn")
    said = refused(site, "up", "guarded", "--yes")
    assert "no longer have fraud" in said
    assert "presence: retired" in said
    assert repositories(site) == {"guarded/churn", "guarded/fraud"}


def test_a_retired_model_goes_and_its_images_stay(site: Site) -> None:
    write(site.environments, "production", "churn", "fraud", fraud="retired")
    site.up()
    write(site.environments, "production", "churn")
    site.up()
    assert not {name for name in state(site) if "fraud" in name}
    assert repositories(site) == {"guarded/churn", "guarded/fraud"}
    # What stays has the settings that keep it safe.
    assert site.aws("ecr").get_lifecycle_policy(repositoryName="guarded/fraud")["lifecyclePolicyText"]


def test_a_lowered_tier_is_destroyed_and_what_is_stored_stays_safe(site: Site) -> None:
    write(site.environments, "staging", "churn")
    assert "still protect" in refused(site, "destroy", "guarded", "--yes")
    site.up()
    bucket = site.outputs()["registry"]["bucket"]
    site.aws("s3").put_object(Bucket=bucket, Key="churn/1/model.json", Body=b"weights")
    said = site.modelway("destroy", "guarded", "--yes")
    assert not custom(site.resources())
    assert f"kept by AWS: bucket registry-models {bucket}, stays" in said
    assert "kept by AWS: repository registry-churn guarded/churn, stays" in said
    s3 = site.aws("s3")
    assert s3.get_object(Bucket=bucket, Key="churn/1/model.json")["Body"].read() == b"weights"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert "SecureTransport" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    key = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert site.aws("kms").describe_key(KeyId=key["KMSMasterKeyID"])["KeyMetadata"]["KeyState"] == "Enabled"


def test_what_stayed_is_adopted_and_nothing_is_replaced(site: Site, cloud: Cloud, tmp_path: Path) -> None:
    cloud.kubectl("create", "namespace", "keepers")
    before = buckets(site)
    said = site.modelway("adopt", "guarded", "--output", str(tmp_path))
    assert "found: " in said
    imported = json.loads((tmp_path / "guarded.import.json").read_text("utf-8"))
    ids = {one["logicalName"]: one.get("id") for one in imported["resources"] if not one.get("component")}
    assert ids["registry-churn"] == "guarded/churn"
    assert "registry-key" in ids
    assert "keepers" in ids.values()
    for line in said.splitlines():
        if line.startswith("  pulumi "):
            site.run("bash", "-c", line)
    plan = json.loads(site.run("pulumi", "preview", "--json", "--stack", "guarded"))
    steps = {step["urn"].rpartition("::")[2]: step["op"] for step in plan["steps"]}
    assert not {name: op for name, op in steps.items() if "replace" in op or op == "delete"}
    assert {steps.get(name, "same") for name in ids} <= {"same", "update"}
    site.up()
    assert buckets(site) == before
    assert site.aws("s3").get_object(Bucket=site.outputs()["registry"]["bucket"], Key="churn/1/model.json")
    site.run("pulumi", "preview", "--expect-no-changes", "--diff", "--stack", "guarded")


def test_in_development_all_of_it_goes(site: Site) -> None:
    write(site.environments, "development", "churn")
    site.up()
    site.modelway("destroy", "guarded", "--yes")
    assert not custom(site.resources())
    assert buckets(site) == set()
    # The model that was retired in production is the one whose images somebody still has to look at.
    assert repositories(site) == {"guarded/fraud"}
    site.aws("ecr").delete_repository(repositoryName="guarded/fraud", force=True)
