"""Gateway API: HTTPRoutes, the Services that they lead to and the pods behind these.

Weights of a rule are relative to each other, 1 where none is written; requests for what is not there are answered with 500
(gateway-api.sigs.k8s.io/reference/spec/#httpbackendref).
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from modelway.preview.changeset import Route
from modelway.preview.resources import UNKNOWN
from modelway.preview.traffic import controllers, pods
from modelway.preview.traffic.objects import Place, Thing, World, mapping, number, sequence, text, within
from modelway.preview.traffic.pods import MODEL, TEAM, VERSION, Served
from modelway.preview.traffic.sides import Found, Row, Side, in_order, shares, unseen

_ANSWERED = {"RequestRedirect", "ExtensionRef"}
"""Filters that answer by themselves, or may."""


def sides(world: World) -> Iterator[Side]:
    """Every route that leads to a model, and every model that is reached in the cluster alone."""
    routed = set()
    writers = controllers.writers(world)
    for route in world.of("HTTPRoute"):
        # What the platform itself offers, such as a tracking server, is no model.
        if route.labels.get("app.kubernetes.io/part-of") == "modelway" and MODEL not in route.labels:
            continue
        routed.add((route.place, _name(route)))
        yield _side(world, route, writers.get((route.place, route.name), ""))
    for service in world.of("Service"):
        if _is_inside(service) and (service.place, _name(service)) not in routed:
            yield _inside(world, service)


class _Backend(NamedTuple):
    """A backend of a rule, or what a filter copies to."""

    reference: Mapping[str, object]
    path: str


def _side(world: World, route: Thing, controller: str) -> Side:
    rules = [mapping(rule) for rule in sequence(route.spec.get("rules"))]
    notes: list[str] = []
    if route.spec.get("rules") == UNKNOWN:
        notes.append("its rules are only known after the update")
    rows: list[Row] = []
    asked = _questions(rules)
    for index, rule in enumerate(rules):
        rows += _rows(world, route, rule, f"spec.rules[{index}]", asked[index], known=not controller)
    if controller:
        notes.append(f"{controller} decides the shares while it runs")
    return Side(
        dialect="gateway",
        name=_name(route),
        physical=f"HTTPRoute {route.place} {route.name}",
        urn=route.urn,
        rows=_merged(rows),
        team=text(route.labels.get(TEAM)),
        notes=tuple(notes),
        unseen=unseen(rows, whole=world.whole),
        controller=controller,
        ignored=route.ignores("spec.rules"),
    )


def _rows(world: World, route: Thing, rule: Mapping[str, object], path: str, matches: str, *, known: bool) -> Iterator[Row]:
    filters = [mapping(one) for one in sequence(rule.get("filters"))]
    written = sequence(rule.get("backendRefs"))
    if rule.get("backendRefs") == UNKNOWN:
        row = Route(version="not known yet", percent=None, matches=matches)
        yield Row(row, "backends", f"{path}.backendRefs", unknown=("names and weights",))
    elif not written and not any(one.get("type") in _ANSWERED for one in filters):
        yield Row(Route(version="nobody", percent=0, matches=matches), "nobody", f"{path}.backendRefs", weight=0)
    backends = [_Backend(mapping(one), f"{path}.backendRefs[{index}].weight") for index, one in enumerate(written)]
    weights = [number(backend.reference.get("weight", 1)) for backend in backends]
    percents = shares(weights) if known else [None] * len(weights)
    for backend, weight, percent in zip(backends, weights, percents, strict=True):
        yield _row(world, route, backend, percent=percent, weight=weight, matches=matches)
    for index, one in enumerate(filters):
        mirror = mapping(one.get("requestMirror"))
        if one.get("type") == "RequestMirror":
            share = _mirrored(mirror)
            copied = _Backend(mapping(mirror.get("backendRef")), f"{path}.filters[{index}].requestMirror")
            yield _row(world, route, copied, percent=0, weight=None, matches=matches, mirror=share)


def _row(
    world: World, route: Thing, backend: _Backend, *, percent: float | None, weight: float | None, matches: str, mirror: float | None = 0
) -> Row:
    reference = backend.reference
    name, kind = text(reference.get("name")), text(reference.get("kind")) or "Service"
    namespace = reference.get("namespace")
    place = (route.place[0], str(namespace)) if namespace is not None else route.place
    served, found = _answering(world, place, kind, name)
    unknown = [*served.unknown]
    if weight is None and "requestMirror" not in backend.path:
        unknown.append("weight")
    if mirror is None:
        unknown.append("share of copies")
    return Row(
        # Nobody knows how many are copied; the note and the finding say so, and `None` is no number.
        route=served.route(percent, mirror=mirror or 0, matches=matches, version=name),
        target=f"{kind} {'' if place == route.place else f'{place[1]}/'}{name}"
        if name
        else f"a {kind} whose name is only known after the update",
        path=backend.path,
        weight=weight,
        found=found,
        unknown=tuple(unknown),
    )


def _answering(world: World, place: Place, kind: str, name: str) -> tuple[Served, Found]:
    if kind != "Service" or not name:
        return Served(), "elsewhere"
    service = world.named("Service", place, name)
    if service is None:
        # Where the stack has no Service in that namespace at all, they are somebody else's.
        return Served(), "missing" if world.whole and any(one.place == place for one in world.of("Service")) else "elsewhere"
    selector = mapping(service.spec.get("selector"))
    workloads = world.workloads(service.place, selector)
    said = pods.labelled(selector) or pods.labelled(service.labels)
    if not workloads:
        # A Service without pods is a missing backend where the workload should be here; without a selector it is not asked.
        return Served(version=said), "missing" if world.whole and selector and VERSION in selector else "hollow"
    return pods.together(pods.served(world, workload) for workload in workloads), "here"


def _mirrored(mirror: Mapping[str, object]) -> float | None:
    """Share that is copied: a percentage, a fraction, or all (gateway-api.sigs.k8s.io/geps/gep-3171)."""
    if "percent" in mirror:
        return number(mirror.get("percent"))
    if "fraction" not in mirror:
        return 100.0
    top, bottom = number(within(mirror, "fraction", "numerator")), number(mapping(mirror["fraction"]).get("denominator", 100))
    return round(100 * top / bottom, 2) if top is not None and bottom else None


def _questions(rules: list[Mapping[str, object]]) -> list[str]:
    """What each rule asks of a request. A path that all rules ask for says nothing of one of them."""
    paths = [tuple(_path(match) for match in _matches(rule)) for rule in rules]
    same = len(set(paths)) <= 1
    found = []
    for rule in rules:
        alternatives = [_asked(match, with_path=not same) for match in _matches(rule)]
        found.append("" if not all(alternatives) else " or ".join(dict.fromkeys(alternatives)))
    return found


def _matches(rule: Mapping[str, object]) -> list[Mapping[str, object]]:
    return [mapping(match) for match in sequence(rule.get("matches"))] or [{}]


def _path(match: Mapping[str, object]) -> str:
    path = mapping(match.get("path"))
    value = text(path.get("value")) or "/"
    kind = text(path.get("type")) or "PathPrefix"
    return (
        "" if (kind, value) == ("PathPrefix", "/") else f"path {value}" + {"PathPrefix": "", "Exact": " exactly"}.get(kind, " as pattern")
    )


def _asked(match: Mapping[str, object], *, with_path: bool) -> str:
    parts = [_path(match)] if with_path else []
    if method := text(match.get("method")):
        parts.append(f"method {method}")
    for word, key in (("header", "headers"), ("query", "queryParams")):
        for one in map(mapping, sequence(match.get(key))):
            sign = " like" if one.get("type") == "RegularExpression" else ":"
            parts.append(f"{word} {text(one.get('name'))}{sign} {text(one.get('value')) or 'unknown'}")
    return ", ".join(part for part in parts if part)


def _merged(rows: list[Row]) -> tuple[Row, ...]:
    """Copies that every rule makes are one row."""
    plain = {(row.target, row.route.mirror) for row in rows if row.route.mirror and not row.route.matches}
    kept = [row for row in rows if not (row.route.mirror and row.route.matches and (row.target, row.route.mirror) in plain)]
    return in_order(kept)


def _name(thing: Thing) -> str:
    return text(thing.labels.get(MODEL)) or thing.name


def _is_inside(service: Thing) -> bool:
    """Whether it is a model's address in the cluster: it belongs to no version, and picks one."""
    inside = MODEL in service.labels and VERSION not in service.labels and VERSION in mapping(service.spec.get("selector"))
    if not inside:
        # Most are of other programs, and only a route that names one asks again.
        service.resource.forget()
    return inside


def _inside(world: World, service: Thing) -> Side:
    served, found = _answering(world, service.place, "Service", service.name)
    row = Row(served.route(100.0, version=service.name), f"Service {service.name}", "spec.selector", found=found, unknown=served.unknown)
    notes = ("callers in the cluster alone",)
    physical = f"Service {service.place} {service.name}"
    missed = unseen((row,), whole=world.whole)
    return Side("gateway", _name(service), physical, service.urn, (row,), text(service.labels.get(TEAM)), notes, missed)
