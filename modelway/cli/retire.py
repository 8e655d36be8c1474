"""`modelway retire MODEL`: the two steps by which a model goes, each with a record and what is left."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelway.cli import _environments
from modelway.cli._ledgers import OwnAddress, OwnKeys
from modelway.errors import ModelwayError

if TYPE_CHECKING:
    from modelway.cli._stops import Book
    from modelway.governance.ledger import Entry


def command(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model.", show_default=False)],
    environment: Annotated[str, typer.Option("--env", metavar="ENV", help="Its environment.", show_default=False)],
    key: Annotated[
        str | None,
        typer.Option(
            "--key", metavar="KEY", envvar="MODELWAY_LEDGER_KEY", help="Who signs: a PEM file, or awskms:///ARN.", show_default=False
        ),
    ] = None,
    who: Annotated[
        str | None,
        typer.Option("--who", metavar="WHO", help="Who does it; without it, whose key it is, or who is logged in.", show_default=False),
    ] = None,
    address: OwnAddress = None,
    keys: OwnKeys = None,
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="Where the snapshot is written.")] = Path("retired"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    environments: _environments.Folder = None,
) -> None:
    """Look which of the two steps is due, keep what the model was, record it, and list what is left. Deletes nothing.

    Exit codes: 0 the step is recorded, or kept where the environment names no ledger; 1 the record was not written; 4 something has to be
    written into files, or brought up, before.
    """
    from modelway.architecture.folders import repository_root
    from modelway.cli._stops import book, now, replace
    from modelway.governance.retirements import Retired, digests, last_release, snapshot, step_of
    from modelway.governance.stops import refuse_unfit
    from modelway.operations.retiring import leftovers, refuse_unready, resources_of

    refuse_unfit("--who", who or "somebody")
    _environments.writable(output, "--output")
    deployment = _environments.opened(environment, environments)
    root = _environments.project(needed=environments is None)
    ledger = book(
        deployment.environment, repository_root(_environments.folder_of(environment, environments, root), root), address, keys, key
    )
    person = ledger.person(who)
    entries, unread = _entries(ledger)
    described, resources = deployment.environment.models.get(model), resources_of(deployment, model)
    removed = refuse_unready(deployment.environment, model, resources)
    file, before = output / f"{environment}-{model}.json", step_of(entries, environment, model)
    if removed and before is None and not file.is_file():
        raise ModelwayError(
            f"environment {environment} has no model {model}, and neither its ledger{f' ({unread})' if unread else ''} nor {file} knows it."
        )
    earlier = _earlier(file) if removed and file.is_file() else {}
    team = described.team if described is not None else (earlier.get("described") or {}).get("team")
    left, unknown = leftovers(deployment.environment, model, team)
    served = last_release(entries, environment, model)
    if unread:
        unknown.append(f"what answered last: {unread}")
    made = snapshot(environment, model, described, served, resources, left, unknown)
    if removed and earlier:
        made |= {"described": earlier.get("described"), "last_release": made["last_release"] or earlier.get("last_release")}
    content = json.dumps(made, indent=2, ensure_ascii=False, sort_keys=True).encode() + b"\n"
    output.mkdir(parents=True, exist_ok=True)
    replace(file, content)
    plan = described.governance.decommission if described is not None and described.governance is not None else None
    said = Retired(
        environment,
        model,
        "removed" if removed else "retired",
        person,
        now(),
        _sha256(content),
        served[0] if served is not None else None,
        digests(served),
        list(plan.dependents) if plan is not None else before.dependents if before is not None else [],
        plan.retain_days if plan is not None else before.retain_days if before is not None else None,
        left,
        unknown,
    )
    entry, why_not = _record(ledger, said)
    told = {**made, "step": said.step, "file": str(file), "entry": entry.sequence if entry is not None else None}
    if as_json:
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        _print(told, said)
    typer.echo(f"recorded as entry {entry.sequence}" if entry is not None else f"NOT RECORDED: {why_not}", err=True)
    if entry is None and ledger.address is not None:
        raise typer.Exit(1)


def _entries(ledger: "Book") -> "tuple[list[Entry], str]":
    """What the ledger says, or nothing and why."""
    try:
        return list(ledger.opened().entries()), ""
    except ModelwayError as fault:
        return [], str(fault)


def _record(ledger: "Book", said: Any) -> "tuple[Entry | None, str]":
    from modelway.governance.retirements import written

    try:
        return ledger.append_statement(written(said), said.who), ""
    except ModelwayError as fault:
        return None, str(fault)


def _print(told: dict[str, Any], said: Any) -> None:
    name = f"{said.model} in {said.environment}"
    typer.echo(f"{name} is {said.step}; what it was is in {told['file']}")
    if said.versions:
        typer.echo(f"  answered last in release {said.release}: {', '.join(said.versions)}")
    for title, lines in (("left:", said.left), ("not looked at:", said.not_looked_at)):
        if lines:
            typer.echo(f"  {title}")
            for line in lines:
                typer.echo(f"    {line}")
    if said.step == "retired":
        typer.echo(
            f"next: take its file out (or write `presence: absent`), run `modelway up {said.environment}`, and this command again", err=True
        )
    elif said.retain_days is not None:
        typer.echo(f"weights and records are kept for {said.retain_days} days; delete what is left by hand then", err=True)


def _earlier(file: Path) -> dict[str, Any]:
    """What the first step wrote down. Raises ModelwayError where it is not that any more."""
    try:
        read = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as fault:
        read, why = None, str(fault)
    else:
        why = "it is no mapping"
    if not isinstance(read, dict):
        raise ModelwayError(f"{file} is not what the first step wrote: {why}. Put it back from git, or move it away.")
    return read


def _sha256(content: bytes) -> str:
    from hashlib import sha256

    return sha256(content).hexdigest()
