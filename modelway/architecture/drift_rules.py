"""The rules between what is watched of a model's drift and what watching needs: what is kept of requests, baselines, the job that looks."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelway.architecture.arns import elsewhere
from modelway.architecture.base import Breach, FieldPath, each
from modelway.architecture.contract import Contract
from modelway.architecture.drift import LONGEST_SEASON, Drift
from modelway.architecture.model import Model
from modelway.architecture.quantities import Duration

if TYPE_CHECKING:
    from modelway.architecture.environment import Environment

LATENESS = Duration("15m")
"""How long requests may still arrive after their window, where a model does not say."""

_ECR = re.compile(r"[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")
_IMAGE: FieldPath = ("monitoring", "drift", "image")

_MOST_OF_AN_OBJECT = 10
"""Tags that an object in S3 may have (docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html)."""


def drift_breaches(environment: "Environment") -> Iterator[Breach]:
    """What is to be watched of models and could not be."""
    yield from each(rule(environment) for rule in (_secrets, _events, _tags, _nobody, _registry))
    rules = (_season, _kept, _fields, _group, _retention, _baselines)
    for name, model in environment.models.items():
        yield from each(rule(environment, name, model) for rule in rules)


def monitored(environment: "Environment") -> list[str]:
    """The models whose drift is looked at: they serve, say what is watched, and the environment has an image for the job."""
    return [name for name in environment.models if _watched(environment, environment.models[name]) is not None]


def watched_columns(drift: Drift, contract: Contract) -> tuple[str, ...]:
    """The inputs and outputs that are looked at, in the order of the contract's signature; then the group, where it is none of them."""
    inputs = [tensor.name for tensor in contract.signature.inputs]
    outputs = [tensor.name for tensor in contract.signature.outputs]
    wanted: set[str] = set()
    if drift.data is not None:
        wanted |= set(inputs if drift.data.features is None else drift.data.features)
    if drift.prediction is not None:
        wanted |= set(outputs if drift.prediction.outputs is None else drift.prediction.outputs)
    if drift.concept is not None or drift.parity is not None:
        wanted |= set(outputs)
    if drift.parity is not None:
        wanted.add(drift.parity.group)
    known = [*inputs, *outputs]
    return (*(column for column in known if column in wanted), *sorted(wanted - set(known)))


def _watched(environment: "Environment", model: Model) -> Drift | None:
    there = environment.monitoring.drift.image is not None and model.serving is not None
    return model.drift if there else None


def _served(environment: "Environment", model: Model) -> Iterator[tuple[str, Contract]]:
    """The versions that get requests, with their contracts, as far as both are known."""
    for version in model.traffic.versions if model.traffic is not None else ():
        described = model.versions.get(version)
        if described is not None and described.contract in environment.contracts:
            yield version, environment.contracts[described.contract]


def _about(name: str) -> tuple[FieldPath, ...]:
    return _IMAGE, ("models", name, "drift"), ("models", name, "presence")


def _secrets(environment: "Environment") -> Iterator[Breach]:
    for number, told in enumerate(environment.monitoring.drift.events):
        if told.kind == "eventbridge":
            continue
        field, reference = ("url", told.url) if told.kind == "webhook" else ("token", told.token)
        if said := elsewhere(("monitoring", "drift", "events", number, field), reference.arn, environment.aws.region):
            yield said


def _events(environment: "Environment") -> Iterator[Breach]:
    on_sagemaker = [name for name in monitored(environment) if _on_sagemaker(environment, name)]
    for number, told in enumerate(environment.monitoring.drift.events):
        if told.kind != "eventbridge" and on_sagemaker:
            # docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeProcessingJob.html: it shows Environment.
            yield Breach(
                ("monitoring", "drift", "events", number, "kind"),
                f"eventbridge alone where jobs run on SageMaker, whose settings anybody there can read: {', '.join(on_sagemaker)}",
                "Write `{kind: eventbridge, bus: …}`, and let a rule of the bus call an API destination.",
                tuple(("models", name, "endpoint", "runtime") for name in on_sagemaker),
            )


def _tags(environment: "Environment") -> Iterator[Breach]:
    on_sagemaker = [name for name in monitored(environment) if _on_sagemaker(environment, name)]
    # environment, owner, managed-by, system and tier.
    most = _MOST_OF_AN_OBJECT - 5 - (environment.cost_owner is not None)
    if on_sagemaker and len(environment.tags) > most:
        yield Breach(
            ("tags",),
            f"at most {most} of one's own where jobs on SageMaker look for drift: what they are told is an object in S3, which takes "
            f"{_MOST_OF_AN_OBJECT} tags with Modelway's: {', '.join(on_sagemaker)}",
            f"Remove {len(environment.tags) - most}, or have those models served in another environment.",
            (*((("cost_owner",),) if environment.cost_owner is not None else ()), *(("models", name, "drift") for name in on_sagemaker)),
            judged_by=(("monitoring", "drift"),),
        )


