"""How findings speak of an endpoint."""

from modelway.preview.changeset import Finding, Risk, Route
from modelway.preview.traffic.sides import Pair
from modelway.redaction import masked


def found(
    pair: Pair,
    *,
    risk: Risk,
    rule: str,
    what: str,
    why: str,
    breaks: str = "",
    avoid: str,
    path: str = "",
    approval: bool = False,
    blocks: bool = False,
) -> Finding:
    """A finding about an endpoint, without what looks like a credential."""
    return Finding(
        risk=risk,
        rule=rule,
        stack=pair.stack,
        subject=masked(subject(pair)),
        what=masked(what),
        why=masked(why),
        breaks=masked(breaks),
        avoid=masked(avoid),
        urn=pair.known.urn,
        path=path,
        approval=approval,
        blocks=blocks,
    )


def subject(pair: Pair) -> str:
    """As people call it: a model where one is known, else what divides the requests."""
    side = pair.known
    if side.dialect == "alb":
        return f"listener {side.name}"
    if side.dialect == "gateway" and not pair.team:
        return f"route {side.name}"
    return f"model {side.name}"


def callers(pair: Pair) -> str:
    """Who is hit."""
    who = " and ".join(pair.consumers) if len(pair.consumers) < 3 else ", ".join(pair.consumers)
    whose = f" (model of team {pair.team})" if pair.team else ""
    return f"{who or 'whoever calls it'}{whose}"


def percent(share: float | None) -> str:
    return "an unknown share" if share is None else f"{share:g}%"


def rows(routes: tuple[Route, ...]) -> str:
    """In one line: `2026.11.0 90%, 2026.12.0 10%`."""
    parts = []
    for route in routes:
        share = f"copies of {route.mirror:g}%" if route.mirror else percent(route.percent)
        parts.append(f"{route.version} {share}{f' of {route.matches}' if route.matches else ''}")
    return ", ".join(parts) or "nobody"


def short(digest: str) -> str:
    """A digest that people can tell from another; anything else as it is, up to 60 characters."""
    return f"{digest[:15]}…" if digest.startswith("sha256:") else digest[:60]
