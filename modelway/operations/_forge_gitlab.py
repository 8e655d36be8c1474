"""GitLab's REST API, as far as a note, labels and a status of a merge request need it (docs.gitlab.com/api/notes, …/commits)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import quote

from modelway.errors import ModelwayError
from modelway.operations._forge import Api, ForgeFailure, Json, as_object
from modelway.operations.forges import Comment, Gone, Label, Place, PullRequest, Status, TooLong, Verdict, text

STATES: dict[Verdict, str] = {"ok": "success", "waiting": "success", "refused": "failed", "broken": "failed"}
"""A status that is pending keeps the whole pipeline from ending: who has to approve is asked by the merge request's own rules."""
RIGHTS = "GITLAB_TOKEN has to be a project's access token with scope `api` and role Developer; CI_JOB_TOKEN may not write notes"


class GitLab:
    """One merge request."""

    def __init__(self, place: Place, patience: float, pause: float) -> None:
        self._api = Api("GitLab", place.api, ("Private-Token", place.token), {}, patience, pause)
        self._project = f"/projects/{quote(place.repository, safe='')}"
        self._request = f"{self._project}/merge_requests/{place.number}"
        self._name = f"{place.repository}!{place.number}"
        self._pipeline = place.pipeline
        self._url, self._locked = "", False

    @property
    def marked(self) -> str:
        return f"gitlab {self._name}"

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

    def me(self) -> str | None:
        with self._to("ask who writes on"):
            return text(self._api.get("/user"), "id") or None

    def comments(self) -> Iterator[Comment]:
        with self._to("read the notes of"):
            for one in self._api.listed(f"{self._request}/notes?order_by=created_at&sort=asc"):
                if one.get("system") is not True:
                    yield self._note(one)

    def comment(self, number: int) -> Comment:
        with self._to("read the note on"):
            return self._note(self._api.get(f"{self._request}/notes/{number}"))

    def add(self, body: str) -> Comment:
        try:
            with self._to("comment on"):
                return self._note(as_object(self._api.send("POST", f"{self._request}/notes", {"body": body}).data))
        except Gone:
            raise ModelwayError(f"May not comment on {self._name}: {RIGHTS}.") from None

    def change(self, number: int, body: str) -> Comment:
        with self._to("change the note on"):
            return self._note(as_object(self._api.send("PUT", f"{self._request}/notes/{number}", {"body": body}, once=True).data))

    def remove(self, number: int) -> None:
        with self._to("remove a second note from"):
            self._api.without(f"{self._request}/notes/{number}")

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

    def _note(self, data: Json) -> Comment:
        number = text(data, "id")
        return Comment(int(number or 0), text(data, "body"), text(data, "author", "id"), f"{self._url}#note_{number}" if self._url else "")

    @contextmanager
    def _to(self, doing: str) -> Iterator[None]:
        """Puts a refusal into one sentence, with the way out."""
        try:
            yield
        except ForgeFailure as fault:
            said, start = str(fault), f"May not {doing} {self._name}"
            if fault.status in (400, 413, 422) and "too long" in said:
                raise TooLong(f"GitLab takes no note of that length on {self._name}.") from None
            if fault.status == 401:
                raise ModelwayError(f"{start}: GitLab does not know the token in GITLAB_TOKEN, or it has ended.") from None
            if fault.status == 403 and (self._locked or "locked" in said):
                raise ModelwayError(f"{start}: its discussion is locked. Unlock it, and run this again.") from None
            if fault.status == 403:
                raise ModelwayError(f"{start}: {RIGHTS}.") from None
            if fault.status in (404, 410):
                raise Gone(f"{start}: it is not there, or the token may not see it.") from None
            raise
