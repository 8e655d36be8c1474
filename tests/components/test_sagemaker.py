import json

import pulumi
import pytest

from components.endpoint.sagemaker import SageMakerEndpoint, SageMakerEndpointArgs, VariantArgs
from tests.support.engine import Recorder, run

KEY = "arn:aws:kms:eu-west-1:222222222222:key/k"
LIVE, CANARY = "2026.10.0", "2026.11.0-rc"


def version(variant: str, weight: int, **more: object) -> VariantArgs:
    given = VariantArgs(
        variant=variant,
        image=f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/dev/churn@sha256:{'a' * 64}",
        weights_bucket="store",
        weights_key=f"churn/{variant}/model.json",
        weights_sha256="b" * 64,
        weight=weight,
    )
    return VariantArgs(**{**given, **more})  # type: ignore[typeddict-item]


def args(versions: dict[str, VariantArgs] | None = None, **changed: object) -> SageMakerEndpointArgs:
    given = SageMakerEndpointArgs(
        model="churn",
        endpoint_name="dev-churn",
        account="222222222222",
        region="eu-west-1",
        instance_type="ml.m7i.large",
        min_replicas=4,
        max_replicas=10,
        targets={"cpu": 60, "requests_per_second": 20},
        schedules=[{"begins": "0 8 * * 1-5", "ends": "0 18 * * 1-5", "time_zone": "Europe/Berlin", "min": 6}],
        versions=versions or {LIVE: version("live", 90), CANARY: version("canary", 10)},
        key_arn=KEY,
        latency_p99_seconds=0.2,
        error_rate=0.01,
        rollout={"kind": "canary", "percent": 25, "wait_seconds": 600, "bake_seconds": 300},
        place={"vpc_id": "vpc-1", "subnet_ids": ["subnet-1", "subnet-2"]},
        alarm_actions=["arn:aws:sns:eu-west-1:222222222222:alarms"],
    )
    return SageMakerEndpointArgs(**{**given, **changed})  # type: ignore[typeddict-item]


def make(name: str, opts: pulumi.ResourceOptions | None = None) -> SageMakerEndpoint:
    return SageMakerEndpoint(name, args(), opts)


def test_contract(contract) -> None:
    held = contract(make)
    held.tree("endpoint-sagemaker")
    held.outputs(SageMakerEndpoint)
    held.instances()
    held.options()


@pytest.fixture(scope="module")
def made() -> Recorder:
    return run(lambda: make("churn"))


def test_a_version_answers_its_share_under_a_name_that_stays(made: Recorder) -> None:
    live, canary = made.one("EndpointConfiguration").inputs["productionVariants"]
    assert (live["variantName"], live["initialVariantWeight"], live["initialInstanceCount"]) == ("live", 90, 4)
    assert (canary["variantName"], canary["initialVariantWeight"]) == ("canary", 10)
    assert live["modelName"] == made.named("churn-v2026-10-0").inputs.get("name", "churn-v2026-10-0-0000000")
    assert "shadowProductionVariants" not in made.one("EndpointConfiguration").inputs


def test_an_update_begins_with_what_runs_and_the_next_preview_does_not_mind() -> None:
    plain = run(lambda: make("churn")).one("EndpointConfiguration")
    assert plain.ignored == ["productionVariants[0].initialInstanceCount"]
    for running, expected in ((7, 7), (1, 4), (30, 10)):
        told = run(lambda running=running: SageMakerEndpoint("churn", args(instances=running))).one("EndpointConfiguration")  # type: ignore[misc]
        assert [variant["initialInstanceCount"] for variant in told.inputs["productionVariants"]] == [expected, 4]
        assert not told.ignored
    fixed = run(lambda: SageMakerEndpoint("churn", args(instances=7, max_replicas=4))).one("EndpointConfiguration")
    assert [variant["initialInstanceCount"] for variant in fixed.inputs["productionVariants"]] == [4, 4]
    assert not fixed.ignored


def test_a_shadow_gets_copies_and_no_requests() -> None:
    recorder = run(lambda: SageMakerEndpoint("churn", args({LIVE: version("live", 100), CANARY: version("shadow", 0, mirror=50)})))
    configuration = recorder.one("EndpointConfiguration").inputs
    (live,), (shadow,) = configuration["productionVariants"], configuration["shadowProductionVariants"]
    assert shadow["initialVariantWeight"] / live["initialVariantWeight"] == 0.5
    assert {alarm.inputs["dimensions"]["VariantName"] for alarm in recorder.of("MetricAlarm")} == {"live"}
    assert {target.inputs["resourceId"] for target in recorder.of("Target")} == {"endpoint/dev-churn/variant/live"}


