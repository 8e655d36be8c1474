"""How rules are written: their shape, names of recorded series, numbers and names inside PromQL."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

Rule = TypedDict(
    "Rule",
    {
        "record": NotRequired[str],
        "alert": NotRequired[str],
        "expr": str,
        "for": NotRequired[str],
        "labels": NotRequired[dict[str, str]],
        "annotations": NotRequired[dict[str, str]],
    },
)
"""A rule as a Prometheus rule file has it: `record` or `alert`, and an expression."""


class Group(TypedDict):
    """Rules that Prometheus evaluates together."""

    name: str
    interval: NotRequired[str]
    rules: list[Rule]


ERRORS = "modelway:inference_errors:ratio_rate"
"""Fraction of an endpoint's requests that failed, by model; the window follows."""
FAULTS = "modelway:inference_faults:rate5m"
"""Failed requests a second, by model and version."""
REQUESTS = "modelway:inference_requests:rate5m"
"""Requests a second, by model and version."""
LATENCY = "modelway:inference_latency_p99:seconds"
"""What 99 of 100 requests are faster than, by model and version."""
BUDGET_LEFT = "modelway:error_budget:left_ratio"
"""Fraction of the error budget that is left, by model; below 0 when it is overdrawn."""
GATEWAY_ERRORS = "modelway:gateway_errors:ratio_rate5m"
"""Fraction of the requests that the Gateway sent to a version and that failed, as the Gateway saw it, by model and version."""
POD_VERSION = "modelway:pod_version:info"
"""1 for every pod of a model that was read lately, by its address, model and version."""
CANARY_SIGMA = "modelway:canary_errors:sigma"
"""By how many standard errors a canary fails more often than what is live, by model and version."""

RUNBOOKS = "docs/runbooks"
"""Where the pages are that say what to do, in the repository that an environment is deployed from: true wherever that lives."""


def record(name: str, expression: str, labels: Mapping[str, str] | None = None) -> Rule:
    rule: Rule = {"record": name, "expr": expression}
    return {**rule, "labels": dict(labels)} if labels else rule


def alert(
    name: str,
    expression: str,
    *,
    hold: str,
    severity: Literal["page", "ticket", "watchdog"],
    summary: str,
    description: str,
    labels: Mapping[str, str] | None = None,
) -> Rule:
    """An alert with the path of its page. `hold`: how long it has to be so."""
    return {
        "alert": name,
        "expr": expression,
        "for": hold,
        "labels": {"severity": severity, **(labels or {})},
        "annotations": {"summary": summary, "description": description, "runbook": f"{RUNBOOKS}/{name}.md"},
    }


def linked(groups: Sequence[Group], runbooks: str | None) -> list[Group]:
    """The groups, every alert with a link to its page: `runbooks` is the address of the folder. Without one, paths have to do: a link
    that leads nowhere is worse than none, and Alertmanager makes links of `runbook_url` alone."""
    if runbooks is None:
        return list(groups)
    return [{**one, "rules": [_linked(rule, runbooks) for rule in one["rules"]]} for one in groups]


def _linked(rule: Rule, runbooks: str) -> Rule:
    if "alert" not in rule:
        return rule
    return {**rule, "annotations": {**rule.get("annotations", {}), "runbook_url": f"{runbooks}/{rule['alert']}.md"}}


def of_team(expression: str) -> str:
    """The series of an expression with a label `namespace`, and the same as label `team`: a team's namespace has its name."""
    return f'label_replace({expression}, "team", "$1", "namespace", "(.+)")'


def either(names: Sequence[str]) -> str:
    """A regular expression for exactly these names, inside a PromQL string."""
    return "|".join(name.replace(".", "\\\\.") for name in names)


def quoted(name: str) -> str:
    """A name as a PromQL string."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def number(value: float) -> str:
    return f"{value:.10g}"


def percent(fraction: float) -> str:
    return f"{number(fraction * 100)} %"


def group(name: str, rules: Iterable[Rule], interval: str | None = None) -> Group:
    """`interval`: how often, where it is not Prometheus' own."""
    made: Group = {"name": name, "rules": list(rules)}
    return made if interval is None else {"name": name, "interval": interval, "rules": made["rules"]}
