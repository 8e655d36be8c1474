"""A tracking server of MLflow is asked, over HTTP, as its client does: a server on this machine answers as MLflow does."""

import base64
from collections.abc import Mapping

import pytest

from modelway.operations.mlflow_runs import MOST_BYTES, MlflowFailure, read_run
from tests.support.receiving import receiver

RUN = "b7d665eab7424c7197002171ddbc02ca"
SECRET = "hunter2-of-mlflow"
NONE: Mapping[str, str] = {}


def test_it_asks_for_the_run_and_says_who_asks() -> None:
    with receiver([(200, {}, b"{}")]) as server:
        variables = {"MLFLOW_TRACKING_USERNAME": "zoe", "MLFLOW_TRACKING_PASSWORD": SECRET, "MLFLOW_TRACKING_TOKEN": "other"}
        assert read_run(f"{server.address}/mlflow/", RUN, variables) == b"{}"
    (asked,) = server.received
    assert (asked.method, asked.path) == ("GET", f"/mlflow/api/2.0/mlflow/runs/get?run_id={RUN}")
    assert asked.headers["authorization"] == f"Basic {base64.b64encode(f'zoe:{SECRET}'.encode()).decode()}"


def test_a_token_is_asked_with_where_there_is_no_password() -> None:
    with receiver() as server:
        read_run(server.address, RUN, {"MLFLOW_TRACKING_USERNAME": "zoe", "MLFLOW_TRACKING_TOKEN": SECRET})
        read_run(server.address, RUN, NONE)
    assert [one.headers.get("authorization") for one in server.received] == [f"Bearer {SECRET}", None]


@pytest.mark.parametrize(
    ("status", "content", "said"),
    [
        (404, b'{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Run not found"}', f"has no run {RUN}"),
        (404, b"<html>", "answered 404 .* root of a tracking server"),
        (401, b"", "refuses .401.: set MLFLOW_TRACKING_USERNAME"),
        (403, b"", "refuses .403."),
        (302, b"", "sends elsewhere"),
        (400, b"", "answered 400"),
    ],
    ids=["no-run", "no-mlflow", "unknown-user", "forbidden", "moved", "bad"],
)
def test_a_refusal_says_what_to_do_and_no_secret(status: int, content: bytes, said: str) -> None:
    with receiver([(status, {"Location": "https://evil.example/"}, content)]) as server, pytest.raises(MlflowFailure, match=said) as fault:
        read_run(server.address, RUN, {"MLFLOW_TRACKING_TOKEN": SECRET})
    assert SECRET not in str(fault.value)
    assert fault.value.__cause__ is None


def test_a_server_that_is_broken_is_asked_again() -> None:
    with receiver([(503, {}, b""), (500, {}, b""), (200, {}, b"{}")]) as server:
        assert read_run(server.address, RUN, NONE) == b"{}"
    assert len(server.received) == 3


def test_an_answer_that_is_too_large_is_refused() -> None:
    with receiver([(200, {}, b" " * (MOST_BYTES + 1))]) as server, pytest.raises(MlflowFailure, match=r"more of run .* than 16 MiB"):
        read_run(server.address, RUN, NONE)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("mlflow.example.com", "no address"),
        ("ftp://mlflow.example.com", "no address"),
        ("https://", "no address"),
        ("https://mlflow.example.com:99999", "no address"),
        ("http://mlflow.example.com", "in the clear"),
        (f"https://zoe:{SECRET}@mlflow.example.com", "more than host and path"),
        (f"https://mlflow.example.com/?token={SECRET}", "more than host and path"),
        ("http://127.0.0.1:1", "nobody listens there"),
    ],
    ids=["no-scheme", "ftp", "no-host", "no-port", "clear", "password", "query", "nobody"],
)
def test_an_address_that_cannot_be_asked_is_refused(address: str, said: str) -> None:
    with pytest.raises(MlflowFailure, match=said) as fault:
        read_run(address, RUN, NONE)
    assert SECRET not in str(fault.value)


def test_a_file_of_certificates_has_to_be_there() -> None:
    with pytest.raises(MlflowFailure, match="MLFLOW_TRACKING_SERVER_CERT_PATH is /nowhere"):
        read_run("https://mlflow.example.com", RUN, {"MLFLOW_TRACKING_SERVER_CERT_PATH": "/nowhere"})
