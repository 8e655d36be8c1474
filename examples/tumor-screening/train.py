"""Trains both versions of tumor-screening: logistic regression on the Wisconsin breast cancer data that scikit-learn ships."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, precision_score, recall_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

# A script finds only its own folder; what it shares lies two levels up.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from examples.training import Dataset, Rounding, fingerprint, output_folder, store

DATASET = Dataset("breast-cancer-wisconsin-diagnostic", "sklearn.datasets.load_breast_cancer", "CC-BY-4.0")
SEED = 7
HELD_OUT = 0.25
SOLVER = "newton-cholesky"
VERSIONS: Mapping[str, Mapping[str, object]] = {
    "2026.10.0": {"C": 0.05, "class_weight": None},
    # A tumour that is missed costs more than one looked at twice: both classes weigh the same, and the model may bend further.
    "2026.11.0": {"C": 0.5, "class_weight": "balanced"},
}


@dataclass(frozen=True)
class Data:
    """Measurements of cell nuclei, and which tumours were malignant (1); parts by row number."""

    columns: tuple[str, ...]
    features: np.ndarray
    malignant: np.ndarray
    training: np.ndarray
    held_out: np.ndarray


def read() -> Data:
    """The data set as scikit-learn ships it, split by SEED with equal shares of malignant tumours."""
    bunch = load_breast_cancer()
    malignant = 1 - bunch.target
    training, held_out = train_test_split(np.arange(len(malignant)), test_size=HELD_OUT, random_state=SEED, stratify=malignant)
    return Data(tuple(str(name).replace(" ", "_") for name in bunch.feature_names), bunch.data, malignant, training, held_out)


def fit(data: Data, version: str) -> tuple[StandardScaler, LogisticRegression]:
    """The version's scaling and classifier, from the training part alone."""
    scaler = StandardScaler().fit(data.features[data.training])
    # Newton's method on a strictly convex loss: converges to the last bits, so that rounding hides the rest.
    classifier = LogisticRegression(solver=SOLVER, tol=1e-12, max_iter=100, **VERSIONS[version])
    return scaler, classifier.fit(scaler.transform(data.features[data.training]), data.malignant[data.training])


def main(out: Path) -> None:
    """`out` holds a folder per version."""
    data = read()
    columns, table = [*data.columns, "malignant"], np.column_stack([data.features, data.malignant])
    parts = [DATASET.part(part, columns, table[rows].tolist()) for part, rows in (("training", data.training), ("test", data.held_out))]
    for version, settings in VERSIONS.items():
        scaler, classifier = fit(data, version)
        rounded = Rounding()
        # The scaling goes into the coefficients: what serves the model then takes measurements as they are.
        slopes = classifier.coef_[0] / scaler.scale_
        coefficients = [rounded(name, value) for name, value in zip(data.columns, slopes, strict=True)]
        intercept = rounded("intercept", classifier.intercept_[0] - slopes @ scaler.mean_)
        weights = {
            "intercept": intercept,
            "link": "logistic",
            "output": "malignant_probability",
            "terms": [
                {"coefficient": value, "datatype": "FP64", "input": name} for name, value in zip(data.columns, coefficients, strict=True)
            ],
        }
        truth = data.malignant[data.held_out]
        probability = 1 / (1 + np.exp(-(data.features[data.held_out] @ np.array(coefficients) + intercept)))
        record = {
            "data": {
                "columns": columns,
                "held_out_rows": len(data.held_out),
                "parts": parts,
                "sha256": fingerprint(columns, table.tolist()),
                "source": DATASET.source,
                "training_rows": len(data.training),
            },
            "metrics": {
                "log_loss": round(log_loss(truth, probability), 4),
                "precision": round(precision_score(truth, probability >= 0.5), 4),
                "recall": round(recall_score(truth, probability >= 0.5), 4),
                "roc_auc": round(roc_auc_score(truth, probability), 4),
            },
            "parameters": {**settings, "held_out": HELD_OUT, "model": "sklearn.linear_model.LogisticRegression", "solver": SOLVER},
            "rounding_margin": round(rounded.margin, 4),
            "seed": SEED,
            "version": version,
        }
        digest = store(out / version, weights, record, ["numpy", "scikit-learn", "scipy"])
        print(f"tumor-screening {version} sha256:{digest}")


if __name__ == "__main__":
    main(output_folder(__doc__))
