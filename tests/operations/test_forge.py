"""The HTTP below: what is asked again and how long it is waited, where pages end, and that the token is nowhere in what is said."""

import email.utils
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest

from modelway.operations import _forge
from modelway.operations._forge import Api, ForgeFailure, Unclear
from tests.support.forge import HEAD, TOKEN, Fault, State, forge

COMMENTS = "/repos/acme/models/issues/7/comments"


@pytest.fixture
def there() -> Iterator[tuple[State, str]]:
    with forge("github") as found:
        yield found


def api(address: str, patience: float = 5, pause: float = 0.01) -> Api:
    return Api("GitHub", address, ("Authorization", f"Bearer {TOKEN}"), {}, patience, pause)


def first(fault: Fault, times: int = 1) -> object:
    return lambda number, *_: fault if number < times else None


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Retry-After": "1"}, None),
        ({"Retry-After": email.utils.formatdate(1_800_000_001), "Date": email.utils.formatdate(1_800_000_000)}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000001", "Date": email.utils.formatdate(1_800_000_000)}, None),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "1800000001", "Date": email.utils.formatdate(1_800_000_000)}, None),
    ],
    ids=["seconds", "a date", "GitHub's reset", "GitLab's reset"],
)
@pytest.mark.parametrize("status", [403, 429])
def test_it_waits_as_long_as_the_forge_says_by_the_clock_of_the_forge(
    there: tuple[State, str], status: int, headers: dict[str, str], body: object
) -> None:
    state, address = there
    state.faults = first(Fault(status, headers, body))  # type: ignore[assignment]
    began = time.monotonic()
    assert api(address).get("/repos/acme/models/pulls/7")["number"] == 7
    assert 1 <= time.monotonic() - began < 3


def test_a_limit_that_is_only_told_in_words_is_waited_for(there: tuple[State, str], monkeypatch: pytest.MonkeyPatch) -> None:
    state, address = there
    monkeypatch.setattr(_forge, "UNSAID", 0.1)
    said = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}
    state.faults = first(Fault(403, body=said), 3)  # type: ignore[assignment]
    began = time.monotonic()
    api(address).get("/repos/acme/models/pulls/7")
    assert time.monotonic() - began >= 0.1 + 0.2 + 0.4, "longer each time"
    assert len(state.requests) == 4


def test_a_limit_that_ends_too_late_is_told_at_once(there: tuple[State, str]) -> None:
    state, address = there
    state.faults = first(Fault(429, {"Retry-After": "3600"}))  # type: ignore[assignment]
    began = time.monotonic()
    with pytest.raises(ForgeFailure, match=r"GitHub limits how often it is asked, until \d\d:\d\d:\d\d UTC, longer than is waited"):
        api(address).get("/repos/acme/models/pulls/7")
    assert time.monotonic() - began < 1


def test_a_refusal_is_no_limit(there: tuple[State, str]) -> None:
    state, address = there
    state.may.clear()
    with pytest.raises(ForgeFailure, match="403, Resource not accessible by integration") as fault:
        api(address).send("POST", COMMENTS, {"body": "hello"})
    assert fault.value.status == 403
    assert len(state.requests) == 1


@pytest.mark.parametrize("status", [0, 500, 502, 503, 504])
def test_a_broken_server_is_asked_again_later_each_time(there: tuple[State, str], status: int) -> None:
    state, address = there
    times: list[float] = []
    state.meanwhile = lambda *_: times.append(time.monotonic())
    state.faults = first(Fault(status), 4)  # type: ignore[assignment]
    assert api(address, pause=0.05).get("/repos/acme/models/pulls/7")["number"] == 7
    pauses = [after - before for before, after in pairwise(times)]
    assert len(pauses) == 4
    assert pauses[-1] > 0.2


@pytest.mark.parametrize("status", [0, 500, 502, 503])
def test_what_may_have_been_written_is_not_written_again_but_said_to_be_unclear(there: tuple[State, str], status: int) -> None:
    state, address = there
    state.faults = first(Fault(status, done=True))  # type: ignore[assignment]
    with pytest.raises(Unclear, match="Run it again"):
        api(address).send("POST", COMMENTS, {"body": "hello"})
    assert len(state.comments) == 1
    assert len(state.requests) == 1


