"""An alarm that begins or ends, as a CloudEvent 1.0 (github.com/cloudevents/spec), for whoever retrains or holds a rollout."""

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from modelway.errors import ModelwayError
from modelway.monitoring.drift import posting
from modelway.monitoring.drift.posting import NotTold
from modelway.monitoring.drift.ranking import worst
from modelway.monitoring.drift.result import Alarm, Finding, Result
from modelway.monitoring.drift.watched import EventBridgeTold, GitHubTold, Told, Watched, WebhookTold

Event = dict[str, object]

RAISED = "io.modelway.drift.raised"
RECOVERED = "io.modelway.drift.recovered"
FINDINGS = 10
"""Most findings that an event names; GitHub takes 64 KiB, EventBridge 256."""
_API = "https://api.github.com"


def events(watched: Watched, result: Result) -> list[Event]:
    """One event for each alarm that the window changed. Made again, it is the same to the byte, its id too."""
    return [_event(watched, result, alarm) for alarm in result.alarms if alarm.changed]


def deliver(watched: Watched, result: Result, environ: Mapping[str, str]) -> int:
    """Afterwards everybody in `watched.told` has every event of the result; how many events there are. Addresses and tokens come from
    `environ` and are in no text. All are tried; raises NotTold with every fault. A receiver may get an event twice: by its id it can tell.
    """
    made = events(watched, result)
    faults: list[str] = []
    for told in watched.told if made else ():
        try:
            _tell(told, made, environ)
        except ModelwayError as fault:
            faults.append(str(fault))
    if faults:
        raise NotTold("\n".join(faults))
    return len(made)


def _event(watched: Watched, result: Result, alarm: Alarm) -> Event:
    which = (result.environment, result.endpoint, result.version, alarm.watch, result.start, result.revision)
    found = [one for one in worst(result.findings) if one.watch == alarm.watch and one.state == "drifted"]
    data = {
        "environment": result.environment,
        "endpoint": result.endpoint,
        "model_version": result.version,
        "team": watched.team,
        "owner": watched.owner,
        "risk_tier": watched.tier,
        "watch": alarm.watch,
        "state": alarm.state,
        "windows": {"drifted": alarm.drifted, "needed": alarm.needed, "of": alarm.of},
        "window": {"start": _time(result.start), "end": _time(result.end), "rows": result.counts.rows, "revision": result.revision},
        "findings": [_finding(one) for one in found[:FINDINGS]],
        "findings_in_all": len(found),
        "baseline": f"sha256:{result.baseline}",
        "results": watched.results,
    }
    return {
        "specversion": "1.0",
        "id": hashlib.sha256(json.dumps(which).encode()).hexdigest()[:32],
        "source": f"/modelway/{result.environment}/{result.endpoint}",
        "type": RAISED if alarm.raised else RECOVERED,
        "subject": f"{result.version}/{alarm.watch}",
        "time": _time(result.made),
        "datacontenttype": "application/json",
        "data": data,
    }


def _finding(finding: Finding) -> dict[str, object]:
    """What of a finding may leave: no words of it, and no group."""
    figures = {"score": finding.score, "threshold": finding.threshold, "effect": finding.effect}
    said = {"subject": finding.subject, "method": finding.method, "rows": finding.rows, "estimated": finding.estimated}
    return said | {name: value for name, value in figures.items() if value is not None and math.isfinite(value)}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _tell(told: Told, made: Sequence[Event], environ: Mapping[str, str]) -> None:
    match told:
        case EventBridgeTold():
            from modelway.monitoring import _aws_events

            _aws_events.put(told.bus, made)
        case WebhookTold():
            _to_webhook(told, made, environ)
        case GitHubTold():
            _to_github(told, made, environ)


def _to_webhook(told: WebhookTold, made: Sequence[Event], environ: Mapping[str, str]) -> None:
    address = _secret(told.url, environ)
    if not posting.private(address):
        raise NotTold(f"{told.url} is no address that begins with https://; the webhook is told nothing.")
    for event in made:
        # Structured mode of the HTTP binding.
        headers = {"Content-Type": "application/cloudevents+json; charset=utf-8", "User-Agent": "modelway"}
        posting.post(address, _encoded(event), headers, f"The webhook of {told.url}")


def _to_github(told: GitHubTold, made: Sequence[Event], environ: Mapping[str, str]) -> None:
    token = _secret(told.token, environ)
    base = environ.get("GITHUB_API_URL") or _API
    if not posting.private(base):
        raise NotTold("GITHUB_API_URL is no address that begins with https://, and the token would be read on its way.")
    if not re.fullmatch(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+", told.repository):
        raise NotTold("The repository to tell is not written like OWNER/NAME.")
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "User-Agent": "modelway",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    for event in made:
        # A payload has at most ten members: the event is one of them
        # (docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event).
        body = {"event_type": event["type"], "client_payload": {"event": event}}
        address = f"{base.rstrip('/')}/repos/{told.repository}/dispatches"
        posting.post(address, _encoded(body), headers, f"GitHub, about {told.repository} with the token of {told.token},")


def _secret(variable: str, environ: Mapping[str, str]) -> str:
    value = environ.get(variable, "").strip()
    if not value:
        raise NotTold(f"{variable} is not set in the job's environment, and it says whom to tell.")
    if not value.isascii() or not value.isprintable():
        raise NotTold(f"{variable} has signs in it that no address and no token has.")
    return value


def _encoded(data: Mapping[str, object]) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
