"""Bills of materials: valid by the schema of CycloneDX whatever a model's file says, the same bytes each time, and what they say."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelway.architecture import Environment
from modelway.governance.bill_of_materials import Beside, NoEndpoint, NotValid, bill, check, written
from modelway.governance.measured import Reached
from tests.support import told_models as told
from tests.support.environments import FOLDERS
from tests.support.environments import environment as of_ours

CONTRACTS = {told.CONTRACT: "c0" * 32}
BESIDE = Beside("1.2.3", CONTRACTS)


def document(environment: Environment, beside: Beside = BESIDE, model: str = told.MODEL) -> dict[str, Any]:
    content = written(bill(environment, model, beside))
    check(content, model)
    assert written(bill(environment, model, beside)) == content
    return dict(json.loads(content))


def references(made: dict[str, Any]) -> set[str]:
    listed = [made["metadata"]["component"], *made["components"], *made.get("services", ())]
    found = [one["bom-ref"] for one in listed]
    assert len(found) == len(set(found))
    return set(found)


def held_together(made: dict[str, Any]) -> None:
    """Every reference is there, and everything hangs on the endpoint."""
    known = references(made)
    needs = {one["ref"]: set(one.get("dependsOn", ())) for one in made["dependencies"]}
    assert set(needs) == known
    for card in (one["modelCard"] for one in made["components"] if "modelCard" in one):
        assert {one["ref"] for one in card["modelParameters"].get("datasets", ())} <= known
    reached, todo = set(), [made["metadata"]["component"]["bom-ref"]]
    while todo:
        one = todo.pop()
        if one not in reached:
            reached.add(one)
            todo += needs[one]
    assert reached == known


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_every_endpoint_of_ours_has_a_valid_document(name: str) -> None:
    environment = of_ours(name)
    served = [one for one, model in environment.models.items() if model.serving is not None]
    assert served
    for model in served:
        made = document(environment, Beside("0.1.0", dict.fromkeys(environment.contracts, "c0" * 32)), model)
        held_together(made)
        pinned = {one["content"] for component in made["components"] for one in component.get("hashes", ())}
        traffic = environment.models[model].traffic
        assert traffic is not None
        for version in traffic.versions:
            described = environment.models[model].versions[version]
            assert {described.image.digest.removeprefix("sha256:"), described.weights.sha256} <= pinned


@pytest.fixture
def made(tmp_path: Path) -> dict[str, Any]:
    reached = [Reached("roc_auc", 0.84, 0.82, 0.86, 1398), Reached("recall", 0.7, 0.6, 0.8, 400, "age_band=00ff00ff00ff00ff")]
    beside = Beside("1.2.3", CONTRACTS, datetime(2026, 3, 13, 9, tzinfo=UTC), "57 sha256:ab", {told.LIVE: reached})
    return document(told.made(tmp_path, drift=told.watched()), beside)


def component(made: dict[str, Any], **wanted: str) -> dict[str, Any]:
    (found,) = [one for one in made["components"] if all(one.get(key.replace("_", "-")) == value for key, value in wanted.items())]
    return dict(found)


def said(component: dict[str, Any]) -> dict[str, str]:
    return {one["name"].removeprefix("modelway:"): one["value"] for one in component["properties"]}


def test_what_answers_is_listed_with_what_it_needs(made: dict[str, Any]) -> None:
    held_together(made)
    models = {one["version"]: said(one)["answers"] for one in made["components"] if one["bom-ref"].startswith("model:")}
    assert models == {
        told.LIVE: "90% of requests",
        told.TRIED: "10% of requests",
        told.OLD: "all requests once the model is stopped",
    }
    (needs,) = [one["dependsOn"] for one in made["dependencies"] if one["ref"] == f"model:dev/{told.MODEL}@{told.LIVE}"]
    kinds = sorted(one.partition(":")[0] for one in needs)
    assert kinds == ["baseline", "contract", *["data"] * 3, "framework", "image", *["third-party"] * 4, "weights"]

    weights = component(made, bom_ref=f"weights:s3://modelway-dev-models-222222222222/{told.MODEL}/1/model.ubj@{'1' * 64}")
    assert weights["hashes"] == [{"alg": "SHA-256", "content": "1" * 64}]
    assert (weights["type"], said(weights)["format"]) == ("file", "ubj")
    image = component(made, type="container", version=f"sha256:{'1' * 64}")
    assert image["purl"].startswith(f"pkg:oci/{told.MODEL}@sha256")
    assert component(made, type="framework")["version"] == "3.1.1"
    assert component(made, name="credit-risk.yaml")["hashes"][0]["content"] == "c0" * 32
    assert [(one["name"], said(one)["sha256"]) for one in made["services"]] == [("a service", "f6" * 32)]


def test_data_are_parts_of_their_own(made: dict[str, Any]) -> None:
    data = component(made, type="data", version=f"sha256:{'d4' * 32}")
    assert data["name"] == "loans-2024"
    assert data["licenses"] == [{"expression": "CC-BY-4.0 OR MIT"}]
    assert said(data) == {"part": "training", "rows": "1398"}
    (inside,) = data["data"]
    assert inside["type"] == "dataset"
    assert inside["contents"] == {"url": "s3://acme-data/loans/2024.parquet"}
    told_of = component(made, type="data", name="Bureau scores")
    assert "hashes" not in told_of
    assert said(told_of) == {"fingerprint": "not said", "until": "2026-01-31"}
    assert told_of["licenses"] == [{"license": {"name": "Bought"}}]
    assert told_of["data"][0]["contents"] == {"properties": [{"name": "modelway:source", "value": "a vendor"}]}


def test_the_model_card_says_what_is_known(made: dict[str, Any]) -> None:
    model = component(made, bom_ref=f"model:dev/{told.MODEL}@{told.LIVE}")
    card = model["modelCard"]
    assert card["modelParameters"]["task"] == "classification"
    assert len(card["modelParameters"]["datasets"]) == 3
    assert card["modelParameters"]["inputs"] == [{"format": "income: FP64 [-1]"}, {"format": "debt: FP64 [-1]"}]
    metrics = card["quantitativeAnalysis"]["performanceMetrics"]
    assert {"type": "roc_auc", "value": "0.8512"} in metrics
    assert {"type": "largest difference in recall between two groups", "value": "0.04", "slice": "age_band"} in metrics
    interval = {"lowerBound": "0.82", "upperBound": "0.86"}
    assert {"type": "roc_auc", "value": "0.84", "confidenceInterval": interval, "slice": "drift baseline, 1,398 rows"} in metrics
    assert metrics[-1]["slice"] == "age_band=00ff00ff00ff00ff"
    considerations = card["considerations"]
    assert considerations["users"] == ["loan desk"]
    assert considerations["useCases"] == ["Puts loans in the order in which people look at them."]
    assert considerations["technicalLimitations"][-1] == "Not for: Refuses a loan without a person."
    (fairness,) = considerations["fairnessAssessments"]
    assert fairness["groupAtRisk"] == "people who apply for a loan"
    assert "recall of groups by age_band is watched" in fairness["mitigationStrategy"]
    links = {one["type"]: one["url"] for one in model["externalReferences"]}
    assert links["build-meta"] == f"mlflow:{'1' * 32}"
    assert links["quality-metrics"] == f"s3://modelway-dev-models-222222222222/{told.MODEL}/1/evaluation.html"
    # Of a version that says nothing nothing is made up.
    old = component(made, bom_ref=f"model:dev/{told.MODEL}@{told.OLD}")["modelCard"]
    assert "quantitativeAnalysis" not in old
    assert len(old["modelParameters"]["datasets"]) == 1


def test_when_and_of_what_it_is(made: dict[str, Any]) -> None:
    metadata = made["metadata"]
    assert metadata["timestamp"] == "2026-03-13T09:00:00+00:00"
    assert metadata["lifecycles"] == [{"phase": "operations"}]
    assert said(metadata)["release"] == "57 sha256:ab"
    assert metadata["tools"]["components"][0]["version"] == "1.2.3"
    endpoint = metadata["component"]
    assert said(endpoint)["system"] == "credit-decisions"
    assert said(endpoint)["role.accountable"] == "head-of-risk@example.com"
    assert endpoint["authors"] == [{"name": told.OWNER, "email": told.OWNER}]


def test_without_a_time_there_is_none_and_the_number_is_of_the_content(tmp_path: Path) -> None:
    first = document(told.made(tmp_path / "a"))
    assert "timestamp" not in first["metadata"]
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", first["serialNumber"])
    assert document(told.made(tmp_path / "b"))["serialNumber"] == first["serialNumber"]
    other = document(told.made(tmp_path / "c", description="Another."))
    assert other["serialNumber"] != first["serialNumber"]


# Addresses take the schema's checker long.
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(told.lines, min_size=1, max_size=6))
def test_hostile_texts_stay_texts(tmp_path: Path, texts: list[str]) -> None:
    chosen = iter(texts * 100)
    environment = told.made(tmp_path, lambda _: next(chosen))
    made = document(environment)
    held_together(made)


@pytest.mark.parametrize("text", told.HOSTILE)
def test_each_hostile_text_everywhere(tmp_path: Path, text: str) -> None:
    held_together(document(told.made(tmp_path, lambda _: text)))


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("https://example.com/a b?x=1#y", "https://example.com/a%20b?x=1#y"),
        ("s3://acme/ä/100%/%2F", "s3://acme/%C3%A4/100%25/%2F"),
        ("https://example.com/[x]#a#b", "https://example.com/%5Bx%5D#a%23b"),
        ("https://exa mple.com/", None),
        ("https://[::1/", None),
        ("javascript:alert(1)", None),
        ("warehouse.loans", None),
    ],
    ids=range(7),
)
def test_sources_that_are_addresses_are_written_as_such(tmp_path: Path, source: str, url: str | None) -> None:
    made = document(told.made(tmp_path, lambda plain: source if plain.startswith("s3:") else plain))
    contents = component(made, type="data", version=f"sha256:{'d4' * 32}")["data"][0]["contents"]
    assert contents == ({"url": url} if url else {"properties": [{"name": "modelway:source", "value": source}]})


@pytest.mark.parametrize(
    ("licence", "written_as"),
    [
        ("apache-2.0", {"license": {"id": "Apache-2.0"}}),
        (
            "MIT AND (GPL-2.0-or-later WITH Classpath-exception-2.0)",
            {"expression": "MIT AND (GPL-2.0-or-later WITH Classpath-exception-2.0)"},
        ),
        ("Public domain", {"license": {"name": "Public domain"}}),
        ("MIT OR Mine", {"license": {"name": "MIT OR Mine"}}),
        ("MIT OR", {"license": {"name": "MIT OR"}}),
    ],
    ids=range(5),
)
def test_licences_are_of_spdx_where_they_are_known(tmp_path: Path, licence: str, written_as: dict[str, Any]) -> None:
    made = document(told.made(tmp_path, lambda plain: licence if plain == "CC-BY-4.0 OR MIT" else plain))
    assert component(made, type="data", version=f"sha256:{'d4' * 32}")["licenses"] == [written_as]


def test_credentials_are_not_shown(tmp_path: Path) -> None:
    # Files that hold one are refused; what stands for them here was made in some other way.
    secret = "https://reader:hunter2hunter2@data.example.com/loans"
    environment = told.made(tmp_path)
    model = environment.models[told.MODEL]
    assert model.governance is not None
    said = model.governance.model_copy(update={"intended_use": secret, "legal_basis": (secret,), "affected_groups": (secret,)})
    changed = model.model_copy(update={"description": secret, "governance": said})
    made = written(bill(environment.model_copy(update={"models": {told.MODEL: changed}}), told.MODEL, BESIDE)).decode()
    check(made.encode(), "masked")
    assert "hunter2" not in made
    assert "[hidden: a password in an address]" in made


def test_an_image_elsewhere_says_where(tmp_path: Path) -> None:
    image = f"ghcr.io/acme/serving@sha256:{'9' * 64}"
    versions = {told.LIVE: {**told.bare("1"), "image": image, "weights": f"oci://ghcr.io/acme/weights@sha256:{'8' * 64}"}}
    made = document(
        told.made(
            tmp_path,
            versions=versions,
            endpoint={**told.model()["endpoint"], "traffic": {"live": told.LIVE}},
            governance={"approvers": told.governance()["approvers"]},
        )
    )
    assert component(made, type="container")["purl"] == f"pkg:oci/serving@sha256:{'9' * 64}?repository_url=ghcr.io/acme/serving"
    (weights,) = [one for one in made["components"] if one["bom-ref"].startswith("weights:")]
    assert weights["externalReferences"][0]["url"] == "oci://ghcr.io/acme/weights"


def test_where_nothing_answers_there_is_nothing_to_list(tmp_path: Path) -> None:
    with pytest.raises(NoEndpoint, match="credit-risk has no endpoint in dev that answers"):
        bill(told.made(tmp_path, presence="disabled"), told.MODEL, BESIDE)


def test_what_is_not_valid_is_found_with_its_place(tmp_path: Path) -> None:
    made = bill(told.made(tmp_path), told.MODEL, BESIDE)
    made["components"][0]["type"] = "model"  # type: ignore[index]
    with pytest.raises(NotValid, match=r"here\.components\[0\]\.type: CycloneDX 1\.6 has another form here, by enum") as fault:
        check(written(made), "here")
    assert len(str(fault.value)) < 500
