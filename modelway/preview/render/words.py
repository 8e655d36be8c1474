"""What every page says, in the same words and the same order: titles, counts, amounts, and rows made of a ChangeSet."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal, NamedTuple

from modelway.preview.changeset import (
    RISKS,
    Change,
    ChangeSet,
    Cost,
    Decision,
    Diagnostic,
    Endpoint,
    Operation,
    PolicyResult,
    PropertyChange,
    Risk,
    Route,
    Shown,
    StackChanges,
)
from modelway.preview.resources import name_of, type_of

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
    "same": "unchanged",
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
DIALECTS = {
    "gateway": "Gateway API",
    "kserve": "KServe",
    "sagemaker": "SageMaker",
    "alb": "load balancer",
    "environment": "from the description",
}
Side = tuple[str, str]
"""What stands before and after; equal where nothing changes, empty where there is nothing."""


class Row(NamedTuple):
    """One version behind an endpoint, before and after."""

    version: str
    matches: str
    state: Literal["new", "gone", "kept"]
    share: Side
    mirror: Side
    replicas: Side
    hardware: Side
    image: Side
    weights: Side

    @property
    def shares(self) -> tuple[float, float]:
        """Of the requests, before and after, for a picture; 0 where that is not known."""
        return _number(self.share[0]), _number(self.share[1])


class Group(NamedTuple):
    """The changes inside one component."""

    title: str
    stack: str
    changes: tuple[Change, ...]
    """Worst first."""
    worst: Risk


def rank(risk: Risk) -> int:
    """0 for the worst."""
    return RISKS.index(risk)


def is_empty(changeset: ChangeSet) -> bool:
    """Whether nothing would change, and nothing is to be said against that."""
    moved = changeset.changes or changeset.findings or changeset.differences or any(stack.outputs for stack in changeset.stacks)
    return not moved and changeset.verdict.decision == "ok" and not broken(changeset)


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
    return "How the preview ended is not known, so what is listed may not be all."


def errors(stack: StackChanges) -> tuple[Diagnostic, ...]:
    """What was said of what went wrong; all of it where the preview failed without an error."""
    said = tuple(one for one in stack.diagnostics if one.severity == "error")
    return said or (stack.diagnostics if stack.result == "failed" else ())


def operations(counts: Iterable[tuple[Operation, int]]) -> str:
    """As `1 new, 3 changed`; what stays as it is does not count."""
    return ", ".join(f"{number:,} {OPERATIONS[operation]}" for operation, number in counts if number and operation != "same")


def counted(number: int, noun: str, plural: str = "") -> str:
    """As `1 change`, `2 changes`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def dollars(amount: float) -> str:
    """As `1,240 USD`; below ten with cents, and never 0 for what is something."""
    if amount and abs(amount) < 0.01:
        return f"{amount:.2g} USD"
    return f"{amount:,.2f} USD" if amount and abs(amount) < 10 else f"{amount:,.0f} USD"


def spread(amounts: tuple[float, float] | None) -> str:
    """A range in US dollars; `not known` without one."""
    if amounts is None:
        return "not known"
    least, most = dollars(amounts[0]), dollars(amounts[1])
    return least if least == most else f"{least.removesuffix(' USD')} to {most}"


def difference(amounts: tuple[float, float] | None) -> str:
    """What it costs more or less, with its sign."""
    if amounts is None:
        return "not known"
    texts = [f"+{dollars(amount)}" if amount > 0 else dollars(amount).replace("-", "−") for amount in amounts]
    if texts[0] == texts[1]:
        return "no change" if not amounts[0] else texts[0]
    return f"{texts[0].removesuffix(' USD')} to {texts[1]}"


def total(cost: Cost) -> tuple[tuple[float, float], tuple[float, float]]:
    """Of all lines that have an amount, before and after."""
    sides = [(line.before, line.after) for line in cost.lines]
    before, after = ([side[which] for side in sides if side[which]] for which in (0, 1))
    return _sum(before), _sum(after)


def _sum(amounts: "list[tuple[float, float] | None]") -> tuple[float, float]:
    known = [amount for amount in amounts if amount]
    return sum(least for least, _ in known), sum(most for _, most in known)


def rows(endpoint: Endpoint) -> tuple[Row, ...]:
    """The versions behind it, those that were there first; a version is the same where name and condition are."""
    before, after = ({(route.version, route.matches): route for route in side} for side in (endpoint.before, endpoint.after))
    return tuple(_row(before.get(key), after.get(key)) for key in [*before, *(key for key in after if key not in before)])


def _row(before: Route | None, after: Route | None) -> Row:
    one = before or after
    assert one is not None

    def sides(field: Literal["share", "mirror", "replicas", "hardware", "image", "weights"]) -> Side:
        return _of(before, field), _of(after, field)

    return Row(
        one.version,
        one.matches,
        "new" if before is None else "gone" if after is None else "kept",
        *(sides(field) for field in ("share", "mirror", "replicas", "hardware", "image", "weights")),
    )


