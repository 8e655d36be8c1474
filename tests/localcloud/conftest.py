"""One local cloud for all tests that need one.

Fixture `cloud` (session): a running LocalCloud in a temporary folder, as `Cloud` below; pytest-xdist workers share one, the last to leave
takes it down.
It is started on first use (about 8 s), so mark the module: `pytestmark = pytest.mark.localcloud`.

    def test_something(cloud: Cloud) -> None:
        cloud.kubectl("create", "namespace", "here")             # CompletedProcess; fails the test on a bad exit code
        cloud.environment("222222222222")["KUBECONFIG"]          # whole environment for a subprocess: pulumi, kubectl, aws, modelway
        cloud.client("s3", "222222222222")                       # boto3 as role deployer of that account, on the emulators
        cloud.control.create_cluster("name")                     # a cluster besides `local`; delete it again

Tests share the cluster `local` and its accounts: use a namespace, an account, stack names of your own (fixture `namespace`), and never stop
parts of it: tests that break things start a cloud of their own (fixture `clone`, whose cloud is taken down afterwards).
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from localcloud.cloud import ROOT, LocalCloud
from localcloud.control import ControlClient
from toolchain import find

REGION = "eu-west-1"

MODELWAY = str(Path(sys.prefix) / "bin" / "modelway")


@dataclass(frozen=True)
class Cloud:
    """A running local cloud, and the short ways to use it."""

    cloud: LocalCloud
    root: Path
    """The clone."""

    @property
    def folder(self) -> Path:
        return self.cloud.home.folder

    @property
    def control(self) -> ControlClient:
        return self.cloud.control

    @property
    def kubeconfig(self) -> Path:
        """Of the administrator of cluster `local`; context `modelway-local`."""
        return self.cloud.home.kubeconfig

    def environment(self, account: str = "111111111111", region: str = REGION) -> dict[str, str]:
        """All variables for a subprocess (whole environment, not only what `modelway local env` prints)."""
        variables = self.cloud.environment(account, region)
        inherited = {name: value for name, value in os.environ.items() if name not in variables}
        return {**inherited, **{name: value for name, value in variables.items() if value}}

    def kubectl(
        self, *arguments: str, check: bool = True, stdin: str | None = None, kubeconfig: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Our own kubectl, as administrator of cluster `local` unless another kubeconfig is given."""
        command = [str(find().program("kubectl")), "--kubeconfig", str(kubeconfig or self.kubeconfig), *arguments]
        done = subprocess.run(command, input=stdin, text=True, capture_output=True, timeout=120, check=False)
        assert not check or done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done

    def session(self, account: str = "111111111111", region: str = REGION) -> Any:
        """A boto3 session of role `deployer` in `account`, not yet bound to the emulators: see `client`."""
        import boto3

        variables = self.environment(account, region)
        return boto3.Session(
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=variables.get("AWS_SESSION_TOKEN"),
            region_name=region,
        )

    def client(self, service: str, account: str = "111111111111", region: str = REGION) -> Any:
        """A boto3 client on the emulators, as role deployer of `account`."""
        variables = self.environment(account, region)
        return self.session(account, region).client(service, endpoint_url=variables["AWS_ENDPOINT_URL"])


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent  # the workers' base folders lie side by side
    users = shared / "localcloud-users"
    users.mkdir(exist_ok=True)
    local = LocalCloud(shared / "localcloud")
    own = users / uuid.uuid4().hex
    try:
        with _locked(users):
            own.touch()
            local.up(print)
        yield Cloud(local, ROOT)
    finally:
        with _locked(users):
            own.unlink()
            if not any(users.iterdir()):
                local.down(print)


@contextlib.contextmanager
def fresh_namespace(cloud: Cloud) -> Iterator[str]:
    """A fresh namespace in cluster `local`, deleted afterwards (without waiting)."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    cloud.kubectl("create", "namespace", name)
    yield name
    cloud.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def namespace(cloud: Cloud) -> Iterator[str]:
    with fresh_namespace(cloud) as name:
        yield name


@dataclass(frozen=True)
class Clone:
    """A clone of this working tree as it is, with a local cloud of its own."""

    root: Path

    @property
    def cloud(self) -> LocalCloud:
        return LocalCloud(self.root / ".modelway" / "local")

    @property
    def environment(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_"))}

    def run(self, *command: str, code: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command, cwd=self.root, env=self.environment | variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def local(self, *arguments: str, code: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
        """`modelway local …`"""
        return self.run(MODELWAY, "local", *arguments, code=code, **variables)

    def changes(self) -> str:
        """What git sees that was not there at first."""
        return self.run("git", "status", "--porcelain").stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    root = tmp_path_factory.mktemp("clone") / "modelway"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():  # not one that is about to be deleted
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    git = ("git", "-c", "user.name=tester", "-c", "user.email=tester@example.com")
    for command in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "As it is")):
        subprocess.run([*git, *command], cwd=root, check=True)
    clone = Clone(root)
    yield clone
    clone.cloud.down(print)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
