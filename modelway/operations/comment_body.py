"""The text of the comment: a marker that nobody sees, the report, and below it, folded, the last one that was whole."""

import re
from datetime import UTC, datetime
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from modelway.errors import ModelwayError, WrongUsage
from modelway.escaping import link
from modelway.preview.changeset import ChangeSet, Decision
from modelway.preview.render import markdown, words
from modelway.redaction import masked

LIMIT = 60_000
"""Characters. GitHub takes 65,536, and counts some twice."""
ROOM: dict[str, int] = {"whole": 39_000, "same": 19_000, "part": 19_000}
"""Most of a report, by its kind: one whose preview failed always finds room above the one before it that was whole."""

Kind = Literal["whole", "same", "part"]
"""Of a report: whole, whole and without any change, or of a preview that failed."""

_START = "<!-- modelway-preview v1 "
_RESULT, _END = "<!-- modelway-preview result -->", "<!-- modelway-preview end -->"
_BEFORE, _LAST = "<!-- modelway-preview before ", "<!-- modelway-preview last -->"
_FOOT = "<!-- modelway-preview foot -->"
APPROVAL: dict[str, dict[Decision, str]] = {
    "github": {
        "needs approval": "An approving review of this pull request is the approval, by whoever the repository's rules ask for."
        " Modelway keeps none: its status `modelway preview` stays pending.",
        "blocked": "No review lifts this: what blocks has to change.",
    },
    "gitlab": {
        "needs approval": "An approval of this merge request is the approval, by whoever the project's rules ask for."
        " Modelway keeps none, and its status `modelway preview` does not hold the merge back.",
        "blocked": "No approval lifts this: what blocks has to change.",
    },
}
"""Who decides, where and how, by forge and verdict; it stands below the verdict."""
_FIELDS = re.compile(r"\b(head|at|run|kind)=(\S*)")


class Mark(NamedTuple):
    """What a report is of, as the marker says it."""

    kind: Kind
    head: str = ""
    """Commit of the pull request; empty where that is not known."""
    at: str = ""
    """When it was made: UTC, RFC 3339; empty where that is not known."""
    run: str = ""
    """Drawn by whoever wrote it, to know it again."""

    def __str__(self) -> str:
        return f"head={_word(self.head)} at={_word(self.at)} run={_word(self.run)} kind={self.kind}"

    @property
    def told(self) -> str:
        """For people: `commit 0123abcd, 2026-11-20T10:00:00Z`."""
        said = (f"commit {self.head[:10]}" if self.head else "", self.at)
        return ", ".join(part for part in said if part) or "of an unknown time"


class Content(NamedTuple):
    """What a comment holds."""

    mark: Mark
    result: str
    foot: str = ""
    """Links, and of what it is."""
    before: "tuple[Mark, str] | None" = None
    """The last whole result with changes, where `result` is not whole or has none; or without, where there was no other."""

    def folded(self, kind: Kind) -> "tuple[Mark, str] | None":
        """What stays below a report of that kind which takes this one's place."""
        if kind == "whole":
            return None
        goes_on = self.mark.kind == "whole" or (self.mark.kind == "same" and kind == "part" and self.before is None)
        return (self.mark, f"{self.result}\n\n{self.foot}".strip("\n")) if goes_on else self.before


class Page(NamedTuple):
    """Where the comment stands, and what it links to."""

    marked: str
    """Which pull request, in words that stay."""
    head: str
    """Commit that it is at."""
    flavour: Literal["github", "gitlab"]
    artifact: str = ""
    """Address of the whole report."""
    run: str = ""


def kind_of(report: ChangeSet) -> Kind:
    """A report of a preview that failed is never whole; nor is one that cannot be decided."""
    if words.broken(report) or report.verdict.decision == "unknown":
        return "part"
    return "same" if words.is_empty(report) else "whole"


def is_newer(one: Mark, other: Mark, head: str) -> bool:
    """Whether `one` is of a newer run than `other`, of a pull request that is at `head`."""
    if (one.head == head) is not (other.head == head):
        return one.head == head
    first, second = _time(one.at), _time(other.at)
    return first is not None and second is not None and first > second


