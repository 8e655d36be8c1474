"""How the versions of an endpoint do beside one another, and behind the Gateway."""

from collections.abc import Iterator, Sequence

from modelway.monitoring.rules.writing import (
    CANARY_SIGMA,
    GATEWAY_ERRORS,
    LATENCY,
    POD_VERSION,
    Rule,
    alert,
    either,
    number,
    percent,
    record,
)
from modelway.monitoring.slo import Objectives

FEWEST = 100
"""Requests in half an hour that a canary has to have answered before anything is concluded."""

SIGMAS = 4
"""Standard errors by which a canary has to be worse: of two equal versions, one looks so much worse once in thirty thousand half-hours."""

FAILED = ',code=~"5.."'

SLOWER = 1.5
"""How many times slower than what is live a canary may be."""


def canary_rules(model: str, team: str, canary: str, answering: Sequence[str]) -> Iterator[Rule]:
    """Alerts on a canary that does worse than the other versions that answer, by its share of failed requests and its latency."""
    live = [version for version in answering if version != canary]
    owned = {"model": model, "team": team, "version": canary}
    yield record(CANARY_SIGMA, _sigma(model, canary, live), {"model": model, "version": canary})
    yield alert(
        "EndpointCanaryErrors",
        f'{CANARY_SIGMA}{{model="{model}",version="{canary}"}} > {SIGMAS}',
        hold="5m",
        severity="page",
        summary=f"{model} {canary} fails more often than what is live",
        description="Chance alone does not explain it: over half an hour the difference is {{ $value | humanize }} standard errors."
        " Take the canary's percent to 0.",
        labels=owned,
    )
    ours, theirs = (f'max({LATENCY}{{model="{model}",version=~"{either(some)}"}})' for some in ([canary], live))
    yield alert(
        "EndpointCanarySlow",
        f"{ours} > {number(SLOWER)} * {theirs} and sum({_requests(model, [canary])}) >= {FEWEST}",
        hold="15m",
        severity="ticket",
        summary=f"{model} {canary} is slower than what is live",
        description="One request in a hundred takes {{ $value | humanizeDuration }} or more,"
        f" more than {number(SLOWER)} times as long as with the versions that are live.",
        labels=owned,
    )


def gateway_rules(model: str, team: str, namespace: str, objectives: Objectives) -> Iterator[Rule]:
    """An alert on a version that fails as the Gateway sees it: timeouts, resets and refused connections are in no pod's own metrics."""
    # Its pods are told apart by address.
    cluster = _behind(namespace, model)
    errors, total = (_by_version(model, f"envoy_cluster_endpoint_rq_{what}{cluster}") for what in ("error", "total"))
    yield record(GATEWAY_ERRORS, f"{errors} / ({total} > 0)", {"model": model})
    yield alert(
        "EndpointGatewayErrors",
        f'{GATEWAY_ERRORS}{{model="{model}"}} > {number(objectives.error_rate)}',
        hold="5m",
        severity="page",
        summary=f"{model} {{{{ $labels.version }}}} fails behind the Gateway",
        description="{{ $value | humanizePercentage }} of the requests that the Gateway sent to this version failed or got no answer;"
        f" {percent(objectives.error_rate)} is too much.",
        labels={"model": model, "team": team},
    )


def asked(namespace: str, model: str) -> str:
    """Requests a second for the model as the Gateway counts them, those included that it found nobody for.

    It leads such a model's requests to the address of all its pods: without any, a connection is refused, which is all that is ever
    counted of the request (envoyproxy.io/docs/envoy/latest/configuration/upstream/cluster_manager/cluster_stats).
    """
    counted = (f"sum(rate(envoy_cluster_upstream_{what}{_behind(namespace, model)}[2m]))" for what in ("rq_total", "cx_connect_fail"))
    return " + ".join(counted)


def _behind(namespace: str, model: str) -> str:
    # Envoy Gateway calls what a rule of a route leads to httproute/NAMESPACE/NAME/rule/NUMBER.
    return f'{{envoy_cluster_name=~"httproute/{namespace}/{model}/rule/.*"}}'


def _by_version(model: str, counter: str) -> str:
    by_address = f'label_replace(rate({counter}[5m]), "instance", "$1", "envoy_endpoint_address", "(.+)")'
    # Of several proxies each has its own series; two clusters that report to one place may give two pods the same address.
    summed = f"sum by (cluster, instance) ({by_address})"
    return f'sum by (version) ({summed} * on (cluster, instance) group_left (version) {POD_VERSION}{{model="{model}"}})'


def _requests(model: str, versions: Sequence[str], which: str = "") -> str:
    return f'increase(inference_requests_total{{model="{model}",version=~"{either(versions)}"{which}}}[30m])'


def _sigma(model: str, canary: str, live: Sequence[str]) -> str:
    """The statistic of the two-proportion test (itl.nist.gov/div898/handbook/prc/section3/prc33.htm), by which the canary is worse."""
    count: dict[str, str] = {}
    faults: dict[str, str] = {}
    for who, versions in (("canary", [canary]), ("live", live)):
        count[who] = f"sum({_requests(model, versions)})"
        failed = f"sum({_requests(model, versions, FAILED)})"
        faults[who] = f"({failed} or 0 * {count[who]})"
    both = f"({faults['canary']} + {faults['live']})"
    total = f"({count['canary']} + {count['live']})"
    difference = f"{faults['canary']} / {count['canary']} - {faults['live']} / {count['live']}"
    variance = f"{both} / {total} * (1 - {both} / {total}) * (1 / {count['canary']} + 1 / {count['live']})"
    return f"({difference}) / sqrt({variance} > 0) and {count['canary']} >= {FEWEST}"
