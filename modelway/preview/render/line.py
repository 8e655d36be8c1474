"""The report in one line: for a status on a commit, a log, a chat."""

from modelway.preview.changeset import ChangeSet
from modelway.preview.render import escaping, words


def render(changeset: ChangeSet, most: int = 140) -> str:
    """At most `most` characters (GitHub takes 140 for a status), no new line at the end; what matters most comes first."""
    broken = words.broken(changeset)
    said = [words.title(changeset)]
    if broken:
        how = "failed" if all(one.result == "failed" for one in broken) else "not complete"
        said.append(f"{words.counted(len(broken), 'preview')} {how}")
    said += [f"{number:,} {risk}" for risk, number in changeset.verdict.counts]
    moved = [stack for stack in changeset.stacks if words.operations(stack.counts)]
    if len(changeset.stacks) == 1:
        said.append(f"stack {escaping.plain(changeset.stacks[0].stack, 40)}")
    elif changeset.stacks:
        said.append(f"{len(moved):,} of {words.counted(len(changeset.stacks), 'stack')} changed")
    known = [stack.monthly for stack in changeset.stacks]
    sums = [amounts for amounts in known if amounts is not None]
    if sums and len(sums) == len(known) and any(any(amounts) for amounts in sums):
        said.append(f"{words.difference((sum(least for least, _ in sums), sum(top for _, top in sums)))} a month")
    if changeset.gaps:
        said.append(f"{len(changeset.gaps):,} not analysed")
    return escaping.plain(" · ".join(said), most)
