"""What a rule demands of one property, and what it says where the property is otherwise."""

from collections.abc import Collection
from dataclasses import dataclass

from modelway.rules.expecting import Judged, breach, has_to_be, has_to_be_one_of
from modelway.rules.properties import Found, Missing
from modelway.rules.subjects import text_of, wrong
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Evidence, Undecided, Unreadable


@dataclass(frozen=True)
class Demand:
    """Something that is allowed, and how to get there."""

    says: str
    way_out: str

    def broken(self, found: Found) -> Evidence:
        """That what stands there is not allowed."""
        return breach(found, self.says, self.way_out)

    def is_on(self, found: Found, *, missing: bool = False) -> Judged:
        """Holds for true; `missing` is what the cloud takes when it is not there."""
        return has_to_be(found, True, missing=missing, says=self.says, way_out=self.way_out)

    def is_off(self, found: Found, *, missing: bool = False) -> Judged:
        """Holds for false."""
        return has_to_be(found, False, missing=missing, says=self.says, way_out=self.way_out)

    def is_one_of(self, found: Found, allowed: Collection[str]) -> Judged:
        """Holds for these texts alone; not where there is none."""
        return has_to_be_one_of(found, allowed, self.says, self.way_out)

    def is_set(self, found: Found) -> Judged:
        """Holds for any text with something in it."""
        value = text_of(found)
        if isinstance(value, Undecided | Unreadable):
            return value
        return None if value and value.strip() else breach(found, self.says, self.way_out, "empty")

    def is_within(self, found: Found, least: int, most: int | None = None, *, missing: int | None = None) -> Judged:
        """Holds for a number from `least` to `most`, also where it is written as text; `missing` is what the cloud takes when it is not
        there, None where it takes none."""
        match found.value:
            case Missing():
                value: float | None = missing
            case Unknown():
                return Undecided((found.path,))
            case bool():
                return wrong(found, "a number")
            case int() | float() as number:
                value = number
            case str(text) if text.isdecimal() and len(text) < 10:
                value = int(text)
            case _:
                return wrong(found, "a number")
        # One that is not a number at all (nan) is within nothing.
        return None if value is not None and least <= value and (most is None or value <= most) else self.broken(found)
