"""What is dangerous in how an endpoint's traffic changes.

Each check is a function of one endpoint before and after; it yields findings, or nothing. What is not known is said to be unknown, and no
other check takes it for anything.
"""

from collections.abc import Iterator

from modelway.preview.changeset import Finding, Gap
from modelway.preview.traffic import agreement, backends, shifts
from modelway.preview.traffic.saying import found, subject
from modelway.preview.traffic.sides import Pair

_CHECKS = (
    backends.endpoint_gone,
    backends.to_nothing,
    backends.missing,
    backends.without_default,
    backends.shadow_capacity,
    shifts.at_once,
    shifts.jump,
    shifts.floor,
    shifts.same_version,
    shifts.sums,
    agreement.ignored_fields,
    agreement.two_writers,
    agreement.undeclared,
    agreement.other_digest,
    agreement.contradiction,
)


_WITHOUT_SHARES = {"traffic-floor-lowered", "traffic-sum", "traffic-shadow-capacity", "traffic-left-alone", "traffic-not-as-described"}
"""Rules that are about something else than who answers what: that is told beside them."""


def findings(pair: Pair) -> Iterator[Finding]:
    """Everything that one endpoint gives to read."""
    told = [finding for check in (*_CHECKS, unknown) for finding in check(pair)]
    if all(finding.rule in _WITHOUT_SHARES for finding in told):
        told += shifts.moved(pair)
    yield from told


def unknown(pair: Pair) -> Iterator[Finding]:
    """Shares, versions or digests that nobody knows before the update."""
    side = pair.after
    if side is None or side.controller or not pair.changed:
        return
    parts = [f"{row.target}: {part}" for row in side.rows for part in row.unknown]
    shareless = [row.target for row in side.rows if row.route.percent is None and not row.unknown]
    if parts:
        why = f"only known after the update: {'; '.join(parts)}"
    elif shareless:
        why = "; ".join(side.notes) or f"the share of {', '.join(shareless)} is not known"
    elif not side.rows and side.notes:
        why = "; ".join(side.notes)
    else:
        return
    yield found(
        pair,
        risk="unknown",
        rule="traffic-unknown",
        what="Who will answer, or with what, is not known before the update.",
        why=why,
        breaks="Fewer or more requests than was meant may go there; no check of traffic has looked at it.",
        avoid="Write the value into the program, or create what it comes from in an earlier change.",
        path=next((row.path for row in side.rows if row.unknown), ""),
        approval=True,
    )


def gaps(pair: Pair) -> Iterator[Gap]:
    """What of one endpoint could not be looked at."""
    side = pair.after or pair.before
    if side is None:
        return
    named = subject(pair)
    named = named[:1].upper() + named[1:]
    if side.controller:
        way_out = f"Look at {side.controller} in the cluster: a preview does not see its steps."
        yield Gap(pair.stack, f"{named}: {side.controller} decides who answers while it runs, not this change.", way_out, look=pair.changed)
    if side.unseen:
        way_out = "Look at it where it is made: in another stack, or in the cluster."
        yield Gap(pair.stack, f"{named}: {'; '.join(side.unseen)}.", way_out, look=pair.changed and pair.after is not None)
