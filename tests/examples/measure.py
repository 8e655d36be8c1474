"""Trains both example models and writes every parameter before rounding. Run as a process, for one kind of processor each.

Usage: measure.py OUT; afterwards OUT/<model>/<version>/model.json and OUT/parameters.json exist.
"""

import json
import runpy
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from examples import training

ROOT = Path(__file__).resolve().parents[2]
out = Path(sys.argv[1])
parameters: list[tuple[str, float]] = []
rounded = training.Rounding.__call__


def remember(self: training.Rounding, name: str, value: float) -> float:
    """Rounds, and keeps what was rounded."""
    parameters.append((name, float(value)))
    return rounded(self, name, value)


training.Rounding.__call__ = remember  # type: ignore[method-assign]
for model in ("tumor-screening", "co2-forecast"):
    runpy.run_path(str(ROOT / "examples" / model / "train.py"))["main"](out / model)
(out / "parameters.json").write_text(json.dumps(parameters), "utf-8")
