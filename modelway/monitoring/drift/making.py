"""Makes a baseline out of what a model learned from, or was validated on."""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from msgspec import json
from msgspec.structs import replace
from numpy.typing import NDArray

from modelway.architecture.contract import Contract
from modelway.architecture.drift import Drift
from modelway.contracts.engine import Engine
from modelway.contracts.engine import opened as engine_of
from modelway.errors import ModelwayError
from modelway.monitoring.drift import metrics
from modelway.monitoring.drift.answers import NotSaid, answer, label_column
from modelway.monitoring.drift.baseline import SCHEMA, Baseline, Column, Reached, hashed
from modelway.monitoring.drift.binning import binned, bins_of
from modelway.monitoring.drift.calibrating import calibrated
from modelway.monitoring.drift.cells import TIME, Cell
from modelway.monitoring.drift.counting import count, opened
from modelway.monitoring.drift.looking import about_time
from modelway.monitoring.drift.reading import NoReference, Rows, Told, read
from modelway.monitoring.drift.sample import Sample, frequent, in_seasons, sampled
from modelway.monitoring.drift.usable import judge, tell_unreached

SAMPLE = 500_000
"""Most rows that bins and noise are found from; all rows are counted."""
CELLS = 25_000_000
"""Most cells of those, so that a thousand columns fit into memory as well."""
LEAST = 10_000
MISSING, OF_ANOTHER_TYPE, INFINITE = -1, -2, -3


