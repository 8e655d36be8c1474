"""Runs in Evidently's own environment: one JSON line in for each window, one out with what has drifted by its default rules.

Columns are cleaned, tests chosen and thresholds taken by Evidently's code; of its report nothing is drawn, which is most of its time.
`evidently_worker.py REFERENCE WINDOW GIB` makes the whole report once, in so much memory, and prints the seconds that it took, without
reading files, and the most memory in MiB.
"""

import json
import resource
import sys
import time
import warnings

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.legacy.calculations.stattests import get_stattest
from evidently.legacy.core import ColumnType
from evidently.presets import DataDriftPreset

warnings.filterwarnings("ignore")


def drifted(reference, window):
    """Whether a column has, or None where Evidently says that it cannot say: it raises where one is empty."""
    kind = ColumnType.Numerical if reference.dtype == np.float64 else ColumnType.Categorical
    one, other = (values.replace([-np.inf, np.inf], np.nan).dropna() for values in (reference, window))
    if one.empty or other.empty:
        return None
    return bool(get_stattest(one, other, kind, None)(one, other, kind, None).drifted)


def serve():
    reference = pd.DataFrame()
    for line in sys.stdin:
        asked = json.loads(line)
        if "reference" in asked:
            reference = pd.read_parquet(asked["reference"])
        window = pd.read_parquet(asked["window"])
        found = {}
        for name in asked["columns"]:
            try:
                found[name] = drifted(reference[name], window[name])
            except ValueError:
                found[name] = None
        sys.stdout.write(f"{json.dumps(found)}\n")
        sys.stdout.flush()


def report(reference, window, most):
    resource.setrlimit(resource.RLIMIT_AS, (int(most) * 2**30,) * 2)
    names = [name for name in pd.read_parquet(reference).columns if not name.startswith("_")]
    one, other = (pd.read_parquet(file, columns=names) for file in (reference, window))
    numbers = [name for name in one if one[name].dtype == np.float64]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=[name for name in one if name not in numbers])
    started = time.monotonic()
    sets = [Dataset.from_pandas(frame, data_definition=definition) for frame in (other, one)]
    Report([DataDriftPreset()]).run(*sets).dict()
    sys.stdout.write(f"{time.monotonic() - started} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}\n")


if __name__ == "__main__":
    report(*sys.argv[1:]) if sys.argv[1:] else serve()
