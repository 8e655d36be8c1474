"""Clusters and node groups, from their creation to their end."""

import json
import ssl
import urllib.error
import urllib.request
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.aws.eks_cluster import ACCOUNT, OTHER, REGION, EksCluster, Place, wait

pytestmark = pytest.mark.localcloud


def code(call: Any, **arguments: Any) -> str:
    """The error code that a call fails with."""
    with pytest.raises(ClientError) as fault:
        call(**arguments)
    return str(fault.value.response["Error"]["Code"])


@pytest.fixture
def group(cluster: EksCluster) -> Any:
    """Makes node groups that are ACTIVE, and takes them away again."""
    made = []

    def make(**more: Any) -> str:
        name = f"group-{uuid.uuid4().hex[:6]}"
        request = {
            "clusterName": cluster.name,
            "nodegroupName": name,
            "nodeRole": cluster.place.role,
            "subnets": cluster.place.subnets,
            "instanceTypes": ["m7i.large"],
            "scalingConfig": {"minSize": 0, "maxSize": 5, "desiredSize": 2},
            **more,
        }
        cluster.eks.create_nodegroup(**request)
        made.append(name)
        wait(cluster.eks, "nodegroup_active", clusterName=cluster.name, nodegroupName=name)
        return name

    yield make
    for name in made:
        cluster.eks.delete_nodegroup(clusterName=cluster.name, nodegroupName=name)
        wait(cluster.eks, "nodegroup_deleted", clusterName=cluster.name, nodegroupName=name)
        assert nodes(cluster, name) == []


def nodes(cluster: EksCluster, group: str) -> list[dict[str, Any]]:
    found = json.loads(cluster.admin("get", "nodes", "-l", f"eks.amazonaws.com/nodegroup={group}", "-o", "json"))["items"]
    return sorted(found, key=lambda node: str(node["metadata"]["name"]))


def updated(cluster: EksCluster, group: str, **change: Any) -> None:
    update = cluster.eks.update_nodegroup_config(clusterName=cluster.name, nodegroupName=group, **change)["update"]
    wait(cluster.eks, "nodegroup_active", clusterName=cluster.name, nodegroupName=group)
    done = cluster.eks.describe_update(name=cluster.name, nodegroupName=group, updateId=update["id"])["update"]
    assert done["status"] == "Successful"


def test_what_was_asked_for_is_described(place: Place) -> None:
    eks, ec2 = place.client("eks"), place.client("ec2")
    name = f"asked-{uuid.uuid4().hex[:6]}"
    key = place.client("kms").create_key()["KeyMetadata"]["Arn"]
    request = place.request(
        name,
        version="1.35",
        resourcesVpcConfig={"subnetIds": place.subnets, "endpointPrivateAccess": True, "endpointPublicAccess": False},
        encryptionConfig=[{"resources": ["secrets"], "provider": {"keyArn": key}}],
        logging={"clusterLogging": [{"types": ["api", "audit"], "enabled": True}]},
        upgradePolicy={"supportType": "STANDARD"},
        zonalShiftConfig={"enabled": True},
        accessConfig={"authenticationMode": "CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": True},
        tags={"team": "ml"},
    )
    created = eks.create_cluster(**request)["cluster"]
    assert created["status"] == "CREATING"
    assert "endpoint" not in created
    assert (
        code(eks.create_nodegroup, clusterName=name, nodegroupName="g", nodeRole=place.role, subnets=place.subnets)
        == "ResourceInUseException"
    )
    assert code(eks.delete_cluster, name=name) == "ResourceInUseException"
    assert code(eks.create_cluster, **request) == "ResourceInUseException"
    wait(eks, "cluster_active", name=name)
    described = eks.describe_cluster(name=name)["cluster"]
    assert described["arn"] == f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{name}"
    for field in ("version", "roleArn", "encryptionConfig", "upgradePolicy", "zonalShiftConfig", "accessConfig", "tags"):
        assert described[field] == request[field]
    vpc = described["resourcesVpcConfig"]
    assert (vpc["subnetIds"], vpc["vpcId"], vpc["endpointPublicAccess"], vpc["publicAccessCidrs"]) == (place.subnets, place.vpc, False, [])
    assert described["logging"]["clusterLogging"] == [
        {"types": ["api", "audit"], "enabled": True},
        {"types": ["authenticator", "controllerManager", "scheduler"], "enabled": False},
    ]
    groups = ec2.describe_security_groups(GroupIds=[vpc["clusterSecurityGroupId"]])["SecurityGroups"]
    assert [group["VpcId"] for group in groups] == [place.vpc]
    assert name in eks.list_clusters()["clusters"]
    assert name not in place.client("eks", OTHER).list_clusters()["clusters"]
    assert code(place.client("eks", OTHER).describe_cluster, name=name) == "ResourceNotFoundException"
    assert code(place.client("eks", ACCOUNT, "eu-central-1").describe_cluster, name=name) == "ResourceNotFoundException"
    assert f"{ACCOUNT}-{REGION}-{name}" in place.cloud.control.clusters()

    with pytest.raises(ClientError, match="authentication mode"):
        eks.create_access_entry(clusterName=name, principalArn=place.role)
    eks.update_cluster_config(name=name, accessConfig={"authenticationMode": "API"})
    eks.create_access_entry(clusterName=name, principalArn=place.role)
    backwards = {"authenticationMode": "CONFIG_MAP"}
    assert code(eks.update_cluster_config, name=name, accessConfig=backwards) == "InvalidParameterException"

    assert eks.delete_cluster(name=name)["cluster"]["status"] == "DELETING"
    wait(eks, "cluster_deleted", name=name)
    assert f"{ACCOUNT}-{REGION}-{name}" not in place.cloud.control.clusters()
    assert name not in eks.list_clusters()["clusters"]
    assert code(ec2.describe_security_groups, GroupIds=[vpc["clusterSecurityGroupId"]]) == "InvalidGroup.NotFound"
    assert code(eks.delete_cluster, name=name) == "ResourceNotFoundException"


