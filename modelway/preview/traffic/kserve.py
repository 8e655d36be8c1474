"""KServe: InferenceServices with their canaries, and groups of LLMInferenceServices.

Which field divides requests depends on the version that is installed and on its mode (kserve/kserve pull requests 5672, 5912, issue 4074):

- `spec.predictor.canaryTrafficPercent` in Knative mode alone; in Standard mode it is ignored without a word
- `spec.canary[].trafficPercent` in Standard mode alone, from 0.21 on; 0.20 makes the pods and divides nothing, earlier versions drop it
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from modelway.preview.resources import UNKNOWN
from modelway.preview.traffic import pods
from modelway.preview.traffic.objects import Place, Thing, World, mapping, number, sequence, text, within
from modelway.preview.traffic.pods import MODEL, TEAM, Served
from modelway.preview.traffic.sides import Row, Side, in_order, shares

DIVIDES = (0, 21)
"""First version of which `spec.canary` divides requests."""

Mode = Literal["Standard", "Knative", "ModelMesh", ""]

_MODES: dict[str, Mode] = {
    "Standard": "Standard",
    "RawDeployment": "Standard",
    "Knative": "Knative",
    "Serverless": "Knative",
    "ModelMesh": "ModelMesh",
}
_MODE = "serving.kserve.io/deploymentMode"
_CHARTS = ("kserve", "kserve-resources")
_CONTROLLER = re.compile(r"kserve-controller(?::|.*:)v?([0-9]+)\.([0-9]+)")
_VERSION = re.compile(r"v?([0-9]+)\.([0-9]+)(?:\.|$)")


@dataclass(frozen=True)
class Installed:
    """What is known of the KServe that will read these objects."""

    version: tuple[int, int] | None = None
    mode: Mode = ""
    """That of objects that do not say one."""

    @property
    def written(self) -> str:
        return "KServe" if self.version is None else f"KServe {self.version[0]}.{self.version[1]}"


_MANAGER = "kserve-controller-manager"


def installed(world: World) -> Installed:
    """From the chart that installs it in this stack, else from the image of its controller; unknown where neither is here."""
    for release in world.of("Release"):
        if text(release.inputs.get("chart")).rpartition("/")[2] in _CHARTS:
            found = _VERSION.match(text(release.inputs.get("version")))
            # Its values say Knative where nobody says anything else (charts/kserve-resources/values.yaml).
            said = within(release.inputs, "values", "kserve", "controller", "deploymentMode")
            return Installed(_pair(found), "" if said == UNKNOWN else _MODES.get(text(said) or "Knative", ""))
    for workload in world.of("Deployment"):
        if workload.mentions(_MANAGER) and workload.name == _MANAGER:
            pod = mapping(within(workload.spec, "template", "spec"))
            images = [text(mapping(one).get("image")) for one in sequence(pod.get("containers"))]
            return Installed(next((_pair(found) for image in images if (found := _CONTROLLER.search(image))), None))
    return Installed()


def sides(world: World, other: World | None = None) -> Iterator[Side]:
    """Every service and every group of them. `other` is the side before: a canary's counterpart is what was there."""
    here = installed(world)
    for service in world.of("InferenceService"):
        before = other.at(service.urn) if other is not None else None
        yield _service(service, here, before)
    groups: dict[tuple[Place, str, str], list[Thing]] = {}
    for one in world.of("LLMInferenceService"):
        group = text(within(one.spec, "router", "route", "group"))
        groups.setdefault((one.place, group, "" if group else one.name), []).append(one)
    for (place, group, alone), members in groups.items():
        yield _group(f"LLMInferenceService {place} {f'group {group}' if group else alone}", group or alone, members)


