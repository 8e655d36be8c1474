"""What of a stack could not be analysed, and whether something dangerous may be in it."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from modelway.preview.changeset import Gap
from modelway.preview.counting import counted
from modelway.preview.plan import Plan
from modelway.preview.reading import Preview
from modelway.preview.resources import name_of, type_of
from modelway.preview.sources import Sources
from modelway.preview.state import State
from modelway.redaction import masked

_NAMED = 3
"""Changes that one sentence names."""


class Seen(NamedTuple):
    """What is known once all steps and all of the state have been read."""

    stack: str
    operations: Mapping[str, str]
    """By URN what the engine does with it, in its own words."""
    strange: int
    """Resources of which the state says something else than the engine found."""
    moves: bool
    """Whether anything changes that may decide who answers."""


def of(sources: Sources, preview: Preview, state: State | None, plan: Plan | None, seen: Seen) -> list[Gap]:
    """All of it, but for what the files themselves say that they lack and for what traffic could not follow."""
    stack = seen.stack
    found = [*_of_descriptions(stack, sources), *_of_steps(stack, preview)]
    if state is None and preview.given:
        found.append(_without_state(sources, preview, seen))
    elif state is not None:
        if seen.strange:
            what = f"The state is not what the preview started from: they disagree on {counted(seen.strange, 'resource')}."
            found.append(Gap(stack, what, "Give the state as `pulumi stack export` wrote it just before, or leave it out.", look=True))
        found += state.gaps()
    if plan is not None and (others := _disagreeing(plan, seen.operations, preview)):
        what = f"The plan and the preview are of different runs: they disagree on {counted(others, 'resource')}."
        found.append(Gap(stack, what, "Make both anew.", look=True))
    return found


def _of_descriptions(stack: str, sources: Sources) -> Iterator[Gap]:
    if sources.described_by == "now":
        what = "What the description was before was not said: it counts as unchanged, and none of its differences is told."
        # Whether a budget was lowered decides what keeps from merging.
        budget = sources.after is not None and sources.after.budget is not None
        yield Gap(stack, what, "Name the revision with --base.", look=budget)
    elif sources.described_by == "one side" and sources.before is None:
        what = "Only the description after the change was given, so all of it is told as new."
        yield Gap(stack, what, "Give --before too, unless the environment is new.", look=True)
    elif sources.described_by == "one side":
        what = "Only the description before the change was given, so all of it is told as if it goes away."
        yield Gap(stack, what, "Give --after too, unless the environment goes away.", look=True)


def _of_steps(stack: str, preview: Preview) -> Iterator[Gap]:
    if preview.steps.unknown:
        named = ", ".join(sorted(preview.steps.unknown))
        yield Gap(stack, f"The engine does what is not known here: {named}.", "Use a newer Modelway.", look=True)
    if unreadable := list(dict.fromkeys(preview.steps.unreadable)):
        named = ", ".join(masked(name_of(urn)) for urn in unreadable[:_NAMED]) + ("" if len(unreadable) <= _NAMED else ", …")
        what = f"{counted(len(unreadable), 'change')} cannot be read, so nothing is known of the risk: {named}."
        yield Gap(stack, what, "Read it in the engine's own words: `pulumi preview --diff`.", look=True)


def _without_state(sources: Sources, preview: Preview, seen: Seen) -> Gap:
    """What the state would have told. Dangerous may be what stays behind an address, or in front of what changes there; and what stays
    may be what a budget has no room beside."""
    way_out = "Give `pulumi stack export` with --state."
    if preview.steps.unchanged:
        return Gap(seen.stack, "The state was not given: what depends on what changes may be more than what is named.", way_out)
    if seen.moves:
        what = "The state was not given: what stays is not known, so who answers, at what cost, may be others than those that are told."
        return Gap(seen.stack, what, way_out, look=True)
    if seen.operations and sources.after is not None and sources.after.budget is not None:
        what = "The state was not given: what stays is not known, so the budget cannot be held against what all of it costs."
        return Gap(seen.stack, what, way_out, look=True)
    what = "The state was not given: what stays is not known, so cost and what depends on the change may be more than what is told."
    return Gap(seen.stack, what, way_out)


def _disagreeing(plan: Plan, operations: Mapping[str, str], preview: Preview) -> int:
    """Resources of which plan and preview say something else. A preview that did not come to its end lists less."""
    differ = set(plan.missing({urn: operation for urn, operation in operations.items() if operation != "delete-replaced"}))
    if preview.result == "succeeded":
        # Of the providers that the engine makes by itself a digest says nothing.
        differ |= {urn for urn in plan.changes().keys() - operations.keys() if not type_of(urn).startswith("pulumi:providers:")}
    return len(differ)