def test_endpoint_and_authority_are_the_api_servers_own(cluster: EksCluster) -> None:
    trusting = ssl.create_default_context(cafile=str(cluster.authority))
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{cluster.described['endpoint']}/version", context=trusting, timeout=10)
    with refused.value:
        assert refused.value.code == 401  # TLS is fine, and nobody is let in without a name
    config = cluster.admin("get", "--raw", "/.well-known/openid-configuration")
    assert json.loads(config)["issuer"] == cluster.described["identity"]["oidc"]["issuer"]
    service = json.loads(cluster.admin("get", "service", "kubernetes", "-o", "json"))
    assert service["spec"]["clusterIP"].startswith(cluster.described["kubernetesNetworkConfig"]["serviceIpv4Cidr"].rpartition(".")[0][:6])


def test_a_control_plane_that_does_not_start_fails_its_cluster(place: Place) -> None:
    eks = place.client("eks")
    # The supervisor does not take this name, EKS does.
    name = f"bad-{uuid.uuid4().hex[:6]}-"
    eks.create_cluster(**place.request(name))
    with pytest.raises(Exception, match="FAILED"):
        wait(eks, "cluster_active", name=name)
    described = eks.describe_cluster(name=name)["cluster"]
    assert described["status"] == "FAILED"
    assert "cluster name" in described["health"]["issues"][0]["message"]
    eks.delete_cluster(name=name)
    wait(eks, "cluster_deleted", name=name)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"roleArn": f"arn:aws:iam::{ACCOUNT}:role/nobody"}, "could not be assumed"),
        ({"resourcesVpcConfig": {"subnetIds": ["subnet-0123456789abcdef0"]}}, "does not exist"),
        ({"version": "latest"}, "unsupported Kubernetes version"),
        ({"kubernetesNetworkConfig": {"ipFamily": "ipv6"}}, "service network"),
        ({"kubernetesNetworkConfig": {"serviceIpv4Cidr": "198.51.100.0/24"}}, "private addresses"),
        ({"computeConfig": {"enabled": True, "nodePools": ["general-purpose"]}}, "either fully enabled or fully disabled"),
        ({"logging": {"clusterLogging": [{"types": ["gossip"], "enabled": True}]}}, "gossip"),
        ({"accessConfig": {"authenticationMode": "NONE"}}, "authenticationMode"),
    ],
)
def test_a_bad_cluster_is_refused_and_leaves_nothing(place: Place, change: dict[str, Any], words: str) -> None:
    eks = place.client("eks")
    name = f"never-{uuid.uuid4().hex[:6]}"
    with pytest.raises(ClientError, match=words) as refused:
        eks.create_cluster(**place.request(name, **change))
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"
    assert code(eks.describe_cluster, name=name) == "ResourceNotFoundException"


def test_subnets_have_to_be_in_two_zones(place: Place) -> None:
    with pytest.raises(ClientError, match="two different AZs"):
        place.client("eks").create_cluster(**place.request("one-zone", resourcesVpcConfig={"subnetIds": place.subnets[:1]}))


