"""The verifier against botocore's signer: what it signs is accepted, and nothing that differs from it."""

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from localcloud.aws import sigv4
from localcloud.aws.messages import Refused, Request

KEY, SECRET, TOKEN = "ASIA2EXAMPLE22222222", "a secret/with+signs=", "FQoGZXIvYXdzEBYaDk/+=="
HOST = "127.0.0.1:4566"
SERVICES = ("sts", "iam", "ec2", "eks", "ecr", "s3")

text = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
names = st.text(string.ascii_letters + "-._ ~:+/ü", min_size=1, max_size=8)
paths = st.lists(st.text(string.ascii_letters + string.digits + "-._~:@ü+ %", min_size=1, max_size=8), max_size=4)
queries = st.dictionaries(names.filter(lambda name: not name.lower().startswith("x-amz")), text, max_size=4)


def sent(signed: AWSRequest) -> Request:
    """The request as it goes over the wire."""
    prepared = signed.prepare()
    parts = urlsplit(prepared.url)
    headers = {name.lower(): value.decode() if isinstance(value, bytes) else str(value) for name, value in prepared.headers.items()}
    body = prepared.body or b""
    return Request(prepared.method, parts.path, parts.query, {**headers, "host": HOST}, body.encode() if isinstance(body, str) else body)


def by_header(service: str, method: str, path: list[str], query: dict[str, str], body: bytes) -> Request:
    from urllib.parse import quote

    url = f"http://{HOST}/{'/'.join(quote(part, safe='') for part in path)}"
    if query:
        url += "?" + urlencode(query).replace("+", "%20")
    request = AWSRequest(method=method, url=url, data=body, headers={"X-Amz-Target": "Thing.Call", "Content-Type": "application/json"})
    signer = (S3SigV4Auth if service == "s3" else SigV4Auth)(Credentials(KEY, SECRET, TOKEN), service, "eu-west-1")
    signer.add_auth(request)
    return sent(request)


def by_query(service: str, query: dict[str, str], seconds: int = 60) -> Request:
    request = AWSRequest(method="GET", url=f"http://{HOST}/", params=query, headers={"X-K8s-Aws-Id": "dev"})
    signer = (S3SigV4QueryAuth if service == "s3" else SigV4QueryAuth)(
        Credentials(KEY, SECRET, TOKEN), service, "eu-west-1", expires=seconds
    )
    signer.add_auth(request)
    return sent(request)


def check(request: Request, now: datetime | None = None, secret: str = SECRET) -> sigv4.Signature:
    signature = sigv4.read(request)
    sigv4.verify(request, signature, secret, now or datetime.now(UTC))
    return signature


@given(st.sampled_from(SERVICES), st.sampled_from(["GET", "POST", "PUT", "DELETE"]), paths, queries, st.binary(max_size=40))
def test_what_botocore_signs_in_a_header_is_accepted(
    service: str, method: str, path: list[str], query: dict[str, str], body: bytes
) -> None:
    signature = check(by_header(service, method, path, query, body))
    assert (signature.access_key, signature.region, signature.service, signature.token) == (KEY, "eu-west-1", service, TOKEN)


@given(st.sampled_from(SERVICES), queries)
def test_what_botocore_signs_in_a_url_is_accepted(service: str, query: dict[str, str]) -> None:
    signature = check(by_query(service, query))
    assert (signature.access_key, signature.service, signature.token, signature.expires) == (KEY, service, TOKEN, 60)


@settings(max_examples=300)
@given(st.sampled_from(SERVICES), st.integers(0, 2000), st.sampled_from(string.printable[:-5]))
def test_a_url_with_one_other_character_is_refused(service: str, where: int, character: str) -> None:
    request = by_query(service, {"Action": "GetCallerIdentity", "Version": "2011-06-15"})
    where %= len(request.query)
    mutated = replace(request, query=request.query[:where] + character + request.query[where + 1 :])
    assume(sorted(mutated.pairs) != sorted(request.pairs))  # %3A and %3a say the same
    with pytest.raises(Refused):
        check(mutated)


