"""What counting many rows costs: seconds and the most memory, in a process of its own; and rows for it, half of whose columns are hard.

`python -m tests.monitoring.drift.benchmark.counting_cost made FOLDER ROWS` writes a window's rows and a reference;
`… counted FOLDER` prints seconds on the clock and MiB of counting them, and `… looked FOLDER` the same of the whole look at them.
"""

import resource
import sys
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as parquet

from modelway.monitoring.drift.baseline import Baseline, Column, hashed
from modelway.monitoring.drift.binning import FEWEST, binned, bins_of
from modelway.monitoring.drift.counting import count, opened

FEATURES = 50
REFERENCE_ROWS = 50_000
NUMBERS = (
    "sqrt(-2 * ln(random() + 1e-12)) * cos(6.283185 * random())",
    "CASE WHEN random() < 0.7 THEN 0.0 ELSE -40 * ln(random() + 1e-12) END",
    "floor(random() * 20)::DOUBLE",
    "exp(3 + sqrt(-2 * ln(random() + 1e-12)) * cos(6.283185 * random()))",
    "CASE WHEN random() < 0.05 THEN NULL ELSE random() * 100 END",
)
TEXTS = ("['red', 'green', 'blue', 'grey'][1 + (random() * random() * 4)::INT % 4]", "'k' || (random() * random() * 200)::INT")
SALT = "00" * 16
"""Of these rows nobody needs protection."""


def made(folder: Path, rows: int) -> None:
    """40 columns of numbers and 10 of text; a fifth of the numbers is zero-inflated, a fifth has few values, a fifth gaps."""
    columns = [
        f"{TEXTS[number % len(TEXTS)] if number % 5 == 4 else NUMBERS[(number // 5 + number) % len(NUMBERS)]} AS f{number}"
        for number in range(FEATURES)
    ]
    for name, many in (("reference", REFERENCE_ROWS), ("window", rows)):
        asked = f"SELECT 'id-' || i AS _id, i::DOUBLE AS _time, [] :: VARCHAR[] AS _wrong, {', '.join(columns)} FROM range({many}) made(i)"
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({asked}) TO '{folder / name}.parquet' (FORMAT parquet)")


def baseline(folder: Path) -> Baseline:
    """Of the reference: bins and categories, and no noise, which counting does not look at."""
    table = parquet.read_table(folder / "reference.parquet")
    columns = []
    for name in (f"f{number}" for number in range(FEATURES)):
        values = table[name].drop_null().to_numpy(zero_copy_only=False)
        there = {"name": name, "role": "input", "rows": len(table), "missing": len(table) - len(values)}
        if values.dtype == np.float64:
            bins = bins_of(values)
            counts = np.bincount(binned(values, bins.cuts), minlength=len(bins.cuts) + 1)
            columns.append(Column(**there, kind="number", cuts=bins.cuts, counts=tuple(map(int, counts))))
        else:
            known, rows = np.unique(values.astype(str), return_counts=True)
            often = {hashed(SALT, value): int(many) for value, many in zip(known, rows, strict=True) if many >= FEWEST}
            columns.append(Column(**there, kind="category", categories=tuple(often), counts=(*often.values(), 0)))
    return Baseline(1, "many", "1", len(table), "", "", SALT, tuple(columns), 3600)


def counted(folder: Path) -> tuple[float, float]:
    known = baseline(folder)
    started = time.monotonic()
    with opened([folder / "window.parquet"]) as table:
        found = count(table, known)
    taken = time.monotonic() - started
    rows = parquet.read_metadata(folder / "window.parquet").num_rows
    if any(sum(column.counts) + column.missing != rows for column in found.columns.values()):
        raise RuntimeError("rows got lost")
    return taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments: list[str]) -> None:
    if arguments[0] == "made":
        made(Path(arguments[1]), int(arguments[2]))
    else:
        sys.stdout.write(f"{' '.join(map(str, counted(Path(arguments[1]))))}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
