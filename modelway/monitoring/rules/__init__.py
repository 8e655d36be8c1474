"""Recording and alert rules, as groups of a Prometheus rule file, in the same words for every backend.

They read what the serving program tells (`inference_requests_total{model,version,code}` and the histogram
`inference_request_duration_seconds{model,version}`), kube-state-metrics, the kubelet's cAdvisor, prometheus-node-exporter, Envoy,
NVIDIA's DCGM exporter, and what the job that looks for drift writes (`ml_drift_*`, modelway.monitoring.drift.exporting).
"""

from modelway.monitoring.rules.cluster import ClusterFacts, base_rules
from modelway.monitoring.rules.drift import DriftFacts, drift_rules
from modelway.monitoring.rules.endpoint import EndpointFacts, endpoint_rules
from modelway.monitoring.rules.versions import asked
from modelway.monitoring.rules.writing import Group, Rule

__all__ = [
    "ClusterFacts",
    "DriftFacts",
    "EndpointFacts",
    "Group",
    "Rule",
    "asked",
    "base_rules",
    "drift_rules",
    "endpoint_rules",
]
