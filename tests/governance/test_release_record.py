"""Release records: what they are as statements, and what is asked of them."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.errors import WrongUsage
from modelway.governance.ledger import Damaged, begun
from modelway.governance.ledger.store import store_at
from modelway.governance.questions import differences, moment
from modelway.governance.record import NotARecord, Record, from_statement, hashed, statement
from modelway.governance.releases import NoSuchRelease, all_of, live_at, named, read_kept, write
from modelway.governance.verifying import verified
from tests.support.made_ledgers import PROJECT, Keys, made_keys
from tests.support.made_records import A, B, made_model, made_record, made_share

texts = st.text(max_size=20)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return made_keys(tmp_path_factory.mktemp("keys"))


@given(
    owner=texts,
    unknown=st.lists(texts, max_size=3),
    metrics=st.dictionaries(texts, st.floats(allow_nan=False, allow_infinity=False), max_size=3),
)
def test_a_record_is_what_was_written(owner: str, unknown: list[str], metrics: dict[str, float]) -> None:
    model = msgspec.structs.replace(made_model(made_share(metrics=metrics, baseline=f"base.json@sha256:{B}")), owner=owner)
    record = made_record(models=[model], unknown=unknown)
    written = json.loads(json.dumps(statement(record)))
    assert from_statement(written, "here") == record
    written["predicate"]["ledger"] = {"sequence": 3}
    assert from_statement(written, "here") == record


def test_subjects_are_what_is_served() -> None:
    subjects = {one["name"]: one["digest"]["sha256"] for one in statement(made_record())["subject"]}
    assert subjects == {"prod-models/graph": B, "credit-risk/2026.11.1/image": A, "credit-risk/2026.11.1/weights": B}


def changed(**other: object) -> dict[str, Any]:
    written = statement(made_record())
    return {**written, "predicate": {**written["predicate"], **other}}


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (changed(version=3), "version 3; known here are"),
        (changed(version=1), "version 1; known here are"),
        (changed(version=True), "version True; known here are"),
        (changed(version=None), "use the Modelway that wrote it"),
        (changed(extra=1), "unknown field `extra`"),
        (changed(models=[{"model": "x"}]), "is no release record: .*missing required field"),
        (changed(graph_sha256=A), "names other subjects"),
        ({**changed(), "subject": []}, "names other subjects"),
        ({**changed(), "predicateType": "https://modelway.dev/release/v9"}, "release/v9"),
        ({**changed(), "predicateType": "https://slsa.dev/provenance/v1"}, "no in-toto statement about a release"),
        ({**changed(), "_type": "https://in-toto.io/Statement/v2"}, "no in-toto statement about a release"),
        ({**changed(), "predicate": []}, "no in-toto statement about a release"),
        ({}, "no in-toto statement about a release"),
    ],
)
def test_what_is_no_record_is_refused(read: dict[str, object], said: str) -> None:
    with pytest.raises(NotARecord, match=said):
        from_statement(read, "entry 7")


def form_1() -> dict[str, Any]:
    """A release as it was recorded before the second form."""
    return dict(json.loads((Path(__file__).parent / "cases" / "records" / "release-form-1.json").read_text("utf-8")))


def test_a_record_of_the_first_form_is_read() -> None:
    record = from_statement(form_1(), "entry 7")
    assert record.version == 1
    assert [(model.model, share.version) for model, share in record.answering] == [
        ("credit-risk", "2026.11.1"),
        ("credit-risk", "2026.12.0"),
    ]
    assert (record.gates, record.break_glass, record.look, record.models[0].subject_sha256) == (None, [], None, None)
    assert statement(record) == form_1()


@pytest.mark.parametrize(
    "part",
    [
        lambda said: said,
        lambda said: said["models"][0],
        lambda said: said["models"][0]["versions"][1],
        lambda said: said["approvals"][0],
    ],
    ids=["record", "model", "version", "approval"],
)
def test_the_first_form_says_nothing_that_it_has_no_place_for(part: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    for later in ("gates", "system", "training", "model"):
        read = form_1()
        if later not in part(read["predicate"]):
            part(read["predicate"])[later] = None
            with pytest.raises(NotARecord, match=r"is no release record: (it says what its form, .*/v1, has no place|.*unknown field)"):
                from_statement(read, "entry 7")


def test_records_of_two_forms_are_compared_by_what_both_say() -> None:
    before = from_statement(form_1(), "entry 7")
    assert differences(before, msgspec.structs.replace(before, version=2)) == []


def test_a_day_means_its_end() -> None:
    assert moment("2026-03-31") == datetime(2026, 3, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert moment("2026-03-31T10:00") == datetime(2026, 3, 31, 10, tzinfo=UTC)
    assert moment("2026-03-31T10:00:00+02:00") == datetime(2026, 3, 31, 8, tzinfo=UTC)
    for text in ("march", "2026-02-30", "", "2026-03-31T"):
        with pytest.raises(WrongUsage, match="is no time"):
            moment(text)


def test_what_differs_is_named() -> None:
    before = made_record(models=[made_model(made_share("1"), made_share("2", 0))])
    share = made_share("2", 10, image=f"credit-risk@sha256:{B}", baseline="base.json@sha256:1")
    after = made_record(models=[made_model(share, made_share("1", 90))], released="2026-04-01T00:00:00Z", approvals=[], tier="staging")
    found = {one.what.partition(": ")[0]: (one.before, one.after) for one in differences(before, after)}
    assert found == {
        "tier": ("production", "staging"),
        "models.credit-risk.versions.1.percent": ("100", "90"),
        "models.credit-risk.versions.1.found.percent": ("100", "90"),
        "models.credit-risk.versions.2.percent": ("0", "10"),
        "models.credit-risk.versions.2.found.percent": ("0", "10"),
        "models.credit-risk.versions.2.image": (f"credit-risk@sha256:{A}", f"credit-risk@sha256:{B}"),
        "models.credit-risk.versions.2.baseline": ("", "base.json@sha256:1"),
        "approvals": ('{"proof":"https://git.example.com/pulls/7","when":"2026-03-13","who":"head@example.com"}', ""),
    }
    assert differences(before, msgspec.structs.replace(before, recorded="2027-01-01T00:00:00Z")) == []


def ledger_of(folder: Path, keys: Keys, records: list[Record]) -> Any:
    ledger = begun(str(folder), PROJECT, keys.trusted, keys.edwards)
    for record in records:
        write(ledger, store_at(str(folder)), record, [], keys.edwards)
    return ledger


def test_what_was_live_at_a_time(keys: Keys, tmp_path: Path) -> None:
    day = "2026-03-{:02}T09:00:00.000000Z".format
    records = [
        made_record("prod", day(1)),
        made_record("prod-models", day(2)),
        made_record("staging", day(3), environment="staging"),
        # Recorded late.
        made_record("prod-models", day(9)),
        made_record("prod-models", day(5)),
        # Again at the same time: what was recorded later holds.
        made_record("prod-models", day(5), tier="staging"),
    ]
    ledger, store = ledger_of(tmp_path, keys, records), store_at(str(tmp_path))

    def at(when: datetime, environment: str | None = None) -> list[int]:
        return [release.number for release in live_at(ledger, store, when, environment)]

    assert at(moment("2026-02-28")) == []
    assert at(moment(day(1)) - timedelta(microseconds=1)) == []
    assert at(moment(day(1))) == [1]
    assert at(moment("2026-03-04")) == [1, 2, 3]
    assert at(moment("2026-03-05")) == [1, 6, 3]
    assert at(moment("2026-12-01")) == [1, 4, 3]
    assert at(moment("2026-12-01"), "staging") == [3]
    assert [named(ledger, name).number for name in ("2", "prod", "prod-models", "staging")] == [2, 1, 6, 3]
    for name in ("0", "7", "9" * 5000, "prod-", "", "²"):
        with pytest.raises(NoSuchRelease, match="has no release"):
            named(ledger, name)


def test_a_file_that_is_no_entry_hides_nothing(keys: Keys, tmp_path: Path) -> None:
    ledger, store = ledger_of(tmp_path, keys, [made_record(), made_record()]), store_at(str(tmp_path))
    entry = tmp_path / "entries" / "0000000001.json"
    whole = entry.read_bytes()
    for content in (b"", b"{}", b'{"payload": "!"}', b'{"payload": "e30="}', whole[: len(whole) // 2]):
        entry.write_bytes(content)
        with pytest.raises(Damaged, match=r"0000000001\.json is no entry"):
            live_at(ledger, store, moment("2026-12-01"))
    # Read as the newest, and its signature does not hold.
    envelope = json.loads(whole)
    read = json.loads(base64.b64decode(envelope["payload"]))
    read["predicate"]["released"] = "2026-05-01T00:00:00Z"
    envelope["payload"] = base64.b64encode(json.dumps(read, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).decode()
    entry.write_text(json.dumps(envelope, sort_keys=True, separators=(",", ":")), "utf-8")
    with pytest.raises(Damaged, match=r"0000000001\.json"):
        live_at(ledger, store, moment("2026-12-01"))


def test_what_a_record_names_by_digest_is_held_too(keys: Keys, tmp_path: Path) -> None:
    resolved, graph = {"environment": "prod"}, {"urn": A}
    record = made_record(resolved_sha256=hashed(resolved), graph_sha256=hashed(graph))
    ledger, store = begun(str(tmp_path), PROJECT, keys.trusted, keys.edwards), store_at(str(tmp_path))
    for _ in range(2):
        write(ledger, store, record, [resolved, graph], keys.edwards)
    found = verified(ledger, store, None)
    assert (found.entries, found.releases, found.faults) == (3, 2, [])
    assert verified(ledger, store, found.anchor).faults == []
    assert read_kept(store, hashed(graph)) == graph
    kept = tmp_path / "kept" / f"{hashed(graph)}.json"
    for content in (b'{"urn":"b"}', b"", b"[]"):
        kept.write_bytes(content)
        assert verified(ledger, store, None).faults == [
            f"{tmp_path}: kept/{hashed(graph)}.json is not what the records mean: put it back from a copy."
        ]
    kept.unlink()
    (fault,) = verified(ledger, store, None).faults
    assert "is missing" in fault
    for anchor in ("1", "a:b", f"1:{A} "):
        with pytest.raises(WrongUsage, match="is no anchor"):
            verified(ledger, store, anchor)
    assert any("[anchor]" in fault for fault in verified(ledger, store, f"1:{A}").faults)


def test_a_record_of_before_it_was_released_is_told(keys: Keys, tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, keys, [made_record(released="2026-11-02T00:00:00.000000Z")])
    faults = verified(ledger, store_at(str(tmp_path)), None).faults
    assert any("before it was released" in fault for fault in faults)


def test_a_record_of_a_later_form_is_a_fault(keys: Keys, tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, keys, [])
    ledger.append({**changed(), "predicateType": "https://modelway.dev/release/v3"}, keys.edwards)
    found = verified(ledger, store_at(str(tmp_path)), None)
    assert (found.releases, len(found.faults)) == (1, 1)
    assert "use the Modelway that wrote it" in found.faults[0]


def test_releases_in_a_bucket(keys: Keys, use_account: Callable[[str], None]) -> None:
    use_account("123456789012")
    region = "eu-west-1"
    boto3.client("s3", region).create_bucket(Bucket="acme-ledger", CreateBucketConfiguration={"LocationConstraint": region})
    address = "s3://acme-ledger/prod"
    graph = {"urn": A}
    ledger, store = begun(address, PROJECT, keys.trusted, keys.weierstrass), store_at(address)
    for day in (1, 2):
        released = f"2026-03-0{day}T09:00:00.000000Z"
        record = made_record(released=released, graph_sha256=hashed(graph), resolved_sha256=hashed({}))
        write(ledger, store, record, [graph, {}], keys.weierstrass)
    assert [release.number for release in live_at(ledger, store, moment("2026-03-01"))] == [1]
    assert [release.number for release in all_of(ledger)] == [2, 1]
    assert read_kept(store, hashed(graph)) == graph
    assert read_kept(store, B) is None
    assert verified(ledger, store, None).faults == []
