"""The EKS API: which call does what. What is not in the table goes to MiniStack as it is."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any
from urllib.parse import unquote

from localcloud.aws.eks.access import POLICY_PREFIX, ROLES, Access, check_policy, checked
from localcloud.aws.eks.clusters import Clusters
from localcloud.aws.eks.node_groups import NodeGroups
from localcloud.aws.eks.state import Cluster, Fields, invalid
from localcloud.aws.identities import Identities, Identity
from localcloud.aws.messages import Answer, Refused, Request
from localcloud.aws.ministack import MiniStack
from localcloud.aws.moto_host import Moto
from localcloud.control import ControlClient
from localcloud.home import Home

ADDON_VERSION = "v0.0.0-local.1"
"""What an add-on has that was asked for without a version: none is installed, so none of AWS's versions would be true."""

_CLUSTER = r"/clusters/(?P<cluster>[^/]+)"
_GROUP = rf"{_CLUSTER}/node-groups/(?P<group>[^/]+)"
_ENTRY = rf"{_CLUSTER}/access-entries/(?P<principal>[^/]+)"

# Answers hold one object each, under these names; the ARN in it is the key to its tags.
_ARNS = {
    "cluster": "arn",
    "nodegroup": "nodegroupArn",
    "addon": "addonArn",
    "accessEntry": "accessEntryArn",
    "association": "associationArn",
}


class Call:
    """One call: who, where, what."""

    def __init__(self, caller: Identity, region: str, request: Request, parts: dict[str, str]) -> None:
        self.caller = caller
        self.region = region
        self.request = request
        self.parts = {name: unquote(part) for name, part in parts.items()}
        self.sent = request.json()


