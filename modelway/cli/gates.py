"""`modelway gates ENV`: what a release still needs, and how to supply it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli import _environments

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from modelway.architecture import Environment
    from modelway.governance.gates import Gate, Known


def command(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="Name of the environment.", show_default=False)],
    record: Annotated[bool, typer.Option("--record", help="Write the decision to the environment's ledger, signed.")] = False,
    key: Annotated[
        str | None,
        typer.Option(
            "--key", metavar="KEY", envvar="MODELWAY_LEDGER_KEY", help="Who signs: a PEM file, or awskms:///ARN.", show_default=False
        ),
    ] = None,
    begin: Annotated[bool, typer.Option("--begin", help="With --record: begin the ledger, where there is none.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    environments: _environments.Folder = None,
) -> None:
    """Print what is asked of every model that serves, and what is missing.

    The program of a stack asks the same before it makes anything. Exit codes: 0 nothing blocks, 4 something does; 1 the decision could not
    be written, 2 wrong usage.
    """
    from datetime import UTC, datetime

    from modelway.architecture import load
    from modelway.architecture.folders import repository_root
    from modelway.governance.gates import blocked, judged, known

    if begin and not record:
        raise typer.BadParameter("only with --record", param_hint="--begin")
    if record and key is None:
        raise typer.BadParameter("name who signs what is recorded, or set MODELWAY_LEDGER_KEY", param_hint="--key")
    root = _environments.project(needed=environments is None)
    folder = _environments.folder_of(environment, environments, root)
    with _environments.faults_from_here():
        described = load(folder, environment, root)
    inside = repository_root(folder, root)
    if begin and key is not None:
        _begin(described, inside, key)
    told, now = known(described, inside, whole=False), datetime.now(UTC)
    found = judged(described, None, told, now)
    blocking = blocked(found, described)
    if as_json:
        typer.echo(json.dumps(_data(described, told, found, now), indent=2, ensure_ascii=False))
    else:
        for line in _lines(described, found, now, told):
            typer.echo(line)
    if record and key is not None:
        _record(described, inside, key, told, now)
    raise typer.Exit(4 if blocking else 0)


def _begin(described: "Environment", root: Path, key: str) -> None:
    from modelway.governance.gates.known import place
    from modelway.governance.ledger import begun, signer

    address, project, keys = place(described, root)
    begun(address, project, keys, signer(key))
    typer.echo(f"a ledger begins at {address}", err=True)


def _record(described: "Environment", root: Path, key: str, told: "Known", now: "datetime") -> None:
    from modelway.architecture import layout
    from modelway.governance.gates import judged, served_by
    from modelway.governance.gates.decision import decided, statement
    from modelway.governance.gates.known import opened
    from modelway.governance.ledger import signer

    ledger, _ = opened(described, root)
    signs = signer(key)
    for stack in layout.stacks(described):
        if served_by(described, stack):
            made = decided(described, stack, judged(described, stack, told, now), now)
            entry = ledger.append(statement(described, made), signs)
            typer.echo(f"{'go' if made.go else 'no go'} for {stack} is recorded: entry {entry.sequence}, sha256:{entry.hash}", err=True)


def _lines(described: "Environment", found: "Sequence[Gate]", now: "datetime", told: "Known") -> "list[str]":
    from modelway.architecture import layout
    from modelway.governance.gates import blocks, broken_glass, served_by

    lines = []
    for stack in layout.stacks(described):
        models = served_by(described, stack)
        if models:
            lines.append(stack)
        if models and (glass := broken_glass(told, stack, now)) is not None:
            from modelway.governance.gates.gate import shown

            lines.append(shown(f"THE GLASS IS BROKEN by {glass.who} until {glass.until}: {glass.reason}"))
        for name in models:
            lines.append(f"  {name}, risk tier {described.models[name].risk_tier}")
            for gate in (one for one in found if one.model == name):
                heading = gate.outcome.replace("_", " ")
                lines.append(f"    {heading:<12}  {gate.id}: {gate.detail or gate.says}{'  [blocks]' if blocks(gate, described) else ''}")
                if gate.supply and gate.open:
                    lines.append(f"    {'':<12}  {gate.supply}")
    number = sum(blocks(gate, described) for gate in found)
    if not found:
        lines.append(f"{described.environment}: no model serves, so nothing is asked")
    elif number:
        lines.append(f"{described.environment}: blocked by {number} of {len(found)} gates")
    else:
        still = sum(gate.open for gate in found)
        lines.append(f"{described.environment}: nothing blocks{f'; {still} of {len(found)} gates are open' if still else ''}")
    return lines


def _data(described: "Environment", told: "Known", found: "Sequence[Gate]", now: "datetime") -> dict[str, object]:
    from modelway.architecture import layout
    from modelway.governance.gates import blocks, broken_glass, served_by

    stacks = [stack for stack in layout.stacks(described) if served_by(described, stack)]
    glass = {stack: broken for stack in stacks if (broken := broken_glass(told, stack, now)) is not None}
    return {
        "environment": described.environment,
        "tier": described.tier,
        "at": now.isoformat(),
        "blocked": any(blocks(gate, described) for gate in found),
        "ledger": {
            "declared": told.declared,
            "entries": told.entries[-1].sequence + 1 if told.entries else 0,
            "unknown": told.why_not or None,
        },
        "broken_glass": [
            {"stack": stack, "who": one.who, "reason": one.reason, "since": one.since, "until": one.until} for stack, one in glass.items()
        ],
        "gates": [
            {
                "stack": layout.stack_of(described, described.models[one.model]),
                "model": one.model,
                "gate": one.id,
                "says": one.says,
                "outcome": one.outcome,
                "asked": one.asked,
                "blocks": blocks(one, described),
                "detail": one.detail,
                "supply": one.supply or None,
            }
            for one in found
        ],
    }
