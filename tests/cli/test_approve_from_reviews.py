"""`modelway approve ENV --from-reviews` in a real repository, with a server that answers as a forge does, whose heads git fetches."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from modelway.governance.ledger import opened
from tests.support.approving import ENVIRONMENTS, MODEL, Desk, git, made_desk, made_repository
from tests.support.forge import TOKEN, State, forge
from tests.support.people import ANN, BEN, CAT, MACHINE, PROJECT, People

Kind = Literal["github", "gitlab"]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, People]:
    return made_repository(tmp_path_factory.mktemp("source"))


@dataclass
class Request:
    """A pull request of a repository that was cloned, and what the forge says of it."""

    desk: Desk
    state: State
    origin: Path
    kind: Kind

    def branch(self, *changes: tuple[str, str], who: str = BEN, file: Path = MODEL) -> str:
        """Pushes a branch with a commit for each change; its head, which the forge alone has afterwards where it is squashed."""
        git(self.desk.root, "switch", "-q", "-c", "change")
        for old, new in changes:
            self.desk.change(old, new, who, file)
        head = git(self.desk.root, "rev-parse", "HEAD")
        name = "pull/7/head" if self.kind == "github" else "merge-requests/7/head"
        git(self.desk.root, "push", "-q", "origin", f"HEAD:refs/{name}")
        base = git(self.desk.root, "rev-parse", "main")
        self.state.head, self.state.base = head, base
        self.state.commits = [{"sha": head, "login": "ben", "email": who} for _ in changes]
        self.state.versions = [{"head_commit_sha": head, "created_at": "2026-11-20T10:00:00Z"}]
        git(self.desk.root, "switch", "-q", "main")
        return head

    def merge(self, how: str, who: str = CAT) -> str:
        """As a forge does it, on main; the branch is gone afterwards, and where it was squashed its commits are too."""
        if how == "merge":
            git(self.desk.root, "merge", "-q", "--no-ff", "-m", "Merge pull request #7", "change", who=who)
        else:
            git(self.desk.root, "merge", "-q", "--squash", "change")
            git(self.desk.root, "commit", "-qm", "A change (#7)", who=BEN)
        git(self.desk.root, "branch", "-qD", "change")
        if how == "squash":
            git(self.desk.root, "reflog", "expire", "--expire=now", "--all")
            git(self.desk.root, "gc", "-q", "--prune=now")
        self.state.merged, self.state.open = git(self.desk.root, "rev-parse", "HEAD"), False
        return self.state.merged

    def review(self, login: str, state: str = "APPROVED", commit: str = "", hour: int = 11) -> None:
        self.state.reviews.append(
            {"login": login, "state": state, "commit": commit or self.state.head, "when": f"2026-11-20T{hour}:00:00Z"}
        )

    def collect(self, *words: str, pull: str = "HEAD") -> int:
        return self.desk.approve("prod", *words, "--from-reviews", pull, key=MACHINE)


@pytest.fixture(params=["github", "gitlab"])
def request_(
    request: Any, source: tuple[Path, People], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Request]:
    for name in os.environ:
        if name.startswith(("MODELWAY_", "GITHUB_", "CI_", "GITLAB_", "PULUMI_")):
            monkeypatch.delenv(name)
    kind: Kind = request.param
    desk = made_desk(*source, tmp_path, capsys)
    git(tmp_path, "clone", "-q", "--bare", str(desk.root), "origin.git")
    git(desk.root, "remote", "add", "origin", str(tmp_path / "origin.git"))
    monkeypatch.chdir(desk.root)
    with forge(kind) as (state, api):
        state.author = "ben"
        ci = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/models", "GITHUB_API_URL": api, "GITHUB_TOKEN": TOKEN}
        if kind == "gitlab":
            ci = {"GITLAB_CI": "true", "CI_PROJECT_ID": "42", "CI_API_V4_URL": api, "GITLAB_TOKEN": TOKEN}
        for name, value in ci.items():
            monkeypatch.setenv(name, value)
        yield Request(desk, state, tmp_path / "origin.git", kind)


@pytest.mark.parametrize("how", ["merge", "squash"])
def test_what_was_reviewed_and_merged_is_approved(how: str, request_: Request) -> None:
    head = request_.branch(("percent: 25", "percent: 30"), ("percent: 30", "percent: 35"))
    request_.merge(how)
    request_.review("ann")
    request_.review("ben")
    request_.review("mallory")
    assert request_.collect() == 0, request_.desk.told
    told = request_.desk.told
    assert request_.desk.counted() == [ANN]
    (written,) = request_.desk.written()
    assert (written.when, written.author.split(", ")[0]) == ("2026-11-20T11:00:00.000000Z", BEN)
    assert written.proof.endswith(f" of {head}")
    assert "/7" in written.proof
    assert "does not change what prod says of co2-forecast" in told
    assert "ben (ben@example.com): wrote what is reviewed" in told
    assert "mallory: nobody says whose account that is" in told
    # Whoever merges approves as well as anybody.
    request_.review("cat", hour=12)
    assert request_.collect("tumor-screening", pull="7") == 0
    assert request_.desk.counted() == [ANN, CAT]
    # And once more is nothing more.
    before = request_.desk.files()
    assert request_.collect() == 0
    assert request_.desk.files() == before
    assert opened(str(request_.desk.ledger), PROJECT, request_.desk.people.trusted).verify().faults == ()
    # Nothing of what was fetched is a change of the working tree, and nothing has the token.
    assert git(request_.desk.root, "status", "--porcelain") == ""
    assert TOKEN not in (request_.desk.root / ".git" / "config").read_text("utf-8")


def test_a_pull_request_that_is_open_is_approved_where_its_head_is_checked_out(request_: Request) -> None:
    request_.branch(("percent: 25", "percent: 30"))
    request_.review("ann")
    assert request_.collect("tumor-screening", pull="7") == 4
    assert "was reviewed in" in request_.desk.told
    assert "it changed since" in request_.desk.told
    git(request_.desk.root, "switch", "-q", "change")
    assert request_.collect("tumor-screening", pull="7") == 0, request_.desk.told
    assert request_.desk.counted() == [ANN]


def test_what_came_to_it_after_the_review_is_not_approved(request_: Request) -> None:
    request_.branch(("percent: 25", "percent: 30"))
    request_.desk.change("max: 24", "max: 25", ANN)
    request_.merge("merge")
    request_.review("ann")
    request_.review("cat")
    assert request_.collect("tumor-screening") == 4
    assert "prod says something else of tumor-screening" in request_.desk.told
    assert request_.desk.written() == []


def test_who_wrote_a_part_of_it_since_the_last_release_does_not_approve_it(request_: Request) -> None:
    """Though the pull request is another's: what is approved has both in it."""
    request_.desk.change("max: 24", "max: 25", ANN)
    git(request_.desk.root, "push", "-q", "origin", "main")
    request_.branch(("percent: 25", "percent: 30"))
    request_.merge("merge")
    request_.review("ann")
    request_.review("cat")
    # No release is recorded: of each file the last commit counts, and that is BEN's.
    assert request_.collect() == 0
    assert request_.desk.counted() == [ANN, CAT]
    released(request_, git(request_.desk.root, "rev-list", "--max-parents=0", "HEAD"))
    request_.state.reviews.clear()
    request_.review("ann", hour=13)
    assert request_.collect() == 0
    assert "ann (ann@example.com): wrote what is reviewed" in request_.desk.told


