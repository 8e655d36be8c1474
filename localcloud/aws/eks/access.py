"""Access entries and access policies: who is who in a cluster, and the role bindings that give them their rights.

EKS evaluates access policies in an authorizer of its own. A cluster here has RBAC only, so each association becomes a binding of the
built-in role that the policy is modelled on, to a group that only the token webhook hands out. A binding that goes takes the right with it
at once; who an entry named is forgotten within 15 s of its end (the API server's two token caches, 5 s and 10 s).
"""

import fnmatch
import hashlib
import json
import re
import threading
import time
from typing import Any
from urllib.parse import quote

from localcloud import LocalCloudError
from localcloud.api import Api, ApiError
from localcloud.aws.eks.node_groups import api
from localcloud.aws.eks.state import Cluster, Fields, invalid
from localcloud.aws.identities import Identities, Identity
from localcloud.aws.messages import Refused
from localcloud.aws.ministack import MiniStack
from localcloud.home import Home

POLICY_PREFIX = "arn:aws:eks::aws:cluster-access-policy/"
ROLES = {
    "AmazonEKSClusterAdminPolicy": "cluster-admin",
    "AmazonEKSAdminPolicy": "admin",
    "AmazonEKSEditPolicy": "edit",
    "AmazonEKSViewPolicy": "view",
}
"""Source: Amazon EKS user guide, "Review access policy permissions": each is modelled on the user-facing role named here."""

FOLLOW_SECONDS = 2.0
"""How long a new namespace may be without the bindings of policies that are for it."""

LABEL = "modelway.dev/access-policy"

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_PRINCIPAL = re.compile(r"arn:aws:iam::(\d{12}):(role|user)/[!-~]{1,512}", re.ASCII)
_RESERVED = ("system:", "eks:", "aws:", "amazon:", "iam:", "modelway:")
"""Beginnings no group of an entry may have. Source: Amazon EKS API, CreateAccessEntry, kubernetesGroups; the last is ours."""


def group(principal: str) -> str:
    """The group that stands for an access entry in role bindings."""
    return f"modelway:access-entry:{hashlib.sha256(principal.encode()).hexdigest()[:20]}"


