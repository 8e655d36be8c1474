"""Checks of whether those who have a say agree: the description, the program, the controller that is installed, another writer."""

from collections.abc import Iterator

from modelway.preview.changeset import Finding, Route
from modelway.preview.traffic.saying import callers, found, rows, short
from modelway.preview.traffic.sides import Pair


def ignored_fields(pair: Pair) -> Iterator[Finding]:
    """A share that the installed KServe does not read."""
    side = pair.after
    if side is None or not (pair.changed or pair.before is None or pair.before.refused != side.refused):
        return
    for field, why in side.refused:
        before = rows(pair.before.routes) if pair.before else "new"
        yield found(
            pair,
            risk="traffic",
            rule="traffic-field-ignored",
            what=f"`{field}` does not divide requests here.",
            why=f"{why}. What happens: {before} → {rows(side.routes)}",
            breaks=f"Requests of {callers(pair)} are not divided as it was written.",
            avoid="Use KServe 0.21 or later in Standard mode with `spec.canary`, or a route of your own with weights.",
            path=field,
            approval=True,
        )


def two_writers(pair: Pair) -> Iterator[Finding]:
    """Shares that a controller writes and this change writes as well."""
    before, after = pair.before, pair.after
    if before is None or after is None or not after.controller or after.ignored:
        return
    old, new = ({row.target: row.weight for row in side.rows} for side in (before, after))
    if old == new:
        return
    yield found(
        pair,
        risk="traffic",
        rule="traffic-two-writers",
        what=f"This change writes the shares, and {after.controller} writes them too.",
        why=f"{_weights(old)} → {_weights(new)}",
        breaks=f"A rollout under way jumps to these shares, and back: one version answers {callers(pair)}, then another.",
        avoid='Leave them to the controller: ignore_changes=["spec.rules"] on the route.',
        path="spec.rules",
        approval=True,
    )


def undeclared(pair: Pair) -> Iterator[Finding]:
    """A version that the description does not have."""
    if pair.after is None or pair.declared is None or not pair.changed:
        return
    for version in dict.fromkeys(row.route.version for row in pair.after.rows if row.route.percent != 0 or row.route.mirror):
        if version and version not in pair.declared:
            known = ", ".join(sorted(pair.declared)) or "none"
            yield found(
                pair,
                risk="traffic",
                rule="traffic-version-undeclared",
                what=f"{version} gets requests, and is not a version of the model.",
                why=f"versions of the model: {known}",
                breaks="Nobody has said what it is made of, nor what it promises: no contract is held against it.",
                avoid="Register it under `versions`, with its digests and contract, or name one that is there.",
                approval=True,
            )


def other_digest(pair: Pair) -> Iterator[Finding]:
    """A version that is deployed with other digests than those it was registered with."""
    if pair.after is None or not pair.changed:
        return
    told = set()
    for row in pair.after.rows:
        route = row.route
        if route.version not in pair.digests or route.version in told:
            continue
        image, weights = pair.digests[route.version]
        other = [
            f"{part} {short(declared)} declared, {short(there)} deployed"
            for part, declared, there in (("image", image, route.image), ("weights", weights, route.weights))
            if there.startswith("sha256:") and there != declared
        ]
        if other:
            told.add(route.version)
            yield found(
                pair,
                risk="traffic",
                rule="traffic-digest-undeclared",
                what=f"{route.version} is deployed with another digest than it was registered with.",
                why="; ".join(other),
                breaks=f"What answers {callers(pair)} is not what was reviewed as {route.version}.",
                avoid="Deploy what is registered, or register this as a version of its own.",
                path=row.path,
                approval=True,
            )


def contradiction(pair: Pair) -> Iterator[Finding]:
    """The description says one thing, what is deployed another."""
    side = pair.after
    if side is None or pair.described is None:
        return
    if any(route.percent is None for route in side.routes) and not side.ignored:
        return
    described, deployed = _meaning(pair.described), _meaning(side.routes)
    if side.dialect == "alb" or described == deployed or (side.controller and not side.ignored):
        return
    left_alone = side.ignored
    yield found(
        pair,
        risk="traffic" if left_alone else "unknown",
        rule="traffic-left-alone" if left_alone else "traffic-not-as-described",
        what="The description asks for shares that this change does not bring: somebody else writes them."
        if left_alone
        else "The description and what is deployed differ.",
        why=f"described: {rows(pair.described)}; deployed: {rows(side.routes)}",
        breaks=f"What is deployed answers {callers(pair)}.",
        avoid="Ask the controller for these shares, or let the program write the shares again."
        if left_alone
        else "Make the preview from the same commit as the description.",
        path="spec.rules" if side.dialect == "gateway" else "",
        approval=not left_alone,
    )


def _meaning(routes: tuple[Route, ...]) -> set[tuple[str, float | None, float, str]]:
    """Who gets what; a row without requests says nothing."""
    return {(route.version, route.percent, route.mirror, _matches(route.matches)) for route in routes if route.percent != 0 or route.mirror}


def _matches(asked: str) -> str:
    """Names of headers are the same in capital letters; their values are not."""
    name, colon, value = asked.partition(":")
    return f"{name.lower()}{colon}{value}"


def _weights(weights: dict[str, float | None]) -> str:
    return ", ".join(f"{target} {'unknown' if weight is None else f'{weight:g}'}" for target, weight in weights.items())