def test_names_of_what_is_made_anew_are_left_to_pulumi(made: Recorder) -> None:
    """Or the new one could not be there before the old one goes."""
    for resource in (*made.of("Model"), made.one("EndpointConfiguration")):
        assert "name" not in resource.inputs
        assert len(resource.name) + 8 <= 63
        assert resource.name.replace("-", "").isalnum()


def test_containers_have_no_network_and_instances_are_in_the_vpc(made: Recorder) -> None:
    for model in made.of("Model"):
        assert model.inputs["enableNetworkIsolation"] is True
        assert model.inputs["vpcConfig"] == {"subnets": ["subnet-1", "subnet-2"], "securityGroupIds": ["churn-instances-id"]}
    group = made.one("SecurityGroup").inputs
    assert group["ingress"] == []
    (out,) = group["egress"]
    assert (out["fromPort"], out["toPort"], out["prefixListIds"]) == (443, 443, ["pl-0123456789abcdef0"])
    assert "cidrBlocks" not in out
    outside = args()
    del outside["place"]
    recorder = run(lambda: SageMakerEndpoint("churn", outside))
    assert not recorder.of("SecurityGroup")
    assert all("vpcConfig" not in model.inputs for model in recorder.of("Model"))


def test_the_program_gets_the_weights_that_are_pinned(made: Recorder) -> None:
    container = made.named("churn-v2026-10-0").inputs["primaryContainer"]
    assert container["modelDataSource"]["s3DataSources"] == [
        {"s3Uri": "s3://store/churn/live/model.json", "s3DataType": "S3Object", "compressionType": "None"}
    ]
    assert container["environment"] == {
        "MODEL_NAME": "churn",
        "MODEL_VERSION": LIVE,
        "MODEL_URI": "/opt/ml/model/model.json",
        "MODEL_SHA256": "b" * 64,
    }


def test_the_role_reaches_what_this_endpoint_needs(made: Recorder) -> None:
    statements = {each["Sid"]: each for each in json.loads(made.one("RolePolicy").inputs["policy"])["Statement"]}
    assert statements["ReadWeights"]["Resource"] == [
        "arn:aws:s3:::store/churn/canary/model.json",
        "arn:aws:s3:::store/churn/live/model.json",
    ]
    assert statements["PullImages"]["Resource"] == ["arn:aws:ecr:eu-west-1:222222222222:repository/dev/churn"]
    assert statements["DecryptWeights"]["Resource"] == [KEY]
    assert statements["WriteLog"]["Resource"] == ["arn:aws:logs:eu-west-1:222222222222:log-group:/aws/sagemaker/Endpoints/dev-churn:*"]
    assert {name.rpartition(":")[2] for name in statements["ReadAlarms"]["Resource"]} == {
        alarm.inputs["name"] for alarm in made.of("MetricAlarm")
    }
    assert statements["UseInterfaces"]["Condition"]["ArnEquals"]["ec2:Subnet"][0].endswith("subnet/subnet-1")
    assert {sid for sid, each in statements.items() if each["Resource"] == ["*"]} == {"SignIn", "WriteMetrics", "LookAtNetwork"}
    assert all("*" not in action for each in statements.values() for action in each["Action"])
    (trust,) = json.loads(made.one("Role").inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "222222222222"}
    for model in made.of("Model"):
        assert made.one("RolePolicy").urn in model.dependencies


def test_an_update_goes_in_steps_and_back_by_itself(made: Recorder) -> None:
    config = made.one("Endpoint").inputs["deploymentConfig"]
    policy = config["blueGreenUpdatePolicy"]
    assert policy["trafficRoutingConfiguration"] == {
        "type": "CANARY",
        "canarySize": {"type": "INSTANCE_COUNT", "value": 1},
        "waitIntervalInSeconds": 600,
    }
    assert policy["terminationWaitInSeconds"] == 300
    alarms = {alarm["alarmName"] for alarm in config["autoRollbackConfiguration"]["alarms"]}
    assert alarms == {alarm.inputs["name"] for alarm in made.of("MetricAlarm")}
    assert len(alarms) == 4


