"""What was found in one window of one version, as plain data: the file that a job leaves behind."""

from typing import Literal

import msgspec

from modelway.errors import ModelwayError
from modelway.monitoring.drift.counts import Counts

SCHEMA = 1

Watch = Literal["data", "prediction", "quality", "concept", "parity"]
"""Kinds of what is looked at; each has a state and an alarm of its own."""
State = Literal["steady", "drifted", "unknown"]
"""`unknown`: not enough data, or what is needed is not there. It is neither of the others."""


class NoResult(ModelwayError):
    """A file that is no result."""


class Finding(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One comparison."""

    watch: Watch
    subject: str
    """Column, metric, or the column of groups."""
    method: str
    """Statistic, rate, metric or detector: psi, ks, …, missing, unseen, outside, wrong, infinite, volume, freshness, roc_auc, adwin, …"""
    state: State
    rows: int
    """Rows that it was computed from."""
    why: str
    """One sentence without its end, and without a value of a row."""
    score: float | None = None
    threshold: float | None = None
    """What the score has to pass at this number of rows."""
    chance: float | None = None
    """Probability of such a score where nothing has changed, before it is corrected for how many are looked at."""
    effect: float | None = None
    """Share of rows that went elsewhere, above what chance does; or how much a metric lost."""
    low: float | None = None
    high: float | None = None
    """Interval of 95 % of the score, where there is one."""
    estimated: bool = False
    """Whether labels were not there, and this is an estimate."""
    segment: str | None = None
    """Group that it is about, by its hash or by its name where the contract lets it be shown."""
    sure: bool = False
    """Whether it has drifted so much that one window is enough for an alarm, where no votes are declared."""


class Accounting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What was read, and what of it could not be used: nothing is left out silently. Counts of records unless said otherwise."""

    files: int = 0
    rows: int = 0
    duplicates: int = 0
    """With an id that came before."""
    unparsable: int = 0
    """Lines that are no record."""
    damaged_files: int = 0
    """Cut off, or not what their name says; what could be read of them is used."""
    refused_files: int = 0
    """Larger once unpacked than a file may be."""
    unknown_version: int = 0
    without_time: int = 0
    mixed_zones: int = 0
    """Times without a zone beside times with one; they are taken as UTC."""
    future: int = 0
    late: int = 0
    """Came after the window had been looked at; it was looked at again."""
    schema_changes: int = 0
    """Columns that changed their type or came and went within the window."""
    unanswered: int = 0
    """Requests without an answer, and answers without a request."""
    labels: int = 0
    labels_unknown: int = 0
    """For ids that none of these requests has: of other windows, or of nobody."""
    labels_twice: int = 0
    """Second ones for an id; where they differ neither counts."""
    labels_missing: int = 0
    """Requests whose label is due and not there."""
    other_models: int = 0
    """Of another model."""
    misplaced: int = 0
    """With a time that their file does not have by its name or by when it was written: they count in no window."""


OF_LABELS = ("labels", "labels_unknown", "labels_twice", "labels_missing")
"""Counts of an Accounting that are known once the labels of a window are due."""


class Alarm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a kind of drift is an alarm: k of the last n windows have drifted."""

    watch: Watch
    state: State
    """Of this window."""
    raised: bool
    """Whether it is an alarm now."""
    changed: bool
    """Whether it was not before, or is not any more."""
    drifted: int
    """Windows of the last `of` that have drifted."""
    needed: int
    of: int
    unknown: int = 0
    """Windows of the last `of` of which nothing is known."""


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One window."""

    schema: int
    environment: str
    endpoint: str
    version: str
    start: int
    """Seconds since 1970, inclusive."""
    end: int
    """Exclusive."""
    revision: int
    """1 for the first look at the window; one more for each after late data."""
    made: int
    """When, in seconds since 1970."""
    inputs: str
    """sha256 over names and sizes of the files it was made from: the same means that nothing is to be done."""
    baseline: str
    """sha256 of it."""
    counts: Counts
    accounting: Accounting
    findings: tuple[Finding, ...]
    alarms: tuple[Alarm, ...] = ()
    held: int = 0
    """Bytes of the files it was made from."""
    labelled: bool = False
    """Whether its labels were due, and were looked at."""
    settings: str = ""
    """sha256 over what was watched, the contract and the baseline, with which it was looked at."""


def written(result: Result) -> bytes:
    return msgspec.json.format(msgspec.json.encode(result, order="deterministic"), indent=1) + b"\n"


def read(content: bytes, name: str) -> Result:
    """Raises NoResult."""
    try:
        return msgspec.json.decode(content, type=Result)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise NoResult(f"{name} is no result of a window: {fault}.") from None
