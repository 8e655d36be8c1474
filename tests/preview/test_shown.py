"""Values that a report shows, and all others, which it does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.preview.resources import SECRET, UNKNOWN
from modelway.preview.shown import LOOKS, Shown, shown

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("spec.replicas", 3, "3"),
        ("spec.rules[0].backendRefs[1].weight", 10.0, "10"),
        ("spec.template.spec.containers[0].image", f"111122223333.dkr.ecr.eu-central-1.amazonaws.com/credit-risk@{DIGEST}", None),
        ("instanceTypes[0]", "g6.xlarge", "g6.xlarge"),
        ("ingress[0].cidrBlocks[0]", "0.0.0.0/0", "0.0.0.0/0"),
        ("endpointPublicAccess", True, "true"),
        ("policy#Statement[0].Action[0]", "s3:GetObject", "s3:GetObject"),
        ("policy#Statement[0].Principal.AWS[0]", "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:root"),
        ("version", "1.34", "1.34"),
    ],
)
def test_what_is_listed_shows(path: str, value: object, text: str | None) -> None:
    assert shown(path, value).text == (value if text is None else text)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("data.replicas", "3"),
        ('data["application.yaml"]', "3"),
        ("spec.template.spec.containers[0].env[0].value", "3"),
        ("tags.version", "1.0"),
        ("masterPassword.version", "1.0"),
        ("description", "quiet"),
        ("version", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"),
        ("name", "kJ8sQ2vX9pLmZ4tR7wYb"),
        ("image", "registry.example.com/a:kJ8sQ2vX9pLmZ4tR7wYb"),
        ("host", "user:hunter2@db.example.com"),
        ("replicas", "many words"),
        ("replicas", {"a": 1}),
    ],
)
def test_what_is_not_listed_or_looks_otherwise_does_not(path: str, value: object) -> None:
    assert shown(path, value).text is None


def test_secrets_and_unknowns_are_told_as_such() -> None:
    assert shown("replicas", SECRET) == Shown(secret=True)
    assert shown("replicas", UNKNOWN) == Shown(unknown=True)
    assert shown("name", "ghp_" + "aB3dE5gH7j" * 4) == Shown(secret=True)
    assert shown("adminPassword", "hunter2") == Shown(secret=True)


@given(st.sampled_from(sorted(LOOKS)), st.from_regex(r"[A-Za-z0-9+/]{24,60}", fullmatch=True))
def test_random_text_shows_nowhere(name: str, text: str) -> None:
    from modelway.redaction.assignments import is_random

    found = shown(name, text).text
    assert found is None or not is_random(text)
