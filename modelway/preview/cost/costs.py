"""What a stack costs a month before and after a change: every resource that has a price, told line by line."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from modelway.preview.changeset import Budget, Confidence, Cost, CostLine, EndpointCost
from modelway.preview.cost.estimates import Amount, Market, Range, least_sure, total
from modelway.preview.cost.free import is_free
from modelway.preview.cost.kinds import BY_OTHERS, COUNTED_WITHOUT, LOOKED_UP, MERELY_COUNTED, ONLY_WITH, PROVIDER, RULES
from modelway.preview.cost.merging import by_endpoint, merge
from modelway.preview.cost.prices import Prices
from modelway.preview.cost.seen import Seen, seen
from modelway.preview.resources import Resource, Step

if TYPE_CHECKING:
    from modelway.architecture import Environment

_GONE = frozenset({"delete", "discard"})
_PASSED_OVER = frozenset({"read", "read-replacement", "delete-replaced", "discard-replaced", "remove-pending-replace"})
"""What is only read is somebody else's, and is paid for there; an old copy goes while the new one stands under the same URN."""
_THERE_BEFORE = frozenset({"import", "import-replacement"})
"""What is imported was paid for before."""


_CUT = "the preview did not come to its end"
_Amounts = dict[tuple[str, str], Amount]
"""By URN and part."""


@dataclass
class _Side:
    """What there is before, or after."""

    resources: dict[str, Seen] = field(default_factory=dict)
    unpriced: dict[str, str] = field(default_factory=dict)
    """Types of what has no price, by URN."""

    def take(self, urn: str, one: Seen | str | None) -> None:
        """Keep what is there now under a URN: a resource, the type of one that has no price, or nothing."""
        self.resources.pop(urn, None)
        self.unpriced.pop(urn, None)
        if isinstance(one, str):
            self.unpriced[urn] = one
        elif one is not None:
            self.resources[urn] = one

    def of_type(self, kind: str) -> list[Seen]:
        return [one for one in self.resources.values() if one.type == kind]


