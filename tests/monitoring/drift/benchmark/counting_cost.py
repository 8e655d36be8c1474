"""What counting many rows costs: seconds and the most memory, in a process of its own; and rows for it, half of whose columns are hard.

`python -m tests.monitoring.drift.benchmark.counting_cost made FOLDER ROWS` writes a window's rows and a reference;
`… counted FOLDER` prints seconds on the clock and MiB of counting them, and `… looked FOLDER` the same of the whole look at them.
"""

import json
import resource
import sys
import time
from pathlib import Path

import duckdb
import pyarrow.parquet as parquet

from modelway.architecture.contract import Contract
from modelway.architecture.drift import Drift
from modelway.monitoring.drift.counting import count, opened
from modelway.monitoring.drift.looking import look
from modelway.monitoring.drift.making import make

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
HOUR = 3600


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


def contract() -> Contract:
    inputs = [{"name": f"f{number}", "datatype": "BYTES" if number % 5 == 4 else "FP64", "shape": [-1]} for number in range(FEATURES)]
    sample = [one | {"shape": [1], "data": ["red" if one["datatype"] == "BYTES" else 1.0]} for one in inputs]
    signature = {"inputs": inputs, "outputs": [{"name": "answer", "datatype": "FP64", "shape": [-1]}]}
    return Contract.model_validate_json(json.dumps({"signature": signature, "sample": {"inputs": sample}}))


def taken(folder: Path, what: str) -> tuple[float, float]:
    """Seconds on the clock, without what is done at a release, and MiB. Raises RuntimeError where a row got lost."""
    promised, drift = contract(), Drift.model_validate({"data": {}})
    known = make([folder / "reference.parquet"], model="many", version="1", contract=promised, drift=drift, window_seconds=HOUR)
    started = time.monotonic()
    with opened([folder / "window.parquet"]) as table:
        found = count(table, known)
    if what == "looked":
        look(known, found, drift, promised, start=0, window_seconds=HOUR, minimum=1000)
    seconds = time.monotonic() - started
    rows = parquet.read_metadata(folder / "window.parquet").num_rows
    if any(sum(column.counts) + column.missing != rows for column in found.columns.values()):
        raise RuntimeError("rows got lost")
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments: list[str]) -> None:
    if arguments[0] == "made":
        made(Path(arguments[1]), int(arguments[2]))
    else:
        sys.stdout.write(f"{' '.join(map(str, taken(Path(arguments[1]), arguments[0])))}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
