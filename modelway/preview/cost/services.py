"""What is paid for by the piece: keys, alarms, secrets, metrics, dashboards."""

from collections.abc import Iterator

from modelway.preview.cost.estimates import Amount, Market
from modelway.preview.cost.seen import Seen


def key(one: Seen, market: Market) -> Iterator[Amount]:
    yield market.monthly("months", f"KMS key {one.name}", "kms key", kind="KMS keys")
    what = f"requests to KMS key {one.name}"
    yield market.used("requests", what, "kms requests", "kms ten thousand requests", kind="requests to KMS keys")


def alarm(one: Seen, market: Market) -> Iterator[Amount]:
    """An alarm, for each metric that it looks at."""
    queries = one.items("metricQueries")
    if queries is None:
        yield market.unknown("months", f"alarm {one.name}", "how many metrics it looks at is not known yet")
        return
    looks_at = [query for query in queries if isinstance(query, dict) and query.get("metric") is not None]
    number = float(max(1, len(looks_at)))
    yield market.monthly("months", f"alarm {one.name}", "cloudwatch alarm", (number, number), kind="CloudWatch alarms")


def composite_alarm(one: Seen, market: Market) -> Iterator[Amount]:
    yield market.monthly("months", f"composite alarm {one.name}", "cloudwatch composite alarm", kind="composite CloudWatch alarms")


def dashboard(one: Seen, market: Market) -> Iterator[Amount]:
    yield market.monthly("months", f"dashboard {one.name}", "cloudwatch dashboard", kind="CloudWatch dashboards")


def secret(one: Seen, market: Market) -> Iterator[Amount]:
    yield market.monthly("months", f"secret {one.name}", "secrets manager secret", kind="secrets in Secrets Manager")


def metrics_workspace(one: Seen, market: Market) -> Iterator[Amount]:
    what = f"Prometheus workspace {one.name}"
    yield market.used("taken", f"samples that {what} takes in", "amp samples", "amp ten million samples")
    yield market.used("queried", f"samples that are asked of {what}", "amp queries", "amp billion samples queried")
    yield market.used("stored", f"metrics that {what} keeps", "amp storage", "amp gb")


def scraper(one: Seen, market: Market) -> Iterator[Amount]:
    yield market.hourly("hours", f"scraper {one.name}", "amp collector")


def grafana(one: Seen, market: Market) -> Iterator[Amount]:
    yield market.used("editors", f"people who edit in Grafana {one.name}", "grafana editor", "grafana editors")
    yield market.used("viewers", f"people who look at Grafana {one.name}", "grafana viewer", "grafana viewers")


def zone(one: Seen, market: Market) -> Iterator[Amount]:
    yield market.monthly("months", f"hosted zone {one.name}", "route53 zone", kind="Route 53 hosted zones")
