"""Events to a bus of Amazon EventBridge."""

import json
from collections.abc import Mapping, Sequence

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from modelway.errors import ModelwayError

SOURCE = "modelway.drift"
AT_ONCE = 10
"""Most entries of one call."""


def put(bus: str, events: Sequence[Mapping[str, object]]) -> None:
    """Afterwards the bus (an ARN or a name) has all the events: each is a `detail` as it is, its type is the `detail-type`. Raises
    ModelwayError."""
    entries = [
        {"Source": SOURCE, "DetailType": str(event["type"]), "Detail": json.dumps(event, ensure_ascii=False), "EventBusName": bus}
        for event in events
    ]
    region = bus.split(":")[3] if bus.startswith("arn:") else None
    config = Config(retries={"mode": "standard", "max_attempts": 4}, connect_timeout=10, read_timeout=30)
    try:
        client = boto3.client("events", region_name=region, config=config)
        for start in range(0, len(entries), AT_ONCE):
            answer = client.put_events(Entries=entries[start : start + AT_ONCE])
            if answer.get("FailedEntryCount"):
                codes = sorted({str(entry["ErrorCode"]) for entry in answer["Entries"] if entry.get("ErrorCode")})
                raise ModelwayError(f"EventBridge did not take {answer['FailedEntryCount']} events for {bus}: {', '.join(codes)}.")
    except ClientError as fault:
        raise ModelwayError(f"EventBridge refused events for {bus}: {fault.response['Error'].get('Code')}.") from None
    except BotoCoreError as fault:
        raise ModelwayError(f"EventBridge could not be asked to take events for {bus}: {fault}.") from None
