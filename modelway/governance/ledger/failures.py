"""What can be wrong with a ledger, its keys, and what is to be written to it."""

from modelway.errors import ModelwayError
from modelway.governance.verifier import Broken


class LedgerFailure(ModelwayError):
    """Something of a ledger that cannot be used. Nothing was written."""


class NoLedger(LedgerFailure):
    """There is none at the address."""


class Damaged(LedgerFailure):
    """A file of it is not as it was written."""


class UnknownVersion(LedgerFailure):
    """A file of it was written by a later Modelway."""


class AnotherProject(LedgerFailure):
    """The ledger, or the key, is for another project."""


class WrongKey(LedgerFailure):
    """A key that cannot be read, is of another kind, is not one of those that may sign, or may not sign now."""


class ClockBehind(LedgerFailure):
    """This machine's clock is so far behind the last entry that what it would say is not true."""


class UnfitStatement(LedgerFailure):
    """What cannot be an entry."""


class StoreFailure(LedgerFailure):
    """A folder or bucket that cannot be read or written. Whether an entry was written may be unknown; the message says so."""


_OF_RULES: dict[str, type[LedgerFailure]] = {
    "version": UnknownVersion,
    "another-project": AnotherProject,
    "key-of-another-project": AnotherProject,
    "unknown-key": WrongKey,
    "expired-key": WrongKey,
}


def failure(place: str, broken: Broken) -> LedgerFailure:
    """What to raise for a file that does not hold."""
    return _OF_RULES.get(broken.rule, Damaged)(f"{place}: {broken.text} [{broken.rule}]. {_WAYS_OUT.get(broken.rule, LOOK)}")


LOOK = "See what else is wrong with `modelway release verify`, and put back what was there from a copy or the bucket's older versions."
_WAYS_OUT = {
    "version": "Use that version of Modelway.",
    "another-project": "Name the ledger of this project.",
    "key-of-another-project": "Sign with a key of this project.",
    "unknown-key": "If that key may sign, add it to the file of keys, in a reviewed change.",
    "expired-key": "Sign with a key of that time; a new key is added to the file of keys in a reviewed change.",
}
