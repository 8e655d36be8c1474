"""What has to be read first."""

import math
from collections.abc import Iterable

from modelway.monitoring.drift.result import Finding


def excess(finding: Finding) -> float:
    """How many times its threshold a score is; 0 where it has none, endless where every score passes the threshold.

    0 of a metric too, of all rows or of a group: of some a lower score is worse, of others a higher one.
    """
    if finding.watch == "concept" and (finding.method == finding.subject or finding.segment is not None):
        return 0.0
    if finding.score is None or finding.threshold is None or not math.isfinite(finding.score):
        return 0.0
    if finding.threshold > 0:
        return finding.score / finding.threshold
    return math.inf if finding.score > finding.threshold else 0.0


def worst(findings: Iterable[Finding]) -> list[Finding]:
    """Findings from the worst: what has drifted, then by how far the score is beyond its threshold, then by name."""
    order = {"drifted": 0, "steady": 1, "unknown": 2}
    return sorted(findings, key=lambda one: (order[one.state], -excess(one), one.watch, one.subject, one.method, one.segment or ""))