def test_a_node_group_has_nodes(cluster: EksCluster, group: Any) -> None:
    name = group(
        instanceTypes=["g6.xlarge"],
        scalingConfig={"minSize": 1, "maxSize": 4, "desiredSize": 3},
        labels={"modelway.dev/pool": "gpu"},
        taints=[{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}],
    )
    found = nodes(cluster, name)
    assert len(found) == 3
    zones = [node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in found]
    assert set(zones) == {f"{REGION}a", f"{REGION}b"}
    for node in found:
        assert node["metadata"]["name"].startswith("ip-10-20-")
        labels = node["metadata"]["labels"]
        assert labels["node.kubernetes.io/instance-type"] == "g6.xlarge"
        assert labels["modelway.dev/pool"] == "gpu"
        assert labels["topology.kubernetes.io/region"] == REGION
        assert {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"} in node["spec"]["taints"]
        capacity = node["status"]["allocatable"]
        assert (capacity["cpu"], capacity["memory"], capacity["nvidia.com/gpu"]) == ("4", "16Gi", "1")
        assert any(one["type"] == "Ready" and one["status"] == "True" for one in node["status"]["conditions"])
    described = cluster.eks.describe_nodegroup(clusterName=cluster.name, nodegroupName=name)["nodegroup"]
    assert described["scalingConfig"] == {"minSize": 1, "maxSize": 4, "desiredSize": 3}
    assert described["releaseVersion"].startswith("1.35.")
    assert described["updateConfig"] == {"maxUnavailable": 1}


def test_two_groups_do_not_share_addresses(cluster: EksCluster, group: Any) -> None:
    names = [{node["metadata"]["name"] for node in nodes(cluster, one)} for one in (group(), group())]
    assert [len(one) for one in names] == [2, 2]
    assert not names[0] & names[1]


def test_scaling_keeps_the_nodes_that_stay(cluster: EksCluster, group: Any) -> None:
    name = group()
    before = [node["metadata"]["uid"] for node in nodes(cluster, name)]
    updated(cluster, name, scalingConfig={"minSize": 0, "maxSize": 5, "desiredSize": 4})
    grown = [node["metadata"]["uid"] for node in nodes(cluster, name)]
    assert len(grown) == 4
    assert set(before) < set(grown)
    updated(cluster, name, scalingConfig={"minSize": 0, "maxSize": 5, "desiredSize": 1})
    shrunk = [node["metadata"]["uid"] for node in nodes(cluster, name)]
    assert len(shrunk) == 1
    assert set(shrunk) < set(before)
    updated(cluster, name, scalingConfig={"minSize": 0, "maxSize": 5, "desiredSize": 0})
    assert nodes(cluster, name) == []


def test_labels_and_taints_follow(cluster: EksCluster, group: Any) -> None:
    name = group(labels={"a": "1", "b": "1"})
    updated(
        cluster,
        name,
        labels={"addOrUpdateLabels": {"a": "2", "c": "3"}, "removeLabels": ["b"]},
        taints={"addOrUpdateTaints": [{"key": "k", "value": "v", "effect": "NO_EXECUTE"}]},
    )
    described = cluster.eks.describe_nodegroup(clusterName=cluster.name, nodegroupName=name)["nodegroup"]
    assert described["labels"] == {"a": "2", "c": "3"}
    for node in nodes(cluster, name):
        labels = node["metadata"]["labels"]
        assert (labels["a"], labels.get("b"), labels["c"]) == ("2", None, "3")
        assert {"key": "k", "value": "v", "effect": "NoExecute"} in node["spec"]["taints"]
    updated(cluster, name, taints={"removeTaints": [{"key": "k", "value": "v", "effect": "NO_EXECUTE"}]})
    assert all(taint["key"] != "k" for node in nodes(cluster, name) for taint in node["spec"].get("taints", []))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"instanceTypes": ["q9.mega"]}, "q9.mega"),
        ({"scalingConfig": {"minSize": 2, "maxSize": 1, "desiredSize": 2}}, "Minimum capacity 2"),
        ({"scalingConfig": {"minSize": 0, "maxSize": 1, "desiredSize": 2}}, "Desired capacity 2"),
        ({"nodeRole": f"arn:aws:iam::{ACCOUNT}:role/nobody"}, "could not be assumed"),
        ({"subnets": ["subnet-0123456789abcdef0"]}, "does not exist"),
        ({"taints": [{"key": "k", "effect": "NO_WAY"}]}, "effects"),
    ],
)
def test_a_bad_node_group_is_refused_and_leaves_nothing(cluster: EksCluster, change: dict[str, Any], words: str) -> None:
    name = f"never-{uuid.uuid4().hex[:6]}"
    request = {
        "clusterName": cluster.name,
        "nodegroupName": name,
        "nodeRole": cluster.place.role,
        "subnets": cluster.place.subnets,
        **change,
    }
    with pytest.raises(ClientError, match=words) as refused:
        cluster.eks.create_nodegroup(**request)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"
    assert name not in cluster.eks.list_nodegroups(clusterName=cluster.name)["nodegroups"]
    assert nodes(cluster, name) == []