def read(body: str) -> Content | None:
    """What a comment of ours holds; None when it is none."""
    body = body.replace("\r\n", "\n")
    if not body.startswith(_START):
        return None
    first, _, rest = body.partition("\n")
    # Nothing in a report can be taken for these lines: it escapes what others wrote.
    result, foot = (rest.partition(f"{start}\n")[2].partition(f"\n{_END}")[0] for start in (_RESULT, _FOOT))
    before = None
    if _BEFORE in rest:
        line, _, text = rest.partition(_BEFORE)[2].partition("\n")
        text = text.partition("</summary>\n\n")[2].partition(f"\n\n</details>\n{_LAST}")[0]
        before = (_mark(line), text) if text else None
    return Content(_mark(first), result, foot, before)


def written(content: Content, page: Page) -> str:
    """The comment, whatever its length."""
    mark, head = content.mark, page.head
    lines = [f"{_START}{page.marked} {mark} -->"]
    if not mark.head:
        lines += ["> **Maybe stale:** nobody said which commit this is of (`modelway comment --commit`).", ""]
    elif mark.head != head:
        lines += [f"> **Stale:** this is of commit {mark.head[:10]}; the pull request is at {head[:10]} by now.", ""]
    lines += [_RESULT, content.result, _END, "", _FOOT, content.foot, _END]
    if content.before is not None:
        old, text = content.before
        title = "The last whole result, without changes" if old.kind == "same" else "The last whole result with changes"
        lines += ["", f"{_BEFORE}{old} -->", f"<details><summary>{title}: {old.told}</summary>", "", text, "", "</details>", _LAST]
    return "\n".join(lines) + "\n"


def made(report: ChangeSet, frame: Content, page: Page, limit: int = LIMIT) -> Content:
    """`frame` with the report in it, so that what is written has fewer than `limit` characters.

    Raises ModelwayError where that cannot be, rather than leave out what stood there.
    """
    room = min(ROOM[frame.mark.kind], limit - 1 - len(written(frame, page)))
    asked = room
    while asked >= markdown.LEAST:
        # Redacted when the report was made; but what is posted here is read by everybody, and a file can be edited.
        rendered = markdown.render(report, limit=asked, link=page.artifact, flavour=page.flavour).strip("\n")
        result = masked(_with_approval(rendered, APPROVAL[page.flavour].get(report.verdict.decision, "")))
        if len(result) <= room:
            return frame._replace(result=result)
        asked = asked * room // len(result) - 1
    beside = " beside the last whole one" if frame.before else ""
    raise ModelwayError(f"A report does not fit into {limit:,} characters{beside}: the comment is left as it is.")


def framed(mark: Mark, page: Page, before: tuple[Mark, str] | None = None) -> Content:
    """A comment but for its report. Raises WrongUsage where an address is none of the web."""
    for address in (page.artifact, page.run):
        if address and urlsplit(address).scheme not in ("https", "http"):
            raise WrongUsage(f"{masked(address)!r} is not the address of a page. Write one that begins with https://.")
    said = [link("The run", page.run)] if page.run else []
    if mark.head:
        said.append(f"Of commit {mark.head[:10]}. Stale as soon as the pull request is at another, or a stack's state has another hash.")
    else:
        said.append(f"Of a commit that nobody said, made {mark.at or 'at an unknown time'}.")
    return Content(mark, "", f"<sub>{' · '.join(said)}</sub>", before)


def _with_approval(rendered: str, sentence: str) -> str:
    title, _, rest = rendered.partition("\n")
    return f"{title}\n\n{sentence}\n{rest}" if sentence else rendered


def _mark(text: str) -> Mark:
    found = dict(_FIELDS.findall(text))
    kind = found.get("kind", "part")
    known: Kind = "whole" if kind == "whole" else "same" if kind == "same" else "part"
    return Mark(known, found.get("head", ""), found.get("at", ""), found.get("run", ""))


def _word(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z.:+_-]", "", text).replace("--", "-")


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
