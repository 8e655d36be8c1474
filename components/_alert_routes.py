"""Who is told of which alert: as an AlertmanagerConfig of the Prometheus operator, and as Amazon's alert manager takes it."""

from collections.abc import Iterator, Mapping
from typing import NotRequired, TypedDict

Manifest = dict[str, object]

NOBODY = "nobody"
"""Receiver of what no route takes."""

WATCHDOG = "watchdog"
"""Severity of the alert that always fires."""

REPEATED = {"page": "1h", "ticket": "24h", WATCHDOG: "5m"}
"""How long until somebody is told again of what still fires."""

TITLE = "{{ .CommonLabels.alertname }}: {{ .CommonAnnotations.summary }}"
PAGE = "{{ or .%s.runbook_url .%s.runbook }}"
"""What to do: a link to the page, or else its path in the repository."""
TEXT = "\n".join(
    ("{{ range .Alerts }}{{ .Annotations.summary }}", "{{ .Annotations.description }}", PAGE % ("Annotations", "Annotations"), "{{ end }}")
)


class ReceiverArgs(TypedDict):
    """Who is told, and how. `secret`: the key in the Secret of receivers that holds key or address."""

    kind: str
    """pagerduty, slack, webhook or sns."""
    secret: NotRequired[str]
    channel: NotRequired[str]
    """Of Slack."""
    topic: NotRequired[str]
    """ARN, of SNS."""
    region: NotRequired[str]
    """Of the topic."""


class AlertRoutesArgs(TypedDict):
    """Who is told of an alert, by its label severity, and by its label team first."""

    severities: dict[str, ReceiverArgs]
    teams: NotRequired[dict[str, dict[str, ReceiverArgs]]]
    watchdog: NotRequired[ReceiverArgs]
    """Who hears all the time that alerts arrive."""


def named(routes: AlertRoutesArgs) -> Iterator[tuple[str, dict[str, str], ReceiverArgs]]:
    """Name of the receiver, labels that lead to it, and who it is; teams first, because the first that fits is told."""
    for team, by_severity in sorted(routes.get("teams", {}).items()):
        for severity, receiver in sorted(by_severity.items()):
            yield f"{team}-{severity}", {"team": team, "severity": severity}, receiver
    for severity, receiver in sorted(routes["severities"].items()):
        yield severity, {"severity": severity}, receiver
    if "watchdog" in routes:
        yield WATCHDOG, {"severity": WATCHDOG}, routes["watchdog"]


def alertmanager_config(metadata: Mapping[str, object], routes: AlertRoutesArgs, secret: object) -> Manifest:
    """An AlertmanagerConfig; `secret` is the name of the Secret with keys and addresses."""
    found = list(named(routes))
    return {
        "apiVersion": "monitoring.coreos.com/v1alpha1",
        "kind": "AlertmanagerConfig",
        "metadata": metadata,
        "spec": {
            "route": {
                "receiver": NOBODY,
                "groupBy": ["alertname", "team", "model"],
                "groupWait": "30s",
                "groupInterval": "5m",
                "repeatInterval": "24h",
                "routes": [
                    {
                        "receiver": name,
                        "repeatInterval": REPEATED[labels["severity"]],
                        # Said again at the first look after its interval: with looks as far apart, that would be every other one.
                        **({"groupInterval": "1m"} if labels["severity"] == WATCHDOG else {}),
                        "matchers": [{"name": label, "value": value, "matchType": "="} for label, value in labels.items()],
                    }
                    for name, labels, _ in found
                ],
            },
            # Whoever is paged need not read the ticket on the same as well.
            "inhibitRules": [
                {
                    "sourceMatch": [{"name": "severity", "value": "page", "matchType": "="}],
                    "targetMatch": [{"name": "severity", "value": "ticket", "matchType": "="}],
                    "equal": ["alertname", "team", "model"],
                }
            ],
            "receivers": [{"name": NOBODY}, *({"name": name, **_operator_receiver(who, secret)} for name, _, who in found)],
        },
    }


def _operator_receiver(receiver: ReceiverArgs, secret: object) -> dict[str, object]:
    hidden = {"name": secret, "key": receiver.get("secret", "")}
    match receiver["kind"]:
        case "pagerduty":
            details = [{"key": "runbook", "value": PAGE % (("CommonAnnotations",) * 2)}, {"key": "alerts", "value": TEXT}]
            return {"pagerdutyConfigs": [{"routingKey": hidden, "sendResolved": True, "description": TITLE, "details": details}]}
        case "slack":
            message = {"channel": receiver["channel"], "title": TITLE, "text": TEXT, "sendResolved": True}
            return {"slackConfigs": [{"apiURL": hidden, **message}]}
        case "webhook":
            return {"webhookConfigs": [{"urlSecret": hidden, "sendResolved": True}]}
        case "sns":
            return {
                "snsConfigs": [{"topicARN": receiver["topic"], "sigv4": {"region": receiver["region"]}, "subject": TITLE, "message": TEXT}]
            }
    raise ValueError(f"{receiver['kind']} is no kind of receiver: pagerduty, slack, webhook, sns")