class Costs:
    """Collects what one stack is made of, one step and one unchanged resource at a time; `finish` says what it costs.

    `today` decides which version of Kubernetes is in extended support.
    """

    def __init__(self, stack: str, prices: Prices, today: date | None = None) -> None:
        self._stack = stack
        self._prices = prices
        self._today = today or date.today()
        self._before, self._after = _Side(), _Side()
        self._changed: set[str] = set()
        self._kept: set[str] = set()

    def see(self, step: Step) -> None:
        """Take what a step changes. Steps of one resource may come in any number: a replacement has up to three."""
        if step.op in _PASSED_OVER or not self._costs(step.type, step.old or step.new):
            return
        urn = step.urn
        old, new = self._taken(step.old), self._taken(step.new)
        if isinstance(old, Seen) and isinstance(new, Seen):
            if not new.region and new.provider == old.provider:
                # What a preview makes of a resource has no outputs yet; nothing moves to another region by itself.
                new = replace(new, region=old.region)
            if old == new:
                new = old
        if urn not in self._changed:
            self._changed.add(urn)
            self._before.take(urn, new if step.op in _THERE_BEFORE else old)
            self._after.take(urn, None)
        if step.op not in _GONE:
            self._after.take(urn, new or old)
        elif step.op == "delete" and step.old is not None and step.old.retain_on_delete:
            # It leaves the stack and not the account.
            self._after.take(urn, old)
            self._kept.add(urn)

    def know(self, resource: Resource) -> None:
        """Take a resource that is there, as a state has it; one that a step changes is passed over, before or after it was seen."""
        if resource.urn in self._changed or not self._costs(resource.type, resource):
            return
        one = self._taken(resource)
        self._before.take(resource.urn, one)
        self._after.take(resource.urn, one)

    def finish(self, before: "Environment | None", after: "Environment | None", *, whole: bool = True) -> Cost:
        """What the stack costs a month, and its endpoints, by the environments that describe it; either may be missing. `whole`: whether
        the preview came to its end; of one that did not, nothing is known of afterwards."""
        described = after or before
        region = described.aws.region if described is not None else ""
        priced: dict[str, None] = {}
        was, unpriced_before = self._amounts(self._before, region, priced), Counter(self._before.unpriced.values())
        now, unpriced_after = self._amounts(self._after, region, priced, was), Counter(self._after.unpriced.values())
        priceless = _priceless(self._stack, self._before.unpriced, self._after.unpriced)
        lines = (*self._lines(was, now), *priceless.values()) if whole else tuple(map(_open, self._lines(was, now)))
        unpriced = {kind: number for kind, number in (unpriced_before | unpriced_after).items() if not whole or kind not in priceless}
        endpoints: tuple[EndpointCost, ...] = ()
        budgets: tuple[Budget, ...] = ()
        if described is not None:
            from modelway.preview.cost.attribution import attributed
            from modelway.preview.cost.floor import budget

            lines = tuple(_named(lines, described))
            lines, endpoints = attributed(self._stack, before, described, self._prices, lines, priced)
            budgets = budget(before, after, self._prices, self._today)
        cost = Cost(
            lines=lines,
            endpoints=endpoints or _of_lines(self._stack, lines),
            budgets=budgets,
            priced=self._prices.date,
            approximate=tuple(sorted(priced)),
            unpriced=tuple(f"{kind}: {number}" for kind, number in sorted(unpriced.items())),
        )
        return merge([cost])

    def _costs(self, kind: str, resource: Resource | None) -> bool:
        if kind in RULES or kind in LOOKED_UP:
            return resource is not None and not resource.external
        return resource is not None and resource.custom and not resource.external and not is_free(kind)

    def _taken(self, resource: Resource | None) -> Seen | str | None:
        if resource is None:
            return None
        kind = resource.type
        if kind not in RULES and kind not in LOOKED_UP:
            return kind
        if kind in MERELY_COUNTED:
            return seen(resource, inputs=False)
        if ONLY_WITH.get(kind, b"") not in bytes(resource.inputs_raw):
            return None
        return seen(resource, inputs=COUNTED_WITHOUT.get(kind, b"") in bytes(resource.inputs_raw))

    def _amounts(self, side: _Side, region: str, priced: dict[str, None], was: _Amounts | None = None) -> _Amounts:
        """What each part of each resource costs, by URN and part; of what is as it was before, what it cost then."""
        same = _unchanged(self._before, self._after) if was is not None else frozenset()
        found: dict[tuple[str, str], Amount] = {}
        markets: dict[str, Market] = {}
        by_type: dict[str, list[Seen]] = {}
        for one in side.resources.values():
            if one.type in LOOKED_UP:
                by_type.setdefault(one.type, []).append(one)
        # What all of this side goes without may stand on the other one.
        elsewhere = region or _only_region(side) or _only_region(self._before if side is self._after else self._after)
        for urn, one in side.resources.items():
            if (rule := RULES.get(one.type)) is None or urn in same:
                continue
            place = _place(one, side, elsewhere)
            market = markets.get(place)
            if market is None:
                market = Market(self._prices, place, self._today, side.resources, lambda kind: by_type.get(kind, []), priced)
                markets[place] = market
            for amount in rule(one, market):
                found[urn, amount.part] = amount
        return found if was is None else {**{key: amount for key, amount in was.items() if key[0] in same}, **found}

    def _lines(self, was: _Amounts, now: _Amounts) -> Iterator[CostLine]:
        """One line for each part of a resource, and one for all parts of a kind that is merely counted."""
        together: dict[str, list[tuple[Amount | None, Amount | None]]] = {}
        for key in dict.fromkeys([*was, *now]):
            before, after = was.get(key), now.get(key)
            shown = after or before
            if shown is None:
                continue
            if shown.kind and shown.month is not None:
                together.setdefault(shown.kind, []).append((before, after))
                continue
            sure = least_sure(*(one.confidence for one in (before, after) if one is not None))
            note = "; it leaves the stack and stays in the account (retainOnDelete)" if key[0] in self._kept else ""
            yield CostLine(
                stack=self._stack,
                subject=shown.what,
                confidence=sure,
                before=_side(before, sure),
                after=_side(after, sure),
                basis=_basis(before, after) + note,
                endpoint=shown.endpoint,
                changed=before != after or key[0] in self._kept,
            )
        for kind, pairs in sorted(together.items()):
            yield self._counted(kind, pairs)

    def _counted(self, kind: str, pairs: list[tuple[Amount | None, Amount | None]]) -> CostLine:
        before = [one for one, _ in pairs if one is not None]
        after = [one for _, one in pairs if one is not None]
        shown = (after or before)[0]
        number = str(len(after)) if len(before) == len(after) else f"{len(before)} before, {len(after)} after"
        return CostLine(
            stack=self._stack,
            subject=f"{kind}: {number}",
            confidence=least_sure(*(one.confidence for one in (*before, *after))),
            before=total([one.month for one in before if one.month is not None]) if before else None,
            after=total([one.month for one in after if one.month is not None]) if after else None,
            basis=f"each: {shown.basis}",
            changed=any(one != other for one, other in pairs),
        )


