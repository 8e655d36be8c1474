"""What `modelway release at` costs: prints the processor seconds that it takes to find what was live, in a ledger of 10,000 releases."""

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from modelway.governance.ledger import opened
from modelway.governance.ledger.ledger import _signed_entry
from modelway.governance.ledger.store import store_at
from modelway.governance.record import statement
from modelway.governance.releases import live_at
from modelway.governance.verifier import file_name, sha256, stamp
from tests.support.made_ledgers import PROJECT, made_keys, made_ledger
from tests.support.made_records import made_model, made_record, made_share

RELEASES, STACKS = 10_000, 20
FIRST = datetime(2025, 1, 1, tzinfo=UTC)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        keys = made_keys(root)
        place = root / "ledger"
        last = made_ledger(str(place), keys, 0).last()
        previous = last.hash
        models = [made_model(made_share("1", 90), made_share("2", 10), name=f"model-{number}") for number in range(4)]
        # As `Ledger.append` writes them, without waiting for the disk 10,000 times.
        for number in range(1, RELEASES + 1):
            record = made_record(f"prod-models-{number % STACKS}", stamp(FIRST + timedelta(minutes=number)), models=models)
            at = {"id": last.ledger, "project": PROJECT, "sequence": number, "previous": previous, "time": stamp(last.time)}
            content = _signed_entry(statement(record), keys.edwards, at)
            (place / "entries" / file_name(number)).write_bytes(content)
            previous = sha256(content)
        started = time.process_time()
        ledger = opened(str(place), PROJECT, keys.trusted)
        found = live_at(ledger, store_at(str(place)), FIRST + timedelta(minutes=RELEASES // 2))
        taken = time.process_time() - started
        assert sorted(release.number for release in found) == list(range(RELEASES // 2 - STACKS + 1, RELEASES // 2 + 1))
        sys.stdout.write(f"{taken}\n")


if __name__ == "__main__":
    main()
