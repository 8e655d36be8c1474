import json
from typing import Any

import kubernetes_validate
import pulumi
import pytest
import yaml

from components._prometheus_operator import dcgm
from components.cluster._auto_mode import Pool, node_pool
from components.cluster.support import AutoscalerArgs, ModelSupport
from stacks.arguments import model_support
from stacks.arguments.endpoint import PRIORITIES
from tests.components.test_cluster import eks
from tests.support.engine import Recorder, run
from tests.support.environments import environment


def make(name: str, opts: pulumi.ResourceOptions | None = None) -> ModelSupport:
    scaler = AutoscalerArgs(cluster_name="dev-main", region="eu-west-1", version="1.35")
    return ModelSupport(name, {"priorities": True, "keda": True, "gpus": True, "gpu_metrics": True, "autoscaler": scaler}, opts)


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


def test_every_node_with_gpus_offers_them_once(made: Recorder) -> None:
    values = made.named("main-nvidia-device-plugin").inputs["values"]
    assert values["tolerations"] == [{"operator": "Exists"}], "pools have taints of their own"
    (term,) = values["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    asked = {one["key"]: (one["operator"], one["values"]) for one in term["matchExpressions"]}
    assert asked.pop("eks.amazonaws.com/compute-type") == ("NotIn", ["auto"]), "Auto Mode's have a plugin already"
    labels = run(lambda: eks("main")).named("main-gpu").inputs["labels"]
    assert {key: ("In", [labels[key]]) for key in asked} == asked


def test_the_autoscaler_reads_what_its_version_asks_for(made: Recorder) -> None:
    role, binding = made.one("ClusterRole").inputs, made.one("ClusterRoleBinding").inputs
    reads = {(rule["apiGroups"][0], one) for rule in role["rules"] for one in rule["resources"]}
    devices = {("resource.k8s.io", one) for one in ("deviceclasses", "resourceclaims", "resourceslices")}
    assert reads == {*devices, ("storage.k8s.io", "volumeattachments")}
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list", "watch"}
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    release = made.named("main-cluster-autoscaler").inputs
    (account,) = binding["subjects"]
    assert account["name"] == release["values"]["rbac"]["serviceAccount"]["name"]
    assert account["namespace"] == release["namespace"]
    for found in (role, binding):
        kubernetes_validate.validate(found, "1.35", strict=True)


def test_every_node_with_gpus_tells_of_them_where_the_monitoring_looks(made: Recorder) -> None:
    release = made.named("main-dcgm-exporter").inputs
    values = release["values"]
    # The chart gives its objects its own name as `app.kubernetes.io/name`, and its Service a port `metrics`.
    watched = dcgm()
    assert watched["selector"] == {"matchLabels": {"app.kubernetes.io/name": release["chart"]}}
    assert values["serviceMonitor"] == {"enabled": False}, "it would be read twice"
    groups = run(lambda: eks("main"))
    assert values["nodeSelector"].items() <= groups.named("main-gpu").inputs["labels"].items()
    ours: Any = node_pool("gpu", "gpu", Pool(["g6.xlarge"], 1, gpu=True))
    assert values["nodeSelector"].items() <= ours["spec"]["template"]["metadata"]["labels"].items()
    assert values["tolerations"] == [{"operator": "Exists"}]


@pytest.mark.parametrize(("name", "plugin"), [("everything", True), ("managed", False)])
def test_auto_mode_brings_the_plugin_and_no_metrics(name: str, plugin: bool) -> None:
    made = model_support(environment(name), "main")
    assert made["gpu_metrics"] is True
    assert made.get("gpus", False) is plugin


def test_the_autoscaler_is_of_the_clusters_version_and_runs_as_who_may_scale(made: Recorder) -> None:
    values = made.named("main-cluster-autoscaler").inputs["values"]
    assert (values["autoDiscovery"]["clusterName"], values["image"]["tag"]) == ("dev-main", "v1.35.0")
    cluster = run(lambda: eks("main"))
    (identity,) = [one for one in cluster.of("PodIdentityAssociation") if one.inputs["roleArn"].endswith("main-cluster-autoscaler")]
    assert identity.inputs["serviceAccount"] == values["rbac"]["serviceAccount"]["name"]
    policy = json.loads(cluster.one("RolePolicy").inputs["policy"])
    (changing,) = [statement for statement in policy["Statement"] if "autoscaling:SetDesiredCapacity" in statement["Action"]]
    assert changing["Condition"] == {"StringEquals": {"aws:ResourceTag/k8s.io/cluster-autoscaler/dev-main": "owned"}}
