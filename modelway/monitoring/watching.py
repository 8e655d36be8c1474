"""What a job has to know of the endpoint that it watches, out of the description of its environment."""

from collections.abc import Mapping

from modelway.architecture.drift import Drift
from modelway.architecture.drift_events import DriftEvent
from modelway.architecture.drift_rules import LATENESS
from modelway.architecture.environment import Environment
from modelway.architecture.serving import serving, variant
from modelway.monitoring.drift.watched import (
    SCHEMA,
    EventBridgeTold,
    Exported,
    GitHubTold,
    Told,
    Watched,
    WatchedVersion,
    WebhookTold,
)


def watched(
    environment: Environment,
    model: str,
    *,
    payloads: str,
    results: str,
    baselines: Mapping[str, str],
    labels: str | None = None,
    exported: Exported = Exported(),  # noqa: B008 - frozen
) -> Watched:
    """Everything about the model's endpoint: the versions that get requests, and what is looked at, with the environment's window and
    minimum sample where the model says nothing.

    `payloads` and `results`: a folder or s3://BUCKET/PREFIX/. `baselines`: a path or s3://BUCKET/KEY by version. `labels`: where they are,
    if it is not where the model's file says. Raises ValueError for a
    model that is not watched, or a version without a baseline: the rules of the architecture let neither pass.
    """
    described, endpoint, traffic = serving(environment, model)
    if described.drift is None:
        raise ValueError(f"nothing is watched of {model}")
    on_sagemaker = endpoint.runtime.kind == "sagemaker"
    return Watched(
        schema=SCHEMA,
        environment=environment.environment,
        endpoint=model,
        team=described.team,
        owner=described.owner,
        tier=described.risk_tier,
        payloads=payloads,
        results=results,
        format="sagemaker" if on_sagemaker else "kserve",
        versions=tuple(
            _version(environment, model, version, baselines[version], variant(traffic, version) if on_sagemaker else None)
            for version in traffic.versions
        ),
        drift=looked_at(environment, model).model_dump(mode="json"),
        live=traffic.live,
        labels=labels,
        told=tuple(_told(number, event) for number, event in enumerate(environment.monitoring.drift.events)),
        exported=exported,
    )


def looked_at(environment: Environment, model: str) -> Drift:
    """The model's drift, with what it leaves to the environment. Raises ValueError where nothing is watched."""
    drift, rules = environment.models[model].drift, environment.monitoring.drift
    if drift is None:
        raise ValueError(f"nothing is watched of {model}")
    given = {
        "window": drift.window or rules.window,
        "minimum_sample": drift.minimum_sample or rules.minimum_sample,
        "lateness": drift.lateness or LATENESS,
    }
    return drift.model_copy(update=given)


def secret_variable(number: int) -> str:
    """The environment variable that holds the address or token of the event at that position."""
    return f"DRIFT_EVENT_{number}"


def _told(number: int, event: DriftEvent) -> Told:
    match event.kind:
        case "eventbridge":
            return EventBridgeTold(event.bus)
        case "webhook":
            return WebhookTold(secret_variable(number))
        case "github":
            return GitHubTold(event.repository, secret_variable(number))


def _version(environment: Environment, model: str, version: str, address: str, variant: str | None) -> WatchedVersion:
    described = environment.models[model].versions[version]
    if described.baseline is None:
        raise ValueError(f"version {version} of {model} has no baseline")
    contract = environment.contracts[described.contract].model_dump(mode="json")
    return WatchedVersion(version, contract, address, described.baseline.sha256, variant)
