"""Clusters and node groups. Schemas: hashicorp/terraform-provider-aws, internal/service/eks, files named at each row."""

from __future__ import annotations

from localcloud.plugins.aws.table import (
    ID,
    REMOVED,
    TAGS,
    Action,
    Call,
    Naming,
    Object,
    Read,
    Row,
    Scope,
    Source,
    Step,
    Tagging,
    Until,
    part,
    using,
)

_LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")


def tagging(arn: str, read: str = "tags") -> Tagging:
    """EKS tags by ARN, which is `arn` of the live object."""
    where = Source(lambda scope: scope.live[arn])
    return Tagging(
        Call("TagResource", {"resourceArn": where, "tags": TAGS}),
        Call("UntagResource", {"resourceArn": where, "tagKeys": REMOVED}),
        read=read,
    )


def _logging(scope: Scope) -> object:
    """Which logs are on, and which are off: what is not named stays as it is."""
    wanted = scope.inputs.get("enabledClusterLogTypes") or []
    groups = [(sorted(wanted), True), ([each for each in _LOG_TYPES if each not in wanted], False)]
    return {"clusterLogging": [{"types": types, "enabled": enabled} for types, enabled in groups if types]}


def _update_config(**parameters: str | Source) -> Call:
    return Call("UpdateClusterConfig", {"name": ID, **parameters})


def _authentication(scope: Scope) -> object:
    return {"authenticationMode": (scope.inputs.get("accessConfig") or {}).get("authenticationMode")}


def _load_balancing(scope: Scope) -> object:
    """The part of the network that an update takes; Auto Mode's three switches go together."""
    return {"elasticLoadBalancing": (scope.inputs.get("kubernetesNetworkConfig") or {}).get("elasticLoadBalancing")}


def _update_network(scope: Scope) -> None:
    """Access to the endpoint and places are two updates (API_UpdateClusterConfig)."""
    wanted = scope.inputs["vpcConfig"]
    for names in (("endpointPublicAccess", "endpointPrivateAccess", "publicAccessCidrs"), ("subnetIds", "securityGroupIds")):
        given = {name: wanted[name] for name in names if wanted.get(name) is not None}
        live = scope.live["resourcesVpcConfig"]
        if any(_plain(live.get(name)) != _plain(value) for name, value in given.items()):
            scope.call("eks", "UpdateClusterConfig", {"name": scope.id, "resourcesVpcConfig": given})


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, list) else value


def _network(scope: Scope) -> object:
    # What AWS finds out is an output only.
    return {name: value for name, value in scope.inputs["vpcConfig"].items() if name not in ("clusterSecurityGroupId", "vpcId")}


def _replaces_cluster(old: Object, new: Object) -> list[str]:
    # Encryption of secrets cannot be taken back.
    return ["encryptionConfig"] if old.get("encryptionConfig") and not new.get("encryptionConfig") else []


