import json
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.cluster._envoy import VERSION, service
from components.cluster._sizes import Size, asked
from components.cluster.eks import AccessArgs, EksCluster, EksClusterArgs
from components.cluster.envoy import EnvoyGatewayArgs
from components.cluster.existing import ExistingCluster, ExistingClusterArgs
from components.cluster.nodes import NodePoolArgs, TaintArgs
from components.cluster.tenancy import GatewayArgs, QuotaArgs, Tenancy, TenancyArgs, TlsArgs
from tests.support.engine import ANSWERS, Recorder, Registered, run
from toolchain.pins import GO, pinned

GATEWAY = GatewayArgs(name="models", namespace="gateway-system", gateway_class="envoy")


def eks_args(**changed: object) -> EksClusterArgs:
    args = EksClusterArgs(
        cluster_name="dev-main",
        account="222222222222",
        region="eu-west-1",
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


def auto(name: str, opts: pulumi.ResourceOptions | None = None) -> EksCluster:
    return EksCluster(name, eks_args(node_pools={}, auto_mode_pools=["general-purpose", "system"], service_cidr="172.20.0.0/16"), opts)


def tenancy(name: str, opts: pulumi.ResourceOptions | None = None) -> Tenancy:
    return Tenancy(name, TenancyArgs(teams=["risk", "climate"], gateway=GATEWAY), opts)


def installed(name: str, opts: pulumi.ResourceOptions | None = None) -> Tenancy:
    envoy = EnvoyGatewayArgs(gateway_class="our-envoy")
    gateway = GatewayArgs(name="models", namespace="gateway-system", gateway_class="our-envoy", envoy=envoy)
    return Tenancy(name, TenancyArgs(teams=["risk"], gateway=gateway), opts)


def existing(name: str, opts: pulumi.ResourceOptions | None = None) -> ExistingCluster:
    return ExistingCluster(name, ExistingClusterArgs(context="laptop", teams=["risk"], gateway=GATEWAY), opts)


@pytest.mark.parametrize(
    ("make", "kind"),
    [(eks, EksCluster), (auto, EksCluster), (tenancy, Tenancy), (installed, Tenancy), (existing, ExistingCluster)],
    ids=["eks", "auto", "tenancy", "installed", "existing"],
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


def test_callers_inside_of_the_network_are_let_in_by_a_group_of_their_own(made: Recorder) -> None:
    assert not made.of("SecurityGroup")
    recorder = run(lambda: EksCluster("main", eks_args(callers=["sg-b", "sg-a"], vpc_id="vpc-1")))
    group = recorder.one("SecurityGroup")
    (rule,) = group.inputs["ingress"]
    assert (rule["fromPort"], rule["toPort"], rule["protocol"], rule["securityGroups"]) == (443, 443, "tcp", ["sg-a", "sg-b"])
    assert "egress" not in group.inputs
    assert group.inputs["vpcId"] == "vpc-1"
    assert recorder.one("Cluster").inputs["vpcConfig"]["securityGroupIds"] == ["main-api-callers-id"]


def test_who_may_only_stop_models_is_in_a_group_and_has_no_policy_of_eks() -> None:
    overseer = AccessArgs(principal="arn:aws:iam::222222222222:role/desk", groups=["modelway-overseers"])
    recorder = run(lambda: EksCluster("main", eks_args(access={"desk": overseer})))
    assert recorder.one("AccessEntry").inputs["kubernetesGroups"] == ["modelway-overseers"]
    assert not [one for one in recorder.resources if one.type.endswith(":AccessPolicyAssociation")]


def test_only_access_entries_let_in(made: Recorder) -> None:
    cluster = made.one("Cluster").inputs
    assert cluster["accessConfig"] == {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}
    assert [entry.inputs["principalArn"] for entry in made.of("AccessEntry")] == ["arn:aws:iam::222222222222:role/deployer"]


def test_secrets_and_logs_have_a_key_of_their_own_and_logs_an_end(made: Recorder) -> None:
    cluster, logs = made.one("Cluster").inputs, made.one("LogGroup").inputs
    assert cluster["encryptionConfig"]["provider"]["keyArn"].endswith("key/main-secrets")
    assert made.one("Key").inputs["enableKeyRotation"] is True
    assert len(cluster["enabledClusterLogTypes"]) == 5
    assert (logs["name"], logs["retentionInDays"]) == ("/aws/eks/dev-main/cluster", 90)
    assert logs["kmsKeyId"].endswith("key/main-secrets")


def test_a_key_that_is_there_is_used_and_none_made() -> None:
    key = "arn:aws:kms:eu-west-1:222222222222:key/theirs"
    recorder = run(lambda: EksCluster("main", eks_args(secrets_key=key, log_types=["audit"])))
    assert not recorder.of("Key")
    assert recorder.one("Cluster").inputs["encryptionConfig"]["provider"]["keyArn"] == key
    assert recorder.one("Cluster").inputs["enabledClusterLogTypes"] == ["audit"]
    (rights,) = [one for one in recorder.of("RolePolicy") if one.name == "main-secrets"]
    (statement,) = json.loads(rights.inputs["policy"])["Statement"]
    assert statement["Resource"] == [key]
    assert rights.urn in recorder.one("Cluster").dependencies


def addon(recorder: Recorder, name: str) -> Registered:
    (found,) = [one for one in recorder.of("Addon") if one.inputs["addonName"] == name]
    return found


def test_what_nodes_need_comes_before_them_and_what_needs_nodes_after(made: Recorder) -> None:
    assert json.loads(addon(made, "vpc-cni").inputs["configurationValues"]) == {"enableNetworkPolicy": "true"}
    groups = made.of("NodeGroup")
    for name in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent"):
        assert all(addon(made, name).urn in group.dependencies for group in groups)
    measures = ("metrics-server", "kube-state-metrics", "prometheus-node-exporter")
    after = ("coredns", "eks-node-monitoring-agent", "aws-ebs-csi-driver", *measures)
    for name in after:
        assert {group.urn for group in groups} <= set(addon(made, name).dependencies)
    assert len(made.of("Addon")) == 3 + len(after)


def test_an_upgrade_goes_from_the_control_plane_over_add_ons_to_nodes(made: Recorder) -> None:
    assert {group.inputs["version"] for group in made.of("NodeGroup")} == {made.one("Cluster").inputs["version"]} == {"1.35"}
    asked = {args["addonName"]: args["kubernetesVersion"] for token, args in made.calls if token.endswith("getAddonVersion")}
    assert set(asked.values()) == {"1.35"}
    images = sorted(args["name"].split("/")[5:8] for token, args in made.calls if token.endswith("getParameter"))
    assert images == [["1.35", "amazon-linux-2023", "x86_64"]] * 2, "once for nodes with GPUs, once for others"
    assert set(asked) == {one.inputs["addonName"] for one in made.of("Addon")}
    pinned = run(lambda: EksCluster("main", eks_args(addon_versions={"coredns": "v1.13.1-eksbuild.1"})))
    assert addon(pinned, "coredns").inputs["addonVersion"] == "v1.13.1-eksbuild.1"
    assert "coredns" not in [args.get("addonName") for _, args in pinned.calls]


def test_nodes_have_the_image_that_is_recommended_or_named(made: Recorder) -> None:
    assert {group.inputs["releaseVersion"] for group in made.of("NodeGroup")} == {"1.35.0-20261101"}
    pool = NodePoolArgs(instance_types=["m7i.large"], min=1, max=2, image_release="1.35.0-20260901")
    named = run(lambda: EksCluster("main", eks_args(node_pools={"general": pool})))
    assert named.one("NodeGroup").inputs["releaseVersion"] == "1.35.0-20260901"
    assert not [token for token, _ in named.calls if token.endswith("getParameter")]


def live(monkeypatch: pytest.MonkeyPatch, **groups: dict[str, int]) -> None:
    """What AWS tells of the cluster's groups, by their names."""

    def group(args: dict[str, Any]) -> dict[str, Any]:
        sizes = groups[args["nodeGroupName"]]
        pool = args["nodeGroupName"].rpartition("_")[0]
        return {"id": "group", "labels": {"modelway.dev/pool": pool} if pool else {}, "scalingConfigs": [sizes]}

    monkeypatch.setitem(ANSWERS, "aws:eks/getClusters:getClusters", {"id": "clusters", "names": ["dev-main"]})
    monkeypatch.setitem(ANSWERS, "aws:eks/getNodeGroups:getNodeGroups", {"id": "groups", "names": list(groups)})
    monkeypatch.setitem(ANSWERS, "aws:eks/getNodeGroup:getNodeGroup", group)


def size(least: int, most: int, wanted: int) -> dict[str, int]:
    return {"minSize": least, "maxSize": most, "desiredSize": wanted}


def test_whoever_scales_owns_the_number_of_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    new = run(lambda: eks("main")).named("main-general")
    assert (new.inputs["scalingConfig"], new.ignored) == (size(2, 4, 2), ["scalingConfig.desiredSize"])
    live(monkeypatch, general_1=size(2, 4, 3), gpu_1=size(1, 2, 1), theirs=size(9, 9, 9))
    assert run(lambda: eks("main")).named("main-general").ignored == ["scalingConfig.desiredSize"]


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        ({"general_1": size(1, 4, 3)}, 3),
        ({"general_1": size(1, 9, 9)}, 4),
        ({"general_1": size(0, 4, 0)}, 2),
        ({"general_1": size(2, 4, 2), "general_2": size(1, 4, 4)}, 4),
    ],
    ids=["as it is", "fewer at most", "more at least", "one replaces another"],
)
def test_new_limits_are_sent_with_the_number_of_now(monkeypatch: pytest.MonkeyPatch, there: dict[str, dict[str, int]], wanted: int) -> None:
    live(monkeypatch, gpu_1=size(1, 2, 2), **there)
    made = run(lambda: eks("main"))
    group = made.named("main-general")
    assert (group.inputs["scalingConfig"], group.ignored) == (size(2, 4, wanted), [])
    assert made.named("main-gpu").ignored == ["scalingConfig.desiredSize"]


