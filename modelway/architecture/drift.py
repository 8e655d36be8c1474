"""What is watched of a model while it serves: its data, its answers, how right they are, and whether for everybody."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from modelway.architecture.base import Breach, Section, Shaped, each, repeated
from modelway.architecture.monitoring import DriftKind, Severity
from modelway.architecture.quantities import Duration, Percent
from modelway.architecture.tensors import ColumnName

LabelSource = Annotated[
    str,
    Shaped(
        r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/([A-Za-z0-9!_.*'()=-]+/)*",
        "a folder in a bucket: s3://BUCKET/FOLDER/, with a slash at the end",
        "Write it like s3://acme-labels/credit-risk/.",
        400,
    ),
]

MOST: Mapping[str, float] = MappingProxyType({"psi": 10, "ks": 1, "wasserstein": 100, "jensen_shannon": 1, "chi_squared": 1})
"""Largest threshold that a statistic can pass; of chi_squared it is a p-value, of wasserstein a number of standard deviations."""

WITHOUT_LABELS = ("selection_rate",)
"""Metrics that need answers alone."""


LONGEST_SEASON: Mapping[str, int] = MappingProxyType({"hour": 3600, "weekday": 86400, "hour_of_week": 3600})
"""Seconds that a window may have which is compared with the same hour or weekday."""


class Numbers(Section):
    """How columns of numbers are compared with what the model learned from."""

    EXAMPLES = MappingProxyType({"statistic": "ks", "threshold": 0.2})

    statistic: Literal["psi", "ks", "wasserstein", "jensen_shannon"] = "psi"
    """Population stability index, Kolmogorov-Smirnov, Wasserstein distance in standard deviations, or Jensen-Shannon distance."""
    threshold: float | None = Field(default=None, ge=0)
    """What is too much; found from how many false alarms are accepted when absent."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([_threshold_breaches(self)])


class Categories(Section):
    """How columns of text, of true and false, or of few values are compared with what the model learned from."""

    EXAMPLES = MappingProxyType({"statistic": "chi_squared", "threshold": 0.01})

    statistic: Literal["psi", "chi_squared", "jensen_shannon"] = "psi"
    """Population stability index, chi-squared test, or Jensen-Shannon distance."""
    threshold: float | None = Field(default=None, ge=0)
    """What is too much, or of chi_squared too improbable; found from how many false alarms are accepted when absent."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([_threshold_breaches(self)])


class DataDrift(Section):
    """Requests that differ from what the model learned from."""

    EXAMPLES = MappingProxyType({"features": ["income", "dependants"]})

    features: tuple[ColumnName, ...] | None = Field(default=None, min_length=1, max_length=10_000)
    """Inputs of the contract that are watched; all when absent."""
    numbers: Numbers = Field(default_factory=Numbers)
    """How numbers are compared."""
    categories: Categories = Field(default_factory=Categories)
    """How everything else is compared."""
    severity: Severity = "ticket"
    """How soon somebody has to look."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([repeated(self, "features")])


class PredictionDrift(Section):
    """Answers that differ from those on what the model learned from."""

    EXAMPLES = MappingProxyType({"outputs": ["default_probability"]})

    outputs: tuple[ColumnName, ...] | None = Field(default=None, min_length=1, max_length=1_000)
    """Outputs of the contract that are watched; all when absent."""
    numbers: Numbers = Field(default_factory=Numbers)
    """How numbers are compared."""
    categories: Categories = Field(default_factory=Categories)
    """How everything else is compared."""
    severity: Severity = "ticket"
    """How soon somebody has to look."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([repeated(self, "outputs")])


class ConceptDrift(Section):
    """Answers that turn out to be right less often."""

    EXAMPLES = MappingProxyType({"metric": "roc_auc", "drop": 0.03})

    metric: ColumnName
    """A metric of the contract, which says what was reached."""
    drop: float = Field(ge=0, le=1_000_000)
    """How much worse than the contract's reference is too much, above 0."""
    severity: Severity = "ticket"
    """How soon somebody has to look."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._drop_breaches()])

    def _drop_breaches(self) -> Iterator[Breach]:
        if not self.drop:
            yield Breach(("drop",), "more than 0: chance alone makes it a little worse or better", "Write it like 0.03.")


class Parity(Section):
    """Groups of people that the model treats alike."""

    EXAMPLES = MappingProxyType({"group": "age_band", "metric": "recall", "gap": 0.1})

    group: ColumnName
    """Column of the contract that says to which group somebody belongs; its values have to be few and known."""
    metric: Literal["selection_rate", "recall", "precision", "false_positive_rate", "accuracy"]
    """What is compared: how often they are chosen, or how right the model is about them, which needs labels."""
    gap: float = Field(ge=0, le=1)
    """Largest difference between two groups, above 0, up to 1."""
    severity: Severity = "ticket"
    """How soon somebody has to look."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._gap_breaches()])

    def _gap_breaches(self) -> Iterator[Breach]:
        if not self.gap:
            yield Breach(("gap",), "more than 0: no two groups are ever the same", "Write it like 0.1.")


