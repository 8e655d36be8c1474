"""What it costs to ask a ledger of 10,000 releases: prints processor seconds.

`python -m tests.support.release_cost live` finds what was live at a time, as `modelway release at` does; `gates` reads what gates of
`prod` count with, and judges them, as its program does; `proof` does so where all releases are of the environment that versions come from;
`evidence` runs `modelway governance evidence prod`, imports among it.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from modelway.architecture import Environment, load
from modelway.governance.gates import judged, known
from modelway.governance.ledger import opened
from modelway.governance.ledger.ledger import _signed_entry, _signed_head
from modelway.governance.ledger.store import store_at
from modelway.governance.record import statement
from modelway.governance.releases import live_at
from modelway.governance.verifier import file_name, sha256, stamp
from tests.support.made_ledgers import PROJECT, Keys, made_keys, made_ledger
from tests.support.made_records import made_model, made_record, made_share

ROOT = Path(__file__).resolve().parents[2]
RELEASES, STACKS = 10_000, 20
FIRST = datetime(2025, 1, 1, tzinfo=UTC)


def written(root: Path, environment: str = "prod") -> tuple[Path, Keys]:
    """A ledger of releases of an environment's stacks in a folder, as `Ledger.append` writes them, without waiting for the disk 10,000
    times; and its keys, those of its project in own.json."""
    keys = made_keys(root)
    listed = json.loads((root / "keys.json").read_text("utf-8"))["keys"]
    (root / "own.json").write_text(json.dumps({"keys": [key for key in listed if key["project"] == PROJECT]}), "utf-8")
    place = root / "ledger"
    ledger = made_ledger(str(place), keys, 0)
    last = ledger.last()
    previous = last.hash
    models = [made_model(made_share("1", 90), made_share("2", 10), name=f"model-{number}") for number in range(4)]
    content = b""
    for number in range(1, RELEASES + 1):
        released = stamp(FIRST + timedelta(minutes=number))
        record = made_record(f"{environment}-models-{number % STACKS}", released, models=models, environment=environment)
        at = {"id": last.ledger, "project": PROJECT, "sequence": number, "previous": previous, "time": stamp(last.time)}
        content = _signed_entry(statement(record), keys.edwards, at)
        (place / "entries" / file_name(number)).write_bytes(content)
        previous = sha256(content)
    (place / "head.json").write_bytes(_signed_head(ledger.read_entry(RELEASES, content), keys.edwards))
    return place, keys


def live(root: Path) -> float:
    place, keys = written(root)
    started = time.process_time()
    ledger = opened(str(place), PROJECT, keys.trusted)
    found = live_at(ledger, store_at(str(place)), FIRST + timedelta(minutes=RELEASES // 2))
    taken = time.process_time() - started
    assert sorted(release.number for release in found) == list(range(RELEASES // 2 - STACKS + 1, RELEASES // 2 + 1))
    return taken


def gates(root: Path, of: str = "prod") -> float:
    written(root, of)
    environment = with_ledger(load(ROOT / "stacks" / "environments", "prod", ROOT))
    started = time.process_time()
    told = known(environment, root, whole=False)
    found = judged(environment, None, told, datetime.now(UTC))
    taken = time.process_time() - started
    assert not told.why_not, told.why_not
    assert {"approvals", "proof", "freeze", "stop"} <= {gate.id for gate in found}
    return taken


def evidence(root: Path) -> float:
    place, _ = written(root)
    own = ["--ledger", str(place), "--keys", str(root / "own.json")]
    command = [str(Path(sys.prefix) / "bin" / "modelway"), "governance", "evidence", "prod", *own]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    said = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert f"entry {RELEASES}, sha256:" in said.stdout
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def with_ledger(environment: Environment) -> Environment:
    """The environment, which says that the ledger beside it is its own, and asks for all that it may tell."""
    plain = environment.model_dump(mode="json", by_alias=True)
    for tier in plain["governance"]["tiers"].values():
        tier.update(approvers=1, proof=True)
    plain["governance"]["freezes"] = [{"from": "2026-01-01", "until": "2100-01-01", "reason": "All of them.", "tiers": []}]
    plain["governance"]["ledger"] = {"address": "ledger", "keys": "own.json"}
    return Environment.model_validate_json(json.dumps(plain), strict=True)


def proof(root: Path) -> float:
    return gates(root, "staging")


def main(what: str = "live") -> None:
    with tempfile.TemporaryDirectory() as folder:
        taken = {"live": live, "gates": gates, "proof": proof, "evidence": evidence}[what](Path(folder))
        sys.stdout.write(f"{taken}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
