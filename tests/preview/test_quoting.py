"""What a property hides, a policy does not show."""

import json
from pathlib import Path

import msgspec
import pytest

from modelway.preview.assembling import assemble
from modelway.preview.changeset import PolicyResult
from modelway.preview.quoting import unquoted
from modelway.preview.render import html, markdown, terminal
from modelway.preview.resources import Resource
from modelway.preview.sources import Sources

RECORDED = Path(__file__).parent / "recorded"


@pytest.mark.parametrize("image", ["registry.example.com/u:hunter2@credit:ghp_" + "a1B2" * 9, "registry.example.com/u:hunter2@credit:1.0"])
def test_an_image_that_holds_a_password_is_in_no_policy(image: str, tmp_path: Path) -> None:
    digest = json.loads((RECORDED / "image-tag-instead" / "digest.json").read_text("utf-8"))
    for step in digest["steps"]:
        if step["op"] == "update":
            step["newState"]["inputs"]["spec"]["template"]["spec"]["containers"][0]["image"] = image
    file = tmp_path / "digest.json"
    file.write_text(json.dumps(digest), "utf-8")
    report = assemble([Sources(digest=file)])
    (found,) = [one for one in report.policies if one.rule == "pinned-digest" and one.outcome == "failed"]
    assert "image: [not shown]" in found.message
    for page in (msgspec.json.encode(report).decode(), markdown.render(report), html.render(report), terminal.render(report)):
        assert "hunter2" not in page


def said(message: str, **inputs: object) -> str:
    resource = Resource(
        "urn:pulumi:prod::shop::aws:s3/bucket:Bucket::acme-models",
        "",
        id="acme-models-1",
        inputs_raw=msgspec.Raw(msgspec.json.encode(inputs)),
    )
    result = PolicyResult("prod", "theirs", "rule", "failed", urn=resource.urn, message=message)
    (found,) = unquoted([result], lambda urn: resource)
    return found.message


def test_names_of_a_resource_and_what_shows_stay() -> None:
    text = "acme-models (acme-models-1) has 3 replicas of the default tags"
    assert said(text, bucket="acme-models", replicas=3, namespace="default") == text


def test_of_values_in_one_another_the_longest_goes() -> None:
    environment = {"DSN": "db.internal:5432/app", "HOST": "db.internal:5432"}
    assert (
        said("DSN is db.internal:5432/app, HOST is db.internal:5432.", environment=environment)
        == "DSN is [not shown], HOST is [not shown]."
    )
