"""Reviews of a pull request, on a server that answers as GitHub and GitLab do: whose count, of which commit, to the last page."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from modelway.errors import ModelwayError, WrongUsage
from modelway.operations import surroundings
from modelway.operations.forges import Place
from modelway.operations.reviews import NotReviewed, Vote, people_in, pull_requests, votes
from tests.support.forge import HEAD, PERSON, TOKEN, Fault, State, forge

Kind = Literal["github", "gitlab"]
PEOPLE = {"ann": "ann@example.com", "ben": "ben@example.com", "cat": "cat@example.com", "ann-at-home": "ann@example.com"}
T0, T1, T2 = (f"2026-11-20T1{hour}:00:00Z" for hour in range(3))


@pytest.fixture
def github() -> Iterator[tuple[State, Place]]:
    yield from _at("github", "acme/models")


@pytest.fixture
def gitlab() -> Iterator[tuple[State, Place]]:
    yield from _at("gitlab", "42")


def _at(kind: Kind, repository: str) -> Iterator[tuple[State, Place]]:
    with forge(kind) as (state, api):
        state.author = "ben"
        state.commits = [{"sha": HEAD, "login": "ben", "email": "ben@example.com"}]
        state.versions = [{"head_commit_sha": HEAD, "created_at": T1}]
        yield state, Place(kind, repository, 7, api, TOKEN)


def review(login: str, opinion: str = "APPROVED", commit: str = HEAD, when: str = T1) -> dict[str, Any]:
    return {"login": login, "state": opinion, "commit": commit, "when": when}


def said(place: Place, wrote: tuple[str, ...] = ()) -> dict[str, str | None]:
    """Why each account's last word does not count, by login."""
    (reviewed,) = pull_requests(place, HEAD)
    return {vote.login: vote.refused for vote in votes(reviewed, PEOPLE, wrote)}


def test_an_approval_of_the_head_counts(github: tuple[State, Place]) -> None:
    state, place = github
    state.reviews = [review("Ann"), review("cat")]
    (reviewed,) = pull_requests(place, HEAD)
    first, second = votes(reviewed, PEOPLE, ())
    url = "https://github.example.com/acme/models/pull/7#pullrequestreview-0"
    assert first == Vote("Ann", "ann@example.com", T1, url, None)
    assert (second.who, second.refused) == ("cat@example.com", None)


LATEST: list[tuple[list[str], str | None]] = [
    (["APPROVED", "CHANGES_REQUESTED"], "asks for changes"),
    (["CHANGES_REQUESTED", "APPROVED"], None),
    (["APPROVED", "DISMISSED"], "was dismissed"),
    (["DISMISSED"], "was dismissed"),
    (["APPROVED", "COMMENTED"], None),
    (["CHANGES_REQUESTED", "COMMENTED"], "asks for changes"),
    (["APPROVED", "PENDING"], None),
    (["APPROVED", "SOMETHING_NEW"], None),
]


@pytest.mark.parametrize(("states", "refused"), LATEST, ids=["-".join(states) for states, _ in LATEST])
def test_the_last_word_of_each_counts(states: list[str], refused: str | None, github: tuple[State, Place]) -> None:
    state, place = github
    state.reviews = [review("ann", one) for one in states] + [review("cat")]
    assert said(place) == {"ann": refused, "cat": None}


@pytest.mark.parametrize("states", [["COMMENTED"], ["PENDING"], []], ids=["comment", "pending", "none"])
def test_who_says_nothing_approves_nothing(states: list[str], github: tuple[State, Place]) -> None:
    state, place = github
    state.reviews = [review("ann", one) for one in states]
    assert said(place) == {}


def test_a_review_of_an_older_commit_does_not_count(github: tuple[State, Place]) -> None:
    state, place = github
    state.reviews = [review("ann", commit="3" * 40), review("cat"), review("cat", commit="4" * 40)]
    why = "is of commit 333333333333, and acme/models#7 is at 111111111111"
    assert said(place) == {"ann": why, "cat": why.replace("3", "4")}


AUTHORS: list[tuple[str, dict[str, Any]]] = [
    ("opened it", {"author": "Ann"}),
    ("opened it from another account", {"author": "ann-at-home"}),
    ("account", {"commits": [{"sha": HEAD, "login": "ANN", "email": "x@example.com"}]}),
    ("address", {"commits": [{"sha": HEAD, "email": "Ann@example.com"}]}),
    ("committer", {"commits": [{"sha": HEAD, "email": "x@example.com", "committer": "ann@example.com"}]}),
    ("co-author", {"commits": [{"sha": HEAD, "email": "x@example.com", "message": "a\n\nCo-Authored-By: A <ann@example.com>\n"}]}),
    ("another account", {"commits": [{"sha": HEAD, "login": "ann-at-home", "email": "x@example.com"}]}),
]