class Eks:
    """EKS of all accounts and regions."""

    def __init__(
        self,
        control: ControlClient,
        home: Home,
        ministack: MiniStack,
        moto: Moto,
        identities: Identities,
        webhook: Callable[[str], str],
        cleared: Future[None],
    ) -> None:
        self._ministack = ministack
        self.access = Access(home, ministack, identities)
        self.clusters = Clusters(control, ministack, moto, identities, webhook, cleared)
        self._groups = NodeGroups(control, home, ministack, moto, identities)
        self.clusters.ready = self._ready
        self._tags: dict[str, dict[str, str]] = {}
        self._tagging = threading.Lock()
        table: list[tuple[str, str, Callable[[Call], Fields]]] = [
            ("POST", "/clusters", self._create_cluster),
            ("GET", _CLUSTER, self._describe_cluster),
            ("DELETE", _CLUSTER, lambda call: self.clusters.delete(self._cluster(call))),
            ("POST", f"{_CLUSTER}/update-config", lambda call: {"update": self.clusters.update_config(self._cluster(call), call.sent)}),
            ("POST", f"{_CLUSTER}/updates", lambda call: {"update": self.clusters.update_version(self._cluster(call), call.sent)}),
            (
                "POST",
                f"{_CLUSTER}/encryption-config/associate",
                lambda call: {"update": self.clusters.encrypt(self._cluster(call), call.sent)},
            ),
            ("GET", f"{_CLUSTER}/updates", lambda call: {"updateIds": list(self._cluster(call).updates)}),
            ("GET", f"{_CLUSTER}/updates/(?P<update>[^/]+)", self._describe_update),
            ("POST", f"{_CLUSTER}/node-groups", lambda call: self._groups.create(self._cluster(call), call.sent)),
            ("GET", _GROUP, self._pass),
            ("DELETE", _GROUP, lambda call: self._groups.delete(self._cluster(call), call.parts["group"])),
            (
                "POST",
                f"{_GROUP}/update-config",
                lambda call: {"update": self._groups.update_config(self._cluster(call), call.parts["group"], call.sent)},
            ),
            (
                "POST",
                f"{_GROUP}/update-version",
                lambda call: {"update": self._groups.update_version(self._cluster(call), call.parts["group"], call.sent)},
            ),
            ("POST", f"{_CLUSTER}/access-entries", self._create_entry),
            ("POST", _ENTRY, self._update_entry),
            ("DELETE", _ENTRY, self._rebind),
            ("POST", f"{_ENTRY}/access-policies", self._associate),
            ("DELETE", rf"{_ENTRY}/access-policies/[^/]+", self._rebind),
            ("GET", "/access-policies", lambda _: {"accessPolicies": [{"name": name, "arn": POLICY_PREFIX + name} for name in ROLES]}),
            ("POST", f"{_CLUSTER}/addons", self._create_addon),
            ("POST", rf"{_CLUSTER}/addons/[^/]+/update", self._update_addon),
            ("GET", "/addons/supported-versions", self._addon_versions),
            ("GET", "/tags/(?P<arn>.+)", lambda call: {"tags": self._tags_of(call)}),
            ("POST", "/tags/(?P<arn>.+)", self._tag),
            ("DELETE", "/tags/(?P<arn>.+)", self._untag),
        ]
        self._table = [(method, re.compile(path), handler) for method, path, handler in table]

    def answer(self, caller: Identity, region: str, request: Request) -> Answer:
        """The answer to one call. Raises Refused with EKS's errors."""
        for method, path, handler in self._table:
            match = path.fullmatch(request.path)
            if match and method == request.method:
                call = Call(caller, region, request, match.groupdict())
                return Answer.of(self._finished(call, handler(call)))
        plain = self._ministack.call(caller.account, region, request.method, request.path, request.query, request.body)
        if plain.status >= 400:
            return plain
        return Answer.of(self._finished(Call(caller, region, request, {}), plain.json()), plain.status)

    def _finished(self, call: Call, content: Fields) -> Fields:
        """The answer with what is known better here laid over it."""
        content = dict(content)
        for name, key in _ARNS.items():
            thing = content.get(name)
            if not isinstance(thing, dict) or key not in thing:
                continue
            try:
                thing = {**thing, **self._known(call, name, thing)}
            except Refused:
                # A deletion may be through before its answer is.
                if call.request.method != "DELETE":
                    raise
                thing = {**thing, "status": "DELETING"}
            with self._tagging:
                if call.request.method == "POST" and thing[key] not in self._tags:
                    self._tags[thing[key]] = dict(call.sent.get("tags") or {})
                tags = dict(self._tags.get(thing[key]) or thing.get("tags") or {})
                if call.request.method == "DELETE":
                    self._tags.pop(thing[key], None)
            # MiniStack writes empty texts where EKS leaves a field out.
            content[name] = {field: value for field, value in {**thing, "tags": tags}.items() if value not in ("", None)}
        return content

    def _known(self, call: Call, name: str, thing: Fields) -> Fields:
        if name == "cluster":
            cluster = self.clusters.find(call.caller.account, call.region, thing["name"])
            with cluster.lock:
                return cluster.over()
        if name == "nodegroup":
            cluster = self.clusters.find(call.caller.account, call.region, thing["clusterName"])
            with cluster.lock:
                return cluster.group(thing["nodegroupName"]).over()
        return {}

    def _pass(self, call: Call) -> Fields:
        request = call.request
        answer = self._ministack.call(call.caller.account, call.region, request.method, request.path, request.query, request.body)
        return _content(answer)

    def _with(self, call: Call, content: Fields) -> Fields:
        return self._ministack.json(call.caller.account, call.region, call.request.method, call.request.path, content)

    def _cluster(self, call: Call) -> Cluster:
        return self.clusters.find(call.caller.account, call.region, call.parts["cluster"])

    def _create_cluster(self, call: Call) -> Fields:
        with self._tagging:
            self._tags.pop(f"arn:aws:eks:{call.region}:{call.caller.account}:cluster/{call.sent.get('name')}", None)
        return self.clusters.create(call.caller, call.region, call.sent)

    def _describe_cluster(self, call: Call) -> Fields:
        self._cluster(call)
        return self._pass(call)

    def _describe_update(self, call: Call) -> Fields:
        cluster = self._cluster(call)
        with cluster.lock:
            update = cluster.updates.get(call.parts["update"])
            if update is None:
                raise Refused("ResourceNotFoundException", f"No update found for ID: {call.parts['update']}", 404)
            return {"update": dict(update)}

    def _create_entry(self, call: Call) -> Fields:
        cluster = self._cluster(call)
        with cluster.lock:
            cluster.must_be_active()
        return self._with(call, self.access.prepared(cluster, call.sent))

    def _update_entry(self, call: Call) -> Fields:
        checked(call.sent)
        return self._pass(call)

    def _associate(self, call: Call) -> Fields:
        check_policy(call.sent)
        return self._rebind(call)

    def _rebind(self, call: Call) -> Fields:
        content = self._pass(call)
        self.access.bind(self._cluster(call))
        return content

    def _ready(self, cluster: Cluster) -> None:
        self.access.welcome(cluster)
        self._groups.start_auto_mode(cluster)

    def _addon_versions(self, call: Call) -> Fields:
        """One version of the add-on for each version of Kubernetes, so that an upgrade is seen to reach the add-ons."""
        asked = dict(call.request.pairs)
        name, version = asked.get("addonName", ""), asked.get("kubernetesVersion", "")
        if not name or not version:
            raise invalid("The local cloud lists versions of one add-on for one version of Kubernetes.")
        compatible = {"clusterVersion": version, "platformVersions": ["*"], "defaultVersion": True}
        listed = {"addonVersion": f"v{version}.0-local.1", "architecture": ["amd64"], "compatibilities": [compatible]}
        return {"addons": [{"addonName": name, "type": "networking", "addonVersions": [listed]}]}

    def _create_addon(self, call: Call) -> Fields:
        cluster = self._cluster(call)
        with cluster.lock:
            cluster.must_be_active()
        return self._with(call, {"addonVersion": ADDON_VERSION, **call.sent})

    def _update_addon(self, call: Call) -> Fields:
        cluster = self._cluster(call)
        self._pass(call)
        with cluster.lock:
            return {"update": cluster.update("AddonUpdate", {"ConfigurationValues": call.sent.get("configurationValues")})}

    def _tags_of(self, call: Call) -> dict[str, str]:
        arn = call.parts["arn"]
        with self._tagging:
            if arn not in self._tags or f":{call.region}:{call.caller.account}:" not in arn:
                raise Refused("NotFoundException", f"No resource found for ARN: {arn}.", 404)
            return dict(self._tags[arn])

    def _tag(self, call: Call) -> Fields:
        tags = {**self._tags_of(call), **(call.sent.get("tags") or {})}
        with self._tagging:
            self._tags[call.parts["arn"]] = tags
        return {}

    def _untag(self, call: Call) -> Fields:
        gone = {value for name, value in call.request.pairs if name == "tagKeys"}
        tags = {name: value for name, value in self._tags_of(call).items() if name not in gone}
        with self._tagging:
            self._tags[call.parts["arn"]] = tags
        return {}


def _content(answer: Answer) -> dict[str, Any]:
    content = answer.json()
    if answer.status >= 400:
        raise Refused(str(content.get("__type", "InternalFailure")), str(content.get("message", "")), answer.status)
    return content
