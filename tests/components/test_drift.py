import json
from typing import Any

import pulumi
import pytest

from components import _drift_policies as policies
from components import _drift_times as times
from components.drift import DriftIdentity, DriftIdentityArgs, DriftMonitor, DriftMonitorArgs, SightArgs
from components.drift_results import DriftResults, DriftResultsArgs
from components.drift_schedule import LONGEST_NAME, DriftSchedule, DriftScheduleArgs, job_name
from tests.components.conftest import secret_marks
from tests.support.engine import run

ACCOUNT, REGION = "222222222222", "eu-west-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"
BUS = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/ml"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/tools/modelway@sha256:{'a' * 64}"
WATCHED = '{"endpoint": "churn"}'
CLUSTER = f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/dev-main"
SIGHT: SightArgs = {
    "payloads_arn": "arn:aws:s3:::payloads",
    "payloads_prefix": "",
    "store_arn": "arn:aws:s3:::models",
    "baselines": ["churn/2/baseline.json", "churn/1/baseline.json"],
    "elsewhere": ["arn:aws:s3:::others/churn.json"],
    "results_arn": "arn:aws:s3:::results",
    "prefix": "churn/",
    "key_arn": KEY,
    "labels": "s3://labels/churn/",
    "buses": [BUS],
    "workspace_arn": f"arn:aws:aps:{REGION}:{ACCOUNT}:workspace/ws-1",
}


def monitor(name: str, opts: pulumi.ResourceOptions | None = None, **more: Any) -> DriftMonitor:
    args = DriftMonitorArgs(
        model=name,
        team="growth",
        namespace="monitoring",
        region=REGION,
        image=IMAGE,
        window_seconds=3600,
        lateness_seconds=900,
        watched=WATCHED,
        secrets={"DRIFT_EVENT_0": "https://hooks.example.com/secret"},
        identity="a-1",
    )
    return DriftMonitor(name, {**args, **more}, opts)  # type: ignore[typeddict-item]


def identity(name: str, opts: pulumi.ResourceOptions | None = None) -> DriftIdentity:
    args = DriftIdentityArgs(
        model=name,
        account=ACCOUNT,
        region=REGION,
        cluster_name="dev-main",
        cluster_arn=CLUSTER,
        namespace="monitoring",
        sight=SIGHT,
    )
    return DriftIdentity(name, args, opts)


def scheduled(name: str, opts: pulumi.ResourceOptions | None = None) -> DriftSchedule:
    args = DriftScheduleArgs(
        model=name,
        endpoint_name=f"dev-{name}",
        account=ACCOUNT,
        region=REGION,
        image=IMAGE,
        window_seconds=86400,
        lateness_seconds=900,
        watched=WATCHED,
        results="results",
        forget=False,
        sight={**SIGHT, "payloads_prefix": f"captured/dev-{name}/"},  # type: ignore[typeddict-item]
        place={"vpc_id": "vpc-1", "subnet_ids": ["subnet-b", "subnet-a"]},
    )
    return DriftSchedule(name, args, opts)


def results(name: str, opts: pulumi.ResourceOptions | None = None) -> DriftResults:
    args = DriftResultsArgs(store_name="acme-dev-models", key_arn=KEY, protect=True, retain=True, force_destroy=False)
    return DriftResults(name, args, opts)


@pytest.mark.parametrize(
    ("make", "golden", "component"),
    [
        (monitor, "drift-monitor", DriftMonitor),
        (identity, "drift-identity", DriftIdentity),
        (scheduled, "drift-schedule", DriftSchedule),
        (results, "drift-results", DriftResults),
    ],
)
def test_contract(contract, make, golden: str, component: type[pulumi.ComponentResource]) -> None:
    held = contract(make)
    held.tree(golden)
    held.outputs(component)
    held.options()
    if component is not DriftResults:  # a store has one bucket of results
        held.instances()


def pod() -> dict[str, Any]:
    spec: dict[str, Any] = run(lambda: monitor("churn")).one("CronJob").inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return spec