@pytest.mark.parametrize("told", [told for _, told in AUTHORS], ids=[name for name, _ in AUTHORS])
def test_who_wrote_it_does_not_approve_it(told: dict[str, Any], github: tuple[State, Place]) -> None:
    state, place = github
    for name, value in told.items():
        setattr(state, name, value)
    state.reviews = [review("ann"), review("cat")]
    assert said(place) == {"ann": "wrote what is reviewed", "cat": None}


def test_who_wrote_it_before_this_pull_request_does_not_approve_it(github: tuple[State, Place]) -> None:
    state, place = github
    state.reviews = [review("ann"), review("cat")]
    assert said(place, ("Cat@example.com",)) == {"ann": None, "cat": "wrote what is reviewed"}


def test_an_account_that_nobody_knows_approves_nothing(github: tuple[State, Place]) -> None:
    state, place = github
    state.reviews = [review("mallory"), review(""), review("ann")]
    assert said(place) == {"": "the account is gone", "mallory": "nobody says whose account that is", "ann": None}


def test_two_accounts_are_one_person(github: tuple[State, Place]) -> None:
    state, place = github
    state.reviews = [review("ann"), review("ann-at-home")]
    (reviewed,) = pull_requests(place, HEAD)
    assert {vote.who for vote in votes(reviewed, PEOPLE, ())} == {"ann@example.com"}


def test_reviews_and_commits_are_read_to_the_last_page(github: tuple[State, Place]) -> None:
    state, place = github
    # What takes it back is on the third page; who wrote a part on the second.
    state.reviews = [review("ann"), review("cat"), *(review(f"other-{number}") for number in range(205)), review("ann", "DISMISSED")]
    state.commits = [{"sha": f"{number:040x}", "login": "ben", "email": "b@example.com"} for number in range(130)]
    state.commits[120]["login"] = "cat"
    told = said(place)
    assert (told["ann"], told["cat"], len(told)) == ("was dismissed", "wrote what is reviewed", 207)


def test_where_not_all_authors_can_be_known_nothing_counts(github: tuple[State, Place]) -> None:
    state, place = github
    state.reviews, state.counted = [review("ann")], 251
    with pytest.raises(ModelwayError, match="has 251 commits, and GitHub lists 1: nobody can tell who wrote the others"):
        said(place)


def approval(login: str, when: str = T2) -> dict[str, Any]:
    return {"login": login, "when": when}


def test_an_approval_of_gitlab_is_of_the_head_when_it_came_after_it(gitlab: tuple[State, Place]) -> None:
    state, place = gitlab
    state.reviews = [approval("ann"), approval("cat", T0), approval("ben"), approval("mallory")]
    assert said(place) == {
        "ann": None,
        "ben": "wrote what is reviewed",
        "cat": "was given before the last push, or the forge does not say when (GitLab says approved_at since 18.5)",
        "mallory": "nobody says whose account that is",
    }


def test_a_gitlab_that_does_not_say_when_tells_nothing(gitlab: tuple[State, Place]) -> None:
    state, place = gitlab
    state.reviews = [approval("ann", ""), approval("cat", "recently")]
    assert all(refused and "does not say when" in refused for refused in said(place).values())
    # Nor one whose last push is another than the head.
    state.reviews, state.versions = [approval("ann")], [{"head_commit_sha": "5" * 40, "created_at": T0}]
    assert "before the last push" in str(said(place)["ann"])
    state.versions = []
    assert "before the last push" in str(said(place)["ann"])


def test_pushing_an_old_commit_again_is_a_push(gitlab: tuple[State, Place]) -> None:
    state, place = gitlab
    other = {"head_commit_sha": "5" * 40, "created_at": T1}
    state.versions = [{"head_commit_sha": HEAD, "created_at": T2}, other, {"head_commit_sha": HEAD, "created_at": T0}]
    state.reviews = [approval("ann", T1), approval("cat", T2)]
    told = said(place)
    assert ("before the last push" in str(told["ann"]), told["cat"]) == (True, None)


