"""An audit bundle: what is in it, the same bytes each time, and that whoever has Python alone finds what was changed."""

import base64
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelway.errors import ModelwayError, WrongUsage
from modelway.governance import verifier
from modelway.governance.audit import Bundle, Question, assembled, into_folder, into_zip, revealed, sealing
from modelway.governance.break_glass import BrokenGlass
from modelway.governance.break_glass import statement as broken_glass
from modelway.governance.ledger import begun, opened
from modelway.governance.ledger.signing import made
from modelway.governance.ledger.store import store_at
from modelway.governance.record import hashed
from modelway.governance.releases import write
from modelway.governance.stops import STOP, Stopped
from tests.support.made_ledgers import Keys, made_keys
from tests.support.made_records import made_model, made_record

SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 31, 23, 59, 59, 999_999, UTC)
MARCH = Question("credit-risk", (), SINCE, UNTIL)
NOW = datetime(2026, 4, 2, tzinfo=UTC)
GRAPH: dict[str, object] = {"urn:pulumi:prod-models::modelway::x::y": "1"}
WAIVER = {"rule": "parity", "reason": "It is being measured.", "owner": "risk-ml@example.com", "expires": "2026-03-10"}
OLD = {**WAIVER, "rule": "model_card", "expires": "2026-01-10"}
GRANT = {
    "rule": "public-exposure",
    "resource": "clusters.main",
    "reason": "The runners move.",
    "approved_by": "risk@example.com",
    "expires": "2027-01-01",
}
RESOLVED: dict[str, object] = {
    "environment": "prod",
    "governance": {"exceptions": [GRANT]},
    "models": {"credit-risk": {"governance": {"exceptions": [WAIVER, OLD]}}, "other": {"governance": {"exceptions": [WAIVER]}}},
}
DOCUMENTS = {"documents/prod/card-2026.11.1.md": b"# Card\n", "drift/0/1/2026-03-14T09:00:00Z.json": b"{}"}


def stamp(month: int, day: int) -> str:
    return f"2026-{month:02d}-{day:02d}T09:00:00.000000Z"


@cache
def place() -> tuple[Keys, Path]:
    """A ledger: two releases before March, one in it, one after, of another model too; broken glass and a stop in March."""
    folder = Path(mkdtemp(prefix="modelway-audit-"))
    keys = made_keys(folder)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    ledger = begun(str(folder / "ledger"), "modelway", keys.trusted, keys.edwards, clock=lambda: moment)
    store = store_at(str(folder / "ledger"))
    digests = {"resolved_sha256": hashed(RESOLVED), "graph_sha256": hashed(GRAPH)}

    def released(month: int, day: int, **other: object) -> None:
        nonlocal moment
        moment = datetime(2026, month, day, 9, 5, tzinfo=UTC)
        recorded = f"2026-{month:02d}-{day:02d}T09:05:00.000000Z"
        record = made_record(released=stamp(month, day), **{"recorded": recorded, **digests, **other})  # type: ignore[arg-type]
        write(ledger, store, record, [RESOLVED, GRAPH], keys.weierstrass)

    released(1, 10)
    released(2, 20)
    released(2, 21, stack="prod-models-other", models=[made_model(name="other")])
    released(3, 14)
    glass = BrokenGlass("prod", "prod-models", "Half of the loans wait.", "a@example.com", stamp(3, 15), stamp(3, 16))
    ledger.append(broken_glass(glass), keys.edwards)
    stopped = Stopped("prod", "credit-risk", "desk@example.com", stamp(3, 15), "Drill.", {"2026.11.1": 100}, {}, 1.5, True)
    ledger.append(STOP.statement(stopped, {"prod/credit-risk/stop": hashed(stopped)}), keys.edwards)
    released(4, 1)
    return keys, folder


def bundle(question: Question = MARCH, documents: dict[str, bytes] = DOCUMENTS) -> Bundle:
    keys, folder = place()
    ledger = opened(str(folder / "ledger"), "modelway", keys.trusted, clock=lambda: NOW)
    missing = {"documents/prod/lineage.json": "no such verb"}
    return assembled(ledger, store_at(str(folder / "ledger")), (folder / "keys.json").read_bytes(), question, documents, missing)


def signed() -> Bundle:
    return sealing(bundle(), "modelway", place()[0].edwards, NOW)


def faults(files: dict[str, bytes], *, sealed: bool = True) -> list[str]:
    found = verifier.check_bundle(sorted(files), files.__getitem__, place()[0].trusted, now=NOW, sealed=sealed, signed=made)
    return [str(fault) for fault in found.faults]


