"""What stands on a pull request after reports were put on it; on both forges, over real sockets."""

import msgspec
import pytest

from modelway.errors import ModelwayError
from modelway.operations.comment import Wanted, body
from modelway.operations.comment_body import LIMIT, read
from modelway.operations.forges import Place
from modelway.preview.changeset import Decision, Verdict
from tests.support.desk import ARTIFACT, NEW, OLD, Desk, Kind, nothing, own, report
from tests.support.forge import HEAD, PERSON, forge


def test_there_is_one_comment_however_often_it_is_run(desk: Desk) -> None:
    for word in ("apples", "pears", "plums"):
        desk.post(report(word))
    assert "plums" in desk.only()
    assert "apples" not in desk.only()
    assert "pears" not in desk.only()


def test_its_address_is_told(desk: Desk) -> None:
    posted = desk.post(report("apples"))
    number = desk.state.of()[0]["id"]
    assert posted.url.endswith(f"/{number}" if desk.kind == "github" else f"#note_{number}")
    assert posted == desk.post(report("pears"))


def test_it_is_found_among_hundreds_of_others(desk: Desk) -> None:
    for number in range(120):
        desk.state.put(f"me too {number}")
    desk.post(report("apples"))
    for number in range(240):
        desk.state.put(f"me three {number}")
    desk.post(report("pears"))
    assert "pears" in desk.only()
    assert len(desk.state.comments) == 361


def test_a_comment_of_somebody_else_is_left_whatever_stands_in_it(desk: Desk) -> None:
    desk.post(report("apples"))
    copied = desk.only()
    desk.state.comments.clear()
    theirs = desk.state.put(copied)
    bot = desk.state.put(copied, {"id": 9, "login": "github-actions", "type": "User"})
    another = desk.state.put(copied, {"id": 10, "login": "other[bot]", "type": "Bot"}, "other")
    desk.post(report("pears"))
    assert [one["body"] for one in (theirs, bot, another)] == [copied] * 3
    assert [one["user"]["id"] for one in desk.state.of() if "pears" in one["body"]] == [own(desk)["id"]]


def test_a_comment_of_ours_about_something_else_is_left(desk: Desk) -> None:
    other = desk.state.put("Thanks. It was <!-- modelway-preview v1 --> that said so.", own(desk))
    desk.post(report("apples"))
    assert other["body"].startswith("Thanks.")
    assert len(desk.state.comments) == 2


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_a_token_of_a_person_writes_as_that_person(kind: Kind) -> None:
    with forge(kind) as (state, api):
        desk = Desk(kind, state, api, PERSON)
        desk.post(report("apples"))
        desk.post(report("pears"))
        assert "pears" in desk.only()


def test_a_preview_that_failed_is_told_above_the_last_whole_result(desk: Desk) -> None:
    desk.post(report("apples", at="10:00"))
    desk.post(report("pears", at="11:00", result="failed"))
    desk.post(report("plums", at="12:00", result="failed"))
    body = desk.only()
    assert body.index("plums") < body.index("<details><summary>The last whole result with changes: commit 1111111111, 2026-11-20T10:00:00Z")
    assert body.index("</summary>") < body.index("apples")
    assert "pears" not in body
    desk.post(report("cherries", at="13:00"))
    assert "cherries" in desk.only()
    assert "The last whole" not in desk.only()


def test_no_changes_is_told_above_the_last_changes(desk: Desk) -> None:
    desk.post(report("apples", at="10:00"))
    desk.post(nothing(at="11:00"))
    desk.post(nothing(at="12:00"))
    assert "The last whole result with changes: commit 1111111111, 2026-11-20T10:00:00Z" in desk.only()
    assert "apples" in desk.only()
    desk.post(report("pears", at="13:00", result="failed"))
    assert desk.only().index("pears") < desk.only().index("apples")


def test_a_preview_that_failed_after_one_without_changes_says_so(desk: Desk) -> None:
    desk.post(nothing(at="11:00"))
    desk.post(report("pears", at="12:00", result="failed"))
    assert "The last whole result, without changes: commit 1111111111, 2026-11-20T11:00:00Z" in desk.only()


@pytest.mark.parametrize(
    ("decision", "words"),
    [("needs approval", "is the approval"), ("blocked", "lifts this"), ("ok", ""), ("unknown", "")],
)
def test_it_says_below_the_verdict_who_approves_and_where(desk: Desk, decision: Decision, words: str) -> None:
    desk.post(msgspec.structs.replace(report("alpha"), verdict=Verdict(decision, ("Approve it.",))))
    title, _, said, *_ = read_of(desk).splitlines()
    assert title.startswith("## ")
    assert (words in said) if words else ("approval" not in said and "lifts" not in said)
    if decision == "needs approval":
        assert f"of this {'pull' if desk.kind == 'github' else 'merge'} request" in said


