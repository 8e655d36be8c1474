"""Gates: what is asked of a model before a release, held against its files and what a ledger tells."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelway.architecture import Environment
from modelway.governance.gates import UNDECLARED, Gate, Known, blocked, broken_glass, judged, reading, report
from modelway.governance.gates.counting import Counting
from modelway.governance.gates.decision import GATE, decided, statement
from modelway.governance.ledger.store import Folder, Store, store_at
from modelway.governance.record import Found, Record
from modelway.governance.subject import subject_of
from tests.support.gated import (
    HEAD,
    LEDGER,
    MACHINE,
    MODEL,
    NOW,
    OFFICE,
    STACK,
    THIRD,
    Desk,
    approving,
    changed,
    desk,
    production,
)
from tests.support.made_records import A, C, made_model, made_record, made_share

DAY = timedelta(days=1)
STAMP = "%Y-%m-%dT%H:%M:%S.%fZ"
BOTH = {"2026.11.1": {"metrics": {"roc_auc": 0.83}}, "2026.12.0": {"metrics": {"roc_auc": 0.84}}}


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    return desk(tmp_path)


def only(environment: Environment, now: datetime = NOW) -> dict[str, Gate]:
    """What the files alone say."""
    return {gate.id: gate for gate in judged(environment, None, UNDECLARED, now)}


def evaluated(said: dict[str, Any], **other: Any) -> Environment:
    return production(**{f"models__{MODEL}__versions__{version}__evaluation": one for version, one in said.items()}, **other)


# What the files say.


def test_nothing_is_asked_of_what_does_not_serve() -> None:
    assert judged(production(**{f"models__{MODEL}__presence": "disabled"}), None, UNDECLARED, NOW) == []


def test_a_model_of_another_stack_is_not_asked_about() -> None:
    assert judged(production(), "dev", UNDECLARED, NOW) == []
    assert {gate.id for gate in judged(production(), STACK, UNDECLARED, NOW)} == {"owner"}


@pytest.mark.parametrize(
    ("said", "asked", "outcome", "detail"),
    [
        (BOTH, True, "passed", "2026.11.1: roc_auc 0.83; 2026.12.0: roc_auc 0.84"),
        (BOTH, False, "passed", "2026.11.1: roc_auc 0.83"),
        (
            {**BOTH, "2026.12.0": {"metrics": {"roc_auc": 0.79}}},
            True,
            "missing",
            "2026.12.0: roc_auc is 0.79, and the contract says at least 0.8",
        ),
        ({**BOTH, "2026.12.0": {"metrics": {"roc_auc": 0.79}}}, False, "missing", "2026.12.0: roc_auc is 0.79"),
        ({**BOTH, "2026.12.0": {"metrics": {"recall": 0.9}}}, False, "unknown", "2026.12.0: roc_auc was not evaluated"),
        ({"2026.11.1": {"metrics": {"roc_auc": 0.8}}}, False, "passed", "2026.11.1: roc_auc 0.8"),
        ({}, False, None, ""),
    ],
    ids=["both", "both-unasked", "too-low", "too-low-unasked", "not-measured", "at-the-limit", "nothing-said"],
)
def test_versions_reach_the_limits_of_their_contracts(said: dict[str, Any], asked: bool, outcome: str | None, detail: str) -> None:
    tiers: dict[str, Any] = {"governance__tiers": {"high": {"requires": ["evaluation"]}}} if asked else {}
    gate = only(evaluated(said, **tiers)).get("evaluation")
    assert (gate.outcome if gate else None) == outcome
    if gate:
        assert detail in gate.detail
        assert gate.asked is asked


@pytest.mark.parametrize("tier", ["development", "staging", "production"])
def test_what_is_not_asked_blocks_in_production_alone(tier: str) -> None:
    environment = evaluated({"2026.11.1": {"metrics": {"roc_auc": 0.5}}}, tier=tier)
    found = judged(environment, None, UNDECLARED, NOW)
    assert [gate.id for gate in blocked(found, environment)] == (["evaluation"] if tier == "production" else [])


def test_a_limit_from_above_is_kept() -> None:
    contract = "contracts/credit-risk.yaml"
    with_error = changed({}).model_dump(mode="json", by_alias=True)["contracts"][contract]
    with_error["metrics"] = [{"name": "error", "direction": "lower", "maximum": 0.2}]
    for value, outcome in ((0.2, "passed"), (0.21, "missing")):
        environment = evaluated({"2026.11.1": {"metrics": {"error": value}}}, contracts={contract: with_error})
        assert only(environment)["evaluation"].outcome == outcome


def waived(rule: str, expires: str = "2026-12-31") -> dict[str, Any]:
    return {f"models__{MODEL}__governance__exceptions": [{"rule": rule, "reason": "Soon.", "owner": "x@example.com", "expires": expires}]}


@pytest.mark.parametrize("rule", ["intended_use", "model_card", "evaluation", "training_data", "roles", "contract_metrics", "drift"])
def test_what_a_model_does_without_for_a_while_is_waived_and_then_missing(rule: str) -> None:
    contract = changed({}).model_dump(mode="json", by_alias=True)["contracts"]["contracts/credit-risk.yaml"] | {"metrics": []}
    asked = {"governance__tiers": {"high": {"requires": [rule]}}, "contracts": {"contracts/credit-risk.yaml": contract}}
    environment = production(**asked, **waived(rule))
    found = only(environment)
    assert found[rule].outcome == "waived"
    assert "Soon. (x@example.com, until 2026-12-31)" in found[rule].detail
    assert not blocked(list(found.values()), environment)
    last, after = datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    assert only(environment, last)[rule].outcome == "waived"
    over = only(environment, after)
    assert (over[rule].outcome, over["exceptions"].outcome) == ("missing", "missing")
    assert over[rule].supply
    assert {gate.id for gate in blocked(list(over.values()), environment)} == {rule, "exceptions"}


def test_what_is_said_passes() -> None:
    use = {f"models__{MODEL}__governance__intended_use": "Puts loans in order."}
    gate = only(production(governance__tiers={"high": {"requires": ["intended_use"]}}, **use))["intended_use"]
    assert (gate.outcome, gate.detail) == ("passed", "Puts loans in order.")


PARITY = {f"models__{MODEL}__drift": {"parity": {"group": "group", "metric": "selection_rate", "gap": 0.1}}}


@pytest.mark.parametrize(
    ("gaps", "asked", "outcome"),
    [
        ([{"group": "group", "metric": "selection_rate", "gap": 0.1}], True, "passed"),
        ([{"group": "group", "metric": "selection_rate", "gap": 0.11}], True, "missing"),
        ([{"group": "group", "metric": "selection_rate", "gap": 0.11}], False, "missing"),
        ([{"group": "group", "metric": "recall", "gap": 0.01}], False, None),
        ([], False, None),
    ],
    ids=["within", "apart", "apart-unasked", "of-something-else", "none"],
)
def test_groups_are_no_further_apart_than_is_allowed(gaps: list[Any], asked: bool, outcome: str | None) -> None:
    contract = changed({}).model_dump(mode="json", by_alias=True)["contracts"]["contracts/credit-risk.yaml"]
    contract["expectations"]["group"] = {"type": "text", "values": ["a", "b"]}
    tiers: dict[str, Any] = {"governance__tiers": {"high": {"requires": ["parity_evidence"]}}} if asked else {}
    said = {version: {**BOTH[version], "gaps": gaps} for version in BOTH}
    environment = evaluated(said, contracts={"contracts/credit-risk.yaml": contract}, **PARITY, **tiers)
    gate = only(environment).get("parity_evidence")
    assert (gate.outcome if gate else None) == outcome


def test_parity_evidence_that_is_not_there_is_waived_for_a_while_and_then_missing() -> None:
    contract = changed({}).model_dump(mode="json", by_alias=True)["contracts"]["contracts/credit-risk.yaml"]
    contract["expectations"]["group"] = {"type": "text", "values": ["a", "b"]}
    tiers = {"governance__tiers": {"high": {"requires": ["parity_evidence"]}}}
    environment = evaluated(BOTH, contracts={"contracts/credit-risk.yaml": contract}, **PARITY, **tiers, **waived("parity_evidence"))
    assert only(environment)["parity_evidence"].outcome == "waived"
    over = only(environment, datetime(2027, 1, 1, tzinfo=UTC))["parity_evidence"]
    assert (over.outcome, over.detail) == ("missing", "no gap of 2026.11.1, 2026.12.0")
    assert "{group: group, metric: selection_rate, gap: …}" in over.supply


def test_of_several_gaps_the_largest_counts() -> None:
    contract = changed({}).model_dump(mode="json", by_alias=True)["contracts"]["contracts/credit-risk.yaml"]
    contract["expectations"]["group"] = {"type": "text", "values": ["a", "b"]}
    gaps = [{"group": "group", "metric": "selection_rate", "gap": gap} for gap in (0.05, 0.2)]
    said = {version: {**BOTH[version], "gaps": gaps} for version in BOTH}
    environment = evaluated(said, contracts={"contracts/credit-risk.yaml": contract}, **PARITY)
    assert only(environment)["parity_evidence"].outcome == "missing"


def test_a_review_that_was_never_dated_is_waived_for_a_while_and_then_missing() -> None:
    environment = production(governance__tiers={"high": {"review_days": 30}}, **waived("review"))
    assert only(environment)["review"].outcome == "waived"
    over = only(environment, datetime(2027, 1, 1, tzinfo=UTC))["review"]
    assert (over.outcome, over.detail) == ("missing", "no day is named")


def test_parity_that_nobody_defined_is_unknown() -> None:
    gate = only(evaluated(BOTH, governance__tiers={"high": {"requires": ["parity_evidence"]}}))["parity_evidence"]
    assert gate.outcome == "unknown"


@pytest.mark.parametrize(("day", "outcome"), [("2026-06-15", "passed"), ("2026-06-14", "missing")])
def test_the_day_of_the_next_review_has_not_gone_by(day: str, outcome: str) -> None:
    said = {f"models__{MODEL}__governance__reviewed": "2026-06-01", f"models__{MODEL}__governance__review_by": day}
    gate = only(production(governance__tiers={"high": {"review_days": 30}}, **said))["review"]
    assert (gate.outcome, gate.asked) == (outcome, True)
    assert gate.detail == (f"until {day}" if outcome == "passed" else f"review_by is {day}, which has gone by")
    assert only(production(**said))["review"].asked is False


# What only a ledger can tell.


@pytest.mark.parametrize(("tier", "blocks"), [("production", True), ("staging", True), ("development", False)])
def test_without_a_ledger_approvals_are_unknown(tier: str, blocks: bool) -> None:
    environment = production(tier=tier, governance__tiers={"high": {"approvers": 1}})
    found = only(environment)
    assert found["approvals"].outcome == "unknown"
    assert found["approvals"].says.startswith("1 person has approved exactly what dev says of it")
    assert found["approvals"].supply == "Add `governance: {ledger: {address: …, keys: …}}` to the environment's file."
    assert bool(blocked(list(found.values()), environment)) is blocks


def excepted(expires: str = "2026-06-15", rule: str = "declared-ledger", resource: str = "governance.ledger") -> list[dict[str, str]]:
    return [{"rule": rule, "resource": resource, "reason": "Soon.", "approved_by": "x@example.com", "expires": expires}]


@pytest.mark.parametrize(
    ("exceptions", "outcome"),
    [
        (excepted(), "waived"),
        (excepted("2026-06-14"), "unknown"),
        (excepted(rule="declared-drift"), "unknown"),
        (excepted(resource="governance.tiers"), "unknown"),
    ],
    ids=["last-day", "over", "of-another-rule", "of-another-thing"],
)
def test_an_exception_lets_what_only_a_ledger_tells_wait(exceptions: list[dict[str, str]], outcome: str) -> None:
    environment = production(governance__tiers={"high": {"approvers": 1}}, governance__exceptions=exceptions)
    assert only(environment)["approvals"].outcome == outcome


def test_the_exception_is_for_no_ledger_and_not_for_an_empty_one(here: Desk) -> None:
    environment = approving(1, governance__exceptions=excepted())
    assert here.gates(environment)["approvals"].outcome == "missing"
    (here.root / "keys.json").unlink()
    assert here.gates(environment)["approvals"].outcome == "unknown"


def test_as_many_as_are_asked_for_have_approved_exactly_this(here: Desk) -> None:
    environment = approving(2)
    gate = here.gates(environment)["approvals"]
    assert (gate.outcome, gate.detail) == ("missing", "0 of 2")
    assert gate.supply == f"`modelway approve dev credit-risk --key KEY`, by {OFFICE} or {HEAD}."
    here.approve(environment, OFFICE)
    gate = here.gates(environment)["approvals"]
    assert (gate.outcome, gate.detail) == ("missing", f"1 of 2: {OFFICE}")
    assert gate.supply.endswith(f"by {HEAD}.")
    here.approve(environment, HEAD, key=MACHINE)
    assert here.gates(environment)["approvals"].outcome == "passed"
    # Another description is approved by nobody.
    other = approving(2, **{f"models__{MODEL}__endpoint__scaling__max": 11})
    assert here.gates(other)["approvals"].detail == "0 of 2"


@pytest.mark.parametrize(
    "approved",
    [
        {"who": OFFICE, "author": OFFICE},
        {"who": OFFICE, "author": f"dev@example.com, {OFFICE.upper()}"},
        {"who": THIRD},
        {"who": OFFICE, "key": HEAD},
        {"who": "risk-ml@example.com", "key": MACHINE},
        {"who": OFFICE, "expires": "2026-06-14T00:00:00.000000Z"},
        {"who": OFFICE, "subject_sha256": "0" * 64},
        {"who": OFFICE, "environment": "prod"},
    ],
    ids=[
        "author",
        "one-of-the-authors",
        "nobody-named",
        "signed-by-another",
        "owner",
        "over",
        "of-something-else",
        "of-another-environment",
    ],
)
def test_an_approval_that_does_not_count(here: Desk, approved: dict[str, Any]) -> None:
    environment = approving(1)
    here.approve(environment, **approved)
    gate = here.gates(environment)["approvals"]
    assert (gate.outcome, gate.detail.split(";")[0]) == ("missing", "0 of 1")


def test_two_spellings_are_one_person(here: Desk) -> None:
    environment = approving(2)
    here.approve(environment, OFFICE)
    here.approve(environment, OFFICE.upper(), key=MACHINE)
    assert here.gates(environment)["approvals"].outcome == "missing"


def test_what_is_wrong_with_a_ledger_is_told_and_nothing_passes(here: Desk) -> None:
    environment = approving(1)
    here.approve(environment)
    assert here.gates(environment)["approvals"].outcome == "passed"
    entry = here.root / "ledger" / "entries" / "0000000001.json"
    kept = entry.read_bytes()
    entry.write_bytes(kept.replace(b"a", b"b", 1))
    gates = here.gates(environment)
    assert (gates["approvals"].outcome, gates["stop"].outcome) == ("unknown", "unknown")
    assert "0000000001.json" in gates["approvals"].detail
    # The last one removed: the head names it.
    entry.unlink()
    assert "the ledger does not tell" in here.gates(environment)["approvals"].detail
    entry.write_bytes(kept)
    assert here.gates(environment)["approvals"].outcome == "passed"


def test_a_ledger_that_is_not_there_is_unknown(here: Desk) -> None:
    environment = approving(1, governance__ledger={"address": "elsewhere", "keys": "keys.json"})
    gate = here.gates(environment)["approvals"]
    assert "there is no ledger here" in gate.detail
    assert gate.supply == "Begin it: `modelway gates dev --record --begin --key KEY`."
    shutil.rmtree(here.root / "ledger" / "entries")
    assert here.gates(approving(2))["approvals"].says.startswith("2 people have approved")


def test_a_statement_of_a_later_form_is_unknown(here: Desk) -> None:
    environment = approving(1)
    subject = subject_of(environment, environment.models[MODEL])
    later = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "x", "digest": {"sha256": subject}}],
        "predicateType": "https://modelway.dev/approval/v9",
        "predicate": {"subject_sha256": subject},
    }
    here.ledger.append(later, here.signers[MACHINE])
    gate = here.gates(environment)["approvals"]
    assert gate.outcome == "unknown"
    assert "use the Modelway that wrote it" in gate.detail


@given(st.sets(st.sampled_from([OFFICE, HEAD, THIRD]), max_size=3), st.integers(1, 2))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_passes_with_enough_of_those_who_are_named(tmp_path_factory: pytest.TempPathFactory, who: set[str], wanted: int) -> None:
    here = desk(tmp_path_factory.mktemp("desk"))
    environment = approving(wanted)
    for one in sorted(who):
        here.approve(environment, one)
    assert (here.gates(environment)["approvals"].outcome == "passed") == (len(who & {OFFICE, HEAD}) >= wanted)


EVERYTHING = {
    "governance__tiers": {"high": {"approvers": 1, "proof": True, "soak": "7d"}},
    "governance__ledger": LEDGER["governance/ledger"],
    "governance__freezes": [{"from": "2026-06-15", "until": "2026-06-15", "reason": "A holiday."}],
    "promotion": {"from": "staging"},
}


@given(st.text(max_size=50), st.booleans())
def test_unknown_is_never_a_pass(why: str, declared: bool) -> None:
    environment = production(**EVERYTHING)
    found = judged(environment, STACK, Known(why_not=why or "it does not answer", declared=declared), NOW)
    of_ledger = {gate.id: gate.outcome for gate in found if gate.id in ("approvals", "proof", "freeze", "stop")}
    assert set(of_ledger.values()) == {"unknown"}
    assert {"approvals", "proof", "freeze"} <= {gate.id for gate in blocked(found, environment)}
    assert report(found).isprintable() or "\n" in report(found)
    assert all(gate.detail.isprintable() for gate in found)


# Days without releases.


def frozen(**other: Any) -> Environment:
    days = [{"from": "2026-06-15", "until": "2026-06-16", "reason": "A holiday.", **other}]
    return production(governance__freezes=days, governance__ledger=LEDGER["governance/ledger"])


def described(environment: Environment, released: datetime, stack: str = STACK, subject: str | None = None, **other: Any) -> Record:
    model = msgspec.structs.replace(made_model(), subject_sha256=subject or subject_of(environment, environment.models[MODEL]))
    said = {"environment": "dev", "models": [model], **other}
    return made_record(stack, released.strftime(STAMP), **said)


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        (datetime(2026, 6, 14, 23, 59, 59, tzinfo=UTC), "passed"),
        (datetime(2026, 6, 15, tzinfo=UTC), "missing"),
        (datetime(2026, 6, 16, 23, 59, 59, tzinfo=UTC), "missing"),
        (datetime(2026, 6, 17, tzinfo=UTC), "passed"),
        (datetime(2026, 6, 17, 1, tzinfo=UTC) - timedelta(hours=2), "missing"),
    ],
    ids=["before", "first-moment", "last-moment", "after", "before-its-end"],
)
def test_days_are_those_of_utc(here: Desk, now: datetime, outcome: str) -> None:
    assert here.gates(frozen(), now)["freeze"].outcome == outcome


def test_what_changes_nothing_is_not_frozen(here: Desk) -> None:
    environment = frozen()
    here.at(NOW - DAY)
    here.release(described(environment, NOW - 2 * DAY))
    assert here.gates(environment)["freeze"].outcome == "passed"
    other = frozen(tiers=["high"])
    assert here.gates(other)["freeze"].outcome == "passed", "freezes are no part of what is approved"
    changes = environment.model_copy(update={"models": approving(1, **{f"models__{MODEL}__endpoint__scaling__max": 11}).models})
    gate = here.gates(changes)["freeze"]
    assert gate.outcome == "missing"
    assert "A holiday." in gate.detail
    here.at(NOW)
    here.release(described(environment, NOW - DAY, subject="0" * 64))
    assert here.gates(environment)["freeze"].outcome == "missing", "the last release counts"


def test_a_record_that_does_not_say_what_was_described_is_unknown(here: Desk) -> None:
    environment = frozen()
    record = described(environment, NOW - DAY)
    silent = msgspec.structs.replace(record, models=[msgspec.structs.replace(record.models[0], subject_sha256=None)])
    here.release(silent)
    assert here.gates(environment)["freeze"].outcome == "unknown"


@pytest.mark.parametrize("of", ["dev", "staging"])
def test_a_release_of_a_later_form_is_unknown(here: Desk, of: str) -> None:
    later = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "x", "digest": {"sha256": "0" * 64}}],
        "predicateType": "https://modelway.dev/release/v99",
        "predicate": {"environment": of, "stack": f"{of}-models", "version": 99},
    }
    here.ledger.append(later, here.signers[MACHINE])
    environment = production(**EVERYTHING)
    gate = here.gates(environment)["freeze" if of == "dev" else "proof"]
    assert gate.outcome == "unknown"
    assert "use the Modelway that wrote it" in gate.detail
    assert gate.supply
    if of == "staging":
        assert here.gates(environment)["freeze"].supply.startswith("Wait until 2026-06-15 is over;")


def test_other_tiers_are_not_frozen(here: Desk) -> None:
    assert "freeze" not in here.gates(frozen(tiers=["low"]))


# Proof.


def proving(soak: str | None = "7d") -> Environment:
    tier = {"proof": True} | ({"soak": soak} if soak else {})
    differences = {"governance__tiers": {"high": tier}, "governance__ledger": LEDGER["governance/ledger"], "promotion": {"from": "staging"}}
    # One version that answers.
    return production(**differences, **{f"models__{MODEL}__endpoint__traffic": {"live": "2026.11.1"}})


def there(released: datetime, *shares: Any, **other: Any) -> Record:
    said = {"environment": "staging", "models": [made_model(*shares)], **other}
    return made_record("staging-models", released.strftime(STAMP), **said)


@pytest.mark.parametrize(("days", "outcome"), [(8, "passed"), (7, "passed"), (6, "missing")], ids=["longer", "exactly", "shorter"])
def test_a_version_has_answered_long_enough(here: Desk, days: int, outcome: str) -> None:
    here.at(NOW - days * DAY)
    here.release(there(NOW - days * DAY))
    gate = here.gates(proving())["proof"]
    assert (gate.outcome, gate.detail) == (outcome, f"2026.11.1: {days}d{' of 7d' if outcome == 'missing' else ''} in staging")


def test_it_never_answered_there(here: Desk) -> None:
    gate = here.gates(proving(None))["proof"]
    assert (gate.outcome, gate.detail) == ("missing", "2026.11.1: it has not answered in staging")
    assert "modelway release record" in gate.supply


@pytest.mark.parametrize(
    ("share", "other", "said"),
    [
        (made_share(image=f"credit-risk@sha256:{C}", found=Found(f"sha256:{C}", None, 100, 0)), {}, "has not answered"),
        (made_share(weights=f"w@sha256:{C}"), {}, "has not answered"),
        (made_share(found=Found(f"sha256:{C}", None, 100, 0)), {}, "with another image"),
        (made_share(found=Found(f"sha256:{A}", C, 100, 0)), {}, "with other weights"),
        (made_share(found=Found(f"sha256:{A}", None, 0, 0)), {}, "found to give it no requests"),
        (made_share(found=None), {}, "does not tell what was live"),
        (made_share(percent=0, copied=50), {}, "gave it no requests"),
        (made_share(), {"differences": ["x: y"]}, "was not as described, in 1 places"),
        (made_share(), {"environment": "dev"}, "has not answered"),
    ],
    ids=["image", "weights", "found-image", "found-weights", "found-nothing", "not-told", "copies", "differences", "elsewhere"],
)
def test_what_proves_nothing(here: Desk, share: Any, other: dict[str, Any], said: str) -> None:
    here.at(NOW - 30 * DAY)
    here.release(there(NOW - 30 * DAY, share, **other))
    gate = here.gates(proving())["proof"]
    assert gate.outcome == "missing"
    assert said in gate.detail


def test_times_are_taken_together_and_end_with_the_next_release(here: Desk) -> None:
    for days, share in ((20, made_share()), (16, made_share("2026.10.0", weights=f"w@sha256:{C}")), (3, made_share())):
        here.at(NOW - days * DAY)
        here.release(there(NOW - days * DAY, share))
    assert here.gates(proving())["proof"].detail == "2026.11.1: 7d in staging"


def test_a_release_was_not_live_before_the_ledger_says_so_nor_in_the_future(here: Desk) -> None:
    here.at(NOW - DAY)
    here.release(there(NOW + 30 * DAY))
    assert here.gates(proving())["proof"].detail == "2026.11.1: 1d of 7d in staging"


def test_what_a_person_signed_is_no_release(here: Desk) -> None:
    here.at(NOW - 30 * DAY)
    here.release(there(NOW - 30 * DAY), key=OFFICE)
    assert here.gates(proving())["proof"].outcome == "missing"


# Stops and broken glass.


def test_a_model_that_was_stopped_is_not_started_by_a_release(here: Desk) -> None:
    environment = production(governance__ledger=LEDGER["governance/ledger"])
    assert here.gates(environment)["stop"].outcome == "passed"
    here.stop(drill=True)
    assert here.gates(environment)["stop"].outcome == "passed"
    here.stop()
    gate = here.gates(environment)["stop"]
    assert gate.outcome == "missing"
    assert "It discriminates." in gate.detail
    assert "--resume" in gate.supply
    pinned = production(governance__ledger=LEDGER["governance/ledger"], **{f"models__{MODEL}__pin": "2026.11.1"})
    here.stop({"2026.11.1": 100})
    assert here.gates(pinned)["stop"].outcome == "passed"


def test_broken_glass_lets_one_stack_pass_for_a_while(here: Desk) -> None:
    environment = approving(1)
    here.at(NOW)
    here.break_glass()
    found = judged(environment, STACK, here.known(environment), NOW + timedelta(hours=1))
    assert not blocked(found, environment)
    gate = {one.id: one for one in found}["approvals"]
    assert gate.outcome == "broken_glass"
    assert gate.detail.startswith(f"missing: 0 of 1; {OFFICE} broke the glass until 2026-06-15T14:00:00")
    assert "It burns." in gate.detail
    assert gate.supply
    assert here.gates(environment, NOW + timedelta(hours=1))["owner"].outcome == "passed"
    assert here.gates(environment, NOW + timedelta(hours=2))["approvals"].outcome == "missing"


@pytest.mark.parametrize(
    "said",
    [{"stack": "dev"}, {"hours": 25}, {"key": MACHINE}, {"key": HEAD}],
    ids=["another-stack", "too-long", "a-machine", "somebody-else"],
)
def test_glass_that_is_not_broken(here: Desk, said: dict[str, Any]) -> None:
    environment = approving(1)
    here.at(NOW)
    here.break_glass(**said)
    assert here.gates(environment, NOW)["approvals"].outcome == "missing"
    assert broken_glass(here.known(environment), STACK, NOW) is None


def test_what_others_wrote_is_inert_and_shows_no_credential(here: Desk) -> None:
    environment = approving(1)
    here.at(NOW)
    key = "AKIA" + "IOSFODNN7EXAMPLE"
    here.break_glass(reason=f"\x1b[2J {key}\nowner passed\u202e")
    gate = here.gates(environment)["approvals"]
    assert gate.detail.isprintable()
    assert key not in gate.detail
    assert len(gate.detail) < 1000


# The decision.


def test_the_decision_is_a_signed_statement_about_descriptions(here: Desk) -> None:
    environment = approving(1)
    found = judged(environment, STACK, here.known(environment), NOW)
    made = decided(environment, STACK, found, NOW)
    assert made.go is False
    here.ledger.append(statement(environment, made), here.signers[MACHINE])
    here.approve(environment)
    again = decided(environment, STACK, judged(environment, STACK, here.known(environment), NOW), NOW)
    assert again.go is True
    here.ledger.append(statement(environment, again), here.signers[MACHINE])
    assert [said.go for _, said in GATE.all_in(here.ledger)] == [False, True]
    subjects = statement(environment, made)["subject"]
    assert subjects == [{"name": "dev/credit-risk/description", "digest": {"sha256": subject_of(environment, environment.models[MODEL])}}]


def test_gates_are_in_the_order_of_models() -> None:
    environment = production()
    two = environment.model_copy(update={"models": {"z": environment.models[MODEL], "a": environment.models[MODEL]}})
    assert [gate.model for gate in judged(two, None, UNDECLARED, NOW)] == ["a", "z"]
    assert replace(judged(two, None, UNDECLARED, NOW)[0], outcome="unknown").open


def test_a_bucket_that_nobody_may_ask_is_unknown(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(here.root / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(here.root / "none"))
    gate = here.gates(approving(1, governance__ledger={"address": "s3://nowhere/x/", "keys": "keys.json"}))["approvals"]
    assert gate.outcome == "unknown"
    assert "there are no AWS credentials" in gate.detail


@pytest.mark.parametrize("unlisted", [0, 1, 2])
def test_what_is_written_while_the_ledger_is_read_is_read_too(here: Desk, unlisted: int) -> None:
    for who in (OFFICE, HEAD, THIRD):
        here.approve(approving(2), who)

    class Earlier(Folder):
        """Listed before the last ones were written."""

        def names(self) -> list[str]:
            return super().names()[: 4 - unlisted]

    store = cast(Store, Earlier(here.root / "ledger"))
    found = reading.entries(here.ledger, store, Counting(approving(2), ()))
    assert [one.sequence for one in found] == [1, 2, 3]


def test_a_release_of_no_interest_cannot_be_changed_either(here: Desk) -> None:
    environment = approving(1)
    here.release(there(NOW - DAY, environment="elsewhere"))
    here.approve(environment)
    found = here.known(environment)
    assert [one.sequence for one in found.entries] == [2]
    file = here.root / "ledger" / "entries" / "0000000001.json"
    kept = file.read_bytes()
    other = desk(_made(here.root / "other"))
    other.release(there(NOW - DAY, environment="elsewhere"))
    file.write_bytes((here.root / "other" / "ledger" / "entries" / "0000000001.json").read_bytes())
    assert here.gates(environment)["approvals"].outcome == "unknown"
    file.write_bytes(kept)
    assert here.gates(environment)["approvals"].outcome == "passed"
    assert store_at(str(here.root / "ledger")).names() == [f"000000000{number}.json" for number in range(3)]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
