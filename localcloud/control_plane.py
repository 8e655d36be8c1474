"""One cluster's control plane: its files, its processes' command lines, and what is put into it once it answers."""

import base64
import ipaddress
import json
from dataclasses import dataclass
from pathlib import Path

from localcloud.api import Api
from localcloud.certificates import Authority, Pair, signing_keys
from localcloud.control import ClusterInfo, WebhookSpec
from localcloud.home import Home, write_private
from toolchain import Toolchain

# All of them would cost 40 MB and a constant load more: these are what workloads, access and clean-up need.
# No volumes, no cloud, no certificates.
CONTROLLERS = (
    "clusterrole-aggregation-controller",
    "cronjob-controller",
    "daemonset-controller",
    "deployment-controller",
    "disruption-controller",
    "endpoints-controller",
    "endpointslice-controller",
    "garbage-collector-controller",
    "horizontal-pod-autoscaler-controller",
    "job-controller",
    "namespace-controller",
    "node-lifecycle-controller",
    "pod-garbage-collector-controller",
    "replicaset-controller",
    "replicationcontroller-controller",
    "resourcequota-controller",
    "root-ca-certificate-publisher-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
    "statefulset-controller",
    "taint-eviction-controller",
    "ttl-after-finished-controller",
    "validatingadmissionpolicy-status-controller",
)

STAGES = Path(__file__).parent / "kwok"

SERVICE_CIDR = "10.96.0.0/16"
"""Of clusters that ask for no other: they share no network."""


@dataclass(frozen=True)
class Command:
    """How a part is started."""

    part: str
    arguments: list[str]
    environment: dict[str, str]
    port: int | None = None
    """The loopback port it listens on."""


@dataclass(frozen=True)
class Etcd:
    """The store all clusters share, each under a prefix of its own. Nobody gets in without a client certificate of its authority."""

    home: Home
    port: int
    peer_port: int

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def authority(self) -> Authority:
        return Authority(self.home.certificates, "modelway-local etcd")

    def client(self) -> Pair:
        return self.authority().client("etcd-client", "etcd-client")

    def api(self) -> Api:
        return Api(self.url, self.authority().pair.certificate, self.client())

    def forget(self, cluster: str) -> None:
        """Afterwards the cluster has no key in the store."""
        self.api().call("POST", "/v3/kv/deleterange", _under(f"{etcd_prefix(cluster)}/"))

    def read(self, cluster: str, folder: str) -> dict[str, str]:
        """What a cluster has stored in a folder (`/group/resource/`): values in base64, by the rest of their key."""
        prefix = etcd_prefix(cluster) + folder
        found = self.api().call("POST", "/v3/kv/range", _under(prefix)).get("kvs", [])
        return {base64.b64decode(each["key"]).decode().removeprefix(prefix): each["value"] for each in found}

    def write(self, cluster: str, folder: str, values: dict[str, str]) -> None:
        """Puts values in a cluster's folder, as `read` gives them."""
        prefix, api = etcd_prefix(cluster) + folder, self.api()
        for name, value in values.items():
            api.call("POST", "/v3/kv/put", {"key": _base64(prefix + name), "value": value})

    def command(self, toolchain: Toolchain) -> Command:
        server = self.authority().server("etcd-server", ("localhost",), ("127.0.0.1",))
        peer = f"http://127.0.0.1:{self.peer_port}"
        arguments = [
            str(toolchain.program("etcd")),
            "--name=local",
            f"--data-dir={self.home.folder / 'etcd'}",
            f"--listen-client-urls={self.url}",
            f"--advertise-client-urls={self.url}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=local={peer}",
            f"--cert-file={server.certificate}",
            f"--key-file={server.key}",
            "--client-cert-auth=true",
            f"--trusted-ca-file={self.authority().pair.certificate}",
            # A lost laptop cloud is made again; waiting for the disk at every write is not worth it.
            "--unsafe-no-fsync",
            "--snapshot-count=5000",
            "--auto-compaction-mode=periodic",
            "--auto-compaction-retention=10m",
            "--log-level=warn",
        ]
        return Command("etcd", arguments, {"GOGC": "50", "GOMEMLIMIT": "150MiB"}, self.port)


