"""`modelway audit MODEL`: what an auditor asks for about a model, in one folder or .zip, with a verifier that needs nothing of ours."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli import _environments
from modelway.cli._ledgers import OwnAddress, OwnKeys
from modelway.errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from modelway.architecture import Environment
    from modelway.governance.audit import Question

    World = tuple[Environment, Path]
    """An environment, and the root of the repository that it is in."""


def command(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Name of the model.", show_default=False)],
    since: Annotated[str, typer.Option("--from", metavar="TIME", help="A time, or a day, which means its beginning.", show_default=False)],
    until: Annotated[str, typer.Option("--to", metavar="TIME", help="A time, or a day, which means its end; UTC.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", metavar="PLACE", help="Folder or FILE.zip, which is not there yet.", show_default=False)],
    env: Annotated[
        list[str] | None, typer.Option("--env", metavar="ENV", help="Of this environment alone; can be said again.", show_default=False)
    ] = None,
    address: OwnAddress = None,
    keys: OwnKeys = None,
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="KEY",
            envvar="MODELWAY_LEDGER_KEY",
            help="Who signs the list of files: a PEM file, or awskms:///ARN.",
            show_default=False,
        ),
    ] = None,
    drift: Annotated[
        list[str] | None,
        typer.Option("--drift", metavar="PLACE", help="Results of drift: a folder or s3://BUCKET/PREFIX/; again for more."),
    ] = None,
    no_documents: Annotated[bool, typer.Option("--no-documents", help="Make no cards, bills, lineage and evidence.")] = False,
    environments: _environments.Folder = None,
) -> None:
    """Write what an auditor asks for about a model: the ledger, what of it concerns the model, documents, and a verifier.

    What cannot be made is named in README.md, with the reason. The same ledger, files and times give the same bytes, unless it is signed.
    Exit codes: 1 the ledger does not hold or tells nothing of the model, 2 wrong usage, 4 an entry holds what looks like a credential.
    Nothing is written then.
    """
    from datetime import UTC, datetime

    from modelway.cli._ledgers import trusted
    from modelway.governance.audit import Question, Revealing, assembled, into_folder, into_zip, revealed, sealing
    from modelway.governance.ledger import opened, signer
    from modelway.governance.ledger.store import store_at
    from modelway.governance.questions import moment

    asked = Question(model, tuple(sorted(set(env or ()))), _beginning(since), moment(until))
    if asked.since > asked.until:
        raise typer.BadParameter(f"it is after --to, {until}", param_hint="--from")
    if out.exists() and (out.suffix == ".zip" or not out.is_dir() or any(out.iterdir())):
        raise typer.BadParameter(f"{out} is there: name what is not there yet", param_hint="--out")
    worlds = _worlds(asked, environments)
    place, listed = _ledger(worlds, address, keys)
    signs = signer(key) if key else None
    project, trusts = trusted(listed)
    ledger, store = opened(place, project, trusts), store_at(place)
    if signs is not None:
        ledger.may_sign(signs)
    documents, missing = (
        ({}, {"documents/": "they were not asked for"}) if no_documents else _documents(asked, worlds, environments, address, keys)
    )
    results, unread = _drift(asked, drift or ())
    bundle = assembled(ledger, store, listed.read_bytes(), asked, {**documents, **results}, {**missing, **unread})
    if found := revealed({name: content for name, content in bundle.files.items() if name != "verifier.py"}):
        raise Revealing(
            f"{', '.join(found[:5])}{' and more' if len(found) > 5 else ''} hold{'s' if len(found) == 1 else ''} what looks like a"
            " credential, and a ledger cannot leave an entry out. Revoke it, and make the bundle where only those read it who may."
        )
    if signs is not None:
        bundle = sealing(bundle, project, signs, datetime.now(UTC))
    (into_zip if out.suffix == ".zip" else into_folder)(bundle.files, out)
    for what, why in sorted(bundle.missing.items()):
        typer.echo(f"not in it: {what}: {why}", err=True)
    concern = "concerns" if bundle.concerned == 1 else "concern"
    typer.echo(f"{out}: {len(bundle.files):,} files; {bundle.concerned:,} of the ledger's entries {concern} {model}")
    typer.echo(f"MANIFEST.json has SHA-256 {_sha256(bundle.files['MANIFEST.json'])}{'' if signs else ', and nobody signed it'}")


def _beginning(text: str) -> "datetime":
    """A day or a time; a day means its beginning. Raises WrongUsage."""
    from modelway.governance.questions import moment

    read = moment(text)
    return read.replace(hour=0, minute=0, second=0, microsecond=0) if len(text) == len("2026-03-31") else read


def _worlds(asked: "Question", environments: Path | None) -> "dict[str, World]":
    """Environments that are asked about and describe the model. Where none is named, those that there are; none outside of a project."""
    from modelway.architecture import load, names
    from modelway.architecture.folders import repository_root
    from modelway.operations.project import DEFAULT_ENVIRONMENTS

    root = _environments.project(needed=False)
    if root is None and environments is None:
        return {}
    known = names(_environments.existing(environments) or (root or Path()) / DEFAULT_ENVIRONMENTS)
    found = {}
    for name in asked.environments or known:
        folder = _environments.folder_of(name, environments, root)
        if name not in names(folder):
            # It may be gone, and the ledger still tells of it.
            continue
        with _environments.faults_from_here():
            described = load(folder, name, root)
        if asked.environments or asked.model in described.models:
            found[name] = described, repository_root(folder, root)
    return found


def _ledger(worlds: "Mapping[str, World]", address: str | None, keys: Path | None) -> tuple[str, Path]:
    from modelway.cli._ledgers import of_environment

    if address is not None and keys is not None:
        return address, keys
    places = {of_environment(*world, address, keys) for world in worlds.values() if world[0].governance.ledger is not None}
    if len(places) != 1:
        told = "no environment that is asked about names a ledger" if not places else "environments name several ledgers"
        raise WrongUsage(f"{told}: give --ledger and --keys, or one with --env.")
    return places.pop()


def _documents(
    asked: "Question", worlds: "Mapping[str, World]", environments: Path | None, address: str | None, keys: Path | None
) -> tuple[dict[str, bytes], dict[str, str]]:
    """What verbs write about the model, and what they could not with the reason."""
    from modelway.cli._auditing import Wanted, made, wanted

    files, missing = dict[str, bytes](), dict[str, str]()
    given = (("--environments", environments), ("--ledger", address), ("--keys", keys))
    everywhere = [word for option, value in given if value is not None for word in (option, str(value))]
    each: list[Wanted] = []
    for name, (described, _) in sorted(worlds.items()):
        if asked.model in described.models:
            each += wanted(described, described.models[asked.model], asked.until.date())
        else:
            missing[f"documents/{name}/"] = f"{name} describes no model {asked.model} any more"
    for one, content, why in made(each, everywhere):
        if content is not None:
            files[one.name] = content
        else:
            missing[one.name] = why
    if not worlds:
        missing["documents/"] = "no environment that is described here has the model"
    return files, missing


def _drift(asked: "Question", places: "list[str] | tuple[()]") -> tuple[dict[str, bytes], dict[str, str]]:
    """Results of windows that overlap the time that is asked about."""
    from modelway.cli._auditing import results_at

    if not places:
        return {}, {"drift/": "no place of results was given with --drift"}
    files, missing = dict[str, bytes](), dict[str, str]()
    for number, place in enumerate(places):
        found = results_at(place, asked)
        files |= {f"drift/{number}/{name}": content for name, content in found.items()}
        if not found:
            missing[f"drift/{number}/"] = f"no results of {asked.model} in that time are at {place}"
    return files, missing


def _sha256(content: bytes) -> str:
    from modelway.governance.verifier import sha256

    return sha256(content)
