"""Managed node groups: their nodes are objects in the cluster's API server, which kwok keeps alive."""

import ipaddress
import re
import threading
import time
from typing import Any

from localcloud import LocalCloudError
from localcloud.api import Api
from localcloud.aws.eks.instance_types import instance_type
from localcloud.aws.eks.state import Cluster, Fields, NodeGroup, invalid
from localcloud.aws.identities import Identities
from localcloud.aws.messages import Refused
from localcloud.aws.ministack import MiniStack
from localcloud.aws.moto_host import Moto
from localcloud.certificates import Pair
from localcloud.control import ControlClient, NodeSpec
from localcloud.home import Home
from localcloud.nodes import GROUP_LABEL

AUTO_MODE_TYPE = "m7i.2xlarge"
"""What Auto Mode starts here, one in each subnet of the cluster."""

READY_SECONDS = 60.0
"""Patience with nodes; kwok needs a second or two."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}
_AS_SENT = ("labels", "taints", "launchTemplate", "remoteAccess", "nodeRepairConfig")
_FIRST_HOST = 10  # AWS keeps the first four addresses of a subnet


def api(home: Home, cluster: Cluster) -> Api:
    """The cluster's API server, as its administrator."""
    if cluster.info is None:
        raise Refused("ResourceNotFoundException", f"Cluster {cluster.name} has no control plane yet.", 404)
    folder = home.cluster(cluster.id)
    return Api(cluster.info.endpoint, folder / "ca.crt", Pair(folder / "admin.crt", folder / "admin.key"))


