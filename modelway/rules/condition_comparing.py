"""Which of two conditions of IAM statements is stricter.

Source of the operators: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import ipaddress
from collections.abc import Sequence

from modelway.rules.globs import covers
from modelway.rules.policy_documents import Condition

_FAMILIES = {
    "stringequals": "text",
    "stringlike": "text",
    "stringequalsignorecase": "folded",
    "arnequals": "arn",
    "arnlike": "arn",
    "ipaddress": "address",
    "numericlessthan": "below",
    "numericlessthanequals": "below",
    "numericgreaterthan": "above",
    "numericgreaterthanequals": "above",
}
_NEGATIVE = {
    "stringnotequals",
    "stringnotlike",
    "stringnotequalsignorecase",
    "arnnotequals",
    "arnnotlike",
    "notipaddress",
    "numericnotequals",
}


def implies(special: Condition, general: Condition) -> bool:
    """Whether every request that `special` is true of, `general` is true of. Where it says so it is so."""
    if special == general or _alike(special) == _alike(general):
        return True
    if (special.key, special.set_operator) != (general.key, general.set_operator) or (special.if_exists and not general.if_exists):
        return False
    if not all(item.known for item in (*special.values, *general.values)):
        return False
    left, right = ([item.value for item in one.values] for one in (special, general))
    if special.operator == general.operator and special.operator in _NEGATIVE:
        return (
            {value.lower() for value in right} <= {value.lower() for value in left}
            if "ignorecase" in special.operator
            else set(right) <= set(left)
        )
    family = _FAMILIES.get(special.operator)
    if family is None or family != _FAMILIES.get(general.operator):
        return special.operator == general.operator and set(left) <= set(right)
    return _within(family, special.operator, general.operator, left, right)


def _alike(condition: Condition) -> object:
    """What a condition says, however its values are ordered."""
    values = frozenset((item.value if item.known else item.path, item.known) for item in condition.values)
    return condition.operator, condition.key, values, condition.if_exists, condition.set_operator


def _within(family: str, special: str, general: str, left: Sequence[str], right: Sequence[str]) -> bool:
    if family in ("text", "arn"):
        # Compared as it is, a wildcard is a character; as a pattern it is one, so an exact text with a wildcard is no part of a pattern.
        if special == "stringlike" and general == "stringequals":
            return all(value in right and not set("*?") & set(value) for value in left)
        if general == "stringequals":
            return set(left) <= set(right)
        return all(any(covers(wide, value) for wide in right) for value in left)
    if family == "folded":
        return {value.lower() for value in left} <= {value.lower() for value in right}
    if family == "address":
        return _addresses_within(left, right)
    return _bound_within(family, general, left, right, strict=special in ("numericlessthan", "numericgreaterthan"))


def _addresses_within(left: Sequence[str], right: Sequence[str]) -> bool:
    try:
        inner, outer = ([ipaddress.ip_network(value, strict=False) for value in values] for values in (left, right))
    except ValueError:
        return False
    return all(any(one.version == wide.version and one.subnet_of(wide) for wide in outer) for one in inner)  # type: ignore[arg-type]


def _bound_within(family: str, general: str, left: Sequence[str], right: Sequence[str], *, strict: bool) -> bool:
    try:
        inner, outer = [float(value) for value in left], [float(value) for value in right]
    except ValueError:
        return False
    if family == "below":
        one, bound = max(inner), max(outer)
        return one < bound or (one == bound and (strict or general == "numericlessthanequals"))
    one, bound = min(inner), min(outer)
    return one > bound or (one == bound and (strict or general == "numericgreaterthanequals"))
