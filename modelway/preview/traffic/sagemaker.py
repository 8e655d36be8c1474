"""SageMaker: endpoints, the variants of their configuration, the models behind these, and what scales them.

A variant gets its weight's part of all weights; a shadow variant gets copies, as many as its weight is of those of the variants that answer
(docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html, docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests.html).
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from modelway.preview.resources import UNKNOWN
from modelway.preview.traffic import pods
from modelway.preview.traffic.objects import Thing, World, mapping, number, sequence, text, within
from modelway.preview.traffic.pods import Served
from modelway.preview.traffic.sides import Row, Side, in_order, shares, unseen

Variants = Literal["productionVariants", "shadowProductionVariants"]

_STEPWISE = {"CANARY", "LINEAR"}


def sides(world: World) -> Iterator[Side]:
    """Every endpoint."""
    for endpoint in world.of("Endpoint"):
        configuration = _configuration(world, endpoint)
        if configuration is None:
            note = "its configuration is not in this stack, so its variants are not known"
            yield Side("sagemaker", endpoint.name, f"Endpoint {endpoint.name}", endpoint.urn, (), notes=(note,))
        else:
            yield _side(world, endpoint, configuration)


def _configuration(world: World, endpoint: Thing) -> Thing | None:
    """What the endpoint names; while the name is not known yet, what it depends on for it, if that is one alone."""
    named = text(endpoint.inputs.get("endpointConfigName"))
    if named:
        return world.called("EndpointConfiguration", named)
    found = [world.at(urn) for urn in endpoint.depends_on("endpointConfigName")]
    known = [one for one in found if one is not None and one.kind == "EndpointConfiguration"]
    return known[0] if len(known) == 1 else None


def _side(world: World, endpoint: Thing, configuration: Thing) -> Side:
    written: dict[Variants, list[Mapping[str, object]]] = {
        field: [mapping(one) for one in sequence(configuration.inputs.get(field))]
        for field in ("productionVariants", "shadowProductionVariants")
    }
    notes = ["its variants are only known after the update" for field in written if configuration.inputs.get(field) == UNKNOWN]
    answering = [_weight(one) for one in written["productionVariants"]]
    percents = shares(answering)
    total = None if None in answering else sum(weight for weight in answering if weight is not None)
    rows, names, parts = [], [], [configuration.urn]
    for field, variants in written.items():
        models = _models(world, configuration, field, variants)
        for index, (variant, model) in enumerate(zip(variants, models, strict=True)):
            shadow = field == "shadowProductionVariants"
            path = f"{field}[{index}].initialVariantWeight"
            percent = 0.0 if shadow else percents[index]
            rows.append(_row(world, endpoint, variant, model, path, percent, total if shadow else None))
            parts += [model.urn] if model is not None else []
            names.append(text(within(_container(model), "environment", "MODEL_NAME")))
    same = len(set(names)) == 1 and names[0]
    return Side(
        dialect="sagemaker",
        name=names[0] if same else endpoint.name,
        physical=f"Endpoint {endpoint.name}",
        urn=endpoint.urn,
        rows=in_order(rows),
        notes=tuple(dict.fromkeys(notes)),
        unseen=unseen(rows, whole=world.whole),
        ignored=configuration.ignores("productionVariants") or endpoint.ignores("endpointConfigName"),
        gradual=_gradual(endpoint),
        parts=tuple(parts),
    )


def _row(
    world: World, endpoint: Thing, variant: Mapping[str, object], model: Thing | None, path: str, percent: float | None, of: float | None
) -> Row:
    name, weight = text(variant.get("variantName")) or "AllTraffic", _weight(variant)
    shadow = path.startswith("shadow")
    served = _served(world, endpoint, variant, model, name)
    mirror = (round(min(100.0, 100 * weight / of), 2) if weight is not None and of else None) if shadow else 0.0
    unknown = list(served.unknown)
    if weight is None or (shadow and mirror is None):
        unknown.append("weight")
    # A model of this stack that is no longer there is one that the configuration still names.
    elsewhere = model is None and text(variant.get("modelName")) != ""
    return Row(
        route=served.route(percent, mirror=mirror or 0, version=name),
        target=f"variant {name}",
        path=path,
        weight=None if shadow else weight,
        found="hollow" if elsewhere else "here",
        unknown=tuple(unknown),
    )


def _weight(variant: Mapping[str, object]) -> float | None:
    return number(variant.get("initialVariantWeight", 1))


def _models(world: World, configuration: Thing, field: Variants, variants: list[Mapping[str, object]]) -> list[Thing | None]:
    """The model of each variant. Of one whose name is not known yet: what is left of what the field depends on, if that is one alone."""
    depended = [one for urn in configuration.depends_on(field) if (one := world.at(urn)) is not None and one.kind == "Model"]
    named: list[Thing | None] = []
    for variant in variants:
        name = text(variant.get("modelName"))
        named.append(world.called("Model", name) if name else None)
    left = [one for one in depended if one not in named]
    open_ = [index for index, variant in enumerate(variants) if variant.get("modelName") == UNKNOWN]
    if len(left) == 1 and len(open_) == 1:
        named[open_[0]] = left[0]
    return named


def _container(model: Thing | None) -> Mapping[str, object]:
    if model is None:
        return {}
    several = [mapping(one) for one in sequence(model.inputs.get("containers"))]
    return mapping(model.inputs.get("primaryContainer")) or (several[0] if several else {})


def _served(world: World, endpoint: Thing, variant: Mapping[str, object], model: Thing | None, name: str) -> Served:
    container = _container(model)
    told = mapping(container.get("environment"))
    sources = sequence(within(container, "modelDataSource", "s3DataSources"))
    uri = container.get("modelDataUrl") or (within(sources[0], "s3Uri") if sources else None)
    sha = text(told.get("MODEL_SHA256"))
    weights = f"sha256:{sha}" if len(sha) == 64 else pods.digest(uri)
    image = container.get("image")
    least, most, hardware = _instances(world, endpoint, variant, name)
    unknown = [part for part, value in (("image", image), ("weights", uri)) if value == UNKNOWN and (part == "image" or not weights)]
    if model is None and variant.get("modelName") == UNKNOWN:
        unknown.append("model")
    return Served(
        version=text(told.get("MODEL_VERSION")) or (pods.version_in(uri) or pods.tag(image) or model.name if model is not None else ""),
        image=pods.digest(image),
        weights=weights,
        least=least,
        most=most,
        hardware=hardware,
        unknown=tuple(unknown),
    )


def _instances(world: World, endpoint: Thing, variant: Mapping[str, object], name: str) -> tuple[int | None, int | None, str]:
    serverless = mapping(variant.get("serverlessConfig"))
    if serverless:
        return 0, None, f"serverless, {serverless.get('memorySizeInMb')} MB"
    hardware = text(variant.get("instanceType"))
    managed = mapping(variant.get("managedInstanceScaling"))
    if managed.get("status") == "ENABLED":
        return _whole(managed.get("minInstanceCount")), _whole(managed.get("maxInstanceCount")), hardware
    fixed = _whole(variant.get("initialInstanceCount", 1))
    if (target := world.variant_scaling(endpoint.name, name)) is not None:
        return _whole(target.inputs.get("minCapacity")), _whole(target.inputs.get("maxCapacity")), hardware
    if world.open_scaling(endpoint.urn):
        return None, None, hardware
    return fixed, fixed, hardware


def _whole(value: object) -> int | None:
    found = number(value)
    return None if found is None else int(found)


def _gradual(endpoint: Thing) -> bool:
    """Whether an update shifts requests step by step, and comes back by itself when an alarm goes off; without alarms it never does."""
    deployment = mapping(endpoint.inputs.get("deploymentConfig"))
    routing = text(within(deployment, "blueGreenUpdatePolicy", "trafficRoutingConfiguration", "type"))
    stepwise = routing in _STEPWISE or bool(mapping(deployment.get("rollingUpdatePolicy")))
    return stepwise and bool(sequence(within(deployment, "autoRollbackConfiguration", "alarms")))
