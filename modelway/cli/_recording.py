"""What `modelway release record` records besides commit and state: what was given in files, and what the ledger tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from modelway.architecture import Environment
    from modelway.governance.ledger import Entry, Key
    from modelway.governance.record import Record
    from modelway.governance.recording import Given, ReadBack, Rendering
    from modelway.operations.rendering import Rendered


@dataclass(frozen=True)
class Files:
    """What was given."""

    plan: Path | None
    policy: Path | None
    approvals: Path | None

    def read(self, stack: str) -> "Given":
        """What they say. Raises WrongUsage."""
        from modelway.governance.given import approvals_in, policy_in, sha256_of
        from modelway.governance.recording import Given

        return Given(
            sha256_of(self.plan) if self.plan else None,
            policy_in(self.policy, stack) if self.policy else None,
            approvals_in(self.approvals) if self.approvals else (),
        )


def with_ledger(
    given: "Given",
    entries: "Sequence[Entry]",
    keys: "Sequence[Key]",
    environment: "Environment",
    state: "ReadBack",
    author: str,
    now: "datetime",
) -> "Given":
    """What was given, and what the ledger tells besides: approvals where none were given, gates, stops, and whose glass was broken. All but
    stops as of when the state was written. Raises NotARecord."""
    from dataclasses import replace

    from modelway.governance import taken
    from modelway.governance.gates import Known, judged
    from modelway.governance.record_parts import Gate
    from modelway.governance.recording import of_stack, released_at

    released = released_at(state)
    models = [model for model in of_stack(environment, state.stack) if model.serving is not None]
    approvals, against = (given.approvals, ()) if given.approvals else taken.approvals(entries, keys, environment, models, author, released)
    # As they were when the release went live: what was said later let nothing pass.
    gates = judged(environment, state.stack, Known(taken.until(entries, released), keys), released)
    return replace(
        given,
        approvals=approvals,
        against=against,
        gates=[Gate(one.id, one.model, one.outcome, one.detail) for one in gates],
        broken=taken.broken(entries, keys, state.stack, (released, now)),
        stops=taken.stopped(entries, keys, environment.environment, models),
    )


def loud(record: "Record") -> list[str]:
    """What nobody who records may miss, a line each."""
    from modelway.escaping import line

    lines = [
        f"GLASS BROKEN: {one.who} let {record.stack} pass its gates until {one.until}: {one.reason}. Record what was missing afterwards."
        for one in record.break_glass
    ]
    lines += [
        f"STOPPED: {model.model} is under the stop of {model.stopped.who} of {model.stopped.when}: {model.stopped.reason}"
        for model in record.models
        if model.stopped is not None
    ]
    return [line(one) for one in lines]


def exported(stack: str) -> "ReadBack":
    """The state of a stack, as the engine has it."""
    from modelway.cli import _recorded
    from modelway.operations.preview import private_folder, project_here

    project = project_here()
    with private_folder(project.root) as folder:
        file = folder / "state.json"
        project.engine.export_to(stack, file)
        return _recorded.read_back(file)


def rendering(rendered: "Rendered") -> "Rendering":
    """What the program asks for, as governance knows it."""
    from modelway.governance.recording import Rendering

    return Rendering(rendered.resolved, rendered.graph, rendered.packages, rendered.python)


def tag(stack: str, number: int) -> None:
    """The stack says in its tag modelway:release which release it is; no resource is touched. The record stays where that fails."""
    import typer

    from modelway.operations._pulumi import EngineFailure
    from modelway.operations.preview import project_here

    try:
        project_here().engine.tag(stack, "modelway:release", str(number))
    except EngineFailure as fault:
        typer.echo(f"stack {stack} has no tag of the release: {fault}", err=True)
