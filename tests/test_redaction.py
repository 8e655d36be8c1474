"""Credentials are found by shape or by name, and never shown; what only looks long is left alone."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.redaction import HIDDEN, blotted, credentials, kind_inside, kind_of, masked, may_expose
from modelway.redaction.assignments import is_random, speaks_of_secrets

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
    "hvs." + LETTERS[:24]: "a Vault token",
    "hvb." + LETTERS: "a Vault token",
    "dckr_pat_" + LETTERS[:27]: "a Docker token",
    "dop_v1_" + "0123456789abcdef" * 4: "a DigitalOcean token",
    "AGE-SECRET-KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L" + "QPZRY9X8GF2TVDW0S3JN54KHCE": "an age key",
    "xapp-1-" + "A0123456789-1234567890123-" + "0123456789abcdef" * 4: "a Slack app's token",
    "https://acme.webhook.office.com/webhookb2/" + "1111-2222@3333/IncomingWebhook/" + "0123456789abcdef" * 2: (
        "the address of a Teams webhook"
    ),
    "https://reader:correct-horse@labels.example.com/": "a password in an address",
    "postgresql://reader:x@db:5432/labels": "a password in an address",
}
HEX_40, HEX_64 = "c524e440066559a6656c90bd5482a90a29b9fa5f", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
BASIC = "cmVhZGVyOmNvcnJlY3QtaG9yc2U="
AZURE = (LETTERS * 2)[:86] + "=="
STANDING = [
    ("Authorization: Bearer {}", HEX_40),
    ("{{'Authorization': 'Bearer {}'}}", HEX_40),
    ("Authorization: Basic {}", BASIC),
    ("Authorization: token {}", HEX_40),
    ("authorization: bearer {}", "k7Lm.x9Qp"),
    (r"{{\"auths\": {{\"r\": {{\"auth\": \"{}\"}}}}}}", BASIC),
    ('"auth":"{}"', BASIC),
    ("DefaultEndpointsProtocol=https;AccountKey={};EndpointSuffix=x", AZURE),
    ("https://x.example.com/c?sv=2024-01-01&sig={}", "ab%2Bcd3eF5gh7Ij9kLmN0pQrS%2FtUvW1xYz%3D"),
    ("https://x.example.com/c?X-Amz-Signature={}", HEX_64),
    ("login --password {} --host x", "Hunter2"),
    ("login --token {}", HEX_40),
    ("Password='{}';", "two words"),
    ('password: "{}"', "correct horse battery"),
    (r"{{\"password\": \"{}\"}}", "two words"),
    ("encryption_key={}", HEX_64),
    ("routing_key={}", HEX_40[:32]),
    ("routingKey: {}", HEX_40[:32]),
    ("license_key={}", "A1B2-C3D4-XyZ9-Qw8R-77aa"),
    ("client_secret: {}", "rGYJ3GxeYYXw"),
    ("secret: {}", "fKQcf3hG"),
]
"""Secrets by where they stand; what refuses a plan sees them too."""
SUSPECTED = [
    ("Cookie: session={}", "KbCj0SPY9bUdSBrgZZyJiuetkiqFRusc"),
    ("Set-Cookie: sid={}; Path=/", "abcdef123"),
    ("mysql?user=a&pass={}", "Hunter2"),
    ("SOMETHING={}", HEX_40),
    ('"something": "{}"', HEX_64),
    ("SOMETHING={}", LETTERS),
    ("wrapping_key={}", HEX_40[:20]),
]
"""What is hidden from people, and refuses nothing."""
INNOCENT = [
    f"commit: {HEX_40}",
    f"git_sha={HEX_40}",
    f"?ref={HEX_40}",
    f"registry.example.com/a:{HEX_40}",
    f"a@sha256:{HEX_64}",
    f"sha256={HEX_64}",
    f"checksum/config: {HEX_64}",
    f"checksum mismatch: expected: {HEX_64}, got: {HEX_64}",
    f'"etag": "{HEX_40[:32]}"',
    f"codeSha256={LETTERS}",
    "vpc: vpc-0a1b2c3d4e5f67890",
    "subnet_id=subnet-0a1b2c3d4e5f67890",
    "arn:aws:kms:eu-west-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "kms_key=1234abcd-12ab-34cd-56ef-1234567890ab",
    "encryption_key: 1234abcd-12ab-34cd-56ef-1234567890ab",
    "object_key=models/co2-forecast/0a1b2c3d4e5f67890",
    "partition_key: customer-and-day",
    "the option --password must be set",
    "--password $PASSWORD",
    "--password-file /run/secrets/password",
    "password=$(cat /run/secrets/password)",
    "password: <your password>",
    "Authorization: Bearer $TOKEN",
    "Authorization: Bearer <token>",
    "basic authentication is for nobody",
    "auth: basic-auth",
    "{type: cookie, name: modelway-cohort}",
    "tests pass: 1234567",
    "secret: MyApp2Prod",
    "hvs.example.internal",
    "max: 99999999999999999999999999999999999999999",
]


@pytest.mark.parametrize(("form", "secret"), [*STANDING, *SUSPECTED])
def test_what_stands_as_a_secret_does_is_hidden(form: str, secret: str) -> None:
    text = f"it said {form.format(secret)} twice\nand went on"
    assert secret not in masked(text)
    assert secret not in blotted(text)
    assert masked(text).startswith("it said ")
    assert masked(text).endswith("and went on")
    assert len(blotted(text)) == len(text)


@pytest.mark.parametrize(("form", "secret"), STANDING)
def test_what_is_surely_one_refuses_a_plan(form: str, secret: str) -> None:
    assert kind_inside(form.format(secret))
    assert may_expose(form.format(secret))


@pytest.mark.parametrize(("form", "secret"), SUSPECTED)
def test_what_is_only_suspected_refuses_nothing(form: str, secret: str) -> None:
    assert kind_inside(form.format(secret)) is None


@pytest.mark.parametrize("text", INNOCENT)
def test_what_only_looks_long_is_left_alone(text: str) -> None:
    assert masked(text) == text
    assert kind_inside(text) is None


@pytest.mark.parametrize("name", ["encryption_key", "kms_key", "routingKey", "object_key"])
def test_the_id_of_a_key_is_none(name: str) -> None:
    assert kind_of("1234abcd-12ab-34cd-56ef-1234567890ab", name) is None


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
    [
        "-----BEGIN PRIVATE KEY-----",
        "eyJa",
        "sk-",
        "a",
        "token:",
        "token: ",
        "://a:",
        "AKIA",
        "a1B",
        "-----BEGIN ",
        "xoxb-",
        "hvs.",
        "hvs.a",
        "dckr_pat_",
        "xapp-1-",
        "sig=",
        "password='",
        'password="',
        'password="\\',
        "--password ",
        "--a-",
        "bearer ",
        "authorization: ",
        "auth:",
        "cookie: a=",
        "cookie:aaaaaa=aaaaaaa",
        "pass=",
        "_key=",
        "a=",
        "=0123456789abcdef",
        ": ",
        "https://a.webhook.office.com/",
        "AGE-SECRET-KEY-1",
        "AccountKey=",
    ],
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