@given(st.integers(0, 9), st.integers(1, 9), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), max_size=3))
def test_a_group_is_asked_for_what_aws_takes(least: int, more: int, there: list[tuple[int, int, int]]) -> None:
    number, sent = asked(least, least + more, [Size(*sizes) for sizes in there])
    assert least <= number <= least + more
    assert sent == any(limits[:2] != (least, least + more) for limits in there)


def test_add_ons_that_call_aws_have_roles_that_nodes_do_not(made: Recorder) -> None:
    identities = {one.inputs["serviceAccount"]: one for one in made.of("PodIdentityAssociation")}
    assert set(identities) == {"aws-node", "ebs-csi-controller-sa", "cluster-autoscaler"}
    assert identities["aws-node"].urn in addon(made, "vpc-cni").dependencies
    attached = {one.inputs["policyArn"].rpartition("/")[2]: one.inputs["role"] for one in made.of("RolePolicyAttachment")}
    assert attached["AmazonEKS_CNI_Policy"] == "main-vpc-cni"
    assert {policy for policy, role in attached.items() if role == "main-node"} == {
        "AmazonEKSWorkerNodePolicy",
        "AmazonEC2ContainerRegistryPullOnly",
    }


def test_instances_answer_no_pod_and_keep_nothing_in_the_clear() -> None:
    recorder = run(lambda: EksCluster("main", eks_args(tags={"owner": "us"})))
    for template in recorder.of("LaunchTemplate"):
        options = template.inputs["metadataOptions"]
        assert (options["httpTokens"], options["httpPutResponseHopLimit"]) == ("required", 1)
        (disk,) = template.inputs["blockDeviceMappings"]
        assert (disk["ebs"]["encrypted"], disk["ebs"]["volumeSize"]) == ("true", 100 if "gpu" in template.name else 20)
        owners = {one["resourceType"]: one["tags"]["owner"] for one in template.inputs["tagSpecifications"]}
        assert owners == {"instance": "us", "volume": "us"}
    for group in recorder.of("NodeGroup"):
        assert group.inputs["launchTemplate"]["id"] == f"{group.name}-template-id"
        assert group.inputs["nodeRepairConfig"] == {"enabled": True}


