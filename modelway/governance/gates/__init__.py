"""Gates: what has to be true of a model before a release changes what is live, by the risk that it is of.

found = judged(environment, "prod-models-risk", known(environment, root), now)
if blocked(found, environment): nothing may be changed, and what is missing is listed, with how to supply it.

What nobody could look at is unknown, and that is never a pass. `judged` reads no file and no clock; `known` reads the ledger.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from modelway.architecture import Environment, layout
from modelway.errors import ModelwayError
from modelway.governance.gates.described import described
from modelway.governance.gates.gate import Gate, Outcome, blocks, shown
from modelway.governance.gates.known import UNDECLARED, Known, known
from modelway.governance.gates.recorded import recorded

if TYPE_CHECKING:
    from modelway.governance.break_glass import BrokenGlass

__all__ = ["UNDECLARED", "Gate", "Known", "Outcome", "blocked", "blocks", "broken_glass", "judged", "known", "report", "served_by"]


def judged(environment: Environment, stack: str | None, known: Known, now: datetime) -> list[Gate]:
    """The gates of every model that a stack serves, or that the whole environment does, by model; none where nothing serves. Where somebody
    broke the glass for its stack, what would block is `broken_glass`."""
    found = []
    for name in served_by(environment, stack):
        model = environment.models[name]
        of_model = [
            *described(environment, name, model, now.astimezone(UTC).date()),
            *recorded(environment, name, model, known, now),
        ]
        if any(blocks(gate, environment) for gate in of_model):
            glass = broken_glass(known, layout.stack_of(environment, model), now)
            if glass is not None:
                of_model = [_let_pass(gate, glass) if blocks(gate, environment) else gate for gate in of_model]
        found += of_model
    return found


def served_by(environment: Environment, stack: str | None = None) -> list[str]:
    """Names of the models that a stack serves, or that the whole environment does."""
    return [
        name
        for name, model in sorted(environment.models.items())
        if model.serving is not None and stack in (None, layout.stack_of(environment, model))
    ]


def blocked(gates: Sequence[Gate], environment: Environment) -> list[Gate]:
    """Those because of which no release may change what is live."""
    return [gate for gate in gates if blocks(gate, environment)]


def broken_glass(known: Known, stack: str, now: datetime) -> "BrokenGlass | None":
    """What lets a stack pass its gates now; None where nothing does, or nobody knows."""
    if known.why_not or not (entries := known.of("break-glass")):
        return None
    from modelway.governance.break_glass import in_force

    try:
        return in_force(entries, stack, now, known.keys)
    except ModelwayError:
        # Of a form that is not known here: it lets nothing pass.
        return None


def report(gates: Sequence[Gate]) -> str:
    """Gates that are open, a line each, and how what is missing is supplied."""
    lines = []
    for gate in gates:
        lines.append(f"  {gate.model}: {gate.id} {gate.outcome.replace('_', ' ')}: {gate.says}: {gate.detail}")
        if gate.supply:
            lines.append(f"    {gate.supply}")
    return "\n".join(lines)


def _let_pass(gate: Gate, glass: "BrokenGlass") -> Gate:
    by = shown(f"{glass.who} broke the glass until {glass.until}: {glass.reason}")
    return replace(gate, outcome="broken_glass", detail=f"{gate.outcome}: {gate.detail}; {by}")
