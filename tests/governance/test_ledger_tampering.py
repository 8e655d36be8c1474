"""Whatever is changed in a ledger is found. `python -m scripts.bench tampering` tries more."""

import json
import random
import string
from pathlib import Path

import pytest

from modelway.governance import verifier
from modelway.governance.verifier import canonical, file_name
from tests.support import tampering
from tests.support.tampering import Bench, missed


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("ledgers"))


def test_what_was_not_changed_is_whole(bench: Bench) -> None:
    for anchored in (True, False):
        result = bench.check(bench.files, anchored=anchored)
        assert (result.faults, result.notes, result.entries) == ((), (), tampering.ENTRIES + 1)


def test_every_random_change_is_found(bench: Bench) -> None:
    assert missed(bench, 640, seed=1) == []


def test_all_but_a_whole_earlier_state_is_found_without_an_anchor(bench: Bench) -> None:
    assert missed(bench, 260, seed=2, anchored=False) == []


def test_the_standalone_arithmetic_finds_the_same(bench: Bench) -> None:
    chance = random.Random(3)
    for way in tampering.WAYS:
        files = dict(bench.files)
        way(bench, files, chance)
        fast, slow = bench.check(files), bench.check(files, verifier.made)
        assert fast == slow, way.__name__


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("one removed", "missing"),
        ("end removed", "missing"),
        ("end and head put back", "anchor"),
        ("two swapped", "moved"),
        ("one replayed at the end", "moved"),
        ("one of another ledger", "another-ledger"),
        ("signatures swapped", "signature"),
        ("mirrored signature", "signature"),
        ("base64 otherwise", "form"),
        ("one signed anew", "chain"),
        ("last signed anew", "chain"),
        ("too early", "time"),
        ("too late", "time"),
        ("unknown key", "unknown-key"),
        ("key of another project", "key-of-another-project"),
        ("expired key", "expired-key"),
        ("head by an expired key", "expired-key"),
        ("of a later version", "version"),
        ("of another project", "another-project"),
        ("begins again", "beginning"),
        ("pretty", "form"),
        ("no JSON", "form"),
        ("deep", "form"),
        ("huge", "too-large"),
        ("no head", "missing"),
        ("head of another ledger", "another-ledger"),
        ("rewritten", "anchor"),
        ("stray", "stray"),
    ],
)
def test_a_change_is_called_what_it_is(bench: Bench, change: str, rule: str) -> None:
    files = dict(bench.files)
    changed_so(bench, files, change)
    assert rule in {fault.rule for fault in bench.check(files).faults}, bench.check(files).faults


def changed_so(bench: Bench, files: dict[str, bytes], change: str) -> None:
    names, keys, head = bench.names, bench.keys, "head.json"
    after = f"entries/{file_name(len(names))}"
    value = tampering.payload(files[names[-1]])
    place = tampering.place_of(value)
    place |= {"sequence": len(names), "previous": bench.anchor[1]}

    def more(signer: str = "edwards", **said: object) -> None:
        place.update(said)
        files[after] = tampering.sealed(value, verifier.STATEMENT, keys.signers[signer])

    match change:
        case "one removed":
            del files[names[2]]
        case "end removed":
            del files[names[-1]]
        case "end and head put back":
            del files[names[-1]]
            files[head] = bench.old_heads[-1]
        case "two swapped":
            files[names[1]], files[names[2]] = files[names[2]], files[names[1]]
        case "one replayed at the end":
            files[after] = files[names[3]]
        case "one of another ledger":
            files[names[3]] = bench.other[names[3]]
        case "signatures swapped":
            tampering.signatures_swapped(bench, files, random.Random(0))
        case "mirrored signature":
            tampering.signature_mirrored(bench, files, random.Random(0))
        case "base64 otherwise":
            # Four bits of the last letter say nothing.
            envelope = json.loads(files[names[1]])
            text = envelope["signatures"][0]["sig"]
            letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
            envelope["signatures"][0]["sig"] = f"{text[:-3]}{letters[letters.index(text[-3]) + 1]}=="
            files[names[1]] = canonical(envelope)
        case "one signed anew" | "last signed anew":
            name = names[3] if change == "one signed anew" else names[-1]
            files[name] = tampering.sealed(tampering.payload(files[name]) | {"subject": []}, verifier.STATEMENT, keys.edwards)
        case "too early":
            more(time="2025-03-01T00:00:00.000000Z")
        case "too late":
            more(time="2025-06-02T09:35:00.000001Z")
        case "unknown key":
            more("unknown")
        case "key of another project":
            more("other-project")
        case "expired key":
            more("expired")
        case "head by an expired key":
            files[head] = tampering.sealed(tampering.payload(files[head]), verifier.HEAD, keys.signers["expired"])
        case "of a later version":
            more(version=2)
        case "of another project":
            more(project="another")
        case "begins again":
            value["predicateType"] = verifier.BEGINNING
            more()
        case "pretty":
            files[names[1]] = files[names[1]].replace(b",", b", ", 1)
        case "no JSON":
            files[names[1]] = b"\xff\xfe{"
        case "deep":
            files[names[1]] = b"[" * 100_000
        case "huge":
            files[names[1]] = b" " * (verifier.MAX_BYTES + 1)
        case "no head":
            del files[head]
        case "head of another ledger":
            files[head] = bench.other[head]
        case "rewritten":
            tampering.rewritten(bench, files, random.Random(0))
        case "stray":
            tampering.strays(bench, files, random.Random(0))
        case _:
            raise AssertionError(change)


def test_an_older_head_is_told_of(bench: Bench) -> None:
    result = bench.check(bench.files | {"head.json": bench.old_heads[2]})
    assert result.faults == ()
    assert result.notes[0].startswith("head.json names entry 2, and the last is 6")


def test_nothing_at_all_is_no_ledger(bench: Bench, tmp_path: Path) -> None:
    assert [fault.rule for fault in bench.check({}).faults] == ["anchor", "missing"]
    assert [fault.rule for fault in bench.check({"head.json": bench.files["head.json"]}, anchored=False).faults] == ["missing"]
