"""When two values of a property mean the same, however they are written."""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

MISSING: Any = None
"""What a property is where there is none: to the engine, null and absent are the same."""

_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d+)?)(m|k|[KMGTPE]i|[MGTPE])?")
_SUFFIXES: Mapping[str | None, Decimal] = {
    None: Decimal(1),
    "m": Decimal("0.001"),
    "k": Decimal(1000),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("MGTPE", 2)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}
"""kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity"""
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,6})?")

_DATA = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
UNORDERED = frozenset(_DATA["unordered"])
"""Lists of which the order does not count, by the name of the property."""
ORDERED = frozenset(_DATA["ordered"])
"""Lists of named items of which the order does count."""
_MEASURED = frozenset(_DATA["measured"])
_DEFAULTS: Mapping[str, object] = _DATA["kubernetes_defaults"]
_NAMES = ("name", "key", "mountPath", "containerPort", "sid", "Sid", "id", "Key")


def spelled_alike(name: str, before: object, after: object) -> bool:
    """Whether two scalars of a property are the same amount, number or flag."""
    if before == after:
        return True
    if isinstance(before, bool) or isinstance(after, bool):
        return str(before).lower() == str(after).lower() in ("true", "false")
    if not (isinstance(before, str | int | float) and isinstance(after, str | int | float)):
        return False
    old, new = str(before), str(after)
    if isinstance(before, str) and isinstance(after, str) and name not in _MEASURED:
        return False
    if name in _MEASURED or name.startswith(("requests.", "limits.")):
        amounts = _amount(old), _amount(new)
        return None not in amounts and amounts[0] == amounts[1]
    return bool(_NUMBER.fullmatch(old) and _NUMBER.fullmatch(new)) and Decimal(old) == Decimal(new)


def _amount(text: str) -> Decimal | None:
    found = _QUANTITY.fullmatch(text)
    return Decimal(found[1]) * _SUFFIXES[found[2]] if found else None


def is_default(name: str, value: object, kubernetes: bool) -> bool:
    """Whether a property that is set to this is as if it were not there."""
    if value is MISSING or (name in ("tags", "labels", "annotations") and value == {}):
        return True
    return kubernetes and not isinstance(value, dict | list) and name in _DEFAULTS and value == _DEFAULTS[name]


def identity(before: list[Any], after: list[Any]) -> str | None:
    """The field by which the items of two lists are known, if there is one that tells them apart."""
    for item in before:
        if not isinstance(item, dict):
            return None
    for item in after:
        if not isinstance(item, dict):
            return None
    return next((name for name in _NAMES if _tells_apart(name, before) and _tells_apart(name, after)), None)


def _tells_apart(name: str, items: list[Any]) -> bool:
    known = set()
    for item in items:
        value = item.get(name)
        if not isinstance(value, str | int) or value in known:
            return False
        known.add(value)
    return True


def canonical(value: object) -> str:
    """The same text for values that differ in the order of keys alone."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def without_common(before: list[Any], after: list[Any], *, any_case: bool = False) -> tuple[list[tuple[int, Any]], list[tuple[int, Any]]]:
    """Of two lists whose order does not count, the items that the other does not have, each with its position."""

    def key(item: object) -> str:
        text = canonical(item)
        return text.lower() if any_case else text

    if len(before) == len(after) == 1 and before != after and not any_case:
        # Most often; what is not equal does not have the same text.
        return [(0, before[0])], [(0, after[0])]
    old, new = [key(item) for item in before], [key(item) for item in after]
    return _left(before, old, Counter(new)), _left(after, new, Counter(old))


def _left(items: list[Any], keys: list[str], others: "Counter[str]") -> list[tuple[int, Any]]:
    left = []
    for position, (item, known) in enumerate(zip(items, keys, strict=True)):
        if others[known] > 0:
            others[known] -= 1
        else:
            left.append((position, item))
    return left


def document_in(text: str) -> Any:
    """The JSON object or list that a text holds, an IAM document with everything that may be a list as one; None where there is none."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return as_policy(found) if is_policy(found) else found if isinstance(found, dict | list) else None


def is_policy(found: object) -> bool:
    """Whether it is a policy document of AWS."""
    return isinstance(found, dict) and "Statement" in found and found.keys() <= {"Version", "Id", "Statement"}


def as_policy(found: Any) -> Any:
    """A policy document with a list wherever one value may stand for one."""
    if not isinstance(found["Statement"], list | dict):
        return found
    return {**found, "Statement": [_statement(one) for one in _list(found["Statement"])]}


def _statement(statement: Any) -> Any:
    if not isinstance(statement, dict):
        return statement
    made = dict(statement)
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in made:
            made[name] = _list(made[name])
    for name in ("Principal", "NotPrincipal"):
        if isinstance(made.get(name), dict):
            made[name] = {kind: _list(one) for kind, one in made[name].items()}
        elif made.get(name) == "*":
            made[name] = {"AWS": ["*"]}
    if isinstance(made.get("Condition"), dict):
        made["Condition"] = {
            operator: {key: _list(one) for key, one in tests.items()} if isinstance(tests, dict) else tests
            for operator, tests in made["Condition"].items()
        }
    return made


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