def test_a_pool_is_what_it_is_asked_to_be() -> None:
    taint = TaintArgs(key="example.com/batch", value="", effect="NO_SCHEDULE")
    pool = NodePoolArgs(
        instance_types=["m7i.large"], min=0, max=9, capacity="SPOT", labels={"example.com/purpose": "batch"}, taints=[taint], disk_gib=100
    )
    group = run(lambda: EksCluster("main", eks_args(node_pools={"batch": pool})))
    inputs = group.one("NodeGroup").inputs
    assert inputs["capacityType"] == "SPOT"
    assert inputs["labels"] == {"example.com/purpose": "batch", "modelway.dev/pool": "batch"}
    assert inputs["taints"] == [taint]
    assert group.one("LaunchTemplate").inputs["blockDeviceMappings"][0]["ebs"]["volumeSize"] == 100


def test_gpu_nodes_have_drivers_and_keep_others_off(made: Recorder) -> None:
    gpu = made.named("main-gpu").inputs
    assert gpu["amiType"] == "AL2023_x86_64_NVIDIA"
    assert gpu["taints"] == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}]
    assert "taints" not in made.named("main-general").inputs


@pytest.mark.parametrize("more", [{}, {"node_pools": {}, "auto_mode_pools": ["system"]}], ids=["pools", "auto mode"])
def test_nodes_fill_the_caches_that_there_are_and_no_other_repository(more: dict[str, Any]) -> None:
    recorder = run(lambda: EksCluster("it", eks_args(caches=["quay", "k8s"], **more)))
    (right,) = [one for one in recorder.of("RolePolicy") if one.name.endswith("-caches")]
    (statement,) = json.loads(right.inputs["policy"])["Statement"]
    assert statement["Action"] == ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"]
    assert statement["Resource"] == [f"arn:aws:ecr:eu-west-1:222222222222:repository/{prefix}/*" for prefix in ("k8s", "quay")]
    assert right.inputs["role"] == ("it-node" if not more else "it-auto-node")
    assert not [one for one in run(lambda: EksCluster("it", eks_args(**more))).of("RolePolicy") if one.name.endswith("-caches")]