def _nobody(environment: "Environment") -> Iterator[Breach]:
    drift = environment.monitoring.drift
    on_sagemaker = [name for name in monitored(environment) if _on_sagemaker(environment, name)]
    if on_sagemaker and environment.monitoring.backend.kind == "operator" and not any(one.kind == "eventbridge" for one in drift.events):
        yield Breach(
            ("monitoring", "drift", "events"),
            f"an event bus: jobs on SageMaker reach no Prometheus in a cluster, so nobody would hear of {', '.join(on_sagemaker)}",
            "Add `{kind: eventbridge, bus: …}`, or let Amazon keep the metrics, with the backend amp.",
            (("monitoring", "backend"), *(("models", name, "endpoint", "runtime") for name in on_sagemaker)),
        )


def _registry(environment: "Environment") -> Iterator[Breach]:
    image = environment.monitoring.drift.image
    on_sagemaker = [name for name in monitored(environment) if _on_sagemaker(environment, name)]
    if image is not None and image.registry is not None and on_sagemaker and not _ECR.fullmatch(image.registry):
        yield Breach(
            _IMAGE,
            f"an image in ECR, which is where SageMaker takes images from; it looks at {', '.join(on_sagemaker)}",
            "Copy it to ECR, and write its address there.",
            tuple(("models", name, "endpoint", "runtime") for name in on_sagemaker),
        )


def _on_sagemaker(environment: "Environment", name: str) -> bool:
    serving = environment.models[name].serving
    return serving is not None and serving.runtime.kind == "sagemaker"


def _season(environment: "Environment", name: str, model: Model) -> Iterator[Breach]:
    drift, window = model.drift, environment.monitoring.drift.window
    if drift is None or drift.seasonality is None or drift.window is not None:
        return
    if window.seconds > LONGEST_SEASON[drift.seasonality]:
        yield Breach(
            ("models", name, "drift", "seasonality"),
            f"a window that is no longer than what it is compared with; the environment's, which holds here, is {window}",
            "Add a shorter `window` to drift, or remove seasonality.",
            (("monitoring", "drift", "window"),),
        )


def _kept(environment: "Environment", name: str, model: Model) -> Iterator[Breach]:
    if _watched(environment, model) is None or model.serving is None or model.serving.payload_logging is not None:
        return
    yield Breach(
        ("models", name, "endpoint", "payload_logging"),
        "needed where drift is watched: what the model is asked and answers is looked at",
        "Add `payload_logging: {sample: 100%, fields: […], retention: 30d}`, or remove drift.",
        judged_by=_about(name),
    )


def _fields(environment: "Environment", name: str, model: Model) -> Iterator[Breach]:
    drift = _watched(environment, model)
    if drift is None or model.serving is None or model.serving.payload_logging is None:
        return
    fields = model.serving.payload_logging.fields
    for version, contract in _served(environment, model):
        known = [tensor.name for tensor in (*contract.signature.inputs, *contract.signature.outputs)]
        missing = [column for column in watched_columns(drift, contract) if column in known and column not in fields]
        if missing:
            more = ", …" if len(missing) > 6 else ""
            yield Breach(
                ("models", name, "endpoint", "payload_logging", "fields"),
                f"every column that drift watches; missing of version {version}: {', '.join(missing[:6])}{more}",
                "Add them if they may be kept, or name in drift what is watched.",
                (("models", name, "drift"),),
                (*_about(name), *_of(environment, name, version)),
            )


def _group(environment: "Environment", name: str, model: Model) -> Iterator[Breach]:
    drift = _watched(environment, model)
    if drift is None or drift.parity is None:
        return
    for version, contract in _served(environment, model):
        if drift.parity.group not in [tensor.name for tensor in (*contract.signature.inputs, *contract.signature.outputs)]:
            yield Breach(
                ("models", name, "drift", "parity", "group"),
                f"an input or output of version {version}, because groups are read from what is kept of requests",
                f"Add {drift.parity.group} to the signature, and to payload_logging.fields, or name another column.",
                judged_by=(*_about(name), *_of(environment, name, version)),
            )


def _of(environment: "Environment", name: str, version: str) -> tuple[FieldPath, ...]:
    return ("contracts", environment.models[name].versions[version].contract), ("models", name, "versions", version)


def _retention(environment: "Environment", name: str, model: Model) -> Iterator[Breach]:
    drift = _watched(environment, model)
    if drift is None or model.serving is None or model.serving.payload_logging is None:
        return
    kept = model.serving.payload_logging.retention
    seconds = (drift.window or environment.monitoring.drift.window).seconds + (drift.lateness or LATENESS).seconds
    if drift.labels is not None:
        seconds += drift.labels.delay.seconds
    if kept.seconds < seconds:
        days = -int(-seconds // 86400)
        yield Breach(
            ("models", name, "endpoint", "payload_logging", "retention"),
            f"until a window has been looked at, with its lateness{' and the delay of its labels' if drift.labels else ''}: {days}d",
            f"Write {days}d or more.",
            (("models", name, "drift"), ("monitoring", "drift", "window")),
            _about(name),
        )


def _baselines(environment: "Environment", name: str, model: Model) -> Iterator[Breach]:
    if _watched(environment, model) is None or model.traffic is None:
        return
    for version in model.traffic.versions:
        if version in model.versions and model.versions[version].baseline is None:
            yield Breach(
                ("models", name, "versions", version, "baseline"),
                "needed of every version that gets requests where drift is watched: it is what they are compared with",
                "Make one with `modelway drift baseline`, publish it, and add `baseline: KEY@sha256:…`; or remove drift.",
                judged_by=(*_about(name), ("models", name, "endpoint", "traffic")),
            )
