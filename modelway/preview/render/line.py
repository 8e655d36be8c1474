"""The report in one line: for a status on a commit, a log, a chat."""

from modelway import escaping
from modelway.preview.changeset import ChangeSet
from modelway.preview.failures import failures
from modelway.preview.render import money, shares, words

_CAUSE = 60
"""Most characters of why a preview failed."""
_LEAST = 40
"""Fewest characters that are worth beginning to tell in what moves."""


def render(changeset: ChangeSet, most: int = 140) -> str:
    """At most `most` characters (GitHub takes 140 for a status), no new line at the end; what matters most comes first."""
    broken = words.broken(changeset)
    said = [words.title(changeset)]
    if broken:
        how = "failed" if all(one.result == "failed" for one in broken) else "not complete"
        if not any(one.previewed for one in broken):
            how = "missing"
        causes = [failure.cause for one in broken for failure in failures(one, changeset.policies)]
        because = f": {escaping.plain(causes[0], _CAUSE)}" if causes else ""
        said.append(f"{words.counted(len(broken), 'preview')} {how}{because}")
    said += [f"{number:,} {risk}" for risk, number in changeset.verdict.counts]
    place = len(said)
    known = [stack.monthly for stack in changeset.stacks]
    sums = [amounts for amounts in known if amounts is not None]
    if sums and len(sums) == len(known) and any(any(amounts) for amounts in sums):
        said.append(f"{money.difference((sum(least for least, _ in sums), sum(top for _, top in sums)))} a month")
    # Of what may be merged, what is not known to hold anything dangerous is no news.
    looks = sum(gap.look for gap in changeset.gaps) if changeset.verdict.decision in ("ok", "needs approval") else len(changeset.gaps)
    if looks:
        said.append(f"{looks:,} not analysed")
    moves = shares.moves(changeset)
    if moves and (room := most - len(" · ".join([*said, ""]))) >= _LEAST:
        said.insert(place, _moves(moves, room))
    stacks = _stacks(changeset)
    if stacks and len(" · ".join([*said, stacks])) <= most:
        said.append(stacks)
    return escaping.plain(" · ".join(said), most)


def _stacks(changeset: ChangeSet) -> str:
    if len(changeset.stacks) == 1:
        return f"stack {escaping.plain(changeset.stacks[0].stack, 40)}"
    moved = sum(1 for stack in changeset.stacks if words.operations(stack.counts))
    return f"{moved:,} of {words.counted(len(changeset.stacks), 'stack')} changed" if changeset.stacks else ""


def _moves(moves: tuple[shares.Moved, ...], room: int) -> str:
    """What becomes of the first model's requests, as far as there is room, and how many more there are."""
    more = f" and {words.counted(len(moves) - 1, 'more model')}" if len(moves) > 1 else ""
    return escaping.plain(f"{moves[0].name}: {moves[0].told()}", room - len(more)) + more
