"""How clusters and logs are described."""

from collections.abc import Iterator, Mapping
from datetime import date
from ipaddress import IPv4Network, collapse_addresses
from typing import TYPE_CHECKING

from modelway.rules.configured import ConfigurationRule
from modelway.rules.verdicts import Evidence, Failed, NotApplicable, Passed, Verdict

if TYPE_CHECKING:
    from modelway.architecture import EksCluster, Environment

_LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
_MOST_CALLERS = 1 << 24
"""Addresses of a /8; a fifth of a percent of all."""
_LEAST_DAYS = 183
"""Six months (Regulation (EU) 2024/1689, articles 19 and 26(6))."""


def _clusters(environment: "Environment") -> Iterator[tuple[str, "EksCluster"]]:
    for name, cluster in environment.clusters.items():
        if cluster.kind == "eks":
            yield f"clusters.{name}", cluster


def _of(evidence: Evidence | None) -> Verdict:
    return Passed() if evidence is None else Failed((evidence,))


def _callers(environment: "Environment", _: date) -> Mapping[str, Verdict]:
    return {path: _of(_who_calls(f"{path}.endpoint.allowed", cluster)) for path, cluster in _clusters(environment)}


def _who_calls(path: str, cluster: "EksCluster") -> Evidence | None:
    if cluster.endpoint.kind == "private":
        return None
    number = sum(network.num_addresses for network in collapse_addresses(IPv4Network(str(block)) for block in cluster.endpoint.allowed))
    if number <= _MOST_CALLERS:
        return None
    return Evidence(
        path, f"{number:,} addresses together", CALLERS.says, "Write those of an office or a runner, or `endpoint: {kind: private}`."
    )


def _logs(environment: "Environment", _: date) -> Mapping[str, Verdict]:
    return {path: _of(_missing_logs(f"{path}.logs.types", cluster)) for path, cluster in _clusters(environment)}


def _missing_logs(path: str, cluster: "EksCluster") -> Evidence | None:
    missing = [log for log in _LOGS if log not in cluster.logs.types]
    return (
        Evidence(path, f"without {', '.join(missing)}", LOGS.says, "Add them, or leave `types` out: all five are kept then.")
        if missing
        else None
    )


def _version(environment: "Environment", today: date) -> Mapping[str, Verdict]:
    # A table, and no more of the architecture than that.
    from modelway.architecture.eks import VERSIONS

    def old(path: str, version: str) -> Evidence | None:
        ends = VERSIONS.get(version)
        if ends is not None and today <= ends:
            return None
        since = f", whose support ended on {ends}" if ends else ""
        return Evidence(path, f"{version}{since}", VERSION.says, f'Upgrade one version at a time, to "{max(VERSIONS)}" at last.')

    return {path: _of(old(f"{path}.version", cluster.version)) for path, cluster in _clusters(environment)}


def _retention(environment: "Environment", _: date) -> Mapping[str, Verdict]:
    if environment.tier != "production":
        return dict.fromkeys((path for path, _ in _clusters(environment)), NotApplicable())
    kept = {f"{path}.logs.retention_days": cluster.logs.retention_days for path, cluster in _clusters(environment)}
    if environment.network is not None and environment.network.kind == "vpc" and environment.network.flow_logs is not None:
        kept["network.flow_logs.retention_days"] = environment.network.flow_logs.retention_days
    return {
        path.removesuffix(".retention_days"): _of(
            Evidence(path, f"{days} days", RETENTION.says, "Write 365, the next that CloudWatch takes.") if days < _LEAST_DAYS else None
        )
        for path, days in kept.items()
    }


CALLERS = ConfigurationRule(
    id="declared-api-callers",
    says="an API server that answers on the internet answers no more addresses than a /8 has, all its blocks together",
    why="A list of blocks can be everybody's though none of them is.",
    severity="critical",
    sources=("EKS-01", "FSBP EKS.1", "CKV_AWS_38", "CKV_AWS_39", "NIST SC-7"),
    judge=_callers,
)
LOGS = ConfigurationRule(
    id="declared-control-plane-logs",
    says="all five logs of a control plane are kept",
    why="What was not written down cannot be looked up after an incident.",
    severity="high",
    sources=("EKS-02", "FSBP EKS.8", "CKV_AWS_37", "NIST AU-2", "NIST AU-12"),
    judge=_logs,
)
VERSION = ConfigurationRule(
    id="declared-kubernetes-version",
    says="a cluster's version of Kubernetes is in standard support",
    why="After its end there are no fixes without extended support, which costs six times as much.",
    severity="high",
    sources=("EKS-04", "FSBP EKS.2", "CKV_AWS_339", "NIST SI-2"),
    judge=_version,
)
RETENTION = ConfigurationRule(
    id="declared-log-retention",
    says="in production logs of control planes and networks are kept for 183 days or more",
    why="Logs of systems with a high risk are kept for six months at least.",
    severity="high",
    sources=("LOG-01", "EU AI Act 19", "EU AI Act 26(6)", "CKV_AWS_338", "NIST AU-11"),
    judge=_retention,
)
RULES: tuple[ConfigurationRule, ...] = (CALLERS, LOGS, VERSION, RETENTION)
