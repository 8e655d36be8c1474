"""`modelway stop MODEL`: nobody, or its fallback, answers, at once and with a record; and back."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli import _environments
from modelway.cli._ledgers import OwnAddress, OwnKeys
from modelway.errors import ModelwayError

if TYPE_CHECKING:
    from modelway.architecture import Environment
    from modelway.cli._stops import Book
    from modelway.governance.stops import Resumed, Stopped
    from modelway.operations.stopping import Done, Target

Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, in one line; it is recorded.")]


def _text(option: str, metavar: str, said: str) -> typer.models.OptionInfo:
    return typer.Option(option, metavar=metavar, help=said, show_default=False)  # type: ignore[no-any-return]


def command(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model.", show_default=False)],
    environment: Annotated[str, typer.Option("--env", metavar="ENV", help="Its environment.", show_default=False)],
    reason: Reason = "No reason was given.",
    nobody: Annotated[bool, typer.Option("--nobody", help="Nobody answers, whatever fallback the model's file names.")] = False,
    drill: Annotated[bool, typer.Option("--drill", help="Stop it, put everything back at once, and say how long both took.")] = False,
    within: Annotated[float | None, _text("--within", "SECONDS", "End with 1 when stopping takes longer.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Let it answer as before the stop.")] = False,
    who: Annotated[str | None, _text("--who", "WHO", "Who does it; without it, whose key it is, or who is logged in.")] = None,
    key: Annotated[
        str | None,
        typer.Option(
            "--key", metavar="KEY", envvar="MODELWAY_LEDGER_KEY", help="Who signs: a PEM file, or awskms:///ARN.", show_default=False
        ),
    ] = None,
    address: OwnAddress = None,
    keys: OwnKeys = None,
    record: Annotated[Path | None, _text("--record", "FILE", "Where the record is kept while no ledger can be written.")] = None,
    add: Annotated[
        Path | None,
        typer.Option(
            "--add", metavar="FILE", help="Only add a record that was kept to the ledger.", exists=True, dir_okay=False, show_default=False
        ),
    ] = None,
    context: Annotated[str | None, _text("--context", "CONTEXT", "Context of the kubeconfig, instead of what the files say.")] = None,
    namespace: Annotated[
        str | None, _text("--namespace", "NAMESPACE", "With --context: its namespace; files need not be right, and nobody answers.")
    ] = None,
    policy: Annotated[bool, typer.Option("--policy", help="Only print the IAM policy that lets somebody stop it, and no more.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    environments: _environments.Folder = None,
) -> None:
    """Take all requests from a model, or give them to its fallback, at once: no stack is asked, and nothing waits for a release.

    It is stopped first and recorded then; a record that no ledger takes is kept in a file. Exit codes: 0 done and recorded; 1 not done,
    slower than --within, or done and not in the ledger; 2 wrong usage; 4 no drill.
    """
    import time

    from modelway.governance.stops import refuse_unfit

    since = time.monotonic()
    chosen = [name for name, given in (("--drill", drill), ("--resume", resume), ("--add", add), ("--policy", policy)) if given]
    if len(chosen) > 1:
        raise typer.BadParameter(f"it does not go with {chosen[0]}", param_hint=chosen[1])
    if namespace is not None and context is None:
        raise typer.BadParameter("only with --context", param_hint="--namespace")
    for option, text in (("--reason", reason), ("--who", who or "somebody")):
        refuse_unfit(option, text)
    described, root, fault = _described(environment, environments, required=namespace is None or policy)
    if policy:
        assert described is not None
        from modelway.operations.stopping import target_of
        from modelway.operations.stopping_rights import document

        typer.echo(json.dumps(document(target_of(described, model), described.aws.account), indent=2))
        return
    from modelway.cli._stops import book

    ledger = book(described, root, address, keys, key)
    if add is not None:
        _add(add, ledger)
        return
    person = ledger.person(who)
    target = _target(described, environment, model, context, namespace, nobody=nobody)
    if fault:
        typer.echo(fault, err=True)
    said, done = _resumed(target, reason, person, ledger) if resume else _stopped(target, reason, person, since, drill=drill)
    recorded = ledger.write(said, record)
    _tell(said, done, recorded, described, as_json=as_json)
    if recorded.fault or (within is not None and done.seconds > within):
        if within is not None and done.seconds > within:
            typer.echo(f"it took {done.seconds:.1f} s, and {within:g} s are allowed", err=True)
        raise typer.Exit(1)


def _described(name: str, environments: Path | None, *, required: bool) -> "tuple[Environment | None, Path, str]":
    """The environment, and the root of the repository that it is in. Without files where they are not needed and something is wrong with
    them."""
    from modelway.architecture import load
    from modelway.architecture.folders import repository_root

    try:
        root = _environments.project(needed=environments is None)
        folder = _environments.folder_of(name, environments, root)
        with _environments.faults_from_here():
            return load(folder, name, root), repository_root(folder, root), ""
    except ModelwayError as wrong:
        if required:
            raise ModelwayError(
                f"{wrong}\nNothing was stopped. To stop a model in a cluster without any file: --context CONTEXT --namespace NAMESPACE."
            ) from None
        return None, Path.cwd(), str(wrong)


def _target(
    described: "Environment | None", environment: str, model: str, context: str | None, namespace: str | None, *, nobody: bool
) -> "Target":
    from modelway.operations.stopping import Target, target_of

    if namespace is not None:
        return Target(environment, model, "", namespace, context)
    assert described is not None
    return target_of(described, model, context=context, nobody=nobody)


def _stopped(target: "Target", reason: str, who: str, since: float, *, drill: bool) -> "tuple[Stopped, Done]":
    from modelway.cli._stops import now
    from modelway.governance.stops import Stopped
    from modelway.operations import stopping

    when, back = now(), None
    if drill:
        done, back = stopping.drill(target, who=who, when=when, since=since)
    else:
        done = stopping.stop(target, who=who, when=when, since=since)
    took = (round(done.seconds, 3), round(back.seconds, 3) if back else None)
    said = Stopped(target.environment, target.model, who, when, reason, done.before, done.after, took[0], drill, done.where, took[1])
    return said, done


def _resumed(target: "Target", reason: str, who: str, ledger: "Book") -> "tuple[Resumed, Done]":
    from modelway.cli._stops import now
    from modelway.governance.stops import Resumed
    from modelway.operations import stopping

    when = now()
    try:
        done = stopping.resume(target)
    except stopping.NotStopped as nothing:
        if (before := ledger.in_force(target.environment, target.model)) is None:
            raise
        note = f"only the ledger still says that it is stopped, by {before.who} at {before.when}: {nothing}"
        done = stopping.Done({}, {}, [], 0.0, [note])
    return Resumed(target.environment, target.model, who, when, reason, done.after, round(done.seconds, 3)), done


def _add(file: Path, ledger: "Book") -> None:
    from modelway.governance.stops import kept

    entry = ledger.append(kept(file.read_bytes(), str(file)))
    typer.echo(f"{file} is recorded: entry {entry.sequence}, sha256:{entry.hash}")


def _tell(said: "Stopped | Resumed", done: "Done", recorded: object, described: "Environment | None", *, as_json: bool) -> None:
    from modelway.cli import _stops

    lines = _stops.lines(said, done, described)
    if as_json:
        typer.echo(json.dumps(_stops.data(said, done, recorded), indent=2, ensure_ascii=False))
    else:
        typer.echo(lines[0])
    for line in [*lines[1:], *_stops.about(recorded)]:
        typer.echo(line, err=True)