def released(request_: Request, commit: str) -> None:
    """An entry of the ledger that says that the model's stack was released at a commit."""
    ledger = opened(str(request_.desk.ledger), PROJECT, request_.desk.people.trusted)
    said = {"stack": "prod-models-oncology", "commit": commit}
    subject = [{"name": "x", "digest": {"sha256": "ab" * 32}}]
    entry = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject,
        "predicateType": "https://modelway.dev/release/v1",
        "predicate": said,
    }
    ledger.append(entry, request_.desk.people.signers[MACHINE])


def test_what_reviewers_take_back_is_taken_back(request_: Request) -> None:
    request_.branch(("percent: 25", "percent: 30"))
    request_.merge("merge")
    request_.review("ann")
    request_.review("cat")
    assert request_.collect() == 0
    assert request_.desk.counted() == [ANN, CAT]
    # What somebody approved by their own key is theirs to take back.
    assert request_.desk.approve("prod", "tumor-screening", key=CAT) == 0
    if request_.kind == "github":
        request_.state.reviews[0]["state"] = "DISMISSED"
        request_.review("cat", "CHANGES_REQUESTED", hour=13)
    else:
        request_.state.reviews.clear()
    assert request_.collect() == 0
    assert f"{ANN}: took back what they approved" in request_.desk.told
    assert request_.desk.counted() == [CAT]
    before = request_.desk.files()
    assert request_.collect() == 0
    assert request_.desk.files() == before


