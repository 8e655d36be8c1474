"""`modelway audit MODEL` on the environments that come with the project, with a ledger beside them."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from modelway.cli import main
from modelway.governance.ledger import begun
from modelway.governance.ledger.store import store_at
from modelway.governance.record import hashed
from modelway.governance.releases import write
from modelway.monitoring.drift.result import written
from modelway.monitoring.drift.windows import key_of
from tests.support.drift_telling import history
from tests.support.made_ledgers import Keys, made_keys
from tests.support.made_records import made_model, made_record

MODEL = "co2-forecast"
TIMES = ("--from", "2026-03-01", "--to", "2026-03-31")


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """Of a ledger that tells of one release of the model in March."""
    found = made_keys(tmp_path)
    listed = json.loads((tmp_path / "keys.json").read_text("utf-8"))["keys"]
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [one for one in listed if one["project"] == "modelway"]}), "utf-8")
    moment = datetime(2026, 3, 14, 9, 5, tzinfo=UTC)
    ledger = begun(str(tmp_path / "ledger"), "modelway", found.trusted, found.edwards, clock=lambda: moment)
    resolved: dict[str, object] = {"environment": "local"}
    record = made_record(
        "local",
        environment="local",
        models=[made_model(name=MODEL)],
        resolved_sha256=hashed(resolved),
        graph_sha256=hashed({}),
        recorded="2026-03-14T09:05:00.000000Z",
    )
    write(ledger, store_at(str(tmp_path / "ledger")), record, [resolved, {}], found.edwards)
    return found


def run(keys: Keys, *words: str) -> int:
    own = ("--ledger", str(keys.folder / "ledger"), "--keys", str(keys.folder / "keys.json"))
    with pytest.raises(SystemExit) as end:
        main(["audit", *words, *own])
    return int(end.value.code or 0)


def test_a_bundle_with_documents_that_python_alone_checks(keys: Keys, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, key = tmp_path / "bundle", str(keys.folder / "weierstrass.pem")
    assert run(keys, MODEL, *TIMES, "--env", "local", "--out", str(out), "--key", key) == 0
    said = capsys.readouterr()
    assert "; 1 of the ledger's entries concerns co2-forecast" in said.out
    there = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    missing = json.loads((out / "MANIFEST.json").read_text("utf-8"))["missing"]
    folder = "documents/local"
    for name in (f"{folder}/bill-of-materials.cdx.json", f"{folder}/lineage.json", f"{folder}/evidence.json", f"{folder}/evidence.html"):
        assert name in there, missing
    assert [name for name in {*there, *missing} if name.startswith(f"{folder}/card-")]
    assert missing["drift/"] == "no place of results was given with --drift"
    command = [sys.executable, "-I", "-S", str(out / "verifier.py"), str(out), "--keys", str(keys.folder / "keys.json"), "--signed"]
    ran = subprocess.run(command, capture_output=True, text=True, env={}, check=False)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout


def test_the_same_zip_twice(keys: Keys, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        assert run(keys, MODEL, *TIMES, "--no-documents", "--out", str(tmp_path / name)) == 0
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("other", *TIMES), 1, "tells nothing of model other up to"),
        ((MODEL, "--from", "2026-04-02", "--to", "2026-03-31"), 2, "it is after --to, 2026-03-31"),
        ((MODEL, "--from", "March", "--to", "2026-03-31"), 2, "is no time"),
        ((MODEL, *TIMES, "--drift", "/nowhere"), 2, "/nowhere"),
        ((MODEL, *TIMES, "--key", "nowhere.pem"), 1, "nowhere.pem"),
    ],
    ids=["unknown model", "backwards", "no time", "no results", "no key"],
)
def test_what_is_refused_writes_nothing(
    keys: Keys, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, told: str
) -> None:
    assert run(keys, *words, "--no-documents", "--out", str(tmp_path / "bundle")) == code
    said = capsys.readouterr().err
    assert told in said.replace("\n", " ")
    assert "Traceback" not in said
    assert not [path for path in tmp_path.iterdir() if "bundle" in path.name]


def test_what_is_there_is_not_written_over(keys: Keys, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "it.zip").write_text("mine", "utf-8")
    assert run(keys, MODEL, *TIMES, "--no-documents", "--out", str(tmp_path / "it.zip")) == 2
    assert (tmp_path / "it.zip").read_text("utf-8") == "mine"


def test_a_ledger_that_does_not_hold_is_refused(keys: Keys, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = tmp_path / "ledger" / "entries" / "0000000001.json"
    entry.write_bytes(entry.read_bytes().replace(b'"sig":"', b'"sig":"A', 1))
    assert run(keys, MODEL, *TIMES, "--no-documents", "--out", str(tmp_path / "bundle")) == 1
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(("year", "kept"), [(2026, True), (2025, False)], ids=["within", "before"])
def test_results_of_drift_are_kept_byte_for_byte(keys: Keys, tmp_path: Path, year: int, kept: bool) -> None:
    start = int(datetime(year, 3, 14, 9, tzinfo=UTC).timestamp())
    found = msgspec.structs.replace(history(1)[0], environment="local", endpoint=MODEL, start=start, end=start + 3600)
    file = tmp_path / "results" / "2026.11.0" / f"{key_of(start)}.json"
    file.parent.mkdir(parents=True)
    file.write_bytes(written(found))
    out = tmp_path / "bundle"
    assert run(keys, MODEL, *TIMES, "--no-documents", "--drift", str(tmp_path / "results"), "--out", str(out)) == 0
    there = [path.read_bytes() for path in (out / "drift").rglob("*.json")] if (out / "drift").exists() else []
    assert there == ([written(found)] if kept else [])
    assert ("drift/0/" in json.loads((out / "MANIFEST.json").read_text("utf-8"))["missing"]) is not kept
