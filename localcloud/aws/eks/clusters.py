"""Clusters: from CreateCluster to DeleteCluster each has a control plane of its own."""

import base64
import ipaddress
import re
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from localcloud import LocalCloudError
from localcloud.aws.eks.state import Cluster, Fields, invalid
from localcloud.aws.identities import Identities, Identity
from localcloud.aws.messages import Refused
from localcloud.aws.ministack import MiniStack
from localcloud.aws.moto_host import Moto
from localcloud.control import ControlClient, WebhookSpec

VERSION = "1.35"
"""Of the toolchain's API server: what a cluster gets that asks for none."""

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
"""Source: Amazon EKS API, LogSetup."""

_NAME = re.compile(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}")
_VERSION = re.compile(r"1\.\d{2}")
_AS_SENT = (
    "encryptionConfig",
    "upgradePolicy",
    "zonalShiftConfig",
    "computeConfig",
    "storageConfig",
    "remoteNetworkConfig",
    "deletionProtection",
)
_PRIVATE = tuple(ipaddress.IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
_MODES = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")

# What UpdateClusterConfig takes, and what DescribeUpdate calls it. One at a time, as in AWS.
_UPDATES = {
    "logging": "LoggingUpdate",
    "resourcesVpcConfig": "EndpointAccessUpdate",
    "accessConfig": "AccessConfigUpdate",
    "upgradePolicy": "UpgradePolicyUpdate",
    "zonalShiftConfig": "ZonalShiftConfigUpdate",
    "deletionProtection": "DeletionProtectionUpdate",
    "remoteNetworkConfig": "RemoteNetworkConfigUpdate",
}


class Clusters:
    """The clusters of all accounts and regions."""

    def __init__(
        self,
        control: ControlClient,
        ministack: MiniStack,
        moto: Moto,
        identities: Identities,
        webhook: Callable[[str], str],
        cleared: Future[None],
    ) -> None:
        self._control = control
        self._ministack = ministack
        self._moto = moto
        self._identities = identities
        self._webhook = webhook
        self._cleared = cleared
        self._clusters: dict[tuple[str, str, str], Cluster] = {}
        self._guard = threading.Lock()
        self.ready: Callable[[Cluster], None] = lambda _: None
        """Called when a control plane answers, before the cluster is ACTIVE."""

    def find(self, account: str, region: str, name: str) -> Cluster:
        """Raises Refused when there is none."""
        with self._guard:
            cluster = self._clusters.get((account, region, name))
        if cluster is None:
            raise Refused("ResourceNotFoundException", f"No cluster found for name: {name}.", 404)
        return cluster

    def by_id(self, identifier: str) -> Cluster | None:
        """The cluster whose control plane has that name, or None."""
        with self._guard:
            return next((cluster for cluster in self._clusters.values() if cluster.id == identifier), None)

    def create(self, caller: Identity, region: str, sent: Fields) -> Fields:
        """CreateCluster: answers at once, the control plane starts in the background."""
        name = str(sent.get("name", ""))
        if not _NAME.fullmatch(name):
            raise invalid("Cluster name has to be 1 to 100 letters, digits, hyphens and underscores, and begin with a letter or digit.")
        role = str(sent.get("roleArn", ""))
        if self._identities.role(role) is None:
            raise invalid(f"Role with arn: {role}, could not be assumed because it does not exist or the trusted entity is not correct")
        _compute(sent)
        shown = {field: sent[field] for field in _AS_SENT if field in sent}
        shown.setdefault("upgradePolicy", {"supportType": "EXTENDED"})
        shown |= {
            "version": _version(sent),
            "roleArn": role,
            "platformVersion": "eks.1",
            "logging": _logging({}, sent.get("logging") or {}),
            "accessConfig": _access({}, sent.get("accessConfig") or {}),
            "kubernetesNetworkConfig": _network(sent.get("kubernetesNetworkConfig") or {}),
            "resourcesVpcConfig": self._vpc(caller.account, region, sent.get("resourcesVpcConfig") or {}),
            # Both are known once the control plane is: see `_start`.
            "endpoint": None,
            "certificateAuthority": {},
            "identity": None,
        }
        vpc = shown["resourcesVpcConfig"]
        cluster = Cluster(caller.account, region, name, f"arn:aws:eks:{region}:{caller.account}:cluster/{name}", shown, caller.principal)
        with self._guard:
            if (caller.account, region, name) in self._clusters:
                raise Refused("ResourceInUseException", f"Cluster already exists with name: {name}", 409)
            self._clusters[caller.account, region, name] = cluster
        try:
            vpc["clusterSecurityGroupId"] = self._moto.create_security_group(
                caller.account,
                region,
                vpc["vpcId"],
                f"eks-cluster-sg-{name}-{uuid.uuid4().hex[:10]}",
                "Of the control plane and of managed nodes; made by EKS",
                {"Name": f"eks-cluster-sg-{name}", f"kubernetes.io/cluster/{name}": "owned", "aws:eks:cluster-name": name},
            )
            # MiniStack's own idea of the creator's entry does not know our callers: see access.py.
            kept = {"name": name, "roleArn": role, "version": shown["version"], "tags": sent.get("tags") or {}, "resourcesVpcConfig": vpc}
            kept["accessConfig"] = {"bootstrapClusterCreatorAdminPermissions": False}
            answer = self._ministack.json(caller.account, region, "POST", "/clusters", kept)
        except BaseException:
            self._forget(cluster)
            raise
        threading.Thread(target=self._start, args=(cluster,), name=f"create {name}", daemon=True).start()
        return answer

    def delete(self, cluster: Cluster) -> Fields:
        """DeleteCluster: answers at once; the control plane ends in the background, then the record goes."""
        with cluster.lock:
            if cluster.shown.get("deletionProtection"):
                raise Refused("InvalidRequestException", f"Cluster '{cluster.name}' has deletion protection enabled.")
            if cluster.groups:
                raise Refused("ResourceInUseException", f"Cluster has nodegroups attached: {', '.join(sorted(cluster.groups))}", 409)
            if cluster.status in ("CREATING", "DELETING"):
                raise Refused("ResourceInUseException", f"Cluster '{cluster.name}' cannot be deleted while it is {cluster.status}.", 409)
            cluster.status = "DELETING"
        answer = self._ministack.json(cluster.account, cluster.region, "GET", f"/clusters/{cluster.name}")
        threading.Thread(target=self._end, args=(cluster,), name=f"delete {cluster.name}", daemon=True).start()
        return answer

    def update_config(self, cluster: Cluster, sent: Fields) -> Fields:
        """UpdateClusterConfig: one kind of change at a time; done at once."""
        asked = [name for name in sent if name not in ("clientRequestToken", "name")]
        if set(asked) == {"computeConfig", "storageConfig", "kubernetesNetworkConfig"}:
            raise invalid("EKS Auto Mode cannot be changed in the local cloud.")
        if len(asked) != 1 or asked[0] not in _UPDATES:
            raise invalid(f"One of {', '.join(_UPDATES)} has to be given, and only one.")
        field = asked[0]
        with cluster.lock:
            cluster.must_be_active()
            before = cluster.shown.get(field)
            match field:
                case "logging":
                    after: Any = _logging(cluster.shown["logging"], sent[field])
                case "accessConfig":
                    after = _access(cluster.shown["accessConfig"], sent[field])
                case "resourcesVpcConfig":
                    after = _reachable({**cluster.shown[field], **sent[field]})
                case _:
                    after = sent[field]
            if after == before:
                raise invalid(f"No changes needed for the {field} provided")
            cluster.shown[field] = after
            return cluster.update(_UPDATES[field], {field: sent[field]})

    def update_version(self, cluster: Cluster, sent: Fields) -> Fields:
        """UpdateClusterVersion: the next minor version. The API server stays what it is; the record says the new one."""
        version = _version(sent)
        with cluster.lock:
            cluster.must_be_active()
            now = int(cluster.shown["version"].split(".")[1])
            if int(version.split(".")[1]) != now + 1:
                raise invalid(f"Unsupported Kubernetes minor version update from {cluster.shown['version']} to {version}")
            cluster.shown["version"] = version
            return cluster.update("VersionUpdate", {"Version": version})

    def encrypt(self, cluster: Cluster, sent: Fields) -> Fields:
        """AssociateEncryptionConfig, for a cluster that has none yet."""
        with cluster.lock:
            cluster.must_be_active()
            if cluster.shown.get("encryptionConfig"):
                raise Refused("ResourceInUseException", "Cluster already has an encryption configuration.", 409)
            cluster.shown["encryptionConfig"] = sent.get("encryptionConfig") or []
            return cluster.update("AssociateEncryptionConfig", {"EncryptionConfig": sent.get("encryptionConfig")})

    def _start(self, cluster: Cluster) -> None:
        try:
            self._cleared.result()
            # A cluster of that name from before a crash has somebody else's objects in it.
            self._control.delete_cluster(cluster.id)
            asked = cluster.shown["kubernetesNetworkConfig"].get("serviceIpv4Cidr")
            info = self._control.create_cluster(cluster.id, WebhookSpec(self._webhook(cluster.id)), asked)
            with cluster.lock:
                cluster.info = info
                cluster.shown["endpoint"] = info.endpoint
                cluster.shown["certificateAuthority"] = {"data": base64.b64encode(info.ca_pem.encode()).decode()}
                cluster.shown["kubernetesNetworkConfig"]["serviceIpv4Cidr"] = info.service_cidr
                cluster.shown["identity"] = {"oidc": {"issuer": info.endpoint}}
            self.ready(cluster)
            with cluster.lock:
                cluster.status = "ACTIVE"
        except (LocalCloudError, Refused, OSError) as fault:
            with cluster.lock:
                cluster.status = "FAILED"
                cluster.issues = [{"code": "InternalFailure", "message": str(fault), "resourceIds": [cluster.name]}]

    def _end(self, cluster: Cluster) -> None:
        try:
            self._control.delete_cluster(cluster.id)
            self._ministack.json(cluster.account, cluster.region, "DELETE", f"/clusters/{cluster.name}")
        except (LocalCloudError, Refused) as fault:
            with cluster.lock:
                cluster.status = "FAILED"
                cluster.issues = [{"code": "InternalFailure", "message": str(fault), "resourceIds": [cluster.name]}]
            return
        self._forget(cluster)

    def _forget(self, cluster: Cluster) -> None:
        if group := cluster.shown["resourcesVpcConfig"].get("clusterSecurityGroupId"):
            self._moto.delete_security_group(cluster.account, cluster.region, group)
        with self._guard:
            self._clusters.pop((cluster.account, cluster.region, cluster.name), None)

    def _vpc(self, account: str, region: str, sent: Fields) -> Fields:
        subnets = [self._moto.subnet(account, region, subnet) for subnet in sent.get("subnetIds") or []]
        if len({subnet.availability_zone for subnet in subnets}) < 2:
            raise invalid("Subnets specified must be in at least two different AZs")
        if len({subnet.vpc_id for subnet in subnets}) > 1:
            raise invalid("Subnets have to be in one VPC.")
        defaults = {"securityGroupIds": [], "endpointPublicAccess": True, "endpointPrivateAccess": False}
        return _reachable({**defaults, **sent, "vpcId": subnets[0].vpc_id})


def _reachable(vpc: Fields) -> Fields:
    if not vpc["endpointPublicAccess"] and not vpc["endpointPrivateAccess"]:
        raise invalid("Private and public endpoint access cannot be disabled at the same time.")
    cidrs = (vpc.get("publicAccessCidrs") or ["0.0.0.0/0"]) if vpc["endpointPublicAccess"] else []
    return {**vpc, "publicAccessCidrs": cidrs}


def _version(sent: Fields) -> str:
    version = str(sent.get("version") or VERSION)
    if not _VERSION.fullmatch(version):
        raise invalid(f"unsupported Kubernetes version {version}")
    return version


def _logging(before: Fields, sent: Fields) -> Fields:
    enabled = {kind for setup in before.get("clusterLogging", []) if setup["enabled"] for kind in setup["types"]}
    for setup in sent.get("clusterLogging") or []:
        types = set(setup.get("types") or [])
        if unknown := types - set(LOG_TYPES):
            raise invalid(f"Unknown log types: {', '.join(sorted(unknown))}")
        enabled = enabled | types if setup.get("enabled") else enabled - types
    split = [([kind for kind in LOG_TYPES if (kind in enabled) is wanted], wanted) for wanted in (True, False)]
    return {"clusterLogging": [{"types": types, "enabled": wanted} for types, wanted in split if types]}


def _access(before: Fields, sent: Fields) -> Fields:
    after = {"bootstrapClusterCreatorAdminPermissions": True, "authenticationMode": "CONFIG_MAP", **before, **sent}
    if after["authenticationMode"] not in _MODES:
        raise invalid(f"authenticationMode has to be one of {', '.join(_MODES)}")
    if before and _MODES.index(after["authenticationMode"]) < _MODES.index(before["authenticationMode"]):
        raise invalid(f"Unsupported authentication mode update from {before['authenticationMode']} to {after['authenticationMode']}")
    return after


def _network(sent: Fields) -> Fields:
    if sent.get("ipFamily", "ipv4") != "ipv4":
        raise invalid("Clusters of the local cloud have an IPv4 service network: leave ipFamily out.")
    try:
        asked = ipaddress.IPv4Network(sent.get("serviceIpv4Cidr", "10.100.0.0/16"))
    except ValueError as fault:
        raise invalid(f"serviceIpv4Cidr: {fault}") from None
    if not 12 <= asked.prefixlen <= 24 or not any(asked.subnet_of(block) for block in _PRIVATE):
        raise invalid("serviceIpv4Cidr has to be a block of private addresses, /12 to /24")
    return {**sent, "ipFamily": "ipv4"}


def _compute(sent: Fields) -> None:
    """Auto Mode is three switches, which EKS takes together or not at all."""
    switches = {
        (sent.get("computeConfig") or {}).get("enabled", False),
        ((sent.get("storageConfig") or {}).get("blockStorage") or {}).get("enabled", False),
        ((sent.get("kubernetesNetworkConfig") or {}).get("elasticLoadBalancing") or {}).get("enabled", False),
    }
    if len(switches) > 1:
        raise invalid(
            "For EKS Auto Mode, please ensure that all required configs, including computeConfig, kubernetesNetworkConfig, and"
            " blockStorage are all either fully enabled or fully disabled."
        )
