"""Pools that EKS Auto Mode makes, and how many nodes of any pool may be missing."""

from typing import Any

import pulumi
import pytest

from components.cluster.auto_nodes import AutoNodes, AutoNodesArgs, AutoPoolArgs, AutoTaintArgs
from components.cluster.eks import EksCluster
from components.cluster.nodes import NodePoolArgs
from modelway.architecture import EksCluster as Described
from modelway.architecture.nodes import AutoMode, NodePool
from stacks.arguments import auto_nodes
from tests.components.test_cluster import auto, eks, eks_args
from tests.support.engine import Recorder, run
from tests.support.environments import environment

POOLS = {
    "general": AutoPoolArgs(instance_types=["m7i.large", "m7i.xlarge"], max_nodes=10, max_cpus=40, max_unavailable="20%"),
    "batch": AutoPoolArgs(
        instance_types=["c7i.large"],
        max_nodes=3,
        spot=True,
        labels={"example.com/purpose": "batch"},
        taints=[AutoTaintArgs(key="example.com/batch", value="", effect="NoSchedule")],
        disk_gib=200,
    ),
    "gpu": AutoPoolArgs(instance_types=["g6.xlarge"], max_nodes=2, gpu=True),
}


def make(name: str, opts: pulumi.ResourceOptions | None = None) -> AutoNodes:
    args = AutoNodesArgs(
        role=pulumi.Output.from_input("nodes"),
        security_group_id=pulumi.Output.from_input("sg-cluster"),
        subnet_ids=pulumi.Output.from_input(["subnet-a", "subnet-b"]),
        pools=POOLS,
    )
    return AutoNodes(name, args, opts)


def test_contract(contract) -> None:
    held = contract(make)
    held.tree("cluster-auto-nodes")
    held.outputs(AutoNodes)
    held.instances()
    held.options()


@pytest.fixture(scope="module")
def made() -> Recorder:
    return run(lambda: make("main"))


def spec(made: Recorder, name: str) -> dict[str, Any]:
    found: dict[str, Any] = made.named(name).inputs["spec"]
    return found


def asked(pool: dict[str, Any]) -> dict[str, list[str]]:
    return {one["key"]: one["values"] for one in pool["template"]["spec"]["requirements"]}


def test_nodes_stand_where_the_cluster_is_and_join_as_whom_it_lets_in(made: Recorder) -> None:
    assert spec(made, "main-general-class") == {
        "role": "nodes",
        "subnetSelectorTerms": [{"id": "subnet-a"}, {"id": "subnet-b"}],
        "securityGroupSelectorTerms": [{"id": "sg-cluster"}],
    }
    assert spec(made, "main-batch-class")["ephemeralStorage"] == {"size": "200Gi"}
    for name in POOLS:
        reference = spec(made, f"main-{name}-pool")["template"]["spec"]["nodeClassRef"]
        assert reference == {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": name}
        assert made.named(f"main-{name}-class").urn in made.named(f"main-{name}-pool").dependencies


def test_nodes_are_of_the_kind_that_was_asked_for(made: Recorder) -> None:
    general, batch = spec(made, "main-general-pool"), spec(made, "main-batch-pool")
    assert asked(general)["node.kubernetes.io/instance-type"] == ["m7i.large", "m7i.xlarge"]
    assert asked(general)["karpenter.sh/capacity-type"] == ["on-demand"]
    assert asked(general)["kubernetes.io/arch"] == ["amd64"]
    assert "taints" not in general["template"]["spec"]
    assert asked(batch)["karpenter.sh/capacity-type"] == ["spot"]
    assert batch["template"]["metadata"]["labels"] == {"example.com/purpose": "batch", "modelway.dev/pool": "batch"}
    assert batch["template"]["spec"]["taints"] == [{"key": "example.com/batch", "effect": "NoSchedule"}]


def test_a_pool_has_an_end_and_its_nodes_too(made: Recorder) -> None:
    assert spec(made, "main-general-pool")["limits"] == {"nodes": "10", "cpu": "40"}
    assert spec(made, "main-gpu-pool")["limits"] == {"nodes": "2"}
    for name in POOLS:
        node = spec(made, f"main-{name}-pool")["template"]["spec"]
        hours = int(node["expireAfter"].removesuffix("h")) + int(node["terminationGracePeriod"].removesuffix("h"))
        assert hours <= 21 * 24, "what EKS allows"


def test_no_more_nodes_go_at_once_than_may_be_missing(made: Recorder) -> None:
    assert spec(made, "main-general-pool")["disruption"]["budgets"] == [{"nodes": "20%"}]
    assert spec(made, "main-batch-pool")["disruption"]["budgets"] == [{"nodes": "1"}]


def test_nodes_with_gpus_keep_others_off_and_go_when_empty(made: Recorder) -> None:
    gpu = spec(made, "main-gpu-pool")
    assert gpu["template"]["spec"]["taints"] == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]
    assert gpu["template"]["metadata"]["labels"]["nvidia.com/gpu.present"] == "true"
    assert gpu["disruption"]["consolidationPolicy"] == "WhenEmpty"
    assert spec(made, "main-general-pool")["disruption"]["consolidationPolicy"] == "WhenEmptyOrUnderutilized"


