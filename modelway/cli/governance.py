"""`modelway governance evidence ENV`: what an environment shows of each subcategory of the NIST AI RMF, and where the proof is."""

import hashlib
import json
import os
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from modelway.cli import _environments
from modelway.cli._ledgers import OwnAddress, OwnKeys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelway.architecture import Environment
    from modelway.governance.evidence.document import Document
    from modelway.governance.evidence.judging import Evidence
    from modelway.governance.gates import Known
    from modelway.governance.ledger.store import Store
    from modelway.rules.stack import Resource

app = typer.Typer(help="Evidence for the NIST AI RMF, and its proofs.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Or Typer takes the one verb for the group."""


@app.command()
def evidence(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="Name of the environment.", show_default=False)],
    format_: Annotated[Literal["md", "html", "json"], typer.Option("--format", help="Markdown, one HTML file, or JSON.")] = "md",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where it is written; stdout without it.", show_default=False)
    ] = None,
    state: Annotated[
        list[Path] | None,
        typer.Option(
            "--state",
            metavar="FILE",
            help="What a stack holds (`pulumi stack export`); once for each stack.",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    address: OwnAddress = None,
    keys: OwnKeys = None,
    day: Annotated[
        str | None, typer.Option("--day", metavar="DATE", help="As of the end of that day; today in UTC without it.", show_default=False)
    ] = None,
    require: Annotated[bool, typer.Option("--require", help="End with 1 where something is not met, and 3 where it is not known.")] = False,
    environments: _environments.Folder = None,
) -> None:
    """Print evidence for the NIST AI RMF 1.0: by subcategory what was looked at, what was found, how strong that is, and where it is.

    The same files, states, ledger and day give the same bytes. Exit codes: 0; with --require 1 where something that is looked at is not
    met and no exception lets it through, else 3 where something is not known; 1 for what cannot be read, 2 wrong usage.
    """
    from modelway.architecture import load
    from modelway.architecture.folders import repository_root

    as_of = _day(day)
    root = _environments.project(needed=environments is None)
    folder = _environments.folder_of(environment, environments, root)
    with _environments.faults_from_here():
        described = load(folder, environment, root)
    made = _document(described, repository_root(folder, root), as_of, state or [], address, keys)
    text = _rendered(made, format_)
    if out is None:
        typer.echo(text, nl=False)
    else:
        _written(out, text)
        typer.echo(f"evidence of {environment} is in {out}: {', '.join(f'{number} {name}' for name, number in made.counts)}", err=True)
    if require:
        raise typer.Exit(_exit_code(made.evidence))


def _day(day: str | None) -> date:
    from modelway.cli.policy import today

    if day is None:
        return today()
    try:
        read = date.fromisoformat(day)
    except ValueError:
        raise typer.BadParameter(f"{day!r} is no day: write it like 2026-11-28", param_hint="--day") from None
    if read > today():
        raise typer.BadParameter(f"{day} is still to come, and nobody knows what there will be", param_hint="--day")
    return read


def _document(
    described: "Environment", root: Path, day: date, states: "Sequence[Path]", address: str | None, keys: Path | None
) -> "Document":
    from modelway.governance.evidence import collecting
    from modelway.governance.evidence.document import document
    from modelway.governance.evidence.facts import Facts
    from modelway.governance.evidence.judging import judged
    from modelway.governance.gates import judged as gates_of

    resources, hashes = _states(described, states)
    until = collecting.end_of(day)
    known, place, store = _ledger(described, root, address, keys, until)
    recorded = None
    if not known.why_not:
        recorded = collecting.recorded(described, place, known.entries, known.keys, day)
    seen, stacks = collecting.seen_in(resources, recorded, store)
    facts = Facts(
        environment=described,
        day=day,
        findings=collecting.verdicts(described, day, resources),
        judged=frozenset(resources),
        resources=seen,
        seen=stacks,
        files=collecting.files_of(described, root),
        gates=gates_of(described, None, known, until),
        recorded=recorded,
        unread=_unread(described, known, resources, stacks),
    )
    return document(facts, judged(facts), hashes)


def _states(described: "Environment", files: "Sequence[Path]") -> "tuple[dict[str, Sequence[Resource]], dict[str, str]]":
    """Resources and SHA-256 by stack. Raises BadParameter for a state of another environment, or two of one stack."""
    from modelway.architecture.layout import stacks
    from modelway.preview.whole_stack import as_it_is

    resources: dict[str, Sequence[Resource]] = {}
    hashes: dict[str, str] = {}
    for file in files:
        whole = as_it_is(file)
        if whole.stack not in stacks(described):
            of = ", ".join(stacks(described))
            raise typer.BadParameter(f"{file} is of stack {whole.stack or 'nobody knows which'}, not of {of}", param_hint="--state")
        if whole.stack in resources:
            raise typer.BadParameter(f"{file} is of stack {whole.stack}, as another file is: name one", param_hint="--state")
        if whole.gaps:
            raise typer.BadParameter(f"{file}: {whole.gaps[0].what} {whole.gaps[0].way_out}", param_hint="--state")
        resources[whole.stack] = whole.resources
        hashes[whole.stack] = hashlib.sha256(file.read_bytes()).hexdigest()
    return resources, hashes


def _ledger(
    described: "Environment", root: Path, address: str | None, keys: Path | None, until: datetime
) -> "tuple[Known, str, Store | None]":
    """What the ledger tells up to a time. One that was named here and cannot be read is a fault; of the environment's own, it is said why
    it tells nothing."""
    from modelway.cli._ledgers import of_environment, opened, trusted
    from modelway.governance.gates import UNDECLARED, Known, known
    from modelway.governance.gates.known import counted_with
    from modelway.governance.ledger.store import store_at

    own = described.governance.ledger
    if address is None and own is None:
        return UNDECLARED, "", None
    place, key_file = of_environment(described, root, address, keys)
    if address is None and keys is None:
        told = known(described, root, whole=False, until=until)
    else:
        _, may_sign = trusted(key_file)
        told = Known(counted_with(described, opened(place, key_file), may_sign, until), may_sign)
    # As it was said, so that evidence is the same on every machine.
    shown = address if address is not None else own.address if own is not None else place
    return told, shown, None if told.why_not else store_at(place)


def _unread(described: "Environment", known: "Known", resources: "dict[str, Sequence[Resource]]", seen: frozenset[str]) -> tuple[str, ...]:
    from modelway.architecture.layout import stacks

    said = []
    if known.why_not:
        said.append(f"the ledger: {known.why_not}")
    for stack in stacks(described):
        if stack not in resources:
            rest = ", but for what its last release says that it has" if stack in seen else ""
            said.append(f"what {stack} holds: no state of it was given{rest}")
    return tuple(said)


def _rendered(made: "Document", format_: str) -> str:
    if format_ == "json":
        from modelway.governance.evidence.document import as_data

        return json.dumps(as_data(made), indent=2, ensure_ascii=False) + "\n"
    if format_ == "html":
        from modelway.governance.evidence import html

        return html.render(made)
    from modelway.governance.evidence import markdown

    return markdown.render(made)


def _written(file: Path, text: str) -> None:
    """The file is there whole, or as it was before."""
    if file.is_dir():
        raise typer.BadParameter(f"{file} is a folder: name a file in it", param_hint="--out")
    _environments.writable(file.parent, "--out")
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_text(text, "utf-8", newline="\n")
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def _exit_code(found: "Sequence[Evidence]") -> int:
    if any(one.outcome == "not met" and not one.let_through for one in found):
        return 1
    return 3 if any(checked.outcome == "unknown" for one in found for checked in one.checked) else 0
