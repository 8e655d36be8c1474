"""`modelway release …`: what was released, by whom, and what was live when, from a ledger that shows whether it is whole."""

import json
from pathlib import Path
from typing import Annotated

import typer

from modelway.cli import _environments
from modelway.cli._ledgers import Address, Keys

app = typer.Typer(help="What was released, by whom, and what was live when.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[
    str, typer.Argument(metavar="RELEASE", help="Its number in the ledger; or a stack, for its last release.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _file(option: str, said: str) -> typer.models.OptionInfo:
    return typer.Option(option, metavar="FILE", help=said, exists=True, dir_okay=False, show_default=False)  # type: ignore[no-any-return]


@app.command()
def record(
    stack: Annotated[str, typer.Argument(metavar="STACK", help="The stack that was brought up.", show_default=False)],
    address: Address,
    keys: Keys,
    key: Annotated[
        str,
        typer.Option(
            "--key", metavar="KEY", envvar="MODELWAY_LEDGER_KEY", help="Who signs: a PEM file, or awskms:///ARN.", show_default=False
        ),
    ],
    state: Annotated[
        Path | None, _file("--state", "What the stack holds (`pulumi stack export`); without it, the engine is asked.")
    ] = None,
    plan: Annotated[Path | None, _file("--plan", "The plan that was applied; its digest is recorded.")] = None,
    policy: Annotated[Path | None, _file("--policy", "What `modelway policy check --json` said.")] = None,
    approvals: Annotated[Path | None, _file("--approvals", 'Approvals: a JSON list of {"who", "when", "proof"}.')] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Ask cluster, SageMaker, registry and store too whether all of it is there.")
    ] = False,
    begin: Annotated[bool, typer.Option("--begin", help="Begin the ledger, where there is none.")] = False,
    environments: _environments.Folder = None,
) -> None:
    """Record what an update brought, read back from its state, signed, at the end of a ledger. Approvals that are not given are taken from
    the ledger.

    Exit codes: 4 when nothing can be recorded, such as where files differ from the commit; 1 when the ledger, a key or a file is not
    as it should be; 2 wrong usage. Nothing is written then.
    """
    from datetime import UTC, datetime

    from modelway.cli import _looking, _recorded, _recording
    from modelway.cli._ledgers import opened, trusted
    from modelway.governance.ledger import begun, signer
    from modelway.governance.ledger.store import store_at
    from modelway.governance.recording import Source, of_stack, record_of
    from modelway.governance.releases import write
    from modelway.operations.releasing import released

    project, trusts = trusted(keys)
    signs = signer(key)
    ledger = None if begin else opened(address, keys)
    given = _recording.Files(plan, policy, approvals).read(stack)
    with _environments.faults_from_here():
        of = released(stack, _environments.existing(environments))
    read = _recorded.read_back(state) if state else _recording.exported(stack)
    if read.stack and read.stack != stack:
        raise typer.BadParameter(f"it is of stack {read.stack}, and the release is of {stack}", param_hint="--state")
    source, rendering = Source(of.commit, of.author, of.folder, of.contracts, of.lock), _recording.rendering(of.rendered)
    now = datetime.now(UTC)
    if read.stack:
        entries = list(ledger.entries()) if ledger else []
        given = _recording.with_ledger(given, entries, trusts, of.environment, read, of.author, now)
    look = _looking.at_described(of.environment, of_stack(of.environment, stack), now) if live else None
    made = record_of(of.environment, project, source, rendering, read, given, datetime.now(UTC), look)
    ledger = ledger or begun(address, project, trusts, signs)
    release = write(ledger, store_at(address), made, [rendering.resolved, rendering.graph], signs)
    typer.echo(f"release {release.number} of {stack} is recorded: entry sha256:{release.entry.hash}")
    if state is None:
        _recording.tag(stack, release.number)
    for line in _recording.loud(made):
        typer.echo(line, err=True)
    for line in made.differences:
        typer.echo(f"not as described: {line}", err=True)


@app.command(name="list")
def list_(address: Address, keys: Keys, as_json: AsJson = False) -> None:
    """Print every release, the newest first: its number, since when it was live, its stack, commit, and what answers."""
    from modelway.cli import _recorded
    from modelway.cli._ledgers import opened
    from modelway.governance.releases import all_of

    found = all_of(opened(address, keys))
    if as_json:
        typer.echo(json.dumps({"releases": [_recorded.as_data(release) for release in found]}, indent=2, ensure_ascii=False))
        return
    for release in found:
        typer.echo(_recorded.row(release))


@app.command()
def show(name: Name, address: Address, keys: Keys, as_json: AsJson = False) -> None:
    """Print one release: what it was made from, what answered, what is not known of it."""
    from modelway.cli import _recorded
    from modelway.cli._ledgers import opened
    from modelway.governance.releases import named

    ledger = opened(address, keys)
    release = named(ledger, name)
    if as_json:
        typer.echo(json.dumps(_recorded.as_data(release), indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(_recorded.page(release, _signer(keys, release.entry.key))))


@app.command()
def at(
    time: Annotated[str, typer.Argument(metavar="TIME", help="A time, or a day, which means its end; UTC.", show_default=False)],
    address: Address,
    keys: Keys,
    environment: Annotated[str | None, typer.Option("--environment", metavar="ENV", help="Of this one alone.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Print what was live at a time: the last release of each stack, versions, percentages, digests and who approved.

    That nothing was removed from the ledger is what `modelway release verify` tells.
    """
    from modelway.cli import _recorded
    from modelway.cli._ledgers import opened
    from modelway.governance.ledger.store import store_at
    from modelway.governance.questions import moment
    from modelway.governance.releases import live_at

    when = moment(time)
    found = live_at(opened(address, keys), store_at(address), when, environment)
    if as_json:
        told = {"at": when.isoformat(), "releases": [_recorded.as_data(release) for release in found]}
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    for release in found:
        made = release.record
        typer.echo(f"{made.stack}, release {release.number}, live since {made.released[:19]}Z, commit {made.commit[: _recorded.DIGITS]}")
        for line in _recorded.answering(made):
            typer.echo(line)
        typer.echo(f"  approved by {', '.join(one.who for one in made.approvals) or 'nobody that was recorded'}")
        for line in _recorded.marks(made):
            typer.echo(f"  {line}")
        for line in made.differences:
            typer.echo(f"  not as described: {line}")
    if not found:
        typer.echo(f"nothing was recorded up to {when.isoformat()}", err=True)


@app.command()
def diff(
    name: Name,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The one that it is compared with.", show_default=False)],
    address: Address,
    keys: Keys,
    as_json: AsJson = False,
    detailed: Annotated[bool, typer.Option("--detailed-exitcode", help="End with 5 when something differs.")] = False,
) -> None:
    """Print what differs between two releases."""
    from modelway.cli import _recorded
    from modelway.cli._ledgers import opened
    from modelway.governance.questions import differences
    from modelway.governance.releases import named

    ledger = opened(address, keys)
    before, after = named(ledger, name), named(ledger, other)
    found = {one.what: (one.before, one.after) for one in differences(before.record, after.record)}
    if as_json:
        changes = [{"what": what, "before": was or None, "after": now or None} for what, (was, now) in found.items()]
        typer.echo(json.dumps({"before": before.number, "after": after.number, "differences": changes}, indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(_recorded.changed((f"release {before.number}", f"release {after.number}"), found)))
    if detailed and found:
        raise typer.Exit(5)


@app.command()
def verify(
    address: Address,
    keys: Keys,
    anchor: Annotated[
        str | None,
        typer.Option(metavar="PLACE:HASH", help="An entry that was noted before, and has to be there still.", show_default=False),
    ] = None,
    state: Annotated[
        Path | None,
        _file("--state", "What a stack holds now (`pulumi stack export`): whether it is what its last release described."),
    ] = None,
    live: Annotated[
        bool,
        typer.Option("--live", help="Ask clusters, SageMaker, registries and stores whether each stack's last release is what is there."),
    ] = False,
    environments: _environments.Folder = None,
    as_json: AsJson = False,
) -> None:
    """Check a ledger: its chain, signatures and records, and what records name by digest; with --state and --live what is live too.

    Exit codes: 1 when anything does not hold; 3 when all that was asked does, and with --live somebody could not be asked.
    """
    from dataclasses import asdict
    from datetime import UTC, datetime

    from modelway.cli import _looking, _recorded
    from modelway.cli._ledgers import opened
    from modelway.governance.ledger.store import store_at
    from modelway.governance.releases import live_at, named
    from modelway.governance.verifying import not_as_released, verified

    ledger = opened(address, keys)
    store = store_at(address)
    found = verified(ledger, store, anchor)
    other: list[str] = []
    seen: list[_looking.AtReleased] = []
    # Where the ledger does not hold, nothing is held against it.
    if state is not None and not found.faults:
        read = _recorded.read_back(state)
        release = named(ledger, read.stack)
        other = [f"live since release {release.number}: {line}" for line in not_as_released(release.record, read)]
    if live and not found.faults:
        now = datetime.now(UTC)
        seen = [_looking.at_released(release, environments, now) for release in live_at(ledger, store, now)]
    wrong = bool(found.faults or other or any(one.differences for one in seen))
    if as_json:
        told: dict[str, object] = {
            "entries": found.entries,
            "releases": found.releases,
            "faults": found.faults,
            "notes": found.notes,
            "anchor": found.anchor,
        }
        told |= {"not_as_released": other} | ({"looked_at": [asdict(one) for one in seen]} if live else {})
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        for line in (*found.faults, *other, *(line for one in seen for line in _recorded.at_released(one))):
            typer.echo(line)
        for line in found.notes:
            typer.echo(f"note: {line}")
        if state is not None and not found.faults:
            typer.echo(f"what {read.stack} holds is {'not ' if other else ''}what release {release.number} described")
        held = "all of it holds" if not found.faults else f"{len(found.faults):,} do not hold"
        typer.echo(f"{found.entries:,} entries, {found.releases:,} of them releases: {held}")
        typer.echo(f"note it elsewhere, and check later with --anchor {found.anchor}")
    if wrong or any(one.unknown for one in seen):
        raise typer.Exit(1 if wrong else 3)


@app.command()
def replay(name: Name, address: Address, keys: Keys, as_json: AsJson = False) -> None:
    """Check out a release's commit, resolve it and run its program without a cloud; compare with what was recorded.

    Exit codes: 0 it is the same, 1 it is not, with every difference, or it cannot be made.
    """
    from modelway.cli import _recorded, _recording
    from modelway.cli._ledgers import opened
    from modelway.governance.ledger.store import store_at
    from modelway.governance.releases import named
    from modelway.governance.replaying import compared
    from modelway.operations.releasing import replayed

    release = named(opened(address, keys), name)
    made = release.record
    rendered, lock = replayed(made.stack, made.commit, made.folder)
    found = compared(made, _recording.rendering(rendered), lock, store_at(address))
    if as_json:
        differences = [{"what": what, "before": was or None, "after": now or None} for what, (was, now) in found.items()]
        typer.echo(json.dumps({"release": release.number, "same": not found, "differences": differences}, indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(_recorded.changed((f"release {release.number} as recorded", "made again"), found)))
    if found:
        raise typer.Exit(1)


def _signer(keys: Path, wanted: str) -> str:
    from modelway.cli._ledgers import trusted

    return next(key.name for key in trusted(keys)[1] if key.id == wanted)
