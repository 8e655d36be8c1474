"""What is asked of release records: which times are meant, and what differs between two of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from modelway.errors import WrongUsage
from modelway.governance.record import Record


@dataclass(frozen=True)
class Difference:
    """One thing that two records say differently."""

    what: str
    """Such as `models.credit-risk.2026.11.0.percent`."""
    before: str
    """Empty where it was not there."""
    after: str


def moment(text: str) -> datetime:
    """A day or a time, in UTC where it names no zone; a day means its end, so that `at 2026-03-31` has what that day brought. Raises
    WrongUsage."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUsage(f"{text!r} is no time: write a day, 2026-03-31, or a time, 2026-03-31T14:00:00Z.") from None
    if len(text) == len("2026-03-31"):
        read = read.replace(hour=23, minute=59, second=59, microsecond=999_999)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def differences(before: Record, after: Record) -> list[Difference]:
    """What the later record says otherwise; its times, and what follows from them, are none."""
    was, now = dict(_leaves(_told(before))), dict(_leaves(_told(after)))
    # In the order of the record, what is gone behind what is there.
    paths = [*now, *(path for path in was if path not in now)]
    return [Difference(path, was.get(path, ""), now.get(path, "")) for path in paths if was.get(path) != now.get(path)]


def _told(record: Record) -> dict[str, Any]:
    data = dict(msgspec.to_builtins(record))
    for key in ("released", "recorded", "version"):
        del data[key]
    data["models"] = {
        model["model"]: {**model, "versions": {share["version"]: share for share in model["versions"]}} for model in data["models"]
    }
    return data


def _said(item: object) -> object:
    """Without what it does not say, as an older form has no place for that."""
    return {key: value for key, value in item.items() if value is not None and value is not False} if isinstance(item, dict) else item


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for item in value:
            # What a list holds is in no order that matters.
            text = item if isinstance(item, str) else msgspec.json.encode(_said(item), order="sorted").decode()
            yield f"{path}: {text}", text
    elif value is not None:
        yield path, str(value)