def test_a_slow_answer_is_waited_for_and_a_very_slow_one_is_not(there: tuple[State, str], monkeypatch: pytest.MonkeyPatch) -> None:
    state, address = there
    state.faults = first(Fault(slow=0.3))  # type: ignore[assignment]
    assert api(address).get("/repos/acme/models/pulls/7")["number"] == 7
    monkeypatch.setattr(_forge, "TIMES", _forge.urllib3.Timeout(connect=1, read=0.1))
    state.requests.clear()
    state.faults = first(Fault(slow=0.3), 99)  # type: ignore[assignment]
    with pytest.raises(
        Unclear, match=r"GitHub does not answer at http://127\.0\.0\.1:\d+: it takes longer than 0\.1 seconds\. Run it again\."
    ):
        api(address).send("POST", COMMENTS, {"body": "hello"})


def test_nobody_there_is_told() -> None:
    with pytest.raises(
        ForgeFailure, match=r"GitHub does not answer at http://127\.0\.0\.1:1: nobody listens there. Look whether GITHUB_API_URL is right"
    ):
        api("http://127.0.0.1:1", pause=0.001).get("/user")


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 350])
@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_every_page_is_read(kind: str, count: int) -> None:
    with forge(kind) as (state, address):  # type: ignore[arg-type]
        for number in range(count):
            state.put(str(number))
        path = COMMENTS if kind == "github" else "/projects/42/merge_requests/7/notes?sort=asc"
        assert [one["body"] for one in api(address).listed(path)] == [str(number) for number in range(count)]
        assert len(state.requests) == max(1, -(-count // 100))


def test_a_next_page_of_somebody_else_is_not_asked_with_our_token(there: tuple[State, str]) -> None:
    state, address = there
    state.faults = first(Fault(200, {"Link": f'<{address.replace("127.0.0.1", "localhost")}/x?page=2>; rel="next"'}, []))  # type: ignore[assignment]
    with pytest.raises(ForgeFailure, match=r"next page is at http://localhost:\d+/x, which the token is not for"):
        list(api(address).listed(COMMENTS))
    assert len(state.requests) == 1


def test_the_token_does_not_follow_to_another_host(there: tuple[State, str]) -> None:
    state, address = there
    with forge("github") as (other, elsewhere):
        moved = f"{elsewhere.replace('127.0.0.1', 'localhost')}/repos/acme/models/pulls/7"
        state.faults = first(Fault(301, {"Location": moved}))  # type: ignore[assignment]
        with pytest.raises(ForgeFailure, match="401"):
            api(address).get("/repos/acme/models/pulls/7")
        assert len(other.requests) == 1


def test_the_token_is_not_said_even_where_the_forge_says_it(there: tuple[State, str]) -> None:
    state, address = there
    state.faults = first(Fault(422, body={"message": f"Bad credentials {TOKEN}", "errors": [{"x": [f"and {TOKEN}"]}]}))  # type: ignore[assignment]
    asked = api(address)
    with pytest.raises(ForgeFailure, match=r"422, Bad credentials \[hidden\] and \[hidden\]\.$"):
        asked.get("/user")
    assert TOKEN not in repr(asked)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://github.example.com/api/v3", "GITHUB_API_URL is http://github.example.com/api/v3, where all could read the token"),
        ("ftp://example.com", "Set it to an address that begins with https://."),
        ("example.com", "GITHUB_API_URL is no address. Write it like https://api.github.com"),
        ("nonsense:secret", "GITHUB_API_URL is no address. Write it like https://api.github.com"),
        ("https://me:secret@example.com", "GITHUB_API_URL has a name or a password in it. Leave https://example.com: the token"),
    ],
)
def test_the_token_goes_over_https_alone(address: str, said: str) -> None:
    with pytest.raises(ForgeFailure) as fault:
        api(address)
    assert said in str(fault.value)
    assert "secret" not in str(fault.value)


def test_what_is_no_json_is_told(there: tuple[State, str]) -> None:
    state, address = there
    state.faults = first(Fault(200, body=b"<html>"))  # type: ignore[assignment]
    with pytest.raises(ForgeFailure, match=r"answered /user with something that is no JSON; is http://127\.0\.0\.1:\d+ its API\?"):
        api(address).get("/user")


def test_a_proxy_of_the_environment_is_used(there: tuple[State, str], monkeypatch: pytest.MonkeyPatch) -> None:
    state, address = there
    monkeypatch.setenv("http_proxy", address)
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.delenv("NO_PROXY", raising=False)
    state.faults = first(Fault(200, body={"by": "proxy"}))  # type: ignore[assignment]
    assert api("http://localhost:1").get(f"/repos/{HEAD}") == {"by": "proxy"}
    assert state.requests == [("GET", f"http://localhost:1/repos/{HEAD}")]
