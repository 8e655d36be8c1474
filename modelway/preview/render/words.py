"""What every page says, in the same words and the same order: titles, counts, values and groups of changes."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from modelway.preview.changeset import (
    RISKS,
    Change,
    ChangeSet,
    Decision,
    Finding,
    Operation,
    PropertyChange,
    Risk,
    Shown,
    StackChanges,
)
from modelway.preview.counting import counted as counted

TITLES: dict[Decision, str] = {
    "ok": "Nothing stands in the way",
    "needs approval": "Needs approval",
    "blocked": "Blocked",
    "unknown": "Cannot be decided",
}
OPERATIONS: dict[Operation, str] = {
    "create": "new",
    "update": "changed",
    "replace": "replaced",
    "delete": "deleted",
    "import": "imported",
    "read": "read",
    "refresh": "refreshed",
    "forget": "forgotten",
    "same": "protection",
}
MEANS: dict[Risk, str] = {
    "irreversible": "cannot be undone",
    "disruptive": "something stops for a while",
    "traffic": "requests go elsewhere",
    "exposure": "more people may reach it",
    "blind": "somebody stops being told",
    "unknown": "not known before the update",
    "review": "worth a look",
    "safe": "no rule has anything against it",
}


class Group(NamedTuple):
    """The changes inside one component."""

    title: str
    stack: str
    changes: tuple[Change, ...]
    """Worst first."""
    worst: Risk


def headline(finding: Finding) -> tuple[str, str]:
    """What stands above a finding, and what happens; one sentence where that names what it is about."""
    _, named, after = finding.what.partition(finding.subject) if finding.subject else ("", "", "")
    whole = named and not (after[:1].isalnum() or after[:1] in ("-", "_"))
    return (finding.what, "") if whole else (finding.subject, finding.what)


def rank(risk: Risk) -> int:
    """0 for the worst."""
    return RISKS.index(risk)


def is_empty(changeset: ChangeSet) -> bool:
    """Whether nothing would change, and nothing is to be said against that."""
    moved = changeset.changes or changeset.findings or changeset.differences or any(stack.outputs for stack in changeset.stacks)
    return not moved and changeset.verdict.decision == "ok" and not broken(changeset)


def as_it_is(changeset: ChangeSet, name: Callable[[str], str] = str) -> str:
    """What it means that nothing changes; `name` makes a name fit for where it stands."""
    names = [name(stack.stack) for stack in changeset.stacks[:10] if stack.stack]
    more = f" and {len(changeset.stacks) - 10:,} more" if len(changeset.stacks) > 10 else ""
    if not names:
        return "An update would leave everything as it is."
    one = len(names) == 1
    return f"An update would leave {'stack' if one else 'stacks'} {', '.join(names)}{more} as {'it is' if one else 'they are'}."


def sentence(text: str) -> str:
    """With a capital at its beginning and a full stop, unless a name or code stands there."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '`')) else '.'}" if text else ""


def title(changeset: ChangeSet) -> str:
    """The verdict in a few words."""
    return "No changes" if is_empty(changeset) else TITLES[changeset.verdict.decision]


def broken(changeset: ChangeSet) -> tuple[StackChanges, ...]:
    """The stacks of which not everything is known."""
    return tuple(stack for stack in changeset.stacks if stack.result != "succeeded")


def is_partial(stack: StackChanges) -> str:
    """What that means, for people."""
    if stack.result == "failed":
        return "The preview failed, so what is listed is not all that would change."
    if not stack.previewed:
        return "No preview was given, so what would change is not known."
    return "How the preview ended is not known, so what is listed may not be all."


def how_far(stack: StackChanges) -> str:
    """How far its preview came, in two words; empty where it came to its end."""
    if stack.result == "succeeded":
        return ""
    return "preview failed" if stack.result == "failed" else "preview not complete" if stack.previewed else "not previewed"


def unanalysed(changeset: ChangeSet) -> str:
    """How many things could not be analysed, and what that does to the verdict; empty without any."""
    number, looks = len(changeset.gaps), sum(gap.look for gap in changeset.gaps)
    if not number:
        return ""
    told = f"{counted(number, 'thing')} could not be analysed"
    if looks:
        return f"{told}; {'it' if number == 1 else f'{looks:,} of them'} may hold something dangerous."
    if changeset.verdict.decision in ("ok", "needs approval"):
        return f"{told}; {'it is not' if number == 1 else 'none of them is'} known to hold something dangerous."
    return f"{told}."


def operations(counts: Iterable[tuple[Operation, int]]) -> str:
    """As `1 new, 3 changed`; what stays as it is does not count."""
    return ", ".join(f"{number:,} {OPERATIONS[operation]}" for operation, number in counts if number and operation != "same")


def happens(changeset: ChangeSet, stack: StackChanges) -> str:
    """What happens in a stack, as `1 new, 3 changed`."""
    told = operations(stack.counts)
    return told or ("protection alone" if any(change.stack == stack.stack for change in changeset.changes) else "none")


def value(shown: Shown | None) -> str:
    """A value, or why there is none to show."""
    if shown is None:
        return "nothing"
    if shown.secret:
        return "[secret]"
    if shown.unknown:
        return "known after the update"
    return "[not shown]" if shown.text is None else shown.text


def shows(change: PropertyChange) -> bool:
    """Whether there is more to say of it than its path."""
    return any(side is not None and (side.text is not None or side.unknown or side.secret) for side in (change.before, change.after))


def groups(changes: Iterable[Change]) -> tuple[Group, ...]:
    """By stack and outermost component; those with the worst change first."""
    found: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        found.setdefault((change.stack, change.component.split(" / ", 1)[0]), []).append(change)
    made = []
    for (stack, component), members in found.items():
        members.sort(key=lambda change: rank(change.risk))
        made.append(Group(component or "Not in a component", stack, tuple(members), members[0].risk))
    return tuple(sorted(made, key=lambda group: (rank(group.worst), -len(group.changes), group.stack, group.title)))


def operations_of(changes: Iterable[Change]) -> str:
    """As `1 new, 3 changed`, in the order of Operation."""
    counts = Counter(change.operation for change in changes)
    ordered = [(operation, counts[operation]) for operation in OPERATIONS if counts[operation]]
    return operations(ordered) or (counted(counts["same"], "change") + " of protection" if ordered else "")


def outputs(stack: StackChanges, most: int = 5) -> tuple[tuple[str, ...], str]:
    """The stack outputs that differ, at most so many, and what comes after their names: ` and 3 more change`."""
    left = len(stack.outputs) - most
    ends = f" and {left:,} more change" if left > 0 else " changes" if len(stack.outputs) == 1 else " change"
    return stack.outputs[:most], ends


def traffic(stack: StackChanges) -> str:
    """Whether requests go elsewhere; of a preview that failed, what it did not list is not known."""
    return "moves" if stack.traffic else "stays" if stack.result == "succeeded" else "not known"


def reaches(changeset: ChangeSet) -> bool:
    """Whether anything depends on what changes; else a drawing says nothing that the changes do not."""
    return bool(changeset.blast_radius.edges) or any(not node.changed for node in changeset.blast_radius.nodes)


def made(changeset: ChangeSet) -> tuple[tuple[str, str], ...]:
    """From what it was made: label and text."""
    at = changeset.made
    return (
        *((("made", at.at),) if at.at else ()),
        *((("commit", at.commit),) if at.commit else ()),
        *(at.versions),
        *((f"{what} of {stack}", f"sha256 {digits[:12]}") for stack, what, digits in at.hashes),
    )