def _of(route: Route | None, field: str) -> str:
    if route is None:
        return ""
    if field == "share":
        return "not known" if route.percent is None else percent(route.percent)
    if field == "mirror":
        return percent(route.mirror) if route.mirror else ""
    if field == "replicas":
        return _replicas(route.least, route.most)
    return {"hardware": route.hardware, "image": route.image, "weights": route.weights}[field]


def _replicas(least: int | None, most: int | None) -> str:
    if least is None and most is None:
        return ""
    if least == most:
        return f"{least:,}"
    return f"{'?' if least is None else f'{least:,}'} to {'?' if most is None else f'{most:,}'}"


def percent(value: float) -> str:
    """As `12.5%`."""
    return f"{value:.4g}%"


def _number(text: str) -> float:
    try:
        return min(100.0, max(0.0, float(text.removesuffix("%"))))
    except ValueError:
        return 0.0


def digest(text: str) -> str:
    """A digest in its first twelve digits; a reference with one without what comes before."""
    if "sha256:" in text:
        return f"sha256:{text.rsplit('sha256:', 1)[1][:12]}"
    return text


def endpoint_state(endpoint: Endpoint) -> str:
    """Empty where it is there before and after."""
    return "new" if not endpoint.before else "goes away" if not endpoint.after else ""


def about(endpoint: Endpoint) -> tuple[tuple[str, str], ...]:
    """Whose it is and who asks it: label and text, without what is not known."""
    named = (
        ("team", endpoint.team),
        ("owner", endpoint.owner),
        ("risk tier", endpoint.risk_tier),
        ("asked by", ", ".join(endpoint.consumers)),
    )
    return tuple((label, text) for label, text in named if text)


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
        made.append(Group(component or "outside of components", stack, tuple(members), members[0].risk))
    return tuple(sorted(made, key=lambda group: (rank(group.worst), -len(group.changes), group.stack, group.title)))


def operations_of(changes: Iterable[Change]) -> str:
    """As `1 new, 3 changed`, in the order of Operation."""
    counts = Counter(change.operation for change in changes)
    ordered = [(operation, counts[operation]) for operation in OPERATIONS if counts[operation]]
    return operations(ordered) or ("protection changes" if ordered else "")


def traffic(stack: StackChanges) -> str:
    """Whether requests go elsewhere; of a preview that failed, what it did not list is not known."""
    return "moves" if stack.traffic else "stays" if stack.result == "succeeded" else "not known"


def policies(stack: StackChanges) -> str:
    """As `1 failed, 2 warned`; a dash without either."""
    said = [f"{number:,} {word}" for number, word in ((stack.policies_failed, "failed"), (stack.policies_warned, "warned")) if number]
    return ", ".join(said) or "–"


def reaches(changeset: ChangeSet) -> bool:
    """Whether anything depends on what changes; else a drawing says nothing that the changes do not."""
    return bool(changeset.blast_radius.edges) or any(not node.changed for node in changeset.blast_radius.nodes)


def has_policies(changeset: ChangeSet) -> bool:
    return bool(changeset.policies) or any(stack.policies_failed or stack.policies_warned for stack in changeset.stacks)


def outcomes(results: Iterable[PolicyResult]) -> str:
    """As `1 failed, 2 undecided, 14 passed`, in resources."""
    counts: Counter[str] = Counter()
    for result in results:
        counts[result.outcome] += result.count
    return ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in ("failed", "broken", "undecided", "passed") if counts[outcome])


def to_read(results: Iterable[PolicyResult]) -> tuple[PolicyResult, ...]:
    """All but what passed: mandatory first, failed before undecided."""
    order = ("failed", "broken", "undecided")
    return tuple(
        sorted(
            (result for result in results if result.outcome != "passed"),
            key=lambda result: (result.enforcement != "mandatory", order.index(result.outcome), result.stack, result.rule),
        )
    )


def resource(urn: str) -> str:
    """A resource by its kind and its name; what is no URN as it is."""
    kind = type_of(urn).rsplit(":", 1)[-1]
    return f"{kind} {name_of(urn)}" if kind else urn


def asked(result: PolicyResult) -> str:
    """How much it counts."""
    return ", ".join(part for part in (result.enforcement, result.severity) if part)


def made(changeset: ChangeSet) -> tuple[tuple[str, str], ...]:
    """From what it was made: label and text."""
    at = changeset.made
    return (
        *((("made", at.at),) if at.at else ()),
        *((("commit", at.commit),) if at.commit else ()),
        *(at.versions),
        *((f"{what} of {stack}", f"sha256 {digits[:12]}") for stack, what, digits in at.hashes),
    )