def make(
    data: Sequence[Path],
    *,
    model: str,
    version: str,
    contract: Contract,
    drift: Drift,
    window_seconds: int,
    labels: str | None = None,
    seed: int | None = None,
    told: Told = lambda _: None,
) -> Baseline:
    """The baseline of a version: inputs, outputs as far as the data have them, and the column of groups, with their noise; by season where
    one is declared and rows have a time; what metrics of the contract were reached, where answers and labels are there. `labels` is the
    column of labels; without it the contract's, where it is clear which one that is.

    No value of a row is in it: numbers are counts in bins, categories hashes of values that at least five rows have. The same files, in
    the same order, and the same contract give the same baseline: salt and `seed` come from their digests. Raises NoReference, with
    everything that is wrong with the data at once.
    """
    group = drift.parity.group if drift.parity else None
    label, unclear = _label(contract, group, labels)
    digest = _digest_of(data)
    salt = hashlib.sha256(f"{digest} {contract_digest(contract)}".encode()).hexdigest()[:32]
    chosen = int(salt[:12], 16) if seed is None else seed
    empty = Baseline(SCHEMA, model, version, 0, contract_digest(contract), digest, salt, (), window_seconds)
    with tempfile.TemporaryDirectory(prefix="modelway-baseline-") as made:
        folder = Path(made)
        rows = read(data, contract, [name for name in (group, label) if name], folder, told)
        kept = [cell for cell in rows.cells if cell.role != "group" or cell.column == group]
        _tell_missing(contract, drift, rows, label, labels, told)
        if unclear and contract.metrics:
            told(f"metrics are not looked at: {unclear}, or name it with --labels")
        most = max(LEAST, min(SAMPLE, CELLS // len(kept)))
        sample = Sample(sampled(rows, most, chosen, folder))
        told(f"{rows.number:,} rows, {len(kept):,} columns: counting")
        with engine_of(rows.files) as engine:
            bare = replace(empty, columns=tuple(_bare(cell, sample, engine, salt) for cell in kept))
            columns = _counted(bare, rows)
            judge(engine, columns, rows, contract, drift, label, told)
            if drift.seasonality is not None and rows.timed:
                columns = in_seasons(engine, columns, drift.seasonality, salt)
        told("finding what chance alone makes of windows")
        bins = np.stack([_bins(column, sample, salt) for column in columns], axis=1)
        times = sample.numbers(TIME) if rows.timed else None
        columns, tests, windows = calibrated(columns, bins, times, window_seconds, chosen)
        reached, confidence = _reached(contract, columns, sample, rows, label, salt, times, window_seconds)
        there = {cell.column: cell.role for cell in rows.cells}
        if label in there and "output" in there.values():
            with engine_of(rows.files) as engine:
                tell_unreached(engine, contract, str(label), reached, told)
    done = replace(
        empty,
        rows=rows.number,
        columns=columns,
        windows=windows,
        tests=tests,
        seasonality=drift.seasonality if rows.timed else None,
        reached=reached,
        confidence=confidence,
    )
    if about := about_time(done):
        told(about)
    return done


def contract_digest(contract: Contract) -> str:
    """sha256 of a contract, in hex: that of its values, however its file is written."""
    return hashlib.sha256(json.encode(contract.model_dump(mode="json"), order="deterministic")).hexdigest()


def save(content: bytes, file: Path) -> str:
    """Writes the file whole or not at all, and returns its sha256 in hex. Raises ModelwayError where it cannot be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(descriptor, "wb") as written:
                written.write(content)
                written.flush()
                os.fsync(written.fileno())
            # As a file that is written in the usual way would be read by others.
            mask = os.umask(0)
            os.umask(mask)
            Path(name).chmod(0o666 & ~mask)
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ModelwayError(f"{file} cannot be written: {error.strerror}.") from None
    return hashlib.sha256(content).hexdigest()


def _digest_of(data: Sequence[Path]) -> str:
    whole = hashlib.sha256()
    for file in data:
        try:
            with file.open("rb") as content:
                whole.update(hashlib.file_digest(content, "sha256").digest())
        except OSError as error:
            raise NoReference(f"{file} cannot be read: {error.strerror}.") from None
    return whole.hexdigest()


def _label(contract: Contract, group: str | None, named: str | None) -> tuple[str | None, str]:
    """The column of labels, where it is named or clear, or why it is not."""
    if named is not None:
        if contract.column_type(named) is None:
            there = f"; there are {', '.join(list(contract.expectations)[:12])}" if contract.expectations else ""
            raise NoReference(
                f"the contract has no column {named}{there}: name one of them, or add `{named}: {{type: …}}` to its expectations."
            )
        return named, ""
    try:
        return label_column(contract, group), ""
    except NotSaid as fault:
        return None, str(fault)


def _tell_missing(contract: Contract, drift: Drift, rows: Rows, label: str | None, named: str | None, told: Told) -> None:
    """Says what is watched and cannot be compared with anything."""
    there = {cell.column for cell in rows.cells}
    outputs = [tensor.name for tensor in contract.signature.outputs]
    missing = [name for name in outputs if name not in there]
    if named is not None and named not in there:
        raise NoReference(f"{named}: the column of labels is missing.")
    if drift.concept is not None and label is not None and label not in there:
        told(f"the data have no labels ({label}), so what was reached is what the contract says, and nothing is estimated early")
    if missing and (drift.prediction is not None or drift.concept is not None):
        told(f"the data have no column {', '.join(missing)}, so later answers are compared with nothing: add what the version answers")
    if drift.parity is not None and drift.parity.group not in there:
        told(f"the data have no column {drift.parity.group}, so nothing is known of its groups")
    if drift.seasonality is not None and not rows.timed:
        told("seasonality is declared and no row has a time, so windows are compared with all rows: name its column by ordered_by")


def _bare(cell: Cell, sample: Sample, engine: Engine, salt: str) -> Column:
    """A column with its bins, and nothing counted yet."""
    if cell.kind == "category":
        rows = [(-many, hashed(salt, str(value))) for value, many in engine.rows(frequent(engine, cell.name)) if isinstance(many, int)]
        return Column(cell.name, cell.role, "category", 0, 0, categories=tuple(name for _, name in sorted(rows)))
    values = sample.numbers(cell.name)
    values = values[np.isfinite(values)]
    if not values.size:
        return Column(cell.name, cell.role, "number", 0, 0)
    bins = bins_of(values)
    return Column(
        cell.name, cell.role, "number", 0, 0, cuts=bins.cuts, low=bins.low, high=bins.high, positions=bins.positions, scale=bins.scale
    )


def _counted(bare: Baseline, rows: Rows) -> tuple[Column, ...]:
    """All rows in the bins of the columns, by the same code that counts windows."""
    with opened(rows.files) as table:
        found = count(table, bare).columns
    return tuple(
        replace(
            column,
            rows=rows.number,
            missing=found[column.name].missing,
            wrong=found[column.name].wrong,
            infinite=found[column.name].infinite,
            counts=found[column.name].counts,
        )
        for column in bare.columns
    )


def _bins(column: Column, sample: Sample, salt: str) -> NDArray[np.int16]:
    """Bin of each row of the sample, or why it has none, as `calibrated` takes them."""
    name = column.name
    if column.kind == "category":
        known = {category: place for place, category in enumerate(column.categories)}
        texts, places = sample.distinct(name)
        codes = np.array([MISSING if text is None else known.get(hashed(salt, text), len(known)) for text in texts], dtype=np.int16)
        made = codes[places]
    else:
        values = sample.numbers(name)
        finite = np.isfinite(values)
        made = np.full(values.size, INFINITE, dtype=np.int16)
        made[finite] = binned(values[finite], column.cuts)
        made[sample.missing(name)] = MISSING
    made[sample.wrong(name)] = OF_ANOTHER_TYPE
    return made


def _reached(
    contract: Contract,
    columns: Sequence[Column],
    sample: Sample,
    rows: Rows,
    label: str | None,
    salt: str,
    times: NDArray[np.float64] | None,
    window_seconds: int,
) -> tuple[tuple[Reached, ...], tuple[tuple[float, float, int], ...]]:
    """What metrics the answers reach, and how sure answers are and should be; nothing where the data lack answers or labels."""
    by_column = {cell.column: cell for cell in rows.cells if cell.element in (None, 0)}
    answers = {name: sample.values(cell) for name, cell in by_column.items() if cell.role == "output"}
    if label not in by_column or not answers:
        return (), ()
    truth = sample.values(by_column[label])
    groups = {column.name: sample.values(by_column[column.name]) for column in columns if column.name in by_column and _few(column)}
    reached = metrics.reached(answers, truth, contract, groups=groups, salt=salt, times=times, window_seconds=window_seconds)
    try:
        # An output with one value in each row is a column of its own here, and an element in a request's rows.
        probability = answer(contract, "confidence", "probability").column.removesuffix("[0]")
    except NotSaid:
        return reached, ()
    return reached, metrics.confidence(answers[probability], truth) if probability in answers else ()


def _few(column: Column) -> bool:
    """Whether a column may say who belongs to which of a few groups."""
    if column.role == "output":
        return False
    # Of numbers: each value has a bin of its own, which takes two cuts.
    filled = sum(1 for rows in column.counts if rows)
    return column.role == "group" or filled <= metrics.MOST_SEGMENTS
