"""Comments on one pull request, as both forges have them, and what is said where a forge refuses."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from modelway.errors import ModelwayError
from modelway.operations._forge import Api, ForgeFailure, Json, Method, as_object
from modelway.operations.forges import Comment, Gone, TooLong, text


@dataclass(frozen=True)
class Words:
    """What a forge calls things."""

    forge: str
    comment: str
    talk: str
    """All comments on a pull request."""
    token: str
    """Variable that it is in."""
    rights: str
    """What a token needs, as a sentence without its end."""


@dataclass(frozen=True)
class Paths:
    """Where the comments of a pull request are, below the address of the API."""

    listed: str
    added: str
    each: str
    """Without the number, and with a slash at its end."""


class Comments(ABC):
    """The comments on one pull request."""

    WORDS: Words
    CHANGE: Method
    TOO_LONG: tuple[int, ...]
    """Statuses that may say that a text is too long."""

    def __init__(self, api: Api, paths: Paths, name: str) -> None:
        """`name` is the pull request as people write it, with its repository."""
        self._api, self._paths, self._name = api, paths, name

    @property
    def marked(self) -> str:
        return f"{self.WORDS.forge.lower()} {self._name}"

    def me(self) -> str | None:
        with self._to("ask who writes on"):
            return text(self._api.get("/user"), "id") or None

    def comments(self) -> Iterator[Comment]:
        with self._to(f"read the {self.WORDS.comment}s of"):
            yield from (self._comment(one) for one in self._api.listed(self._paths.listed) if one.get("system") is not True)

    def comment(self, number: int) -> Comment:
        with self._to(f"read the {self.WORDS.comment} on"):
            return self._comment(self._api.get(f"{self._paths.each}{number}"))

    def add(self, body: str) -> Comment:
        try:
            with self._to("comment on"):
                return self._comment(as_object(self._api.send("POST", self._paths.added, {"body": body}).data))
        except Gone:
            # So they say that one may not, of what is not public.
            raise ModelwayError(f"May not comment on {self._name}: {self.WORDS.rights}.") from None

    def change(self, number: int, body: str) -> Comment:
        with self._to(f"change the {self.WORDS.comment} on"):
            return self._comment(as_object(self._api.send(self.CHANGE, f"{self._paths.each}{number}", {"body": body}, once=True).data))

    def remove(self, number: int) -> None:
        with self._to(f"remove a second {self.WORDS.comment} from"):
            self._api.without(f"{self._paths.each}{number}")

    @abstractmethod
    def _comment(self, data: Json) -> Comment: ...

    def _is_locked(self, said: str) -> bool:
        return "locked" in said

    @contextmanager
    def _to(self, doing: str) -> Iterator[None]:
        """Puts a refusal into one sentence, with the way out."""
        words = self.WORDS
        try:
            yield
        except ForgeFailure as fault:
            said, start = str(fault), f"May not {doing} {self._name}"
            if fault.status in self.TOO_LONG and "too long" in said:
                raise TooLong(f"{words.forge} takes no {words.comment} of that length on {self._name}.") from None
            if fault.status == 401:
                raise ModelwayError(f"{start}: {words.forge} does not know the token in {words.token}, or it has ended.") from None
            if fault.status == 403 and self._is_locked(said):
                raise ModelwayError(f"{start}: its {words.talk} is locked. Unlock it, and run this again.") from None
            if fault.status == 403:
                raise ModelwayError(f"{start}: {words.rights}.") from None
            if fault.status in (404, 410):
                raise Gone(f"{start}: it is not there, or the token may not see it.") from None
            raise