def _service(service: Thing, here: Installed, before: Thing | None) -> Side:
    mode = _MODES.get(text(service.annotations.get(_MODE)), here.mode)
    predictor = mapping(service.spec.get("predictor"))
    canaries = [mapping(one) for one in sequence(service.spec.get("canary"))]
    notes: list[str] = []
    refused: list[tuple[str, str]] = []
    rows: list[Row]
    if canaries:
        rows, why = _divided(service, predictor, canaries, here, mode)
        refused += [("spec.canary", why)] if why else []
        if not why and (here.version is None or not mode):
            notes.append(f"whether spec.canary divides requests depends on {_wanting(here, mode)}, which this stack does not say")
    elif "canaryTrafficPercent" in predictor:
        rows, why = _revisions(service, predictor, before, mode)
        refused += [("spec.predictor.canaryTrafficPercent", why)] if why else []
        if not mode:
            notes.append("whether canaryTrafficPercent divides requests depends on the deployment mode, which this stack does not say")
    else:
        served = _predictor(service, predictor, mode)
        rows = [
            Row(served.route(100.0, version=service.name), f"InferenceService {service.name}", "spec.predictor", unknown=served.unknown)
        ]
    return Side(
        dialect="kserve",
        name=text(service.labels.get(MODEL)) or service.name,
        physical=f"InferenceService {service.place} {service.name}",
        urn=service.urn,
        rows=in_order(rows),
        team=text(service.labels.get(TEAM)),
        notes=tuple(notes),
        refused=tuple(refused),
        ignored=service.ignores("spec.canary") or service.ignores("spec.predictor.canaryTrafficPercent"),
        sum_of="percent",
    )


def _divided(
    service: Thing, predictor: Mapping[str, object], canaries: list[Mapping[str, object]], here: Installed, mode: Mode
) -> tuple[list[Row], str]:
    """Rows of `spec.canary`, and why it divides nothing where that is so."""
    why = ""
    if here.version is not None and here.version < DIVIDES:
        done = "makes the pods and divides no requests" if here.version == (0, 20) else "drops the field"
        why = f"{here.written} {done}; requests are divided from 0.21 on"
    elif mode == "Knative":
        why = "in Knative mode it is not read; it is for Standard mode"
    certain = not why and here.version is not None and bool(mode)
    written = [number(canary.get("trafficPercent")) for canary in canaries]
    given = [percent for percent in written if percent is not None]
    rest = None if len(given) < len(written) else max(0.0, 100 - sum(given))
    live = _predictor(service, predictor, mode)
    name = text(predictor.get("name")) or service.name
    rows = [_row(live, 100.0 if why else rest if certain else None, "spec.predictor", name, rest)]
    for index, (canary, percent) in enumerate(zip(canaries, written, strict=True)):
        described = mapping(canary.get("predictor"))
        called = text(described.get("name")) or f"canary {index + 1}"
        served = _predictor(service, described, mode, of_canary=True)
        rows.append(_row(served, 0.0 if why else percent if certain else None, f"spec.canary[{index}].trafficPercent", called, percent))
    return rows, why


def _row(served: Served, percent: float | None, path: str, name: str, written: float | None) -> Row:
    unknown = served.unknown if written is not None else (*served.unknown, "weight")
    return Row(served.route(percent, version=name), f"predictor {name}", path, weight=written, unknown=unknown)


def _revisions(service: Thing, predictor: Mapping[str, object], before: Thing | None, mode: Mode) -> tuple[list[Row], str]:
    """Rows of `canaryTrafficPercent`: the newest revision, and the one that was rolled out before it."""
    percent = number(predictor.get("canaryTrafficPercent"))
    newest = _predictor(service, predictor, mode)
    path = "spec.predictor.canaryTrafficPercent"
    if mode == "Standard":
        why = "in Standard mode it is ignored without a word: the new version answers everybody"
        return [_row(newest, 100.0, path, "newest revision", percent)], why
    rows = [_row(newest, percent if mode else None, path, "newest revision", percent)]
    if percent != 100:
        old = mapping(before.spec.get("predictor")) if before is not None else {}
        # With a canary before as well, the revision behind it is no longer in any manifest.
        known = before is not None and ("canaryTrafficPercent" not in old or old.get("canaryTrafficPercent") == 100)
        behind = _predictor(before, old, mode) if known and before is not None else Served()
        rest = None if percent is None else 100 - percent
        rows.append(_row(behind, rest if mode else None, path, "revision before", rest))
    return rows, ""


