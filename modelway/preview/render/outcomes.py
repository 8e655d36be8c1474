"""What a page says of policies, in the same words everywhere: `failed` is what forbids the change, `warned` what does not."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from modelway.preview.changeset import ChangeSet, PolicyResult, StackChanges
from modelway.preview.resources import name_of, type_of

_ORDER = ("failed", "broken", "undecided", "warned", "passed")


class Told(NamedTuple):
    """What one rule says, of all resources that it says the same of."""

    stack: str
    rule: str
    pack: str
    word: str
    asked: str
    """How much it counts: `mandatory`, `advisory, high`."""
    message: str
    resources: tuple[str, ...]
    number: int
    """Of resources, also of those that are not named."""


def word(result: PolicyResult) -> str:
    """`failed` only where that forbids the change."""
    return "warned" if result.outcome == "failed" and result.enforcement != "mandatory" else result.outcome


def outcomes(results: Iterable[PolicyResult]) -> str:
    """As `1 failed, 2 warned, 14 passed`, in resources."""
    counts: Counter[str] = Counter()
    for result in results:
        counts[word(result)] += result.count
    return ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in _ORDER if counts[outcome])


def of_stack(changeset: ChangeSet, stack: StackChanges) -> str:
    """The same for one stack, without what passed if there is anything else; a dash where no policy was asked."""
    results = [one for one in changeset.policies if one.stack == stack.stack]
    if not results:
        said = [f"{number:,} {of}" for number, of in ((stack.policies_failed, "failed"), (stack.policies_warned, "warned")) if number]
        return ", ".join(said) or "–"
    return outcomes(one for one in results if one.outcome != "passed") or outcomes(results)


def are_there(changeset: ChangeSet) -> bool:
    """Whether any stack has something said by policies."""
    return bool(changeset.policies) or any(stack.policies_failed or stack.policies_warned for stack in changeset.stacks)


def to_read(results: Iterable[PolicyResult]) -> tuple[Told, ...]:
    """All but what passed: mandatory first, failed before undecided; what a rule says of several resources once."""
    found: dict[tuple[str, str, str, str, str, str], list[PolicyResult]] = {}
    for one in results:
        if one.outcome != "passed":
            found.setdefault((one.stack, one.rule, one.pack, word(one), _asked(one), one.message), []).append(one)
    told = [Told(*key, _resources(members), sum(one.count for one in members)) for key, members in found.items()]
    return tuple(sorted(told, key=lambda one: (not one.asked.startswith("mandatory"), _ORDER.index(one.word), one.stack, one.rule)))


def _resources(results: Iterable[PolicyResult]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(resource(one.urn) for one in results if one.urn))


def _asked(result: PolicyResult) -> str:
    return ", ".join(part for part in (result.enforcement, result.severity) if part)


def resource(urn: str) -> str:
    """A resource by its kind and its name; what is no URN as it is."""
    kind = type_of(urn).rsplit(":", 1)[-1]
    return f"{kind} {name_of(urn)}" if kind else urn
