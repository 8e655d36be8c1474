"""Which entries of a ledger are counted with: few, and gates say the same with them as with all."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelway.architecture import Environment
from modelway.governance.evidence.collecting import end_of, recorded
from modelway.governance.gates import judged, known
from modelway.governance.gates.known import counted_with, opened
from modelway.governance.record import Record
from modelway.governance.verifier import stamp
from tests.support.gated import HEAD, LEDGER, MACHINE, MODEL, NOW, OFFICE, STACK, THIRD, Desk, approving, desk, production
from tests.support.made_records import made_model, made_record, made_share

DAY = timedelta(days=1)
STACKS = ("staging-a", "staging-b")


def asking() -> Environment:
    """Asks for all that a ledger may tell."""
    asked = {"governance__tiers": {"high": {"approvers": 1, "proof": True, "soak": "7d"}}, "promotion": {"from": "staging"}}
    freezes = [{"from": "2026-06-01", "until": "2026-06-30", "reason": "The half-year ends.", "tiers": []}]
    return production(governance__ledger=LEDGER["governance/ledger"], governance__freezes=freezes, **asked)


def released(environment: Environment, stack: str, days: int, *, proves: bool) -> Record:
    """A release of one of its versions, as it is described or with other weights."""
    version, described = next(iter(environment.models[MODEL].versions.items()))
    weights = described.weights.sha256 if proves else "d" * 64
    share = made_share(version, image=f"risk@{described.image.digest}", weights=f"risk@sha256:{weights}", found=None)
    of = "dev" if stack == STACK else "staging"
    return made_record(stack, stamp(NOW - days * DAY), environment=of, models=[made_model(share, name=MODEL)])


said = st.tuples(
    st.sampled_from(["release", "release", "release", "approve", "take back", "stop", "glass", "another"]),
    st.sampled_from([*STACKS, STACK]),
    st.integers(0, 40),
    st.booleans(),
    st.sampled_from([MACHINE, MACHINE, OFFICE]),
)


@settings(max_examples=10, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.lists(said, max_size=8))
def test_gates_and_evidence_say_the_same_as_with_all_entries(tmp_path_factory: pytest.TempPathFactory, told: list[Any]) -> None:
    here, environment = desk(tmp_path_factory.mktemp("counting")), asking()
    for number, (what, stack, days, proves, key) in enumerate(told):
        here.at(NOW - timedelta(hours=len(told) - number))
        if what == "release":
            here.release(released(environment, stack, days, proves=proves), key)
        elif what in ("approve", "take back"):
            here.approve(
                environment if proves else approving(2),
                HEAD if days % 2 else THIRD,
                **({"expires": stamp(NOW - 30 * DAY), "when": stamp(NOW - 31 * DAY)} if what == "take back" else {}),
            )
        elif what == "stop":
            here.stop()
        elif what == "glass":
            here.break_glass()
        else:
            here.release(made_record("other", stamp(NOW - days * DAY), environment="elsewhere"), key)
    whole, few = known(environment, here.root), known(environment, here.root, whole=False)
    assert not whole.why_not
    assert not few.why_not
    assert judged(environment, STACK, few, NOW) == judged(environment, STACK, whole, NOW)
    ledger, keys = opened(environment, here.root)
    for day in (NOW.date() - DAY, NOW.date()):
        few_then = counted_with(environment, ledger, keys, end_of(day))
        then, all_then = (recorded(environment, "there", entries, keys, day) for entries in (few_then, whole.entries))
        assert [(one.number, stack) for stack, one in then.last.items()] == [(one.number, stack) for stack, one in all_then.last.items()]
        assert (then.drills, then.stops, then.approvals) == (all_then.drills, all_then.stops, all_then.approvals)
        assert then.entries[-1:] == all_then.entries[-1:]


def test_of_many_releases_few_are_counted_with(tmp_path: Path) -> None:
    here: Desk = desk(tmp_path)
    environment = asking()
    here.at(NOW)
    for days in range(30, 0, -1):
        here.release(released(environment, "staging-a", days, proves=days == 20))
        here.release(released(environment, STACK, days, proves=False))
    counted = known(environment, tmp_path, whole=False)
    # What proves, what ended that, and the last of its own stack, which is the last entry too.
    assert [one.sequence for one in counted.entries] == [21, 23, 60]
    whole = known(environment, tmp_path)
    assert judged(environment, STACK, counted, NOW) == judged(environment, STACK, whole, NOW)
