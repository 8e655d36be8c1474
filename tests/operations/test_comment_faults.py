"""Whatever fails while a report is put on a pull request: the last good one can still be read, and the next run puts all right."""

import time
import traceback
from collections.abc import Callable
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelway.errors import ModelwayError
from modelway.operations.comment import Wanted, post
from modelway.operations.comment_body import read
from modelway.operations.forges import Place, opened
from modelway.preview.changeset import ChangeSet, Finding, Made, StackChanges, Verdict
from tests.support.forge import HEAD, TOKEN, Fault, State, forge

Kind = Literal["github", "gitlab"]
Shape = Literal["whole", "failed", "nothing"]

FAULTS: dict[str, Callable[[], Fault]] = {
    "the connection breaks": Fault,
    "the connection breaks after it was done": lambda: Fault(done=True),
    "the server is broken": lambda: Fault(502, body=b"<html>Bad gateway</html>"),
    "the server is broken after it was done": lambda: Fault(500, done=True),
    "the server is busy": lambda: Fault(503, {"Retry-After": "0"}),
    "a limit of the rate": lambda: Fault(
        403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()))}, {"message": "API"}
    ),
    "a limit that ends in an hour": lambda: Fault(429, {"Retry-After": "3600"}, {"message": "Too many"}),
    "a limit that is told in words": lambda: Fault(403, body={"message": "You have exceeded a secondary rate limit."}),
    "no permission": lambda: Fault(403, body={"message": f"Resource not accessible with {TOKEN}"}),
    "not there": lambda: Fault(404, body={"message": "Not Found"}),
    "no JSON": lambda: Fault(200, body=b"<html>Sign in</html>"),
    "JSON of another kind": lambda: Fault(200, body=["what"]),
}


def report(word: str, minute: int, shape: Shape = "whole") -> ChangeSet:
    made = Made(at=f"2026-11-20T10:{minute:02}:00Z", commit=HEAD)
    if shape == "nothing":
        return ChangeSet(Verdict("ok"), (StackChanges("dev"),), made=made)
    findings = (Finding("review", "a-rule", "dev", "a bucket", f"Something about {word} happens."),)
    failed = shape == "failed"
    rows = (StackChanges("dev", result="failed" if failed else "succeeded"),)
    return ChangeSet(Verdict("unknown" if failed else "ok"), rows, findings=findings, made=made)


def place(kind: Kind, api: str) -> Place:
    return Place(kind, "acme/models" if kind == "github" else "42", 7, api, TOKEN)


def put(kind: Kind, api: str, report: ChangeSet) -> str:
    """What was raised, as somebody would see it; empty when nothing was."""
    here = place(kind, api)
    raised: ModelwayError | None = None
    try:
        post(opened(here, patience=1, pause=0.002), here, Wanted(report, run="https://ci.example.com/1"), lambda _: None, settled=0)
    except ModelwayError as fault:
        raised = fault
    if raised is None:
        return ""
    assert TOKEN not in "".join(traceback.format_exception(raised))
    assert TOKEN not in repr(vars(raised))
    assert str(raised)
    return str(raised)


def readable(state: State) -> list[str]:
    """Texts that stand whole in our comments."""
    found = [read(comment["body"]) for comment in state.of()]
    return [text for one in found if one for text in (one.result, one.before[1] if one.before else "")]


@pytest.mark.parametrize("kind", ["github", "gitlab"])
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_any_request_leaves_the_last_good_result(kind: Kind, name: str, lasting: bool) -> None:
    with forge(kind) as (state, api):
        assert put(kind, api, report("apples", 0)) == ""
        good = [dict(comment) for comment in state.comments]
        state.requests.clear()
        assert put(kind, api, report("pears", 1, "failed")) == ""
        count = len(state.requests)
        for number in range(count):
            state.comments[:] = [dict(comment) for comment in good]
            state.requests.clear()
            state.faults = lambda at, *_, n=number: FAULTS[name]() if (at >= n if lasting else at == n) else None
            said = put(kind, api, report("pears", 1, "failed"))
            assert any("apples" in text for text in readable(state)), (number, state.comments)
            state.faults = lambda *_: None
            assert put(kind, api, report("plums", 2, "failed")) == ""
            (comment,) = state.of()
            there = read(comment["body"])
            assert there is not None
            assert there.before is not None
            assert "plums" in there.result
            assert "apples" in there.before[1], (number, said)


@pytest.mark.parametrize("kind", ["github", "gitlab"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_the_first_comment_leaves_one_in_the_end(kind: Kind, name: str) -> None:
    with forge(kind) as (state, api):
        assert put(kind, api, report("apples", 0)) == ""
        count = len(state.requests)
        for number in range(count):
            state.comments.clear()
            state.requests.clear()
            state.faults = lambda at, *_, n=number: FAULTS[name]() if at == n else None
            put(kind, api, report("apples", 1))
            state.faults = lambda *_: None
            assert put(kind, api, report("pears", 2)) == ""
            (comment,) = state.of()
            assert "pears" in comment["body"], number


Run = tuple[Shape, list[tuple[int, str, bool]]]
runs: st.SearchStrategy[list[Run]] = st.lists(
    st.tuples(
        st.sampled_from(["whole", "failed", "nothing"]),
        st.lists(st.tuples(st.integers(0, 12), st.sampled_from(sorted(FAULTS)), st.booleans()), max_size=2),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(runs=runs, kind=st.sampled_from(["github", "gitlab"]))
def test_what_was_posted_whole_stays_until_the_next_that_is(runs: list[Run], kind: Kind) -> None:
    with forge(kind) as (state, api):
        last = ""
        for minute, (shape, planned) in enumerate(runs):
            state.requests.clear()

            def faults(at: int, method: str, path: str, planned: Any = planned) -> Fault | None:
                hit = next((name for number, name, lasting in planned if at == number or (lasting and at > number)), None)
                return FAULTS[hit]() if hit else None

            state.faults = faults
            word = f"word{minute}x"
            said = put(kind, api, report(word, minute, shape))
            texts = readable(state)
            if shape == "whole" and (not said or any(word in text for text in texts)):
                last = word
            assert any(last in text for text in texts) or not last, (minute, said, state.comments)
        state.faults = lambda *_: None
        assert put(kind, api, report("theend", 59)) == ""
        (comment,) = state.of()
        assert "theend" in comment["body"]
