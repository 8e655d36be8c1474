"""One comment on a pull request for all of its stacks, kept up to date, with labels and a status.

No forge can change a comment only if it is still what was read, so two runs may meet. Each reads again just before it writes, looks
afterwards what stands there, and once more after a moment, and goes on until that is the newest report, once. What was whole stays
readable all the way: it is folded below what takes its place, and a second comment goes only after all that is worth keeping stands in the
first.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from modelway.errors import ModelwayError
from modelway.operations._forge import Unclear
from modelway.operations.comment_body import LIMIT, Content, Mark, Page, framed, is_newer, kind_of, made, read, written
from modelway.operations.forges import Comment, Forge, Gone, Label, Place, PullRequest, Status, TooLong, Verdict
from modelway.preview.changeset import ChangeSet, Decision, Risk
from modelway.preview.render import words

CONTEXT = "modelway preview"
LABELS: dict[Risk, Label] = {
    "irreversible": Label("modelway:irreversible", "b60205", "Something that cannot be undone"),
    "disruptive": Label("modelway:disruptive", "d93f0b", "Something stops for a while"),
    "traffic": Label("modelway:traffic", "1d76db", "Requests go to other models"),
    "exposure": Label("modelway:exposure", "b60205", "More people may reach something"),
    "blind": Label("modelway:blind", "5319e7", "Somebody stops being told"),
    "unknown": Label("modelway:unknown", "6a737d", "Something is not known before the update"),
}
VERDICTS: dict[Decision, Verdict] = {"ok": "ok", "needs approval": "waiting", "blocked": "refused", "unknown": "broken"}
ROUNDS = 16
"""Most times that it begins again because somebody else wrote in between."""

SETTLED = 2.0
"""Seconds after which nobody still writes who had not read what we wrote, where the forge answers soon."""
SLOWER = 3.0
"""Times as long as our own change took, after which that is so where the forge is slow: others' take as long."""

LONGEST = 30.0
"""Most seconds of that: a change that waited for a limit of the rate took minutes, and labels and status come after."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """What is to stand on the pull request."""

    report: ChangeSet
    artifact: str = ""
    """Address of the whole report."""
    run: str = ""
    """Address of the run that made it."""
    labels: bool = True
    status: bool = True
    commit: str = ""
    """Of the pull request that the report is of, where whoever asks says it; else what CI and the report say counts."""


class Posted(NamedTuple):
    """What came of it."""

    url: str
    """Of the comment."""
    newer: bool
    """Whether a newer run's report stood there, and was left."""


class _Own(NamedTuple):
    comment: Comment
    content: Content


def body(place: Place, wanted: Wanted) -> str:
    """What a first comment would be, without asking anybody. Raises ModelwayError where it cannot be short enough."""
    mark = Mark(kind_of(wanted.report), _commit(place, wanted), wanted.report.made.at)
    marked = " ".join(part for part in (place.forge, place.repository, str(place.number or "")) if part)
    page = Page(marked, mark.head, place.forge, wanted.artifact, wanted.run)
    return written(made(wanted.report, framed(mark, page), page), page)


def post(forge: Forge, place: Place, wanted: Wanted, tell: Tell, *, settled: float = SETTLED) -> Posted:
    """Puts a report on the pull request. `tell` gets what somebody who reads the log should know.

    Raises ModelwayError: the comment is then as it was, or, where labels or the status were refused, holds the report.
    """
    pull = forge.pull_request()
    if not pull.open:
        raise ModelwayError(f"{pull.name} is closed: nothing was written.")
    commit = _commit(place, wanted)
    if commit and commit != pull.head and pull.head in forge.parents(commit):
        # The pull request merged with what it is to go into.
        commit = pull.head
    mark = Mark(kind_of(wanted.report), commit, wanted.report.made.at, secrets.token_hex(4))
    page = Page(forge.marked, pull.head, place.forge, wanted.artifact, wanted.run)
    comment, content = _Writer(forge, pull, mark, wanted.report, page, forge.me(), settled).write()
    if content.mark != mark:
        tell(f"The comment on {pull.name} is of a newer run ({content.mark.told}): it is left.")
        return Posted(comment.url, newer=True)
    if commit != pull.head:
        tell(f"{pull.name} is at {pull.head[:10]} by now; this report is of {commit[:10] or 'a commit that it does not name'}.")
    _decorate(forge, pull, mark, wanted, comment.url)
    return Posted(comment.url, newer=False)


def until_settled(settled: float, took: float) -> float:
    """Seconds to wait before the last look, where our slowest change took so many."""
    return max(settled, min(SLOWER * took, LONGEST))