def test_alarms_watch_what_is_promised_and_tell_somebody(made: Recorder) -> None:
    errors, latency = (made.named(f"churn-live-{role}").inputs for role in ("errors", "latency"))
    assert (errors["metricName"], errors["statistic"], errors["threshold"]) == ("Invocation5XXErrors", "Average", 0.01)
    assert (latency["metricName"], latency["extendedStatistic"], latency["threshold"]) == ("ModelLatency", "p99", 200_000)
    for alarm in (errors, latency):
        assert alarm["dimensions"] == {"EndpointName": "dev-churn", "VariantName": "live"}
        assert alarm["treatMissingData"] == "notBreaching"
        assert alarm["alarmActions"] == alarm["okActions"] == ["arn:aws:sns:eu-west-1:222222222222:alarms"]
        # What watches a step has to be able to go off while it lasts.
        assert alarm["period"] * alarm["evaluationPeriods"] <= 300


def test_instances_follow_their_targets(made: Recorder) -> None:
    target = made.named("churn-live-scaling").inputs
    assert (target["minCapacity"], target["maxCapacity"], target["resourceId"]) == (4, 10, "endpoint/dev-churn/variant/live")
    cpu, requests = (
        made.named(f"churn-live-{name}").inputs["targetTrackingScalingPolicyConfiguration"] for name in ("cpu", "requests_per_second")
    )
    assert (cpu["targetValue"], cpu["customizedMetricSpecification"]["metricName"]) == (60, "CPUUtilizationNormalized")
    assert (requests["targetValue"], requests["predefinedMetricSpecification"]["predefinedMetricType"]) == (
        1200,
        "SageMakerVariantInvocationsPerInstance",
    )
    begins, ends = (made.named(f"churn-live-{moment}-1").inputs for moment in ("begins", "ends"))
    assert (begins["schedule"], begins["timezone"]) == ("cron(0 8 ? * MON,TUE,WED,THU,FRI *)", "Europe/Berlin")
    assert (begins["scalableTargetAction"]["minCapacity"], ends["scalableTargetAction"]["minCapacity"]) == (6, 4)


def test_a_fixed_number_of_instances_is_not_scaled() -> None:
    recorder = run(lambda: SageMakerEndpoint("churn", args(max_replicas=4, schedules=[])))
    assert not [*recorder.of("Target"), *recorder.of("Policy"), *recorder.of("ScheduledAction")]


def test_disks_are_encrypted_with_the_key_where_they_are_not_the_instances_own(made: Recorder) -> None:
    assert made.one("EndpointConfiguration").inputs["kmsKeyArn"] == KEY
    recorder = run(lambda: SageMakerEndpoint("churn", args(instance_type="ml.g5.xlarge")))
    assert "kmsKeyArn" not in recorder.one("EndpointConfiguration").inputs


def test_payloads_are_kept_where_that_is_asked_for(made: Recorder) -> None:
    assert "dataCaptureConfig" not in made.one("EndpointConfiguration").inputs
    capture = {"bucket": "payloads", "prefix": "churn", "key_arn": KEY, "percent": 5}
    recorder = run(lambda: SageMakerEndpoint("churn", args(capture=capture)))
    config = recorder.one("EndpointConfiguration").inputs["dataCaptureConfig"]
    assert (config["enableCapture"], config["initialSamplingPercentage"], config["destinationS3Uri"]) == (True, 5, "s3://payloads/churn")
    assert [option["captureMode"] for option in config["captureOptions"]] == ["Input", "Output"]
    statements = {each["Sid"]: each for each in json.loads(recorder.one("RolePolicy").inputs["policy"])["Statement"]}
    assert statements["KeepPayloads"]["Resource"] == ["arn:aws:s3:::payloads/churn/*"]


def test_what_was_replaced_stays_where_that_is_asked_for(made: Recorder) -> None:
    assert not any(resource.retained for resource in made.resources)
    recorder = run(lambda: SageMakerEndpoint("churn", args(keep_replaced=True)))
    kept = {resource.type.rpartition(":")[2] for resource in recorder.resources if resource.retained}
    assert kept == {"Model", "EndpointConfiguration"}


def test_weights_are_100_together() -> None:
    with pytest.raises(Exception, match="have to be 100 together, and are 90"):
        run(lambda: SageMakerEndpoint("churn", args({LIVE: version("live", 90)})))


def test_a_shadow_beside_two_versions_is_refused() -> None:
    versions = {LIVE: version("live", 90), CANARY: version("canary", 10), "3": version("shadow", 0, mirror=5)}
    with pytest.raises(Exception, match="only where one version answers all, and 2 do"):
        run(lambda: SageMakerEndpoint("churn", args(versions)))
