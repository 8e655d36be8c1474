"""Who was told what: so that a change of an alarm is told once it is known, also when a run was ended in between, and not again."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from modelway.errors import ModelwayError
from modelway.monitoring.drift.result import Alarm, Result, Watch
from modelway.monitoring.drift.store import Held, Store, StoreFailure
from modelway.monitoring.drift.watched import EventBridgeTold, GitHubTold, Told

KEY = "told.json"
ATTEMPTS = 20


class Last(msgspec.Struct, frozen=True):
    """What somebody was told last of one version and watch."""

    raised: bool
    start: int
    """Window that it was about."""
    revision: int


Ledger = dict[str, dict[str, dict[Watch, Last]]]
"""By receiver, version and watch."""


def receiver(told: Told) -> str:
    """A name for a receiver; it has no address and no token."""
    match told:
        case EventBridgeTold():
            return f"eventbridge {told.bus}"
        case GitHubTold():
            return f"github {told.repository}"
        case _:
            return f"webhook {told.url}"


def pending(ledger: Ledger, to: str, results: Sequence[Result]) -> Iterator[tuple[Result, Alarm]]:
    """What a receiver still has to be told of one version: each result whose alarm differs from what it was told last, with that alarm, in
    the order of windows. Who was never told of a version and watch is told of an alarm that stands, as of the window that it began in, and
    of none that is over. `results` are oldest first; what was told stands when each is taken from here."""
    stands = _stand(results)
    for result in results:
        for alarm in result.alarms:
            last = ledger.get(to, {}).get(result.version, {}).get(alarm.watch)
            if last is not None and result.start < last.start:
                continue
            if last is None and result.start < stands.get(alarm.watch, result.start + 1):
                continue
            if alarm.raised != (last is not None and last.raised):
                yield result, alarm


def _stand(results: Sequence[Result]) -> dict[Watch, int]:
    """Of each alarm that stands, the start of the window that it began in, or of the first that is known."""
    found: dict[Watch, int] = {}
    for result in results:
        for alarm in result.alarms:
            if not alarm.raised:
                found.pop(alarm.watch, None)
            else:
                found.setdefault(alarm.watch, result.start)
    return found


def told(store: Store, to: str, result: Result, alarm: Alarm) -> Ledger:
    """The ledger in the store says that the receiver was told; returns it. What others write meanwhile stays."""
    for _ in range(ATTEMPTS):
        held = store.read(KEY)
        ledger = _decoded(store, held)
        last = ledger.setdefault(to, {}).setdefault(result.version, {}).get(alarm.watch)
        if last is None or last.start <= result.start:
            ledger[to][result.version][alarm.watch] = Last(alarm.raised, result.start, result.revision)
        content = msgspec.json.format(msgspec.json.encode(ledger, order="deterministic"), indent=1) + b"\n"
        etag = None if held is None else held.etag
        if store.write(KEY, content, only_if_new=held is None, if_etag=etag):
            return ledger
    raise StoreFailure(f"{store.address}: {KEY} was written by somebody else {ATTEMPTS} times in a row. Run the job again.")


def read(store: Store) -> Ledger:
    """Raises ModelwayError for a file that is no ledger."""
    return _decoded(store, store.read(KEY))


def only(result: Result, alarms: Iterable[Alarm]) -> Result:
    """The result as if just these alarms had changed."""
    wanted = {alarm.watch for alarm in alarms}
    return msgspec.structs.replace(
        result, alarms=tuple(msgspec.structs.replace(alarm, changed=alarm.watch in wanted) for alarm in result.alarms)
    )


def _decoded(store: Store, held: Held | None) -> Ledger:
    if held is None:
        return {}
    try:
        return msgspec.json.decode(held.content, type=Ledger)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        where = f"{store.address.rstrip('/')}/{KEY}"
        raise ModelwayError(f"{where} does not say who was told what: {fault}. Remove it; alarms that stand are told again then.") from None