def test_a_cluster_with_node_groups_is_not_deleted(cluster: EksCluster, group: Any) -> None:
    name = group()
    with pytest.raises(ClientError, match=name) as refused:
        cluster.eks.delete_cluster(name=cluster.name)
    assert refused.value.response["Error"]["Code"] == "ResourceInUseException"
    assert cluster.eks.describe_cluster(name=cluster.name)["cluster"]["status"] == "ACTIVE"


def test_updates_are_described_and_do_what_they_say(cluster: EksCluster) -> None:
    eks = cluster.eks
    change = {"clusterLogging": [{"types": ["audit"], "enabled": True}]}
    update = eks.update_cluster_config(name=cluster.name, logging=change)["update"]
    assert eks.describe_update(name=cluster.name, updateId=update["id"])["update"]["status"] == "Successful"
    assert update["id"] in eks.list_updates(name=cluster.name)["updateIds"]
    enabled = [one for one in eks.describe_cluster(name=cluster.name)["cluster"]["logging"]["clusterLogging"] if one["enabled"]]
    assert enabled == [{"types": ["audit"], "enabled": True}]
    assert code(eks.update_cluster_config, name=cluster.name, logging=change) == "InvalidParameterException"
    assert code(eks.describe_update, name=cluster.name, updateId="00000000-0000-0000-0000-000000000000") == "ResourceNotFoundException"
    private = {"endpointPublicAccess": False, "endpointPrivateAccess": False}
    assert code(eks.update_cluster_config, name=cluster.name, resourcesVpcConfig=private) == "InvalidParameterException"


def test_tags_follow(cluster: EksCluster) -> None:
    eks, arn = cluster.eks, cluster.described["arn"]
    eks.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    eks.untag_resource(resourceArn=arn, tagKeys=["a"])
    wanted = {"made": "by tests", "b": "2"}
    assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == wanted
    assert eks.describe_cluster(name=cluster.name)["cluster"]["tags"] == wanted
    eks.untag_resource(resourceArn=arn, tagKeys=["b"])
    other = cluster.place.client("eks", OTHER)
    assert code(other.list_tags_for_resource, resourceArn=arn) == "NotFoundException"
    assert code(other.tag_resource, resourceArn=arn, tags={"x": "y"}) == "NotFoundException"


def test_addons_and_pod_identities_are_kept(cluster: EksCluster) -> None:
    eks, name = cluster.eks, cluster.name
    addon = eks.create_addon(clusterName=name, addonName="eks-pod-identity-agent", tags={"a": "b"})["addon"]
    assert addon["addonVersion"]
    assert "serviceAccountRoleArn" not in addon
    update = eks.update_addon(clusterName=name, addonName="eks-pod-identity-agent", configurationValues='{"x":1}')["update"]
    assert eks.describe_update(name=name, addonName="eks-pod-identity-agent", updateId=update["id"])["update"]["status"] == "Successful"
    described = eks.describe_addon(clusterName=name, addonName="eks-pod-identity-agent")["addon"]
    assert (described["status"], described["configurationValues"], described["tags"]) == ("ACTIVE", '{"x":1}', {"a": "b"})
    made = eks.create_pod_identity_association(
        clusterName=name, namespace="risk", serviceAccount="model", roleArn=cluster.place.role, tags={"c": "d"}
    )["association"]
    eks.tag_resource(resourceArn=made["associationArn"], tags={"e": "f"})
    found = eks.describe_pod_identity_association(clusterName=name, associationId=made["associationId"])["association"]
    assert (found["roleArn"], found["tags"]) == (cluster.place.role, {"c": "d", "e": "f"})
    eks.delete_pod_identity_association(clusterName=name, associationId=made["associationId"])
    eks.delete_addon(clusterName=name, addonName="eks-pod-identity-agent")
    assert code(eks.describe_addon, clusterName=name, addonName="eks-pod-identity-agent") == "ResourceNotFoundException"


def test_the_default_version_is_the_api_servers(place: Place) -> None:
    from localcloud.aws.eks.clusters import VERSION
    from toolchain import KUBERNETES_VERSION

    assert KUBERNETES_VERSION.startswith(f"{VERSION}.")