CLUSTER = Row(
    type="aws:eks/cluster:Cluster",
    service="eks",
    source="internal/service/eks/cluster.go",
    served="MiniStack",
    create=Call(
        "CreateCluster",
        {
            "name": "name",
            "roleArn": "roleArn",
            "version": "version",
            "resourcesVpcConfig": using("vpcConfig", make=_network),
            "accessConfig": "accessConfig",
            "bootstrapSelfManagedAddons": "bootstrapSelfManagedAddons",
            "encryptionConfig": "encryptionConfig",
            "kubernetesNetworkConfig": "kubernetesNetworkConfig",
            "computeConfig": "computeConfig",
            "storageConfig": "storageConfig",
            "upgradePolicy": "upgradePolicy",
            "deletionProtection": "deletionProtection",
            "logging": using(
                "enabledClusterLogTypes", make=lambda scope: _logging(scope) if scope.inputs.get("enabledClusterLogTypes") else None
            ),
            "tags": TAGS,
        },
    ),
    id="answer.cluster.name",
    read=Read(Call("DescribeCluster", {"name": ID}), "cluster"),
    steps=(
        Step(
            ("version",), Call("UpdateClusterVersion", {"name": ID, "version": "version", "force": "forceUpdateVersion"}), on_create=False
        ),
        Step(("accessConfig",), _update_config(accessConfig=using("accessConfig", make=_authentication)), on_create=False),
        Step(
            ("encryptionConfig",),
            Call("AssociateEncryptionConfig", {"clusterName": ID, "encryptionConfig": "encryptionConfig"}),
            on_create=False,
        ),
        Step(("enabledClusterLogTypes",), _update_config(logging=using("enabledClusterLogTypes", make=_logging)), on_create=False),
        Step(("vpcConfig",), Action(_update_network, ("vpcConfig",), ("eks:UpdateClusterConfig",)), on_create=False),
        Step(
            ("computeConfig", "storageConfig"),
            _update_config(
                computeConfig="computeConfig",
                storageConfig="storageConfig",
                kubernetesNetworkConfig=using("kubernetesNetworkConfig", make=_load_balancing),
            ),
            on_create=False,
        ),
        Step(("upgradePolicy",), _update_config(upgradePolicy="upgradePolicy"), on_create=False),
        Step(("deletionProtection",), _update_config(deletionProtection="deletionProtection"), on_create=False),
    ),
    delete=(Call("DeleteCluster", {"name": ID}),),
    outputs={
        "vpcConfig": "resourcesVpcConfig",
        "enabledClusterLogTypes": "logging.clusterLogging[?enabled].types[]",
        "identities": "identity.oidc.issuer && [{oidcs: [{issuer: identity.oidc.issuer}]}]",
        # Upstream has it for clusters on Outposts only.
        "clusterId": "id",
    },
    replace_on=frozenset(
        {
            "name",
            "roleArn",
            "bootstrapSelfManagedAddons",
            "accessConfig.bootstrapClusterCreatorAdminPermissions",
            "kubernetesNetworkConfig.ipFamily",
            "kubernetesNetworkConfig.serviceIpv4Cidr",
        }
    ),
    replace_if=_replaces_cluster,
    defaults={
        "bootstrapSelfManagedAddons": True,
        "accessConfig.bootstrapClusterCreatorAdminPermissions": True,
        "vpcConfig.endpointPublicAccess": True,
        "vpcConfig.endpointPrivateAccess": False,
    },
    computed=frozenset(
        {
            "accessConfig",
            "computeConfig",
            "deletionProtection",
            "kubernetesNetworkConfig",
            "storageConfig",
            "upgradePolicy",
            "version",
            "vpcConfig.clusterSecurityGroupId",
            "vpcConfig.publicAccessCidrs",
            "vpcConfig.vpcId",
        }
    ),
    sets=frozenset(
        {
            "computeConfig.nodePools",
            "enabledClusterLogTypes",
            "encryptionConfig.resources",
            "vpcConfig.publicAccessCidrs",
            "vpcConfig.securityGroupIds",
            "vpcConfig.subnetIds",
        }
    ),
    kept={
        "bootstrapSelfManagedAddons": "AWS does not answer it",
        "forceUpdateVersion": "it belongs to an update",
        "accessConfig.bootstrapClusterCreatorAdminPermissions": "AWS does not answer it",
    },
    refused=frozenset({"kubernetesNetworkConfig.serviceIpv6Cidr", "vpcConfig.controlPlaneEgressMode"}),
    tagging=tagging("arn"),
    naming=Naming(prefix_property=""),
    until=Until("status", ("ACTIVE",), ("FAILED",), "health.issues[].message | [0]", timeout=1800),
    wait_gone=True,
    gone_timeout=900,
    note="Auto Mode from the start or never; no hybrid nodes, no Outposts, no settings of control-plane programs",
)


def _update_group(scope: Scope) -> None:
    """Labels and taints as what is added and what goes."""
    live_labels, labels = scope.live.get("labels") or {}, scope.inputs.get("labels") or {}
    live_taints = {(each["key"], each["effect"]): each for each in scope.live.get("taints") or []}
    taints = {(each["key"], each["effect"]): each for each in scope.inputs.get("taints") or []}
    label_change: Object = {
        "addOrUpdateLabels": {key: value for key, value in labels.items() if live_labels.get(key) != value},
        "removeLabels": sorted(live_labels.keys() - labels.keys()),
    }
    taint_change: Object = {
        "addOrUpdateTaints": [each for key, each in taints.items() if live_taints.get(key) != each],
        "removeTaints": [each for key, each in live_taints.items() if key not in taints],
    }
    changes: Object = {
        "labels": {name: value for name, value in label_change.items() if value},
        "taints": {name: value for name, value in taint_change.items() if value},
        "scalingConfig": scope.inputs.get("scalingConfig"),
        "updateConfig": scope.inputs.get("updateConfig"),
        "nodeRepairConfig": scope.inputs.get("nodeRepairConfig"),
    }
    given = {name: value for name, value in changes.items() if value}
    scope.call("eks", "UpdateNodegroupConfig", {"clusterName": scope.parts[0], "nodegroupName": scope.parts[1], **given})


