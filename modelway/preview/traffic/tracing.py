"""From the resources of a stack and the descriptions of its environment to endpoints, before and after."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from modelway.preview.changeset import RISKS, Endpoint, Finding, Gap
from modelway.preview.resources import Resource, Step
from modelway.preview.traffic import alb, checks, described, gateway, kserve, sagemaker
from modelway.preview.traffic.objects import Thing, World, kind_of
from modelway.preview.traffic.sides import Pair, Row, Side
from modelway.redaction import masked

if TYPE_CHECKING:
    # It imports pydantic, which a report of files alone does without.
    from modelway.architecture import Environment

_SETTLED = {"same", "refresh", "read", "import"}
"""Operations after which a resource is what the step says, and was so before the program had a say."""
_PASSED = {"discard", "discard-replaced", "remove-pending-replace", "delete-replaced"}
"""Operations that do not say what is there in the end: another step of the same resource does."""

_REPEATED = {
    *("route-changed", "balancer-traffic", "balancer-rule-traffic", "predictor-changed"),
    *("model-route-deleted", "endpoint-deleted"),
    *("endpoint-config-changed", "endpoint-variants-changed", "endpoint-shadow-changed", "hosted-model-changed"),
}
"""Rows of the risk table that see one resource, and no shares."""


class Traffic:
    """Collects what decides who answers in one stack, and says what becomes of it.

    Give it every step and every resource of the state, in any order; only types that decide traffic are read. Then ask for the endpoints,
    and after that for findings and gaps.
    """

    def __init__(self, stack: str) -> None:
        self._stack = stack
        self._known: dict[str, Thing] = {}
        self._gone: set[str] = set()
        self._old: dict[str, Thing] = {}
        self._new: dict[str, Thing] = {}
        self._whole = False
        self._pairs: list[Pair] = []
        self._found: list[Finding] = []

    def see(self, step: Step) -> None:
        """What the engine means to do with one resource."""
        kind = kind_of(step.type)
        if kind is None or step.op in _PASSED:
            return
        if step.old is not None and step.old.urn != step.urn:
            # It has another logical name now; under the old one the state still has it.
            self._gone.add(step.old.urn)
        if step.op in _SETTLED:
            if step.new is None:
                self._gone.add(step.urn)
            else:
                self._known[step.urn] = Thing(step.urn, kind, step.new)
            return
        if step.old is not None:
            self._old[step.urn] = Thing(step.urn, kind, step.old)
        if step.new is not None and step.op != "delete":
            self._new[step.urn] = Thing(step.urn, kind, step.new)

    def know(self, resource: Resource) -> None:
        """A resource of the state."""
        kind = kind_of(resource.type)
        if kind is not None and not resource.delete:
            # What was refreshed is newer than the state.
            self._known.setdefault(resource.urn, Thing(resource.urn, kind, resource))

    def complete(self) -> None:
        """Says that every resource and every step was given, so that what is nowhere is not there."""
        self._whole = True

    def endpoints(self, before: "Environment | None", after: "Environment | None", *, previewed: bool = True) -> tuple[Endpoint, ...]:
        """Every endpoint of the stack, by name; the descriptions say whose it is, and stand in where nothing is deployed.

        Where nothing was `previewed` and no state was given, the descriptions are of all of the environment's stacks.
        """
        pairs = list(_paired(*self._sides()))
        there = {pair.known.name for pair in pairs}
        stack = self._stack if previewed else None
        old, new = described.models(before, stack), described.models(after, stack)
        for name in dict.fromkeys([*old, *new]):
            if name not in there:
                pairs.append(Pair(described.side(old.get(name)), described.side(new.get(name))))
        coming = {pair.known.name: pair.known.dialect for pair in pairs if pair.before is None}
        told = (_told(replace(pair, stack=self._stack), before, after, coming) for pair in pairs)
        self._pairs = sorted(told, key=lambda pair: (pair.known.name, pair.known.physical))
        self._found = [finding for pair in self._pairs for finding in checks.findings(pair)]
        return tuple(self._endpoint(pair) for pair in self._pairs)

    @property
    def moves(self) -> bool:
        """Whether anything changes that may decide who answers."""
        return bool(self._old or self._new)

    def findings(self) -> list[Finding]:
        """What to read before merging, of the endpoints that were asked for last."""
        return list(self._found)

    def untold(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Findings of the risk table, without those that say less of what `findings()` of an endpoint says with its shares, and ask for no
        more."""
        found: dict[str, list[Finding]] = {}
        for one in self._found:
            found.setdefault(one.urn, []).append(one)
        told: dict[str, list[Finding]] = {}
        for pair in self._pairs:
            for side in (pair.before, pair.after) if pair.known.urn in found else ():
                told |= dict.fromkeys((side.urn, *side.parts), found[pair.known.urn]) if side is not None else {}
        return (one for one in findings if one.rule not in _REPEATED or not _says(told.get(one.urn, ()), one))

    def gaps(self) -> list[Gap]:
        """What could not be looked at, of the endpoints that were asked for last."""
        return [gap for pair in self._pairs for gap in checks.gaps(pair)]

    def _sides(self) -> tuple[list[Side], list[Side]]:
        known = {urn: thing for urn, thing in self._known.items() if urn not in self._gone}
        unchanged = [thing for urn, thing in known.items() if urn not in self._old and urn not in self._new]
        before = World([*unchanged, *self._old.values()], whole=self._whole)
        after = World([*unchanged, *self._new.values()], whole=self._whole)
        return list(_all_sides(before, None)), list(_all_sides(after, before))

    def _endpoint(self, pair: Pair) -> Endpoint:
        known = pair.known
        missed = [f"{one}, so it was not looked at" for one in known.unseen]
        notes = [*known.notes, *missed, *(f"{field}: {why}" for field, why in known.refused)]
        return Endpoint(
            stack=self._stack,
            name=masked(known.name),
            dialect=known.dialect,
            before=pair.before.routes if pair.before else (),
            after=pair.after.routes if pair.after else (),
            team=pair.team,
            owner=pair.owner,
            risk_tier=pair.risk_tier,
            consumers=pair.consumers,
            changed=pair.changed,
            note=masked("; ".join(notes)),
        )


