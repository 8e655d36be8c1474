"""Data sources."""

from __future__ import annotations

from localcloud.plugins.aws.table import Call, Function, Scope, Source


def _zones(scope: Scope) -> list[dict[str, str]]:
    left_out = {*(scope.inputs.get("excludeNames") or []), *(scope.inputs.get("excludeZoneIds") or [])}
    zones = [zone for zone in scope.live["zones"]["AvailabilityZones"] if not {zone["ZoneName"], zone["ZoneId"]} & left_out]
    return sorted(zones, key=lambda zone: str(zone["ZoneName"]))


def _filters(scope: Scope) -> object:
    filters = [*(scope.inputs.get("filters") or [])]
    if scope.inputs.get("state"):
        filters.append({"name": "state", "values": [scope.inputs["state"]]})
    return filters or None


AVAILABILITY_ZONES = Function(
    "aws:index/getAvailabilityZones:getAvailabilityZones",
    "ec2",
    "moto",
    calls={
        "zones": Call(
            "DescribeAvailabilityZones",
            {"AllAvailabilityZones": "allAvailabilityZones", "Filters": Source(_filters, ("filters", "state"))},
        )
    },
    results={
        "id": "region",
        "region": "region",
        "names": Source(lambda scope: [zone["ZoneName"] for zone in _zones(scope)]),
        "zoneIds": Source(lambda scope: [zone["ZoneId"] for zone in _zones(scope)]),
        "groupNames": Source(lambda scope: sorted({zone["GroupName"] for zone in _zones(scope) if zone.get("GroupName")})),
    },
    uses=("excludeNames", "excludeZoneIds", "region"),
)

CALLER_IDENTITY = Function(
    "aws:index/getCallerIdentity:getCallerIdentity",
    "sts",
    "moto",
    calls={"me": Call("GetCallerIdentity")},
    results={"id": "me.Account", "accountId": "me.Account", "arn": "me.Arn", "userId": "me.UserId"},
)

# The names of regions, as AWS writes them: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
_DESCRIPTIONS = {
    "eu-central-1": "Europe (Frankfurt)",
    "eu-north-1": "Europe (Stockholm)",
    "eu-west-1": "Europe (Ireland)",
    "eu-west-2": "Europe (London)",
    "eu-west-3": "Europe (Paris)",
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
}


def _region(scope: Scope) -> str:
    return str(scope.inputs.get("name") or scope.region)


REGION = Function(
    "aws:index/getRegion:getRegion",
    "ec2",
    "moto",
    results={
        "id": Source(_region),
        "name": Source(_region),
        "region": Source(_region),
        "endpoint": Source(lambda scope: f"ec2.{_region(scope)}.amazonaws.com"),
        "description": Source(lambda scope: _DESCRIPTIONS.get(_region(scope), _region(scope))),
    },
    uses=("name", "region"),
)

_SUFFIXES = {"aws": "amazonaws.com", "aws-cn": "amazonaws.com.cn", "aws-us-gov": "amazonaws.com"}

PARTITION = Function(
    "aws:index/getPartition:getPartition",
    "sts",
    "moto",
    results={
        "id": "partition",
        "partition": "partition",
        "dnsSuffix": Source(lambda scope: _SUFFIXES[scope.partition]),
        "reverseDnsPrefix": Source(lambda scope: ".".join(reversed(_SUFFIXES[scope.partition].split(".")))),
    },
)


def _named(scope: Scope) -> object:
    return [{"name": "prefix-list-name", "values": [scope.inputs["name"]]}] if scope.inputs.get("name") else None


def _list_id(scope: Scope) -> object:
    return scope.inputs.get("id") or next((each["PrefixListId"] for each in scope.live["lists"]["PrefixLists"]), None)


MANAGED_PREFIX_LIST = Function(
    "aws:ec2/getManagedPrefixList:getManagedPrefixList",
    "ec2",
    "moto",
    calls={
        "lists": Call(
            "DescribeManagedPrefixLists",
            {
                "PrefixListIds": Source(lambda scope: [scope.inputs["id"]] if scope.inputs.get("id") else None, ("id",)),
                "Filters": Source(_named, ("name",)),
            },
        ),
        "entries": Call("GetManagedPrefixListEntries", {"PrefixListId": Source(_list_id)}),
    },
    results={
        "id": "lists.PrefixLists[0].PrefixListId",
        "arn": "lists.PrefixLists[0].PrefixListArn",
        "name": "lists.PrefixLists[0].PrefixListName",
        "addressFamily": "lists.PrefixLists[0].AddressFamily",
        "maxEntries": "lists.PrefixLists[0].MaxEntries || `0`",
        "ownerId": "lists.PrefixLists[0].OwnerId",
        "version": "lists.PrefixLists[0].Version || `0`",
        "entries": "entries.Entries",
        "region": "region",
    },
    uses=("name", "region"),
)