def test_auto_mode_brings_what_nodes_need_itself() -> None:
    recorder = run(lambda: auto("main"))
    cluster = recorder.one("Cluster").inputs
    assert cluster["computeConfig"]["nodePools"] == ["general-purpose", "system"]
    assert cluster["computeConfig"]["enabled"] is cluster["storageConfig"]["blockStorage"]["enabled"] is True
    assert cluster["kubernetesNetworkConfig"] == {"serviceIpv4Cidr": "172.20.0.0/16", "elasticLoadBalancing": {"enabled": True}}
    kept = {"metrics-server", "kube-state-metrics", "prometheus-node-exporter"}
    assert {one.inputs["addonName"] for one in recorder.of("Addon")} == kept
    assert not recorder.of("NodeGroup")
    assert not recorder.of("PodIdentityAssociation")


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


def test_a_team_asks_for_its_quota_at_most_and_opens_no_door() -> None:
    quotas = {"risk": QuotaArgs(cpu_millicores=1500, memory_bytes=8 << 30, gpus=0, pods=20)}
    recorder = run(lambda: Tenancy("main", TenancyArgs(teams=["risk", "climate"], gateway=GATEWAY, quotas=quotas)))
    closed = {"services.loadbalancers": "0", "services.nodeports": "0"}
    assert recorder.named("main-climate-quota").inputs["spec"]["hard"] == closed
    asked = {"requests.cpu": "1500m", "requests.memory": "8Gi", "requests.nvidia.com/gpu": "0", "pods": "20"}
    assert recorder.named("main-risk-quota").inputs["spec"]["hard"] == closed | asked
    (limit,) = recorder.named("main-risk-limits").inputs["spec"]["limits"]
    assert set(limit) == {"type", "defaultRequest"}, "a default limit would be under what some ask for"


def test_in_auto_mode_policies_are_switched_on_and_nodes_answer_dns() -> None:
    args = TenancyArgs(teams=["risk"], gateway=GATEWAY, dns_on_nodes=True, switch_policies_on=True)
    recorder = run(lambda: Tenancy("main", args))
    assert recorder.one("ConfigMap").inputs["data"] == {"enable-network-policy-controller": "true"}
    (rule,) = recorder.one("NetworkPolicy").inputs["spec"]["egress"]
    assert set(rule) == {"ports"}
    assert [port["port"] for port in rule["ports"]] == [53, 53]
    assert not run(lambda: tenancy("main")).of("ConfigMap")