class NodeGroups:
    """The node groups of all clusters."""

    def __init__(self, control: ControlClient, home: Home, ministack: MiniStack, moto: Moto, identities: Identities) -> None:
        self._control = control
        self._home = home
        self._ministack = ministack
        self._moto = moto
        self._identities = identities

    def start_auto_mode(self, cluster: Cluster) -> None:
        """Afterwards a cluster in Auto Mode has nodes of EKS's pool general-purpose. Nothing scales them; other pools have none."""
        compute = cluster.shown.get("computeConfig") or {}
        if not compute.get("enabled") or "general-purpose" not in (compute.get("nodePools") or []):
            return
        subnets = [
            self._moto.subnet(cluster.account, cluster.region, subnet) for subnet in cluster.shown["resourcesVpcConfig"]["subnetIds"]
        ]
        offered = instance_type(AUTO_MODE_TYPE)
        labels = {
            "eks.amazonaws.com/compute-type": "auto",
            "karpenter.sh/nodepool": "general-purpose",
            "karpenter.sh/capacity-type": "on-demand",
            "topology.kubernetes.io/region": cluster.region,
        }
        nodes = [
            NodeSpec(f"i-{number:017x}", str(offered.cpus), f"{offered.memory}Gi", subnet.availability_zone, AUTO_MODE_TYPE, 0, labels)
            for number, subnet in enumerate(subnets, 1)
        ]
        self._control.set_nodes(cluster.id, "auto-mode", nodes)

    def create(self, cluster: Cluster, sent: Fields) -> Fields:
        """CreateNodegroup: answers at once; ACTIVE when all its nodes are Ready."""
        name = str(sent.get("nodegroupName", ""))
        if not _NAME.fullmatch(name):
            raise invalid("Nodegroup name has to be 1 to 63 letters, digits, hyphens and underscores, and begin with a letter or digit.")
        role = str(sent.get("nodeRole", ""))
        if self._identities.role(role) is None:
            raise invalid(f"Role with arn: {role}, could not be assumed because it does not exist or the trusted entity is not correct")
        types = sent.get("instanceTypes") or ["t3.medium"]
        for one in types:
            instance_type(one)
        subnets = list(sent.get("subnets") or [])
        if not subnets:
            raise invalid("Subnets are not specified.")
        places = [self._moto.subnet(cluster.account, cluster.region, subnet) for subnet in subnets]
        with cluster.lock:
            cluster.must_be_active()
        shown = {
            "version": sent.get("version") or cluster.shown["version"],
            "releaseVersion": sent.get("releaseVersion") or self._release(cluster),
            "capacityType": sent.get("capacityType") or "ON_DEMAND",
            "scalingConfig": _scaling(sent.get("scalingConfig") or {"minSize": 1, "maxSize": 2, "desiredSize": 1}),
            "updateConfig": sent.get("updateConfig") or {"maxUnavailable": 1},
            "instanceTypes": types,
            "subnets": subnets,
            "nodeRole": role,
            "amiType": sent.get("amiType") or "AL2023_x86_64_STANDARD",
            "diskSize": sent.get("diskSize") or 20,
            "labels": {},
            "taints": [],
            **{field: sent[field] for field in _AS_SENT if sent.get(field)},
        }
        if shown.get("launchTemplate"):
            del shown["diskSize"]  # then it is the template's
        for taint in shown["taints"]:
            _taint(taint)
        group = NodeGroup(name, shown)
        with cluster.lock:
            cluster.must_be_active()
            if name in cluster.groups:
                raise Refused("ResourceInUseException", f"NodeGroup already exists with name {name} and cluster name {cluster.name}", 409)
            cluster.groups[name] = group
            try:
                self._plan(cluster, group, places)
                kept = {"nodegroupName": name, "tags": sent.get("tags") or {}, **shown}
                answer = self._ministack.json(cluster.account, cluster.region, "POST", f"/clusters/{cluster.name}/node-groups", kept)
            except BaseException:
                del cluster.groups[name]
                raise
            # MiniStack makes up a security group; EC2 has none of that name.
            shown["resources"] = {"autoScalingGroups": answer["nodegroup"]["resources"]["autoScalingGroups"]}
        self._apply(cluster, group, "CREATE_FAILED", None)
        return answer

    def update_config(self, cluster: Cluster, name: str, sent: Fields) -> Fields:
        """UpdateNodegroupConfig: scaling, labels, taints, pace of updates."""
        with cluster.lock:
            group = self._free(cluster, name)
            shown = dict(group.shown)
            if "scalingConfig" in sent:
                shown["scalingConfig"] = _scaling({**shown["scalingConfig"], **sent["scalingConfig"]})
            labels = sent.get("labels") or {}
            shown["labels"] = {
                label: value
                for label, value in {**shown["labels"], **(labels.get("addOrUpdateLabels") or {})}.items()
                if label not in (labels.get("removeLabels") or [])
            }
            taints = sent.get("taints") or {}
            changed = {(taint["key"], taint["effect"]): taint for taint in [*shown["taints"], *(taints.get("addOrUpdateTaints") or [])]}
            for taint in taints.get("removeTaints") or []:
                changed.pop((taint["key"], taint["effect"]), None)
            shown["taints"] = list(changed.values())
            for taint in shown["taints"]:
                _taint(taint)
            for field in ("updateConfig", "nodeRepairConfig"):
                if field in sent:
                    shown[field] = sent[field]
            group.shown = shown
            places = [self._moto.subnet(cluster.account, cluster.region, subnet) for subnet in shown["subnets"]]
            self._plan(cluster, group, places)
            group.status = "UPDATING"
            update = cluster.update("ConfigUpdate", shown["scalingConfig"], "InProgress")
        self._apply(cluster, group, "DEGRADED", update)
        return update

    def update_version(self, cluster: Cluster, name: str, sent: Fields) -> Fields:
        """UpdateNodegroupVersion: the record says the new version. Nodes are simulated, none is replaced."""
        with cluster.lock:
            group = self._free(cluster, name)
            group.shown["version"] = sent.get("version") or cluster.shown["version"]
            group.shown["releaseVersion"] = sent.get("releaseVersion") or self._release(cluster)
            if "launchTemplate" in sent:
                group.shown["launchTemplate"] = sent["launchTemplate"]
            return cluster.update("VersionUpdate", {"Version": group.shown["version"], "ReleaseVersion": group.shown["releaseVersion"]})

    def delete(self, cluster: Cluster, name: str) -> Fields:
        """DeleteNodegroup: answers at once; its nodes go, then the record."""
        with cluster.lock:
            group = cluster.group(name)
            if group.status in ("CREATING", "UPDATING", "DELETING"):
                raise Refused("ResourceInUseException", f"Nodegroup {name} cannot be deleted while it is {group.status}.", 409)
            group.status = "DELETING"
            group.nodes = []
        path = f"/clusters/{cluster.name}/node-groups/{name}"
        answer = self._ministack.json(cluster.account, cluster.region, "GET", path)

        def end() -> None:
            try:
                self._control.set_nodes(cluster.id, name, [])
                self._ministack.json(cluster.account, cluster.region, "DELETE", path)
            except (LocalCloudError, Refused) as fault:
                self._failed(cluster, group, "DELETE_FAILED", str(fault), None)
                return
            with cluster.lock:
                cluster.groups.pop(name, None)

        threading.Thread(target=end, name=f"delete {cluster.name}/{name}", daemon=True).start()
        return answer

    def _release(self, cluster: Cluster) -> str:
        return f"{api(self._home, cluster).call('GET', '/version')['gitVersion'].removeprefix('v')}-local"

    def _free(self, cluster: Cluster, name: str) -> NodeGroup:
        cluster.must_be_active()
        group = cluster.group(name)
        if group.status not in ("ACTIVE", "DEGRADED"):
            raise Refused("ResourceInUseException", f"Nodegroup {name} cannot be updated while it is {group.status}.", 409)
        return group

    def _plan(self, cluster: Cluster, group: NodeGroup, subnets: list[Any]) -> None:
        """The group's list of nodes becomes as long as it should be: the oldest stay, addresses are nobody else's, zones take turns."""
        taken = {node.name for other in cluster.groups.values() for node in other.nodes}
        wanted = group.shown["scalingConfig"]["desiredSize"]
        names = [(node.name, node.zone) for node in group.nodes[:wanted]]
        while len(names) < wanted:
            subnet = subnets[len(names) % len(subnets)]
            name = _free_name(subnet, cluster.region, taken)
            taken.add(name)
            names.append((name, subnet.availability_zone))
        kind = group.shown["instanceTypes"][0]
        offered = instance_type(kind)
        labels = {
            **group.shown["labels"],
            "eks.amazonaws.com/nodegroup": group.name,
            "eks.amazonaws.com/capacityType": group.shown["capacityType"],
            "topology.kubernetes.io/region": cluster.region,
        }
        if offered.gpus:
            labels["nvidia.com/gpu.present"] = "true"
        taints = [_taint(taint) for taint in group.shown["taints"]]
        group.nodes = [
            NodeSpec(name, str(offered.cpus), f"{offered.memory}Gi", zone, kind, offered.gpus, labels, taints) for name, zone in names
        ]

    def _apply(self, cluster: Cluster, group: NodeGroup, failed: str, update: Fields | None) -> None:
        def work() -> None:
            with cluster.lock:
                nodes = list(group.nodes)
            try:
                self._control.set_nodes(cluster.id, group.name, nodes)
                self._wait(cluster, group, len(nodes))
            except (LocalCloudError, Refused, OSError) as fault:
                self._failed(cluster, group, failed, str(fault), update)
                return
            with cluster.lock:
                group.status, group.issues = "ACTIVE", []
                if update:
                    update["status"] = "Successful"

        threading.Thread(target=work, name=f"nodes {cluster.name}/{group.name}", daemon=True).start()

    def _wait(self, cluster: Cluster, group: NodeGroup, wanted: int) -> None:
        server = api(self._home, cluster)
        until = time.monotonic() + READY_SECONDS
        ready = 0
        while time.monotonic() < until:
            nodes = server.call("GET", f"/api/v1/nodes?labelSelector={GROUP_LABEL}%3D{group.name}")["items"]
            ready = sum(_ready(node) for node in nodes)
            if ready == len(nodes) == wanted:
                return
            time.sleep(0.2)
        raise LocalCloudError(f"{ready} of {wanted} nodes are Ready after {READY_SECONDS:.0f} s")

    def _failed(self, cluster: Cluster, group: NodeGroup, status: str, message: str, update: Fields | None) -> None:
        with cluster.lock:
            group.status = status
            group.issues = [{"code": "NodeCreationFailure", "message": message, "resourceIds": [node.name for node in group.nodes]}]
            if update:
                update["status"] = "Failed"
                update["errors"] = [{"errorCode": "NodeCreationFailure", "errorMessage": message, "resourceIds": [group.name]}]


