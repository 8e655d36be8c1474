"""All rules, by what they are about, and how strictly each is held."""

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from itertools import chain
from typing import Literal

from modelway import rules
from modelway.rules import pack
from modelway.rules.configured import ConfigurationRule
from modelway.rules.declared import clusters as declared_clusters
from modelway.rules.declared import models as declared_models
from modelway.rules.declared import oversight as declared_oversight
from modelway.rules.judging import AnyRule
from modelway.rules.stack import StackRule
from modelway.rules.subjects import Rule, Severity

NAME = pack.NAME
"""Of the policy pack that has them."""

Level = Literal["mandatory", "advisory"]
Tier = Literal["development", "staging", "production"]
TIERS: tuple[Tier, ...] = ("development", "staging", "production")


def _groups() -> list[tuple[Rule | StackRule, ...]]:
    # For as long as the groups are being written; then they are named here.
    found = []
    for module in pkgutil.walk_packages(rules.__path__, "modelway.rules."):
        if module.name in ("modelway.rules.pack", "modelway.rules.catalogue") or module.name.startswith("modelway.rules.declared"):
            continue
        try:
            found.append(getattr(import_module(module.name), "RULES", ()))
        except Exception:
            continue
    return found


RULES: tuple[Rule | StackRule, ...] = (*pack.RULES, *dict.fromkeys(chain.from_iterable(_groups())))
"""About resources and whole stacks, in the order in which people are told of them."""
DECLARED: tuple[ConfigurationRule, ...] = (*declared_clusters.RULES, *declared_models.RULES, *declared_oversight.RULES)
"""About how environments are described."""
ALL: tuple[AnyRule, ...] = (*RULES, *DECLARED)
IDS: Mapping[str, AnyRule] = {rule.id: rule for rule in ALL}

_MANDATORY_FROM: Mapping[Severity, frozenset[Tier | None]] = {
    "critical": frozenset(("development", "staging", "production", None)),
    "high": frozenset(("development", "staging", "production", None)),
    "medium": frozenset(("staging", "production")),
    "low": frozenset(("production",)),
}

IN_PRODUCTION = frozenset(
    (
        *("bucket-force-destroy", "cluster-not-deleted-by-mistake", "endpoint-watched", "inference-service-replicas", "key-deletion-window"),
        *("load-balancer-deletion", "log-retention", "managed-endpoint-instances", "protected-for-good", "repository-force-delete"),
        "secret-recovery-window",
    )
)
"""Rules that bind in production and nowhere else, whatever their severity: what was made to be tried is thrown away again."""


def level(rule: AnyRule, tier: Tier | None) -> Level:
    """Whether what does not pass is refused, or told, in an environment of that tier; None where the tier is not known, which is as in
    development."""
    binds = tier == "production" if rule.id in IN_PRODUCTION else tier in _MANDATORY_FROM[rule.severity]
    return "mandatory" if binds else "advisory"


def named(name: str) -> tuple[AnyRule, ...]:
    """The rules of that id (`public-exposure`) or code (`EKS-01`), in small or capital letters; a code may stand for several, which look at
    different things."""
    wanted = name.lower()
    return tuple(rule for rule in ALL if wanted and wanted in (rule.id, code_of(rule).lower()))


def code_of(rule: AnyRule) -> str:
    """Such as `EKS-01`; empty for a rule that has none."""
    return next((source for source in rule.sources[:1] if _is_code(source)), "")


def _is_code(source: str) -> bool:
    group, _, number = source.partition("-")
    return group.isalnum() and group.isupper() and len(number) == 2 and number.isdecimal()
