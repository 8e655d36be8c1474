"""Accounts, and a cluster that is ACTIVE with the short ways to use it."""

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolchain import find

if TYPE_CHECKING:
    from tests.localcloud.conftest import Cloud

REGION = "eu-west-1"


def _worker() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


ACCOUNT = f"4400000000{_worker():02d}"
OTHER = f"5500000000{_worker():02d}"
"""Two accounts nobody else uses."""


def trust(principal: dict[str, str]) -> str:
    """A trust policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]})


def wait(client: Any, waiter: str, **arguments: str) -> None:
    """boto3's own waiter, quicker."""
    one = client.get_waiter(waiter)
    one.config.delay, one.config.max_attempts = 0.3, 400
    one.wait(**arguments)


@dataclass(frozen=True)
class Place:
    """What a cluster needs to be there before it."""

    cloud: "Cloud"
    role: str
    vpc: str
    subnets: list[str]
    clients: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def client(self, service: str, account: str = ACCOUNT, region: str = REGION) -> Any:
        """A client, made once: half a second each."""
        key = (service, account, region)
        if key not in self.clients:
            self.clients[key] = self.cloud.client(service, account, region)
        return self.clients[key]

    def request(self, name: str, **more: Any) -> dict[str, Any]:
        """CreateCluster's arguments."""
        return {
            "name": name,
            "roleArn": self.role,
            "resourcesVpcConfig": {"subnetIds": self.subnets},
            "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
            **more,
        }


@dataclass(frozen=True)
class EksCluster:
    """A cluster that is ACTIVE."""

    place: Place
    name: str
    described: dict[str, Any]
    authority: Path

    @property
    def eks(self) -> Any:
        return self.place.client("eks")

    @property
    def identifier(self) -> str:
        return f"{ACCOUNT}-{REGION}-{self.name}"

    def kubectl(self, token: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """kubectl with nothing but the described endpoint, authority and a token."""
        command = [str(find().program("kubectl")), "--kubeconfig=/dev/null", f"--server={self.described['endpoint']}"]
        command += [f"--certificate-authority={self.authority}", f"--token={token}", *arguments]
        return subprocess.run(command, text=True, capture_output=True, timeout=60, check=False)

    def can(self, token: str, *arguments: str) -> bool:
        """`kubectl auth can-i`. Fails the test when the token is not accepted at all."""
        done = self.kubectl(token, "auth", "can-i", *arguments)
        assert done.stdout.strip() in ("yes", "no"), done.stderr
        return done.stdout.strip() == "yes"

    def admin(self, *arguments: str) -> str:
        """kubectl as the control plane's own administrator."""
        return self.place.cloud.kubectl(*arguments, kubeconfig=self.place.cloud.folder / "clusters" / self.identifier / "kubeconfig").stdout

    def refused(self, token: str) -> bool:
        return "Unauthorized" in self.kubectl(token, "get", "--raw", "/version").stderr
