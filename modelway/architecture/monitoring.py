"""How an environment is watched."""

from modelway.architecture.base import Name, Section
from modelway.architecture.quantities import Duration


class Monitoring(Section):
    """The in-cluster monitoring: Prometheus rules, what is scraped, dashboards."""

    namespace: Name = "monitoring"
    """Namespace of rules and dashboards, in every cluster."""
    scrape_interval: Duration = Duration("30s")
    """How often metrics are read."""