def test_a_gateway_with_a_certificate_answers_nothing_in_the_clear() -> None:
    tls = TlsArgs(secret="models-tls", hostname="models.example.com", issuer="letsencrypt")
    args = TenancyArgs(teams=[], gateway=GatewayArgs(**GATEWAY, tls=tls))
    gateway = run(lambda: Tenancy("main", args)).one("Gateway").inputs
    (listener,) = gateway["spec"]["listeners"]
    assert (listener["protocol"], listener["port"], listener["hostname"]) == ("HTTPS", 443, "models.example.com")
    assert listener["tls"]["certificateRefs"] == [{"group": "", "kind": "Secret", "name": "models-tls"}]
    assert listener["allowedRoutes"]["namespaces"]["from"] == "Selector"
    assert gateway["metadata"]["annotations"] == {"cert-manager.io/cluster-issuer": "letsencrypt"}


def test_envoy_gateway_is_there_before_the_gateway_of_its_class() -> None:
    recorder = run(lambda: installed("main"))
    release = recorder.one("Release").inputs
    proxies = release["values"]["config"]["envoyGateway"]["envoyProxy"]["provider"]["kubernetes"]
    assert proxies["envoyHpa"]["minReplicas"] == 2
    telemetry = release["values"]["config"]["envoyGateway"]["envoyProxy"]["telemetry"]
    assert telemetry == {"metrics": {"enablePerEndpointStats": True}}
    assert proxies["envoyPDB"] == {"maxUnavailable": 1}
    annotations = proxies["envoyService"]["annotations"]
    assert annotations["service.beta.kubernetes.io/aws-load-balancer-scheme"] == "internal"
    assert recorder.one("Release").urn in recorder.one("GatewayClass").dependencies
    assert recorder.one("GatewayClass").urn in recorder.one("Gateway").dependencies
    assert (
        recorder.one("Gateway").inputs["spec"]["gatewayClassName"] == recorder.one("GatewayClass").inputs["metadata"]["name"] == "our-envoy"
    )


def test_a_proxy_that_goes_answers_until_the_load_balancer_has_seen_it() -> None:
    release = run(lambda: installed("main")).one("Release").inputs
    proxy = release["values"]["config"]["envoyGateway"]["envoyProxy"]
    annotations = proxy["provider"]["kubernetes"]["envoyService"]["annotations"]
    every, checks = (
        int(annotations[f"service.beta.kubernetes.io/aws-load-balancer-healthcheck-{name}"]) for name in ("interval", "unhealthy-threshold")
    )
    least, most = (int(proxy["shutdown"][name].removesuffix("s")) for name in ("minDrainDuration", "drainTimeout"))
    assert 2 * every * checks <= least < most


def test_the_load_balancer_lets_in_whom_it_is_told_to() -> None:
    named = service(internal=True, subnets=[], auto_mode=False, callers=["10.20.0.0/16", "10.200.0.0/16"])
    assert named["loadBalancerSourceRanges"] == ["10.20.0.0/16", "10.200.0.0/16"]
    assert "loadBalancerSourceRanges" not in service(internal=False, subnets=[], auto_mode=False)


@pytest.mark.parametrize(("internal", "scheme"), [(True, "internal"), (False, "internet-facing")])
def test_the_load_balancer_stands_where_it_is_told_to(internal: bool, scheme: str) -> None:
    made = service(internal=internal, subnets=["subnet-a", "subnet-b"], auto_mode=True)
    annotations = made["annotations"]
    assert isinstance(annotations, dict)
    assert annotations["service.beta.kubernetes.io/aws-load-balancer-scheme"] == scheme
    assert ("service.beta.kubernetes.io/aws-load-balancer-internal" in annotations) == internal
    assert annotations["service.beta.kubernetes.io/aws-load-balancer-subnets"] == "subnet-a,subnet-b"
    assert made["loadBalancerClass"] == "eks.amazonaws.com/nlb"


def test_the_chart_has_the_definitions_that_policies_are_held_to() -> None:
    assert pinned(GO / "crds", "github.com/envoyproxy/gateway") == VERSION


def test_a_gateway_that_is_there_is_left_alone() -> None:
    args = TenancyArgs(teams=[], gateway=GatewayArgs(name="shared", namespace="edge"))
    recorder = run(lambda: Tenancy("main", args))
    assert not recorder.manifests()
    assert recorder.one("Tenancy").outputs == {"namespaces": {}, "gateway_name": "shared", "gateway_namespace": "edge"}
