"""What is around the comment: labels, the status, refusals, and what is never posted."""

import pytest

from modelway.errors import ModelwayError
from modelway.operations.comment import CONTEXT, Wanted, body, post
from modelway.operations.forges import Place, opened
from modelway.preview.changeset import ChangeSet, Verdict
from tests.support.desk import ARTIFACT, Desk, nothing, report
from tests.support.forge import HEAD, TOKEN


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
