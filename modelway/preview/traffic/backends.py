"""Checks of what requests lead to: whether it is there, for everybody, and large enough."""

import math
from collections.abc import Iterator

from modelway.preview.changeset import Finding
from modelway.preview.traffic.saying import callers, found, percent, rows
from modelway.preview.traffic.sides import Pair, Row, Side


def endpoint_gone(pair: Pair) -> Iterator[Finding]:
    """Nobody answers any more at this address."""
    if pair.after is not None or pair.before is None or not pair.before.rows:
        return
    if pair.moved_to:
        what = f"Its endpoint goes away, and another one takes its place, by {pair.moved_to}."
        avoid = "Make the new endpoint first and move the callers; remove the old one in a later change."
    else:
        what = "Its endpoint goes away."
        avoid = "Ask its callers first; set `presence: disabled` if it will come back, `retired` if it will not."
    yield found(
        pair,
        risk="disruptive",
        rule="traffic-endpoint-gone",
        what=what,
        why=f"{rows(pair.before.routes)} → nobody",
        breaks=f"All requests of {callers(pair)} to this address fail from then on.",
        avoid=avoid,
        approval=True,
    )


def to_nothing(pair: Pair) -> Iterator[Finding]:
    """Requests that match, and nobody who answers."""
    side = pair.after
    if side is None or side.controller or not pair.changed:
        return
    answering = [row for row in side.rows if not _copies(row)]
    groups: dict[str, list[Row]] = {}
    for row in answering:
        groups.setdefault(row.route.matches, []).append(row)
    empty = [matches for matches, group in groups.items() if all(row.route.percent == 0 for row in group)]
    if not answering and not side.notes:
        empty = [""]
    for matches in empty:
        before = rows(pair.before.routes) if pair.before else "nothing"
        yield found(
            pair,
            risk="disruptive",
            rule="traffic-to-nothing",
            what=f"Nobody answers {f'requests with {matches}' if matches else 'any request'}: all shares are 0.",
            why=f"{before} → {rows(side.routes)}",
            breaks=f"Requests of {callers(pair)} get an error.",
            avoid="Give a share above 0 to the version that should answer.",
            path=groups[matches][0].path if matches in groups else "",
            approval=True,
            blocks=True,
        )


def missing(pair: Pair) -> Iterator[Finding]:
    """A share for what is not there, or goes in the same change."""
    side = pair.after
    if side is None:
        return
    here = {row.target for row in pair.before.rows if row.found == "here"} if pair.before else set()
    again = {row.target for row in pair.before.rows if row.found == "missing"} if pair.before else set()
    for row in side.rows:
        share = row.route.mirror or row.route.percent
        # A share that is not known may be one.
        if row.found != "missing" or share == 0 or row.weight == 0 or (row.target in again and not pair.changed):
            continue
        goes = row.target in here
        copies = bool(row.route.mirror)
        effect = "are copied to nobody" if copies else f"of {callers(pair)} get an error"
        yield found(
            pair,
            risk="traffic" if copies else "disruptive",
            rule="traffic-backend-gone" if goes else "traffic-backend-missing",
            what=f"{row.target} gets {'copies of ' if copies else ''}{percent(share)} of the requests, and "
            + ("is deleted in the same change." if goes else "is not there."),
            why=f"{row.path} names {row.target}; {'it is deleted' if goes else 'this stack has none of that name'}",
            breaks=f"{percent(share)} of the requests {effect}.",
            avoid="Move its share to another version first, and delete it in a later change."
            if goes
            else "Create it in this change or an earlier one, or take it out of the route.",
            path=row.path,
            approval=True,
            # What is in no stack that was given may be made by somebody else, such as a chart.
            blocks=goes and not copies,
        )


def without_default(pair: Pair) -> Iterator[Finding]:
    """Only requests with some header are answered."""
    side = pair.after
    if side is None or not side.rows or not pair.changed or _answers_all(side):
        return
    before = pair.before
    # Routes by path alone divide addresses, not callers.
    if before is not None and not _answers_all(before):
        return
    asked = sorted({row.route.matches for row in side.rows if row.route.matches})
    if before is None and not all(any(word in matches for word in ("header ", "query ")) for matches in asked):
        return
    yield found(
        pair,
        risk="disruptive" if before is not None else "review",
        rule="traffic-no-default",
        what=f"Only requests with {' or '.join(asked)} are answered.",
        why=f"{rows(before.routes) if before else 'new'} → {rows(side.routes)}",
        breaks=f"Requests of {callers(pair)} without that get 404.",
        avoid="Keep a rule without a header for everybody else.",
        path="spec.rules" if side.dialect == "gateway" else "",
        approval=before is not None,
    )


def shadow_capacity(pair: Pair) -> Iterator[Finding]:
    """Copies for what has no or too few replicas to take them."""
    side = pair.after
    if side is None or not pair.changed:
        return
    answering = [row.route for row in side.unmatched if not _copies(row) and row.route.percent]
    largest = max(answering, key=lambda route: route.percent or 0, default=None)
    for row in side.rows:
        copied = row.route
        if not copied.mirror or copied.most is None or row.found == "missing":
            continue
        # Replicas on other hardware do more, or less, and nobody says how much.
        alike = largest if largest is not None and largest.hardware == copied.hardware else None
        floor, peak = (_needed(copied.mirror, count) for count in ((alike.least, alike.most) if alike else (None, None)))
        if copied.most == 0 or (floor is not None and copied.most < floor):
            risk, needed = "traffic", floor
        elif peak is not None and copied.most < peak:
            risk, needed = "review", peak
        else:
            continue
        when = "at its busiest" if risk == "review" else "as soon as it begins"
        wants = f"; its share takes {needed} {when}" if needed else ""
        yield found(
            pair,
            risk="traffic" if risk == "traffic" else "review",
            rule="traffic-shadow-capacity",
            what=f"{copied.version} gets copies of {copied.mirror:g}% of the requests and has at most {_replicas(copied.most)}.",
            why=f"copies {copied.mirror:g}%, at most {_replicas(copied.most)}{wants}",
            breaks="Answers that come late or not at all say nothing about it; callers do not notice.",
            avoid="Give it more replicas, or copy fewer requests.",
            path=row.path,
        )


def _copies(row: Row) -> bool:
    return bool(row.route.mirror) or "requestMirror" in row.path or row.path.startswith("shadow")


def _answers_all(side: Side) -> bool:
    return any(not _copies(row) for row in side.unmatched)


def _needed(mirror: float, count: int | None) -> int | None:
    """Replicas for the copies, as many for each as what answers most has."""
    return None if count is None else math.ceil(mirror / 100 * count)


def _replicas(count: int) -> str:
    return f"{count} replica{'s' * (count != 1)}"
