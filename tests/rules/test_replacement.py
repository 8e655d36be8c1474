"""What stays as it is, as the engine hands it over: once, as what is there and what is wanted."""

from modelway.rules.lifecycle.replacement import RULE
from modelway.rules.subjects import Subject
from modelway.rules.values import Secret, Unknown
from modelway.rules.verdicts import Passed, Undecided

KEPT = {"engine": "postgres", "username": Secret(Unknown())}


def test_what_does_not_change_passes_even_where_nobody_can_read_it() -> None:
    subject = Subject("aws:rds/instance:Instance", KEPT, KEPT, compared=True)
    assert RULE.judge(subject) == Passed()


def test_a_secret_that_nobody_can_read_may_have_changed() -> None:
    subject = Subject("aws:rds/instance:Instance", {**KEPT}, KEPT, compared=True)
    assert RULE.judge(subject) == Undecided(("username",))
