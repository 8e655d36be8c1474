"""Load balancers of applications: listeners and rules that divide requests over target groups.

Weights are 0 to 999 and relative to each other (docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupTuple.html).
"""

from collections.abc import Iterator, Mapping

from modelway.preview.changeset import Route
from modelway.preview.resources import UNKNOWN, name_of
from modelway.preview.traffic.objects import Thing, World, mapping, number, sequence, text, within
from modelway.preview.traffic.sides import Found, Row, Side, in_order, shares, unseen

_CONDITIONS = {
    "hostHeader": "host",
    "pathPattern": "path",
    "httpRequestMethod": "method",
    "sourceIp": "address",
}


def sides(world: World) -> Iterator[Side]:
    """Every listener that divides requests, by itself or by one of its rules: one that forwards to one group alone shifts nothing."""
    rules: dict[str, list[Thing]] = {}
    for rule in world.of("ListenerRule"):
        of = next(iter(rule.depends_on("listenerArn")), "") or text(rule.inputs.get("listenerArn")) or rule.urn
        rules.setdefault(of, []).append(rule)
    for listener in world.of("Listener"):
        arn = text(listener.outputs.get("arn")) or listener.resource.id
        own = rules.pop(listener.urn, []) + (rules.pop(arn, []) if arn else [])
        yield from _side(world, listener, [listener, *own])
    for of_listener in rules.values():
        # Their listener is in another stack.
        yield from _side(world, of_listener[0], of_listener)


def _side(world: World, first: Thing, things: list[Thing]) -> Iterator[Side]:
    rows = [row for thing in things for row in _rows(world, thing)]
    if not any(row.path.partition(".forward.")[1] for row in rows):
        return
    missed = unseen(rows, whole=world.whole)
    name = name_of(first.urn)
    yield Side(
        dialect="alb",
        name=name,
        physical=f"Listener {first.urn}",
        urn=first.urn,
        rows=in_order(rows),
        unseen=missed,
        ignored=any(map(_ignored, things)),
        parts=tuple(thing.urn for thing in things),
    )


def _rows(world: World, thing: Thing) -> Iterator[Row]:
    field = "defaultActions" if thing.kind == "Listener" else "actions"
    matches = _conditions(thing) if thing.kind == "ListenerRule" else ""
    for index, action in enumerate(map(mapping, sequence(thing.inputs.get(field)))):
        groups = [mapping(one) for one in sequence(within(action, "forward", "targetGroups"))]
        weights = [number(one.get("weight", 1)) for one in groups]
        for place, (group, weight, percent) in enumerate(zip(groups, weights, shares(weights), strict=True)):
            path = f"{field}[{index}].forward.targetGroups[{place}].weight"
            yield _row(world, thing, field, group.get("arn"), path, weight, percent, matches)
        if not groups and (arn := action.get("targetGroupArn")) is not None:
            yield _row(world, thing, field, arn, f"{field}[{index}].targetGroupArn", 1.0, 100.0, matches)


def _row(world: World, thing: Thing, field: str, arn: object, path: str, weight: float | None, percent: float | None, matches: str) -> Row:
    group = _group(world, thing, field, arn)
    found: Found = "here" if group is not None else "elsewhere"
    name = group.name if group is not None else text(arn).rpartition(":targetgroup/")[2].partition("/")[0]
    unknown = [*(["weight"] if weight is None else []), *(["target group"] if not name else [])]
    route = Route(version=name or "a target group", percent=percent, matches=matches)
    return Row(route, f"target group {name}" if name else "a target group", path, weight, found, tuple(unknown))


def _group(world: World, thing: Thing, field: str, arn: object) -> Thing | None:
    if arn == UNKNOWN:
        depended = [one for urn in thing.depends_on(field) if (one := world.at(urn)) is not None and one.kind == "TargetGroup"]
        return depended[0] if len(depended) == 1 else None
    return world.called("TargetGroup", text(arn))


def _conditions(rule: Thing) -> str:
    found = []
    for condition in map(mapping, sequence(rule.inputs.get("conditions"))):
        for key, word in _CONDITIONS.items():
            if values := [text(one) for one in sequence(within(condition, key, "values"))]:
                found.append(f"{word} {' or '.join(values)}")
        header: Mapping[str, object] = mapping(condition.get("httpHeader"))
        if header:
            values = [text(one) for one in sequence(header.get("values"))]
            found.append(f"header {text(header.get('httpHeaderName'))}: {' or '.join(values)}")
        for query in map(mapping, sequence(condition.get("queryStrings"))):
            found.append(f"query {text(query.get('key'))}: {text(query.get('value'))}")
    return ", ".join(found) or "conditions that are not known"


def _ignored(thing: Thing) -> bool:
    return thing.ignores("defaultActions" if thing.kind == "Listener" else "actions")
