"""IAM documents that a resource carries, before and after, by what they allow."""

from collections.abc import Iterator, Mapping

from modelway.preview.risks.conditions import Held, Open
from modelway.rules.iam import PRINCIPALS, judge
from modelway.rules.iam_comparing import Comparison, compare
from modelway.rules.iam_documents import Carried
from modelway.rules.policy_documents import read
from modelway.rules.properties import Missing
from modelway.rules.verdicts import Failed, Undecided


def documents_that(when: str, before: Mapping[str, Carried], after: Mapping[str, Carried]) -> Iterator[Held | Open]:
    """Documents, by their path, that `grants` (allow what they did not), `denies` (no longer allow what they did), or `opens` (let in
    everybody, or allow everything on everything, and did not)."""
    for path in dict.fromkeys((*before, *after)):
        if when == "opens":
            yield from _opens(path, before.get(path), after.get(path))
        else:
            yield from _compared(when, path, before.get(path), after.get(path))


def _compared(when: str, path: str, old: Carried | None, new: Carried | None) -> Iterator[Held | Open]:
    kind = (new or old).kind  # type: ignore[union-attr]
    found: Comparison = compare(old.document if old else None, new.document if new else None, kind)
    # What is not known yet may allow it still.
    told = found.granted if when == "grants" else () if found.undecided else found.withdrawn
    if told:
        yield Held(f"{path}#{told[0].path}", Missing(), Missing(), "; ".join(str(one) for one in told[:3]))
    elif found.faults:
        yield Open(path, "could not be read as a policy, so it cannot be compared")
    elif found.undecided and when == "grants":
        where = found.undecided[0]
        yield Open(path if where == "the document" else f"{path}#{where}")


def _opens(path: str, old: Carried | None, new: Carried | None) -> Iterator[Held | Open]:
    open_now = list(_open_ones(new)) if new else []
    had = set(_open_ones(old)) if old and open_now else set()
    for found in open_now:
        if isinstance(found, Open):
            yield Open(path if found.path == "the document" else f"{path}#{found.path}", found.why)
        elif found not in had:
            yield Held(f"{path}#{found[0]}", Missing(), Missing(), found[1])


def _open_ones(one: Carried) -> Iterator[tuple[str, str] | Open]:
    """Where a document lets in everybody, or allows everything on everything; and in words what."""
    for judgement in judge(one.document, one.kind, only=PRINCIPALS):
        match judgement.verdict:
            case Failed(evidence):
                yield from ((found.path, f"principal {found.value} without a condition that names who") for found in evidence)
            case Undecided(paths):
                yield Open(paths[0])
    for statement in read(one.document, one.kind).statements:
        if statement.effect != "Allow" or one.kind == "key":
            continue
        everything = [item for item in statement.actions or () if item.known and item.value in ("*", "*:*")]
        anywhere = [item for item in statement.resources or () if item.known and item.value == "*"]
        if everything and anywhere:
            yield everything[0].path, "every action on every resource"