def _addon_version(scope: Scope) -> object:
    """The newest that fits, or the default for the version of Kubernetes."""
    wanted = scope.inputs["kubernetesVersion"]
    for each in scope.live["found"]["addons"][0]["addonVersions"]:
        fits = [one for one in each["compatibilities"] if one["clusterVersion"] == wanted]
        if fits and (scope.inputs.get("mostRecent") or fits[0]["defaultVersion"]):
            return each["addonVersion"]
    return None


ADDON_VERSION = Function(
    "aws:eks/getAddonVersion:getAddonVersion",
    "eks",
    "MiniStack",
    calls={"found": Call("DescribeAddonVersions", {"addonName": "addonName", "kubernetesVersion": "kubernetesVersion"})},
    results={"id": "inputs.addonName", "region": "region", "version": Source(_addon_version)},
    uses=("mostRecent", "region"),
)


def _decrypted(scope: Scope) -> object:
    return scope.inputs.get("withDecryption") is not False


def _in_the_clear(scope: Scope) -> object:
    found = scope.live["found"]["Parameter"]
    return None if found["Type"] == "SecureString" else found["Value"]


CLUSTERS = Function(
    "aws:eks/getClusters:getClusters",
    "eks",
    "MiniStack",
    calls={"found": Call("ListClusters")},
    results={"id": "region", "region": "region", "names": "found.clusters"},
    uses=("region",),
)

NODE_GROUPS = Function(
    "aws:eks/getNodeGroups:getNodeGroups",
    "eks",
    "MiniStack",
    calls={"found": Call("ListNodegroups", {"clusterName": "clusterName"})},
    results={"id": "inputs.clusterName", "clusterName": "inputs.clusterName", "region": "region", "names": "found.nodegroups"},
    uses=("region",),
)

NODE_GROUP = Function(
    "aws:eks/getNodeGroup:getNodeGroup",
    "eks",
    "MiniStack",
    calls={"found": Call("DescribeNodegroup", {"clusterName": "clusterName", "nodegroupName": "nodeGroupName"})},
    results={
        "id": "join(':', [inputs.clusterName, inputs.nodeGroupName])",
        "region": "region",
        "arn": "found.nodegroup.nodegroupArn",
        "nodeRoleArn": "found.nodegroup.nodeRole",
        "subnetIds": "found.nodegroup.subnets",
        "launchTemplates": "found.nodegroup.launchTemplate && [found.nodegroup.launchTemplate]",
        "resources": "found.nodegroup.resources && [found.nodegroup.resources]",
        "scalingConfigs": "[found.nodegroup.scalingConfig]",
        "updateConfigs": "found.nodegroup.updateConfig && [found.nodegroup.updateConfig]",
        "clusterName": "inputs.clusterName",
        "nodeGroupName": "inputs.nodeGroupName",
        **{
            name: f"found.nodegroup.{name}"
            for name in ("amiType", "capacityType", "diskSize", "instanceTypes", "releaseVersion", "status", "taints", "version")
        },
        **{name: f"found.nodegroup.{name} || `{{}}`" for name in ("labels", "tags")},
    },
    uses=("region",),
)

PARAMETER = Function(
    "aws:ssm/getParameter:getParameter",
    "ssm",
    "moto",
    calls={"found": Call("GetParameter", {"Name": "name", "WithDecryption": Source(_decrypted, ("withDecryption",))})},
    results={
        "id": "found.Parameter.Name",
        "region": "region",
        "name": "found.Parameter.Name",
        "arn": "found.Parameter.ARN",
        "type": "found.Parameter.Type",
        "value": "found.Parameter.Value",
        # What is no secret is there a second time, where nothing hides it.
        "insecureValue": Source(_in_the_clear),
        "version": "found.Parameter.Version",
        "withDecryption": Source(_decrypted),
    },
    uses=("region",),
)

SECRET_VERSION = Function(
    "aws:secretsmanager/getSecretVersion:getSecretVersion",
    "secretsmanager",
    "moto",
    calls={"found": Call("GetSecretValue", {"SecretId": "secretId", "VersionId": "versionId", "VersionStage": "versionStage"})},
    results={
        "id": "join('|', [inputs.secretId, found.VersionId])",
        "region": "region",
        "arn": "found.ARN",
        "createdDate": Source(lambda scope: str(scope.live["found"]["CreatedDate"])),
        "secretString": "found.SecretString || ''",
        "secretBinary": Source(lambda _: ""),
        "versionId": "found.VersionId",
        "versionStages": "found.VersionStages",
    },
    uses=("region",),
)

ROWS = (
    *(ADDON_VERSION, AVAILABILITY_ZONES, CALLER_IDENTITY, CLUSTERS, NODE_GROUP, NODE_GROUPS, REGION, PARTITION, MANAGED_PREFIX_LIST),
    *(PARAMETER, SECRET_VERSION),
)
