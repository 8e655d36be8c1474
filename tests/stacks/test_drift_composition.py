"""Who looks for drift in an environment: what the job is told, where its metrics go, and nothing where nobody looks."""

import json
from functools import cache
from typing import Any

import pytest

from modelway.monitoring.drift.watched import EventBridgeTold, Watched, WebhookTold, read
from modelway.monitoring.places import results_address
from tests.support.engine import Recorder, Registered
from tests.support.environments import FOLDERS, composed, environment


@cache
def made(name: str) -> dict[str, Recorder]:
    return composed(name)


def resources(name: str, ending: str) -> list[Registered]:
    return [one for recorder in made(name).values() for one in recorder.resources if one.type.endswith(ending)]


def told(name: str, model: str) -> Watched:
    """What the job of a model is told, in a ConfigMap or an object."""
    (held,) = [one for one in resources(name, "") if one.name == f"{model}-drift-watched"]
    content = held.inputs["data"]["watched.json"] if "data" in held.inputs else held.inputs["content"]
    return read(content.encode(), held.name)


@pytest.mark.parametrize("name", sorted(set(FOLDERS) - {"everything", "managed"}))
def test_where_nobody_looks_nothing_is_made(name: str) -> None:
    assert not [one.name for one in resources(name, "") if "Drift" in one.type or "drift" in one.name]
    for release in resources(name, ":Release"):
        assert "enableRemoteWriteReceiver" not in json.dumps(release.inputs, default=str)


def test_the_job_in_a_cluster_is_told_where_everything_is() -> None:
    described = environment("everything")
    found = told("everything", "screening")
    assert found.payloads == "s3://acme-everything-models-888888888888-payloads-screening/"
    assert found.results == results_address(described, "screening") == "s3://acme-everything-models-888888888888-drift/screening/"
    assert {one.version: one.baseline for one in found.versions} == {
        "2026.10.0": "s3://acme-everything-models-888888888888/screening/2026.10.0/baseline.json",
        "2026.11.0": "s3://acme-everything-models-888888888888/screening/2026.11.0/baseline.json",
        "2026.12.0": "s3://acme-baselines/screening/2026.12.0.json",
    }


def test_every_copy_of_prometheus_is_written_to_and_takes_it() -> None:
    exported = told("everything", "screening").exported
    addresses = [exported.remote_write, *exported.remote_write_copies]
    releases = [one for one in resources("everything", ":Release") if one.name == "main-prometheus-operator"]
    (values,) = [one.inputs["values"] for one in releases]
    prometheus = values["prometheus"]["prometheusSpec"]
    assert prometheus["enableRemoteWriteReceiver"]
    named = f"prometheus-{values['fullnameOverride']}-prometheus"
    assert addresses == [
        f"http://{named}-{number}.prometheus-operated.watching.svc:9090/api/v1/write" for number in range(int(prometheus["replicas"]))
    ]
    # No model that is looked at serves in the other cluster.
    others = [one for one in resources("everything", ":Release") if one.name == "edge-prometheus-operator"]
    assert not [one for one in others if "enableRemoteWriteReceiver" in one.inputs["values"]["prometheus"]["prometheusSpec"]]


def test_who_is_told_by_a_secret_has_its_variable_in_the_pod() -> None:
    names = [
        one.url if isinstance(one, WebhookTold) else one.token
        for one in told("everything", "screening").told
        if not isinstance(one, EventBridgeTold)
    ]
    (job,) = resources("everything", ":CronJob")
    pod: dict[str, Any] = job.inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert [one["name"] for one in pod["containers"][0]["env"] if "valueFrom" in one] == sorted(names)
    (hidden,) = [one for one in resources("everything", ":Secret") if one.name == "screening-drift-told"]
    assert sorted(hidden.inputs["stringData"]) == sorted(names)


@pytest.mark.parametrize("model", ["pricing", "ranking"])
def test_amazons_workspace_is_written_to_with_a_signature(model: str) -> None:
    exported = told("managed", model).exported
    assert exported.remote_write == "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/metrics-workspace-id/api/v1/remote_write"
    assert (exported.region, exported.remote_write_copies) == ("eu-west-1", ())


def test_on_sagemaker_what_was_captured_of_the_endpoint_is_read() -> None:
    found = told("managed", "ranking")
    assert found.format == "sagemaker"
    (configuration,) = [one for one in resources("managed", ":EndpointConfiguration") if one.name == "ranking-config"]
    (endpoint,) = resources("managed", ":Endpoint")
    captured = configuration.inputs["dataCaptureConfig"]["destinationS3Uri"]
    assert found.payloads == f"{captured}/{endpoint.inputs['name']}/"
    assert {one.version: one.variant for one in found.versions} == {"1": "live", "2": "shadow"}


def test_stacks_of_models_find_the_bucket_of_results() -> None:
    recorders = made("managed")
    assert recorders["managed"].exports["drift"] == {"bucket": "acme-managed-models-999999999999-drift"}
    exported = recorders["managed-models-vision"].exports["endpoints"]["ranking"]["drift"]
    assert exported == {"job": "managed-ranking-drift", "results": "s3://acme-managed-models-999999999999-drift/ranking/"}
