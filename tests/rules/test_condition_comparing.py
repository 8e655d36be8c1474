"""Which of two conditions is stricter, against tables and against what conditions are true of."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.rules.condition_comparing import implies
from modelway.rules.policy_documents import Condition, Item


def condition(operator: str, *values: str, key: str = "a:b", if_exists: bool = False, of: str = "", unknown: str = "") -> Condition:
    """A condition; `unknown` is the path of one more value that is not known yet."""
    items = tuple(Item(f"Condition.{number}", value) for number, value in enumerate(values))
    return Condition(operator, key, (*items, *([Item(unknown, "", known=False)] if unknown else [])), if_exists, of)


@pytest.mark.parametrize(
    ("special", "general", "answer"),
    [
        (("stringequals", "x"), ("stringequals", "x", "y"), True),
        (("stringequals", "x", "y"), ("stringequals", "x"), False),
        (("stringequals", "x", "y"), ("stringequals", "y", "x"), True),
        (("stringequals", "x"), ("stringlike", "x*"), True),
        (("stringequals", "x", "z"), ("stringlike", "x*"), False),
        (("stringequals", "x", "z"), ("stringlike", "x*", "z"), True),
        (("stringlike", "x*"), ("stringlike", "*"), True),
        (("stringlike", "*"), ("stringlike", "x*"), False),
        (("stringlike", "x"), ("stringequals", "x", "y"), True),
        (("stringlike", "z"), ("stringequals", "x", "y"), False),
        (("stringlike", "x*"), ("stringequals", "x*", "y"), False),
        (("stringlike", "x?"), ("stringequals", "x?", "y"), False),
        (("stringlike", "x", "y*"), ("stringequals", "x", "y*"), False),
        (("stringequals", "x*"), ("stringequals", "x*", "y"), True),
        (("arnlike", "arn:x:1"), ("arnequals", "arn:x:*"), True),
        (("arnequals", "arn:x:*"), ("arnlike", "arn:x:1"), False),
        (("arnequals", "arn:x:1"), ("stringlike", "arn:x:*"), False),
        (("stringequals", "x"), ("arnlike", "*"), False),
        (("stringequalsignorecase", "X"), ("stringequalsignorecase", "x", "y"), True),
        (("stringequalsignorecase", "x"), ("stringequalsignorecase", "Y", "X"), True),
        (("stringequalsignorecase", "x", "z"), ("stringequalsignorecase", "X", "y"), False),
        (("stringequalsignorecase", "x*"), ("stringequalsignorecase", "*"), False),
        (("stringequals", "x"), ("stringequalsignorecase", "x"), False),
        (("ipaddress", "10.0.1.0/24"), ("ipaddress", "10.0.0.0/16"), True),
        (("ipaddress", "10.0.0.0/16"), ("ipaddress", "10.0.1.0/24"), False),
        (("ipaddress", "10.0.0.1"), ("ipaddress", "10.0.0.9/24"), True),
        (("ipaddress", "10.0.0.9/24"), ("ipaddress", "10.0.0.0/16"), True),
        (("ipaddress", "10.0.1.0/24", "11.0.0.0/24"), ("ipaddress", "10.0.0.0/16"), False),
        (("ipaddress", "10.0.1.0/24", "11.0.0.0/24"), ("ipaddress", "11.0.0.0/8", "10.0.0.0/16"), True),
        (("ipaddress", "2001:db8:1::/48"), ("ipaddress", "2001:db8::/32"), True),
        (("ipaddress", "2001:db8::/32"), ("ipaddress", "0.0.0.0/0"), False),
        (("ipaddress", "10.0.0.0/8"), ("ipaddress", "::/0"), False),
        (("ipaddress", "10.0.0.0/8"), ("ipaddress", "::/0", "10.0.0.0/7"), True),
        (("ipaddress", "anywhere"), ("ipaddress", "0.0.0.0/0"), False),
        (("ipaddress", "10.0.0.0/8"), ("ipaddress", "0.0.0.0/0", "anywhere"), False),
        (("numericlessthan", "4"), ("numericlessthan", "5"), True),
        (("numericlessthan", "5"), ("numericlessthan", "4"), False),
        (("numericlessthan", "5"), ("numericlessthan", "5.0"), True),
        (("numericlessthan", "5"), ("numericlessthanequals", "5"), True),
        (("numericlessthanequals", "5"), ("numericlessthan", "5"), False),
        (("numericlessthanequals", "4"), ("numericlessthan", "5"), True),
        (("numericlessthanequals", "5"), ("numericlessthanequals", "5.0"), True),
        (("numericlessthanequals", "6"), ("numericlessthanequals", "5"), False),
        (("numericlessthan", "1", "9"), ("numericlessthan", "5"), False),
        (("numericlessthan", "5"), ("numericlessthan", "1", "9"), True),
        (("numericlessthan", "10"), ("numericlessthan", "9"), False),
        (("numericgreaterthan", "6"), ("numericgreaterthan", "5"), True),
        (("numericgreaterthan", "4"), ("numericgreaterthan", "5"), False),
        (("numericgreaterthan", "5"), ("numericgreaterthan", "5.0"), True),
        (("numericgreaterthan", "5"), ("numericgreaterthanequals", "5"), True),
        (("numericgreaterthanequals", "5"), ("numericgreaterthan", "5"), False),
        (("numericgreaterthanequals", "6"), ("numericgreaterthan", "5"), True),
        (("numericgreaterthanequals", "5"), ("numericgreaterthanequals", "5.0"), True),
        (("numericgreaterthanequals", "4"), ("numericgreaterthanequals", "5"), False),
        (("numericgreaterthan", "1", "9"), ("numericgreaterthan", "5"), False),
        (("numericgreaterthan", "5"), ("numericgreaterthan", "1", "9"), True),
        (("numericgreaterthan", "6"), ("numericlessthan", "9"), False),
        (("numericlessthan", "6"), ("numericgreaterthan", "5"), False),
        (("numericlessthan", "a"), ("numericlessthan", "5"), False),
        (("numericgreaterthan", "6"), ("numericgreaterthan", "a"), False),
        (("stringnotequals", "x", "y"), ("stringnotequals", "x"), True),
        (("stringnotequals", "x"), ("stringnotequals", "x", "y"), False),
        (("stringnotequals", "X", "y"), ("stringnotequals", "x"), False),
        (("stringnotlike", "x*", "y*"), ("stringnotlike", "y*"), True),
        (("stringnotlike", "x*"), ("stringnotlike", "x*", "y*"), False),
        (("stringnotequalsignorecase", "X", "y"), ("stringnotequalsignorecase", "x"), True),
        (("stringnotequalsignorecase", "x", "y"), ("stringnotequalsignorecase", "X"), True),
        (("stringnotequalsignorecase", "x"), ("stringnotequalsignorecase", "X", "y"), False),
        (("arnnotequals", "arn:x", "arn:y"), ("arnnotequals", "arn:x"), True),
        (("arnnotequals", "arn:x"), ("arnnotequals", "arn:x", "arn:y"), False),
        (("arnnotlike", "arn:x", "arn:y"), ("arnnotlike", "arn:x"), True),
        (("arnnotlike", "arn:x"), ("arnnotlike", "arn:x", "arn:y"), False),
        (("notipaddress", "10.0.0.0/8", "11.0.0.0/8"), ("notipaddress", "10.0.0.0/8"), True),
        (("notipaddress", "10.0.0.0/8"), ("notipaddress", "10.0.0.0/8", "11.0.0.0/8"), False),
        (("numericnotequals", "1", "2"), ("numericnotequals", "1"), True),
        (("numericnotequals", "1"), ("numericnotequals", "1", "2"), False),
        (("stringnotequals", "x", "y"), ("stringnotlike", "x"), False),
        (("stringnotequals", "x"), ("stringequals", "x"), False),
        (("bool", "true"), ("bool", "true", "false"), True),
        (("bool", "true", "false"), ("bool", "true"), False),
        (("bool", "true"), ("null", "true"), False),
        (("null", "true"), ("stringequals", "true"), False),
        (("stringequals", "true"), ("null", "true"), False),
        (("dateequals", "2026-01-01"), ("dateequals", "2026-01-01", "2026-01-02"), True),
    ],
)
def test_whether_one_condition_is_stricter(special: tuple[str, ...], general: tuple[str, ...], answer: bool) -> None:
    assert implies(condition(*special), condition(*general)) is answer


ONE = condition("stringequals", "x")


@pytest.mark.parametrize(
    ("special", "general", "answer"),
    [
        (ONE, condition("stringequals", "x", "y", key="a:c"), False),
        (ONE, condition("stringequals", "x", key="a:c"), False),
        (ONE, condition("stringequals", "x", "y", if_exists=True), True),
        (ONE, condition("stringequals", "x", if_exists=True), True),
        (condition("stringequals", "x", if_exists=True), ONE, False),
        (condition("stringequals", "x", if_exists=True), condition("stringequals", "x", "y"), False),
        (condition("stringequals", "x", if_exists=True), condition("stringequals", "x", "y", if_exists=True), True),
        (ONE, condition("stringequals", "x", of="foranyvalue"), False),
        (condition("stringequals", "x", of="forallvalues"), condition("stringequals", "x", of="foranyvalue"), False),
        (condition("stringequals", "x", of="forallvalues"), condition("stringequals", "x", "y", of="forallvalues"), True),
        (condition("stringequals", unknown="here"), condition("stringequals", "x"), False),
        (ONE, condition("stringequals", "x", unknown="here"), False),
        (condition("stringequals", "x", unknown="here"), condition("stringlike", "*"), False),
        (condition("stringequals", "x", unknown="here"), condition("stringequals", "x", unknown="here"), True),
        (condition("stringequals", unknown="here"), condition("stringequals", unknown="there"), False),
        (condition("stringequals", unknown="here"), condition("stringequals", "here"), False),
        (condition("stringequals", "here"), condition("stringequals", unknown="here"), False),
    ],
)
def test_keys_marks_and_what_is_not_known(special: Condition, general: Condition, answer: bool) -> None:
    assert implies(special, general) is answer


_VALUES = st.lists(st.text("aA*?", min_size=1, max_size=3), min_size=1, max_size=3)
_REQUESTS = st.text("aAb", max_size=3)
_TEXTS = ("stringequals", "stringlike", "stringequalsignorecase")


def holds(of: Condition, request: str) -> bool:
    """What IAM says of a request whose key has this value."""
    values = [item.value for item in of.values]
    match of.operator.replace("not", ""):
        case "stringlike":
            patterns = ["".join({"*": ".*", "?": "."}.get(mark, re.escape(mark)) for mark in value) for value in values]
            found = any(re.fullmatch(pattern, request, re.DOTALL) for pattern in patterns)
        case "stringequalsignorecase":
            found = request.lower() in [value.lower() for value in values]
        case _:
            found = request in values
    return found is not ("not" in of.operator)


@given(
    st.sampled_from((*_TEXTS, *(name.replace("string", "stringnot") for name in _TEXTS))),
    st.sampled_from((*_TEXTS, *(name.replace("string", "stringnot") for name in _TEXTS))),
    _VALUES,
    _VALUES,
    st.lists(_REQUESTS, max_size=8),
)
def test_what_a_stricter_condition_is_true_of_the_other_is(
    one: str, other: str, left: list[str], right: list[str], asked: list[str]
) -> None:
    special, general = condition(one, *left), condition(other, *right)
    if implies(special, general):
        # A text with a wildcard in it may be asked for too.
        assert all(holds(general, request) for request in (*asked, *left) if holds(special, request))


@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=3),
    st.lists(st.integers(-3, 3), min_size=1, max_size=3),
    st.sampled_from(("less", "greater")),
    st.booleans(),
    st.booleans(),
)
def test_bounds_are_stricter_just_where_no_number_tells_otherwise(
    left: list[int], right: list[int], way: str, one: bool, other: bool
) -> None:
    def within(number: float, bounds: list[int], equals: bool) -> bool:
        return any((number < bound if way == "less" else number > bound) or (equals and number == bound) for bound in bounds)

    names = [f"numeric{way}than{'equals' if equals else ''}" for equals in (one, other)]
    special, general = (condition(name, *map(str, bounds)) for name, bounds in zip(names, (left, right), strict=True))
    told_otherwise = [half for half in range(-9, 10) if within(half / 2, left, one) and not within(half / 2, right, other)]
    assert implies(special, general) is not bool(told_otherwise)
