"""The local cloud as its users see it: up, down, status, environment, logs."""

import contextlib
import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from localcloud import STAND_IN, LocalCloudError, plugins, project
from localcloud.control import ControlClient
from localcloud.home import Home, write_private
from localcloud.parts import LOG_LINES, Part
from localcloud.processes import Identity, end, tail, wait_until
from localcloud.services import FRONT
from localcloud.supervisor import LOCAL, launch
from toolchain import ToolchainMissing, find

ROOT = Path(__file__).resolve().parents[1]
"""The clone this package is part of."""

SUPERVISOR = "supervisor"

CLEARED = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CA_BUNDLE",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE",
    "PULUMI_STACK",
)
"""Variables that would lead somebody's real account or backend into a local run; `env` unsets them."""

_START_SECONDS = 20.0


@dataclass(frozen=True)
class Status:
    """What runs. `up` is true when every part does."""

    up: bool
    folder: Path
    parts: list[Part]
    notice: str = STAND_IN


class LocalCloud:
    """The local cloud in `folder` (usually `<clone>/.modelway/local`). Methods raise LocalCloudError with one sentence for the user."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder)
        self.control = ControlClient(folder)

    def up(self, progress: Callable[[str], None]) -> Status:
        """Afterwards everything runs. Nothing is done when it does; dead parts are started again, with their addresses and data."""
        try:
            find()
        except ToolchainMissing as fault:
            raise LocalCloudError(str(fault)) from fault
        with self.home.locked(create=True):
            if not self.control.ping():
                self._clear_remains()
                self._launch()
            self.control.request("up", progress)
            self._write_kubeconfig()
            plugins.install(self.home.pulumi_home, ROOT)
            project.refresh(ROOT, self.home.project)
            return self.status()

    def down(self, progress: Callable[[str], None]) -> None:
        """Afterwards no process, no port and no file of it is left; the state of the stacks in it is gone too."""
        with self.home.locked(create=False) as exists:
            if not exists:
                return
            recorded = self._recorded()
            if any(one.alive() for one in recorded.values()):
                progress("ending its processes")
            if supervisor := recorded.get(SUPERVISOR):
                end([supervisor], patience=10)
                _collect(supervisor.pid)
            self._clear_remains()
            self.home.remove()

    def status(self) -> Status:
        """What runs now, what crashed and with which last words. Starts nothing."""
        state = self.home.read_state()
        if not state:
            return Status(False, self.home.folder, [])
        supervisor = self._recorded().get(SUPERVISOR)
        log = self.home.log(SUPERVISOR)
        try:
            parts = [Part(**part) for part in self.control.request("status")]
        except LocalCloudError:
            own = Part(SUPERVISOR, "crashed", None, None, str(log), "it does not answer", tail(log, LOG_LINES))
            others = [
                Part(name, "crashed", None, None, str(self.home.log(name)), "the supervisor took it along", [])
                for name in sorted(self._recorded())
                if name != SUPERVISOR
            ]
            return Status(False, self.home.folder, [own, *others])
        own = Part(SUPERVISOR, "running", supervisor.pid if supervisor else None, None, str(log))
        return Status(bool(parts) and all(part.state == "running" for part in parts), self.home.folder, [own, *parts])

    def environment(self, account: str, region: str) -> dict[str, str]:
        """Variables with which AWS tools, kubectl and the engine work on this cloud, as role `deployer` of `account`.

        An empty value means: unset it. Also refreshes the copy of the project. Raises LocalCloudError when the cloud is not up.
        """
        if not self.control.ping():
            raise LocalCloudError(f"no local cloud runs in {self.home.folder}: start it with `modelway local up`.")
        project.refresh(ROOT, self.home.project)
        try:
            toolchain = find()
        except ToolchainMissing as fault:
            raise LocalCloudError(str(fault)) from fault
        first = [str(ROOT / ".venv" / "bin"), *(str(entry) for entry in toolchain.path_entries)]
        path = [*first, *(entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry not in first)]
        return {
            **dict.fromkeys(CLEARED, ""),
            **self._aws(account, region),
            "PULUMI_HOME": str(self.home.pulumi_home),
            "PULUMI_BACKEND_URL": f"file://{self.home.pulumi_state}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.home.passphrase_file),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
            "PULUMI_OPTION_CWD": str(self.home.project),
            "KUBECONFIG": str(self.home.kubeconfig),
            **_no_proxy(),
            "PATH": os.pathsep.join(path),
        }

    def logs(self, part: str) -> Path:
        """The log file of a part. Raises LocalCloudError with the names there are."""
        log = self.home.log(part)
        if not log.is_file():
            known = sorted({SUPERVISOR, *self._recorded()} if self.home.logs.is_dir() else [])
            raise LocalCloudError(
                f"no log of {part!r}; there is {', '.join(known)}." if known else f"no local cloud in {self.home.folder}."
            )
        return log

    def _aws(self, account: str, region: str) -> dict[str, str]:
        port = (self.home.read_state().get("ports") or {}).get(FRONT)
        if port is None:
            return {}
        endpoint = f"http://127.0.0.1:{port}"
        query = urlencode({"account": account, "region": region})
        request = urllib.request.Request(
            f"{endpoint}/_modelway/credentials?{query}", headers={"Authorization": f"Bearer {self.control.token}"}
        )
        try:
            # Never through a proxy: it is loopback.
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as response:
                credentials = json.load(response)
        except urllib.error.HTTPError as fault:
            raise LocalCloudError(
                f"the AWS emulator gives no credentials for account {account}: {fault.read().decode('utf-8', 'replace')[:300]}"
            ) from fault
        except OSError as fault:
            raise LocalCloudError("the AWS emulator does not answer: see `modelway local status`.") from fault
        return {
            **credentials,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def _launch(self) -> None:
        kept = ("PATH", "HOME", "LANG", "TMPDIR", "XDG_CACHE_HOME", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        python_path = os.pathsep.join(entry for entry in (str(ROOT), os.environ.get("PYTHONPATH")) if entry)
        pid = launch(self.home, {**environment, "PYTHONPATH": python_path})
        ended = False

        def answers() -> bool:
            nonlocal ended
            ended = _collect(pid)
            return ended or self.control.ping()

        came = wait_until(answers, _START_SECONDS, 0.05)
        if ended or not came:
            log = self.home.log(SUPERVISOR)
            lines = "".join(f"\n  {line}" for line in tail(log, LOG_LINES))
            raise LocalCloudError(f"the local cloud's supervisor {'ended right after its start' if ended else 'did not start'}:{lines}")

    def _recorded(self) -> dict[str, Identity]:
        state = self.home.read_state()
        records = {SUPERVISOR: state.get(SUPERVISOR), **(state.get("parts") or {})}
        return {name: Identity(record["pid"], record["started"]) for name, record in records.items() if record}

    def _clear_remains(self) -> None:
        """Ends what an earlier supervisor left behind. A pid that belongs to another process by now is left alone."""
        end(list(self._recorded().values()))
        self.home.control_socket.unlink(missing_ok=True)

    def _write_kubeconfig(self) -> None:
        info = self.control.cluster(LOCAL)
        if info is None:
            raise LocalCloudError(f"cluster `{LOCAL}` is missing: see {self.home.log(SUPERVISOR)}.")
        content = info.kubeconfig.read_text("utf-8")
        # Contexts somebody added (`aws eks update-kubeconfig`) stay.
        if not self.home.kubeconfig.exists():
            write_private(self.home.kubeconfig, content)


def _no_proxy() -> dict[str, str]:
    """Nobody's proxy can reach our loopback. Programs read one of the two spellings, so both say the same."""
    given = [host for name in ("no_proxy", "NO_PROXY") for host in os.environ.get(name, "").split(",") if host]
    hosts = ",".join(dict.fromkeys([*given, "127.0.0.1", "localhost"]))
    return {"NO_PROXY": hosts, "no_proxy": hosts}


def _collect(pid: int) -> bool:
    """Whether that child of ours has ended; collects it, so that no zombie stays. False when it is not our child."""
    with contextlib.suppress(ChildProcessError):
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    return False
