"""What has to be done about endpoints on SageMaker before the engine updates them.

AWS refuses an update that removes a variant, or gives it other instances, while Application Auto Scaling scales it
(docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html), and the engine deletes what is gone from the program last. An update
begins with the instances of the new configuration, however many run: the provider does not pass RetainAllVariantProperties
(github.com/hashicorp/terraform-provider-aws/issues/48990).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from modelway.errors import ModelwayError
from modelway.operations._pulumi import EngineFailure
from modelway.operations.rollbacks import ENDPOINT

CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
SCALING = ("aws:appautoscaling/target:Target", "aws:appautoscaling/policy:Policy", "aws:appautoscaling/scheduledAction:ScheduledAction")

INSTANCES = "MODELWAY_INSTANCES"
"""Variable that the program reads (stacks/managed.py): by endpoint, how many instances run of what answers most. An object in JSON."""

Progress = Callable[[str], None]


class Running(Protocol):
    """Instances of a variant; see modelway.operations._aws_serving."""

    @property
    def type(self) -> str: ...
    @property
    def count(self) -> int: ...


class Fleets(Protocol):
    """What is asked of SageMaker; see modelway.operations._aws_serving."""

    def fleet(self, endpoint: str) -> Mapping[str, Running]: ...


class Engine(Protocol):
    """What is needed of the engine."""

    def resources(self, stack: str) -> list[dict[str, object]]: ...
    def preview(self, stack: str) -> dict[str, object]: ...
    def destroy(self, stack: str, *, yes: bool, only: Sequence[str] = ()) -> None: ...


@dataclass(frozen=True)
class Variant:
    """One of those that a configuration will have."""

    name: str
    type: str
    """Of its instances."""
    count: int = 0
    """Instances that it begins with."""


class NotAsPlanned(ModelwayError):
    """An update needs, before it, what its plan does not have."""

    exit_code = 4


@dataclass(frozen=True)
class Scaled:
    """Scaling of one variant."""

    endpoint: str
    variant: str
    urns: tuple[str, ...]
    goes: bool
    """Whether the update deletes it anyway."""


@dataclass(frozen=True)
class Needed:
    """What has to be done before an update."""

    released: tuple[Scaled, ...] = ()
    """What AWS would refuse the update for."""
    instances: Mapping[str, int] = field(default_factory=dict)
    """Instances that run of what answers most, by endpoint; an update begins with as many."""
    planned: Mapping[str, int] = field(default_factory=dict)
    """Those that the program asks for by itself."""


def prepare(stack: str, engine: Engine, cloud: Fleets, *, yes: bool, progress: Progress) -> dict[str, str]:
    """Nothing scales the variants that the next update of the stack removes or gives other instances; returns variables for that update.

    Scaling comes back with the update, for what is still there. Asks first unless `yes`. Raises EngineFailure, AwsFailure.
    """
    found = needed(stack, engine, cloud)
    _release(stack, found, engine, yes=yes, progress=progress)
    return {INSTANCES: json.dumps(found.instances, sort_keys=True)} if found.instances else {}


def prepare_as_planned(stack: str, engine: Engine, cloud: Fleets, *, yes: bool, progress: Progress, last_look: Callable[[], None]) -> None:
    """The same before an update that may do nothing but its plan: scaling that the plan deletes goes first, after a `last_look` at what
    the plan was made from, which raises where that is no longer so.

    Raises NotAsPlanned, before anything is changed, where the update would need more than that: a plan says how many instances it begins
    with, and that what it does not delete stays. Raises EngineFailure, AwsFailure.
    """
    found = needed(stack, engine, cloud)
    lines = [
        f"endpoint {one.endpoint}: AWS refuses the update while {one.variant} is scaled, which the plan keeps"
        for one in found.released
        if not one.goes
    ]
    for endpoint, runs in found.instances.items():
        if (begins := found.planned.get(endpoint, 0)) < runs:
            lines.append(f"endpoint {endpoint}: {runs} instances run, and the plan begins with {begins}")
    if lines:
        listed = "\n".join(f"  {line}" for line in lines)
        raise NotAsPlanned(
            f"the plan of stack {stack} is not applied: before its update something has to be done that is not in it:\n{listed}\n"
            "Nothing was changed. `modelway up` does it, and asks first unless --yes is given."
        )
    last_look()
    _release(stack, found, engine, yes=yes, progress=progress)


def needed(stack: str, engine: Engine, cloud: Fleets) -> Needed:
    """What the next update of a stack needs before it. Raises EngineFailure, AwsFailure."""
    resources = [resource for resource in engine.resources(stack) if not resource.get("delete")]
    scaled = _scaled(resources)
    if not scaled:
        return Needed()
    try:
        steps = _objects(engine.preview(stack).get("steps"))
    except EngineFailure:
        # The update that comes now fails as well, and says why in the engine's own words.
        return Needed()
    going = {str(step.get("urn")) for step in steps if step.get("op") == "delete"}
    released: list[Scaled] = []
    instances: dict[str, int] = {}
    planned: dict[str, int] = {}
    for endpoint, variants in _updated(resources, steps).items():
        running, scaling = cloud.fleet(endpoint), scaled.get(endpoint, {})
        # Of a configuration that is gone nothing is known: AWS updates nothing from it, and scaling helps until the endpoint is made anew.
        kept = {one.name for one in variants if one.name not in running or running[one.name].type in ("", one.type)}
        for name in sorted(scaling.keys() - kept):
            released.append(Scaled(endpoint, name, tuple(scaling[name]), going.issuperset(scaling[name])))
        if running and scaling and variants:
            first = running.get(variants[0].name)
            instances[endpoint] = first.count if first is not None else max(one.count for one in running.values())
            planned[endpoint] = variants[0].count
    return Needed(tuple(released), instances, planned)


def _release(stack: str, found: Needed, engine: Engine, *, yes: bool, progress: Progress) -> None:
    for endpoint in dict.fromkeys(one.endpoint for one in found.released):
        gone = ", ".join(one.variant for one in found.released if one.endpoint == endpoint)
        progress(f"endpoint {endpoint}: not scaled until the update has ended, or AWS refuses it: {gone}")
    if found.released:
        engine.destroy(stack, yes=yes, only=[urn for one in found.released for urn in one.urns])


def _scaled(resources: Sequence[Mapping[str, object]]) -> dict[str, dict[str, list[str]]]:
    """URNs of what scales, by endpoint and variant."""
    found: dict[str, dict[str, list[str]]] = {}
    for resource in resources:
        if resource.get("type") in SCALING:
            # endpoint/NAME/variant/NAME; of anything else that is scaled another kind.
            kind, *rest = str(_object(resource.get("inputs")).get("resourceId")).split("/")
            if kind == "endpoint" and len(rest) == 3:
                found.setdefault(rest[0], {}).setdefault(rest[2], []).append(str(resource["urn"]))
    return found


def _updated(resources: Sequence[Mapping[str, object]], steps: Sequence[Mapping[str, object]]) -> dict[str, list[Variant]]:
    """The variants to be of each endpoint that an update changes, what answers most first."""
    names = {str(one["urn"]): str(one.get("id")) for one in resources if one.get("type") == ENDPOINT}
    comings = {str(new.get("parent")): new for step in steps if (new := _object(step.get("newState"))).get("type") == CONFIGURATION}
    found = {}
    for step in steps:
        endpoint, new = names.get(str(step.get("urn"))), _object(step.get("newState"))
        if endpoint is not None and step.get("op") == "update" and (coming := comings.get(str(new.get("parent")))) is not None:
            listed = _objects(_object(coming.get("inputs")).get("productionVariants"))
            found[endpoint] = [
                Variant(str(one.get("variantName")), str(one.get("instanceType")), _whole(one.get("initialInstanceCount")))
                for one in listed
            ]
    return found


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _objects(value: object) -> list[Mapping[str, object]]:
    return [_object(one) for one in value] if isinstance(value, list) else []
