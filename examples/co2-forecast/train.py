"""Trains co2-forecast: next month's carbon dioxide at Mauna Loa by autoregression, on the series that statsmodels ships."""

import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from statsmodels.datasets import co2
from statsmodels.tsa.ar_model import AutoReg, AutoRegResults

# A script finds only its own folder; what it shares lies two levels up.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from examples.training import Dataset, Rounding, fingerprint, output_folder, store

VERSION = "2026.11.0"
DATASET = Dataset("mauna-loa-co2", "statsmodels.datasets.co2", "Public domain")
COLUMNS = ("year", "month", "ppm")
LAGS = 3
FIRST_HELD_OUT = (1992, 1)
"""Year and month. Everything before it trains, everything from it on is held out."""

Month = tuple[int, int]


@dataclass(frozen=True)
class Data:
    """Monthly means in parts per million, oldest first and without a gap."""

    months: tuple[Month, ...]
    ppm: tuple[float, ...]

    @property
    def split(self) -> int:
        """Index of the first month that is held out."""
        return self.months.index(FIRST_HELD_OUT)


def read() -> Data:
    """Weekly readings as monthly means, from the month after the last one without any reading.

    No gap is filled: interpolation would carry later readings into earlier months.
    """
    weeks: dict[Month, list[int]] = {}
    for day, reading in co2.load_pandas().data["co2"].items():
        # Readings have one decimal; whole tenths keep the mean free of rounding.
        month = weeks.setdefault((day.year, day.month), [])
        if not math.isnan(reading):
            month.append(round(reading * 10))
    months = sorted(weeks)
    start = max(index for index, month in enumerate(months) if not weeks[month]) + 1
    kept = tuple(months[start:])
    return Data(kept, tuple(round(sum(weeks[month]) / (10 * len(weeks[month])), 4) for month in kept))


def fit(data: Data) -> AutoRegResults:
    """The autoregression with one level per calendar month, from the training part alone."""
    return AutoReg(np.array(data.ppm[: data.split]), lags=LAGS, trend="c", seasonal=True, period=12).fit()


def parameters(data: Data, model: AutoRegResults) -> tuple[float, Mapping[int, float], list[float]]:
    """Intercept, offset per calendar month (1 to 12) and slope per lag (latest first), as fitted."""
    named = dict(zip(model.model.exog_names, (float(value) for value in model.params), strict=True))
    first = data.months[0][1]
    # statsmodels counts seasons from the first observation and takes the first one as the base.
    levels = {(first - 1 + season) % 12 + 1: named.get(f"s({season + 1},12)", 0.0) for season in range(12)}
    return named["const"], levels, [named[f"y.L{lag}"] for lag in range(1, LAGS + 1)]


def examples(data: Data, first: int, end: int) -> Iterator[tuple[int, list[float], float]]:
    """Calendar month, the readings of the months before it (latest first) and its own reading, for indexes `first` up to `end`."""
    for index in range(first, end):
        yield data.months[index][1], [data.ppm[index - lag] for lag in range(1, LAGS + 1)], data.ppm[index]


def main(out: Path) -> None:
    """`out` holds a folder for the version."""
    data = read()
    rounded = Rounding()
    constant, offsets, slopes = parameters(data, fit(data))
    intercept = rounded("intercept", constant)
    levels = {month: rounded(f"month {month}", offset) for month, offset in offsets.items()}
    coefficients = [rounded(f"lag {lag}", slope) for lag, slope in enumerate(slopes, 1)]
    weights = {
        "intercept": intercept,
        "link": "identity",
        "output": "co2_ppm",
        "terms": [
            {"datatype": "INT64", "input": "month", "levels": {str(month): level for month, level in levels.items()}},
            *({"coefficient": value, "datatype": "FP64", "input": f"lag_{lag}"} for lag, value in enumerate(coefficients, 1)),
        ],
    }
    held_out = list(examples(data, data.split, len(data.ppm)))
    forecast = [intercept + levels[month] + sum(c * x for c, x in zip(coefficients, lags, strict=True)) for month, lags, _ in held_out]
    errors = np.array(forecast) - np.array([truth for _, _, truth in held_out])
    # Last year's step from this month to the next, again.
    naive = np.array([data.ppm[t - 1] + data.ppm[t - 12] - data.ppm[t - 13] - data.ppm[t] for t in range(data.split, len(data.ppm))])
    table = [(*month, ppm) for month, ppm in zip(data.months, data.ppm, strict=True)]
    record = {
        "data": {
            "columns": COLUMNS,
            "first_held_out": "{}-{:02}".format(*FIRST_HELD_OUT),
            "held_out_rows": len(held_out),
            "parts": [DATASET.part("training", COLUMNS, table[: data.split]), DATASET.part("test", COLUMNS, table[data.split :])],
            "sha256": fingerprint(COLUMNS, table),
            "source": DATASET.source,
            "training_rows": data.split,
        },
        "metrics": {
            "mean_absolute_error": round(float(np.abs(errors).mean()), 4),
            "mean_absolute_error_naive": round(float(np.abs(naive).mean()), 4),
            "root_mean_squared_error": round(float(np.sqrt((errors**2).mean())), 4),
        },
        "parameters": {"lags": LAGS, "model": "statsmodels.tsa.ar_model.AutoReg", "period": 12, "seasonal": True, "trend": "c"},
        "rounding_margin": round(rounded.margin, 4),
        # Least squares has one answer; nothing is drawn.
        "seed": None,
        "version": VERSION,
    }
    digest = store(out / VERSION, weights, record, ["numpy", "pandas", "scipy", "statsmodels"])
    print(f"co2-forecast {VERSION} sha256:{digest}")


if __name__ == "__main__":
    main(output_folder(__doc__))
