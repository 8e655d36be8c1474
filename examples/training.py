"""What the training scripts share: rounding that every processor agrees on, and files that are the same byte for byte."""

import argparse
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from importlib.metadata import version
from pathlib import Path

DIGITS = 6
"""Significant digits of a stored parameter."""

MARGIN = 1e-3
"""Least distance of a parameter from the next rounding boundary, in units of its last digit.

Processors disagree by about 1e-12 of a value (order of summation), which is 1e-6 of the sixth digit: a thousandth of this margin.
"""


class TooCloseToCall(Exception):
    """Another processor could round this parameter the other way."""


class Rounding:
    """Rounds parameters to DIGITS significant digits and remembers the closest call."""

    def __init__(self) -> None:
        self.margin = 0.5

    def __call__(self, name: str, value: float) -> float:
        """`value` rounded. Raises TooCloseToCall when it is within MARGIN of a boundary, ValueError when it is not finite."""
        if not math.isfinite(value):
            raise ValueError(f"{name} is {value}")
        if value == 0:
            return 0.0
        exact = Decimal(float(value))
        unit = Decimal(1).scaleb(exact.adjusted() - DIGITS + 1)
        kept = exact.quantize(unit, rounding=ROUND_HALF_EVEN)
        margin = float(Decimal("0.5") - abs(exact - kept) / unit)
        if margin < MARGIN:
            raise TooCloseToCall(f"{name} = {value!r} is {margin:.1e} last digits from a rounding boundary; the least is {MARGIN:.0e}")
        self.margin = min(self.margin, margin)
        return float(kept)


def fingerprint(columns: Sequence[str], rows: Sequence[Sequence[float]]) -> str:
    """SHA-256 of the data written as CSV: a header, then shortest exact decimals, `\\n` after every line."""
    lines = [",".join(columns), *(",".join(repr(float(value)) for value in row) for row in rows)]
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


@dataclass(frozen=True)
class Dataset:
    """Where data come from, by the name that model files call them."""

    name: str
    source: str
    license: str

    def part(self, part: str, columns: Sequence[str], rows: Sequence[Sequence[float]]) -> Mapping[str, object]:
        """What a model file says of some of its rows, under `training.data`."""
        told = {"name": self.name, "part": part, "sha256": fingerprint(columns, rows), "source": self.source}
        return {**told, "rows": len(rows), "license": self.license}


def store(folder: Path, weights: Mapping[str, object], record: Mapping[str, object], libraries: Sequence[str]) -> str:
    """`folder` holds model.json (the weights) and training.json (where they come from). Returns the weights' SHA-256.

    model.json depends on data and parameters alone; training.json names library versions as well. What a model file says of the version is
    in it as it stands there: `data.parts` as `training.data`, `metrics` as `evaluation.metrics`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = _write(folder / "model.json", weights)
    digest = hashlib.sha256(content).hexdigest()
    origin = {"libraries": {name: version(name) for name in sorted(libraries)}, "weights": {"file": "model.json", "sha256": digest}}
    _write(folder / "training.json", {**record, **origin})
    return digest


def output_folder(description: str | None) -> Path:
    """The folder given as `--out` on the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="gets VERSION/model.json and VERSION/training.json")
    return Path(parser.parse_args().out)


def _write(file: Path, content: Mapping[str, object]) -> bytes:
    text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n"
    file.write_text(text, "utf-8", newline="\n")
    return text.encode()
