"""Credentials are found by shape or by name, and never shown; what only looks long is left alone."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.assignments import is_random, speaks_of_secrets
from modelway.redaction import HIDDEN, blotted, credentials, kind_of, masked, may_expose

LETTERS = "aB3dE5gH7jK9mN1pQ3sT5vX7zA9cD1fG3hJ5kL7nP9rS"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJl"
SHAPED = {
    "AKIA" + "IOSFODNN7EXAMPLE": "an AWS access key",
    "ASIA" + "IOSFODNN7EXAMPLE": "an AWS access key",
    "ghp_" + LETTERS[:36]: "a GitHub token",
    "github_pat_" + LETTERS + LETTERS[:30]: "a GitHub token",
    "glpat-" + LETTERS[:20]: "a GitLab token",
    "xoxb-" + "123456789012-" + LETTERS[:12]: "a Slack token",
    "https://hooks.slack.com/services/" + "T00000000/B00000000/" + LETTERS[:24]: "the address of a Slack webhook",
    "sk-proj-" + LETTERS[:40]: "an API key",
    "sk-ant-api03-" + LETTERS[:40]: "an API key",
    "hf_" + "aBcDeFgHiJ" * 4: "a Hugging Face token",
    "AIza" + LETTERS[:35]: "a Google API key",
    "sk_live_" + LETTERS[:24]: "a Stripe key",
    "npm_" + LETTERS[:36]: "an npm token",
    "pypi-AgEIcHlwaS5vcmc" + LETTERS[:44]: "a PyPI token",
    "pul-" + "0123456789abcdef" * 2 + "01234567": "a Pulumi token",
    "dapi" + "0123456789abcdef" * 2: "a Databricks token",
    "-----BEGIN PRIVATE KEY-----\n" + LETTERS + "\n-----END PRIVATE KEY-----": "a private key",
    "-----BEGIN OPENSSH PRIVATE KEY-----": "a private key",
    JWT: "a JSON Web Token",
    "https://reader:correct-horse@labels.example.com/": "a password in an address",
    "postgresql://reader:x@db:5432/labels": "a password in an address",
}
DIGEST = "sha256:5ef0fce93d3f25667172e51fd41e1ab21b0dcda0253572fd5909e38354f61032"
HARMLESS = [
    ("image", f"co2-forecast@{DIGEST}"),
    ("image", f"registry.example.com:5000/risk/co2-forecast@{DIGEST}"),
    ("weights", f"oci://registry.example.com:5000/co2-forecast@{DIGEST}"),
    ("secret", "pagerduty-platform-key-2026"),
    ("secret", "pagerduty_oncology_key"),
    ("key", "arn:aws:kms:eu-west-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
    ("secret", "arn:aws:secretsmanager:eu-west-1:222222222222:secret:pagerduty-AbCdEf"),
    ("token", f"x@{DIGEST}"),
    ("tokens", "8192"),
    ("token_owner", "ml-platform@example.com"),
    ("issuer", "https://login.example.com:8443/realms/ml@v2"),
    ("principal", "arn:aws:iam::222222222222:role/deployer"),
    ("description", "A learner from sk-learn, with basket-sk-values"),
    ("vpc_id", "vpc-0a1b2c3d4e5f67890"),
]


@pytest.mark.parametrize(("text", "kind"), SHAPED.items(), ids=lambda text: text[:12])
def test_shapes_are_found_anywhere_and_hidden(text: str, kind: str) -> None:
    around = f"see {text}, and so on"
    assert [found.kind for found in credentials(around)] == [kind]
    assert kind_of(around) == kind
    assert may_expose(around)
    assert f"[hidden: {kind}]" in masked(around)
    hidden = text if kind != "a password in an address" else text.split("://")[1].split("@")[0]
    assert hidden not in masked(around)
    assert hidden not in blotted(around)
    assert len(blotted(around)) == len(around)


@pytest.mark.parametrize(("name", "value"), HARMLESS)
def test_names_digests_and_references_are_none(name: str, value: str) -> None:
    assert kind_of(value, name) is None
    assert masked(value, name) == value
    assert blotted(f"{name}: {value}") == f"{name}: {value}"


@pytest.mark.parametrize(
    "name",
    ["password", "db_password", "API_KEY", "apiKey", "client-secret", "slack.webhook", "aws_secret_access_key", "tokens"],
)
def test_names_that_speak_of_secrets(name: str) -> None:
    assert speaks_of_secrets(name)
    assert kind_of("q7Zp2LxV9sKd4TbN8wRf", name)
    assert masked("q7Zp2LxV9sKd4TbN8wRf", name).startswith(HIDDEN[:-1])
    line = f"  {name}: q7Zp2LxV9sKd4TbN8wRf"
    assert may_expose(line)
    assert blotted(line) == f"  {name}: {'•' * 20}"


@pytest.mark.parametrize("name", ["key", "keys", "tokenizer", "secretary", "passenger", "owner", "compass"])
def test_names_that_do_not(name: str) -> None:
    assert not speaks_of_secrets(name)


@given(st.binary(min_size=16, max_size=32).filter(lambda drawn: len(set(drawn)) > 12))
def test_what_is_drawn_is_random(drawn: bytes) -> None:
    assert is_random(drawn.hex()) or drawn.hex().isdigit()


@given(st.lists(st.sampled_from(["pagerduty", "key", "risk", "v2", "platform", "prod", "2026", "slack", "alerts"]), min_size=1, max_size=6))
def test_what_is_written_is_not(words: list[str]) -> None:
    assert not is_random("-".join(["a", *words]))
    assert not is_random("_".join(["a", *words]))


@given(st.text(max_size=300))
def test_whatever_the_text_a_line_keeps_its_length(text: str) -> None:
    assert len(blotted(text)) == len(text)
    assert masked(masked(text)) == masked(text)
    assert not list(credentials(masked(text)))


@pytest.mark.parametrize(
    "piece",
    ["-----BEGIN PRIVATE KEY-----", "eyJa", "sk-", "a", "token:", "token: ", "://a:", "AKIA", "a1B", "-----BEGIN ", "xoxb-"],
)
def test_a_hostile_text_takes_no_longer_than_another(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        started = time.process_time()
        may_expose(text)
        masked(text)
        blotted(text)
        return time.process_time() - started

    small = min(seconds(5_000) for _ in range(3))
    # Twenty times the text: twenty times the time, not four hundred.
    assert seconds(100_000) < 200 * max(small, 0.001)


@given(st.text(max_size=700), st.text(max_size=700))
def test_long_random_text_is_hidden_wherever_it_stands(before: str, after: str) -> None:
    text = f"{before} {LETTERS} {after}"
    assert LETTERS not in masked(text)
    assert LETTERS not in blotted(text)
