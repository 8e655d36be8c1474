"""What is counted of a window's rows: enough for every comparison, and of two parts of a window the sum is that of the whole."""

import msgspec


class ColumnCounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column in one window. `rows` = missing + wrong + infinite + the sum of `counts`."""

    rows: int
    missing: int
    """Without a value, or without the column."""
    wrong: int
    """Of another type than the contract says; no cell of these is looked at further."""
    infinite: int
    """NaN or infinite."""
    counts: tuple[int, ...]
    """In the bins of the baseline's column."""

    def __add__(self, other: "ColumnCounts") -> "ColumnCounts":
        return ColumnCounts(
            self.rows + other.rows,
            self.missing + other.missing,
            self.wrong + other.wrong,
            self.infinite + other.infinite,
            tuple(one + two for one, two in zip(self.counts, other.counts, strict=True)),
        )


class Counts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rows of one version in one window, or in a part of it."""

    rows: int
    columns: dict[str, ColumnCounts]

    def __add__(self, other: "Counts") -> "Counts":
        names = dict.fromkeys([*self.columns, *other.columns])
        return Counts(self.rows + other.rows, {name: _sum(self.columns.get(name), other.columns.get(name)) for name in names})


def _sum(one: ColumnCounts | None, two: ColumnCounts | None) -> ColumnCounts:
    known = [counts for counts in (one, two) if counts is not None]
    return known[0] if len(known) == 1 else known[0] + known[1]
