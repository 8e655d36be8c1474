"""Lineage as events of OpenLineage: in the form of the standard, the same each time, and taken by a server on this machine.

The client brings no JSON Schema. What the standard asks of an event is written here, from its text and the client's classes of 2-0-2; what
it asks of facets is in those classes, which are made from it.
"""

import json
import re
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import attr
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from openlineage.client.serde import Serde

from modelway.governance.lineage import Lineage, lineage
from modelway.operations.openlineage_events import LineageNotSent, events, send, write
from tests.governance.test_lineage import ANOTHER, LOANS, at, released, trained
from tests.support import told_models
from tests.support.made_records import A, B
from tests.support.receiving import receiver

NOW = datetime(2026, 11, 28, tzinfo=UTC)
SECRET = "key-of-the-collector"
FACET = {
    "type": "object",
    "required": ["_producer", "_schemaURL"],
    "properties": {"_producer": {"type": "string", "format": "uri"}, "_schemaURL": {"type": "string", "format": "uri"}},
}
FACETS = {"type": "object", "additionalProperties": FACET}
NAMED = {"namespace": {"type": "string", "minLength": 1}, "name": {"type": "string", "minLength": 1}, "facets": FACETS}
DATASET = {"type": "object", "required": ["namespace", "name"], "properties": {**NAMED, "inputFacets": FACETS, "outputFacets": FACETS}}
EVENT = {
    "type": "object",
    "required": ["eventTime", "producer", "schemaURL", "job"],
    "properties": {
        "eventTime": {"type": "string", "format": "date-time"},
        "producer": {"type": "string", "format": "uri"},
        "schemaURL": {"type": "string", "pattern": "^https://openlineage.io/spec/2-0-2/OpenLineage.json#/\\$defs/(Run|Job)Event$"},
        "eventType": {"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
        "run": {"type": "object", "required": ["runId"], "properties": {"runId": {"type": "string", "format": "uuid"}, "facets": FACETS}},
        "job": {"type": "object", "required": ["namespace", "name"], "properties": NAMED},
        "inputs": {"type": "array", "items": DATASET},
        "outputs": {"type": "array", "items": DATASET},
    },
    "additionalProperties": False,
}
CHECK = Draft202012Validator(EVENT, format_checker=FormatChecker())
MODULES = {
    "DatasetVersionDatasetFacet": "dataset_version_dataset",
    "DatasourceDatasetFacet": "datasource_dataset",
    "DocumentationDatasetFacet": "documentation_dataset",
    "DocumentationJobFacet": "documentation_job",
    "DatasetTypeDatasetFacet": "dataset_type_dataset",
    "InputStatisticsInputDatasetFacet": "input_statistics_input_dataset",
    "JobTypeJobFacet": "job_type_job",
    "OwnershipJobFacet": "ownership_job",
    "TagsRunFacet": "tags_run",
}
"""Where the client has each facet that is used."""


def checked(found: Lineage, ended: dict[str, datetime] | None = None) -> list[dict[str, Any]]:
    """The events as data, once each has the form that the standard asks for."""
    made = [json.loads(Serde.to_json(event)) for event in events(found, NOW, ended or {})]
    for event in made:
        CHECK.validate(event)
        assert datetime.fromisoformat(event["eventTime"]).tzinfo is not None
        assert ("run" in event) == event["schemaURL"].endswith("RunEvent")
        for facet in _facets(event):
            _check(facet)
    return made


def _facets(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return ([value] if "_schemaURL" in value else []) + [one for item in value.values() for one in _facets(item)]
    return [one for item in value for one in _facets(item)] if isinstance(value, list) else []


def _check(facet: dict[str, Any]) -> None:
    name = facet["_schemaURL"].rpartition("/")[2]
    of = getattr(import_module(f"openlineage.client.generated.{MODULES[name]}"), name)
    fields = {one.name: one for one in attr.fields(of)}
    assert set(facet) <= set(fields)
    assert {one for one, field in fields.items() if field.default is attr.NOTHING} <= set(facet)


RELEASED = lineage([], released(at(1, trained("1", A, LOANS)), at(2, trained("2", B, ANOTHER))))


def test_a_training_is_a_run_with_its_data_and_weights() -> None:
    began, ended = checked(RELEASED)[2:4]
    assert (began["eventType"], ended["eventType"]) == ("START", "COMPLETE")
    # MLflow's run is the run.
    assert began["run"]["runId"].replace("-", "") == ended["run"]["runId"].replace("-", "") == A[:32]
    (data,) = ended["inputs"]
    assert (data["namespace"], data["name"]) == ("s3://acme-data", "loans.parquet#training")
    assert data["facets"]["version"]["datasetVersion"] == f"sha256:{'d4' * 32}"
    assert data["facets"]["dataSource"]["uri"] == "s3://acme-data/loans.parquet"
    assert data["inputFacets"]["inputStatistics"]["rowCount"] == 10
    (weights,) = ended["outputs"]
    assert (weights["name"], weights["facets"]["version"]["datasetVersion"]) == ("credit-risk/1/model.ubj", f"sha256:{A}")


def test_a_release_leads_from_weights_to_its_endpoint() -> None:
    made = [event for event in checked(RELEASED) if event["job"]["name"] == "prod.credit-risk.release"]
    assert [(event["eventType"], event["eventTime"][:10]) for event in made] == [
        ("START", "2026-03-01"),
        ("COMPLETE", "2026-03-01"),
        ("START", "2026-03-02"),
        ("COMPLETE", "2026-03-02"),
    ]
    first = made[1]
    assert [one["name"] for one in first["inputs"]] == ["credit-risk/1/model.ubj"]
    assert [one["name"] for one in first["outputs"]] == ["endpoints/prod/credit-risk"]
    tags = {tag["key"]: tag["value"] for tag in first["run"]["facets"]["tags"]["tags"]}
    assert (tags["version 1"], tags["releases"], tags["until"]) == ("100%", "1", "2026-03-02T09:00:00.000000Z")


def test_what_files_describe_did_not_run(tmp_path: Path) -> None:
    made = checked(lineage([(told_models.made(tmp_path), {})], []))
    (event,) = [event for event in made if "run" not in event]
    assert event["job"]["name"] == f"dev.{told_models.MODEL}.release"
    assert event["job"]["facets"]["documentation"]["description"].endswith(f"{told_models.LIVE} 90%, {told_models.TRIED} 10%")


def test_the_time_of_a_training_is_the_best_that_is_known(tmp_path: Path) -> None:
    def times(found: Lineage, ended: dict[str, datetime] | None = None) -> set[tuple[str, str]]:
        made = [event for event in checked(found, ended) if event["job"]["name"].endswith(".training")]
        return {(one["eventTime"][:10], one["run"]["facets"]["tags"]["tags"][-1]["value"]) for one in made}

    described = lineage([(told_models.made(tmp_path), {})], [])
    assert times(described) == {("2026-11-02", "the day of its evaluation")}
    run = f"mlflow:{'1' * 32}"
    assert ("2026-10-31", "when the run ended") in times(described, {run: datetime(2026, 10, 31, tzinfo=UTC)})
    assert times(RELEASED) == {("2026-11-28", "when this was written, as nobody says when it was trained")}


def test_the_same_lineage_makes_the_same_events(tmp_path: Path) -> None:
    made = events(RELEASED, NOW, {})
    write(made, tmp_path / "first")
    write(events(RELEASED, NOW, {}), tmp_path / "second")
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    assert [json.loads(line) for line in (tmp_path / "first").read_text("utf-8").splitlines()] == checked(RELEASED)


@given(text=st.sampled_from(told_models.HOSTILE) | st.text(max_size=20))
@settings(max_examples=30)
def test_hostile_texts_stay_texts(text: str) -> None:
    data = LOANS.__class__(text or "x", "training", "d4" * 32, text, None, text)
    checked(lineage([], released(at(1, trained("1", A, data)))))


def test_events_are_sent_to_who_collects_them() -> None:
    made = events(RELEASED, NOW, {})
    with receiver() as server:
        send(made, f"{server.address}/lineage/", {"OPENLINEAGE_API_KEY": SECRET})
        send(made[:1], server.address, {})
    first, last = server.received[0], server.received[-1]
    assert (first.method, first.path, first.headers["authorization"]) == ("POST", "/lineage/api/v1/lineage", f"Bearer {SECRET}")
    assert (last.path, last.headers.get("authorization")) == ("/api/v1/lineage", None)
    assert [json.loads(one.body) for one in server.received[:-1]] == checked(RELEASED)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "took 1 of 8 events and refused the next with 401: set OPENLINEAGE_API_KEY"),
        (422, "with 422: look"),
        (302, "took 1 of 8 events, then it sends elsewhere"),
    ],
    ids=["key", "form", "moved"],
)
def test_a_refusal_says_how_much_was_taken_and_no_secret(status: int, said: str) -> None:
    answers = [(200, {}, b""), (status, {"Location": "https://evil.example/"}, b"")]
    with receiver(answers) as server, pytest.raises(LineageNotSent, match=re.escape(said)) as fault:
        send(events(RELEASED, NOW, {}), server.address, {"OPENLINEAGE_API_KEY": SECRET})
    assert SECRET not in str(fault.value)
    assert len(server.received) == 2


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://marquez.example.com", "begins with https"),
        (f"https://zoe:{SECRET}@marquez.example.com", "leave that out"),
        ("https://", "begins with https"),
        ("http://127.0.0.1:1", "took 0 of 8 events, then it does not answer"),
    ],
    ids=["clear", "password", "no-host", "nobody"],
)
def test_an_address_that_takes_nothing_is_refused(address: str, said: str) -> None:
    with pytest.raises(LineageNotSent, match=said) as fault:
        send(events(RELEASED, NOW, {}), address, {})
    assert SECRET not in str(fault.value)


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(LineageNotSent, match="cannot be written"):
        write(events(RELEASED, NOW, {}), tmp_path / "none" / "file")
