"""What rules of modelway.rules.iam say of the document at one place of a resource."""

from collections.abc import Iterator

from modelway.rules import iam
from modelway.rules.expecting import Judged
from modelway.rules.policy_documents import Kind
from modelway.rules.properties import Found, Misplaced, Missing
from modelway.rules.subjects import wrong
from modelway.rules.values import Secret
from modelway.rules.verdicts import Evidence, Failed, Passed, Undecided, Unreadable


def judged(found: Found, kind: Kind, *rules: iam.Rule) -> Iterator[Judged]:
    """What each of `rules` says of a document; nothing where it has nothing that the rule is about. Places in it come after a #."""
    if isinstance(found.value, Missing | Misplaced):
        yield wrong(found, "a policy")
        return
    document = Secret(found.value) if found.secret else found.value
    verdicts = [one.verdict for rule in rules for one in iam.judge(document, kind, only=rule)]
    # Each rule says what is wrong with the document as a whole, and once is enough.
    for verdict in dict.fromkeys(verdicts):
        match verdict:
            case Failed(evidence):
                yield from (Evidence(f"{found.path}#{one.path}", one.value, one.rule, one.way_out) for one in evidence)
            case Undecided(paths):
                yield Undecided(tuple(found.path if path == "the document" else f"{found.path}#{path}" for path in paths))
            case Unreadable(faults):
                yield Unreadable(tuple(f"{found.path}: {fault}" for fault in faults))
            case Passed():
                yield None
