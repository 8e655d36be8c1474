"""Lineage as events of OpenLineage (openlineage.io/docs/spec), by its own client: written to a file, or sent to who collects them.

A training is a job with its data as inputs and weights as output; what a release brought, or files describe, a job with weights as inputs
and an endpoint as output. Nothing of it is drawn or counted: the same lineage makes the same events.
"""

import os
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from modelway.errors import ModelwayError
from modelway.governance.lineage import Data, Lineage, Span, Version
from modelway.governance.lineage.making import title_of, when

if TYPE_CHECKING:
    from openlineage.client.event_v2 import InputDataset, Job, JobEvent, OutputDataset, RunEvent
    from openlineage.client.generated.base import DatasetFacet, JobFacet, RunFacet
    from openlineage.client.transport.http import HttpTransport

PRODUCER = "https://modelway.dev/lineage/v1"
INTEGRATION = "MODELWAY"
NAMESPACE = "OPENLINEAGE_NAMESPACE"
"""Variable that says in which namespace jobs are, as the client's integrations read it."""
API_KEY = "OPENLINEAGE_API_KEY"
DEFAULT = "modelway"
SECONDS = 10.0
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+", re.ASCII)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class LineageNotSent(ModelwayError):
    """Who collects events does not take them."""


def events(found: Lineage, now: datetime, ended: Mapping[str, datetime], namespace: str = DEFAULT) -> "list[RunEvent | JobEvent]":
    """Trainings first, then what was released, oldest first, then what files describe.

    `ended`: when runs ended, by their reference, as far as somebody asked. Of others the day of the evaluation is the time of a training;
    where that is not said either, it is `now`, and the event says so.
    """
    from openlineage.client.event_v2 import set_producer

    set_producer(PRODUCER)
    trainings = {version.made_sha256: version for version in reversed(found.versions) if version.said}
    made: list[RunEvent | JobEvent] = []
    for version in reversed(trainings.values()):
        made += _training(version, now, ended.get(version.run or ""), namespace)
    released = [span for span in found.spans if not span.described]
    for span in sorted(released, key=lambda span: (str(span.since), span.endpoint)):
        made += _release(span, namespace)
    made += [_description(span, now, namespace) for span in found.spans if span.described]
    return made


def write(made: "Sequence[RunEvent | JobEvent]", file: Path) -> None:
    """An event a line, as JSON, in place of what was there."""
    from openlineage.client.serde import Serde

    text = "".join(f"{Serde.to_json(event)}\n" for event in made)
    beside = file.with_name(f".{file.name}.new")
    try:
        beside.write_text(text, "utf-8")
        beside.replace(file)
    except OSError as fault:
        beside.unlink(missing_ok=True)
        raise LineageNotSent(f"{file} cannot be written: {fault.strerror}. Name another.") from None


def send(made: "Sequence[RunEvent | JobEvent]", address: str, variables: Mapping[str, str] = os.environ) -> None:
    """Each to ADDRESS/api/v1/lineage, with the key of OPENLINEAGE_API_KEY where there is one. Raises LineageNotSent, with how many were
    taken before; sent again, they are known by their runs."""
    import requests

    there = urlsplit(address)
    if there.username or there.password:
        raise LineageNotSent(f"the address of the collector has a name or a password in it: leave that out, {API_KEY} says who sends.")
    if not there.hostname or (there.scheme != "https" and not (there.scheme == "http" and there.hostname in _LOOPBACK)):
        raise LineageNotSent("the collector is no address that begins with https://. Write it like https://marquez.example.com.")
    shown = f"{there.scheme}://{there.netloc}{there.path.rstrip('/')}"
    transport = _transport(shown, variables.get(API_KEY))
    for number, event in enumerate(made):
        try:
            transport.emit(event)
        except requests.exceptions.HTTPError as fault:
            status = fault.response.status_code if fault.response is not None else 0
            way_out = f"set {API_KEY} to a key that may write" if status in (401, 403) else "look at what it logs"
            raise LineageNotSent(
                f"{shown} took {number:,} of {len(made):,} events and refused the next with {status}: {way_out}."
            ) from None
        except requests.exceptions.RequestException as fault:
            why = "it sends elsewhere" if isinstance(fault, requests.exceptions.TooManyRedirects) else "it does not answer"
            raise LineageNotSent(
                f"{shown} took {number:,} of {len(made):,} events, then {why}. Look whether the address is right."
            ) from None


