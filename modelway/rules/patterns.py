"""Wildcards as IAM has them: `*` any characters, `?` one; in names of actions the case does not matter."""

import re
from functools import lru_cache

# ${*}, ${?} and ${$} are those characters themselves; any other variable is one name that is known when somebody asks.
_LITERAL = re.compile(r"\$\{[*?$]\}")


def wild(text: str) -> bool:
    """Whether `text` matches more than one thing."""
    return any(mark in _LITERAL.sub("", text) for mark in "*?")


def only_wild(text: str) -> bool:
    """Whether `text` names nothing at all."""
    return bool(text) and not text.strip("*?")


def matches(pattern: str, action: str) -> bool:
    """Whether an action that is written as `pattern` grants `action`."""
    return _expression(pattern).fullmatch(action) is not None


@lru_cache(maxsize=4096)
def _expression(pattern: str) -> re.Pattern[str]:
    # Documents name the same few patterns again and again.
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.compile(expression, re.IGNORECASE | re.DOTALL)
