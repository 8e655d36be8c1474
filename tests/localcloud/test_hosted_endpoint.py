"""A model on SageMaker, on the real engine: registered, published, served, asked; updates that SageMaker takes back; gone in the end."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from modelway.architecture import load
from tests.localcloud.conftest import Cloud
from tests.localcloud.environments import COMMITTED, MODELWAY, ROOT, Site

pytestmark = pytest.mark.localcloud

ACCOUNT = "121212121212"
MODEL = "tumor-screening"
ENVIRONMENT = """
environment: hosted
tier: {tier}
layout: single
owner: ml-platform@example.com
aws: {{account: "121212121212", region: eu-west-1}}
clusters:
  main: {{kind: existing, context: modelway-local, gateway: {{kind: existing, name: none, namespace: nowhere}}}}
monitoring: {{namespace: hosted-monitoring}}
governance:
  exceptions:
{exceptions}
"""
EXCEPTED = {
    "isolated-managed-model": (
        "SageMakerEndpoint$aws:sagemaker/model:Model::tumor-screening-v2026-10-0",
        "SageMakerEndpoint$aws:sagemaker/model:Model::tumor-screening-v2026-11-0",
    ),
    "log-key": ("SageMakerEndpoint$aws:cloudwatch/logGroup:LogGroup::tumor-screening-log",),
    "role-boundary": ("SageMakerEndpoint$aws:iam/role:Role::tumor-screening-execution",),
    "bucket-access-logs": ("ArtifactRegistry$aws:s3/bucket:Bucket::registry-models",),
}
"""What the rules of a tier of staging refuse of it: it has no network of its own, nor a trail."""
EXCEPTION = """\
    - rule: {rule}
      resource: "urn:pulumi:hosted::modelway::modelway:index:{resource}"
      reason: It is thrown away with the test.
      approved_by: security@example.com
      expires: {expires}"""
SERVED = """
endpoint:
  runtime: {{kind: sagemaker, instance_type: {instances}}}
  scaling: {{min: 2, max: 4, target: {{requests_per_second: 20}}}}
  traffic: {{live: "{live}"}}
  slo: {{latency_p99: 200ms, availability: 99.9%, error_rate: 1%}}
