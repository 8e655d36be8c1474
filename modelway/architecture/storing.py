"""What an environment stores, thing by thing, and what becomes of each when it is given up."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from modelway.architecture.cluster import EksCluster
from modelway.architecture.platform_rules import bucket_name
from modelway.architecture.protection import Protection, protection
from modelway.architecture.watching import installs_operator

if TYPE_CHECKING:
    from modelway.architecture.environment import Environment

Kind = Literal["repository", "bucket", "key", "package_group", "mlflow_app", "database", "cluster", "metrics"]
Fate = Literal["stays", "goes_with_contents", "goes_when_empty", "goes", "leaves_a_snapshot", "can_be_called_back"]

_FATES: dict[Fate, str] = {
    "stays": "stays in AWS",
    "goes_with_contents": "goes with its contents",
    "goes_when_empty": "goes when it is empty",
    "goes": "goes",
    "leaves_a_snapshot": "goes, and leaves a last snapshot",
    "can_be_called_back": "goes, and can be called back for {days} days",
}


@dataclass(frozen=True)
class Stored:
    """A thing, or several of one kind, that keep something."""

    kind: Kind
    what: str
    protected: bool
    """The engine, and `modelway destroy`, refuse to delete it."""
    given_up: Fate
    """What becomes of it when a stack deletes it, or no longer has it."""
    count: int = 1
    note: str = ""

    def told(self, guarded: Protection) -> str:
        """A line for a person."""
        fate = _FATES[self.given_up].format(days=guarded.deletion_window_days)
        return f"{self.what}: {'protected; then ' if self.protected else ''}{fate}{f'; {self.note}' if self.note else ''}"


def stored(environment: "Environment") -> tuple[Stored, ...]:
    """Everything that `environment` stores, but for objects in clusters, which go with them."""
    guarded = protection(environment.tier)
    return (
        *_registry(environment, guarded),
        *_listed(environment, guarded),
        *_payloads(environment, guarded),
        *_drift(environment, guarded),
        *_platform(environment, guarded),
    )


def _contents(guarded: Protection) -> Fate:
    return "stays" if guarded.retain else "goes_with_contents" if guarded.force_destroy else "goes_when_empty"


def _key_of_what_stays(guarded: Protection) -> Fate:
    return "stays" if guarded.retain else "can_be_called_back"


def _registry(environment: "Environment", guarded: Protection) -> Iterator[Stored]:
    registry, fate = environment.registry, _contents(guarded)
    images, models = registry.images, registry.models
    retired = sorted(name for name, model in environment.models.items() if model.presence == "retired")
    for names, protect in ((sorted(set(environment.models) - set(retired)), guarded.protect), (retired, False)):
        if names:
            what = f"repositories of images of {'retired ' if names is retired else ''}models ({', '.join(names)})"
            yield Stored("repository", what, protect, fate, len(names))
    locked = f"object lock keeps each version for {models.object_lock.days} days" if models.object_lock else ""
    yield Stored("bucket", f"bucket of weights, {bucket_name(environment)}", guarded.protect, fate, note=locked)
    if models.access_logs_days is not None:
        yield Stored("bucket", "bucket of its access logs", guarded.protect, fate)
    if models.replicate_to:
        yield Stored("bucket", f"copies of it in {', '.join(models.replicate_to)}", guarded.protect, fate, len(models.replicate_to), locked)
    if images.key is None or models.key is None:
        yield Stored("key", "KMS key of images and weights", guarded.protect, _key_of_what_stays(guarded))
    abroad = sorted({*images.replicate_to, *models.replicate_to})
    if abroad:
        yield Stored("key", f"KMS keys of the copies in {', '.join(abroad)}", guarded.protect, _key_of_what_stays(guarded), len(abroad))


def _listed(environment: "Environment", guarded: Protection) -> Iterator[Stored]:
    """What lists models beside the registry."""
    listing, fate = environment.registry.model_registry, _contents(guarded)
    if listing.kind == "sagemaker":
        retired = sum(model.presence == "retired" for model in environment.models.values())
        gone: Fate = "stays" if guarded.retain else "goes_when_empty"
        for number, which, protect in ((len(environment.models) - retired, "", guarded.protect), (retired, "retired ", False)):
            if number:
                yield Stored("package_group", f"model package groups of {number} {which}models", protect, gone, number)
    elif listing.kind == "mlflow":
        yield Stored("mlflow_app", f"MLflow app {environment.environment}", guarded.protect, "stays" if guarded.retain else "goes")
        yield Stored("bucket", "bucket of what MLflow logs", guarded.protect, fate)
    elif listing.kind == "mlflow_server":
        also = "deletion protection of RDS, " if guarded.protect else ""
        snapshot: Fate = "leaves_a_snapshot" if guarded.last_snapshot else "goes"
        yield Stored("database", "database of MLflow", guarded.protect, snapshot, note=f"{also}{guarded.backup_days} days of backups")
        yield Stored("key", "KMS key of the database and its snapshots", guarded.protect, _key_of_what_stays(guarded))
        yield Stored("bucket", "bucket of what MLflow logs", guarded.protect, fate)


def _payloads(environment: "Environment", guarded: Protection) -> Iterator[Stored]:
    for name, model in environment.models.items():
        if model.serving is not None and (kept := model.serving.payload_logging) is not None:
            what = f"bucket of requests and answers of {name}"
            yield Stored("bucket", what, protected=False, given_up=_contents(guarded), note=f"each is deleted after {kept.retention}")


def _drift(environment: "Environment", guarded: Protection) -> Iterator[Stored]:
    if environment.monitoring.drift.image is not None:
        yield Stored("bucket", "bucket of what was found of drift", guarded.protect, _contents(guarded))


def _platform(environment: "Environment", guarded: Protection) -> Iterator[Stored]:
    for key, cluster in environment.clusters.items():
        metrics = "; metrics in it go with it" if installs_operator(environment, key) else ""
        if isinstance(cluster, EksCluster):
            also = f"{'deletion protection of EKS' if guarded.protect else ''}{metrics}".removeprefix("; ")
            yield Stored("cluster", f"EKS cluster {environment.environment}-{key}", guarded.protect, "goes", note=also)
            if cluster.secrets_key is None:
                yield Stored("key", f"KMS key of its secrets ({key})", guarded.protect, "can_be_called_back")
    network, backend = environment.network, environment.monitoring.backend
    if network is not None and network.kind == "vpc" and network.flow_logs is not None:
        yield Stored("key", "KMS key of flow logs", protected=False, given_up="can_be_called_back")
    if backend.kind == "amp" and backend.workspace is None:
        yield Stored("metrics", "workspace of Amazon Managed Prometheus, with all metrics", protected=False, given_up="goes")
        yield Stored("key", "KMS key of its metrics", protected=False, given_up="can_be_called_back")
    on_sagemaker = any(model.serving is not None and model.serving.runtime.kind == "sagemaker" for model in environment.models.values())
    if on_sagemaker or environment.registry.model_registry.kind == "mlflow_server":
        yield Stored("key", "KMS key of the alarms' topic", protected=False, given_up="can_be_called_back")