class Labels(Section):
    """What turned out to be right, as it becomes known."""

    EXAMPLES = MappingProxyType({"delay": "30d"})

    source: LabelSource
    """Folder that labels are written to, with the number of their request, such as s3://acme-labels/credit-risk/."""
    delay: Duration
    """How long after a request its label is known, 365d at most."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._delay_breaches()])

    def _delay_breaches(self) -> Iterator[Breach]:
        if self.delay.seconds > 365 * 86400:
            yield Breach(("delay",), "at most 365d", "Write it like 30d.")


class Votes(Section):
    """How many of the last windows have to have drifted before somebody is told."""

    EXAMPLES = MappingProxyType({"needed": 2, "of": 3})

    needed: int = Field(ge=1, le=8)
    """Windows that have drifted."""
    of: int = Field(ge=1, le=8)
    """Windows that are looked back at."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._needed_breaches()])

    def _needed_breaches(self) -> Iterator[Breach]:
        if self.needed > self.of:
            yield Breach(("needed",), f"at most of, which is {self.of}", "Write it like {needed: 2, of: 3}.", (("of",),))


class Drift(Section):
    """What is watched of a model while it serves."""

    EXAMPLES = MappingProxyType(
        {"window": "1h", "minimum_sample": 1000, "false_alarms": 1, "smallest": "5%", "seasonality": "weekday", "lateness": "1h"}
    )
    PEERS = MappingProxyType(
        {
            "data": "Azure ML `data_drift`, SageMaker Model Monitor data quality",
            "prediction": "Azure ML `prediction_drift`",
            "concept": "SageMaker Model Monitor model quality",
            "parity": "SageMaker Clarify bias drift",
        }
    )

    window: Duration | None = None
    """Length of time that is looked at as one, 5m to 31d; the environment's when absent."""
    minimum_sample: int | None = Field(default=None, ge=30, le=10_000_000)
    """Fewest requests in a window that anything is concluded from; the environment's when absent."""
    false_alarms: int | None = Field(default=None, ge=1, le=100)
    """Alarms a month that are accepted though nothing has changed; thresholds are found from it. 1 when absent."""
    smallest: Percent | None = None
    """Smallest drift worth knowing: the share of rows that went elsewhere. 5% when absent. Anything smaller is no drift, however sure."""
    votes: Votes | None = None
    """How many of the last windows have to have drifted before somebody is told; 2 of 3 when absent, or one that is beyond doubt."""
    seasonality: Literal["hour", "weekday", "hour_of_week"] | None = None
    """What windows are compared with: the reference's rows of the same hour, weekday, or both, in UTC; all of them when absent."""
    lateness: Duration | None = None
    """How long after the end of a window its requests may still arrive, before it is looked at; up to 7d, 15m when absent."""
    data: DataDrift | None = None
    """Whether requests change."""
    prediction: PredictionDrift | None = None
    """Whether answers change."""
    labels: Labels | None = None
    """Where it becomes known what was right."""
    concept: ConceptDrift | None = None
    """Whether answers are right less often. Needs labels."""
    parity: Parity | None = None
    """Whether groups are treated alike."""

    @property
    def kinds(self) -> tuple[DriftKind, ...]:
        """What is watched."""
        kinds: tuple[DriftKind, ...] = ("data", "prediction", "concept", "parity")
        return tuple(kind for kind in kinds if getattr(self, kind) is not None)

    def breaches(self) -> Iterator[Breach]:
        alone = (self._none_breaches, self._window_breaches, self._smallest_breaches, self._season_breaches, self._lateness_breaches)
        by_labels = (self._concept_breaches, self._parity_breaches, self._unused_breaches)
        columns = [(kind, columns) for kind in ("data", "prediction") for columns in ("numbers", "categories")]
        yield from each([*(rule() for rule in (*alone, *by_labels)), *(self._budget_breaches(*which) for which in columns)])

    def _none_breaches(self) -> Iterator[Breach]:
        if not self.kinds:
            yield Breach(
                (), "at least one of data, prediction, concept, parity", "Add `data: {}`, which watches all inputs, or remove drift."
            )

    def _window_breaches(self) -> Iterator[Breach]:
        if self.window is not None and not 300 <= self.window.seconds <= 31 * 86400:
            yield Breach(("window",), "5m to 31d", "Write it like 1h or 1d.")

    def _smallest_breaches(self) -> Iterator[Breach]:
        if self.smallest is not None and not 0.001 <= self.smallest.fraction <= 0.9:
            yield Breach(("smallest",), "0.1% to 90%", "Write it like 5%.")

    def _season_breaches(self) -> Iterator[Breach]:
        longest = LONGEST_SEASON.get(self.seasonality or "")
        if self.window is not None and longest is not None and self.window.seconds > longest:
            compared = "day" if longest == 86400 else "hour"
            yield Breach(
                ("seasonality",),
                f"a window that is no longer than the {compared} that it is compared with; it is {self.window}",
                "Shorten window, or remove seasonality.",
                (("window",),),
            )

    def _lateness_breaches(self) -> Iterator[Breach]:
        if self.lateness is not None and self.lateness.seconds > 7 * 86400:
            yield Breach(("lateness",), "at most 7d", "Write it like 1h.")

    def _concept_breaches(self) -> Iterator[Breach]:
        if self.labels is None and self.concept is not None:
            yield Breach(("concept",), f"needs labels: {_WHY}", _ADD, (("labels",),))

    def _parity_breaches(self) -> Iterator[Breach]:
        if self.labels is None and self.parity is not None and self.parity.metric not in WITHOUT_LABELS:
            way_out = f"{_ADD[:-1]}, or compare selection_rate."
            yield Breach(("parity", "metric"), f"{self.parity.metric} needs labels: {_WHY}", way_out, (("labels",),))

    def _unused_breaches(self) -> Iterator[Breach]:
        used = self.concept is not None or (self.parity is not None and self.parity.metric not in WITHOUT_LABELS)
        if self.labels is not None and not used:
            yield Breach(
                ("labels",),
                "only where something looks at them: concept, or parity by a metric that needs them",
                "Add `concept: {metric: roc_auc, drop: 0.03}`, or remove labels.",
                (("concept",), ("parity",)),
            )

    def _budget_breaches(self, kind: str, columns: str) -> Iterator[Breach]:
        watched: DataDrift | PredictionDrift | None = getattr(self, kind)
        if self.false_alarms is not None and watched is not None and getattr(watched, columns).threshold is not None:
            yield Breach(
                (kind, columns, "threshold"),
                "a threshold, or false_alarms from which it is found; both are there",
                "Remove one of them.",
                (("false_alarms",),),
            )


_WHY = "nobody knows what was right without them"
_ADD = "Add `labels: {source: s3://BUCKET/FOLDER/, delay: 30d}`."


def _threshold_breaches(compared: Numbers | Categories) -> Iterator[Breach]:
    most = MOST[compared.statistic]
    if compared.threshold is not None and not 0 < compared.threshold <= most:
        yield Breach(("threshold",), f"more than 0 and at most {most:g} for {compared.statistic}", "Correct it.", (("statistic",),))
