"""What conditions leave of those whom a statement names.

Conditions of a statement hold all together, values of one are alternatives: so one condition is enough that leaves somebody named, and
each of its values has to.
"""

from collections.abc import Callable, Sequence

from modelway.rules.patterns import only_wild, wild
from modelway.rules.policy_documents import Condition, Item, Statement

_EXACT = ("stringequals", "stringequalsignorecase")
_LIKE = ("stringlike", "arnequals", "arnlike")
"""ArnEquals takes wildcards as ArnLike does (reference_policies_elements_condition_operators.html)."""

Named = Callable[[Item, bool], bool]


def narrowed(statement: Statement, keys: Sequence[str], prefix: str | None = None) -> bool | str:
    """Whether a condition on one of `keys` (or on a key that starts with `prefix`) leaves only what it names; the path of what is not
    known, where that decides."""
    return _decided([one for one in statement.conditions if one.key in keys or (prefix is not None and one.key.startswith(prefix))], _names)


def narrowed_to_one(statement: Statement, key: str) -> bool | str:
    """The same, and without any wildcard."""
    return _decided([one for one in statement.conditions if one.key == key], lambda item, exact: exact or not wild(item.value))


def _decided(conditions: Sequence[Condition], named: "Named") -> bool | str:
    open_question: str | None = None
    for condition in conditions:
        # Both are true of a request that does not have the key at all.
        if condition.if_exists or condition.set_operator == "forallvalues" or condition.operator not in (*_EXACT, *_LIKE):
            continue
        unknown = next((item.path for item in condition.values if not item.known), None)
        if not all(named(item, condition.operator in _EXACT) for item in condition.values if item.known):
            continue
        if unknown is None:
            return True
        open_question = unknown
    return open_question or False


def _names(item: Item, exact: bool) -> bool:
    """Whether the value, compared as it is, leaves one thing, or those of one account or organisation."""
    if exact:
        # Compared letter by letter: a wildcard is only a character.
        return bool(item.value)
    if not wild(item.value):
        return True
    parts = item.value.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return False
    account, resource = parts[4], parts[5]
    # Of things without an account in their name, such as buckets, the name itself has to say which.
    return not wild(account) if account else not only_wild(resource) and not resource.startswith(("*", "?"))
