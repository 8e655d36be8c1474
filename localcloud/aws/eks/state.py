"""What the front knows of clusters and node groups."""

import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from localcloud.aws.messages import Refused
from localcloud.control import ClusterInfo, NodeSpec

Fields = dict[str, Any]


@dataclass
class NodeGroup:
    """A managed node group and the nodes it has, or will have."""

    name: str
    shown: Fields
    """Fields of DescribeNodegroup that go over MiniStack's."""
    status: str = "CREATING"
    issues: list[Fields] = field(default_factory=list)
    nodes: list[NodeSpec] = field(default_factory=list)

    def over(self) -> Fields:
        """What DescribeNodegroup answers, besides what MiniStack knows better."""
        return {**self.shown, "status": self.status, "health": {"issues": self.issues}}


@dataclass
class Cluster:
    """An EKS cluster. `lock` guards every field."""

    account: str
    region: str
    name: str
    arn: str
    shown: Fields
    """Fields of DescribeCluster that go over MiniStack's."""
    creator: str
    status: str = "CREATING"
    issues: list[Fields] = field(default_factory=list)
    info: ClusterInfo | None = None
    groups: dict[str, NodeGroup] = field(default_factory=dict)
    updates: dict[str, Fields] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    binding: threading.Lock = field(default_factory=threading.Lock)
    """Held while role bindings are brought in line."""

    @property
    def id(self) -> str:
        """Its name among all control planes of this local cloud."""
        return f"{self.account}-{self.region}-{self.name}"

    def over(self) -> Fields:
        """What DescribeCluster answers, besides what MiniStack knows better."""
        return {**self.shown, "status": self.status, "health": {"issues": self.issues}}

    def must_be_active(self) -> None:
        """Raises Refused for a cluster that is not ready, or on its way out."""
        if self.status != "ACTIVE":
            raise Refused("ResourceInUseException", f"Cluster '{self.name}' is not in ACTIVE status: it is {self.status}.", 409)

    def group(self, name: str) -> NodeGroup:
        """Raises Refused when there is none of that name."""
        if name not in self.groups:
            raise Refused("ResourceNotFoundException", f"No node group found for name: {name}.", 404)
        return self.groups[name]

    def update(self, kind: str, parameters: Fields, status: str = "Successful") -> Fields:
        """Notes an update; DescribeUpdate answers it."""
        identifier = str(uuid.uuid4())
        noted: Fields = {
            "id": identifier,
            "status": status,
            "type": kind,
            "params": [{"type": name, "value": str(value)} for name, value in parameters.items()],
            "createdAt": int(datetime.now(UTC).timestamp()),
            "errors": [],
        }
        self.updates[identifier] = noted
        return noted


def invalid(message: str) -> Refused:
    return Refused("InvalidParameterException", message)