def _wanting(here: Installed, mode: Mode) -> str:
    wanted = [*(["the version of KServe"] if here.version is None else []), *([] if mode else ["the deployment mode"])]
    return " and ".join(wanted)


def _predictor(service: Thing, predictor: Mapping[str, object], mode: Mode, *, of_canary: bool = False) -> Served:
    serving = _serving(predictor)
    uri = serving.get("storageUri")
    weights = uri if uri is not None else pods.weights_of(predictor, serving)
    image = serving.get("image")
    labels = mapping(predictor.get("labels")) or ({} if of_canary else service.labels)
    least, most = number(predictor.get("minReplicas", 1)), number(predictor.get("maxReplicas"))
    if most is None and mode == "Standard" and least is not None and "maxReplicas" not in predictor:
        # Without a maximum its autoscaler keeps to the minimum, one at least; Knative has no limit.
        most = max(1.0, least)
    return Served(
        version=pods.labelled(labels) or text(predictor.get("name")) or pods.version_in(weights) or pods.tag(image),
        image=pods.digest(image),
        weights=pods.digest(weights),
        least=None if least is None else int(least),
        most=None if most is None else int(most),
        hardware=pods.hardware(within(serving, "resources", "requests"), within(serving, "resources", "limits")),
        unknown=tuple(name for name, value in (("image", image), ("weights", weights)) if value == UNKNOWN),
    )


def _serving(predictor: Mapping[str, object]) -> Mapping[str, object]:
    """What serves: `model`, else a framework's own field, which has an address of weights, else a container."""
    fields = [mapping(predictor.get("model")), *map(mapping, predictor.values())]
    return next((one for one in fields if "storageUri" in one or "modelFormat" in one), None) or pods.serving_container(predictor)


def _group(physical: str, called: str, members: list[Thing]) -> Side:
    # 1 where none is written.
    weights = [1.0 if _weight(one) is None else number(_weight(one)) for one in members]
    rows = []
    for one, weight, percent in zip(members, weights, shares(weights), strict=True):
        served = _language_model(one)
        unknown = served.unknown if weight is not None else (*served.unknown, "weight")
        target = f"LLMInferenceService {one.name}"
        rows.append(Row(served.route(percent, version=one.name), target, "spec.router.route.weight", weight, unknown=unknown))
    first = members[0]
    name = text(first.labels.get(MODEL)) or called
    ignored = any(one.ignores("spec.router") for one in members)
    return Side("kserve", name, physical, first.urn, in_order(rows), text(first.labels.get(TEAM)), ignored=ignored)


def _weight(one: Thing) -> object:
    return within(one.spec, "router", "route", "weight")


def _language_model(one: Thing) -> Served:
    uri = within(one.spec, "model", "uri")
    container = pods.serving_container(mapping(one.spec.get("template")))
    fixed = one.spec.get("replicas", 1)
    scaling = mapping(one.spec.get("scaling"))
    least, most = number(scaling.get("minReplicas", fixed)), number(scaling.get("maxReplicas", fixed))
    return Served(
        version=pods.labelled(one.labels) or one.name,
        image=pods.digest(container.get("image")),
        weights=pods.digest(uri),
        least=None if least is None else int(least),
        most=None if most is None else int(most),
        hardware=pods.hardware(within(container, "resources", "requests"), within(container, "resources", "limits")),
        unknown=tuple(name for name, value in (("image", container.get("image")), ("weights", uri)) if value == UNKNOWN),
    )


def _pair(found: re.Match[str] | None) -> tuple[int, int] | None:
    return (int(found[1]), int(found[2])) if found else None