def _free_name(subnet: Any, region: str, taken: set[str]) -> str:
    network = ipaddress.ip_network(subnet.cidr_block)
    for offset in range(_FIRST_HOST, network.num_addresses - 1):
        name = f"ip-{str(network[offset]).replace('.', '-')}.{region}.compute.internal"
        if name not in taken:
            return name
    raise Refused("InvalidRequestException", f"Subnet {subnet.id} has no free address left.")


def _scaling(wanted: Fields) -> Fields:
    try:
        least, most = int(wanted["minSize"]), int(wanted["maxSize"])
        desired = int(wanted.get("desiredSize", least))
    except (KeyError, TypeError, ValueError):
        raise invalid("scalingConfig needs minSize, maxSize and desiredSize, whole numbers.") from None
    if least < 0 or most < 1:
        raise invalid("minSize has to be at least 0, maxSize at least 1.")
    if least > most:
        raise invalid(f"Minimum capacity {least} can't be greater than maximum size {most}")
    if desired > most:
        raise invalid(f"Desired capacity {desired} can't be greater than max size {most}")
    if desired < least:
        raise invalid(f"Minimum capacity {least} can't be greater than desired size {desired}")
    return {"minSize": least, "maxSize": most, "desiredSize": desired}


def _taint(taint: Fields) -> dict[str, str]:
    if taint.get("effect") not in _EFFECTS or not taint.get("key"):
        raise invalid(f"A taint needs a key and one of the effects {', '.join(_EFFECTS)}.")
    return {"key": taint["key"], "effect": _EFFECTS[taint["effect"]], **({"value": taint["value"]} if taint.get("value") else {})}


def _ready(node: Fields) -> bool:
    return any(one["type"] == "Ready" and one["status"] == "True" for one in node.get("status", {}).get("conditions", []))
