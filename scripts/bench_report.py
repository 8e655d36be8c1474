"""What a report of many changes costs, held against reading its digest."""

import statistics
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from scripts.many_changes import write_digest

ROOT = Path(__file__).resolve().parents[1]

PARSING = """
import gc, json, sys, time
gc.set_threshold(50_000)
data = open(sys.argv[1], "rb").read()
started = time.process_time()
json.loads(data)
print(time.process_time() - started, 0)
"""
REPORTING = """
import gc, resource, sys, time
from pathlib import Path
from modelway.preview.assembling import assemble
from modelway.preview.sources import Sources
gc.set_threshold(50_000)
started = time.process_time()
assemble([Sources(digest=Path(sys.argv[1]))])
print(time.process_time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@cache
def reporting(changes: int = 10_000, rounds: int = 5) -> tuple[float, float]:
    """Processor time of a report of many changes, to that of `json.loads` of the same bytes, the verb's collector in both; and the most
    memory of the whole process, to the size of the file. Medians."""
    with tempfile.TemporaryDirectory(prefix="modelway-bench-") as name:
        file = Path(name) / "digest.json"
        write_digest(file, changes)
        ratios, peaks = [], []
        for _ in range(rounds + 1):
            said = [
                subprocess.run(
                    [sys.executable, "-c", program, str(file)], cwd=ROOT, capture_output=True, text=True, check=True
                ).stdout.split()
                for program in (PARSING, REPORTING)
            ]
            ratios.append(float(said[1][0]) / float(said[0][0]))
            peaks.append(float(said[1][1]) / file.stat().st_size)
        return statistics.median(ratios[1:]), statistics.median(peaks[1:])
