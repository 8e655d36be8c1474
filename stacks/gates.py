"""The gates of what a stack serves, judged before anything is made: an update that lacks something changes nothing."""

from datetime import UTC, datetime
from pathlib import Path

import pulumi

from modelway.architecture import Environment
from modelway.architecture.folders import repository_root
from modelway.governance.gates import blocked, broken_glass, judged, known, report, served_by
from modelway.governance.gates.gate import shown


def pass_gates(environment: Environment, folder: Path, root: Path) -> None:
    """Warns of what is missing in a preview; raises RunError in an update where that blocks. Destruction runs no program.

    `folder`: of the environments; `root`: what their paths count from where they are in no repository.
    """
    stack = pulumi.get_stack()
    if not served_by(environment, stack):
        return
    told, now = known(environment, repository_root(folder, root), whole=False), datetime.now(UTC)
    found = judged(environment, stack, told, now)
    if (glass := broken_glass(told, stack, now)) is not None:
        let_pass = [gate for gate in found if gate.outcome == "broken_glass"]
        passing = f"It lets pass:\n{report(let_pass)}" if let_pass else "Nothing needs it."
        pulumi.log.warn(shown(f"THE GLASS IS BROKEN for {stack} by {glass.who} until {glass.until} ({glass.reason}).") + f" {passing}")
    blocking = blocked(found, environment)
    others = [gate for gate in found if gate.open and gate not in blocking]
    if others:
        pulumi.log.warn(f"Gates of {stack} that are open, and block nothing in tier {environment.tier}:\n{report(others)}")
    if not blocking:
        return
    text = f"gates of {stack} are not passed:\n{report(blocking)}\n`modelway gates {environment.environment}` lists all of them."
    if not pulumi.runtime.is_dry_run():
        raise pulumi.RunError(f"{text} Nothing was changed.")
    pulumi.log.warn(f"An update would change nothing, because {text}")
