"""An alarm that begins or ends is told to everybody who is to know, and nobody else learns an address or a token."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import msgspec
import pytest

from modelway.monitoring.drift import events, posting
from modelway.monitoring.drift.result import Alarm, Finding, Result
from modelway.monitoring.drift.watched import EventBridgeTold, GitHubTold, WebhookTold
from tests.support.drift_telling import VERSION, result, watched
from tests.support.receiving import receiver

GITHUB = GitHubTold("acme/models", "DRIFT_TOKEN")
WEBHOOK = WebhookTold("DRIFT_WEBHOOK")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "LONGEST_PAUSE", 0.01)


def changed(*, raised: bool = True, number: int = 24, score: float = 1.2) -> Result:
    """A window in which the alarm of `data` begins or ends, and no other changes."""
    found = result(number, shift=0.2)
    alarms = (Alarm("data", "drifted" if raised else "steady", raised, True, 2, 2, 3), Alarm("quality", "steady", False, False, 0, 2, 3))
    findings = tuple(
        Finding("data", f"c{at:02d}", "psi", "drifted", 800, "a value of 1234567", score - at / 100, 0.1, segment="b" * 16)
        for at in range(15)
    )
    return msgspec.structs.replace(found, alarms=alarms, findings=findings)


def test_an_event_is_a_cloudevent_of_version_1() -> None:
    (event,) = events.events(watched(), changed())
    assert {key: event[key] for key in ("specversion", "type", "source", "subject", "time", "datacontenttype")} == {
        "specversion": "1.0",
        "type": "io.modelway.drift.raised",
        "source": "/modelway/prod/credit-risk",
        "subject": f"{VERSION}/data",
        "time": "2026-11-28T04:16:00Z",
        "datacontenttype": "application/json",
    }
    data: Any = event["data"]
    assert data["window"] == {"start": "2026-11-28T03:00:00Z", "end": "2026-11-28T04:00:00Z", "rows": 800, "revision": 1}
    assert data["windows"] == {"drifted": 2, "needed": 2, "of": 3}
    assert [found["subject"] for found in data["findings"]] == [f"c{at:02d}" for at in range(10)]
    assert data["findings_in_all"] == 15
    assert data["findings"][0] == {"subject": "c00", "method": "psi", "rows": 800, "estimated": False, "score": 1.2, "threshold": 0.1}


def test_only_what_changed_is_told() -> None:
    assert events.events(watched(), result(25, shift=0.2)) == []
    (event,) = events.events(watched(), changed(raised=False))
    assert event["type"] == "io.modelway.drift.recovered"
    with receiver() as far:
        assert events.deliver(watched(told=(WEBHOOK,)), result(25, shift=0.2), {"DRIFT_WEBHOOK": far.address}) == 0
    assert not far.received


def test_the_same_window_is_the_same_event_and_another_look_is_another() -> None:
    (event,), (again,) = (events.events(watched(), changed()) for _ in range(2))
    assert event == again
    others = [
        changed(number=48),
        msgspec.structs.replace(changed(), revision=2),
        msgspec.structs.replace(changed(), version="2"),
        msgspec.structs.replace(changed(), environment="dev"),
        msgspec.structs.replace(changed(), endpoint="other"),
        msgspec.structs.replace(changed(), alarms=(Alarm("parity", "drifted", True, True, 2, 2, 3),)),
    ]
    assert len({event["id"], *(events.events(watched(), one)[0]["id"] for one in others)}) == 1 + len(others)


def test_a_score_without_end_is_still_json() -> None:
    (event,) = events.events(watched(), changed(score=float("inf")))
    json.dumps(event, allow_nan=False)


def test_a_webhook_gets_it_in_structured_mode() -> None:
    with receiver([(503, {}, b"")]) as far:
        assert events.deliver(watched(told=(WEBHOOK,)), changed(), {"DRIFT_WEBHOOK": f"{far.address}/hook?key=1"}) == 1
    first, second = far.received
    assert first.body == second.body
    assert second.path == "/hook?key=1"
    assert second.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert [json.loads(second.body)] == events.events(watched(), changed())


def test_github_gets_one_member_and_the_token() -> None:
    with receiver([(204, {}, b"")]) as far:
        given = {"DRIFT_TOKEN": "ghp_secret", "GITHUB_API_URL": f"{far.address}/api/v3/"}
        events.deliver(watched(told=(GITHUB,)), changed(), given)
    (request,) = far.received
    assert (request.method, request.path) == ("POST", "/api/v3/repos/acme/models/dispatches")
    assert request.headers["authorization"] == "Bearer ghp_secret"
    assert json.loads(request.body) == {
        "event_type": "io.modelway.drift.raised",
        "client_payload": {"event": events.events(watched(), changed())[0]},
    }
    assert b"ghp_secret" not in request.body


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "DRIFT_WEBHOOK is not set in the job's environment"),
        ({"DRIFT_WEBHOOK": "http://example.com/SECRET"}, "DRIFT_WEBHOOK is no address that begins with https://"),
        ({"DRIFT_WEBHOOK": "http://127.0.0.1:1/SECRET"}, r"The webhook of DRIFT_WEBHOOK could not be reached \(\w+\); asked 4 times"),
        ({"DRIFT_WEBHOOK": "https:///SECRET"}, "DRIFT_WEBHOOK is no address"),
        ({"DRIFT_WEBHOOK": "https://example.com/SECRET\r\nX: y"}, "DRIFT_WEBHOOK has signs in it"),
    ],
    ids=["not set", "in the clear", "nobody there", "no host", "a second header"],
)
def test_no_fault_names_the_address(environ: Mapping[str, str], said: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(posting.NotTold, match=said) as fault:
        events.deliver(watched(told=(WEBHOOK,)), changed(), environ)
    assert "SECRET" not in f"{fault.value}{fault.value.__cause__}{caplog.text}"
    assert fault.value.exit_code == 1


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 410])
def test_a_refusal_is_no_success_and_a_redirect_is_not_followed(status: int) -> None:
    with (
        receiver() as elsewhere,
        receiver([(status, {"Location": elsewhere.address}, b"SECRET")]) as far,
        pytest.raises(posting.NotTold) as fault,
    ):
        events.deliver(watched(told=(WEBHOOK,)), changed(), {"DRIFT_WEBHOOK": far.address})
    assert str(fault.value) == f"The webhook of DRIFT_WEBHOOK answered with {status}."
    assert (len(far.received), len(elsewhere.received)) == (1, 0)


def test_one_who_cannot_be_told_does_not_keep_it_from_the_others() -> None:
    with receiver() as far, pytest.raises(posting.NotTold, match="DRIFT_TOKEN is not set"):
        events.deliver(watched(told=(GITHUB, WEBHOOK)), changed(), {"DRIFT_WEBHOOK": far.address})
    assert len(far.received) == 1


def test_a_bus_leads_it_to_who_asked_for_its_type(use_account: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    use_account("123456789012")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    bridge, queues = boto3.client("events"), boto3.client("sqs")
    bus = bridge.create_event_bus(Name="ml")["EventBusArn"]
    queue = queues.create_queue(QueueName="retrain")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["modelway.drift"], "detail-type": ["io.modelway.drift.raised"], "detail": {"data": {"watch": ["data"]}}}
    bridge.put_rule(Name="raised", EventBusName="ml", EventPattern=json.dumps(pattern))
    bridge.put_targets(Rule="raised", EventBusName="ml", Targets=[{"Id": "1", "Arn": arn}])
    for one in (changed(), changed(raised=False)):
        assert events.deliver(watched(told=(EventBridgeTold(bus),)), one, {}) == 1
    messages = queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    (message,) = [json.loads(found["Body"]) for found in messages]
    assert message["detail-type"] == "io.modelway.drift.raised"
    assert [message["detail"]] == events.events(watched(), changed())


def test_a_bus_that_is_not_there_is_told(use_account: Callable[[str], None]) -> None:
    use_account("123456789012")
    bus = "arn:aws:events:eu-west-1:123456789012:event-bus/none"
    with pytest.raises(posting.NotTold, match=bus):
        events.deliver(watched(told=(EventBridgeTold(bus),)), changed(), {})
