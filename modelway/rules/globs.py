"""Which of two patterns names more. Patterns as IAM has them: `*` any characters, `?` one, and variables such as `${aws:username}`."""

import re
from functools import lru_cache

_TOKEN = re.compile(r"\$\{[*?$]\}|\$\{[^}]*\}|.", re.DOTALL)
_LITERAL = re.compile(r"\$\{([*?$])\}")


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[str, ...]:
    """`*`, `?`, one character, `\\` and one character that is meant as it is, or a whole variable."""
    return tuple(f"\\{found[1]}" if (found := _LITERAL.fullmatch(token)) else token for token in _TOKEN.findall(text))


def covers(general: str, special: str) -> bool:
    """Whether everything that `special` matches is matched by `general` too. Where it says so it is so; it may miss that of patterns
    with several wildcards next to each other."""
    if general in ("*", special):
        return True
    if "*" not in general and "?" not in general:
        return False
    return _covers(_tokens(general), _tokens(special))


def _covers(general: tuple[str, ...], special: tuple[str, ...]) -> bool:
    # For every start of `special`: whether `general`, so far, covers it. A wildcard of the special one is taken for a character that
    # only a wildcard as wide matches.
    reached = [True] + [False] * len(special)
    for token in general:
        if token == "*":
            first = reached.index(True) if True in reached else len(reached)
            reached = [number >= first for number in range(len(reached))]
        else:
            reached = [False, *(before and _fits(token, one) for before, one in zip(reached, special, strict=False))]
    return reached[-1]


def _fits(token: str, one: str) -> bool:
    if token == "?":
        return one == "?" or (one != "*" and (len(one) == 1 or one.startswith("\\")))
    return token == one


def overlap(one: str, other: str) -> bool:
    """Whether something is matched by both. A variable may be anything."""
    if "${" in one or "${" in other:
        one, other = (re.sub(r"\$\{[^}]*\}", "*", text) for text in (one, other))
    reached = {(0, 0)}
    waiting = [(0, 0)]
    while waiting:
        left, right = waiting.pop()
        if left == len(one) and right == len(other):
            return True
        for step in _steps(one, other, left, right):
            if step not in reached:
                reached.add(step)
                waiting.append(step)
    return False


def _steps(one: str, other: str, left: int, right: int) -> list[tuple[int, int]]:
    here = one[left] if left < len(one) else ""
    there = other[right] if right < len(other) else ""
    steps = []
    if here == "*":
        steps += [(left + 1, right), *([(left, right + 1)] if there else [])]
    if there == "*":
        steps += [(left, right + 1), *([(left + 1, right)] if here else [])]
    if here and there and "*" not in (here, there) and (here == there or "?" in (here, there)):
        steps.append((left + 1, right + 1))
    return steps
