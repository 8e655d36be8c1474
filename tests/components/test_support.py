import json

import kubernetes_validate
import pulumi
import pytest
import yaml

from components.cluster.support import AutoscalerArgs, ModelSupport
from stacks.arguments.endpoint import PRIORITIES
from tests.components.test_cluster import eks
from tests.support.engine import Recorder, run


def make(name: str, opts: pulumi.ResourceOptions | None = None) -> ModelSupport:
    scaler = AutoscalerArgs(cluster_name="dev-main", region="eu-west-1", version="1.35")
    return ModelSupport(name, {"priorities": True, "keda": True, "gpus": True, "autoscaler": scaler}, opts)


def test_contract(contract) -> None:
    held = contract(make)
    held.tree("cluster-support")
    held.outputs(ModelSupport)
    held.instances()
    held.options()


@pytest.fixture(scope="module")
def made() -> Recorder:
    return run(lambda: make("main"))


def test_low_gives_way_to_what_says_nothing_and_that_to_high(made: Recorder) -> None:
    values = {found.inputs["metadata"]["name"]: found.inputs["value"] for found in made.of("PriorityClass")}
    assert values[PRIORITIES["low"]] < 0 < values[PRIORITIES["high"]]
    for found in made.of("PriorityClass"):
        kubernetes_validate.validate(found.inputs, "1.35", strict=True)


def test_keda_is_one_version_in_a_namespace_of_its_own(made: Recorder) -> None:
    release = made.named("main-keda").inputs
    assert release["namespace"] == made.one("Namespace").inputs["metadata"]["name"] == "keda"
    assert release["version"].count(".") == 2


def test_only_what_is_asked_for_is_made() -> None:
    assert not run(lambda: ModelSupport("main", {"priorities": True})).of("Release")
    assert not run(lambda: ModelSupport("main", {"keda": True})).of("PriorityClass")


def test_gpus_are_whole_unless_a_pool_says_otherwise(made: Recorder) -> None:
    config = made.named("main-nvidia-device-plugin").inputs["values"]["config"]
    assert config["default"] == "whole"
    found = {name: yaml.safe_load(text) for name, text in config["map"].items()}
    assert "sharing" not in found["whole"]
    assert found["shared"]["sharing"]["timeSlicing"]["renameByDefault"] is True
    assert found["divided"]["flags"] == {"migStrategy": "mixed"}


def test_the_autoscaler_is_of_the_clusters_version_and_runs_as_who_may_scale(made: Recorder) -> None:
    values = made.named("main-cluster-autoscaler").inputs["values"]
    assert (values["autoDiscovery"]["clusterName"], values["image"]["tag"]) == ("dev-main", "v1.35.0")
    cluster = run(lambda: eks("main"))
    (identity,) = [one for one in cluster.of("PodIdentityAssociation") if one.inputs["roleArn"].endswith("main-cluster-autoscaler")]
    assert identity.inputs["serviceAccount"] == values["rbac"]["serviceAccount"]["name"]
    policy = json.loads(cluster.one("RolePolicy").inputs["policy"])
    (changing,) = [statement for statement in policy["Statement"] if "autoscaling:SetDesiredCapacity" in statement["Action"]]
    assert changing["Condition"] == {"StringEquals": {"aws:ResourceTag/k8s.io/cluster-autoscaler/dev-main": "owned"}}
