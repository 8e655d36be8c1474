"""The table of prices: what is in the tree, and what a user puts over it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from pathlib import Path

import msgspec

from modelway.errors import ModelwayError

HOURS = 730
"""Hours of a month, as AWS counts them (docs.aws.amazon.com/pricing-calculator/latest/userguide/features.html)."""

EVERYWHERE = "all"
"""Stands for a region where a price is the same in all."""

BASE = "us-east-1"
"""Region whose prices stand in for those of a region that the table does not have."""

OPEN = ("ec2 ", "sagemaker ", "rds ")
"""Starts of items that a user may add others of, by the hour."""

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)?-(central|(north|south)(east|west)?|east|west)-[1-9]", re.ASCII)
"""Regions are called by an area and the part of it (docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html); a new one
may be used before the table has it."""
_IN_DOLLARS = re.compile(r"(?!cn-|us-gov-|us-iso|eusc-)[a-z]{2}(-[a-z]+)+-[1-9]", re.ASCII)
_PERCENT = re.compile(r"([0-9]{1,2}(?:\.[0-9]{1,3})?|100)%", re.ASCII)


class Quote(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What an item costs in a region."""

    usd: float
    source: str
    """Key of the table's sources."""
    approximate: str = ""
    """Key of the table's reasons for which it is not exact; empty when it is as its source has it."""
    sku: str = ""
    """What AWS's price list calls it, where it came from there."""


class Listed(msgspec.Struct, frozen=True):
    """An item and its prices."""

    unit: str
    """What is paid for: `hour`, `GB-month`, `GB`, `month`, …"""
    usd: dict[str, Quote]
    """By region, or `all`."""


class Source(msgspec.Struct, frozen=True):
    """Where prices come from."""

    what: str
    address: str
    date: str
    """Day for which they are told, as 2026-11-20."""


class Usage(msgspec.Struct, frozen=True):
    """How much is used a month, where nothing tells it."""

    amount: float
    what: str
    """Such as `GB through each NAT gateway`."""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file `prices.json`: written by `scripts/prices.py`, read here."""

    version: int
    date: str
    currency: str
    sources: dict[str, Source]
    reasons: dict[str, str]
    other_region: float
    """What a price of the base region is multiplied by in a region that stands nowhere."""
    regions: dict[str, float]
    """The same by region, for those that stand here and have no price of an item."""
    usage: dict[str, Usage]
    prices: dict[str, Listed]


@dataclass(frozen=True)
class Price:
    """What one unit of an item costs, in US dollars."""

    item: str
    unit: str
    usd: float
    region: str
    date: str
    approximate: str = ""
    """Why it is not exact; empty when it is."""

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        return f"{amount(self.usd)} USD ({'approximate, ' if self.approximate else ''}{self.region}, {self.date})"


@dataclass(frozen=True)
class Prices:
    """Prices by item and region, with what a user put over them."""

    table: Table
    own: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """By item and region, or `all`."""
    own_date: str = ""
    discounts: Mapping[str, float] = field(default_factory=dict)
    """What is taken off the table's prices, 0 to 1, by the start of an item; the longest that fits counts."""
    used: Mapping[str, float] = field(default_factory=dict)
    """Usage that a user knows, by name."""

    @property
    def date(self) -> str:
        return self.table.date

    def price(self, item: str, region: str) -> Price | None:
        """What the item costs in a region; None when neither the user nor the table knows. An empty region is one that is not known."""
        for place in (region, EVERYWHERE):
            if (usd := self.own.get((item, place))) is not None:
                listed = self.table.prices.get(item)
                unit = listed.unit if listed is not None else "hour"
                return Price(item, unit, usd, region or "any region", self.own_date or "your own")
        listed = self.table.prices.get(item)
        # China, GovCloud and the sovereign regions have price lists of their own.
        if listed is None or (region and not _IN_DOLLARS.fullmatch(region)):
            return None
        if (quote := listed.usd.get(EVERYWHERE) or listed.usd.get(region)) is not None:
            reason = self.table.reasons[quote.approximate] if quote.approximate else ""
            return self._priced(item, listed, quote, quote.usd, region or "any region", reason)
        base = listed.usd.get(BASE)
        if base is None or not region:
            return None
        ratio = self.table.regions.get(region, self.table.other_region)
        reason = f"{ratio:g} times the price in {BASE}, as the table has none of {region}"
        return self._priced(item, listed, base, base.usd * ratio, region, reason)

    def _priced(self, item: str, listed: Listed, quote: Quote, usd: float, region: str, reason: str) -> Price:
        start = max((start for start in self.discounts if _under(item, start)), key=len, default="")
        usd *= 1 - self.discounts.get(start, 0)
        return Price(item, listed.unit, usd, region, self.table.sources[quote.source].date, reason)

    def usage(self, name: str) -> Usage:
        """How much is assumed to be used a month, or what the user says."""
        assumed = self.table.usage[name]
        return Usage(self.used[name], f"{assumed.what}, as your own file says") if name in self.used else assumed

    def knows(self, name: str) -> bool:
        """Whether the user said how much is used."""
        return name in self.used


@cache
def table() -> Table:
    """The table that is in the tree."""
    # Not importlib.resources, which a report takes longer to import than to read this.
    return msgspec.json.decode(Path(__file__).with_name("prices.json").read_bytes(), type=Table)


