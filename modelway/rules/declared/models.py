"""How models are described that people depend on: those that serve in production. What the architecture itself refuses, such as a single
replica there, is no rule again."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

from modelway.rules.configured import ConfigurationRule
from modelway.rules.verdicts import Evidence, Failed, NotApplicable, Passed, Verdict

if TYPE_CHECKING:
    from modelway.architecture import Environment, Model
    from modelway.architecture.endpoint import Endpoint


def _serving(environment: "Environment") -> Iterator[tuple[str, "Model", "Endpoint"]]:
    """The models that serve, in production."""
    for name, model in environment.models.items():
        if environment.tier == "production" and model.serving is not None:
            yield f"models.{name}", model, model.serving


def _of(*found: Evidence | None) -> Verdict:
    evidence = tuple(one for one in found if one is not None)
    return Failed(evidence) if evidence else Passed()


def _tags(environment: "Environment", _: date) -> Mapping[str, Verdict]:
    movable = environment.registry.images.mutable_tags
    if environment.tier == "development":
        return {"registry": NotApplicable()}
    path = "registry.images.mutable_tags"
    return {
        "registry": _of(
            Evidence(path, ", ".join(movable), TAGS.says, "Remove them; a build cache belongs into a registry of builds.")
            if movable
            else None
        )
    }


def _payloads(environment: "Environment", _: date) -> Mapping[str, Verdict]:
    return {
        path: _of(_captured(path, model, endpoint))
        for path, model, endpoint in _serving(environment)
        if endpoint.runtime.kind == "sagemaker"
    }


def _captured(path: str, model: "Model", endpoint: "Endpoint") -> Evidence | None:
    if model.risk_tier == "low" or endpoint.payload_logging is not None:
        return None
    return Evidence(
        f"{path}.endpoint.payload_logging",
        f"not set, risk tier {model.risk_tier}",
        CAPTURED.says,
        "Add it, with the fields that tell of nobody who they are.",
    )


def _rollout(environment: "Environment", _: date) -> Mapping[str, Verdict]:
    return {
        path: _of(
            Evidence(
                f"{path}.endpoint.runtime.rollout.kind", "all_at_once", ROLLOUT.says, "Write `rollout: {kind: canary}`, or leave it out."
            )
            if endpoint.runtime.kind == "sagemaker" and endpoint.runtime.rollout.kind == "all_at_once"
            else None
        )
        for path, _, endpoint in _serving(environment)
        if endpoint.runtime.kind == "sagemaker"
    }


def _watched(environment: "Environment", _: date) -> Mapping[str, Verdict]:
    return {path: _of(*_unwatched(environment, path, model)) for path, model, _ in _serving(environment)}


def _unwatched(environment: "Environment", path: str, model: "Model") -> Iterator[Evidence]:
    if model.drift is None:
        yield Evidence(f"{path}.drift", "not set", WATCHED.says, "Add `drift: {data: {}}`, which watches all inputs.")
    if environment.monitoring.drift.image is None:
        way_out = "Add `image: HOST/NAME@sha256:…`, an image that has modelway[drift]."
        yield Evidence("monitoring.drift.image", "not set, so nobody looks", WATCHED.says, way_out)


def _parity(environment: "Environment", _: date) -> Mapping[str, Verdict]:
    way_out = "Add `parity: {group: …, metric: selection_rate, gap: 0.1}`."
    return {
        path: _of(
            Evidence(f"{path}.drift.parity", "not set", PARITY.says, way_out) if model.drift is None or model.drift.parity is None else None
        )
        for path, model, _ in _serving(environment)
        if model.risk_tier == "high"
    }


TAGS = ConfigurationRule(
    id="declared-mutable-tags",
    says="no tag of an image can be moved in staging and production",
    why="A tag that can be moved names another image tomorrow.",
    severity="high",
    sources=("ECR-01", "FSBP ECR.2", "CKV_AWS_51", "NIST SI-7"),
    judge=_tags,
)
CAPTURED = ConfigurationRule(
    id="declared-payloads",
    says="a model of medium or high risk that serves in production on SageMaker keeps a sample of payloads",
    why="Without it nobody can say later what was asked and answered.",
    severity="high",
    sources=("SM-02", "FSBP SageMaker.4"),
    judge=_payloads,
)
ROLLOUT = ConfigurationRule(
    id="declared-rollout",
    says="requests of a model that serves in production on SageMaker move to new instances in steps",
    why="All at once, everybody meets a bad version before an alarm can.",
    severity="high",
    sources=("SM-03", "NIST AI RMF MANAGE 2.4"),
    judge=_rollout,
)
WATCHED = ConfigurationRule(
    id="declared-drift",
    says="the drift of a model that serves in production is watched, by a job",
    why="A model whose world has changed answers as fast as ever, and is wrong.",
    severity="high",
    sources=("SM-07", "NIST AI RMF MEASURE 2.4", "NIST CA-7"),
    judge=_watched,
)
PARITY = ConfigurationRule(
    id="declared-parity",
    says="of a model with a high risk that serves in production it is watched whether groups are treated alike",
    why="Harm to one group disappears in the average of all.",
    severity="high",
    sources=("SM-08", "NIST AI RMF MEASURE 2.11"),
    judge=_parity,
)
RULES: tuple[ConfigurationRule, ...] = (TAGS, CAPTURED, ROLLOUT, WATCHED, PARITY)