@dataclass
class _Writer:
    """Brings the comment up to date."""

    forge: Forge
    pull: PullRequest
    mark: Mark
    report: ChangeSet
    page: Page
    me: str | None
    """Known once something is written, where the forge does not tell."""
    settled: float
    wrote: Comment | None = None
    took: float = 0
    """Seconds of our slowest change, from the look that it was made from."""
    waited: bool = False
    """Since we wrote."""
    limit: int = LIMIT

    def write(self) -> _Own:
        """The comment in the end: with the report, or with a newer one."""
        fault: ModelwayError = ModelwayError(f"Others keep writing the comment on {self.pull.name}: run it again.")
        for _ in range(ROUNDS):
            try:
                own = self._own()
                if len(own) > 1:
                    self._merge(own)
                elif not own:
                    with self._timed():
                        self._wrote(self.forge.add(self._text(None)))
                elif not self._stands(own[0].content.mark):
                    self._wrote(self._change(own[0], self._text(own[0].content)))
                elif self._misses(own[0].content):
                    self._wrote(self._change(own[0], self._below(own[0].content)))
                elif self.wrote is None or self.waited:
                    return own[0]
                else:
                    time.sleep(until_settled(self.settled, self.took))
                    self.waited = True
            except Gone:
                # Somebody has deleted it meanwhile.
                continue
            except Unclear as unclear:
                fault = unclear
            except TooLong as long:
                fault, self.limit = long, self.limit * 3 // 4
        raise fault

    def _change(self, one: _Own, text: str) -> Comment | None:
        """Writes it; None where it is another by now."""
        with self._timed():
            return self.forge.change(one.comment.id, text) if self._unchanged(one) else None

    @contextmanager
    def _timed(self) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.took = max(self.took, time.monotonic() - began)

    def _wrote(self, comment: Comment | None) -> None:
        if comment is None:
            return
        self.wrote, self.waited = comment, False
        self.me = self.me or comment.author

    def _own(self) -> list[_Own]:
        """Our comments with a report, from the oldest."""
        found = {comment.id: comment for comment in self.forge.comments() if self._is_ours(comment)}
        if self.wrote is not None and self.wrote.id not in found:
            # A list may be older than what was just written.
            try:
                found[self.wrote.id] = self.forge.comment(self.wrote.id)
            except Gone:
                self.wrote = None
        read_of = [(comment, read(comment.body)) for _, comment in sorted(found.items())]
        return [_Own(comment, content) for comment, content in read_of if content is not None]

    def _is_ours(self, comment: Comment) -> bool:
        return comment.by_ci if self.me is None else comment.author == self.me

    def _stands(self, there: Mark) -> bool:
        """Whether what is there may stay: it is ours, or newer; or as new, and came after ours."""
        if there == self.mark or is_newer(there, self.mark, self.pull.head):
            return True
        return self.wrote is not None and not is_newer(self.mark, there, self.pull.head)

    def _misses(self, there: Content) -> bool:
        """Whether ours is whole, and what stands above it is not, and holds an older one than ours or none."""
        if self.mark.kind != "whole" or there.mark.kind == "whole":
            return False
        return there.before is None or is_newer(self.mark, there.before[0], self.pull.head)

    def _below(self, there: Content) -> str:
        ours = made(self.report, framed(self.mark, self.page), self.page, self.limit)
        return written(there._replace(before=ours.folded(there.mark.kind)), self.page)

    def _unchanged(self, one: _Own) -> bool:
        return self.forge.comment(one.comment.id).body == one.comment.body

    def _text(self, there: Content | None) -> str:
        frame = framed(self.mark, self.page, there.folded(self.mark.kind) if there else None)
        return written(made(self.report, frame, self.page, self.limit), self.page)

    def _merge(self, own: list[_Own]) -> None:
        """Leaves the oldest, with what is newest in it. None goes before that stands there."""
        newest = own[0]
        for one in own[1:]:
            if not is_newer(newest.content.mark, one.content.mark, self.pull.head):
                newest = one
        content = newest.content
        if content.mark.kind != "whole" and content.before is None:
            folded = [one.content.folded(content.mark.kind) for one in own if one is not newest]
            content = content._replace(before=max((one for one in folded if one is not None), key=lambda one: one[0].at, default=None))
        first = own[0].comment
        if own[0].content != content and self._change(own[0], written(content, self.page)) is None:
            return
        if read(self.forge.comment(first.id).body) == content:
            for one in own[1:]:
                if self._unchanged(one):
                    self.forge.remove(one.comment.id)


def _decorate(forge: Forge, pull: PullRequest, mark: Mark, wanted: Wanted, url: str) -> None:
    """Labels and status. Raises ModelwayError with all that was refused."""
    refused = []
    if wanted.labels:
        try:
            _label(forge, pull, mark, wanted.report)
        except ModelwayError as fault:
            refused.append(str(fault))
    if wanted.status and mark.head:
        decision = wanted.report.verdict
        text = ": ".join((words.title(wanted.report), *decision.needed[:1]))
        try:
            forge.mark(mark.head, Status(CONTEXT, VERDICTS[decision.decision], _cut(text), wanted.artifact or url))
        except ModelwayError as fault:
            refused.append(str(fault))
    if refused:
        raise ModelwayError("\n".join([f"The comment on {pull.name} is up to date, but:", *refused]))


def _label(forge: Forge, pull: PullRequest, mark: Mark, report: ChangeSet) -> None:
    wanted = {label.name: label for risk, label in LABELS.items() if any(found.risk == risk for found in report.findings)}
    add = [label for name, label in wanted.items() if name not in pull.labels]
    # A report that is not whole does not say that something is over.
    over = (
        [label.name for label in LABELS.values() if label.name in pull.labels and label.name not in wanted] if mark.kind != "part" else []
    )
    if add or over:
        forge.label(add, over)


def _commit(place: Place, wanted: Wanted) -> str:
    """Of which commit of the pull request the report is, as far as that is known here."""
    made_of = wanted.report.made.commit
    if wanted.commit:
        return wanted.commit
    return place.commit if place.commit and made_of in ("", place.merged) else made_of


def _cut(text: str, most: int = 140) -> str:
    """In one line; GitHub refuses a longer description of a status."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
