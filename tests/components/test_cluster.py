import json

import pulumi
import pytest

from components.cluster.eks import AccessArgs, EksCluster, EksClusterArgs, NodePoolArgs
from components.cluster.existing import ExistingCluster, ExistingClusterArgs
from components.cluster.tenancy import GatewayArgs, Tenancy, TenancyArgs
from tests.support.engine import Recorder, run

GATEWAY = GatewayArgs(name="models", namespace="gateway-system", gateway_class="envoy")


def eks_args(**changed: object) -> EksClusterArgs:
    args = EksClusterArgs(
        cluster_name="dev-main",
        account="222222222222",
        version="1.35",
        subnet_ids=["subnet-a", "subnet-b"],
        node_subnet_ids=["subnet-c", "subnet-d"],
        node_pools={
            "general": NodePoolArgs(instance_types=["m7i.large"], min=2, max=4),
            "gpu": NodePoolArgs(instance_types=["g6.xlarge"], min=1, max=2, gpu=True),
        },
        access={"deployer": AccessArgs(principal="arn:aws:iam::222222222222:role/deployer", policy="AmazonEKSClusterAdminPolicy")},
    )
    return EksClusterArgs(**{**args, **changed})  # type: ignore[typeddict-item]


def eks(name: str, opts: pulumi.ResourceOptions | None = None) -> EksCluster:
    return EksCluster(name, eks_args(), opts)


def tenancy(name: str, opts: pulumi.ResourceOptions | None = None) -> Tenancy:
    return Tenancy(name, TenancyArgs(teams=["risk", "climate"], gateway=GATEWAY), opts)


def existing(name: str, opts: pulumi.ResourceOptions | None = None) -> ExistingCluster:
    return ExistingCluster(name, ExistingClusterArgs(context="laptop", teams=["risk"], gateway=GATEWAY), opts)


@pytest.mark.parametrize(
    ("make", "kind"), [(eks, EksCluster), (tenancy, Tenancy), (existing, ExistingCluster)], ids=["eks", "tenancy", "existing"]
)
def test_contract(contract, make, kind) -> None:
    held = contract(make)
    held.tree(f"cluster-{make.__name__}")
    held.outputs(kind)
    held.instances()
    held.options()


@pytest.fixture(scope="module")
def made() -> Recorder:
    return run(lambda: eks("main"))


def test_the_api_server_is_private_unless_asked_otherwise(made: Recorder) -> None:
    assert made.one("Cluster").inputs["vpcConfig"] == {
        "subnetIds": ["subnet-a", "subnet-b"],
        "endpointPrivateAccess": True,
        "endpointPublicAccess": False,
    }
    public = run(lambda: EksCluster("main", eks_args(public_access=True, public_access_cidrs=["192.0.2.0/24"])))
    assert public.one("Cluster").inputs["vpcConfig"]["endpointPublicAccess"] is True
    assert public.one("Cluster").inputs["vpcConfig"]["publicAccessCidrs"] == ["192.0.2.0/24"]


def test_only_access_entries_let_in(made: Recorder) -> None:
    cluster = made.one("Cluster").inputs
    assert cluster["accessConfig"] == {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}
    assert [entry.inputs["principalArn"] for entry in made.of("AccessEntry")] == ["arn:aws:iam::222222222222:role/deployer"]


def test_secrets_have_a_key_of_their_own_and_logs_an_end(made: Recorder) -> None:
    cluster = made.one("Cluster").inputs
    assert cluster["encryptionConfig"]["provider"]["keyArn"].endswith("key/main-secrets")
    assert made.one("Key").inputs["enableKeyRotation"] is True
    assert len(cluster["enabledClusterLogTypes"]) == 5
    assert made.one("LogGroup").inputs == {"name": "/aws/eks/dev-main/cluster", "retentionInDays": 90} | {
        key: value for key, value in made.one("LogGroup").inputs.items() if key not in ("name", "retentionInDays")
    }


def test_network_policies_are_held_and_nodes_wait_for_their_add_ons(made: Recorder) -> None:
    assert json.loads(made.named("main-vpc-cni").inputs["configurationValues"]) == {"enableNetworkPolicy": "true"}
    nodes = made.named("main-general")
    for addon in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent"):
        assert made.named(f"main-{addon}").urn in nodes.dependencies
    assert nodes.urn in made.named("main-coredns").dependencies


def test_gpu_nodes_have_drivers_and_keep_others_off(made: Recorder) -> None:
    gpu = made.named("main-gpu").inputs
    assert gpu["amiType"] == "AL2023_x86_64_NVIDIA"
    assert gpu["taints"] == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}]
    assert "taints" not in made.named("main-general").inputs


def test_teams_are_restricted_and_cut_off() -> None:
    recorder = run(lambda: tenancy("main"))
    for team in ("risk", "climate"):
        labels = recorder.named(f"main-{team}-namespace").inputs["metadata"]["labels"]
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
        spec = recorder.named(f"main-{team}-default-deny").inputs["spec"]
        assert spec["podSelector"] == {}
        assert spec["policyTypes"] == ["Ingress", "Egress"]
        assert "ingress" not in spec
        assert [port["port"] for rule in spec["egress"] for port in rule["ports"]] == [53, 53]


def test_a_gateway_that_is_there_is_left_alone() -> None:
    args = TenancyArgs(teams=[], gateway=GatewayArgs(name="shared", namespace="edge"))
    recorder = run(lambda: Tenancy("main", args))
    assert not recorder.manifests()
    assert recorder.one("Tenancy").outputs == {"namespaces": {}, "gateway_name": "shared", "gateway_namespace": "edge"}
