"""What one thing costs a month, and how that is worked out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from modelway.preview.changeset import Confidence
from modelway.preview.cost.prices import HOURS, Price, Prices, amount
from modelway.preview.cost.seen import Seen

Range = tuple[float, float]
"""Least and most."""

ONE: Range = (1, 1)

CERTAINTY: tuple[Confidence, ...] = ("known", "assumed", "unknown")


@dataclass(frozen=True)
class Amount:
    """What a part of a resource costs a month."""

    part: str
    """Which: a resource may cost in several ways."""
    what: str
    """For people: `node group gpu, 1 to 2 × g6.xlarge`."""
    confidence: Confidence
    month: Range | None
    """US dollars, least and most; None where it is not known."""
    basis: str
    endpoint: str = ""
    kind: str = ""
    """Plural of what it is, where all of that kind are one line: `KMS keys`."""


@dataclass
class Market:
    """What a rule asks: prices of the region that a resource is in, and what else there is on the same side of the change."""

    prices: Prices
    region: str
    today: date
    others: Mapping[str, Seen]
    """Resources by URN, before or after."""
    of_type: Callable[[str], list[Seen]]
    """Resources of a type on that side."""
    approximate: dict[str, None] = field(default_factory=dict)
    """What is to be told of prices that are not exact."""
    found: dict[str, Price | None] = field(default_factory=dict)
    """Prices that were asked for before, by item."""

    def find(self, item: str) -> Price | None:
        """A price in the region; what is not exact about it is told."""
        if item not in self.found:
            price = self.found[item] = self.prices.price(item, self.region)
            if price is not None and price.approximate:
                self.approximate[f"{item} in {price.region}: {price.approximate}"] = None
        return self.found[item]

    def hourly(self, part: str, what: str, item: str, number: Range = ONE, *, factor: Range = ONE, note: str = "", **more: str) -> Amount:
        """Something that is paid by the hour, so many of it, at a share of its price."""
        price = self.find(item)
        if price is None:
            return self.unknown(part, what, f"no price of {item} {self.there}", **more)
        month = (number[0] * factor[0] * price.usd * HOURS, number[1] * factor[1] * price.usd * HOURS)
        sure = not price.approximate and factor == ONE and not note
        basis = f"{times(number)}{HOURS} h × {price}{noted(note)}"
        return Amount(part, what, "known" if sure else "assumed", month, basis, **more)

    def monthly(self, part: str, what: str, item: str, number: Range = ONE, *, unit: str = "", note: str = "", **more: str) -> Amount:
        """Something that is paid by the month, so much of it."""
        price = self.find(item)
        if price is None:
            return self.unknown(part, what, f"no price of {item} {self.there}", **more)
        month = (number[0] * price.usd, number[1] * price.usd)
        sure = not price.approximate and not note
        return Amount(part, what, "known" if sure else "assumed", month, f"{times(number, unit)}{price}{noted(note)}", **more)

    def used(self, part: str, what: str, item: str, usage: str, **more: str) -> Amount:
        """Something that is paid by how much it is used, which nobody writes down: from nothing to what is assumed."""
        price, assumed = self.find(item), self.prices.usage(usage)
        if price is None:
            return self.unknown(part, what, f"no price of {item} {self.there}", **more)
        least = assumed.amount if self.prices.knows(usage) else 0
        basis = f"{times((least, assumed.amount))}{price}; assumed: {amount(assumed.amount)} {assumed.what}"
        return Amount(part, what, "assumed", (least * price.usd, assumed.amount * price.usd), basis, **more)

    def unknown(self, part: str, what: str, why: str, **more: str) -> Amount:
        """Something that costs, and nobody knows how much."""
        return Amount(part, what, "unknown", None, why, **more)

    @property
    def there(self) -> str:
        return f"in {self.region}" if self.region else "in a region that is not known"


Rule = Callable[[Seen, Market], Iterator[Amount]]


def times(number: Range, unit: str = "") -> str:
    """`3 × `, `1 to 4 × `, `100 GiB × `; nothing for one."""
    if number == ONE and not unit:
        return ""
    return f"{between(number)}{f' {unit}' if unit else ''} × "


def between(number: Range) -> str:
    """A range for people."""
    return amount(number[0]) if number[0] == number[1] else f"{amount(number[0])} to {amount(number[1])}"


def noted(note: str) -> str:
    return f"; {note}" if note else ""


def least_sure(*parts: Confidence) -> Confidence:
    """The least certain of them."""
    return max(parts, key=CERTAINTY.index)


def total(ranges: list[Range]) -> Range:
    """All of them together."""
    from math import fsum

    return fsum(least for least, _ in ranges), fsum(most for _, most in ranges)