_GROUP = {"clusterName": part(0), "nodegroupName": part(1)}
_GROUP_CONFIG = ("labels", "taints", "scalingConfig", "updateConfig", "nodeRepairConfig")

NODE_GROUP = Row(
    type="aws:eks/nodeGroup:NodeGroup",
    service="eks",
    source="internal/service/eks/node_group.go; pulumi-aws provider/resource_overrides.go (name)",
    served="MiniStack",
    create=Call(
        "CreateNodegroup",
        {
            "clusterName": "clusterName",
            "nodegroupName": "nodeGroupName",
            "nodeRole": "nodeRoleArn",
            "subnets": "subnetIds",
            "scalingConfig": "scalingConfig",
            "instanceTypes": "instanceTypes",
            "amiType": "amiType",
            "capacityType": "capacityType",
            "diskSize": "diskSize",
            "labels": "labels",
            "taints": "taints",
            "launchTemplate": "launchTemplate",
            "updateConfig": "updateConfig",
            "nodeRepairConfig": "nodeRepairConfig",
            "releaseVersion": "releaseVersion",
            "version": "version",
            "tags": TAGS,
        },
    ),
    id="join(':', [answer.nodegroup.clusterName, answer.nodegroup.nodegroupName])",
    separator=":",
    read=Read(Call("DescribeNodegroup", _GROUP), "nodegroup"),
    steps=(
        Step(
            ("launchTemplate", "releaseVersion", "version"),
            Call(
                "UpdateNodegroupVersion",
                {
                    **_GROUP,
                    "launchTemplate": "launchTemplate",
                    "releaseVersion": "releaseVersion",
                    "version": "version",
                    "force": "forceUpdateVersion",
                },
            ),
            on_create=False,
        ),
        Step(_GROUP_CONFIG, Action(_update_group, _GROUP_CONFIG, ("eks:UpdateNodegroupConfig",)), on_create=False),
    ),
    delete=(Call("DeleteNodegroup", _GROUP),),
    outputs={
        "arn": "nodegroupArn",
        "nodeGroupName": "nodegroupName",
        "nodeRoleArn": "nodeRole",
        "subnetIds": "subnets",
        "resources": "resources && [resources]",
    },
    replace_on=frozenset(
        {
            "amiType",
            "capacityType",
            "clusterName",
            "diskSize",
            "instanceTypes",
            "launchTemplate.id",
            "launchTemplate.name",
            "nodeGroupName",
            "nodeGroupNamePrefix",
            "nodeRoleArn",
            "subnetIds",
        }
    ),
    computed=frozenset(
        {
            "amiType",
            "capacityType",
            "diskSize",
            "instanceTypes",
            "nodeGroupName",
            "nodeGroupNamePrefix",
            "releaseVersion",
            "updateConfig",
            "version",
            "launchTemplate.id",
            "launchTemplate.name",
        }
    ),
    sets=frozenset({"subnetIds", "taints"}),
    kept={"forceUpdateVersion": "it belongs to an update", "nodeGroupNamePrefix": "it is part of the name"},
    refused=frozenset({"updateConfig.updateStrategy"}),
    tagging=tagging("nodegroupArn"),
    naming=Naming("nodeGroupName", 63, "nodeGroupNamePrefix"),
    until=Until("status", ("ACTIVE",), ("CREATE_FAILED", "DEGRADED"), "health.issues[].message | [0]", timeout=3600),
    wait_gone=True,
    gone_timeout=3600,
    note="no remote access, no warm pools; nodes are not repaired",
)

ROWS = (CLUSTER, NODE_GROUP)
