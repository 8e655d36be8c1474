"""`modelway kube-token`: what it prints is what EKS takes."""

import base64
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import typer
from typer.testing import CliRunner

from localcloud.aws import sigv4, tokens
from modelway.cli.kube_token import command
from modelway.errors import ModelwayError
from modelway.operations.kube_token import kube_token

KEY, SECRET, SESSION = "ASIA2EXAMPLE22222222", "a secret", "a/session+token=="


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials, and none of the machine's own settings."""
    for name in (
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_ENDPOINT_URL_STS",
        "AWS_DEFAULT_REGION",
    ):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": SESSION,
        "AWS_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
    }.items():
        monkeypatch.setenv(name, value)


def presigned(credential: dict[str, object]) -> str:
    status = credential["status"]
    assert isinstance(status, dict)
    text = str(status["token"]).removeprefix("k8s-aws-v1.")
    assert "=" not in text
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


def test_the_token_is_signed_for_this_cluster() -> None:
    status = kube_token("dev", "eu-central-1")["status"]
    assert isinstance(status, dict)
    request, signature = tokens.read(status["token"], "dev", frozenset(["127.0.0.1:4566"]))
    sigv4.verify(request, signature, SECRET, datetime.now(UTC))
    assert (signature.access_key, signature.token, signature.region, signature.expires) == (KEY, SESSION, "eu-central-1", 60)
    assert signature.signed_headers == ("host", "x-k8s-aws-id")


@pytest.mark.parametrize(
    ("region", "endpoint", "sts", "base"),
    [
        ("eu-central-1", None, None, "https://sts.eu-central-1.amazonaws.com/"),
        (None, None, None, "https://sts.eu-west-1.amazonaws.com/"),
        ("eu-west-1", "http://127.0.0.1:4566", None, "http://127.0.0.1:4566/"),
        ("eu-west-1", "http://127.0.0.1:4566", "http://127.0.0.1:4567", "http://127.0.0.1:4567/"),
    ],
)
def test_the_endpoint_is_the_regions_own_or_the_configured_one(
    monkeypatch: pytest.MonkeyPatch, region: str | None, endpoint: str | None, sts: str | None, base: str
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    for name, value in (("AWS_ENDPOINT_URL", endpoint), ("AWS_ENDPOINT_URL_STS", sts)):
        if value:
            monkeypatch.setenv(name, value)
    made = presigned(kube_token("dev", region))
    assert made.startswith(f"{base}?")
    assert parse_qs(urlsplit(made).query)["Action"] == ["GetCallerIdentity"]


def test_the_client_asks_anew_before_the_token_ends() -> None:
    credential = kube_token("dev", None)
    assert (credential["apiVersion"], credential["kind"]) == ("client.authentication.k8s.io/v1", "ExecCredential")
    status = credential["status"]
    assert isinstance(status, dict)
    left = datetime.strptime(status["expirationTimestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) - datetime.now(UTC)
    assert timedelta(minutes=13, seconds=50) < left <= timedelta(minutes=14)


def test_without_credentials_it_says_so_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    with pytest.raises(ModelwayError, match="there are no AWS credentials: set AWS_PROFILE"):
        kube_token("dev", None)


def test_the_region_may_be_in_either_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    assert "%2Feu-north-1%2Fsts%2F" in presigned(kube_token("dev", None))


def test_without_region_it_says_so_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    with pytest.raises(ModelwayError, match=r"(?i)region"):
        kube_token("dev", None)


def test_an_unknown_profile_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(ModelwayError, match="nobody"):
        kube_token("dev", None)


def test_the_command_prints_the_credential_and_nothing_else() -> None:
    app = typer.Typer()
    app.command()(command)
    result = CliRunner().invoke(app, ["--cluster", "dev", "--region", "eu-west-1"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["kind"] == "ExecCredential"
    assert result.stderr == ""