def test_where_nobody_approved_nothing_is_written(request_: Request) -> None:
    request_.branch(("percent: 25", "percent: 30"))
    request_.merge("merge")
    before = request_.desk.files()
    assert request_.collect() == 0
    assert request_.collect("tumor-screening") == 4
    assert "nobody approved what prod says of tumor-screening" in request_.desk.told
    git(request_.desk.root, "commit", "-q", "--allow-empty", "-m", "no pull request")
    assert request_.collect() == 0
    assert "no merged pull request brought commit" in request_.desk.told
    assert request_.desk.files() == before


def test_who_the_model_does_not_name_is_not_counted(request_: Request) -> None:
    request_.branch((f"[{ANN}, {CAT}, ", f"[{ANN}, "))
    request_.merge("merge")
    request_.review("cat")
    assert request_.collect() == 0
    assert f"{CAT} is none of those who approve tumor-screening" in request_.desk.told
    assert request_.desk.written() == []


def test_a_persons_key_writes_down_nobody_elses_review(request_: Request) -> None:
    request_.branch(("percent: 25", "percent: 30"))
    request_.merge("merge")
    request_.review("ann")
    before = request_.desk.files()
    assert request_.desk.approve("prod", "--from-reviews", "HEAD", key=CAT) == 4
    assert f"key '{CAT}' is a person's" in request_.desk.told
    assert request_.desk.files() == before


def test_a_head_that_is_nowhere_is_told(request_: Request) -> None:
    request_.branch(("percent: 25", "percent: 30"))
    request_.merge("squash")
    request_.review("ann")
    (request_.origin / "refs" / ("pull" if request_.kind == "github" else "merge-requests") / "7" / "head").unlink()
    assert request_.collect() == 4
    assert "git fetch origin refs/" in request_.desk.told
    assert TOKEN not in request_.desk.told


def test_a_clock_that_is_behind_writes_nothing(request_: Request) -> None:
    request_.branch(("percent: 25", "percent: 30"))
    request_.merge("merge")
    request_.review("ann")
    request_.state.reviews[0]["when"] = "2096-11-20T11:00:00Z"
    assert request_.collect("tumor-screening") == 4
    assert "set its clock" in request_.desk.told
    assert request_.desk.written() == []


def test_without_a_token_or_the_file_of_people_it_says_so(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        request_.desk.approve("prod", "--from-reviews", "7", "--people", str(ENVIRONMENTS / "prod" / "environment.yaml"), key=MACHINE) == 2
    )
    assert "does not say whose account is whose" in request_.desk.told
    monkeypatch.delenv("GITHUB_TOKEN" if request_.kind == "github" else "GITLAB_TOKEN")
    assert request_.collect() == 1
    assert "There is no token to read reviews with" in request_.desk.told
