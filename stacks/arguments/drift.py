"""What looking for drift takes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelway.architecture import Environment, Image
from modelway.architecture.arns import SecretReference
from modelway.architecture.drift_rules import LATENESS, monitored
from modelway.architecture.platform_rules import bucket_name
from modelway.architecture.protection import protection
from modelway.architecture.serving import serving
from modelway.architecture.watching import installs_operator

if TYPE_CHECKING:
    import pulumi

    from components.drift import DriftIdentityArgs, DriftMonitorArgs, SightArgs
    from components.drift_results import DriftResultsArgs
    from components.drift_schedule import DriftPlaceArgs, DriftScheduleArgs
    from modelway.monitoring.drift.watched import Exported

CAPTURED = "captured"
"""Folder that SageMaker keeps requests and answers in, below it one for each endpoint."""

# The Service and the StatefulSet that the operator makes for every Prometheus (prometheus-operator.dev/docs/api-reference), and the name
# that the chart gives the one that is installed here.
_SERVICE, _INSTALLED = "prometheus-operated", "prometheus-modelway-prometheus"


def drift_results(environment: Environment, key_arn: "pulumi.Output[str]") -> "DriftResultsArgs | None":
    """What the store of results takes; None where nobody looks."""
    if environment.monitoring.drift.image is None:
        return None
    guarded = protection(environment.tier)
    return {
        "store_name": bucket_name(environment),
        "key_arn": key_arn,
        "protect": guarded.protect,
        "retain": guarded.retain,
        "force_destroy": guarded.force_destroy,
    }


def drift_secrets(environment: Environment) -> dict[str, SecretReference]:
    """Addresses and tokens of those who are told of drift, by the environment variable of the job that has them."""
    from modelway.monitoring.watching import secret_variable

    found = {}
    for number, event in enumerate(environment.monitoring.drift.events):
        if event.kind != "eventbridge":
            found[secret_variable(number)] = event.url if event.kind == "webhook" else event.token
    return found


def drift_watched(environment: Environment, model: str, *, payloads: str, store: str, results: str, workspace: str | None) -> str:
    """What the job is told, as JSON. All are names of buckets but `workspace`, the id of the one that Amazon keeps metrics in."""
    from modelway.monitoring.drift.watched import written
    from modelway.monitoring.watching import watched

    described, _, traffic = serving(environment, model)
    baselines = {}
    for version in traffic.versions:
        baseline = described.versions[version].baseline
        assert baseline is not None, "rules ask for one"
        baselines[version] = f"s3://{baseline.bucket or store}/{baseline.key}"
    return written(
        watched(
            environment,
            model,
            payloads=f"s3://{payloads}/{_prefix(environment, model)}",
            results=f"s3://{results}/{model}/",
            baselines=baselines,
            exported=_exported(environment, model, workspace),
        )
    ).decode()


def _prefix(environment: Environment, model: str) -> str:
    """Where in its bucket what is kept of requests is. On Kubernetes a folder for each version is all that is there."""
    on_sagemaker = serving(environment, model)[1].runtime.kind == "sagemaker"
    return f"{CAPTURED}/{environment.environment}-{model}/" if on_sagemaker else ""


def _exported(environment: Environment, model: str, workspace: str | None) -> "Exported":
    from modelway.monitoring.drift.watched import Exported

    region, namespace = environment.aws.region, environment.monitoring.namespace
    if workspace is not None:
        return Exported(
            remote_write=f"https://aps-workspaces.{region}.amazonaws.com/workspaces/{workspace}/api/v1/remote_write", region=region
        )
    if serving(environment, model)[1].runtime.kind == "sagemaker":
        # No job there reaches a Prometheus in a cluster: people are told by an event bus.
        return Exported()
    hosts = [f"{_SERVICE}.{namespace}.svc"]
    key = environment.models[model].cluster or next(iter(environment.clusters))
    if installs_operator(environment, key):
        # Copies do not tell one another what they were sent, so each is told.
        copies = 1 if environment.tier == "development" else 2
        hosts = [f"{_INSTALLED}-{number}.{_SERVICE}.{namespace}.svc" for number in range(copies)]
    first, *others = [f"http://{host}:9090/api/v1/write" for host in hosts]
    return Exported(remote_write=first, remote_write_copies=tuple(others))


def drift_sight(
    environment: Environment,
    model: str,
    *,
    payloads_arn: "pulumi.Output[str]",
    store_arn: "pulumi.Output[str]",
    results_arn: "pulumi.Output[str]",
    key_arn: "pulumi.Output[str]",
    workspace: "pulumi.Output[str] | None",
) -> "SightArgs":
    """What the job reads and writes."""
    described, _, traffic = serving(environment, model)
    baselines = [baseline for version in traffic.versions if (baseline := described.versions[version].baseline) is not None]
    made: SightArgs = {
        "payloads_arn": payloads_arn,
        "payloads_prefix": _prefix(environment, model),
        "store_arn": store_arn,
        "baselines": sorted({baseline.key for baseline in baselines if baseline.bucket is None}),
        "elsewhere": sorted({f"arn:aws:s3:::{one.bucket}/{one.key}" for one in baselines if one.bucket is not None}),
        "results_arn": results_arn,
        "prefix": f"{model}/",
        "key_arn": key_arn,
    }
    if described.drift is not None and described.drift.labels is not None:
        made["labels"] = described.drift.labels.source
    if buses := [event.bus for event in environment.monitoring.drift.events if event.kind == "eventbridge"]:
        made["buses"] = buses
    if workspace is not None:
        region, account = environment.aws.region, environment.aws.account
        made["workspace_arn"] = workspace.apply(lambda known: f"arn:aws:aps:{region}:{account}:workspace/{known}")
    return made


def drift_identity(
    environment: Environment, model: str, facts: "Mapping[str, pulumi.Output[str]]", namespace: "pulumi.Output[str]", sight: "SightArgs"
) -> "DriftIdentityArgs | None":
    """None in a cluster that was there before, whose own way of giving roles nobody here knows."""
    if "arn" not in facts:
        return None
    return {
        "model": model,
        "account": environment.aws.account,
        "region": environment.aws.region,
        "cluster_name": facts["name"],
        "cluster_arn": facts["arn"],
        "namespace": namespace,
        "sight": sight,
    }


def drift_monitor(
    environment: Environment,
    model: str,
    *,
    namespace: "pulumi.Output[str]",
    watched: "pulumi.Output[str]",
    secrets: "Mapping[str, pulumi.Output[str]]",
    identity: "pulumi.Output[str] | None",
) -> "DriftMonitorArgs":
    window, lateness = _seconds(environment, model)
    made: DriftMonitorArgs = {
        "model": model,
        "team": environment.models[model].team,
        "namespace": namespace,
        "region": environment.aws.region,
        "image": str(_image(environment)),
        "window_seconds": window,
        "lateness_seconds": lateness,
        "watched": watched,
    }
    if secrets:
        made["secrets"] = dict(secrets)
    if identity is not None:
        made["identity"] = identity
    return made


def drift_schedule(
    environment: Environment,
    model: str,
    *,
    watched: "pulumi.Output[str]",
    results: "pulumi.Output[str]",
    sight: "SightArgs",
    place: "DriftPlaceArgs | None",
) -> "DriftScheduleArgs":
    window, lateness = _seconds(environment, model)
    made: DriftScheduleArgs = {
        "model": model,
        "endpoint_name": f"{environment.environment}-{model}",
        "account": environment.aws.account,
        "region": environment.aws.region,
        "image": str(_image(environment)),
        "window_seconds": window,
        "lateness_seconds": lateness,
        "watched": watched,
        "results": results,
        "sight": sight,
        "forget": protection(environment.tier).force_destroy,
    }
    if place is not None:
        made["place"] = place
    return made


def _seconds(environment: Environment, model: str) -> tuple[float, float]:
    drift = environment.models[model].drift
    assert drift is not None
    return (drift.window or environment.monitoring.drift.window).seconds, (drift.lateness or LATENESS).seconds


def _image(environment: Environment) -> Image:
    image = environment.monitoring.drift.image
    assert image is not None
    return image


def watched_in(environment: Environment, key: str) -> bool:
    """Whether a model that serves in the cluster is looked at by a job there."""
    models = environment.models
    here = [name for name in monitored(environment) if (models[name].cluster or next(iter(environment.clusters))) == key]
    return any(serving(environment, name)[1].runtime.kind == "kubernetes" for name in here)
