"""A model that an environment serves on SageMaker, under mocks: in one stack or two, in a network or without, with payloads kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.endpoint import _variants as variants
from components.endpoint._variants import Rollout, step_size
from modelway.architecture import Endpoint, Environment, load
from modelway.architecture.layout import endpoint_resources
from modelway.architecture.sagemaker import LONGEST_WAITS
from modelway.rules.iam import judge
from modelway.rules.iam_documents import documents_of
from modelway.rules.verdicts import NotApplicable, Passed
from stacks.compose import Parts, compose, place
from tests.support.engine import Recorder, run

ENVIRONMENTS = Path(__file__).resolve().parents[2] / "stacks" / "environments"
MODEL = "tumor-screening"


def described(name: str = "dev", layout: str = "split", **endpoint: Any) -> Environment:
    """A committed environment whose model serves on SageMaker."""
    whole = load(ENVIRONMENTS, name).model_dump()
    model = whole["models"][MODEL]
    runtime = {"kind": "sagemaker", "instance_type": "ml.m7i.large", "rollout": {"kind": "linear", "percent": 50}}
    model["endpoint"] |= {"resources": None, "runtime": runtime, **endpoint}
    # They name resources of the stacks that the environment has as it is.
    whole["governance"]["exceptions"] = ()
    return Environment.model_validate(whole | {"layout": layout})


def program(environment: Environment, parts: Parts | None = None) -> Callable[[], None]:
    def exported() -> None:
        placed, there = place(pulumi.get_stack(), [environment.environment], lambda _: environment)
        for name, value in compose(placed, parts or there).items():
            pulumi.export(name, value)

    return exported


@pytest.fixture(scope="module")
def platform() -> Recorder:
    return run(program(described()), stack="dev")


@pytest.fixture(scope="module")
def models(platform: Recorder) -> Recorder:
    return run(program(described()), stack="dev-models", references={"organization/modelway/dev": platform.exports})


def test_the_model_is_on_sagemaker_and_the_other_is_not(models: Recorder) -> None:
    assert [resource.name for resource in models.of("SageMakerEndpoint")] == [MODEL]
    assert [resource.name for resource in models.of("KubernetesEndpoint")] == ["co2-forecast"]
    assert not [resource for resource in models.resources if resource.type.startswith("kubernetes:") and MODEL in resource.name]


def test_consumers_learn_how_it_is_called(models: Recorder) -> None:
    endpoint = models.exports["endpoints"][MODEL]
    assert (endpoint["runtime"], endpoint["endpoint"]) == ("sagemaker", f"dev-{MODEL}")
    assert endpoint["versions"] == {"2026.10.0": 100}
    assert endpoint["variants"] == {"2026.10.0": "live"}
    assert endpoint["configuration"].startswith(f"{MODEL}-config-")


def test_instances_are_where_the_cluster_is(platform: Recorder, models: Recorder) -> None:
    (model,) = models.of("Model")
    assert model.inputs["vpcConfig"]["subnets"] == platform.exports["network"]["private_subnets"]
    assert models.one("SecurityGroup").inputs["vpcId"] == platform.exports["network"]["vpc_id"]


def test_alarms_tell_the_topic_of_the_environment(platform: Recorder, models: Recorder) -> None:
    assert platform.one("Topic").inputs["name"] == "dev-alarms"
    for alarm in models.of("MetricAlarm"):
        assert alarm.inputs["alarmActions"] == [platform.exports["alarms"]]


def test_alarms_tell_topics_that_receive_alerts_anyway() -> None:
    own, teams = (f"arn:aws:sns:eu-west-1:222222222222:{name}" for name in ("tickets", "oncology"))
    alerts = {
        "severities": {"ticket": {"kind": "sns", "topic": own}, "page": {"kind": "sns", "topic": own}},
        "teams": {"oncology": {"page": {"kind": "sns", "topic": teams}}},
    }
    whole = described(layout="single").model_dump()
    environment = Environment.model_validate(whole | {"monitoring": {"alerts": alerts}})
    recorder = run(program(environment), stack="dev")
    assert recorder.of("MetricAlarm")[0].inputs["alarmActions"][1:] == sorted([own, teams])


def test_one_stack_or_two_are_the_same_resources(platform: Recorder, models: Recorder) -> None:
    def made(recorder: Recorder) -> set[str]:
        return {resource.urn.partition("::modelway::")[2] for resource in recorder.resources if not resource.type.startswith("pulumi:")}

    whole = run(program(described(), Parts.PLATFORM | Parts.MODELS), stack="dev")
    assert made(whole) == made(platform) | made(models)


def test_an_environment_without_sagemaker_has_no_topic() -> None:
    recorder = run(program(load(ENVIRONMENTS, "local")), stack="local")
    assert not recorder.of("Topic")
    assert "alarms" not in recorder.exports


def test_an_environment_without_a_network_serves_outside_of_one() -> None:
    recorder = run(program(described("local", "single")), stack="local")
    assert all("vpcConfig" not in model.inputs and model.inputs["enableNetworkIsolation"] for model in recorder.of("Model"))


def test_a_canary_has_a_variant_of_its_own_and_keeps_it_from_version_to_version() -> None:
    traffic = {"live": "2026.10.0", "canary": {"version": "2026.11.0", "percent": 10}}
    recorder = run(program(described(layout="single", traffic=traffic)), stack="dev")
    names = {variant["variantName"]: variant["modelName"] for variant in recorder.one("EndpointConfiguration").inputs["productionVariants"]}
    after = run(program(described(layout="single", traffic={"live": "2026.11.0"})), stack="dev")
    (live,) = after.one("EndpointConfiguration").inputs["productionVariants"]
    assert set(names) == {"live", "canary"}
    assert (live["variantName"], live["modelName"]) == ("live", names["canary"])


def test_payloads_are_kept_in_a_bucket_of_the_models(models: Recorder) -> None:
    signature = load(ENVIRONMENTS, "dev").contracts["examples/tumor-screening/contract.yaml"].signature
    fields = tuple(tensor.name for tensor in (*signature.inputs, *signature.outputs))
    kept = {"sample": "5%", "fields": fields, "retention": "30d"}
    recorder = run(program(described(layout="single", payload_logging=kept)), stack="dev")
    capture = recorder.one("EndpointConfiguration").inputs["dataCaptureConfig"]
    assert capture["initialSamplingPercentage"] == 5
    assert capture["destinationS3Uri"].endswith("/captured")
    assert recorder.of("PayloadStore")
    assert not models.of("PayloadStore")


def test_it_begins_with_as_many_instances_as_are_said_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = described("dev", "single", scaling={"min": 2, "max": 8, "target": {"cpu": "60%"}})
    monkeypatch.setenv("MODELWAY_INSTANCES", f'{{"dev-{MODEL}": 5, "dev-another": 3}}')
    (variant,) = run(program(environment), stack="dev").one("EndpointConfiguration").inputs["productionVariants"]
    assert variant["initialInstanceCount"] == 5
    monkeypatch.delenv("MODELWAY_INSTANCES")
    (variant,) = run(program(environment), stack="dev").one("EndpointConfiguration").inputs["productionVariants"]
    assert variant["initialInstanceCount"] == 2


def test_production_keeps_what_was_replaced() -> None:
    recorder = run(program(described("staging", "single")), stack="staging")
    assert all(resource.retained for resource in (*recorder.of("Model"), recorder.one("EndpointConfiguration")))


@pytest.mark.parametrize("instances", range(2, 60))
@pytest.mark.parametrize("percent", [10, 17, 25, 50])
def test_the_longest_update_is_counted_as_it_is_made(instances: int, percent: int) -> None:
    """The rule of the architecture and the component step by the same number of instances."""
    assert variants.LONGEST_WAITS == LONGEST_WAITS
    step = step_size(Rollout("linear", percent, 300, 300), instances)
    waits = (-(-instances // step) - 1) * 300 + 300
    scaling = {"min": instances, "max": 100, "target": {"cpu": "60%"}}
    runtime = {"kind": "sagemaker", "instance_type": "ml.m7i.large", "rollout": {"kind": "linear", "percent": percent}}
    slo = {"latency_p99": "200ms", "availability": "99.9%", "error_rate": "1%"}
    endpoint = {"runtime": runtime, "scaling": scaling, "traffic": {"live": "1"}, "slo": slo}
    if waits > LONGEST_WAITS:
        with pytest.raises(ValueError, match="steps that wait"):
            Endpoint.model_validate(endpoint)
    else:
        assert Endpoint.model_validate(endpoint)


def test_the_estimate_is_what_is_made(models: Recorder) -> None:
    made = [resource for resource in models.resources if "modelway:index:SageMakerEndpoint" in resource.urn]
    assert endpoint_resources(described().models[MODEL], on_eks=True) == len(made)


def test_every_document_names_what_it_grants(platform: Recorder, models: Recorder) -> None:
    told, documents = [], 0
    for resource in (*platform.resources, *models.resources):
        for carried in documents_of(resource.type, resource.inputs):
            for one in judge(carried.document, carried.kind, ()):
                documents += 1
                if not isinstance(one.verdict, Passed | NotApplicable):
                    told.append(f"{resource.name} {carried.path}: {one}")
    assert documents > 20
    assert not told, "\n".join(told)