def test_the_cluster_tells_which_role_its_auto_mode_lets_in() -> None:
    recorder = run(lambda: pulumi.export("role", auto("main").auto_node_role))
    assert recorder.exports["role"] == recorder.one("Cluster").inputs["computeConfig"]["nodeRoleArn"].rpartition("/")[2]
    assert run(lambda: pulumi.export("role", eks("main").auto_node_role)).exports["role"] == ""


class TestArguments:
    def made(self, pools: dict[str, NodePool]) -> dict[str, Any] | None:
        known = environment("managed").clusters["main"]
        assert isinstance(known, Described)
        described = known.model_copy(update={"auto_mode": AutoMode(), "node_pools": pools})
        found = auto_nodes(described, role="", security_group_id="", subnet_ids=[])
        return None if found is None else dict(found["pools"])

    def test_managed_groups_are_not_among_them(self) -> None:
        assert self.made({"general": NodePool(instance_types=("m7i.large",), min=1, max=2)}) is None

    def test_processors_are_bounded_where_the_types_say_how_many(self) -> None:
        made = self.made({"general": NodePool(instance_types=("m7i.large", "m7i.2xlarge"), min=0, max=5, made_by="auto_mode")})
        assert made is not None
        assert (made["general"]["max_nodes"], made["general"]["max_cpus"]) == (5, 40)
        made = self.made({"gpu": NodePool(instance_types=("g6.xlarge",), min=0, max=5, gpu=True, made_by="auto_mode")})
        assert made is not None
        assert (made["gpu"]["max_nodes"], made["gpu"]["max_cpus"]) == (5, 20)
        made = self.made({"odd": NodePool(instance_types=("m7i.large", "t3.large"), min=0, max=5, made_by="auto_mode")})
        assert made is not None
        assert "max_cpus" not in made["odd"]


@pytest.mark.parametrize(
    ("given", "update"),
    [
        ({}, {"maxUnavailable": 1}),
        ({"max_unavailable": 3}, {"maxUnavailable": 3}),
        ({"max_unavailable": 25, "max_unavailable_is_share": True}, {"maxUnavailablePercentage": 25}),
    ],
)
def test_a_managed_group_replaces_as_many_nodes_at_once_as_may_be_missing(given: dict[str, Any], update: dict[str, int]) -> None:
    pool = NodePoolArgs(instance_types=["m7i.large"], min=1, max=9, **given)
    group = run(lambda: EksCluster("main", eks_args(node_pools={"general": pool}))).one("NodeGroup")
    assert group.inputs["updateConfig"] == update
