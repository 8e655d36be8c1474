"""What pods say of the model that they serve: version, digests of image and weights, replicas, hardware."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from modelway.preview.changeset import Route
from modelway.preview.resources import UNKNOWN
from modelway.preview.traffic.objects import Thing, World, mapping, number, sequence, text, within

MODEL, VERSION, TEAM = "modelway.dev/model", "modelway.dev/version", "modelway.dev/team"
"""Labels of what our components make (components/_labels.py; no import: components know pulumi)."""

_VERSIONS = (VERSION, "app.kubernetes.io/version", "version")
"""Labels that say a version, ours first, then those that people use."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_HEX = re.compile(r"[0-9a-f]{64}")
_SERVING = ("model", "kserve-container")
"""Names of containers that serve; of pods without one, the first does."""
_PLAIN = {"cpu", "memory", "ephemeral-storage", "storage", "pods"}


@dataclass(frozen=True)
class Served:
    """What answers, without its share."""

    version: str = ""
    image: str = ""
    weights: str = ""
    least: int | None = None
    most: int | None = None
    hardware: str = ""
    unknown: tuple[str, ...] = ()

    def route(self, percent: float | None, *, mirror: float = 0, matches: str = "", version: str = "") -> Route:
        return Route(
            version=self.version or version,
            image=self.image,
            weights=self.weights,
            percent=percent,
            mirror=mirror,
            matches=matches,
            least=self.least,
            most=self.most,
            hardware=self.hardware,
        )


def digest(reference: object) -> str:
    """The digest of a reference to an image or artifact, or the reference where it has none."""
    written = text(reference)
    found = _DIGEST.search(written)
    return found[0] if found else written


def tag(image: object) -> str:
    """The tag of an image, empty where it has none."""
    name = text(image).partition("@")[0].rpartition("/")[2]
    return name.partition(":")[2]


def version_in(uri: object) -> str:
    """The version in an address of weights: its last folder, or the tag of an artifact. Empty where there is none."""
    written = text(uri).partition("@")[0]
    if written.startswith("oci"):
        return tag(written)
    parts = [part for part in written.partition("://")[2].split("/") if part]
    if parts and re.search(r"\.[a-z0-9]{1,12}$", parts[-1]) and not re.fullmatch(r"v?[0-9][0-9.]*", parts[-1]):
        parts.pop()
    return parts[-1] if len(parts) > 1 else ""


def labelled(labels: Mapping[str, object]) -> str:
    """The version that labels say."""
    return next((found for key in _VERSIONS if (found := text(labels.get(key)))), "")


def hardware(requests: object, limits: object = None) -> str:
    """What a replica has: `1 CPU, 2Gi, 1 GPU`. What is asked for; of what is not asked for, the limit."""
    asked = {**mapping(limits), **mapping(requests)}
    found = []
    if cpu := str(asked.get("cpu") or ""):
        found.append(f"{processors(cpu)} CPU")
    if memory := text(asked.get("memory")):
        found.append(memory)
    for key, count in asked.items():
        if key not in _PLAIN:
            found.append(f"{count} {'GPU' if key.endswith('/gpu') else key.rpartition('/')[2]}")
    return ", ".join(found)


def processors(cpu: str) -> str:
    """Kubernetes' quantity of processors as a number: `250m` is 0.25."""
    return f"{float(cpu[:-1]) / 1000:g}" if re.fullmatch(r"[0-9]+m", cpu) else cpu


def variables(container: Mapping[str, object]) -> dict[str, object]:
    """Environment of a container."""
    return {text(one.get("name")): one.get("value") for one in map(mapping, sequence(container.get("env")))}


def serving_container(pod: Mapping[str, object]) -> Mapping[str, object]:
    """The container of a pod that serves."""
    containers = [mapping(one) for one in sequence(pod.get("containers"))]
    return next((one for name in _SERVING for one in containers if one.get("name") == name), containers[0] if containers else {})


def weights_of(pod: Mapping[str, object], container: Mapping[str, object]) -> object:
    """Digest of the weights where one is said, else their address; UNKNOWN where that is all that is known."""
    before = [variables(mapping(one)) for one in sequence(pod.get("initContainers"))]
    said = [variables(container), *before]
    for told in said:
        for key in ("MODEL_SHA256", "FETCH_SHA256"):
            if _HEX.fullmatch(text(told.get(key))):
                return f"sha256:{told[key]}"
    volumes = [within(one, "image", "reference") for one in sequence(pod.get("volumes"))]
    candidates = [*volumes, *(told.get(key) for told in said for key in ("FETCH_URI", "MODEL_URI", "STORAGE_URI"))]
    known = next((digest(one) for one in candidates if text(one)), "")
    return known or (UNKNOWN if UNKNOWN in candidates else "")


def served(world: World, workload: Thing) -> Served:
    """What a Deployment, StatefulSet or Rollout runs."""
    template = mapping(workload.spec.get("template"))
    pod = mapping(template.get("spec"))
    container = serving_container(pod)
    image, weights = container.get("image"), weights_of(pod, container)
    said = variables(container).get("MODEL_VERSION")
    version = labelled(mapping(within(template, "metadata", "labels"))) or labelled(workload.labels) or text(said) or tag(image)
    least, most = replicas(world, workload)
    return Served(
        version=version,
        image=digest(image),
        weights=text(weights),
        least=least,
        most=most,
        hardware=hardware(within(container, "resources", "requests"), within(container, "resources", "limits")),
        unknown=tuple(name for name, value in (("image", image), ("weights", weights)) if value == UNKNOWN),
    )


def replicas(world: World, workload: Thing) -> tuple[int | None, int | None]:
    """Fewest and most, by the autoscaler where there is one; None where that is not known yet."""
    scaler = world.scaler(workload)
    if scaler is None:
        fixed = _count(workload.spec.get("replicas", 1))
        return fixed, fixed
    if scaler.kind == "ScaledObject":
        # keda.sh/docs/latest/reference/scaledobject-spec: 0 and 100 where nothing is said.
        return _count(scaler.spec.get("minReplicaCount", 0)), _count(scaler.spec.get("maxReplicaCount", 100))
    return _count(scaler.spec.get("minReplicas", 1)), _count(scaler.spec.get("maxReplicas"))


def together(all_of: Iterable[Served]) -> Served:
    """Several workloads behind one address: what they share, and their replicas added up."""
    found = list(all_of)
    if len(found) == 1:
        return found[0]

    def common(name: str) -> str:
        values = dict.fromkeys(getattr(one, name) for one in found)
        return " or ".join(sorted(str(value) for value in values)) if name == "version" else values.popitem()[0] if len(values) == 1 else ""

    counts = [[getattr(one, name) for one in found] for name in ("least", "most")]
    least, most = (None if None in counted else sum(counted) for counted in counts)
    unknown = tuple(dict.fromkeys(name for one in found for name in one.unknown))
    return Served(common("version"), common("image"), common("weights"), least, most, common("hardware"), unknown)


def _count(value: object) -> int | None:
    found = number(value)
    return None if found is None else int(found)