def alone(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The verifier out of a bundle, without site-packages, our modules or an environment."""
    return subprocess.run([sys.executable, "-I", "-S", *arguments], capture_output=True, text=True, env={}, cwd="/", check=False)


def test_it_says_what_concerns_the_model_in_that_time() -> None:
    index = json.loads(bundle().files["index.json"])["entries"]
    assert [(one["entry"], one["kind"], one["when"], one["live"]) for one in index] == [
        (1, "release", "before", False),
        (2, "release", "before", True),
        (4, "release", "within", False),
        (5, "break-glass", "within", False),
        (6, "stop", "within", False),
    ]
    for one in index:
        said = json.loads(bundle().files[one["file"]])
        assert said["predicate"]["ledger"]["sequence"] == one["entry"]


def test_exceptions_in_force_come_from_what_releases_were_made_from() -> None:
    found = json.loads(bundle().files["exceptions.json"])["exceptions"]
    assert [(one["of"], one["rule"], one["releases"]) for one in found] == [
        ("environment", "public-exposure", [1, 2, 4]),
        ("model credit-risk", "parity", [1, 2, 4]),
    ]


def test_another_environment_or_an_earlier_time_has_nothing() -> None:
    with pytest.raises(ModelwayError, match="tells nothing of model credit-risk in dev up to"):
        bundle(replace(MARCH, environments=("dev",)))
    with pytest.raises(ModelwayError, match="tells nothing of model credit-risk up to"):
        bundle(replace(MARCH, since=SINCE - timedelta(days=100), until=SINCE - timedelta(days=90)))


def test_the_same_is_the_same_bytes(tmp_path: Path) -> None:
    assert bundle().files == bundle().files
    for name in ("one.zip", "two.zip"):
        into_zip(bundle().files, tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.parametrize("into", ["folder", "zip"])
def test_python_alone_checks_it(into: str, tmp_path: Path) -> None:
    files, keys = signed().files, str(place()[1] / "keys.json")
    there = tmp_path / ("bundle.zip" if into == "zip" else "bundle")
    (into_zip if into == "zip" else into_folder)(files, there)
    (tmp_path / "verifier.py").write_bytes(files["verifier.py"])
    ran = alone(str(tmp_path / "verifier.py"), str(there), "--keys", keys, "--signed")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "8 entries" in ran.stdout
    assert "the list of files was signed by key 'edwards'" in ran.stdout
    assert "not in the bundle: documents/prod/lineage.json: no such verb" in ran.stdout
    assert ran.stdout.endswith("whole: every file is as it was listed, and every entry is in its place and signed\n")
    assert alone(str(tmp_path / "verifier.py"), str(there), "--keys", keys, "--project", "another").returncode == 1


def test_python_alone_finds_what_was_changed(tmp_path: Path) -> None:
    files, keys = signed().files, str(place()[1] / "keys.json")
    changed = {**files, "documents/prod/card-2026.11.1.md": b"# Another\n"}
    into_folder(changed, tmp_path / "bundle")
    ran = alone(str(tmp_path / "bundle" / "verifier.py"), str(tmp_path / "bundle"), "--keys", keys)
    assert ran.returncode == 1
    assert "documents/prod/card-2026.11.1.md: it had SHA-256" in ran.stdout
    (tmp_path / "torn.zip").write_bytes(b"PK no")
    assert alone(str(tmp_path / "bundle" / "verifier.py"), str(tmp_path / "torn.zip"), "--keys", keys).returncode == 2


def test_without_a_signature_it_says_so() -> None:
    files = bundle().files
    assert faults(dict(files), sealed=False) == []
    assert faults(dict(files)) == ["MANIFEST.dsse: nobody signed the list of files [missing]"]
    found = verifier.check_bundle(sorted(files), files.__getitem__, place()[0].trusted, now=NOW, signed=made)
    assert any("nobody signed the list of files" in note for note in found.notes)


def relisted(files: dict[str, bytes]) -> dict[str, bytes]:
    """With a list of files that fits, as who changes an unsigned bundle would write it."""
    manifest = json.loads(files["MANIFEST.json"])
    manifest["files"] = {name: verifier.sha256(content) for name, content in files.items() if not name.startswith("MANIFEST")}
    return {**files, "MANIFEST.json": verifier.readable(manifest)}


def unindexed(files: dict[str, bytes]) -> dict[str, bytes]:
    listed = json.loads(files["index.json"])["entries"]
    return {**files, "index.json": verifier.readable({"entries": listed[1:]})}


def unsaid(files: dict[str, bytes]) -> dict[str, bytes]:
    name = next(name for name in sorted(files) if name.startswith("statements/"))
    return {**files, name: files[name].replace(b"prod", b"test")}


def without(part: str) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    def changed(files: dict[str, bytes]) -> dict[str, bytes]:
        gone = next(name for name in sorted(files, reverse=True) if part in name)
        return {name: content for name, content in files.items() if name != gone}

    return changed


def swapped(files: dict[str, bytes]) -> dict[str, bytes]:
    one, other = (f"ledger/entries/{number:010d}.json" for number in (1, 2))
    return {**files, one: files[other], other: files[one]}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        pytest.param(unindexed, "[index]", id="an entry that concerns the model left out of the index"),
        pytest.param(unsaid, "[statement]", id="a statement that is not the entry's"),
        pytest.param(without("statements/"), "[statement]", id="a statement left out"),
        pytest.param(without("ledger/entries/"), "[missing]", id="the last entry left out"),
        pytest.param(swapped, "[moved]", id="entries in another order"),
    ],
)
def test_a_list_that_fits_does_not_hide_what_entries_say(change: Callable[[dict[str, bytes]], dict[str, bytes]], found: str) -> None:
    told = faults(relisted(change(dict(bundle().files))), sealed=False)
    assert any(found in line for line in told), told


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_is_changed_is_found(data: st.DataObject) -> None:
    files = dict(whole())
    names = sorted(files)
    match data.draw(st.sampled_from(["flip", "cut", "remove", "add", "swap"])):
        case "flip":
            name = data.draw(st.sampled_from(names))
            content = bytearray(files[name])
            place_ = data.draw(st.integers(0, len(content) - 1))
            content[place_] ^= 1 << data.draw(st.integers(0, 7))
            files[name] = bytes(content)
        case "cut":
            name = data.draw(st.sampled_from(names))
            files[name] = files[name][: data.draw(st.integers(0, len(files[name]) - 1))]
        case "remove":
            del files[data.draw(st.sampled_from(names))]
        case "add":
            files[data.draw(st.text(min_size=1, max_size=20).filter(lambda name: name not in files))] = data.draw(st.binary(max_size=9))
        case "swap":
            one, other = data.draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True))
            files[one], files[other] = files[other], files[one]
            if files[one] == files[other]:
                return
    assert faults(files)


@cache
def whole() -> dict[str, bytes]:
    return dict(signed().files)


def test_what_was_not_changed_is_whole() -> None:
    assert faults(whole()) == []


def test_a_seal_of_another_project_or_an_expired_key_does_not_hold() -> None:
    keys = place()[0]
    for signer, rule in (("other-project", "key-of-another-project"), ("expired", "expired-key"), ("unknown", "unknown-key")):
        files = dict(sealing(bundle(), "modelway", keys.signers[signer], NOW).files)
        assert [line for line in faults(files, sealed=False) if rule in line], signer


def test_credentials_are_found_wherever_they_are() -> None:
    # Put together here, so that no scanner of this repository takes it for a real one.
    planted = "AKIA" + "Q3EGJ7WTFK2MZ4XR"
    files = dict(bundle().files)
    assert revealed({name: content for name, content in files.items() if name != "verifier.py"}) == []
    entry = "ledger/entries/0000000001.json"
    envelope = json.loads(files[entry])
    envelope["payload"] = base64.b64encode(base64.b64decode(envelope["payload"]).replace(b"dev@example.com", planted.encode())).decode()
    files[entry], files["drift/0/x.json"] = json.dumps(envelope).encode(), f'{{"note": "{planted}"}}'.encode()
    assert revealed(files) == ["drift/0/x.json", entry]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "other").write_text("x", "utf-8")
    (tmp_path / "there.zip").write_text("x", "utf-8")
    with pytest.raises(WrongUsage, match="holds something"):
        into_folder(bundle().files, tmp_path / "full")
    with pytest.raises(WrongUsage, match="is there"):
        into_zip(bundle().files, tmp_path / "there.zip")
    with pytest.raises(ModelwayError, match="cannot be written"):
        into_zip(bundle().files, tmp_path / "nowhere" / "it.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "there.zip"]


def test_a_zip_that_names_a_file_twice_is_found(tmp_path: Path) -> None:
    file = tmp_path / "twice.zip"
    into_zip(signed().files, file)
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("README.md", "another")
    names, read = verifier.opened_bundle(file)
    found = verifier.check_bundle(names, read, place()[0].trusted, now=NOW, signed=made)
    assert any("twice" in str(fault) for fault in found.faults)


def test_hostile_names_do_not_reach_markdown() -> None:
    keys, folder = place()
    ledger = opened(str(folder / "ledger"), "modelway", keys.trusted, clock=lambda: NOW)
    missing = {"documents/x": "<script>alert(1)</script>\n# Approved `now`"}
    made_ = assembled(ledger, store_at(str(folder / "ledger")), (folder / "keys.json").read_bytes(), MARCH, {}, missing)
    page = made_.files["README.md"].decode()
    assert "<script>" not in page
    assert "\n# Approved" not in page