class ControlPlane:
    """A cluster: API server, controller manager, scheduler and kwok over the shared store."""

    def __init__(self, home: Home, name: str, port: int, webhook: WebhookSpec | None, etcd: Etcd, service_cidr: str = SERVICE_CIDR) -> None:
        self.home = home
        self.name = name
        self.port = port
        self.webhook = webhook
        self.etcd = etcd
        self.service_cidr = service_cidr
        self.folder = home.cluster(name)
        self.endpoint = f"https://127.0.0.1:{port}"
        self.admin_kubeconfig = self.folder / "kubeconfig"

    def prepare(self) -> None:
        """Afterwards its authority, certificates and kubeconfigs lie in its folder."""
        authority = self.authority()
        first = str(ipaddress.IPv4Network(self.service_cidr)[1])
        authority.server("server", ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"), ("127.0.0.1", first))
        signing_keys(self.folder)
        for user, groups in (
            ("system:kube-controller-manager", ()),
            ("system:kube-scheduler", ()),
            # It writes the status of nodes and pods for every kubelet there would be.
            ("modelway:kwok", ("system:masters",)),
        ):
            file = user.rpartition(":")[2]
            write_private(self.folder / f"{file}.kubeconfig", self.kubeconfig(authority.client(file, user, groups)))
        if self.webhook:
            write_private(self.folder / "webhook.json", _webhook(self.webhook))
        # Last: where it is, the rest is too.
        write_private(self.admin_kubeconfig, self.kubeconfig(self.admin()))

    def prepared(self) -> bool:
        return self.admin_kubeconfig.exists()

    def authority(self) -> Authority:
        return Authority(self.folder, f"modelway-local {self.name}")

    def admin(self) -> Pair:
        return self.authority().client("admin", "modelway-admin", ("system:masters",))

    def api(self) -> Api:
        return Api(self.endpoint, self.authority().pair.certificate, self.admin())

    def info(self) -> ClusterInfo:
        return ClusterInfo(self.name, self.endpoint, self.authority().pem, self.admin_kubeconfig, self.service_cidr)

    def kubeconfig(self, client: Pair) -> str:
        """A kubeconfig that holds everything it needs; context `modelway-<cluster>`. JSON, which is YAML."""
        name = f"modelway-{self.name}"
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": name,
                    "cluster": {"server": self.endpoint, "certificate-authority-data": _data(self.authority().pair.certificate)},
                },
            ],
            "users": [{"name": name, "user": {"client-certificate-data": _data(client.certificate), "client-key-data": _data(client.key)}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        }
        return json.dumps(content, indent=1) + "\n"

    def server_command(self, toolchain: Toolchain) -> Command:
        etcd = self.etcd.client()
        keys = signing_keys(self.folder)
        arguments = [
            str(toolchain.program("kube-apiserver")),
            f"--etcd-servers={self.etcd.url}",
            f"--etcd-prefix={etcd_prefix(self.name)}",
            f"--etcd-cafile={self.etcd.authority().pair.certificate}",
            f"--etcd-certfile={etcd.certificate}",
            f"--etcd-keyfile={etcd.key}",
            "--bind-address=127.0.0.1",
            # Without one it looks for a default route, which a laptop without network has not.
            # Never used: nothing in the cluster has a network.
            "--advertise-address=192.0.2.1",
            "--endpoint-reconciler-type=none",
            f"--secure-port={self.port}",
            f"--tls-cert-file={self.folder / 'server.crt'}",
            f"--tls-private-key-file={self.folder / 'server.key'}",
            f"--client-ca-file={self.authority().pair.certificate}",
            "--anonymous-auth=false",
            "--authorization-mode=RBAC",
            f"--service-account-issuer={self.endpoint}",
            f"--service-account-key-file={keys.certificate}",
            f"--service-account-signing-key-file={keys.key}",
            f"--service-cluster-ip-range={self.service_cidr}",
            "--max-requests-inflight=200",
            "--max-mutating-requests-inflight=100",
            "--event-ttl=1h",
            "--profiling=false",
            # Their objects come from controllers that do not run here.
            "--disable-admission-plugins=StorageObjectInUseProtection",
            "--v=1",
        ]
        if self.webhook:
            arguments += [
                f"--authentication-token-webhook-config-file={self.folder / 'webhook.json'}",
                "--authentication-token-webhook-version=v1",
                "--authentication-token-webhook-cache-ttl=5s",
            ]
        return Command(f"{self.name}/kube-apiserver", arguments, {"GOGC": "200", "GOMEMLIMIT": "500MiB"}, self.port)

    def other_commands(self, toolchain: Toolchain) -> list[Command]:
        """What runs against the API server, once it answers."""
        manager = [
            str(toolchain.program("kube-controller-manager")),
            f"--kubeconfig={self.folder / 'kube-controller-manager.kubeconfig'}",
            f"--root-ca-file={self.authority().pair.certificate}",
            f"--service-account-private-key-file={signing_keys(self.folder).key}",
            "--use-service-account-credentials=true",
            f"--controllers={','.join(CONTROLLERS)}",
            "--leader-elect=false",
            "--secure-port=0",
            "--kube-api-qps=200",
            "--kube-api-burst=400",
            # Two busy cores must not make simulated nodes fail.
            "--node-monitor-grace-period=300s",
            # There are no metrics: HPAs keep their minimum. Asking every 15 s only fills the events.
            "--horizontal-pod-autoscaler-sync-period=60s",
            "--profiling=false",
            "--v=1",
        ]
        scheduler = [
            str(toolchain.program("kube-scheduler")),
            f"--kubeconfig={self.folder / 'kube-scheduler.kubeconfig'}",
            "--leader-elect=false",
            "--secure-port=0",
            "--kube-api-qps=200",
            "--kube-api-burst=400",
            "--profiling=false",
            "--v=1",
        ]
        kwok = [
            str(toolchain.program("kwok")),
            f"--kubeconfig={self.folder / 'kwok.kubeconfig'}",
            "--manage-all-nodes=true",
            "--node-ip=10.0.0.1",
            "--cidr=10.64.0.1/16",
            "--node-lease-duration-seconds=200",
            *(f"--config={file}" for file in sorted(STAGES.glob("*.yaml"))),
            "--v=WARN",
        ]
        memory = {"GOGC": "60", "GOMEMLIMIT": "120MiB"}
        return [
            Command(f"{self.name}/kube-controller-manager", manager, memory),
            Command(f"{self.name}/kube-scheduler", scheduler, memory),
            # kwok reads ~/.kwok; what somebody has there is not for us.
            Command(f"{self.name}/kwok", kwok, {**memory, "HOME": str(self.folder), "KWOK_WORKDIR": str(self.folder)}),
        ]


def etcd_prefix(cluster: str) -> str:
    return f"/clusters/{cluster}"


def _under(folder: str) -> dict[str, str]:
    return {"key": _base64(folder), "range_end": _base64(f"{folder[:-1]}0")}  # "0" follows "/"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _webhook(spec: WebhookSpec) -> str:
    cluster = {"server": spec.url}
    if spec.ca_pem:
        cluster["certificate-authority-data"] = base64.b64encode(spec.ca_pem.encode()).decode()
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "webhook", "cluster": cluster}],
        "users": [{"name": "api-server", "user": {}}],
        "contexts": [{"name": "webhook", "context": {"cluster": "webhook", "user": "api-server"}}],
        "current-context": "webhook",
    }
    return json.dumps(content)


def _data(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