class Access:
    """The access entries of all clusters. MiniStack keeps them."""

    def __init__(self, home: Home, ministack: MiniStack, identities: Identities) -> None:
        self._home = home
        self._ministack = ministack
        self._identities = identities
        self._scoped: dict[str, Cluster] = {}
        self._wake = threading.Event()
        threading.Thread(target=self._follow, name="namespaces", daemon=True).start()

    def welcome(self, cluster: Cluster) -> None:
        """Afterwards the cluster's creator administers it, if that was asked for (which it is by default)."""
        mode = cluster.shown["accessConfig"]
        if mode["authenticationMode"] == "CONFIG_MAP" or not mode["bootstrapClusterCreatorAdminPermissions"]:
            return
        path = f"/clusters/{cluster.name}/access-entries"
        entry = self.prepared(cluster, {"principalArn": cluster.creator})
        self._ministack.json(cluster.account, cluster.region, "POST", path, entry)
        policy = {"policyArn": f"{POLICY_PREFIX}AmazonEKSClusterAdminPolicy", "accessScope": {"type": "cluster"}}
        self._ministack.json(cluster.account, cluster.region, "POST", f"{path}/{quote(cluster.creator, safe='')}/access-policies", policy)
        self.bind(cluster)

    def prepared(self, cluster: Cluster, sent: Fields) -> Fields:
        """CreateAccessEntry as MiniStack should see it: checked, and with the user name EKS gives by default. Raises Refused."""
        if cluster.shown["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
            raise Refused(
                "InvalidRequestException",
                "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
            )
        principal = str(sent.get("principalArn", ""))
        match = _PRINCIPAL.fullmatch(principal)
        if not match or (match[1] == cluster.account and not self._identities.exists(principal)):
            raise invalid("The specified principalArn is invalid: invalid principal.")
        name = principal.rpartition("/")[2]
        default = principal if match[2] == "user" else f"arn:aws:sts::{match[1]}:assumed-role/{name}/{{{{SessionName}}}}"
        return {**sent, **checked(sent), "username": sent.get("username") or default}

    def entry(self, cluster: Cluster, principal: str) -> Fields | None:
        """The access entry of a role or user, or None."""
        try:
            path = f"/clusters/{cluster.name}/access-entries/{quote(principal, safe='')}"
            return dict(self._ministack.json(cluster.account, cluster.region, "GET", path)["accessEntry"])
        except Refused as fault:
            if fault.status == 404:
                return None
            raise

    def policies(self, cluster: Cluster, principal: str) -> list[Fields]:
        """The policies associated with an entry."""
        path = f"/clusters/{cluster.name}/access-entries/{quote(principal, safe='')}/access-policies"
        return list(self._ministack.json(cluster.account, cluster.region, "GET", path, query="maxResults=1000")["associatedAccessPolicies"])

    def bind(self, cluster: Cluster) -> None:
        """Afterwards the cluster's role bindings for access entries are exactly those that its associations ask for now."""
        if cluster.info is None:
            return  # comes when there is an API server to write them to
        with cluster.binding:
            server = api(self._home, cluster)
            path = f"/clusters/{cluster.name}/access-entries"
            principals = self._ministack.json(cluster.account, cluster.region, "GET", path, query="maxResults=1000")["accessEntries"]
            wanted: dict[str, Fields] = {}
            scoped = False
            for principal in principals:
                for policy in self.policies(cluster, principal):
                    wanted |= _bindings(server, principal, policy)
                    scoped = scoped or policy["accessScope"]["type"] == "namespace"
            self._follow_namespaces(cluster, scoped)
            existing = {}
            for kind in ("clusterrolebindings", "rolebindings"):
                for binding in server.call("GET", f"{_RBAC}/{kind}?labelSelector={quote(LABEL)}")["items"]:
                    existing[_collection(binding["metadata"].get("namespace")) + "/" + binding["metadata"]["name"]] = binding
            for one in existing.keys() - wanted.keys():
                _call(server, "DELETE", one, None, (404,))
            for one in wanted.keys() - existing.keys():
                # A namespace may go, and another request may have come first.
                _call(server, "POST", one.rpartition("/")[0], wanted[one], (404, 409))

    def _follow_namespaces(self, cluster: Cluster, scoped: bool) -> None:
        if scoped:
            self._scoped[cluster.id] = cluster
            self._wake.set()
        else:
            self._scoped.pop(cluster.id, None)

    def _follow(self) -> None:
        """EKS's authorizer knows namespaces by name; bindings are objects in them, which have to follow when one comes."""
        while self._wake.wait():
            time.sleep(FOLLOW_SECONDS)
            self._wake.clear()
            for cluster in list(self._scoped.values()):
                try:
                    self.bind(cluster)
                except (Refused, LocalCloudError, OSError):
                    # It is on its way out, or busy.
                    self._follow_namespaces(cluster, cluster.status != "DELETING")


def checked(sent: Fields) -> Fields:
    """The groups of an entry. Raises Refused for those that would make somebody else of it."""
    groups = sent.get("kubernetesGroups") or []
    for one in groups:
        if one.startswith(_RESERVED):
            raise invalid(f"The kubernetes group name {one} is invalid, it cannot start with any of {', '.join(_RESERVED)}")
    username = str(sent.get("username") or "")
    if username.startswith(_RESERVED):
        raise invalid(f"The username {username} is invalid, it cannot start with any of {', '.join(_RESERVED)}")
    return {"kubernetesGroups": groups} if "kubernetesGroups" in sent else {}


def check_policy(sent: Fields) -> None:
    """Raises Refused for a policy that has no role here."""
    policy = str(sent.get("policyArn", ""))
    if policy.removeprefix(POLICY_PREFIX) not in ROLES or not policy.startswith(POLICY_PREFIX):
        raise invalid(
            f"The policyArn parameter format is not valid: {policy}. "
            f"The local cloud knows {', '.join(POLICY_PREFIX + name for name in ROLES)}."
        )


def who(identity: Identity, entry: Fields, policies: list[Fields]) -> dict[str, Any]:
    """`status.user` of a TokenReview for the holder of an access entry."""
    session = identity.session or ""
    replaced = {
        "{{SessionName}}": session.replace("@", "-"),
        "{{SessionNameRaw}}": session,
        "{{AccountID}}": identity.account,
        "{{EC2PrivateDNSName}}": session,
    }
    username = str(entry.get("username") or identity.principal)
    for placeholder, value in replaced.items():
        username = username.replace(placeholder, value)
    groups = [*(entry.get("kubernetesGroups") or []), *([group(identity.principal)] if policies else [])]
    return {
        "username": username,
        "uid": f"aws-iam-authenticator:{identity.account}:{identity.user_id.partition(':')[0]}",
        "groups": [*groups, "system:authenticated"],
        "extra": {
            "arn": [identity.arn],
            "canonicalArn": [identity.principal],
            "accessKeyId": [identity.access_key],
            "principalId": [identity.user_id.partition(":")[0]],
            "sessionName": [session],
        },
    }


def _bindings(server: Api, principal: str, policy: Fields) -> dict[str, Fields]:
    scope = policy["accessScope"]
    role = ROLES.get(policy["policyArn"].removeprefix(POLICY_PREFIX))
    if role is None:
        return {}
    namespaces: list[str | None] = [None]
    if scope["type"] == "namespace":
        names = [namespace["metadata"]["name"] for namespace in server.call("GET", "/api/v1/namespaces")["items"]]
        namespaces = [name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in scope["namespaces"])]
    name = f"eks-access-{hashlib.sha256(json.dumps([principal, policy['policyArn']]).encode()).hexdigest()[:20]}"
    found = {}
    for namespace in namespaces:
        found[f"{_collection(namespace)}/{name}"] = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
            "metadata": {
                "name": name,
                **({"namespace": namespace} if namespace else {}),
                "labels": {LABEL: role},
                "annotations": {"modelway.dev/principal": principal, "modelway.dev/policy": policy["policyArn"]},
            },
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group(principal)}],
        }
    return found


def _collection(namespace: str | None) -> str:
    return f"{_RBAC}/namespaces/{namespace}/rolebindings" if namespace else f"{_RBAC}/clusterrolebindings"


def _call(server: Api, method: str, path: str, body: Fields | None, fine: tuple[int, ...]) -> None:
    try:
        server.call(method, path, body)
    except ApiError as fault:
        if fault.status not in fine:
            raise
