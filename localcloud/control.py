"""The supervisor's control channel: what may be asked of it, and the client everybody uses.

A request is one JSON line on the unix socket `control.sock` in the local cloud's folder, the answer any number of `{"progress": …}` lines
and a last one with `result` or `error`. The folder is its owner's alone, so the socket is too.
"""

import contextlib
import json
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from localcloud import LocalCloudError
from localcloud.home import Home


@dataclass(frozen=True)
class WebhookSpec:
    """Where an API server asks who a bearer token belongs to."""

    url: str
    ca_pem: str | None = None
    """Authority of the webhook's own certificate; None for plain HTTP on loopback."""


@dataclass(frozen=True)
class ClusterInfo:
    """A control plane that answers."""

    name: str
    endpoint: str
    """`https://127.0.0.1:PORT`"""
    ca_pem: str
    kubeconfig: Path
    """For its administrator (client certificate, group system:masters)."""
    service_cidr: str


@dataclass(frozen=True)
class NodeSpec:
    """One simulated node. Quantities as Kubernetes writes them (`cpu="8"`, `memory="32Gi"`)."""

    name: str
    cpu: str
    memory: str
    zone: str
    instance_type: str
    gpus: int = 0
    labels: dict[str, str] = field(default_factory=dict)
    taints: list[dict[str, str]] = field(default_factory=list)
    """As in a Node's spec: `{"key": …, "value": …, "effect": "NoSchedule"}`."""


class ControlClient:
    """Speaks to the supervisor of the local cloud in `folder`.

    Raises LocalCloudError with the supervisor's sentence, or when there is none.
    """

    def __init__(self, folder: Path) -> None:
        self._home = Home(folder)

    @property
    def token(self) -> str:
        """Shared by the parts of this local cloud: who can read it owns the folder."""
        return self._home.token_file.read_text("ascii")

    def create_cluster(self, name: str, webhook: WebhookSpec | None = None, service_cidr: str | None = None) -> ClusterInfo:
        """Afterwards the cluster answers, its custom resource definitions are established. One that exists is returned as it is.

        `service_cidr`: addresses of services, the usual ones where it is None. Takes up to 60 s.
        """
        spec = asdict(webhook) if webhook else None
        return _info(self.request("create_cluster", name=name, webhook=spec, service_cidr=service_cidr))

    def cluster(self, name: str) -> ClusterInfo | None:
        """The cluster, or None when there is none of that name."""
        result = self.request("cluster", name=name)
        return _info(result) if result else None

    def clusters(self) -> list[str]:
        """Names of all clusters, `local` among them."""
        return list(self.request("clusters"))

    def delete_cluster(self, name: str) -> None:
        """Afterwards nothing of it is left: no process, no file, no key in etcd. Nothing happens when there is none."""
        self.request("delete_cluster", name=name)

    def set_nodes(self, cluster: str, group: str, nodes: list[NodeSpec]) -> None:
        """Afterwards the node objects of `group` are exactly these; kwok makes them Ready within a second or two."""
        self.request("set_nodes", cluster=cluster, group=group, nodes=[asdict(node) for node in nodes])

    def ping(self) -> bool:
        """Whether a supervisor answers."""
        try:
            self.request("ping")
        except LocalCloudError:
            return False
        return True

    def request(self, do: str, progress: Callable[[str], None] | None = None, **arguments: Any) -> Any:
        """The raw form: `result` of the answer. `progress` gets every line said meanwhile."""
        try:
            with _connected(self._home) as channel, channel.makefile("rwb") as stream:
                stream.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
                stream.flush()
                for line in stream:
                    answer = json.loads(line)
                    if "progress" in answer:
                        if progress:
                            progress(answer["progress"])
                    elif "error" in answer:
                        raise LocalCloudError(answer["error"])
                    else:
                        return answer["result"]
        except OSError as fault:
            raise LocalCloudError(f"no local cloud runs in {self._home.folder}: start it with `modelway local up`.") from fault
        raise LocalCloudError(f"the local cloud's supervisor ended during `{do}`: see {self._home.log('supervisor')}.")


@contextlib.contextmanager
def address(home: Home) -> Iterator[str]:
    """The socket's address, short enough wherever the folder lies: the kernel allows 107 bytes, paths are longer."""
    descriptor = os.open(home.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{home.control_socket.name}"
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _connected(home: Home) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel, address(home) as name:
        channel.connect(name)
        yield channel


def _info(result: dict[str, Any]) -> ClusterInfo:
    return ClusterInfo(**{**result, "kubeconfig": Path(result["kubeconfig"])})
