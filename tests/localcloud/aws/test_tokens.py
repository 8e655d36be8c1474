"""Tokens as boto3 makes them, against the checks of the token webhook: only the very token, for the very cluster, in its time."""

import base64
import string
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.aws import tokens
from localcloud.aws.identities import Identities, Identity
from localcloud.aws.messages import Refused
from localcloud.aws.sigv4 import Signature

KEY, SECRET, SESSION = "ASIA2EXAMPLE22222222", "a secret", "a/session+token=="
HOST = "127.0.0.1:4566"
ROLE = "arn:aws:iam::222222222222:role/deployer"


class OneKey(Identities):
    """Knows one access key; what moto would say about it is written down here."""

    def __init__(self) -> None:
        arn = "arn:aws:sts::222222222222:assumed-role/deployer/me"
        self.expires = datetime.now(UTC) + timedelta(hours=6)
        self.known = Identity("222222222222", KEY, SECRET, SESSION, arn, ROLE, "AROA2:me", "me", self.expires)

    def find(self, access_key: str) -> Identity | None:
        return self.known if access_key == KEY else None


def url(
    cluster: str = "dev",
    host: str = f"http://{HOST}/",
    service: str = "sts",
    seconds: int = 60,
    secret: str = SECRET,
    session: str | None = SESSION,
    key: str = KEY,
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> str:
    request = AWSRequest(
        method="GET",
        url=host,
        params=query or {"Action": "GetCallerIdentity", "Version": "2011-06-15"},
        headers={"x-k8s-aws-id": cluster} if headers is None else headers,
    )
    SigV4QueryAuth(Credentials(key, secret, session), service, "eu-west-1", expires=seconds).add_auth(request)
    return str(request.prepare().url)


def token(text: str) -> str:
    return tokens.PREFIX + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def check(made: str, cluster: str = "dev", later: timedelta = timedelta()) -> Identity:
    return tokens.verify(made, cluster, frozenset([HOST]), OneKey(), datetime.now(UTC) + later)


def test_a_token_of_a_known_key_is_its_holders() -> None:
    assert check(token(url())).principal == ROLE


@pytest.mark.parametrize(("minutes", "accepted"), [(-20, False), (-5, True), (14, True), (16, False), (60, False)])
def test_a_token_holds_for_a_quarter_of_an_hour(minutes: int, accepted: bool) -> None:
    if accepted:
        check(token(url()), later=timedelta(minutes=minutes))
    else:
        with pytest.raises(Refused, match=r"expired|not yet current"):
            check(token(url()), later=timedelta(minutes=minutes))


REFUSED = {
    "made for another cluster": token(url("other")),
    "names no cluster": token(url(headers={})),
    "signed with a wrong secret": token(url(secret="guessed")),
    "of a key nobody issued": token(url(key="AKIAIOSFODNN7EXAMPLE")),
    "without the session token": token(url(session=None)),
    "with another session's token": token(url(session="other")),
    "of another service": token(url(service="iam")),
    "for real STS": token(url(host="https://sts.eu-west-1.amazonaws.com/")),
    "for another host": token(url(host="http://127.0.0.1:9999/")),
    "over https": token(url(host=f"https://{HOST}/")),
    "with a user in the host": token(url().replace("http://", "http://x@")),
    "for another path": token(url(host=f"http://{HOST}/other")),
    "with a fragment": token(url() + "#x"),
    "for another action": token(url(query={"Action": "AssumeRole", "Version": "2011-06-15"})),
    "with another parameter": token(url(query={"Action": "GetCallerIdentity", "Version": "2011-06-15", "RoleArn": ROLE})),
    "with an action twice": token(url() + "&Action=GetCallerIdentity"),
    "that asks for too long": token(url(seconds=61)),
    "that asks for an hour": token(url(seconds=3600)),
    "without prefix": token(url()).removeprefix(tokens.PREFIX),
    "with another prefix": token(url()).replace("k8s-aws-v1.", "k8s-aws-v2."),
    "with padding": token(url()) + "==",
    "in the other alphabet": token(url()) + "+/",
    "that is no URL": token("hello"),
    "that is not text": tokens.PREFIX + base64.urlsafe_b64encode(b"\xff\xfe http").decode().rstrip("="),
    "that is empty": tokens.PREFIX,
    "that is huge": token(url() + "&" * 20000),
    "of a bad host": token("http://[/?x"),
}


@pytest.mark.parametrize("made", REFUSED.values(), ids=REFUSED.keys())
def test_a_token_is_refused(made: str) -> None:
    with pytest.raises(Refused):
        check(made)


def test_a_token_is_not_for_a_cluster_with_another_name() -> None:
    with pytest.raises(Refused, match="signature"):
        check(token(url("dev")), cluster="prod")


def test_a_session_that_ended_has_no_tokens() -> None:
    with pytest.raises(Refused, match="expired"):
        check(token(url()), later=timedelta(hours=7))


@settings(max_examples=400)
@given(st.integers(0, 5000), st.sampled_from(string.printable[:-5]))
def test_a_token_with_one_other_character_in_its_url_is_refused(where: int, character: str) -> None:
    original = url()
    where %= len(original)
    mutated = original[:where] + character + original[where + 1 :]
    try:
        identity = check(token(mutated))
    except Refused:
        return
    # What is accepted has to say the same: %2F and %2f do.
    assert mutated.lower() == original.lower()
    assert identity.principal == ROLE


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_any_text_is_refused_and_nothing_else_happens(made: str) -> None:
    for text in (made, tokens.PREFIX + made, token(made)):
        with pytest.raises(Refused):
            check(text)


def test_reading_proves_nothing_yet() -> None:
    _, signature = tokens.read(token(url(secret="guessed")), "dev", frozenset([HOST]))
    assert isinstance(signature, Signature)
    assert signature.access_key == KEY
