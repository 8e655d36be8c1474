"""All rules, by what they are about, and how strictly each is held."""

from collections.abc import Mapping
from typing import Literal

from modelway.rules import alarms, keys, load_balancers, logs, pack, principals, repositories, repository_settings, signatures
from modelway.rules.buckets import access_logs, closing, encrypting, keeping, retaining
from modelway.rules.clusters import access, control_plane, identities, nodes, versions
from modelway.rules.clusters import protection as cluster_protection
from modelway.rules.configured import ConfigurationRule
from modelway.rules.credentials import lasting, literal
from modelway.rules.declared import clusters as declared_clusters
from modelway.rules.declared import models as declared_models
from modelway.rules.declared import oversight as declared_oversight
from modelway.rules.grants import policies, roles
from modelway.rules.judging import AnyRule
from modelway.rules.lifecycle import plugins, protection, replacement
from modelway.rules.networks import private_endpoints, tenants, watched, web_ports
from modelway.rules.serving import alert_routes, drift, inference_services, managed, monitor_jobs, notebooks, updates, weights
from modelway.rules.stack import StackRule
from modelway.rules.subjects import Rule, Severity
from modelway.rules.workloads import charts, privileges, rights, running

NAME = pack.NAME
"""Of the policy pack that has them."""

Level = Literal["mandatory", "advisory"]
Tier = Literal["development", "staging", "production"]
TIERS: tuple[Tier, ...] = ("development", "staging", "production")

RULES: tuple[Rule | StackRule, ...] = (
    *pack.RULES,
    *control_plane.RULES,
    *versions.RULES,
    *access.RULES,
    *nodes.RULES,
    *cluster_protection.RULES,
    *identities.RULES,
    *repositories.RULES,
    *repository_settings.RULES,
    *signatures.RULES,
    *closing.RULES,
    *keeping.RULES,
    *retaining.RULES,
    *encrypting.RULES,
    *access_logs.RULES,
    *principals.RULES,
    *keys.RULES,
    *literal.RULES,
    *lasting.RULES,
    *policies.RULES,
    *roles.RULES,
    *web_ports.RULES,
    *watched.RULES,
    *private_endpoints.RULES,
    *tenants.RULES,
    *load_balancers.RULES,
    *managed.RULES,
    *updates.RULES,
    *monitor_jobs.RULES,
    *notebooks.RULES,
    *weights.RULES,
    *drift.RULES,
    *alert_routes.RULES,
    *inference_services.RULES,
    *privileges.RULES,
    *running.RULES,
    *rights.RULES,
    *charts.RULES,
    *logs.RULES,
    *alarms.RULES,
    *protection.RULES,
    *replacement.RULES,
    *plugins.RULES,
)
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
        *("bucket-force-destroy", "bucket-lock", "cluster-not-deleted-by-mistake", "endpoint-watched", "inference-service-replicas"),
        *("key-deletion-window", "load-balancer-deletion", "log-retention", "managed-endpoint-instances", "protected-for-good"),
        *("repository-force-delete", "secret-recovery-window"),
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
