"""Where a version comes from, and how good it was found to be: what no running endpoint tells, and every record of a release needs."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from modelway.architecture.base import Breach, Line, Owner, Section, Shaped, each, of_each
from modelway.architecture.governance import Date
from modelway.architecture.references import Sha256
from modelway.architecture.tensors import ColumnName

RunReference = Annotated[
    str,
    Shaped(
        r"mlflow:[0-9a-f]{32}|arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:training-job/[A-Za-z0-9-]{1,63}"
        r"|https://[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[0-9]{1,5})?(/[A-Za-z0-9._~%/#-]*)?",
        "a run in MLflow, a training job of SageMaker, or an https address",
        "Write it like mlflow:0123456789abcdef0123456789abcdef.",
        400,
    ),
]

ReportReference = Annotated[
    str,
    Shaped(
        r"(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/)?(?!.*//)(?!(.*/)?\.\.?/)[A-Za-z0-9][A-Za-z0-9!_.*'()/=-]{0,400}[A-Za-z0-9]@sha256:[0-9a-f]{64}",
        "a file that is pinned by its digest: KEY@sha256:… in the environment's own model store, or s3://BUCKET/KEY@sha256:…",
        "Write it like credit-risk/2026.11.1/evaluation.html@sha256:…; `sha256sum FILE` shows the digest.",
        600,
    ),
]

Part = Literal["training", "validation", "test"]


class TrainingData(Section):
    """Data that a version was made with, known by their fingerprint."""

    EXAMPLES = MappingProxyType(
        {"name": "loans-2024", "source": "s3://acme-data/loans/2024.parquet", "sha256": "d4" * 32, "rows": 398, "license": "CC-BY-4.0"}
    )

    name: Line
    """What they are called; the same data have the same name wherever they are used."""
    part: Part
    """What they were for."""
    sha256: Sha256
    """Of their bytes, in hex."""
    source: Line | None = None
    """Where they are, or come from: an address, a table, a vendor."""
    rows: int | None = Field(default=None, ge=1, le=10**12)
    """How many there are."""
    license: Line | None = None
    """What allows their use: an SPDX identifier where there is one, such as CC-BY-4.0."""


class Training(Section):
    """How a version was made."""

    EXAMPLES = MappingProxyType({"run": "mlflow:0123456789abcdef0123456789abcdef", "commit": "1f" * 20})

    run: RunReference | None = None
    """The run that made it: mlflow:RUN, the ARN of a training job, or an https address."""
    commit: Annotated[str, Shaped(r"[0-9a-f]{40}", "a git commit as 40 hex digits", "`git rev-parse HEAD` shows it.", 40)] | None = None
    """Commit of the code that trained it."""
    data: tuple[TrainingData, ...] = Field(default=(), max_length=100)
    """Data that it was made with."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([of_each(self, "data", self._again)])

    def _again(self, number: int, data: TrainingData) -> Iterator[Breach]:
        if any((data.name, data.part) == (other.name, other.part) for other in self.data[:number]):
            yield Breach(("data", number), "each data once for each part", "Remove one of the two, or name them apart.")


class GroupGap(Section):
    """How far groups of people were apart."""

    EXAMPLES = MappingProxyType({"group": "age_band", "metric": "recall", "gap": 0.04})

    group: ColumnName
    """Column that tells groups apart."""
    metric: ColumnName
    """What was compared, such as recall or selection_rate."""
    gap: float = Field(ge=0, le=1)
    """Largest difference between two groups."""


class Evaluation(Section):
    """What a version reached on data that it did not learn from."""

    EXAMPLES = MappingProxyType(
        {
            "metrics": {"roc_auc": 0.9966},
            "by": "model-validation@example.com",
            "report": f"credit-risk/2026.11.1/evaluation.html@sha256:{'e5' * 32}",
            "tool": "scikit-learn 1.7.2",
        }
    )

    metrics: dict[ColumnName, float] = Field(min_length=1, max_length=100)
    """What was reached, by metric; held against the limits of the contract's metrics."""
    gaps: tuple[GroupGap, ...] = Field(default=(), max_length=50)
    """How far groups were apart; held against `drift.parity` of the model."""
    by: Owner | None = None
    """Who evaluated it."""
    day: Date | None = None
    """Day on which that was."""
    tool: Line | None = None
    """What measured it, with its version."""
    report: ReportReference | None = None
    """The report, pinned by its digest."""