@pytest.mark.parametrize(
    "change",
    [
        {"method": "POST"},
        {"path": "/clusters/other"},
        {"path": "/clusters/dev/"},
        {"query": "maxResults=2"},
        {"query": "maxResults=1&nextToken=x"},
        {"query": ""},
        {"body": b'{"a":2}'},
    ],
    ids=str,
)
def test_a_changed_request_is_refused(change: dict[str, str | bytes]) -> None:
    request = by_header("eks", "GET", ["clusters", "dev"], {"maxResults": "1"}, b'{"a":1}')
    check(request)
    with pytest.raises(Refused) as refused:
        check(replace(request, **change))
    assert refused.value.code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("name", ["host", "x-amz-date", "x-amz-target", "x-amz-security-token"])
def test_a_changed_header_is_refused(name: str) -> None:
    request = by_header("eks", "GET", [], {}, b"")
    value = request.headers[name]
    other = value[:-2] + ("1Z" if value[-2] != "1" else "2Z") if name == "x-amz-date" else value + "x"
    with pytest.raises(Refused):
        check(replace(request, headers={**request.headers, name: other}))


def test_another_secret_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        check(by_header("sts", "POST", [], {}, b""), secret=SECRET + "x")
    assert refused.value.code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(("minutes", "accepted"), [(-16, False), (-14, True), (0, True), (14, True), (16, False)])
def test_a_header_holds_for_fifteen_minutes(minutes: int, accepted: bool) -> None:
    request = by_header("sts", "POST", [], {}, b"")
    now = datetime.now(UTC) + timedelta(minutes=minutes)
    if accepted:
        check(request, now)
    else:
        with pytest.raises(Refused, match=r"expired|not yet current"):
            check(request, now)


@pytest.mark.parametrize(("seconds", "accepted"), [(-16 * 60, False), (30, True), (65, False)])
def test_a_url_holds_for_as_long_as_it_says(seconds: int, accepted: bool) -> None:
    request = by_query("s3", {})
    now = datetime.now(UTC) + timedelta(seconds=seconds)
    if accepted:
        check(request, now)
    else:
        with pytest.raises(Refused, match=r"expired|not yet current"):
            check(request, now)


def test_a_longer_life_cannot_be_written_into_a_url() -> None:
    request = by_query("s3", {})
    with pytest.raises(Refused):
        check(replace(request, query=request.query.replace("X-Amz-Expires=60", "X-Amz-Expires=90")))


@pytest.mark.parametrize("added", ["X-Amz-Expires=60", "x-amz-expires=60", "X-Amz-Signature=" + "0" * 64, "X-Amz-Date=20200101T000000Z"])
def test_a_parameter_of_the_signature_stands_there_once(added: str) -> None:
    request = by_query("sts", {})
    for query in (f"{added}&{request.query}", f"{request.query}&{added}"):
        with pytest.raises(Refused):
            check(replace(request, query=query))


@pytest.mark.parametrize(
    ("headers", "query", "code"),
    [
        ({}, "", "MissingAuthenticationToken"),
        ({"authorization": "Basic YTpi"}, "", "IncompleteSignature"),
        ({"authorization": f"AWS {KEY}:c2ln"}, "", "IncompleteSignature"),
        ({"authorization": "AWS4-HMAC-SHA256 Credential=x"}, "", "IncompleteSignature"),
        ({}, f"AWSAccessKeyId={KEY}&Signature=x&Expires=1", "InvalidRequest"),
    ],
)
def test_what_is_not_signed_with_version_four_is_refused(headers: dict[str, str], query: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        sigv4.read(Request("GET", "/", query, {"host": HOST, **headers}))
    assert refused.value.code == code


def test_a_signature_that_leaves_the_host_out_is_refused() -> None:
    request = by_header("sts", "POST", [], {}, b"")
    authorization = request.headers["authorization"].replace("host;", "")
    with pytest.raises(Refused, match="Host"):
        check(replace(request, headers={**request.headers, "authorization": authorization}))


def test_a_body_that_is_not_the_one_whose_hash_is_signed_is_refused() -> None:
    request = by_header("s3", "PUT", ["bucket", "key"], {}, b"weights")
    assert "x-amz-content-sha256" in request.headers
    with pytest.raises(Refused, match="does not match"):
        check(replace(request, body=b"wrong weights"))