def test_one_run_at_a_time_ends_and_is_made_up_for() -> None:
    spec = run(lambda: monitor("churn")).one("CronJob").inputs["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["timeZone"] == "Etc/UTC"
    assert spec["startingDeadlineSeconds"] == 1800
    job = spec["jobTemplate"]["spec"]
    assert (job["backoffLimit"], job["activeDeadlineSeconds"]) == (2, 3600)
    assert job["template"]["spec"]["restartPolicy"] == "Never"


def test_its_pod_is_what_pod_security_restricted_asks_and_has_no_token() -> None:
    spec = pod()
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not spec["automountServiceAccountToken"]
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["image"] == IMAGE
    assert set(container["resources"]["limits"]) == {"memory", "ephemeral-storage"}
    assert [*container["command"], *container["args"]] == ["modelway", "drift", "run", "churn", "--watched", "/etc/modelway/watched.json"]


def test_another_thing_to_watch_is_another_config_map_and_the_pod_has_it() -> None:
    recorder, other = run(lambda: monitor("churn")), run(lambda: monitor("churn", watched="{}"))
    first, second = recorder.one("ConfigMap").inputs, other.one("ConfigMap").inputs
    assert first["immutable"]
    assert first["data"] == {"watched.json": WATCHED}
    assert first["metadata"]["name"] != second["metadata"]["name"]
    (volume,) = [one for one in pod()["volumes"] if "configMap" in one]
    assert volume["configMap"]["name"] == first["metadata"]["name"]


def test_who_is_told_is_a_secret_that_only_the_pod_names() -> None:
    recorder = run(lambda: monitor("churn"))
    hidden = recorder.one("Secret")
    assert "hooks.example.com" in json.dumps(secret_marks(hidden.raw))
    assert not [one.name for one in recorder.resources if one is not hidden and "hooks.example.com" in json.dumps(one.inputs, default=str)]
    (variable,) = [one for one in pod()["containers"][0]["env"] if "valueFrom" in one]
    assert variable["valueFrom"]["secretKeyRef"] == {"name": "churn-drift", "key": "DRIFT_EVENT_0"}
    bare = run(lambda: monitor("churn", secrets={}))
    assert not [one for one in bare.resources if one.type.endswith(":Secret")]


def test_nobody_reaches_it_and_it_reaches_names_tls_credentials_and_prometheus() -> None:
    recorder = run(lambda: monitor("churn"))
    policy = recorder.one("NetworkPolicy")
    assert policy.inputs["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in policy.inputs["spec"]
    open_ports = sorted(port["port"] for rule in policy.inputs["spec"]["egress"] for port in rule["ports"])
    assert open_ports == [53, 53, 80, 443, 9090]
    labels = recorder.one("CronJob").inputs["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
    assert policy.inputs["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    # A pod that started before would be open.
    assert policy.urn in recorder.one("CronJob").dependencies


def statements(document: str) -> dict[str, Any]:
    return {one["Sid"]: one for one in json.loads(document)["Statement"]}


def test_the_job_sees_this_endpoint_and_writes_its_results_alone() -> None:
    recorder = run(lambda: identity("churn"))
    allowed = statements(recorder.one("RolePolicy").inputs["policy"])
    assert allowed["ReadPayloads"]["Resource"] == ["arn:aws:s3:::payloads/*"]
    assert allowed["WriteResults"]["Resource"] == ["arn:aws:s3:::results/churn/*"]
    assert allowed["FindResults"]["Condition"] == {"StringLike": {"s3:prefix": "churn/*"}}
    assert allowed["ReadBaselines"]["Resource"] == [
        "arn:aws:s3:::models/churn/1/baseline.json",
        "arn:aws:s3:::models/churn/2/baseline.json",
        "arn:aws:s3:::others/churn.json",
    ]
    assert allowed["ReadLabels"]["Resource"] == ["arn:aws:s3:::labels/churn/*"]
    assert allowed["TellBuses"]["Resource"] == [BUS]
    assert allowed["WriteMetrics"]["Action"] == ["aps:RemoteWrite"]
    written = {action for one in allowed.values() for action in one["Action"] if not action.split(":")[1].startswith(("Get", "List"))}
    assert written == {"s3:PutObject", "kms:Decrypt", "kms:GenerateDataKey", "events:PutEvents", "aps:RemoteWrite"}
    association = recorder.one("PodIdentityAssociation").inputs
    account = run(lambda: monitor("churn")).one("ServiceAccount").inputs["metadata"]
    assert (association["namespace"], association["serviceAccount"]) == (account["namespace"], account["name"])
    assert recorder.one("RolePolicy").urn in recorder.one("PodIdentityAssociation").dependencies


def test_without_labels_buses_and_a_workspace_none_is_allowed() -> None:
    sight = policies.Sight(REGION, "arn:aws:s3:::p", "x/", "arn:aws:s3:::m", [], [], "arn:aws:s3:::r", "churn/", KEY)
    found = [one["Sid"] for one in policies.look(sight)["Statement"]]  # type: ignore[attr-defined]
    assert found == ["FindPayloads", "ReadPayloads", "FindResults", "ReadResults", "WriteResults", "UseKey"]


def test_a_schedule_starts_jobs_by_one_role_and_no_other() -> None:
    recorder = run(lambda: scheduled("churn"))
    schedule = recorder.one("Schedule").inputs
    request = json.loads(schedule["target"]["input"])
    assert schedule["target"]["arn"] == "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob"
    assert request["ProcessingJobName"].endswith("<aws.scheduler.execution-id>")
    told = recorder.one("BucketObjectv2")
    assert request["AppSpecification"]["ContainerArguments"][-1] == f"s3://results/{told.inputs['key']}"
    assert told.inputs["key"].startswith("churn/watched-")
    assert told.inputs["content"] == WATCHED
    assert told.retained
    assert request["NetworkConfig"]["VpcConfig"]["Subnets"] == ["subnet-b", "subnet-a"]
    by_role = {one.inputs["role"]: statements(one.inputs["policy"]) for one in recorder.resources if one.type.endswith(":RolePolicy")}
    starting = by_role["churn-drift-schedule-id"]
    jobs = request["ProcessingJobName"].partition("<")[0]
    assert starting["StartJobs"]["Resource"] == [f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:processing-job/{jobs}*"]
    assert starting["PassRole"]["Resource"] == [request["RoleArn"]]
    assert starting["PassRole"]["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    looks = [statements(one.inputs["policy"]) for one in recorder.resources if one.name == "churn-drift-look"]
    assert looks[0]["ReadPayloads"]["Resource"] == ["arn:aws:s3:::payloads/captured/dev-churn/*"]
    trust = {one.name: statements(one.inputs["assumeRolePolicy"]) for one in recorder.resources if one.type.endswith("role:Role")}
    assert set(trust["churn-drift-schedule"]) == {"Scheduler"}
    assert set(trust["churn-drift-job"]) == {"SageMaker"}


@pytest.mark.parametrize("endpoint", ["dev-churn", "staging-" + "m" * 40, "staging-" + "m" * 39 + "n"])
def test_names_of_jobs_fit_with_what_is_put_behind(endpoint: str) -> None:
    assert len(job_name(endpoint)) <= LONGEST_NAME
    assert job_name(endpoint).endswith("-")


def test_names_of_long_endpoints_differ() -> None:
    assert job_name("staging-" + "m" * 40) != job_name("staging-" + "m" * 41)


def test_results_stay_and_are_closed() -> None:
    made = run(lambda: results("drift"))
    assert made.one("Bucket").inputs["bucket"] == "acme-dev-models-drift"
    assert made.one("Bucket").protected
    (rule,) = made.one("BucketLifecycleConfiguration").inputs["rules"]
    assert "expiration" not in rule


@pytest.mark.parametrize(
    ("window", "lateness", "minutes", "hours"),
    [
        (300, 0, {0}, "*"),
        (600, 900, {5}, "*"),
        (3600, 900, set(range(15, 26)), "*"),
        (7200, 900, set(range(15, 26)), "0/2"),
        (86400, 900, set(range(15, 26)), "0"),
        (7 * 86400, 3600, set(range(11)), "1"),
        (5400, 0, set(range(11)), "*"),
    ],
)
def test_it_runs_soon_after_what_is_late_has_come(window: int, lateness: int, minutes: set[int], hours: str) -> None:
    found = [times.fields(window, lateness, f"model-{number}") for number in range(50)]
    assert {hour for _, hour in found} == {hours}
    starts = {int(minute.partition("/")[0]) for minute, _ in found}
    assert starts <= minutes
    every = times.period(window)
    assert every * 60 <= window
    assert all(minute.endswith(f"/{every}") == (every < 60) for minute, _ in found)
    assert every < 60 or len(starts) > 5, "not all at once"


def test_a_late_day_runs_the_next_morning() -> None:
    minutes, hours = times.fields(86400, 26 * 3600, "churn")
    assert 0 <= int(minutes) <= 10
    assert hours == "2"
    assert times.cron(86400, 26 * 3600, "churn") == f"{minutes} 2 * * *"
    assert times.schedule(86400, 26 * 3600, "churn") == f"cron({minutes} 2 * * ? *)"
