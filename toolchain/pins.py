"""What is pinned: the entries of the cache, what each holds and what decides its content.

Versions stand in the go.mod files beside this package and in the lock files of Python environments, nowhere else.
"""

import hashlib
import json
import platform
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

GO = Path(__file__).parent / "go"

OLDEST_PULUMI = (3, 250)
"""An installed engine from this version on is used as it is."""

# A binary without symbol tables is a third smaller, and nobody here debugs it.
_STRIPPED = "-s -w"


def pinned(folder: Path, module: str) -> str:
    """The version of `module` in the go.mod of `folder`, such as `v1.35.4`."""
    for line in (folder / "go.mod").read_text("utf-8").splitlines():
        words = line.removeprefix("require ").split()
        if words[:1] == [module] and len(words) > 1 and words[1].startswith("v"):
            return words[1]
    raise LookupError(f"{folder / 'go.mod'} requires no {module}")


@dataclass(frozen=True)
class Programs:
    """Commands built from Go modules. `packages` leads from a program's name to its Go package."""

    folder: Path
    packages: dict[str, str]
    variables: dict[str, str] = field(default_factory=dict)
    """String variables that the linker sets: where these programs take their version from."""
    copied: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Programs that are a file in a module: name → (module, path in it)."""
    tags: tuple[str, ...] = ()
    """Build tags: what is left out of these programs."""

    @property
    def linker_flags(self) -> str:
        return " ".join([_STRIPPED, *(f"-X {name}={value}" for name, value in self.variables.items())])


@dataclass(frozen=True)
class ModuleFiles:
    """Files out of Go modules that are not compiled. `folders` leads from a short name to (module, folder in it, or a pattern of files)."""

    folder: Path
    folders: dict[str, tuple[str, str]]


@dataclass(frozen=True)
class PythonEnvironment:
    """A virtual environment that holds just what a lock file with hashes names."""

    lock: Path


@dataclass(frozen=True)
class Entry:
    """One folder of the cache. Its name holds version and fingerprint, so another content is another entry."""

    name: str
    version: str
    content: Programs | ModuleFiles | PythonEnvironment
    minutes: float
    """What making it takes on two cores with nothing cached, roughly."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 over everything that decides the content: pinned hashes, packages, flags, platform."""
        content = self.content
        digest = hashlib.sha256(f"{sys.platform} {platform.machine()}\n".encode())
        if isinstance(content, PythonEnvironment):
            digest.update(f"python {sys.version_info[0]}.{sys.version_info[1]}\n".encode() + content.lock.read_bytes())
            return digest.hexdigest()
        for file in ("go.mod", "go.sum"):
            digest.update((content.folder / file).read_bytes())
        if isinstance(content, Programs):
            built = [content.packages, content.linker_flags, content.copied, *content.tags]
            digest.update(json.dumps(built, sort_keys=True).encode())
        else:
            digest.update(json.dumps(content.folders, sort_keys=True).encode())
        return digest.hexdigest()

    @property
    def folder_name(self) -> str:
        return f"{self.name}-{self.version}-{self.fingerprint[:12]}"


def environment_entry(lock: Path, name: str) -> Entry:
    """The entry of a Python environment made from `lock`; its version is that of the package called `name`, where the lock has one."""
    version = next(
        (line.split()[0].partition("==")[2] for line in lock.read_text("utf-8").splitlines() if line.startswith(f"{name}==")), "locked"
    )
    return Entry(name, version, PythonEnvironment(lock), 0.2)


_PULUMI = pinned(GO / "engine", "github.com/pulumi/pulumi/pkg/v3")
_KUBERNETES = pinned(GO / "kubernetes", "k8s.io/kubernetes")

PULUMI_VERSION = _PULUMI.removeprefix("v")
KUBERNETES_VERSION = _KUBERNETES.removeprefix("v")


def _prometheus_version() -> str:
    """Prometheus 3.15.0 is v0.315.0 as a module: Go wants another import path from version 2 on."""
    _, minor, patch = pinned(GO / "prometheus", "github.com/prometheus/prometheus").split(".")
    return f"{int(minor) // 100}.{int(minor) % 100}.{patch}"


@cache
def entries() -> dict[str, Entry]:
    """Everything that comes from Go modules, by name, in the order in which it is made."""
    _, minor, _ = KUBERNETES_VERSION.split(".")
    component = "k8s.io/component-base/version"
    found = (
        Entry(
            "engine",
            PULUMI_VERSION,
            Programs(
                GO / "engine",
                {"pulumi": "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"},
                {"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": PULUMI_VERSION},
                {"pulumi-language-python-exec": ("github.com/pulumi/pulumi/sdk/v3", "python/cmd/pulumi-language-python-exec")},
            ),
            5,
        ),
        Entry(
            "kubernetes",
            KUBERNETES_VERSION,
            Programs(
                GO / "kubernetes",
                {
                    **{
                        name: f"k8s.io/kubernetes/cmd/{name}"
                        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
                    },
                    "etcd": "go.etcd.io/etcd/server/v3",
                },
                {f"{component}.gitVersion": _KUBERNETES, f"{component}.gitMajor": "1", f"{component}.gitMinor": minor},
            ),
            7,
        ),
        Entry(
            "kwok",
            pinned(GO / "kwok", "sigs.k8s.io/kwok").removeprefix("v"),
            Programs(GO / "kwok", {"kwok": "sigs.k8s.io/kwok/cmd/kwok"}),
            2,
        ),
        Entry(
            "prometheus",
            _prometheus_version(),
            Programs(
                GO / "prometheus",
                {name: f"github.com/prometheus/prometheus/cmd/{name}" for name in ("prometheus", "promtool")},
                {"github.com/prometheus/common/version.Version": _prometheus_version()},
                # What is read stands in files; the ways to find it in clouds are two thirds of the program.
                tags=("remove_all_sd",),
            ),
            3,
        ),
        Entry(
            "crds",
            pinned(GO / "crds", "sigs.k8s.io/gateway-api").removeprefix("v"),
            ModuleFiles(
                GO / "crds",
                {
                    "gateway-api": ("sigs.k8s.io/gateway-api", "config/crd/standard"),
                    "prometheus-operator": ("github.com/prometheus-operator/prometheus-operator", "example/prometheus-operator-crd"),
                    "keda": ("github.com/kedacore/keda/v2", "config/crd/bases"),
                    # Policies of three kinds: all eight kinds are 2.5 MB, which every API server would have to check.
                    "envoy-gateway": (
                        "github.com/envoyproxy/gateway",
                        "charts/gateway-helm/charts/crds/crds/generated/gateway.envoyproxy.io_[bcs]*policies.yaml",
                    ),
                    # Of what EKS Auto Mode understands, the one kind that is ours to write and that somebody publishes. Releases from 1.10
                    # on ask for a later Go than the first of 1.26.
                    "karpenter": ("sigs.k8s.io/karpenter", "pkg/apis/crds/karpenter.sh_nodepools.yaml"),
                },
            ),
            0.1,
        ),
    )
    return {entry.name: entry for entry in found}
