"""The resources that decide who answers, on one side of a change, found by what they are called and by what they select."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

from modelway.preview.resources import UNKNOWN, Resource, name_of

Kind = Literal[
    "HTTPRoute",
    "Service",
    "Deployment",
    "StatefulSet",
    "HorizontalPodAutoscaler",
    "ScaledObject",
    "InferenceService",
    "LLMInferenceService",
    "Rollout",
    "Canary",
    "Release",
    "EndpointConfiguration",
    "Endpoint",
    "Model",
    "ScalingTarget",
    "Listener",
    "ListenerRule",
    "TargetGroup",
]

_KUBERNETES: dict[tuple[str, str], Kind] = {
    ("gateway.networking.k8s.io", "HTTPRoute"): "HTTPRoute",
    ("core", "Service"): "Service",
    ("apps", "Deployment"): "Deployment",
    ("apps", "StatefulSet"): "StatefulSet",
    ("autoscaling", "HorizontalPodAutoscaler"): "HorizontalPodAutoscaler",
    ("keda.sh", "ScaledObject"): "ScaledObject",
    ("serving.kserve.io", "InferenceService"): "InferenceService",
    ("serving.kserve.io", "LLMInferenceService"): "LLMInferenceService",
    ("argoproj.io", "Rollout"): "Rollout",
    ("flagger.app", "Canary"): "Canary",
    ("helm.sh", "Release"): "Release",
    ("helm.sh", "Chart"): "Release",
}
_AWS: dict[str, Kind] = {
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": "EndpointConfiguration",
    "aws:sagemaker/endpoint:Endpoint": "Endpoint",
    "aws:sagemaker/model:Model": "Model",
    "aws:appautoscaling/target:Target": "ScalingTarget",
    **{f"aws:{package}/listener:Listener": "Listener" for package in ("lb", "alb")},
    **{f"aws:{package}/listenerRule:ListenerRule": "ListenerRule" for package in ("lb", "alb")},
    **{f"aws:{package}/targetGroup:TargetGroup": "TargetGroup" for package in ("lb", "alb")},
}

INSTANCES = "sagemaker:variant:DesiredInstanceCount"
"""What Application Auto Scaling changes of a variant."""

Place = tuple[str, str]
"""Cluster, by its provider's URN, and namespace; of what is in no cluster, two empty texts."""


@cache
def kind_of(type_: str) -> Kind | None:
    """What a type is here; None for one that decides nothing. Packages that were made from CRDs have prefixes of their own."""
    if type_ in _AWS:
        return _AWS[type_]
    package, _, rest = type_.partition(":")
    group, _, kind = rest.partition(":")
    return None if package == "aws" else _KUBERNETES.get((group.partition("/")[0], kind))


def mapping(value: object) -> Mapping[str, object]:
    """A mapping as it is; of anything else, an empty one: what is unknown, secret or missing has no parts."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> Sequence[object]:
    """A list as it is; of anything else, an empty one."""
    return value if isinstance(value, list) else ()


def text(value: object) -> str:
    """A text that is known; of anything else, an empty one."""
    return value if isinstance(value, str) and value != UNKNOWN else ""


def number(value: object) -> float | None:
    """A number that is known; None for anything else."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def within(value: object, *path: str) -> object:
    """What is at a path of keys; None where it leads nowhere, UNKNOWN where it leads into what is not known."""
    for key in path:
        if value == UNKNOWN:
            return UNKNOWN
        value = mapping(value).get(key)
    return value


@dataclass(frozen=True)
class Thing:
    """One resource on one side."""

    urn: str
    """That of the step, so that both sides of a resource have the same one."""
    kind: Kind
    resource: Resource

    @property
    def inputs(self) -> Mapping[str, object]:
        """What the program asked for; of a Kubernetes object its manifest."""
        return self.resource.inputs

    @property
    def outputs(self) -> Mapping[str, object]:
        return self.resource.outputs

    @property
    def spec(self) -> Mapping[str, object]:
        return mapping(self.inputs.get("spec"))

    @cached_property
    def name(self) -> str:
        """What the cluster or AWS calls it; the logical name where that is not known."""
        named = within(self.inputs, "metadata", "name") or self.inputs.get("name") or self.outputs.get("name")
        return text(named) or name_of(self.urn)

    @cached_property
    def place(self) -> Place:
        if self.resource.type in _AWS:
            return ("", "")
        namespace = within(self.inputs, "metadata", "namespace")
        # The id of the provider behind its URN is another after it was replaced; the cluster is not.
        return (self.resource.provider.rpartition("::")[0], "default" if namespace is None else str(namespace))

    @property
    def labels(self) -> Mapping[str, object]:
        return mapping(within(self.inputs, "metadata", "labels"))

    @property
    def annotations(self) -> Mapping[str, object]:
        return mapping(within(self.inputs, "metadata", "annotations"))

    def mentions(self, name: str) -> bool:
        """Whether a name of ASCII stands in its inputs. These are not parsed for it: most of many Deployments are of no interest."""
        return name.encode() in bytes(self.resource.inputs_raw)

    def ignores(self, path: str) -> bool:
        """Whether somebody else writes what is at a path."""
        return any(path == ignored or path.startswith((f"{ignored}.", f"{ignored}[")) for ignored in self.resource.ignore_changes)

    def depends_on(self, field: str) -> list[str]:
        """URNs of what a property is made from."""
        return self.resource.property_dependencies.get(field) or []


