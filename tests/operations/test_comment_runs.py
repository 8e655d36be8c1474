"""Several runs on one pull request: comments that are deleted, doubled, or written by two at once."""

import contextlib
import random
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from modelway.operations.comment import until_settled
from modelway.operations.comment_body import read
from tests.support.desk import Desk, own, report


def test_a_deleted_comment_comes_back(desk: Desk) -> None:
    desk.post(report("apples"))
    desk.state.comments.clear()
    desk.post(report("pears"))
    assert "pears" in desk.only()


def test_a_comment_that_is_deleted_just_before_it_is_changed_comes_back(desk: Desk) -> None:
    desk.post(report("apples"))

    def delete(_: int, method: str, path: str) -> None:
        if method in ("PATCH", "PUT") and desk.state.comments:
            desk.state.comments.clear()

    desk.state.meanwhile = delete
    desk.post(report("pears"), labels=False)
    assert "pears" in desk.only()


def test_second_comments_go_into_the_first(desk: Desk) -> None:
    desk.post(report("apples", at="10:00"))
    whole = desk.only()
    desk.state.comments.clear()
    desk.post(report("pears", at="11:00", result="failed"))
    failed = desk.only()
    desk.state.comments.clear()
    first, _ = desk.state.put(failed, own(desk)), desk.state.put(whole, own(desk))
    posted = desk.post(report("plums", at="09:00"))
    assert posted.newer
    assert [one["id"] for one in desk.state.comments] == [first["id"]]
    assert "pears" in desk.only()
    assert "apples" in desk.only()


def test_a_second_comment_goes_only_when_the_first_has_what_it_had(desk: Desk) -> None:
    desk.post(report("pears", at="11:00", result="failed"))
    failed = desk.only()
    desk.state.comments.clear()
    desk.post(report("apples", at="10:00"))
    whole = desk.only()
    desk.state.comments.clear()
    first, _ = desk.state.put(failed, own(desk)), desk.state.put(whole, own(desk))
    at_removal: list[str] = []
    written_over = 0

    def meanwhile(_: int, method: str, path: str) -> None:
        nonlocal written_over
        if method == "GET" and path.endswith(str(first["id"])) and first["body"] != failed and not written_over:
            # Another run, which had read before ours wrote.
            first["body"] = failed
            written_over += 1
        if method == "DELETE":
            at_removal.append(first["body"])

    desk.state.meanwhile = meanwhile
    desk.post(report("plums", at="09:00"))
    assert written_over == 1
    assert ["apples" in body for body in at_removal] == [True]


@pytest.mark.parametrize("moment", ["before it reads again", "before it writes"])
@pytest.mark.parametrize("ours", ["succeeded", "failed"])
@pytest.mark.parametrize("theirs", ["succeeded", "failed"])
@pytest.mark.parametrize("newer", ["ours", "theirs"])
def test_two_runs_at_once_leave_the_newer_report_and_what_was_whole(desk: Desk, moment: str, ours: str, theirs: str, newer: str) -> None:
    desk.post(report("apples", at="10:00"))
    desk.settled = 0.2
    desk.state.lock = contextlib.nullcontext()  # both are inside of a request
    method = "GET" if moment == "before it reads again" else "PATCH|PUT"
    at = {"ours": "11:00", "theirs": "11:00", newer: "12:00"}
    wrote = threading.Event()

    def run() -> None:
        desk.post(report("pears", at=at["theirs"], result=theirs), labels=False, status=False)

    other = threading.Thread(target=run)

    def meanwhile(_: int, asked: str, path: str) -> None:
        if re.fullmatch(method, asked) and re.search(r"/(comments|notes)/\d+$", path) and other.ident is None:
            other.start()
            assert wrote.wait(5)
        elif asked == "GET" and any("pears" in one["body"] for one in desk.state.comments):
            # The other looks what stands there.
            wrote.set()

    desk.state.meanwhile = meanwhile
    desk.post(report("plums", at=at["ours"], result=ours), labels=False, status=False)
    other.join()
    there = read(desk.only())
    assert there is not None
    words, results = {"ours": "plums", "theirs": "pears"}, {"ours": ours, "theirs": theirs}
    older = "ours" if newer == "theirs" else "theirs"
    assert words[newer] in there.result
    if results[newer] == "failed":
        assert there.before is not None
        assert (words[older] if results[older] == "succeeded" else "apples") in there.before[1]


def test_an_older_report_that_is_whole_goes_below_a_newer_one_that_failed(desk: Desk) -> None:
    desk.post(report("pears", at="12:00", result="failed"))
    assert desk.post(report("apples", at="11:00")).newer
    there = read(desk.only())
    assert there is not None
    assert there.before is not None
    assert "pears" in there.result
    assert "apples" in there.before[1]
    assert desk.post(report("plums", at="10:00")).newer
    assert "plums" not in desk.only()


@pytest.mark.parametrize(("took", "seconds"), [(0.1, 2), (4, 12), (300, 30)], ids=["soon", "slow", "after a limit of the rate"])
def test_how_long_is_waited_for_others_ends_before_the_job_does(took: float, seconds: float) -> None:
    assert until_settled(2, took) == seconds


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("settled", "took"), [(0.5, (0, 0.1)), (0.1, (0.3, 0.5))], ids=["a forge that answers soon", "a slow forge"])
def test_many_runs_at_once_leave_the_newest_report_and_below_it_the_newest_that_was_whole(
    desk: Desk, seed: int, settled: float, took: tuple[float, float]
) -> None:
    chance = random.Random(seed)
    there = [("before", "10:00", "succeeded")] * chance.randrange(2)
    for word, at, result in there:
        desk.post(report(word, at=at, result=result))
    runs = [(f"run{number}x", f"11:{number:02}", chance.choice(["succeeded", "failed"])) for number in range(5)]
    desk.settled = settled
    desk.state.lock = contextlib.nullcontext()  # they are inside of requests at the same time
    # A change is done after the look that it is made from; where the forge is slow, after others would no longer look.
    desk.state.meanwhile = lambda _, method, __: time.sleep(chance.uniform(*((0, 0.02) if method == "GET" else took)))
    with ThreadPoolExecutor(len(runs)) as pool:
        for done in [
            pool.submit(desk.post, report(word, at=at, result=result), labels=False, status=False)
            for word, at, result in chance.sample(runs, len(runs))
        ]:
            done.result()
    found = read(desk.only())
    assert found is not None
    newest, whole = runs[-1], [one for one in [*there, *runs] if one[2] == "succeeded"]
    assert newest[0] in found.result
    if newest[2] == "failed" and whole:
        assert found.before is not None
        assert whole[-1][0] in found.before[1]
