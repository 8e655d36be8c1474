"""`modelway card MODEL VERSION`: what is known of a version, in the sections that people know, with what nobody said named as such."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from modelway.cli import _documents, _environments
from modelway.cli._ledgers import OwnAddress, OwnKeys
from modelway.errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelway.architecture import Environment, Model
    from modelway.governance.approvals import Approved
    from modelway.governance.card import Window
    from modelway.monitoring.drift.result import Result


def command(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model.", show_default=False)],
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Its version.", show_default=False)],
    env: Annotated[
        str | None,
        typer.Option("--env", metavar="ENV", help="Environment that describes it; the only one there is.", show_default=False),
    ] = None,
    format_: Annotated[Literal["md", "html"], typer.Option("--format", help="Markdown, or a page.")] = "md",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="File to write.", show_default=False)] = None,
    results: Annotated[
        list[Path] | None,
        typer.Option(
            "--results",
            metavar="FILE",
            help="What `modelway drift run` found in a window of the version. Again for more.",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    baseline: _documents.Baselines = None,
    address: OwnAddress = None,
    keys: OwnKeys = None,
    offline: _documents.Offline = False,
    environments: _environments.Folder = None,
) -> None:
    """Write the model card of a version, from its files, the ledger, its baseline and what was found while it served.

    The same bytes for the same files and ledger; only approvals end with time. The last line of Markdown is a digest of all before it.
    Exit codes: 0 it is written; 1 a file or the ledger is not as it should be; 2 wrong usage.
    """
    from modelway.governance.card import Beside, card, markdown, page

    if out is not None and (out.is_dir() or not out.absolute().parent.is_dir()):
        raise typer.BadParameter(f"{out} is no file in a folder that is there", param_hint="--out")
    environment, root = _documents.loaded(env or _only(environments), environments)
    if model not in environment.models:
        known = ", ".join(environment.models) or "none"
        raise typer.BadParameter(f"{environment.environment} has no model {model}; it has {known}", param_hint="MODEL")
    described = environment.models[model]
    beside = Beside(
        modelway=_documents.program(),
        contracts=_documents.contracts(environment, root),
        approvals=_approvals(environment, described, _documents.ledger_of(environment, root, address, keys, offline)),
        reached=_documents.reached(described, baseline or ()).get(version, ()),
        window=_window(environment.environment, model, version, results or ()),
    )
    made = card(environment, model, version, beside)
    content = (page(made) if format_ == "html" else markdown(made)).encode()
    if out is None:
        typer.echo(content, nl=False)
        return
    _documents.save(content, out)
    typer.echo(f"{out}  sha256:{_documents.sha256(content)}")


def _only(environments: Path | None) -> str:
    """The environment that there is. Raises WrongUsage where there are several."""
    from modelway.architecture import names
    from modelway.operations.project import DEFAULT_ENVIRONMENTS

    project = _environments.project(needed=environments is None)
    with _environments.faults_from_here():
        known = names(_environments.existing(environments) or (project or Path()) / DEFAULT_ENVIRONMENTS)
    if len(known) != 1:
        raise WrongUsage(f"--env is missing: name the environment that describes the model; there are {', '.join(known) or 'none'}.")
    return known[0]


def _approvals(environment: "Environment", model: "Model", ledger: tuple[str, Path] | None) -> "list[Approved] | None":
    """Those that count now for the model as it is described; None where no ledger is read."""
    if ledger is None:
        return None
    from datetime import UTC, datetime

    from modelway.cli._ledgers import opened, trusted
    from modelway.governance.approvals import approvals_for
    from modelway.governance.subject import subject_of

    entries = list(opened(*ledger).entries())
    subject = subject_of(environment, model)
    return approvals_for(entries, environment.environment, model.model, subject, trusted(ledger[1])[1], datetime.now(UTC))


def _window(environment: str, model: str, version: str, files: "Sequence[Path]") -> "Window | None":
    """What was found last, as the card takes it. Raises WrongUsage for results of something else."""
    if not files:
        return None
    from modelway.governance.card import Alarm, Compared, Window
    from modelway.monitoring.drift.result import read

    found: list[Result] = []
    for file in files:
        result = read(_documents.content_of(file, "--results"), str(file))
        of = (result.environment, result.endpoint, result.version)
        if of != (environment, model, version):
            raise WrongUsage(
                f"{file} is about version {of[2]} of {of[1]} in {of[0]}, and the card about version {version} of {model} in {environment}."
                " Leave it out."
            )
        found.append(result)
    # Of two looks at one window the later one counts.
    by_window = {one.start: one for one in sorted(found, key=lambda one: (one.start, one.revision))}
    newest = by_window[max(by_window)]
    labelled = max((one for one in by_window.values() if one.labelled), key=lambda one: one.start, default=None)
    judged = [one for one in (labelled.findings if labelled is not None else ()) if one.watch in ("concept", "parity")]
    if labelled is None:
        # Groups can be compared by how often they are chosen, which needs no label.
        judged = [one for one in newest.findings if one.watch == "parity"]
    return Window(
        start=_moment(newest.start),
        end=_moment(newest.end),
        rows=newest.counts.rows,
        windows=len(by_window),
        alarms=[Alarm(one.watch, one.state, one.raised, one.drifted, one.of, one.unknown) for one in newest.alarms],
        judged=[Compared(one.watch, one.subject, one.method, one.state, one.rows, one.why, one.score, one.low, one.high) for one in judged],
        judged_until=_moment(labelled.end) if labelled is not None else None,
    )


def _moment(seconds: int) -> str:
    from datetime import UTC, datetime

    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        raise WrongUsage(f"a result is of the time {seconds}, which is none.") from None