def _priceless(stack: str, before: dict[str, str], after: dict[str, str]) -> dict[str, CostLine]:
    """A line for each type without a price of which something comes or goes: then nobody can say that it costs as much as before."""
    was, is_ = Counter(before.values()), Counter(after.values())
    return {
        kind: CostLine(
            stack,
            f"{kind}: {was[kind]} before, {is_[kind]} after",
            "unknown",
            None if was[kind] else (0.0, 0.0),
            None if is_[kind] else (0.0, 0.0),
            "no price of this type here",
        )
        for kind in sorted({(before | after)[urn] for urn in before.keys() ^ after.keys()})
    }


def _open(line: CostLine) -> CostLine:
    """As nobody knows what becomes of it."""
    before = line.before or (None if line.confidence == "unknown" else (0.0, 0.0))
    return msgspec.structs.replace(line, confidence="unknown", before=before, after=None, basis=_CUT, changed=True)


def _side(amount: Amount | None, sure: Confidence) -> Range | None:
    """What one side of a line costs. What is not there costs nothing, which is to be told from what is not known."""
    return amount.month if amount is not None else (0.0, 0.0) if sure == "unknown" else None


def _unchanged(before: _Side, after: _Side) -> frozenset[str]:
    """URNs of what is the same thing on both sides, and costs the same whatever happens to others."""
    return frozenset(urn for urn, one in before.resources.items() if after.resources.get(urn) is one and one.type not in BY_OTHERS)


def _basis(before: Amount | None, after: Amount | None) -> str:
    if before is not None and after is not None and before.basis != after.basis:
        return f"before: {before.basis}; after: {after.basis}"
    shown = after or before
    return shown.basis if shown is not None else ""


def _place(one: Seen, side: _Side, elsewhere: str) -> str:
    """The region that a resource is in: as itself says, as its provider does, or else that of the others; empty where nobody says it."""
    if one.inputs.get("region") == one.region and one.region:
        return one.region
    provider = side.resources.get(one.provider)
    named = provider.text("region") if provider is not None and provider.type == PROVIDER else ""
    return named or one.region or elsewhere


def _only_region(side: _Side) -> str:
    """The region of all providers for AWS in the stack, when there is one alone: objects of Kubernetes name none."""
    found = {one.text("region") for one in side.of_type(PROVIDER)} | {
        one.region for one in side.resources.values() if one.region and one.type.startswith("aws:")
    }
    only = {name for name in found if name}
    return next(iter(only)) if len(only) == 1 else ""


def _named(lines: Iterable[CostLine], environment: "Environment") -> Iterator[CostLine]:
    """Lines of endpoints under the names of their models."""
    models = {f"{environment.environment}-{name}": name for name in environment.models}
    for line in lines:
        yield msgspec.structs.replace(line, endpoint=models.get(line.endpoint, line.endpoint)) if line.endpoint else line


def _of_lines(stack: str, lines: Iterable[CostLine]) -> tuple[EndpointCost, ...]:
    """What endpoints cost, where only their own lines say it."""
    return tuple(EndpointCost(stack, endpoint, month) for endpoint, month in sorted(by_endpoint(lines).items()))
