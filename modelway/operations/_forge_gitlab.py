"""GitLab's REST API, as far as a note, labels, a status and the approvals of a merge request need it (docs.gitlab.com/api/notes,
…/commits, …/merge_requests, …/merge_request_approvals)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from modelway.errors import ModelwayError
from modelway.operations._forge import Api, ForgeFailure, Json, as_object
from modelway.operations._forge_comments import Comments, Paths, Words
from modelway.operations.authorship import NOBODY, named_in
from modelway.operations.forges import Comment, Gone, Label, Place, PullRequest, Review, Reviewed, Status, Verdict, text

STATES: dict[Verdict, str] = {"ok": "success", "waiting": "success", "refused": "failed", "broken": "failed"}
"""A status that is pending keeps the whole pipeline from ending: who has to approve is asked by the merge request's own rules."""


class GitLab(Comments):
    """One merge request."""

    WORDS = Words(
        "GitLab",
        "note",
        "discussion",
        "GITLAB_TOKEN",
        "GITLAB_TOKEN has to be a project's access token with scope `api` and role Developer; CI_JOB_TOKEN may not write notes",
    )
    CHANGE = "PUT"
    TOO_LONG = (400, 413, 422)

    def __init__(self, place: Place, patience: float, pause: float) -> None:
        api = Api("GitLab", place.api, ("Private-Token", place.token), {}, patience, pause)
        self._project = f"/projects/{quote(place.repository, safe='')}"
        self._request = f"{self._project}/merge_requests/{place.number}"
        self._pipeline = place.pipeline
        self._url, self._locked = "", False
        notes = f"{self._request}/notes"
        paths = Paths(f"{notes}?order_by=created_at&sort=asc", notes, f"{notes}/")
        super().__init__(api, paths, place.name("!"))

    def pull_request(self) -> PullRequest:
        try:
            with self._to("read"):
                data = self._api.get(self._request)
        except Gone:
            raise ModelwayError(f"{self._name} is no merge request that this token can see; is the number right?") from None
        self._url, self._locked = text(data, "web_url"), data.get("discussion_locked") is True
        labels = data.get("labels")
        return PullRequest(
            text(data, "references", "full") or self._name,
            text(data, "sha"),
            text(data, "state") == "opened",
            tuple(str(one) for one in labels) if isinstance(labels, list) else (),
        )

    def parents(self, commit: str) -> tuple[str, ...]:
        with self._to("read the commits of"):
            try:
                data = self._api.get(f"{self._project}/repository/commits/{quote(commit, safe='')}")
            except ForgeFailure as fault:
                if fault.status == 404:
                    return ()
                raise
        parents = data.get("parent_ids")
        return tuple(str(one) for one in parents) if isinstance(parents, list) else ()

    def reviewed(self) -> Reviewed:
        with self._to("read the approvals of"):
            data = self._api.get(self._request)
            approvals = self._api.get(f"{self._request}/approvals").get("approved_by")
            versions = list(self._api.listed(f"{self._request}/versions"))
            commits = list(self._api.listed(f"{self._request}/commits"))
        head, url = text(data, "sha"), text(data, "web_url")
        # Approvals name no commit. One that was given after the head came is of the head, as every push makes a version.
        newest = max(versions, key=lambda one: int(text(one, "id") or 0), default={})
        since = text(newest, "created_at") if text(newest, "head_commit_sha") == head else ""
        reviews = []
        for one in approvals if isinstance(approvals, list) else []:
            login, when = text(as_object(one), "user", "username"), text(as_object(one), "approved_at")
            of_head = bool(since and when) and _moment(when) >= _moment(since)
            reviews.append(Review(login, "approved", head if of_head else "", when, url))
        people = [text(one, role) for one in commits for role in ("author_email", "committer_email")]
        people += [address for one in commits for address in named_in(text(one, "message"))]
        return Reviewed(
            self._name,
            head,
            text(data, "diff_refs", "base_sha"),
            (text(data, "merge_commit_sha") or text(data, "squash_commit_sha") or head) if text(data, "state") == "merged" else "",
            f"refs/merge-requests/{text(data, 'iid')}/head",
            text(data, "state") == "opened",
            url,
            text(data, "author", "username"),
            (),
            tuple(sorted({one for one in people if one and not NOBODY.fullmatch(one.casefold())})),
            tuple(reviews),
        )

    def numbers(self, commit: str) -> tuple[int, ...]:
        with self._to("look for the merge requests of a commit in"):
            found = list(self._api.listed(f"{self._project}/repository/commits/{quote(commit, safe='')}/merge_requests"))
        return tuple(sorted(int(text(one, "iid")) for one in found if text(one, "state") == "merged"))

    def label(self, add: Sequence[Label], remove: Sequence[str]) -> None:
        with self._to("label"):
            for one in add:
                try:
                    said = {"name": one.name, "color": f"#{one.colour}", "description": one.description}
                    self._api.send("POST", f"{self._project}/labels", said)
                except ForgeFailure as fault:
                    if fault.status != 409:  # it is there
                        raise
            said = {"add_labels": ",".join(one.name for one in add), "remove_labels": ",".join(remove)}
            self._api.send("PUT", self._request, {key: names for key, names in said.items() if names})

    def mark(self, commit: str, status: Status) -> None:
        said: dict[str, object] = {"state": STATES[status.verdict], "name": status.context, "description": status.text[:140]}
        if status.url:
            said["target_url"] = status.url
        if self._pipeline.isdigit():
            said["pipeline_id"] = int(self._pipeline)
        with self._to("set the status of"):
            self._api.send("POST", f"{self._project}/statuses/{commit}", said)

    def _is_locked(self, said: str) -> bool:
        return self._locked or super()._is_locked(said)

    def _comment(self, data: Json) -> Comment:
        number = text(data, "id")
        return Comment(int(number or 0), text(data, "body"), text(data, "author", "id"), f"{self._url}#note_{number}" if self._url else "")


def _moment(text_: str) -> datetime:
    """A time that GitLab says; one that it does not write is before all others."""
    try:
        return datetime.fromisoformat(text_).astimezone(UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
