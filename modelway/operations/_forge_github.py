"""GitHub's REST API, as far as a comment, labels, a status and the reviews of a pull request need it (docs.github.com/en/rest)."""

from collections.abc import Sequence
from urllib.parse import quote

from modelway.errors import ModelwayError
from modelway.operations._forge import Api, ForgeFailure, Json, as_object
from modelway.operations._forge_comments import Comments, Paths, Words
from modelway.operations.authorship import NOBODY, named_in
from modelway.operations.forges import Comment, Gone, Label, Opinion, Place, PullRequest, Review, Reviewed, Status, Verdict, text

STATES: dict[Verdict, str] = {"ok": "success", "waiting": "pending", "refused": "failure", "broken": "error"}
OPINIONS: dict[str, Opinion] = {"APPROVED": "approved", "CHANGES_REQUESTED": "against", "DISMISSED": "dismissed"}
ACTIONS = "github-actions"
"""The app whose token a workflow's run gets. That token may not ask who it is."""


class GitHub(Comments):
    """One pull request."""

    WORDS = Words(
        "GitHub",
        "comment",
        "conversation",
        "GITHUB_TOKEN",
        "the job needs `permissions: {pull-requests: write, issues: write, statuses: write}`, which runs for forks cannot get",
    )
    CHANGE = "PATCH"
    TOO_LONG = (413, 422)

    def __init__(self, place: Place, patience: float, pause: float) -> None:
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        api = Api("GitHub", place.api, ("Authorization", f"Bearer {place.token}"), headers, patience, pause)
        self._repository = f"/repos/{quote(place.repository)}"
        self._issue = f"{self._repository}/issues/{place.number}"
        self._pull = f"{self._repository}/pulls/{place.number}"
        comments = f"{self._issue}/comments"
        super().__init__(api, Paths(comments, comments, f"{self._repository}/issues/comments/"), place.name("#"))

    def pull_request(self) -> PullRequest:
        try:
            with self._to("read"):
                data = self._api.get(self._pull)
        except Gone:
            raise ModelwayError(f"{self._name} is no pull request that this token can see; is the number right?") from None
        labels = data.get("labels")
        names = tuple(text(as_object(one), "name") for one in labels) if isinstance(labels, list) else ()
        return PullRequest(self._name, text(data, "head", "sha"), text(data, "state") == "open", names)

    def me(self) -> str | None:
        with self._to("ask who writes on"):
            try:
                return text(self._api.get("/user"), "id") or None
            except ForgeFailure as fault:
                if fault.status == 403:
                    return None
                raise

    def parents(self, commit: str) -> tuple[str, ...]:
        with self._to("read the commits of"):
            try:
                data = self._api.get(f"{self._repository}/commits/{quote(commit, safe='')}?per_page=1")
            except ForgeFailure as fault:
                if fault.status in (404, 409, 422):
                    return ()
                raise
        parents = data.get("parents")
        return tuple(text(as_object(one), "sha") for one in parents) if isinstance(parents, list) else ()

    def reviewed(self) -> Reviewed:
        with self._to("read the reviews of"):
            data = self._api.get(self._pull)
            reviews = [_review(one) for one in self._api.listed(f"{self._pull}/reviews") if text(one, "state") != "PENDING"]
            commits = list(self._api.listed(f"{self._pull}/commits"))
        told = text(data, "commits")
        if not told.isdigit() or len(commits) != int(told):
            # GitHub lists the first 250 alone.
            raise ModelwayError(
                f"{self._name} has {told or 'nobody knows how many'} commits, and GitHub lists {len(commits)}: nobody can tell who wrote"
                " the others. Let a person approve with a key of their own."
            )
        people = [text(one, role, "email") for one in map(_inner, commits) for role in ("author", "committer")]
        people += [address for one in map(_inner, commits) for address in named_in(text(one, "message"))]
        logins = {text(one, role, "login") for one in commits for role in ("author", "committer")} - {"", "web-flow"}
        return Reviewed(
            self._name,
            text(data, "head", "sha"),
            text(data, "base", "sha"),
            text(data, "merge_commit_sha") if data.get("merged") is True else "",
            f"refs/pull/{text(data, 'number')}/head",
            text(data, "state") == "open",
            text(data, "html_url"),
            text(data, "user", "login"),
            tuple(sorted(logins)),
            tuple(sorted({one for one in people if one and not NOBODY.fullmatch(one.casefold())})),
            tuple(reviews),
        )

    def numbers(self, commit: str) -> tuple[int, ...]:
        with self._to("look for the pull requests of a commit in"):
            found = list(self._api.listed(f"{self._repository}/commits/{quote(commit, safe='')}/pulls"))
        return tuple(sorted(int(text(one, "number")) for one in found if text(one, "merged_at")))

    def label(self, add: Sequence[Label], remove: Sequence[str]) -> None:
        with self._to("label"):
            for one in add:
                self._make(one)
            if add:
                self._api.send("POST", f"{self._issue}/labels", {"labels": [one.name for one in add]})
            for name in remove:
                self._api.without(f"{self._issue}/labels/{quote(name, safe='')}")

    def _make(self, label: Label) -> None:
        try:
            self._api.get(f"{self._repository}/labels/{quote(label.name, safe='')}")
            return
        except ForgeFailure as fault:
            if fault.status != 404:
                raise
        try:
            said = {"name": label.name, "color": label.colour, "description": label.description}
            self._api.send("POST", f"{self._repository}/labels", said)
        except ForgeFailure as fault:
            if fault.status != 422:  # another run has made it meanwhile
                raise

    def mark(self, commit: str, status: Status) -> None:
        said = {"state": STATES[status.verdict], "context": status.context, "description": status.text[:140]}
        with self._to("set the status of"):
            self._api.send("POST", f"{self._repository}/statuses/{commit}", said | ({"target_url": status.url} if status.url else {}))

    def _comment(self, data: Json) -> Comment:
        # Anybody may call a bot what they like; not with that app behind it.
        by_ci = text(data, "user", "type") == "Bot" and ACTIONS in (
            text(data, "performed_via_github_app", "slug"),
            text(data, "user", "login").removesuffix("[bot]"),
        )
        return Comment(int(text(data, "id") or 0), text(data, "body"), text(data, "user", "id"), text(data, "html_url"), by_ci)


def _review(data: Json) -> Review:
    opinion = OPINIONS.get(text(data, "state"), "none")
    return Review(text(data, "user", "login"), opinion, text(data, "commit_id"), text(data, "submitted_at"), text(data, "html_url"))


def _inner(data: Json) -> Json:
    return as_object(data.get("commit"))
