"""A pull request on a forge: what is read and written of it, the same for each forge, and how it is opened."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from modelway.errors import ModelwayError
from modelway.operations._forge import PATIENCE

Kind = Literal["github", "gitlab"]
Verdict = Literal["ok", "waiting", "refused", "broken"]
"""What a commit status says: may be merged, waits for somebody, may not, is not known."""


class TooLong(ModelwayError):
    """The forge takes no text of that length."""


class Gone(ModelwayError):
    """The comment is not there any more."""


@dataclass(frozen=True)
class PullRequest:
    """A pull request of GitHub, or a merge request of GitLab."""

    name: str
    """As people write it: `acme/models#7`, `acme/models!7`."""
    head: str
    """Commit that it is at."""
    open: bool
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Comment:
    """A comment on it."""

    id: int
    body: str
    author: str
    """Identifier of the account, which nobody else can have."""
    url: str = ""
    by_ci: bool = False
    """Whether the forge's own CI wrote it, with the token that a run gets."""


Opinion = Literal["approved", "against", "dismissed", "none"]
"""What a review says: approves, asks for changes, was dismissed since, or says nothing of either."""


@dataclass(frozen=True)
class Review:
    """What one account said of a pull request."""

    login: str
    """Empty where the account is gone."""
    opinion: Opinion
    commit: str
    """That it was of; empty where that is not known."""
    when: str
    """As the forge writes it; empty where it does not say."""
    url: str


@dataclass(frozen=True)
class Reviewed:
    """A pull request with what was said of it."""

    name: str
    head: str
    base: str
    """Commit of the branch that it goes into."""
    merged: str
    """Commit that brought it there; empty where nobody merged it."""
    ref: str
    """Name under which the forge's repository has the head."""
    open: bool
    url: str
    author: str
    """Login of who opened it; empty where the account is gone."""
    logins: tuple[str, ...]
    """Of the authors of its commits, as far as the forge knows them."""
    addresses: tuple[str, ...]
    """Of the authors, committers and co-authors of its commits."""
    reviews: tuple[Review, ...]
    """From the oldest."""


@dataclass(frozen=True)
class Label:
    """A label: colour as six hex digits."""

    name: str
    colour: str
    description: str


@dataclass(frozen=True)
class Status:
    """What a commit is marked with."""

    context: str
    """Which of a commit's statuses it is."""
    verdict: Verdict
    text: str
    """At most 140 characters: GitHub refuses more."""
    url: str = ""


class Forge(Protocol):
    """One pull request. All methods raise ModelwayError in one sentence."""

    @property
    def marked(self) -> str:
        """The pull request in a text that is the same for ever: `github acme/models 7`."""
        ...

    def pull_request(self) -> PullRequest: ...
    def me(self) -> str | None:
        """The author of what this token writes; None where the forge does not tell, as with the token that a run of CI gets."""
        ...

    def comments(self) -> Iterator[Comment]:
        """All of them, from the oldest."""
        ...

    def comment(self, number: int) -> Comment:
        """Raises Gone."""
        ...

    def add(self, body: str) -> Comment:
        """Raises TooLong, and Unclear where nobody knows whether it is there."""
        ...

    def change(self, number: int, body: str) -> Comment:
        """Raises Gone, TooLong, and Unclear where nobody knows, or where it had to wait so long that it may be another by now."""
        ...

    def remove(self, number: int) -> None:
        """Not there is well too."""
        ...

    def parents(self, commit: str) -> tuple[str, ...]:
        """Of a commit; empty where it is not known."""
        ...

    def reviewed(self) -> Reviewed:
        """It and all reviews, to the last page. Raises ModelwayError also where not all of its commits can be known."""
        ...

    def numbers(self, commit: str) -> tuple[int, ...]:
        """Of the merged pull requests that brought a commit."""
        ...

    def label(self, add: Sequence[Label], remove: Sequence[str]) -> None: ...
    def mark(self, commit: str, status: Status) -> None: ...


@dataclass(frozen=True)
class Place:
    """Where a pull request is and who asks, out of options and the variables that CI sets."""

    forge: Kind
    repository: str
    """OWNER/NAME on GitHub; the path or number of the project on GitLab."""
    number: int
    api: str
    token: str
    """Not shown by `repr`."""
    commit: str = ""
    """The commit of the pull request that CI runs for, where it says one."""
    merged: str = ""
    """That commit merged with what it is to go into: what CI has checked out in its place."""
    pipeline: str = ""
    """Of GitLab: where statuses belong."""

    def name(self, sign: str) -> str:
        """The pull request as people write it, with the sign of its forge; the repository where none is told."""
        return f"{self.repository}{sign}{self.number}" if self.number else self.repository

    def __repr__(self) -> str:
        return f"Place({self.forge!r}, {self.repository!r}, {self.number!r}, {self.api!r})"


def opened(place: Place, *, patience: float = PATIENCE, pause: float = 0.5) -> Forge:
    """The pull request there; nothing is asked yet. `patience` and `pause` are those of modelway.operations._forge.Api."""
    if place.forge == "github":
        from modelway.operations._forge_github import GitHub

        return GitHub(place, patience, pause)
    from modelway.operations._forge_gitlab import GitLab

    return GitLab(place, patience, pause)


def text(data: Mapping[str, object], *path: str) -> str:
    """What stands there in a forge's answer, as text; empty where there is nothing."""
    found: object = data
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return "" if found is None or isinstance(found, (dict, list)) else str(found)