"""


@dataclass(frozen=True)
class Hosted(Site):
    """The environment, as its files are right now."""

    replaced: set[str] = field(default_factory=set)
    """Configurations that no longer served while the tier was one that keeps them."""

    def write(self, live: str | None, tier: str = "development", instances: str = "ml.m7i.large") -> None:
        """`live`: the version that answers; None for a model that is registered alone."""
        described = (COMMITTED / "base" / "models" / f"{MODEL}.yaml").read_text("utf-8").partition("endpoint:")[0]
        served = SERVED.format(live=live, instances=instances) if live else ""
        (self.environments / "hosted" / "models" / f"{MODEL}.yaml").write_text(
            re.sub(r"(?m)^team: .*$", "team: hosted", described) + served
        )
        soon = datetime.now(UTC).date() + timedelta(days=30)
        exceptions = [EXCEPTION.format(rule=rule, resource=one, expires=soon) for rule, several in EXCEPTED.items() for one in several]
        text = ENVIRONMENT.format(tier=tier, exceptions="\n".join(exceptions))
        (self.environments / "hosted" / "environment.yaml").write_text(text, "utf-8")

    def refused_up(self) -> str:
        """What is said of an environment that does not come up."""
        command = [MODELWAY, "up", "hosted", "--yes", "--environments", str(self.environments)]
        done = subprocess.run(command, cwd=ROOT, env=self.variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stderr
        return done.stderr

    def ends(self, *words: str) -> tuple[int, str]:
        """How `modelway …` ends, and what it says."""
        command = [MODELWAY, *words]
        done = subprocess.run(command, cwd=ROOT, env=self.variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def serves(self) -> str:
        return str(self.aws("sagemaker").describe_endpoint(EndpointName=f"hosted-{MODEL}")["EndpointConfigName"])

    def alarm(self, state: str) -> None:
        self.aws("cloudwatch").set_alarm_state(AlarmName=f"hosted-{MODEL}-live-errors", StateValue=state, StateReason="said by a test")

    def previewed(self) -> dict[str, str]:
        """Operation by logical name, of what is not left as it is."""
        steps = json.loads(self.run("pulumi", "preview", "--json", "--stack", "hosted"))["steps"]
        return {step["urn"].rpartition("::")[2]: step["op"] for step in steps if step["op"] != "same"}


@pytest.fixture(scope="module")
def site(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    folder = tmp_path_factory.mktemp("hosted") / "environments"
    for name in ("base", "hosted/models"):
        (folder / name).mkdir(parents=True)
    cleared = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PULUMI_"))}
    variables = cleared | cloud.environment(ACCOUNT, "eu-west-1")
    first = Hosted(load(COMMITTED, "local", ROOT), variables, folder)
    first.write(None)
    site = Hosted(load(folder, "hosted", ROOT), variables, folder)
    site.up()
    built = tmp_path_factory.mktemp("built")
    site.run(sys.executable, str(ROOT / "examples" / "build.py"), "--out", str(built))
    shutil.rmtree(built / "co2-forecast")
    site.modelway("publish", "hosted", "--all", str(built))
    yield site
    subprocess.run([MODELWAY, "destroy", "hosted", "--yes"], cwd=ROOT, env=variables, capture_output=True, check=False)


def test_the_model_is_served_and_asked(site: Hosted) -> None:
    site.write("2026.10.0")
    site.up()
    site.run("pulumi", "preview", "--expect-no-changes", "--diff", "--stack", "hosted")
    site.run("pulumi", "refresh", "--yes", "--skip-preview", "--expect-no-changes", "--diff", "--stack", "hosted")
    told = site.outputs()["endpoints"][MODEL]
    assert (told["runtime"], told["configuration"]) == ("sagemaker", site.serves())
    answer = json.loads(site.modelway("ask", f"hosted/{MODEL}", "--json"))
    assert (answer["status"], answer["version"], answer["variant"], answer["simulated"]) == (200, "2026.10.0", "live", True)
    assert answer["answer"]["outputs"]
    assert answer["look"]["logs"].startswith(f"aws logs tail /aws/sagemaker/Endpoints/hosted-{MODEL} ")


def test_a_fleet_that_grew_is_as_large_after_an_update_and_other_instances_are_taken(site: Hosted) -> None:
    sagemaker: Any = site.aws("sagemaker")
    grown = [{"VariantName": "live", "DesiredInstanceCount": 3}]
    sagemaker.update_endpoint_weights_and_capacities(EndpointName=f"hosted-{MODEL}", DesiredWeightsAndCapacities=grown)
    site.write("2026.10.0", instances="ml.m7i.xlarge")
    site.up()
    (live,) = sagemaker.describe_endpoint(EndpointName=f"hosted-{MODEL}")["ProductionVariants"]
    (configured,) = sagemaker.describe_endpoint_config(EndpointConfigName=site.serves())["ProductionVariants"]
    assert (live["DesiredInstanceCount"], configured["InstanceType"]) == (3, "ml.m7i.xlarge")
    # Scaled again, and what it began with is nothing to change.
    targets = site.aws("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert [one["ResourceId"] for one in targets] == [f"endpoint/hosted-{MODEL}/variant/live"]
    assert not site.previewed()
    site.write("2026.10.0")
    site.up()


def test_an_update_that_went_back_is_no_success(site: Hosted) -> None:
    before = site.serves()
    site.alarm("ALARM")
    site.write("2026.11.0")
    said = site.refused_up()
    assert f"SageMaker went back from {site.outputs()['endpoints'][MODEL]['configuration']} to {before}" in said
    assert f"alarm hosted-{MODEL}-live-errors is on: said by a test" in said
    # The state tells it too, whatever is used next.
    assert site.previewed()[f"{MODEL}-endpoint"] == "update"
    site.alarm("OK")
    # In development the configuration that serves went with the update, and AWS updates nothing from one that is not there.
    assert "Could not find endpoint configuration" in site.refused_up()
    command = re.search(r"pulumi up --stack hosted --replace '(\S+)'", said)
    assert command is not None, said
    site.run("pulumi", "up", "--stack", "hosted", "--replace", command[1], "--yes", "--skip-preview")
    assert site.serves() == site.outputs()["endpoints"][MODEL]["configuration"] != before
    site.up()
    assert not site.previewed()


def test_where_configurations_stay_another_up_is_enough(site: Hosted) -> None:
    site.write("2026.11.0", "staging")
    site.up()
    before = site.serves()
    site.alarm("ALARM")
    site.write("2026.10.0", "staging")
    said = site.refused_up()
    assert "SageMaker went back" in said
    assert "--replace" not in said
    assert site.serves() == before
    site.alarm("OK")
    site.up()
    assert site.serves() == site.outputs()["endpoints"][MODEL]["configuration"] != before
    site.replaced.add(before)
    answer = json.loads(site.modelway("ask", f"hosted/{MODEL}", "--json"))
    assert (answer["version"], answer.get("note")) == ("2026.10.0", None)


def test_a_plan_is_applied_and_refused_where_the_fleet_is_larger_than_it_says(site: Hosted, tmp_path: Path) -> None:
    site.write("2026.10.0", "staging")
    site.up()
    # As many as a plan begins with, whatever the tests before have left running.
    sagemaker: Any = site.aws("sagemaker")
    begun = [{"VariantName": "live", "DesiredInstanceCount": 2}]
    sagemaker.update_endpoint_weights_and_capacities(EndpointName=f"hosted-{MODEL}", DesiredWeightsAndCapacities=begun)
    site.write("2026.11.0", "staging")
    before = site.serves()
    code, said = site.ends("preview", "-s", "hosted", "--out", str(tmp_path))
    assert code in (0, 3), said
    plan = str(tmp_path / "hosted" / "plan.json")
    code, said = site.ends("apply", "-s", "hosted", "--plan", plan, "--yes")
    assert (code, "as planned at" in said) == (0, True), said
    assert site.serves() == site.outputs()["endpoints"][MODEL]["configuration"] != before
    site.replaced.add(before)
    assert not site.previewed()

    grown = [{"VariantName": "live", "DesiredInstanceCount": 3}]
    sagemaker.update_endpoint_weights_and_capacities(EndpointName=f"hosted-{MODEL}", DesiredWeightsAndCapacities=grown)
    site.write("2026.10.0", "staging")
    before = site.serves()
    assert site.ends("preview", "-s", "hosted", "--out", str(tmp_path))[0] in (0, 3)
    code, said = site.ends("apply", "-s", "hosted", "--plan", plan, "--yes")
    assert code == 4, said
    assert f"endpoint hosted-{MODEL}: 3 instances run, and the plan begins with 2" in said
    assert site.serves() == before
    site.up()
    assert site.serves() != before
    site.replaced.add(before)


def test_nothing_is_left_but_what_a_tier_kept(site: Hosted) -> None:
    site.write("2026.10.0")
    site.up()
    site.modelway("destroy", "hosted", "--yes")
    sagemaker: Any = site.aws("sagemaker")
    assert not sagemaker.list_endpoints()["Endpoints"]
    assert not site.aws("cloudwatch").describe_alarms()["MetricAlarms"]
    # What was replaced while the tier was staging: configurations, and the models that they name.
    configurations = {one["EndpointConfigName"] for one in sagemaker.list_endpoint_configs()["EndpointConfigs"]}
    assert configurations == site.replaced
    kept = [sagemaker.describe_endpoint_config(EndpointConfigName=name)["ProductionVariants"] for name in configurations]
    assert {one["ModelName"] for one in sagemaker.list_models()["Models"]} == {one["ModelName"] for variants in kept for one in variants}
