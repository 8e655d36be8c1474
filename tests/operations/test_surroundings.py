"""What the variables of CI say of the pull request, and what is said where they say nothing."""

import json
from pathlib import Path

import pytest

from modelway.errors import ModelwayError
from modelway.operations.surroundings import NotTold, place, run

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "acme/models",
    "GITHUB_REF": "refs/pull/7/merge",
    "GITHUB_SHA": "m" * 40,
    "GITHUB_TOKEN": "ghs_token",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_RUN_ID": "99",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_API_V4_URL": "https://git.example.com/api/v4",
    "CI_PROJECT_ID": "42",
    "CI_MERGE_REQUEST_IID": "7",
    "CI_COMMIT_SHA": "c" * 40,
    "CI_JOB_URL": "https://git.example.com/acme/models/-/jobs/3",
    "CI_PIPELINE_ID": "12",
    "GITLAB_TOKEN": "glpat-token",
}


def event(folder: Path, data: object) -> dict[str, str]:
    (folder / "event.json").write_text(json.dumps(data), "utf-8")
    return {"GITHUB_EVENT_PATH": str(folder / "event.json")}


def test_a_run_of_github_for_a_pull_request(tmp_path: Path) -> None:
    found = place(GITHUB | event(tmp_path, {"pull_request": {"number": 8, "head": {"sha": "h" * 40}}}))
    assert (found.forge, found.repository, found.number, found.api) == ("github", "acme/models", 8, "https://api.github.com")
    assert (found.commit, found.merged, found.token) == ("h" * 40, "m" * 40, "ghs_token")
    assert place(GITHUB | {"GITHUB_API_URL": "https://ghe.example.com/api/v3"}).api == "https://ghe.example.com/api/v3"


@pytest.mark.parametrize(
    ("data", "number"), [({"issue": {"number": 9}}, 9), ({"number": 10}, 10), ({}, 7), ([], 7), ({"pull_request": None}, 7)]
)
def test_the_number_comes_from_the_event_or_the_ref(tmp_path: Path, data: object, number: int) -> None:
    assert place(GITHUB | event(tmp_path, data)).number == number
    assert place(GITHUB | event(tmp_path, data), number=3).number == 3


def test_an_event_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text("{", "utf-8")
    assert place(GITHUB | {"GITHUB_EVENT_PATH": str(tmp_path / "event.json")}).number == 7
    assert place(GITHUB | {"GITHUB_EVENT_PATH": str(tmp_path / "none.json")}).number == 7


def test_a_pipeline_of_gitlab_for_a_merge_request() -> None:
    found = place(GITLAB)
    assert (found.forge, found.repository, found.number, found.api) == ("gitlab", "42", 7, "https://git.example.com/api/v4")
    assert (found.commit, found.pipeline, found.token) == ("c" * 40, "12", "glpat-token")
    merged = place(GITLAB | {"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "s" * 40, "CI_MERGE_REQUEST_PROJECT_ID": "41"})
    assert (merged.commit, merged.merged, merged.repository) == ("s" * 40, "c" * 40, "41")


def test_runs_have_addresses() -> None:
    assert run(GITHUB) == "https://github.com/acme/models/actions/runs/99"
    assert run(GITLAB) == "https://git.example.com/acme/models/-/jobs/3"
    assert run({}) == ""


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        (
            {},
            "by --forge github or --forge gitlab, which repository it is in, by --repository, which one it is, by --pull-request; ",
        ),
        (
            {"GITHUB_ACTIONS": "true"},
            "It has to be said which repository it is in, by --repository or by GITHUB_REPOSITORY, which one it is, by",
        ),
        (GITHUB | {"GITHUB_REF": "refs/heads/main"}, "It has to be said which one it is, by --pull-request or by a run for a pull request"),
        ({key: value for key, value in GITLAB.items() if key != "CI_MERGE_REQUEST_IID"}, "or by CI_MERGE_REQUEST_IID"),
        (GITHUB | {"GITHUB_REPOSITORY": "acme/../x"}, "cannot be a repository of GitHub. Write it as OWNER/NAME"),
    ],
)
def test_what_nobody_says_is_wrong_usage(variables: dict[str, str], text: str) -> None:
    with pytest.raises(NotTold, match=text) as fault:
        place(variables)
    assert fault.value.exit_code == 2


@pytest.mark.parametrize(
    ("variables", "name", "way"),
    [(GITHUB, "GITHUB_TOKEN", "permissions: {pull-requests: write"), (GITLAB, "GITLAB_TOKEN", "CI_JOB_TOKEN may not write notes")],
)
def test_without_a_token_it_says_what_to_do(variables: dict[str, str], name: str, way: str) -> None:
    without = {key: value for key, value in variables.items() if key != name}
    with pytest.raises(ModelwayError, match=way) as fault:
        place(without)
    assert (fault.value.exit_code, str(fault.value).count("\n")) == (1, 0)
    assert place(without, dry=True).token == ""


def test_where_nobody_is_asked_nothing_has_to_be_said() -> None:
    found = place({}, dry=True)
    assert (found.forge, found.repository, found.number) == ("github", "", 0)
    assert place(GITLAB, dry=True) == place(GITLAB, dry=True, number=7)
    assert place({}, "gitlab", "acme/models", dry=True).forge == "gitlab"


@pytest.mark.parametrize("token", ["two words", "a1b2c3\n", "schlüssel"])
def test_a_token_that_cannot_be_one_is_not_sent(token: str) -> None:
    with pytest.raises(ModelwayError, match="What is in GITHUB_TOKEN is no token") as fault:
        place(GITHUB | {"GITHUB_TOKEN": token})
    assert token.strip() not in str(fault.value)


def test_a_place_does_not_show_its_token() -> None:
    assert "glpat-token" not in repr(place(GITLAB))