class World:
    """The resources of a stack on one side. Each is looked for in constant time."""

    def __init__(self, things: Iterable[Thing], *, whole: bool) -> None:
        self.whole = whole
        """Whether the unchanged ones are among them: without a state they are not."""
        self._kinds: dict[Kind, list[Thing]] = {}
        self._urns: dict[str, Thing] = {}
        for thing in things:
            self._kinds.setdefault(thing.kind, []).append(thing)
            self._urns[thing.urn] = thing

    def of(self, *kinds: Kind) -> Iterator[Thing]:
        for kind in kinds:
            yield from self._kinds.get(kind, ())

    def at(self, urn: str) -> Thing | None:
        return self._urns.get(urn)

    def named(self, kind: Kind, place: Place, name: str) -> Thing | None:
        return self._by_name.get((kind, place, name))

    def called(self, kind: Kind, reference: str) -> Thing | None:
        """What AWS knows by a name, an id or an ARN."""
        return self._by_call.get((kind, reference))

    def variant_scaling(self, endpoint: str, variant: str) -> Thing | None:
        """What decides how many instances a variant of SageMaker has."""
        return self._by_variant.get(f"endpoint/{endpoint}/variant/{variant}")

    def open_scaling(self, endpoint: str) -> bool:
        """Whether something scales one of the variants of an endpoint, by its URN, and nobody knows which before the update."""
        return endpoint in self._open_variants

    def workloads(self, place: Place, selector: Mapping[str, object]) -> list[Thing]:
        """What makes pods that a selector picks; nothing for an empty one, with which somebody else keeps the addresses."""
        if not selector:
            return []
        picked = [self._by_label.get((place, key, str(value)), {}) for key, value in selector.items()]
        fewest = min(picked, key=len)
        return [thing for urn, thing in fewest.items() if all(urn in found for found in picked)]

    def scaler(self, workload: Thing) -> Thing | None:
        """The autoscaler of a workload."""
        return self._by_scaled.get((workload.place, workload.kind, workload.name))

    @cached_property
    def _by_name(self) -> dict[tuple[Kind, Place, str], Thing]:
        return {(thing.kind, thing.place, thing.name): thing for thing in self._urns.values()}

    @cached_property
    def _by_call(self) -> dict[tuple[Kind, str], Thing]:
        found: dict[tuple[Kind, str], Thing] = {}
        for thing in self.of("Model", "EndpointConfiguration", "TargetGroup"):
            found |= {(thing.kind, key): thing for key in (thing.name, thing.resource.id, text(thing.outputs.get("arn"))) if key}
        return found

    @cached_property
    def _by_label(self) -> dict[tuple[Place, str, str], dict[str, Thing]]:
        found: dict[tuple[Place, str, str], dict[str, Thing]] = {}
        for thing in self.of("Deployment", "StatefulSet", "Rollout"):
            for key, value in mapping(within(thing.spec, "template", "metadata", "labels")).items():
                found.setdefault((thing.place, key, str(value)), {})[thing.urn] = thing
            # Most of them are never asked for anything else.
            thing.resource.forget()
        return found

    @cached_property
    def _by_scaled(self) -> dict[tuple[Place, str, str], Thing]:
        found = {}
        for thing in self.of("HorizontalPodAutoscaler", "ScaledObject"):
            target = mapping(thing.spec.get("scaleTargetRef"))
            found[(thing.place, text(target.get("kind")) or "Deployment", text(target.get("name")))] = thing
        return found

    @cached_property
    def _by_variant(self) -> dict[str, Thing]:
        return {text(thing.inputs.get("resourceId")): thing for thing in self._of_instances()}

    @cached_property
    def _open_variants(self) -> set[str]:
        unknown = (thing for thing in self._of_instances() if thing.inputs.get("resourceId") == UNKNOWN)
        return {urn for thing in unknown for urn in thing.depends_on("resourceId")}

    def _of_instances(self) -> Iterator[Thing]:
        return (thing for thing in self.of("ScalingTarget") if thing.inputs.get("scalableDimension") == INSTANCES)
