"""Endpoints of SageMaker: each variant's instances, between the least and the most that scaling may make of them."""

import re
from collections.abc import Iterator

from modelway.preview.cost.estimates import Amount, Market, Range, between
from modelway.preview.cost.seen import Seen, as_number, hidden

CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
TARGET = "aws:appautoscaling/target:Target"

_RESOURCE = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")


def endpoint(one: Seen, market: Market) -> Iterator[Amount]:
    """What answers, and shadows."""
    name = one.text("name") or one.name
    configuration = _configuration(one, market)
    if configuration is None:
        yield market.unknown("hours", f"SageMaker endpoint {name}", "its configuration is not in this stack", endpoint=name)
        return
    variants = [*(configuration.items("productionVariants") or ()), *(configuration.items("shadowProductionVariants") or ())]
    if not variants or any(not isinstance(variant, dict) for variant in variants):
        yield market.unknown("hours", f"SageMaker endpoint {name}", "its variants are not known yet", endpoint=name)
    for number, variant in enumerate(variants):
        if isinstance(variant, dict):
            yield _variant(name, number, variant, one, market)
    if configuration.flag("dataCaptureConfig.enableCapture") is True:
        yield market.used("capture", f"requests of {name} that are kept", "sagemaker data", "sagemaker gb", endpoint=name)


def _variant(name: str, number: int, variant: dict[str, object], one: Seen, market: Market) -> Amount:
    called, kind = variant.get("variantName"), variant.get("instanceType")
    label = str(called) if isinstance(called, str) and not hidden(called) else f"number {number + 1}"
    part, what = f"variant {number}", f"SageMaker endpoint {name}, variant {label}"
    if variant.get("serverlessConfig") is not None:
        return market.unknown(part, what, "serverless: it is paid by the time that requests take", endpoint=name)
    count = _count(variant, one, label, market)
    if not isinstance(kind, str) or hidden(kind) or count is None:
        return market.unknown(part, what, "its type or number of instances is not known yet", endpoint=name)
    return market.hourly(part, f"{what}, {between(count)} × {kind}", f"sagemaker {kind}", count, endpoint=name)


def _count(variant: dict[str, object], one: Seen, label: str, market: Market) -> Range | None:
    """Instances: what it begins with, or what scaling keeps it between. A number that the program does not write is then no matter."""
    if (scaled := _scaling(one, label, market)) is not None:
        return scaled
    managed = variant.get("managedInstanceScaling")
    if isinstance(managed, dict) and managed.get("status") == "ENABLED":
        least, most = as_number(managed.get("minInstanceCount")), as_number(managed.get("maxInstanceCount"))
        return (least, most) if least is not None and most is not None else None
    begins = as_number(variant.get("initialInstanceCount", 1))
    return (begins, begins) if begins is not None else None


def _scaling(one: Seen, label: str, market: Market) -> Range | None:
    for target in market.of_type(TARGET):
        found = _RESOURCE.fullmatch(target.text("resourceId") or "")
        ours = one.urn in target.dependencies.get("resourceId", ())
        if (found and found[1] == (one.text("name") or one.id) and found[2] == label) or (not found and ours and label in target.name):
            least, most = target.number("minCapacity"), target.number("maxCapacity")
            if least is not None and most is not None:
                return least, max(least, most)
    return None


def _configuration(one: Seen, market: Market) -> Seen | None:
    """By what the endpoint depends on, or by its name."""
    for urn in one.dependencies.get("endpointConfigName", ()):
        if urn in market.others:
            return market.others[urn]
    name = one.text("endpointConfigName")
    return next((found for found in market.of_type(CONFIGURATION) if name and name in (found.id, found.text("name"))), None)
