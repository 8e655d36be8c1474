"""Stops in a ledger: which is in force, who may end it, and what is described that goes with it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from modelway.architecture import Model
from modelway.errors import WrongUsage
from modelway.governance.ledger import Ledger, Signer, begun, signer, trusted
from modelway.governance.record import NotARecord
from modelway.governance.stops import (
    RESUME,
    Resumed,
    Stopped,
    blocked,
    heeded,
    in_force,
    kept,
    lasting,
    may_say,
    refuse_unfit,
    statement,
    written,
)

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
DESK, OTHER, MACHINE = "desk@example.com", "other@example.com", "ci 2026"


def stopped(**changed: Any) -> Stopped:
    told: dict[str, Any] = {
        "environment": "prod",
        "model": "churn",
        "who": DESK,
        "when": "2026-11-28T09:00:00.000000Z",
        "reason": "Wrong answers.",
        "before": {"2": 100},
        "after": {"1": 100},
        "seconds": 1.5,
        "drill": False,
    }
    return Stopped(**(told | changed))


def resumed(**changed: Any) -> Resumed:
    told: dict[str, Any] = {
        "environment": "prod",
        "model": "churn",
        "who": DESK,
        "when": "now",
        "reason": "Mended.",
        "after": {"2": 100},
        "seconds": 1.0,
    }
    return Resumed(**(told | changed))


class Book:
    """A ledger, and keys of people and of a machine."""

    def __init__(self, folder: Path) -> None:
        self.signers: dict[str, Signer] = {}
        listed = []
        for name in (DESK, OTHER, MACHINE):
            file = folder / f"{name}.pem"
            file.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            self.signers[name] = signer(str(file))
            listed.append(
                {
                    "name": name,
                    "project": "modelway",
                    "from": "2026-01-01T00:00:00Z",
                    "until": "2027-01-01T00:00:00Z",
                    "public": self.signers[name].public,
                }
            )
        (folder / "keys.json").write_text(json.dumps({"keys": listed}), "utf-8")
        self.keys = trusted(folder / "keys.json")
        self.time = NOW
        self.ledger: Ledger = begun(str(folder / "ledger"), "modelway", self.keys, self.signers[MACHINE], clock=lambda: self.time)

    def add(self, said: Stopped | Resumed, by: str = DESK) -> None:
        self.time += timedelta(seconds=1)
        self.ledger.append(statement(said), self.signers[by])

    def now(self, environment: str = "prod", model: str = "churn") -> Stopped | None:
        return in_force(list(self.ledger.entries()), environment, model, self.keys)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path)


def test_a_stop_is_in_force_until_somebody_ends_it(book: Book) -> None:
    assert book.now() is None
    book.add(stopped())
    assert book.now() == stopped()
    assert book.now(model="fraud") is None
    assert book.now(environment="dev") is None
    book.add(stopped(reason="Still wrong.", after={}))
    assert book.now() == stopped(reason="Still wrong.", after={})
    book.add(resumed(model="fraud"))
    assert book.now() is not None
    book.add(resumed())
    assert book.now() is None
    book.add(stopped())
    assert book.now() is not None


def test_a_drill_stops_nothing_and_ends_nothing(book: Book) -> None:
    book.add(stopped(drill=True, resumed_seconds=0.2))
    assert book.now() is None
    book.add(stopped())
    book.add(stopped(drill=True, reason="Drill."))
    assert book.now() == stopped()


def test_a_persons_key_ends_it_for_that_person_alone_and_a_machine_for_others(book: Book) -> None:
    # Whoever stops it, it is stopped: that harms nobody.
    book.add(stopped(), OTHER)
    assert book.now() is not None
    book.add(resumed(who=DESK), OTHER)
    assert book.now() is not None, "the key is another's"
    book.add(resumed(who=DESK), MACHINE)
    assert book.now() is None
    assert not may_say("", "anybody"), "a key that is not trusted says nothing"
    assert may_say("Desk@example.com", DESK)


@pytest.mark.parametrize(
    ("after", "changed", "goes"),
    [
        ({"1": 100}, {}, False),
        ({"1": 100}, {"pin": "1"}, True),
        ({"1": 100}, {"pin": "2"}, False),
        ({"1": 100}, {"presence": "disabled"}, True),
        ({"2": 100}, {}, False),
        ({"2": 100}, {"pin": "2"}, True),
        ({}, {"pin": "1"}, False),
        ({}, {"presence": "disabled"}, True),
        ({}, {"presence": "retired"}, True),
    ],
    ids=["runs", "pinned", "pinned-to-another", "disabled", "with-a-canary", "without-it", "pinned-where-nobody", "nobody", "retired"],
)
def test_what_is_described_goes_with_the_stop_or_not(after: dict[str, int], changed: dict[str, str], goes: bool) -> None:
    version = {
        "image": f"churn@sha256:{'a' * 64}",
        "weights": f"churn/1/model.json@sha256:{'b' * 64}",
        "contract": "contracts/churn.yaml",
    }
    described = {
        "model": "churn",
        "team": "risk",
        "owner": "risk@example.com",
        "risk_tier": "high",
        "versions": {"1": version, "2": version},
        "endpoint": {
            "runtime": {"kind": "kubernetes"},
            "resources": {"cpu": "1", "memory": "1Gi"},
            "scaling": {"min": 1, "max": 2, "target": {"cpu": "70%"}},
            "traffic": {"live": "2", "canary": {"version": "1", "percent": 10}},
            "slo": {"latency_p99": "200ms", "availability": "99.9%", "error_rate": "1%"},
        },
    }
    assert heeded(stopped(after=after), Model.model_validate(described | changed)) == goes
    assert heeded(stopped(after=after), None)


def test_why_a_release_is_blocked_names_who_and_both_ways_out() -> None:
    assert blocked(stopped()).startswith(f"churn was stopped by {DESK} at 2026-11-28T09:00:00.000000Z: Wrong answers. ")
    assert "modelway stop churn --env prod --resume" in blocked(stopped())
    assert (lasting({"1": 100}), lasting({})) == ('`pin: "1"`', "`presence: disabled`")


@given(st.sampled_from([stopped(), resumed(), stopped(drill=True, where=["HTTPRoute a/b"], resumed_seconds=0.5)]), st.text(max_size=40))
def test_what_is_kept_in_a_file_is_what_was_said(said: Stopped | Resumed, reason: str) -> None:
    import msgspec

    told = msgspec.structs.replace(said, reason=reason)
    assert kept(written(told), "kept.json") == told


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"predicateType": "https://modelway.dev/release/v1", "predicate": {}}'])
def test_a_file_that_holds_something_else_is_refused(content: bytes) -> None:
    with pytest.raises(NotARecord, match=r"kept\.json"):
        kept(content, "kept.json")


def test_a_later_form_is_refused() -> None:
    later = statement(resumed()) | {"predicateType": f"{RESUME.type.rpartition('/')[0]}/v9"}
    with pytest.raises(NotARecord, match="the Modelway that wrote it"):
        kept(json.dumps(later).encode(), "kept.json")


@pytest.mark.parametrize("text", ["", " ", "two\nlines", "a" * 2001, "token ghp_" + "a1B2" * 9, "\x1b[2J"])
def test_what_must_not_be_kept_is_refused_before_anything_is_done(text: str) -> None:
    with pytest.raises(WrongUsage) as told:
        refuse_unfit("--reason", text)
    assert "a1B2a1B2" not in str(told.value)
    refuse_unfit("--reason", "Falsche Antworten für Röntgenbilder.")
