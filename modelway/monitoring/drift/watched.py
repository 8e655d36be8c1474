"""What a job has to know of the endpoint that it watches: one JSON file, made from the description of an environment."""

from typing import Literal

import msgspec
from pydantic import ValidationError

from modelway.architecture.base import RULES_LATER, FieldPath, Section
from modelway.architecture.contract import Contract
from modelway.architecture.drift import Drift
from modelway.architecture.explaining import Finding, findings
from modelway.architecture.faults import field_text
from modelway.errors import ModelwayError


class NotWatched(ModelwayError):
    """A file that does not say what is watched, or an endpoint of which nothing is."""


class WatchedVersion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version."""

    version: str
    contract: dict[str, object]
    """As `Contract.model_dump(mode="json")` gives it."""
    baseline: str
    """Where its baseline is: a path, or s3://BUCKET/KEY."""
    digest: str
    """sha256 of the baseline, in hex."""
    variant: str | None = None
    """Of SageMaker: the variant that runs the version now, as captured files are called after it: …/VARIANT/YYYY/MM/DD/HH/…"""


class WebhookTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="webhook", tag_field="kind"):
    """A CloudEvent by POST. `url` is the name of the environment variable that holds the address."""

    url: str


class EventBridgeTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="eventbridge", tag_field="kind"):
    bus: str
    """ARN or name."""


class GitHubTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="github", tag_field="kind"):
    """A repository_dispatch event. `token` is the name of the environment variable that holds it."""

    repository: str
    token: str


Told = WebhookTold | EventBridgeTold | GitHubTold


class Exported(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where metrics go: each that is set."""

    textfile: str | None = None
    """Path of a file for node_exporter's textfile collector."""
    pushgateway: str | None = None
    """Address of a Pushgateway."""
    remote_write: str | None = None
    """Address for Prometheus remote write."""
    region: str | None = None
    """Of AWS, where requests of remote write are signed for `aps`; unsigned when absent."""
    most_features: int = 50
    """Features with series of their own: the worst ones of each window, so that nobody's Prometheus is flooded."""
    remote_write_copies: tuple[str, ...] = ()
    """Addresses of further copies of the same Prometheus, which do not tell one another what they were sent."""


class Watched(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An endpoint, and how it is looked at. Times are whole seconds."""

    schema: int
    environment: str
    endpoint: str
    """The model, which the endpoint is called after."""
    team: str
    owner: str
    tier: str
    payloads: str
    """Where requests and answers are kept: a folder or s3://BUCKET/PREFIX/."""
    results: str
    """Where results go: a folder or s3://BUCKET/PREFIX/."""
    format: Literal["kserve", "sagemaker", "tables"]
    """How payloads are written: JSON lines of CloudEvents or of our servers, SageMaker's data capture, or Parquet and CSV with one row a
    request."""
    versions: tuple[WatchedVersion, ...]
    drift: dict[str, object]
    """As `Drift.model_dump(mode="json")` gives it, with the environment's window and minimum_sample where it has none."""
    live: str
    """Version that answers."""
    labels: str | None = None
    """Where labels are, a folder or s3://BUCKET/PREFIX/, if it is not where the model's file says."""
    told: tuple[Told, ...] = ()
    exported: Exported = Exported()

    @property
    def described(self) -> Drift:
        return Drift.model_validate_json(msgspec.json.encode(self.drift))

    def contract(self, version: str) -> Contract:
        """Raises KeyError for a version that is not watched."""
        return Contract.model_validate_json(msgspec.json.encode({one.version: one for one in self.versions}[version].contract))


SCHEMA = 1


def written(watched: Watched) -> bytes:
    return msgspec.json.format(msgspec.json.encode(watched, order="deterministic"), indent=1) + b"\n"


def read(content: bytes, name: str) -> Watched:
    """Raises NotWatched; also for drift and contracts that break a rule."""
    try:
        watched = msgspec.json.decode(content, type=Watched)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise NotWatched(f"{name} does not say what is watched: {fault}.") from None
    if watched.schema > SCHEMA:
        raise NotWatched(f"{name} has schema {watched.schema}, and this Modelway reads up to {SCHEMA}: upgrade the job's image.")
    faults = [*_faults(Drift, watched.drift, ("drift",))]
    for number, one in enumerate(watched.versions):
        faults += _faults(Contract, one.contract, ("versions", number, "contract"))
    if faults:
        raise NotWatched("\n".join(f"{name}: {fault}" for fault in faults))
    return watched


def _faults(section: type[Section], data: dict[str, object], at: FieldPath) -> list[str]:
    """What is wrong with a part of the file: field, rule, way out."""
    found: list[Finding]
    try:
        made = section.model_validate_json(msgspec.json.encode(data), context=RULES_LATER)
        found = [Finding.of(path, breach) for path, breach in made.all_breaches()]
    except ValidationError as error:
        found = list(findings(error, section, data))
    return [f"{field_text((*at, *one.path))}: {one.rule}. {one.way_out}" for one in found]