def _says(told: Sequence[Finding], one: Finding) -> bool:
    """Whether what is told is as bad, and keeps people from merging as much."""
    worst = min((RISKS.index(other.risk) for other in told), default=len(RISKS))
    blocks, approval = any(other.blocks for other in told), any(other.approval for other in told)
    return worst <= RISKS.index(one.risk) and blocks >= one.blocks and approval >= one.approval


def _all_sides(world: World, before: World | None) -> Iterator[Side]:
    sides = (gateway.sides(world), kserve.sides(world, before), sagemaker.sides(world), alb.sides(world))
    for found in sides:
        yield from (replace(side, rows=tuple(_redacted(row) for row in side.rows)) for side in found)


def _redacted(row: Row) -> Row:
    route = row.route
    texts = {name: _masked(value) for name, value in msgspec.structs.asdict(route).items() if isinstance(value, str) and value}
    return replace(row, route=msgspec.structs.replace(route, **texts))


# Both sides say the same of most of it, and every version of the same hardware.
_masked = lru_cache(maxsize=4096)(masked)


def _paired(before: Iterable[Side], after: Iterable[Side]) -> Iterator[Pair]:
    """The two sides of each endpoint: the same resource, else the same thing in the cluster or in AWS under another logical name."""
    left = {(side.dialect, side.urn, side.physical): side for side in before}
    by_urn = {key[:2]: key for key in left}
    by_physical = {key[2]: key for key in left}
    for side in after:
        key = by_urn.get((side.dialect, side.urn)) or by_physical.get(side.physical)
        found = left.pop(key, None) if key is not None else None
        yield Pair(found, _with_gone(found, side))
    for side in left.values():
        yield Pair(side, None)


def _with_gone(before: Side | None, after: Side) -> Side:
    """What answered before and is nowhere after goes in this change, whether the rest of the stack is known or not."""
    there = {row.target: row for row in before.rows if row.found == "here"} if before is not None else {}

    def told(row: Row) -> Row:
        was = there.get(row.target)
        if was is None or row.found == "here":
            return row
        # Called as it was, since nobody can say any more what it is.
        return replace(row, found="missing", route=msgspec.structs.replace(row.route, version=was.route.version))

    return replace(after, rows=tuple(told(row) for row in after.rows))


def _told(pair: Pair, before: "Environment | None", after: "Environment | None", coming: Mapping[str, str]) -> Pair:
    """With what the descriptions say of it."""
    name = pair.known.name
    moved_to = coming.get(name, "") if pair.after is None else ""
    old, new = (one.models.get(name) if one is not None else None for one in (before, after))
    model = new or old
    if model is None:
        return replace(pair, team=pair.known.team, moved_to=moved_to)
    return replace(
        pair,
        team=model.team,
        owner=str(model.owner),
        risk_tier=model.risk_tier,
        consumers=described.consumers(model),
        declared=frozenset(new.versions) if new is not None else None,
        digests=described.digests(new) if new is not None else {},
        described=described.routes(new) if new is not None and pair.known.dialect != "environment" else None,
        moved_to=moved_to,
    )
