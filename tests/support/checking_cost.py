"""What a check of 10 million rows costs, held against DuckDB's own smallest and largest value of each column of the same Parquet file.

`python -m tests.support.checking_cost [ROWS]` prints the ratio of time, the median of turns, and the most memory of the check in MiB. Both
read every value: DuckDB would answer the plain question from the file's footer, which a check does not believe.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from modelway.contracts.engine import opened
from modelway.contracts.evaluating import evaluate
from modelway.contracts.source import source
from tests.contracts.example import contract

MADE = """
COPY (
  SELECT random() * 90000 AS x, (random() * 4)::INT % 4 AS dependants, random() AS y, ['car', 'house', 'other'][1 + (i % 3)] AS purpose,
    TIMESTAMP '2026-01-01' + to_seconds(i) AS applied_at, 'customer-' || i AS customer
  FROM range({rows}) made(i)
) TO '{file}' (FORMAT parquet)
"""
COLUMNS = ("x", "dependants", "y", "purpose", "applied_at", "customer")
ASKED = contract(
    {
        "x": {"range": (0.0, 100_000.0)},
        "dependants": {"type": "integer", "values": (0, 1, 2, 3)},
        "y": {"range": (0.0, 1.0)},
        "purpose": {"type": "text", "values": ("car", "house", "other")},
        "applied_at": {"type": "timestamp"},
        "customer": {"type": "text"},
    },
    ordered_by="applied_at",
)


def plain(file: Path) -> None:
    with opened([file]) as engine:
        asked = ", ".join(f"min({name}), max({name})" for name in COLUMNS)
        engine.rows(f"SELECT count(*), {asked} FROM read_parquet({engine.link(0)})")


def checked(file: Path) -> None:
    outcome = evaluate(ASKED, source(str(file))).outcome
    if outcome != "passed":
        raise RuntimeError(outcome)


def main(arguments: list[str]) -> None:
    if arguments[:1] in (["plain"], ["checked"]):
        started = time.process_time()
        {"plain": plain, "checked": checked}[arguments[0]](Path(arguments[1]))
        _say(time.process_time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    with tempfile.TemporaryDirectory(prefix="modelway-bench-") as folder:
        file = Path(folder) / "rows.parquet"
        with duckdb.connect() as connection:
            connection.execute(MADE.format(rows=int(arguments[0]) if arguments else 10_000_000, file=file))
        turns = [{what: _turn(what, file) for what in ("plain", "checked")} for _ in range(5)]
    _say(statistics.median(turn["checked"][0] / turn["plain"][0] for turn in turns), max(turn["checked"][1] for turn in turns))


def _say(*figures: float) -> None:
    sys.stdout.write(f"{' '.join(map(str, figures))}\n")


def _turn(what: str, file: Path) -> tuple[float, float]:
    """Seconds of processor time and MiB, in a process of its own."""
    command = [sys.executable, "-m", "tests.support.checking_cost", what, str(file)]
    seconds, memory = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(seconds), float(memory)


if __name__ == "__main__":
    main(sys.argv[1:])