def _transport(address: str, key: str | None) -> "HttpTransport":
    import requests
    from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport, TokenProvider
    from openlineage.client.transport.http_common import DEFAULT_RETRY_CONFIG

    session = requests.Session()
    # What a collector sends elsewhere would come with the key, and as another method.
    session.max_redirects = 0
    auth = ApiKeyTokenProvider({"api_key": key}) if key else TokenProvider({})
    # Where nobody listens, nobody will in a few seconds.
    retry = {**DEFAULT_RETRY_CONFIG, "connect": 1}
    return HttpTransport(HttpConfig(url=f"{address}/", timeout=SECONDS, auth=auth, session=session, retry=retry))


def _training(version: Version, now: datetime, ended: datetime | None, namespace: str) -> "Iterator[RunEvent]":
    from openlineage.client.generated.documentation_job import DocumentationJobFacet
    from openlineage.client.generated.tags_run import TagsRunFacet, TagsRunFacetFields

    time, of = now.isoformat(), "when this was written, as nobody says when it was trained"
    if ended is not None:
        time, of = ended.isoformat(), "when the run ended"
    elif version.day is not None:
        time, of = f"{version.day}T00:00:00+00:00", "the day of its evaluation"
    said = f"How {version.model} {version.name} was made. Told by {version.told_by}."
    tags = {"run": version.run, "commit": version.commit, "time": of}
    run_facets = {"tags": TagsRunFacet(tags=[TagsRunFacetFields(key, value, INTEGRATION) for key, value in tags.items() if value])}
    job = _job(namespace, f"{version.model}.training", "TRAINING", {"documentation": DocumentationJobFacet(said)})
    inputs = [_data(data, namespace) for data in version.data]
    yield from _run(_run_id(version), time, job, inputs, [_weights_made(version, namespace)], run_facets)


def _release(span: Span, namespace: str) -> "Iterator[RunEvent]":
    from openlineage.client.generated.tags_run import TagsRunFacet, TagsRunFacetFields

    tags = {
        "releases": ", ".join(map(str, span.releases)),
        "commits": ", ".join(span.commits),
        "until": span.until,
        "ledger entry": f"sha256:{span.entry}",
        **{f"version {one.version}": one.says for one in span.answering},
    }
    facets = {"tags": TagsRunFacet(tags=[TagsRunFacetFields(key, value, INTEGRATION) for key, value in tags.items() if value])}
    run = uuid.uuid5(uuid.NAMESPACE_URL, f"{PRODUCER}/release/{span.entry}/{span.endpoint}")
    job = _job(namespace, f"{span.environment}.{span.model}.release", "DEPLOYMENT", _documented(span))
    inputs = [_weights_used(version, namespace) for version in span.versions.values()]
    yield from _run(str(run), str(span.since), job, inputs, [_endpoint(span, namespace)], facets)


def _description(span: Span, now: datetime, namespace: str) -> "JobEvent":
    """What files say is a job that did not have to run yet."""
    from openlineage.client.event_v2 import JobEvent

    return JobEvent(
        eventTime=now.isoformat(),
        job=_job(namespace, f"{span.environment}.{span.model}.release", "DEPLOYMENT", _documented(span)),
        inputs=[_weights_used(version, namespace) for version in span.versions.values()],
        outputs=[_endpoint(span, namespace)],
    )


def _run(
    run: str,
    time: str,
    job: "Job",
    inputs: "list[InputDataset]",
    outputs: "list[OutputDataset]",
    facets: "Mapping[str, RunFacet]",
) -> "Iterator[RunEvent]":
    """Its beginning and its end, which the standard asks for both; when it began is not known, so both have the time of the end."""
    from openlineage.client.event_v2 import Run, RunEvent, RunState

    for state in (RunState.START, RunState.COMPLETE):
        yield RunEvent(eventType=state, eventTime=time, run=Run(run, dict(facets)), job=job, inputs=inputs, outputs=outputs)


def _run_id(version: Version) -> str:
    """MLflow's runs have such an id already."""
    reference = version.run or f"sha256:{version.weights_sha256}/{version.made_sha256}"
    if reference.startswith("mlflow:"):
        return str(uuid.UUID(reference.removeprefix("mlflow:")))
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{PRODUCER}/training/{reference}"))


def _job(namespace: str, name: str, kind: str, facets: "Mapping[str, JobFacet]") -> "Job":
    from openlineage.client.event_v2 import Job
    from openlineage.client.generated.job_type_job import JobTypeJobFacet

    return Job(namespace, name, {"jobType": JobTypeJobFacet("BATCH", INTEGRATION, kind), **facets})