def read_of(desk: Desk) -> str:
    """The report in the comment."""
    found = read(desk.only())
    assert found is not None
    return found.result


def test_the_longest_result_fits_below_the_longest_that_failed(desk: Desk) -> None:
    desk.post(report("apples", at="10:00", size=200_000))
    whole = read(desk.only())
    desk.post(report("pears", at="11:00", result="failed", size=200_000))
    both = read(desk.only())
    assert len(desk.only()) < LIMIT
    assert both is not None
    assert whole is not None
    assert both.before is not None
    assert whole.result in both.before[1]
    assert "pears" in both.result


def test_where_the_forge_takes_less_the_report_is_shorter(desk: Desk) -> None:
    desk.state.longest = 20_000
    desk.post(report("apples", size=200_000))
    assert 10_000 < len(desk.only()) <= 20_000
    assert "apples" in desk.only()


def test_what_was_whole_is_not_given_up_for_room(desk: Desk) -> None:
    desk.post(report("apples", at="10:00", size=200_000))
    before = desk.only()
    desk.state.longest = len(before) + 500
    with pytest.raises(ModelwayError, match=r"does not fit into [\d,]+ characters beside the last whole one: the comment is left"):
        desk.post(report("pears", at="11:00", result="failed"))
    assert desk.only() == before


def test_the_foot_says_of_what_it_is_and_where_there_is_more(desk: Desk) -> None:
    desk.post(report("apples"))
    assert f"(<{ARTIFACT}>)" in desk.only()
    assert "[The run](<https://ci.example.com/runs/1>)" in desk.only()
    assert "Of commit 1111111111. Stale as soon as" in desk.only()


def test_a_report_of_an_older_commit_says_so_and_leaves_a_newer_one(desk: Desk) -> None:
    told: list[str] = []
    desk.post(report("apples", commit=OLD), told)
    assert "**Stale:** this is of commit 2222222222; the pull request is at 1111111111 by now." in desk.only()
    assert "is at 1111111111 by now" in told[0]
    desk.post(report("pears", at="09:00"))
    assert "Stale:" not in desk.only()
    posted = desk.post(report("plums", at="12:00", commit=OLD), told)
    assert posted.newer
    assert "is of a newer run (commit 1111111111, 2026-11-20T09:00:00Z): it is left." in told[-1]
    assert "pears" in desk.only()


def test_of_one_commit_the_report_that_was_made_later_stays(desk: Desk) -> None:
    desk.post(report("apples", at="12:00", risk="irreversible"))
    assert desk.post(report("pears", at="11:59")).newer
    assert "apples" in desk.only()
    assert desk.state.labels == ["modelway:irreversible"]


def test_the_merge_of_the_head_is_the_head(desk: Desk) -> None:
    desk.state.parents[NEW] = [OLD, HEAD]
    desk.post(report("apples", commit=NEW))
    assert "Stale:" not in desk.only()
    assert "Of commit 1111111111." in desk.only()
    assert [one["sha"] for one in desk.state.statuses] == [HEAD]


def test_of_which_commit_it_is_may_not_be_known(desk: Desk) -> None:
    desk.post(report("apples", commit=""))
    assert "**Maybe stale:** nobody said which commit this is of (`modelway comment --commit`)." in desk.only()
    assert "<sub>[The run](<https://ci.example.com/runs/1>) · Of a commit that nobody said, made 2026-11-20T10:00:00Z.</sub>" in desk.only()
    assert desk.state.statuses == []


def test_the_commit_that_is_given_counts(desk: Desk) -> None:
    desk.commit = HEAD
    desk.post(report("apples", commit=""))
    assert "stale:" not in desk.only().lower()
    assert [one["sha"] for one in desk.state.statuses] == [HEAD]
    desk.commit = OLD
    desk.post(report("pears", at="11:00", commit=HEAD))
    assert "apples" in desk.only(), "of a commit that the pull request has left"


def test_a_link_ends_where_it_should() -> None:
    text = body(Place("github", "acme/models", 7, "https://api.github.com", ""), Wanted(report("apples"), "https://e.com/a)b <i> [x](y"))
    assert "(<https://e.com/a)b%20%3Ci%3E%20[x](y>)" in text
