"""What is held beside ours: a test of each column at 5 %, and the rules that Evidently goes by where nobody tells it otherwise."""

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
from scipy import spatial, stats

from tests.monitoring.drift.benchmark.sources import Table

WORKER = Path(__file__).with_name("evidently_worker.py")


@dataclass(frozen=True)
class Said:
    """Of one window."""

    named: frozenset[str] = frozenset()
    """Columns that have drifted."""
    share: float = 0.0
    """Of the columns."""
    failed: frozenset[str] = frozenset()
    """Columns of which nothing could be said."""


Judge = Callable[[Table, Table, Sequence[str]], Said]
"""Takes reference, window, and the columns to look at."""


def tested(reference: Table, window: Table, columns: Sequence[str]) -> Said:
    """Kolmogorov-Smirnov (asymptotic) for numbers and chi-squared for the rest, each at 5 %. Missing values are left out."""
    found = {name: _p_value(reference[name], window[name]) for name in columns}
    return _said({name: None if p is None else p < 0.05 for name, p in found.items()})


def like_evidently(reference: Table, window: Table, columns: Sequence[str]) -> Said:
    """Evidently 0.7's default rules, written down again so that a test can do without its environment. Benches ask the real one, and
    `measuring alike` counts where the two differ."""
    return _said({name: _drifted(_known(reference[name]), _known(window[name])) for name in columns})


@contextmanager
def evidently(interpreter: Path, environment: dict[str, str]) -> Iterator[Judge]:
    """The real one, in a process of its own for as long as the context lasts."""
    command = [str(interpreter), str(WORKER)]
    with (
        TemporaryDirectory(prefix="modelway-evidently-") as folder,
        subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        last: list[Table] = []

        def judge(reference: Table, window: Table, columns: Sequence[str]) -> Said:
            if not last or last[0] is not reference:
                last[:] = [reference]
                write(reference, Path(folder) / "reference.parquet")
                asked: dict[str, object] = {"reference": f"{folder}/reference.parquet"}
            else:
                asked = {}
            write(window, Path(folder) / "window.parquet")
            asked |= {"window": f"{folder}/window.parquet", "columns": list(columns)}
            process.stdin.write(json.dumps(asked) + "\n")
            process.stdin.flush()
            return _said(json.loads(process.stdout.readline()))

        yield judge
        process.stdin.close()


def write(table: Table, file: Path) -> None:
    """As Parquet: numbers as doubles, everything else as text; NaN is no value."""
    parquet.write_table(pa.table({name: pa.array(values, from_pandas=True) for name, values in table.items()}), file)


def _said(drifted: dict[str, bool | None]) -> Said:
    named = frozenset(name for name, found in drifted.items() if found)
    return Said(named, len(named) / max(len(drifted), 1), frozenset(name for name, found in drifted.items() if found is None))


def _known(values: np.ndarray) -> np.ndarray:
    return values[np.isfinite(values)] if values.dtype == np.float64 else values[np.array([value is not None for value in values], bool)]


def _counted(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How often each value is there, in both."""
    keys, where = np.unique(np.concatenate([one, other]).astype(one.dtype if one.dtype != object else str), return_inverse=True)
    return np.bincount(where[: len(one)], minlength=len(keys)), np.bincount(where[len(one) :], minlength=len(keys))


def _p_value(reference: np.ndarray, window: np.ndarray) -> float | None:
    one, other = _known(reference), _known(window)
    if not len(one) or not len(other):
        return None
    if one.dtype == np.float64:
        return float(stats.ks_2samp(one, other, method="asymp").pvalue)
    table = np.array(_counted(one, other))
    return float(stats.chi2_contingency(table)[1]) if table.shape[1] > 1 else 1.0


def _drifted(reference: np.ndarray, window: np.ndarray) -> bool | None:
    if not len(reference) or not len(window):
        return None
    before, now = _counted(reference, window)
    number, values = reference.dtype == np.float64, len(before)
    if len(reference) <= 1000:
        if number and values > 5:
            return bool(stats.ks_2samp(reference, window)[1] <= 0.05)
        return _proportions(before, now) if values <= 2 else _chi_squared(before, now)
    if number and values > 5:
        return bool(stats.wasserstein_distance(reference, window) / max(float(np.std(reference)), 0.001) >= 0.1)
    return bool(spatial.distance.jensenshannon(_filled(before / len(reference)), _filled(now / len(window))) >= 0.1)


def _proportions(before: np.ndarray, now: np.ndarray) -> bool:
    if len(before) == 1:
        return False
    many, few = before.sum(), now.sum()
    one, other = before[-1] / many, now[-1] / few
    both = (before[-1] + now[-1]) / (many + few)
    z = (one - other) / np.sqrt(both * (1 - both) * (1 / many + 1 / few))
    return bool(2 * (1 - stats.norm.cdf(abs(z))) < 0.05)


def _chi_squared(before: np.ndarray, now: np.ndarray) -> bool:
    expected = before * (now.sum() / before.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        score = ((now - expected) ** 2 / expected).sum()
    return bool(stats.chi2.sf(score, len(before) - 1) < 0.05)


def _filled(shares: np.ndarray) -> np.ndarray:
    least = shares[shares > 0].min()
    return np.where(shares == 0, least / 10**6 if least <= 0.0001 else 0.0001, shares)