def _documented(span: Span) -> "Mapping[str, JobFacet]":
    from openlineage.client.generated.documentation_job import DocumentationJobFacet
    from openlineage.client.generated.ownership_job import Owner, OwnershipJobFacet

    answers = ", ".join(f"{one.version} {one.says}" for one in span.answering)
    said = DocumentationJobFacet(f"{title_of(span)}, {when(span)}: {answers}")
    return {"documentation": said, "ownership": OwnershipJobFacet([Owner(span.owner, "OWNER")])}


def _data(data: Data, namespace: str) -> "InputDataset":
    from openlineage.client.event_v2 import InputDataset
    from openlineage.client.generated.datasource_dataset import DatasourceDatasetFacet
    from openlineage.client.generated.documentation_dataset import DocumentationDatasetFacet
    from openlineage.client.generated.input_statistics_input_dataset import InputStatisticsInputDatasetFacet

    place = _place(data.source or "", data.name, namespace)
    source = data.source or ""
    facets = _versioned(data.sha256)
    if source:
        facets["dataSource"] = DatasourceDatasetFacet(source, source if _ADDRESS.fullmatch(source) else None)
    parts = (f"{data.part} data" if data.part else "learned from", data.name, data.license or "no license is said")
    facets["documentation"] = DocumentationDatasetFacet(", ".join(parts))
    counted = {"inputStatistics": InputStatisticsInputDatasetFacet(rowCount=data.rows)} if data.rows is not None else {}
    # Parts of the same data are data of their own: they have other rows, and another fingerprint.
    return InputDataset(place[0], f"{place[1]}#{data.part}" if data.part else place[1], inputFacets=dict(counted), facets=dict(facets))


def _weights_made(version: Version, namespace: str) -> "OutputDataset":
    from openlineage.client.event_v2 import OutputDataset

    place, facets = _weights(version, namespace)
    return OutputDataset(*place, facets=facets)


def _weights_used(version: Version, namespace: str) -> "InputDataset":
    from openlineage.client.event_v2 import InputDataset

    place, facets = _weights(version, namespace)
    return InputDataset(*place, facets=facets)


def _weights(version: Version, namespace: str) -> "tuple[tuple[str, str], dict[str, DatasetFacet]]":
    """Where they are and what they are. Every environment has them in a store of its own, and they are the same in all."""
    from openlineage.client.generated.dataset_type_dataset import DatasetTypeDatasetFacet
    from openlineage.client.generated.documentation_dataset import DocumentationDatasetFacet

    key = version.weights.rpartition("@")[0]
    reached = ", ".join(f"{name} {value:g}" for name, value in version.metrics)
    said = f"Weights of {version.model} {version.name}{f', which reached {reached}' if reached else ''}"
    facets: dict[str, DatasetFacet] = {**_versioned(version.weights_sha256), "documentation": DocumentationDatasetFacet(said)}
    return _place(key, key, namespace), {**facets, "datasetType": DatasetTypeDatasetFacet("MODEL")}


def _endpoint(span: Span, namespace: str) -> "OutputDataset":
    from openlineage.client.event_v2 import OutputDataset
    from openlineage.client.generated.dataset_type_dataset import DatasetTypeDatasetFacet

    facets: dict[str, DatasetFacet] = {"datasetType": DatasetTypeDatasetFacet("MODEL", "ENDPOINT")}
    if span.releases:
        facets |= _version_facet(title_of(span))
    return OutputDataset(namespace, f"endpoints/{span.endpoint}", facets=facets)


def _versioned(sha256: str | None) -> "dict[str, DatasetFacet]":
    return _version_facet(f"sha256:{sha256}") if sha256 else {}


def _version_facet(text: str) -> "dict[str, DatasetFacet]":
    from openlineage.client.generated.dataset_version_dataset import DatasetVersionDatasetFacet

    return {"version": DatasetVersionDatasetFacet(text)}


def _place(source: str, name: str, namespace: str) -> tuple[str, str]:
    """Namespace and name, as openlineage.io/docs/spec/naming has them for buckets and addresses; else ours, and what it is called."""
    scheme, separator, rest = source.partition("://")
    host, _, path = rest.partition("/")
    if separator and scheme in ("s3", "gs", "oci", "https", "hdfs", "abfss") and host and path:
        return f"{scheme}://{host}", path
    return namespace, name
