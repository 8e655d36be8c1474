"""How an environment is watched, and who is told."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from modelway.architecture.arns import KeyArn, SecretReference, TopicArn
from modelway.architecture.base import Breach, FieldPath, Name, Section, Shaped, each, of_each, repeated
from modelway.architecture.drift_events import DriftEvent
from modelway.architecture.quantities import Duration, Memory
from modelway.architecture.references import Image

Severity = Literal["page", "ticket"]
"""How soon somebody has to look: at once, or in working hours. Alerts have it as their label `severity`."""
RiskTier = Literal["low", "medium", "high"]
DriftKind = Literal["data", "prediction", "concept", "parity"]

WorkspaceId = Annotated[
    str,
    Shaped(
        r"ws-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "the id of a workspace of Amazon Managed Service for Prometheus",
        "Write it like ws-1234abcd-12ab-34cd-56ef-1234567890ab.",
        39,
    ),
]
RunbooksUrl = Annotated[
    str,
    Shaped(
        r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~%+-]+)*",
        "the https address of a folder, without a slash at its end",
        "Write it like https://github.com/acme/models/blob/main/docs/runbooks.",
        300,
    ),
]
Channel = Annotated[str, Shaped(r"[#@][A-Za-z0-9._-]+", "a channel or a person, with # or @", 'Write it like "#ml-alerts".', 80)]


class OperatorBackend(Section):
    """Prometheus in each cluster, run by the Prometheus operator."""

    EXAMPLES = MappingProxyType({"storage": "100Gi"})

    kind: Literal["operator"] = "operator"
    install: bool | None = None
    """Whether operator, Prometheus, Alertmanager and Grafana are installed. When absent: in EKS clusters that are made."""
    storage: Memory = Memory("50Gi")
    """Size of each disk that metrics are on, where Prometheus is installed: 10Gi to 2000Gi. It cannot be made smaller."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._storage_breaches()])

    def _storage_breaches(self) -> Iterator[Breach]:
        if not 10 <= self.storage.bytes / 1024**3 <= 2000 or self.storage.bytes % 1024**3:
            yield Breach(("storage",), "whole Gi, 10Gi to 2000Gi", "Write it like 50Gi.")


class AmpBackend(Section):
    """Amazon Managed Service for Prometheus."""

    kind: Literal["amp"]
    workspace: WorkspaceId | None = None
    """Id of a workspace that is there already; one is made when absent."""
    grafana: bool = False
    """Whether a workspace of Amazon Managed Grafana is made, which people reach through IAM Identity Center."""


Backend = Annotated[OperatorBackend | AmpBackend, Field(discriminator="kind")]


class PagerDuty(Section):
    """An incident in PagerDuty."""

    EXAMPLES = MappingProxyType({"key": {"secret": "pagerduty-key"}})

    kind: Literal["pagerduty"]
    key: SecretReference
    """Where the integration key is."""


class Slack(Section):
    """A message in Slack."""

    EXAMPLES = MappingProxyType({"url": {"secret": "slack-alerts-url"}})

    kind: Literal["slack"]
    url: SecretReference
    """Where the address of the incoming webhook is; whoever has it can write."""
    channel: Channel
    """Channel or person."""


class Webhook(Section):
    """A request to somebody's own program, as Alertmanager makes it."""

    EXAMPLES = MappingProxyType({"url": {"secret": "webhook-url"}})

    kind: Literal["webhook"]
    url: SecretReference
    """Where the address is."""


class Topic(Section):
    """A message to an SNS topic."""

    kind: Literal["sns"]
    topic: TopicArn
    """ARN of the topic."""
    key: KeyArn | None = None
    """KMS key that the topic is encrypted with, so that Alertmanager may use it; absent where it is Amazon's own or there is none."""


Receiver = Annotated[PagerDuty | Slack | Webhook | Topic, Field(discriminator="kind")]


class Alerts(Section):
    """Who is told of an alert."""

    EXAMPLES = MappingProxyType({"watchdog": {"kind": "webhook", "url": {"secret": "watchdog-url"}}})

    severities: dict[Severity, Receiver] = Field(default_factory=dict)
    """By how soon somebody has to look: page and ticket."""
    teams: dict[Name, dict[Severity, Receiver]] = Field(default_factory=dict)
    """By team, for alerts about its models, instead of the receiver above."""
    watchdog: Receiver | None = None
    """Who hears every five minutes that alerts still arrive, and raises an alarm when that ends: a monitor outside of the cluster. Nobody
    when absent."""

    def receivers(self) -> Iterator[tuple[FieldPath, "Receiver"]]:
        """Everybody who is told, with the path below this section."""
        for severity, receiver in self.severities.items():
            yield ("severities", severity), receiver
        for team, theirs in self.teams.items():
            for severity, receiver in theirs.items():
                yield ("teams", team, severity), receiver
        if self.watchdog is not None:
            yield ("watchdog",), self.watchdog


