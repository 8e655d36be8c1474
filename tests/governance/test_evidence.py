"""Evidence: the table of subcategories, how results, strengths and links follow from what was found, and each kind of check."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.architecture import Environment
from modelway.governance.evidence import collecting
from modelway.governance.evidence.checks import Check
from modelway.governance.evidence.facts import OUTCOMES, STRENGTHS, Facts, Found
from modelway.governance.evidence.judging import TABLE, Checked, Evidence, counts, judged
from modelway.governance.evidence.row import Row
from modelway.governance.gates import UNDECLARED, Known
from modelway.governance.gates import judged as gates_of
from modelway.governance.ledger.store import store_at
from modelway.governance.verifier import stamp
from modelway.rules.stack import Resource
from modelway.rules.subjects import Subject
from tests.support.gated import HEAD, MACHINE, MODEL, NOW, OFFICE, STACK, THIRD, Desk, desk, production
from tests.support.made_records import made_model, made_record, made_share

DAY = NOW.date()
VERSION = f"models/{MODEL}/versions/2026.11.1"


def facts(environment: Environment, told: Desk | None = None, day: date = DAY, **other: Any) -> Facts:
    known = told.known(environment) if told is not None else UNDECLARED
    until = collecting.end_of(day)
    recorded = None
    if told is not None:
        assert not known.why_not
        recorded = collecting.recorded(environment, "ledger", known.entries, known.keys, day)
        known = Known([one for one in known.entries if one.time <= until], known.keys)
    gates = gates_of(environment, None, known, until)
    found = collecting.verdicts(environment, day, {})
    return Facts(environment, day, found, gates=gates, recorded=recorded, **other)


def checks(made: Facts) -> Mapping[str, Checked]:
    return {checked.check: checked for one in judged(made) for checked in one.checked}


def of(environment: Environment, check: str, **other: Any) -> Checked:
    return checks(facts(environment, **other))[check]


def test_the_table_has_all_subcategories() -> None:
    numbers = {
        "GOVERN": (7, 3, 2, 3, 2, 2),
        "MAP": (6, 3, 5, 2, 2),
        "MEASURE": (3, 13, 3, 3),
        "MANAGE": (4, 4, 2, 3),
    }
    expected = [
        f"{function} {category}.{number}"
        for function, most in numbers.items()
        for category, last in enumerate(most, 1)
        for number in range(1, last + 1)
    ]
    assert len(expected) == 72
    assert [row.id for row in TABLE] == expected
    assert sum(bool(row.checks) for row in TABLE) >= 50


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)
def test_a_row_is_whole(row: Row) -> None:
    assert bool(row.checks) == (row.link is not None)
    assert row.gist.endswith(".")
    # A reason is a sentence; what is looked at stands in the middle of one.
    assert row.control.endswith(".") == (row.link is None)
    assert row.link is None or row.neighbours


def test_a_check_of_one_name_is_one_check() -> None:
    made = facts(production(), resources={}, seen=frozenset({STACK}))
    found: dict[str, tuple[Found, ...]] = {}
    for row in TABLE:
        for check in row.checks:
            assert found.setdefault(check.name, tuple(check.judge(made))) == tuple(check.judge(made)), check.name


any_found = st.builds(
    Found,
    st.sampled_from(OUTCOMES),
    st.just("found"),
    st.none() | st.sampled_from(STRENGTHS),
    st.just(()),
    st.sampled_from(("", "rule a")),
    st.sampled_from(("", "until then")),
)
any_checks = st.lists(st.lists(any_found, max_size=3), min_size=1, max_size=3)


@given(any_checks, st.sampled_from(("enforced", "evidenced", "pointer")))
def test_no_more_is_shown_than_was_found(found: list[list[Found]], link: Any) -> None:
    def check(number: int, says: list[Found]) -> Check:
        return Check(f"check {number}", lambda _: iter(says))

    row = Row("MAP 1.1", "Gist.", "control", link, tuple(check(*one) for one in enumerate(found)))
    (one,) = judged(facts_of_nothing(), [row])
    outcomes = [one.outcome for says in found for one in says]
    assert one.outcome == min(outcomes, key=OUTCOMES.index, default="not asked")
    # Met alone: nothing that is not met, not known, lends its strength.
    met = [says for says in found if says and min((each.outcome for each in says), key=OUTCOMES.index) == "met"]
    weakest = [
        min(known, key=STRENGTHS.index)
        for says in met
        if (known := [each.strength for each in says if each.outcome == "met" and each.strength])
    ]
    assert one.strength == max(weakest, key=STRENGTHS.index, default=None)
    held = any(all(each.held_by for each in says if each.outcome == "met") for says in met)
    assert (one.link == "enforced") <= held
    assert (one.link is None) == (not met)
    assert (one.told == "met") == (set(outcomes) == {"met"})
    assert one.let_through <= (
        one.outcome == "not met" and all(each.excepted for says in found for each in says if each.outcome == "not met")
    )


def test_a_check_is_as_strong_as_its_weakest_part() -> None:
    parts = (Found("met", "written", "field", held_by="a"), Found("met", "done", "drill", held_by="a"))
    both = Check("both", lambda _: iter(parts))
    seen = Check("seen", lambda _: iter((Found("met", "seen", "resource"),)))
    (one,) = judged(facts_of_nothing(), [Row("MAP 1.1", "Gist.", "control", "enforced", (both,))])
    assert one.strength == "field"
    (one,) = judged(facts_of_nothing(), [Row("MAP 1.1", "Gist.", "control", "enforced", (both, seen))])
    assert (one.strength, one.link) == ("resource", "enforced")


def facts_of_nothing() -> Facts:
    return Facts(production(), DAY)


APPROVERS = {"approvers": [OFFICE, HEAD]}
ROLES = {"accountable": "boss@example.com", "overseer": OFFICE}
OVERSIGHT = {"mode": "on_the_loop", "escalation": OFFICE}


def asking(*requires: str) -> dict[str, object]:
    return {"governance__tiers": {"high": {"requires": list(requires)}}}


def with_governance(**said: object) -> Environment:
    return production(**{f"models__{MODEL}__governance": {**APPROVERS, **said}, "governance__tiers": {}})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("intended_use", "Sorts loans."),
        ("legal_basis", ["EU AI Act, Annex III 5(b)"]),
        ("roles", ROLES),
        ("human_oversight", OVERSIGHT),
        ("decommission", {"retain_days": 365}),
        ("feedback", "https://example.com/appeal"),
        ("limits", ["Nothing of people without a loan."]),
        ("unmeasured", [{"risk": "People learn it.", "reason": "Seen over years."}]),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else "",
)
def test_a_field_is_weak_proof_and_nothing_when_it_is_empty(name: str, value: object) -> None:
    said = of(with_governance(**{name: value}), f"field {name}")
    assert (said.outcome, said.strength) == ("met", "field")
    assert said.found[0].proofs[0].at == f"models.{MODEL}.governance.{name}"
    # Nothing asks for it, so nothing holds it.
    assert said.held_by == ""
    empty = of(with_governance(intended_use="x") if name != "intended_use" else with_governance(limits=["x"]), f"field {name}")
    assert (empty.outcome, empty.strength) == ("not asked", None)


def test_what_a_tier_asks_for_is_held_by_the_description() -> None:
    asked = production(**{f"models__{MODEL}__governance__roles": ROLES}, **asking("roles"))
    assert "modelway validate" in of(asked, "field roles").held_by
    until = DAY + timedelta(days=10)
    without = {**APPROVERS, "exceptions": [{"rule": "roles", "reason": "Being named.", "owner": OFFICE, "expires": until.isoformat()}]}
    waived = production(**{f"models__{MODEL}__governance": without}, **asking("roles"))
    found = of(waived, "field roles")
    assert (found.outcome, found.let_through) == ("not met", True)
    assert "Being named." in found.found[0].excepted
    over = of(waived, "field roles", day=until + timedelta(days=1))
    assert (over.outcome, over.let_through) == ("not met", False)


def test_a_file_that_a_model_names_has_to_be_there() -> None:
    named = with_governance(model_card="docs/cards/credit-risk.md")
    card = "docs/cards/credit-risk.md"
    there = of(named, "file model_card", files={card: "ab" * 32})
    assert there.outcome == "met"
    assert there.found[0].proofs[-1].at == f"{card}@sha256:{'ab' * 32}"
    assert of(named, "file model_card", files={card: None}).outcome == "not met"
    # What is somewhere else nobody has looked at; that it is named is all there is.
    away = of(with_governance(model_card="https://example.com/card"), "file model_card")
    assert (away.outcome, [proof.kind for proof in away.found[0].proofs]) == ("met", ["field"])


def evaluated(**said: object) -> Environment:
    return production(**{f"models__{MODEL}__versions__2026.11.1__evaluation": {"metrics": {"auc": 0.9}, **said}})


def test_who_evaluated_and_when() -> None:
    owner = production().models[MODEL].owner
    name = "field versions.evaluation.by, not its owner"
    assert of(evaluated(by=owner.upper() if owner.islower() else owner.lower()), name).outcome == "not met"
    assert of(evaluated(by=HEAD), name).outcome == "met"
    assert of(evaluated(), name).outcome == "not asked"
    asked = {
        "governance__tiers": {"high": {"review_days": 30}},
        f"models__{MODEL}__governance": {**APPROVERS, "reviewed": "2026-06-01", "review_by": "2026-06-30"},
    }
    for days, outcome in ((0, "met"), (30, "met"), (31, "not met"), (-1, "not met")):
        day = (DAY - timedelta(days=days)).isoformat()
        evaluation = {f"{VERSION.replace('/', '__')}__evaluation": {"metrics": {"auc": 0.9}, "day": day}}
        assert of(production(**asked, **evaluation), "field versions.evaluation.day").outcome == outcome, days


def test_others_are_named_whole() -> None:
    whole = {"name": "bert", "kind": "base_model", "version": "1", "license": "MIT", "sha256": "ab" * 32, "alternative": "The old one."}
    for part in ("license", "version", "sha256", "alternative"):
        assert of(with_governance(third_party=[whole]), f"field third_party.{part}").outcome == "met"
        less = {key: value for key, value in whole.items() if key != part}
        found = of(with_governance(third_party=[whole, {**less, "name": "other"}]), f"field third_party.{part}")
        assert (found.outcome, found.found[-1].proofs[0].at) == ("not met", f"models.{MODEL}.governance.third_party[1].{part}")


def resource(urn: str) -> Resource:
    return Resource(urn, Subject(urn.split("::")[2].rpartition("$")[2], {}))


RULES_URN = (
    f"urn:pulumi:{STACK}::modelway::modelway:index:EndpointMonitoring$kubernetes:monitoring.coreos.com/v1:PrometheusRule::{MODEL}-rules"
)


def test_a_resource_is_proof_only_where_it_was_seen() -> None:
    environment = production()
    name = "resource alert rules"
    assert of(environment, name).outcome == "unknown"
    assert of(environment, name, seen=frozenset({STACK})).outcome == "not met"
    seen, stacks = collecting.seen_in({STACK: [resource(RULES_URN)]}, None, None)
    found = of(environment, name, resources=seen, seen=stacks)
    assert (found.outcome, found.strength) == ("met", "resource")
    assert found.found[0].proofs[0].at == f"{RULES_URN} (state of {STACK})"
    # Neither another model's nor another environment's.
    for other in (RULES_URN.replace(f"::{MODEL}-", f"::{MODEL}er-"), RULES_URN.replace(STACK, "prod-models")):
        assert of(environment, name, resources={other: "state"}, seen=frozenset({STACK})).outcome == "not met"


def test_rules_are_unknown_until_every_stack_was_judged() -> None:
    environment = production()
    everything = frozenset({"dev", STACK})
    assert of(environment, "rule pinned-digest").outcome == "unknown"
    assert of(environment, "rule pinned-digest", judged=frozenset({"dev"})).outcome == "unknown"
    assert of(environment, "rule pinned-digest", judged=everything).found == ()
    held = of(environment, "rule all that bind", judged=everything)
    assert held.outcome == "not met"
    assert "declared-drift" in held.found[0].says
    # A rule about descriptions needs no state.
    broken = of(environment, "rule declared-drift")
    assert (broken.outcome, broken.found[0].proofs[0].at) == ("not met", f"declared-drift models.{MODEL}")


def test_an_excepted_rule_is_not_met_and_says_until_when() -> None:
    until = (DAY + timedelta(days=3)).isoformat()
    grant = {"rule": "declared-drift", "resource": f"models.{MODEL}", "reason": "No image yet.", "approved_by": HEAD, "expires": until}
    environment = production(governance__exceptions=[grant])
    found = of(environment, "rule declared-drift")
    assert (found.outcome, found.let_through) == ("not met", True)
    assert found.found[0].excepted == f"until {until}: No image yet."
    assert not of(environment, "rule declared-drift", day=DAY + timedelta(days=4)).let_through


@pytest.fixture
def told(tmp_path: Path) -> Desk:
    made = desk(tmp_path)
    made.at(NOW - timedelta(hours=1))
    return made


def ledgered(**differences: Any) -> Environment:
    return production(governance__ledger={"address": "ledger", "keys": "keys.json"}, **differences)


def test_a_drill_is_the_strongest_and_grows_old(told: Desk) -> None:
    environment = ledgered()
    assert of(environment, "drill stop").outcome == "unknown"
    assert of(environment, "drill stop", told=told).outcome == "not met"
    told.stop()
    # What was stopped in earnest is no drill.
    assert of(environment, "drill stop", told=told).outcome == "not met"
    told.stop(drill=True)
    found = of(environment, "drill stop", told=told)
    assert (found.outcome, found.strength) == ("met", "drill")
    assert found.found[0].proofs[0].at.startswith("2 sha256:")
    assert of(environment, "drill stop", told=told, day=DAY + timedelta(days=366)).outcome == "met"
    assert of(environment, "drill stop", told=told, day=DAY + timedelta(days=367)).outcome == "not met"
    # Nobody knew of it the day before.
    assert of(environment, "drill stop", told=told, day=DAY - timedelta(days=1)).outcome == "not met"


def test_a_drill_is_as_old_as_it_says_though_its_record_was_added_later(told: Desk) -> None:
    told.stop(drill=True, when=stamp(NOW - timedelta(days=400)))
    assert of(ledgered(), "drill stop", told=told).outcome == "not met"
    told.stop(drill=True, when="long ago")
    assert of(ledgered(), "drill stop", told=told).outcome == "not met"
    told.stop(drill=True, when=stamp(NOW - timedelta(days=300)))
    told.stop(drill=True, when=stamp(NOW - timedelta(days=500)))
    assert of(ledgered(), "drill stop", told=told).outcome == "met"


def test_a_drill_by_somebody_elses_key_is_none(told: Desk) -> None:
    told.stop(drill=True, who=HEAD)
    assert of(ledgered(), "drill stop", told=told).outcome == "not met"


def test_approvals_count_of_exactly_this_description(told: Desk) -> None:
    asked = {"governance__tiers": {"high": {"approvers": 2}}}
    environment = ledgered(**asked)
    told.approve(environment, OFFICE)
    assert of(environment, "ledger approvals", told=told).outcome == "not met"
    told.approve(environment, HEAD)
    found = of(environment, "ledger approvals", told=told)
    assert (found.outcome, found.strength) == ("met", "verdict")
    other = ledgered(**asked, **{f"models__{MODEL}__description": "Another."})
    assert of(other, "ledger approvals", told=told).outcome == "not met"


def test_an_approval_by_who_is_not_asked_for_it_is_none(told: Desk) -> None:
    environment = ledgered(governance__tiers={"high": {"approvers": 1}})
    told.approve(environment, THIRD)
    told.approve(environment, environment.models[MODEL].owner, MACHINE)
    assert told.gates(environment)["approvals"].outcome == "missing"
    assert of(environment, "ledger approvals", told=told).outcome == "not met"
    told.approve(environment, HEAD)
    assert of(environment, "ledger approvals", told=told).outcome == "met"


def test_a_release_that_does_not_tell_what_was_live_is_unknown(told: Desk) -> None:
    environment = ledgered()
    told.release(made_record("dev", environment="dev"))
    silent = made_model(made_share(found=None))
    told.release(made_record(STACK, environment="dev", models=[silent]))
    found = of(environment, "ledger release", told=told)
    assert found.outcome == "unknown"
    assert "does not tell what was live of credit-risk 2026.11.1" in found.found[1].says
    seen = made_model(made_share(found=None, seen=made_share().found))
    told.release(made_record(STACK, environment="dev", models=[seen]))
    assert of(environment, "ledger release", told=told).outcome == "met"


def test_releases_are_read_back_or_not_met(told: Desk) -> None:
    environment = ledgered()
    for name in ("ledger release", "ledger policy", "ledger plan"):
        assert of(environment, name).outcome == "unknown"
        assert of(environment, name, told=told).outcome == "not met"
    for stack in ("dev", STACK):
        told.release(made_record(stack, environment="dev", plan_sha256="ab" * 32))
    made = checks(facts(environment, told))
    assert (made["ledger release"].outcome, made["ledger release"].strength) == ("met", "resource")
    assert made["ledger plan"].outcome == "met"
    told.release(made_record(STACK, "2026-03-15T09:00:00.000000Z", environment="dev", differences=["another image is live"]))
    assert of(environment, "ledger release", told=told).outcome == "not met"
    # What was live earlier and was recorded late changes nothing.
    told.release(made_record(STACK, "2026-03-01T09:00:00.000000Z", environment="dev"))
    assert of(environment, "ledger release", told=told).outcome == "not met"


def test_what_was_released_stands_for_a_state(told: Desk) -> None:
    from modelway.governance.record import canonical, hashed

    environment = ledgered()
    graph = {RULES_URN: "0" * 64}
    store = store_at(str(told.root / "ledger"))
    store.create(f"kept/{hashed(graph)}.json", canonical(graph))
    told.release(made_record(STACK, environment="dev", graph_sha256=hashed(graph)))

    def found() -> Checked:
        recorded = facts(environment, told).recorded
        seen, stacks = collecting.seen_in({}, recorded, store)
        return of(environment, "resource alert rules", told=told, resources=seen, seen=stacks)

    assert found().outcome == "met"
    assert "release 1, read back from the state" in found().found[0].proofs[0].at
    told.release(made_record(STACK, "2026-03-15T09:00:00.000000Z", environment="dev", graph_sha256=hashed(graph), differences=["gone"]))
    assert found().outcome == "unknown"


def test_incidents_are_told(told: Desk) -> None:
    environment = ledgered()
    assert of(environment, "ledger stops", told=told).outcome == "not asked"
    told.stop()
    told.break_glass()
    found = of(environment, "ledger stops", told=told)
    assert [one.says.partition(":")[0] for one in found.found] == [
        f"{MODEL} was stopped by {OFFICE}",
        f"{OFFICE} let {STACK} pass its gates until {(NOW + timedelta(hours=1)).strftime('%Y-%m-%dT%H')}",
    ]


def test_nothing_is_taken_for_good_where_nobody_could_look() -> None:
    made = facts(production())
    for one in every(judged(made)):
        if one.check.startswith(("ledger", "drill")):
            assert one.outcome == "unknown", one.check
        if one.check.startswith("resource") and one.found:
            assert one.outcome in ("unknown", "not asked"), one.check


def every(evidence: tuple[Evidence, ...]) -> Iterator[Checked]:
    for one in evidence:
        yield from one.checked


def test_all_subcategories_are_counted() -> None:
    assert sum(counts(judged(facts(production()))).values()) == 72
