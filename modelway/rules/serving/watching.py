"""What serves models in a stack, and what looks whether they drift."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from modelway.rules.properties import Found, Missing, one
from modelway.rules.serving.kserve import is_service
from modelway.rules.serving.monitor_jobs import JOBS, SCHEDULE
from modelway.rules.serving.updates import ENDPOINT
from modelway.rules.stack import Resource
from modelway.rules.values import Unknown

STARTER = "aws:scheduler/schedule:Schedule"
CRON = "kubernetes:batch/v1:CronJob"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
OBJECTS = frozenset(("aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/bucketObject:BucketObject"))

_MODEL = 'metadata.labels["modelway.dev/model"]'
_COMPONENT = 'metadata.labels["app.kubernetes.io/component"]'
_STARTED = ":aws-sdk:sagemaker:createProcessingJob"
_BEHIND = "-drift"
"""What the name of a schedule has behind that of its endpoint."""
_TOLD_BY = 'data["watched.json"]'
_KEY = re.compile(r"(.*/)?watched-[0-9a-f]{16}\.json")


@dataclass(frozen=True)
class Named:
    """An endpoint, or a job that looks at one."""

    resource: Resource
    model: str | None
    """The model or endpoint; None where that is not known."""


def endpoints(resources: Sequence[Resource]) -> Iterator[Named]:
    """What answers requests to models. A route that is no model's is none."""
    for resource in resources:
        type_, properties = resource.subject.type, resource.subject.properties
        if type_ == ENDPOINT:
            yield Named(resource, _text(one(properties, "name")))
        elif is_service(type_):
            label = _text(one(properties, _MODEL))
            yield Named(resource, label or _text(one(properties, "metadata.name")))
        elif is_route(type_):
            found = one(properties, _MODEL)
            if not isinstance(found.value, Missing):
                yield Named(resource, _text(found))


def is_route(type_: str) -> bool:
    return type_.startswith("kubernetes:gateway.networking.k8s.io/") and type_.endswith(":HTTPRoute")


def jobs(resources: Sequence[Resource]) -> Iterator[Named]:
    """What looks, ever again, whether a model drifts: ours in a cluster, ours on SageMaker, and SageMaker's own."""
    by_urn = {each.urn: each for each in resources}
    for resource in resources:
        type_, properties = resource.subject.type, resource.subject.properties
        if type_ == CRON and one(properties, _COMPONENT).value == "drift-monitor":
            yield Named(resource, _text(one(properties, _MODEL)))
        elif type_ == STARTER and str(one(properties, "target.arn").value).endswith(_STARTED):
            name = _text(one(properties, "name"))
            if name is None or name.endswith(_BEHIND):
                yield Named(resource, name.removesuffix(_BEHIND) if name else None)
        elif type_ == SCHEDULE:
            yield Named(resource, _monitored(resource, by_urn))


def _monitored(schedule: Resource, by_urn: Mapping[str, Resource]) -> str | None:
    """The endpoint of a schedule of SageMaker's, by the job that it starts, or that is written in it."""
    inline = "monitoringScheduleConfig.monitoringJobDefinition.monitoringInputs.endpointInput.endpointName"
    found = _text(one(schedule.subject.properties, inline))
    definitions = [by_urn[urn] for urn in sorted(schedule.depends_on) if urn in by_urn and by_urn[urn].subject.type in JOBS]
    for definition in definitions:
        for source in ("dataQualityJobInput", "modelBiasJobInput", "modelExplainabilityJobInput", "modelQualityJobInput"):
            found = found or _text(one(definition.subject.properties, f"{source}.endpointInput.endpointName"))
        if found is None:
            made_after = [by_urn[urn] for urn in sorted(definition.depends_on) if urn in by_urn]
            found = next((_text(one(each.subject.properties, "name")) for each in made_after if each.subject.type == ENDPOINT), None)
    return found


def of_same(endpoint: str, model: str) -> bool:
    """Whether an endpoint is called after a model: as it, or as the model in an environment."""
    return endpoint == model or endpoint.endswith(f"-{model}")


def watched_document(type_: str, properties: Mapping[str, object]) -> Found | None:
    """Where a resource says what a job of ours looks at, as text; None where it says nothing of the kind."""
    if type_ == CONFIG_MAP:
        found = one(properties, _TOLD_BY)
        return None if isinstance(found.value, Missing) else found
    if type_ in OBJECTS:
        key = one(properties, "key")
        if isinstance(key.value, Unknown):
            return key
        return one(properties, "content") if isinstance(key.value, str) and _KEY.fullmatch(key.value) else None
    return None


def document(found: Found) -> Mapping[str, object] | None:
    """What it says; None where it is no JSON object."""
    try:
        content = json.loads(found.value) if isinstance(found.value, str) else None
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _text(found: Found) -> str | None:
    return found.value if isinstance(found.value, str) and found.value else None
