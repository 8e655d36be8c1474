"""What a version learned from, as far as later rows are compared with it: counts in bins and hashes, and no value of a row."""

import hashlib
import hmac
from typing import Literal

import msgspec

from modelway.errors import ModelwayError

SCHEMA = 1

Role = Literal["input", "output", "group"]
Kind = Literal["number", "category"]


class NoBaseline(ModelwayError):
    """A file that is no baseline, or not the one that was meant."""


class Noise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the square of a score is by chance alone, where nothing has changed; see `noise.squared`. Of a share of rows, the share itself.

    Of rows drawn one by one out of the reference: `means` and `variances` at `sizes` rows (ascending; the larger of two samples counts as
    endless, so ask at n·N/(n+N) for a window of n rows and a reference of N). Of time: what windows of the reference, each as long as
    those that are looked at, have beside that; 0 where its rows have no time.
    """

    sizes: tuple[int, ...]
    means: tuple[float, ...]
    variances: tuple[float, ...]
    natural_mean: float = 0.0
    natural_variance: float = 0.0
    natural_persistence: float = 0.0
    """Correlation of what time adds in one window with the next."""


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One column of the reference."""

    name: str
    role: Role
    kind: Kind
    rows: int
    missing: int
    """Rows without a value."""
    wrong: int = 0
    """Rows whose value is of another type."""
    infinite: int = 0
    """Rows with NaN or an infinite number."""
    counts: tuple[int, ...] = ()
    """Rows in each bin. Numbers: bin i holds cuts[i-1] < x <= cuts[i], so there is one more than cuts. Categories: in the order of
    `categories`, and then one more for all others."""
    cuts: tuple[float, ...] = ()
    """Ascending. The first and the last ones bound what the reference holds but for its absurd values, see `low` and `high`. A value that
    comes often has a bin of its own: the number just below it is a cut, and so is it."""
    low: float | None = None
    """Smallest number that is not out of range; a cut is just below it."""
    high: float | None = None
    """Largest one, and a cut."""
    positions: tuple[float, ...] = ()
    """Where the rows of each bin are taken to be, in units of `scale`."""
    scale: float = 1.0
    """A standard deviation that no single value can move: what Wasserstein distances are divided by."""
    categories: tuple[str, ...] = ()
    """Hashes of the values, most frequent first; see `hashed`."""
    seasons: dict[str, tuple[int, ...]] = {}
    """Counts by hour ("00".."23"), by weekday ("mon".."sun") or by both ("mon-00"), where seasonality is declared."""
    noise: dict[str, Noise] = {}
    """By statistic: psi, ks, wasserstein, jensen_shannon, chi_squared, and `moved`, the share of rows that went elsewhere; and
    `missing`, `wrong`, `infinite`, `outside`, `unseen`, which are shares of rows."""


class Reached(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How right the version was on the reference, where its labels are known."""

    metric: str
    value: float
    rows: int
    low: float
    """Lower end of the interval of 95 %."""
    high: float
    column: str | None = None
    """Where it was reached on one group alone: the column that says who belongs to it,"""
    segment: str | None = None
    """and the hash of the value there."""
    natural_variance: float = 0.0
    """What windows of the reference, each as long as those that are looked at, differ by beside what so few rows make of it; on the
    metric's scale (known.py), 0 where its rows have no time."""


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Everything that windows of a version are compared with."""

    schema: int
    model: str
    version: str
    rows: int
    contract: str
    """sha256 of the contract, as `contract_digest` gives it."""
    data: str
    """sha256 over the files that it was made from, in their order."""
    salt: str
    """What categories are hashed with, in hex."""
    columns: tuple[Column, ...]
    window_seconds: int
    """Length of the windows that `noise.natural_*` are of."""
    windows: int = 0
    """How many such windows the reference has; 0 where its rows have no time."""
    tests: float = 1.0
    """Independent tests that all columns together are worth: 1 where they move as one, their number where each moves alone."""
    seasonality: Literal["hour", "weekday", "hour_of_week"] | None = None
    reached: tuple[Reached, ...] = ()
    confidence: tuple[tuple[float, float, int], ...] = ()
    """Of a binary classifier with labels: answered probability (mean of the bin), how often it was right to, rows; what an estimate
    without labels goes by."""

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def hashed(salt: str, value: str) -> str:
    """A category as it stands in a baseline: the first 16 hex digits of an HMAC-SHA256 of its text."""
    return hmac.new(bytes.fromhex(salt), value.encode(), hashlib.sha256).hexdigest()[:16]


def written(baseline: Baseline) -> bytes:
    """The file: JSON, the same bytes for the same baseline."""
    return msgspec.json.format(msgspec.json.encode(baseline, order="deterministic"), indent=1) + b"\n"


def read(content: bytes, name: str, *, digest: str | None = None, model: str | None = None, version: str | None = None) -> Baseline:
    """The baseline in a file that is called `name`. Raises NoBaseline: other bytes than `digest` (sha256 in hex) says, of another model or
    version, of a newer schema, or no baseline at all."""
    found = hashlib.sha256(content).hexdigest()
    if digest is not None and found != digest:
        raise NoBaseline(f"{name} has the digest sha256:{found}, expected sha256:{digest}: it is another file, or was changed since.")
    try:
        schema = msgspec.json.decode(content, type=_Versioned).schema
        if schema > SCHEMA:
            raise NoBaseline(f"{name} has schema {schema}, and this Modelway reads up to {SCHEMA}: upgrade it.")
        baseline = msgspec.json.decode(content, type=Baseline)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise NoBaseline(f"{name} is no baseline: {fault}. Make one with `modelway drift baseline`.") from None
    for what, there, wanted in (("model", baseline.model, model), ("version", baseline.version, version)):
        if wanted is not None and there != wanted:
            raise NoBaseline(f"{name} is the baseline of {what} {there}, expected {wanted}.")
    return baseline


class _Versioned(msgspec.Struct):
    schema: int