def prices(own: Path | None = None) -> Prices:
    """The prices of the tree, and over them those of a file of the user's own.

    The file is TOML: `date`, a table `discounts` by the start of an item, a table `prices` by region and item, a table `usage` by name.
    Raises ModelwayError with all that is wrong with it.
    """
    listed = table()
    if own is None:
        return Prices(listed)
    import tomllib

    try:
        written = tomllib.loads(own.read_text("utf-8"))
    except OSError as error:
        raise ModelwayError(f"{own}: cannot be read: {error.strerror or error}. Name a file of your own prices, or leave it out.") from None
    except UnicodeDecodeError:
        raise ModelwayError(f"{own}: is not text in UTF-8. Prices are written in TOML; docs/preview.md shows how.") from None
    except tomllib.TOMLDecodeError as error:
        raise ModelwayError(f"{own}: is not TOML: {error}. docs/preview.md shows how prices are written.") from None
    reader = _Own(listed, written)
    faults = list(reader.faults())
    if faults:
        raise ModelwayError("\n".join(f"{own}: {fault}" for fault in faults))
    return Prices(listed, reader.own, reader.date, reader.discounts, reader.used)


@dataclass
class _Own:
    """Reads what a user wrote; whole once `faults` has run through."""

    table: Table
    written: dict[str, object]
    own: dict[tuple[str, str], float] = field(default_factory=dict)
    date: str = ""
    discounts: dict[str, float] = field(default_factory=dict)
    used: dict[str, float] = field(default_factory=dict)

    def faults(self) -> Iterator[str]:
        readers = {"date": self._date, "discounts": self._discounts, "prices": self._prices, "usage": self._usage}
        for key, value in self.written.items():
            if key in readers:
                yield from readers[key](value)
            else:
                yield f"{key}: not one of {', '.join(readers)}. {_near(key, readers)}"

    def _date(self, value: object) -> Iterator[str]:
        # TOML has days of its own.
        text = str(value)
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            self.date = text
        else:
            yield f"date: {_shown(value)} is not a day. Write it like 2026-11-20."

    def _discounts(self, value: object) -> Iterator[str]:
        for start, share in _entries(value):
            found = _share(share)
            if found is None:
                yield f'discounts."{start}": {_shown(share)} is no share of 0% to 100%. Write it like "12%" or 0.12.'
            elif not any(_under(item, start) for item in self.table.prices):
                yield f'discounts."{start}": no item starts with it. {_near(start, {item.split(" ")[0] for item in self.table.prices})}'
            else:
                self.discounts[start] = found
        if not isinstance(value, dict):
            yield _no_table("discounts", value)

    def _prices(self, value: object) -> Iterator[str]:
        if not isinstance(value, dict):
            yield _no_table("prices", value)
        for region, items in _entries(value):
            if region != EVERYWHERE and not _REGION.fullmatch(region):
                yield f"prices.{region}: no region of AWS, and not `{EVERYWHERE}`. Write it like `[prices.eu-central-1]`."
            if not isinstance(items, dict):
                yield _no_table(f"prices.{region}", items)
            for item, usd in _entries(items):
                path = f'prices.{region}."{item}"'
                if item not in self.table.prices and not item.startswith(OPEN):
                    yield f"{path}: no such item. {_near(item, self.table.prices)}"
                elif _number(usd) is None:
                    yield f"{path}: {_shown(usd)} is no price. Write US dollars a unit, 0 or more, like 0.1008."
                else:
                    self.own[item, region] = float(str(usd))

    def _usage(self, value: object) -> Iterator[str]:
        if not isinstance(value, dict):
            yield _no_table("usage", value)
        for name, much in _entries(value):
            if name not in self.table.usage:
                yield f'usage."{name}": nothing is assumed by that name. {_near(name, self.table.usage)}'
            elif _number(much) is None:
                yield f'usage."{name}": {_shown(much)} is no amount. Write a number, 0 or more: {self.table.usage[name].what}.'
            else:
                self.used[name] = float(str(much))


@lru_cache(4096)
def amount(number: float) -> str:
    """A number for people: no digits that say nothing."""
    text = f"{number:,.6f}".rstrip("0").rstrip(".")
    return text if "." not in text or len(text.partition(".")[2]) != 1 else f"{text}0"


def _under(item: str, start: str) -> bool:
    """Whether an item starts so, up to the end of a word or of a family: `ec2`, `ec2 m7i`, `ec2 m7i.large`."""
    return item == start or item.startswith((f"{start} ", f"{start}."))


def _entries(value: object) -> list[tuple[str, object]]:
    return list(value.items()) if isinstance(value, dict) else []


def _number(value: object) -> float | None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")
    return float(str(value)) if good else None


def _share(value: object) -> float | None:
    if isinstance(value, str) and (found := _PERCENT.fullmatch(value)):
        return float(found[1]) / 100
    number = _number(value)
    return number if number is not None and number <= 1 else None


_WRITTEN = {
    "discounts": ("discounts", 'ec2 = "12%"'),
    "prices": ("prices.eu-central-1", '"ec2 m7i.large" = 0.1'),
    "usage": ("usage", '"nat gb" = 500'),
}


def _no_table(path: str, value: object) -> str:
    table, line = _WRITTEN[path.partition(".")[0]]
    return f"{path}: {_shown(value)} is no table. Write `[{table}]` and below it lines like `{line}`."


def _near(text: str, known: "Mapping[str, object] | set[str]") -> str:
    import difflib

    near = difflib.get_close_matches(text, sorted(known), 3)
    return f"Did you mean {' or '.join(near)}?" if near else "modelway/preview/cost/prices.json lists them."


def _shown(value: object) -> str:
    text = str(value)
    return f"`{text if len(text) <= 40 else text[:40] + '…'}`"
