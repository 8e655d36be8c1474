"""What stands on a pull request after reports were put on it; on both forges, over real sockets."""

import contextlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec
import pytest

from modelway.errors import ModelwayError
from modelway.operations.comment import CONTEXT, Posted, Wanted, body, post
from modelway.operations.comment_body import LIMIT, read
from modelway.operations.forges import Place, opened
from modelway.preview.changeset import ChangeSet, Decision, Finding, Made, Risk, StackChanges, Verdict
from tests.support.forge import ACTIONS, HEAD, PERSON, TOKEN, State, forge

Kind = Literal["github", "gitlab"]
OLD, NEW = "2222222222222222222222222222222222222222", "3333333333333333333333333333333333333333"
ARTIFACT = "https://ci.example.com/artifacts/1?name=report.html"


def report(
    word: str, *, at: str = "10:00", commit: str = HEAD, result: str = "succeeded", risk: Risk = "review", size: int = 0
) -> ChangeSet:
    """One whose text has `word` in it; `size` characters more in findings."""
    findings = [Finding(risk, "a-rule", "dev", "a bucket", f"Something about {word} happens.")]
    findings += [Finding("review", "a-rule", "dev", f"thing {number}", "Much is to be said. " * 20) for number in range(size // 400)]
    failed = result == "failed"
    return ChangeSet(
        Verdict("unknown" if failed else "ok", (f"Make the preview of {word} succeed.",) if failed else ()),
        (StackChanges("dev", result="failed" if failed else "succeeded"),),
        findings=tuple(findings),
        made=Made(at=f"2026-11-20T{at}:00Z", commit=commit),
    )


def nothing(*, at: str = "10:00", commit: str = HEAD) -> ChangeSet:
    return ChangeSet(Verdict("ok"), (StackChanges("dev"),), made=Made(at=f"2026-11-20T{at}:00Z", commit=commit))


@dataclass
class Desk:
    """Where reports are put on pull request 7."""

    kind: Kind
    state: State
    api: str
    token: str = TOKEN
    settled: float = 0
    commit: str = ""

    def place(self) -> Place:
        return Place(self.kind, "acme/models" if self.kind == "github" else "42", 7, self.api, self.token)

    def post(self, report: ChangeSet, told: list[str] | None = None, *, labels: bool = True, status: bool = True) -> Posted:
        wanted = Wanted(report, ARTIFACT, "https://ci.example.com/runs/1", labels, status, self.commit)
        pull = opened(self.place(), patience=3, pause=0.01)
        return post(pull, self.place(), wanted, (told if told is not None else []).append, settled=self.settled)

    def only(self) -> str:
        (comment,) = self.state.of()
        return str(comment["body"])


@pytest.fixture(params=["github", "gitlab"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with forge(request.param) as (state, api):
        yield Desk(request.param, state, api)


def own(desk: Desk) -> dict[str, object]:
    return ACTIONS if desk.kind == "github" else {"id": 77, "login": "ops", "type": "User"}


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


def test_a_closed_pull_request_is_left(desk: Desk) -> None:
    desk.state.open = False
    with pytest.raises(ModelwayError, match=r"^acme/models[#!]7 is closed: nothing was written.$"):
        desk.post(report("apples"))
    assert desk.state.comments == []


def test_a_locked_conversation_is_told(desk: Desk) -> None:
    desk.state.locked = True
    with pytest.raises(
        ModelwayError, match=r"^May not comment on .*: its (conversation|discussion) is locked. Unlock it, and run this again.$"
    ):
        desk.post(report("apples"))


def test_no_permission_is_told_with_the_way_out(desk: Desk) -> None:
    desk.state.may.remove("comment")
    with pytest.raises(ModelwayError, match=r"^May not comment on .*[#!]7: (the job needs `permissions:|GITLAB_TOKEN has to be)[^\n]*$"):
        desk.post(report("apples"))


def test_a_token_that_is_none_is_told_and_not_shown(desk: Desk) -> None:
    desk.token = "ghp_" + "nobodyKnowsThis" * 3
    with pytest.raises(ModelwayError, match=r"^May not read .*: Git(Hub|Lab) does not know the token in") as fault:
        desk.post(report("apples"))
    assert desk.token not in str(fault.value)


def test_another_number_is_told(desk: Desk) -> None:
    place = Place(desk.kind, "acme/models" if desk.kind == "github" else "42", 8, desk.api, TOKEN)
    with pytest.raises(ModelwayError, match=r"[#!]8 is no (pull|merge) request that this token can see; is the number right\?$"):
        post(opened(place), place, Wanted(report("apples")), print)


def test_labels_are_made_set_and_taken_away_again(desk: Desk) -> None:
    desk.state.labels = ["mine", "modelway:blind"]
    desk.post(report("apples", at="10:00", risk="irreversible"))
    assert sorted(desk.state.labels) == ["mine", "modelway:irreversible"]
    assert list(desk.state.known_labels) == ["modelway:irreversible"]
    desk.post(report("pears", at="11:00", result="failed"))
    assert "modelway:irreversible" in desk.state.labels, "a preview that failed does not say that it is over"
    desk.post(nothing(at="12:00"))
    assert desk.state.labels == ["mine"]


def test_a_status_says_how_it_stands(desk: Desk) -> None:
    states = []
    for decision in ("ok", "needs approval", "blocked", "unknown"):
        changed = report("apples", at=f"1{len(states)}:00")
        verdict = Verdict(decision, ("Do " + "very " * 40 + "much.",))
        desk.post(ChangeSet(verdict, changed.stacks, findings=changed.findings, made=changed.made))
        states.append(desk.state.statuses[-1]["state"])
    assert states == (["success", "pending", "failure", "error"] if desk.kind == "github" else ["success", "success", "failed", "failed"])
    last = desk.state.statuses[-1]
    assert last["sha"] == HEAD
    assert last["context" if desk.kind == "github" else "name"] == CONTEXT
    assert last["target_url"] == ARTIFACT
    assert len(last["description"]) == 140
    assert last["description"].startswith("Cannot be decided: Do very very")


def test_what_is_refused_besides_is_told_after_the_comment_is_written(desk: Desk) -> None:
    desk.state.may = {"comment"}
    with pytest.raises(
        ModelwayError, match=r"^The comment on acme/models.7 is up to date, but:\nMay not label .*\nMay not set the status of .*$"
    ):
        desk.post(report("apples", risk="traffic"))
    assert "apples" in desk.only()
    desk.post(report("pears", risk="traffic"), labels=False, status=False)
    assert "pears" in desk.only()


def test_a_credential_that_came_into_a_report_is_not_posted(desk: Desk) -> None:
    key = "AKIA" + "ABCDEFGHIJKLMNOP"
    desk.post(report(f"apples {key}"))
    assert "apples" in desk.only()
    assert key not in desk.only()


@pytest.mark.parametrize("address", ["javascript:alert(1)", "ftp://example.com", "report.html"])
def test_a_link_leads_to_a_page(address: str) -> None:
    with pytest.raises(ModelwayError, match="is not the address of a page"):
        body(Place("github", "acme/models", 7, "https://api.github.com", ""), Wanted(report("apples"), address))


def test_a_link_ends_where_it_should() -> None:
    text = body(Place("github", "acme/models", 7, "https://api.github.com", ""), Wanted(report("apples"), "https://e.com/a)b <i> [x](y"))
    assert "(<https://e.com/a)b%20%3Ci%3E%20[x](y>)" in text