class DriftMinimum(Section):
    """What is watched at the least of models of a risk tier."""

    EXAMPLES = MappingProxyType({"requires": ["data", "concept"], "window_at_most": "1d"})

    requires: tuple[DriftKind, ...] = ()
    """Kinds of drift that have to be watched."""
    window_at_most: Duration | None = None
    """Longest window of time that may be looked at as one."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([repeated(self, "requires")])


class DriftRules(Section):
    """What holds for all models: what their files may leave out, and what they have to say."""

    EXAMPLES = MappingProxyType(
        {
            "window": "1h",
            "minimum_sample": 1000,
            "image": f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/tools/modelway@sha256:{'a' * 64}",
            "events": [{"kind": "eventbridge", "bus": "arn:aws:events:eu-west-1:222222222222:event-bus/ml"}],
        }
    )

    image: Image | None = None
    """Image of the job that looks, HOST/NAME@sha256:…, which has `modelway[drift]`. Without it the drift of models is described and
    nobody looks."""
    events: tuple[DriftEvent, ...] = Field(default=(), max_length=8)
    """Who is told, besides people, when drift of a model begins or ends."""
    window: Duration = Duration("1d")
    """Length of time that is looked at as one, for models that do not say."""
    minimum_sample: int = Field(default=500, ge=30, le=10_000_000)
    """Fewest requests in a window that anything is concluded from, for models that do not say."""
    tiers: dict[RiskTier, DriftMinimum] = Field(default_factory=dict)
    """Minima by risk tier: low, medium, high."""

    def breaches(self) -> Iterator[Breach]:
        alone = (self._image_breaches, self._length_breaches, self._event_breaches)
        by_tier = (self._window_breaches, self._job_breaches)
        yield from each([*(rule() for rule in alone), repeated(self, "events"), *(of_each(self, "tiers", rule) for rule in by_tier)])

    def _image_breaches(self) -> Iterator[Breach]:
        if self.image is not None and self.image.registry is None:
            yield Breach(
                ("image",),
                "an image with its host: the environment's own registry has those of models alone",
                f"Write HOST/{self.image.name}@{self.image.digest}.",
            )

    def _length_breaches(self) -> Iterator[Breach]:
        if not 300 <= self.window.seconds <= 31 * 86400:
            yield Breach(("window",), "5m to 31d", "Write it like 1h or 1d.")

    def _event_breaches(self) -> Iterator[Breach]:
        if self.events and self.image is None:
            yield Breach(("events",), "needs image: the job tells them, and there is none", _JOB, (("image",),))

    def _job_breaches(self, tier: str, minimum: DriftMinimum) -> Iterator[Breach]:
        if minimum.requires and self.image is None:
            yield Breach(
                ("tiers", tier, "requires"),
                "needs image: without the job that looks, what is asked of models is described and not done",
                _JOB,
                (("image",),),
            )

    def _window_breaches(self, tier: str, minimum: DriftMinimum) -> Iterator[Breach]:
        if minimum.window_at_most is not None and minimum.window_at_most.seconds < self.window.seconds:
            yield Breach(
                ("tiers", tier, "window_at_most"),
                f"at least the window that models have which do not say, {self.window}",
                "Raise it, or lower window.",
                (("window",),),
            )


_JOB = "Add `image: HOST/NAME@sha256:…`, an image that has modelway[drift]; or remove it."

RETENTION: Mapping[str, tuple[int, int]] = MappingProxyType({"operator": (1, 3650), "amp": (1, 1095)})
"""Days that metrics can be kept, by backend; what Amazon keeps:
docs.aws.amazon.com/prometheus/latest/userguide/AMP_quotas.html."""


class Monitoring(Section):
    """The monitoring of an environment: rules, what is scraped, dashboards, who is told."""

    EXAMPLES = MappingProxyType({"namespace": "observability", "retention": "90d", "scrape_interval": "15s"})

    namespace: Name = "monitoring"
    """Namespace of rules and dashboards, in every cluster."""
    backend: Backend = Field(default_factory=OperatorBackend)
    """What keeps the metrics."""
    retention: Duration | None = None
    """How long metrics are kept, in days, such as 90d; as long as the backend does by itself when absent."""
    scrape_interval: Duration = Duration("30s")
    """How often metrics are read, 5s to 1m."""
    alerts: Alerts = Field(default_factory=Alerts)
    """Who is told. A production environment says who is paged."""
    runbooks: RunbooksUrl | None = None
    """Where people read docs/runbooks: alerts then link to their page there. When absent they name its path in the repository."""
    drift: DriftRules = Field(default_factory=DriftRules)
    """What holds for the drift of all models."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._retention_breaches(), self._interval_breaches()])
        yield from each([self._receiver_breaches()])

    def _receiver_breaches(self) -> Iterator[Breach]:
        if self.backend.kind != "amp":
            return
        # docs.aws.amazon.com/prometheus/latest/userguide/AMP-alertmanager-receiver.html
        for path, receiver in self.alerts.receivers():
            if receiver.kind != "sns":
                yield Breach(
                    ("alerts", *path),
                    f"Amazon's alert manager tells SNS topics alone, and not {receiver.kind}",
                    "Write `{kind: sns, topic: …}` and subscribe to the topic, or use the backend operator.",
                    (("backend",),),
                )
            elif receiver.key is not None:
                yield Breach(
                    ("alerts", *path, "key"),
                    "for Prometheus in the cluster: of Amazon's alert manager the key's own policy says what it may",
                    "Leave it out, and let aps.amazonaws.com use the key in the key's policy.",
                    (("backend",),),
                )

    def _retention_breaches(self) -> Iterator[Breach]:
        if self.retention is None:
            return
        least, most = RETENTION[self.backend.kind]
        days = self.retention.seconds / 86400
        if not least <= days <= most or days % 1:
            yield Breach(("retention",), f"whole days, {least}d to {most}d", "Write it like 90d.", judged_by=(("backend",),))

    def _interval_breaches(self) -> Iterator[Breach]:
        # A rate over 5 minutes wants four readings, one of which may be lost.
        if not 5 <= self.scrape_interval.seconds <= 60:
            yield Breach(("scrape_interval",), "5s to 1m: alerts look at windows of 5m", "Write it like 30s.")
