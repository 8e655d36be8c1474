"""All rules, in the order in which people are told of them."""

import pkgutil
from importlib import import_module
from itertools import chain

from modelway import rules
from modelway.rules import pack
from modelway.rules.stack import StackRule
from modelway.rules.subjects import Rule


def _groups() -> list[tuple[Rule | StackRule, ...]]:
    # For as long as the groups are being written; then they are named here.
    found = []
    for module in pkgutil.walk_packages(rules.__path__, "modelway.rules."):
        if module.name in ("modelway.rules.pack", "modelway.rules.catalogue"):
            continue
        try:
            loaded = import_module(module.name)
        except Exception as error:
            print(f"{module.name}: {error}")
            continue
        found.append(getattr(loaded, "RULES", ()))
    return found


RULES: tuple[Rule | StackRule, ...] = (*pack.RULES, *dict.fromkeys(chain.from_iterable(_groups())))