def test_authors_of_gitlab_are_known_by_their_addresses(gitlab: tuple[State, Place]) -> None:
    state, place = gitlab
    state.commits = [{"sha": f"{number:040x}", "email": "x@example.com"} for number in range(120)]
    state.commits[110] = {"sha": HEAD, "email": "x@example.com", "message": "x\n\nCo-authored-by: Ann <ann@example.com>"}
    state.reviews = [approval("ann"), approval("cat")]
    assert said(place) == {"ann": "wrote what is reviewed", "cat": None}


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_of_a_commit_there_is_the_pull_request_that_brought_it(kind: Kind) -> None:
    for state, place in _at(kind, "acme/models" if kind == "github" else "42"):
        anywhere = Place(place.forge, place.repository, 0, place.api, place.token)
        assert pull_requests(anywhere, "6" * 40) == []
        # One that is open has brought nothing.
        assert pull_requests(anywhere, HEAD) == []
        state.merged, state.open = "6" * 40, False
        assert [one.head for one in pull_requests(anywhere, "6" * 40)] == [HEAD]


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_what_was_closed_and_not_merged_approves_nothing(kind: Kind) -> None:
    for state, place in _at(kind, "acme/models" if kind == "github" else "42"):
        state.open = False
        with pytest.raises(NotReviewed, match=r"acme/models[#!]7 is closed|42!7 is closed"):
            pull_requests(place, HEAD)


@pytest.mark.parametrize("kind", ["github", "gitlab"])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda state: setattr(state, "head", "--upload-pack=x"), "does not say which commits"),
        (lambda state: setattr(state, "faults", lambda number, method, path: Fault(403, body={"message": "no"})), "May not read the"),
        (lambda state: setattr(state, "faults", lambda number, method, path: Fault(200, body=b"<html>")), "no JSON"),
    ],
    ids=["no commit", "refused", "no json"],
)
def test_a_forge_that_does_not_answer_is_no_approval(change: Callable[[State], None], told: str, kind: Kind) -> None:
    for state, place in _at(kind, "acme/models" if kind == "github" else "42"):
        change(state)
        with pytest.raises(ModelwayError, match=told) as raised:
            pull_requests(place, HEAD)
        assert TOKEN not in str(raised.value)


def test_a_token_that_may_not_is_told(github: tuple[State, Place]) -> None:
    _, place = github
    with pytest.raises(ModelwayError, match="does not know the token"):
        pull_requests(Place("github", "acme/models", 7, place.api, "ghs_wrong"), HEAD)
    assert pull_requests(Place("github", "acme/models", 7, place.api, PERSON), HEAD)[0].head == HEAD


def test_whose_account_is_whose_is_read(tmp_path: Path) -> None:
    file = tmp_path / "people.json"
    file.write_text(json.dumps({"github": {"Ann": "ann@example.com"}, "gitlab": {"a.n": "ann@example.com"}}), "utf-8")
    assert people_in(file, "github") == {"ann": "ann@example.com"}
    assert people_in(file, "gitlab") == {"a.n": "ann@example.com"}


@pytest.mark.parametrize(
    "said",
    ["", "[]", '{"gitea": {}}', '{"github": {"ann": 3}}', '{"github": {"ann": "ann"}}', '{"github": {"ann": "a@b, c@d"}}',
     '{"github": {"ann": "a@b", "Ann": "c@d"}}'],
    ids=["empty", "list", "other", "number", "no address", "two addresses", "twice"],
)  # fmt: skip
def test_what_does_not_say_whose_account_is_whose_is_refused(said: str, tmp_path: Path) -> None:
    (tmp_path / "people.json").write_text(said, "utf-8")
    with pytest.raises(WrongUsage, match=r"people\.json"):
        people_in(tmp_path / "people.json", "github")
    with pytest.raises(WrongUsage, match="No such file"):
        people_in(tmp_path / "none.json", "github")


def test_reading_needs_no_number_and_says_what_its_token_needs() -> None:
    ci = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/models"}
    assert surroundings.place(ci | {"GITHUB_TOKEN": TOKEN}, reading=True).number == 0
    with pytest.raises(ModelwayError, match="pull-requests: read"):
        surroundings.place(ci, reading=True)
    with pytest.raises(ModelwayError, match="read_api"):
        surroundings.place({"GITLAB_CI": "true", "CI_PROJECT_ID": "42"}, reading=True)
    with pytest.raises(surroundings.NotTold, match="which one it is"):
        surroundings.place(ci)
