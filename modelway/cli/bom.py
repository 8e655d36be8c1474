"""`modelway bom ENV [MODEL]`: what answers at an endpoint and what it is made of, as a bill of materials for machine learning."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli import _documents, _environments
from modelway.cli._ledgers import OwnAddress, OwnKeys

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from modelway.architecture import Environment, Model
    from modelway.governance.bill_of_materials import Beside
    from modelway.governance.releases import Release


def command(
    env: Annotated[str, typer.Argument(metavar="ENV", help="Environment.", show_default=False)],
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="MODEL", help="The model that the endpoint is called after; every endpoint, without it.", show_default=False
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="File to write; of every endpoint, the folder.", show_default=False),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option("--time", metavar="TIME", help="What the document says when it was made; the release's.", show_default=False),
    ] = None,
    baseline: _documents.Baselines = None,
    address: OwnAddress = None,
    keys: OwnKeys = None,
    offline: _documents.Offline = False,
    environments: _environments.Folder = None,
) -> None:
    """Write the ML bill of materials of an endpoint: a document of CycloneDX 1.6, held against its schema.

    The same bytes for the same files; it says a time where the ledger knows a release with these digests, or --time says one.
    Exit codes: 0 it is written; 1 nothing answers, or a file or the ledger is not as it should be; 2 wrong usage.
    """
    from modelway.governance.bill_of_materials import bill, check, file_name, written

    environment, root = _documents.loaded(env, environments)
    names = _named(environment, model)
    if baseline and model is None:
        raise typer.BadParameter("it is of a version of one model: name that", param_hint="--baseline")
    _refuse_unfit(out, one=model is not None, count=len(names))
    releases = _releases(_documents.ledger_of(environment, root, address, keys, offline), env)
    documents = {}
    for name in names:
        beside = _beside(environment, environment.models[name], root, releases, time, baseline or ())
        content = written(bill(environment, name, beside))
        check(content, file_name(name))
        documents[name] = content
    for name, content in documents.items():
        if out is None:
            typer.echo(content, nl=False)
        else:
            file = out if model is not None else out / file_name(name)
            _documents.save(content, file)
            typer.echo(f"{file}  sha256:{_documents.sha256(content)}")


def _named(environment: "Environment", model: str | None) -> list[str]:
    """The models whose endpoints are meant."""
    if model is not None and model not in environment.models:
        known = ", ".join(environment.models) or "none"
        raise typer.BadParameter(f"{environment.environment} has no model {model}; it has {known}", param_hint="MODEL")
    served = [name for name, one in sorted(environment.models.items()) if one.serving is not None]
    if model is None and not served:
        from modelway.governance.bill_of_materials import NoEndpoint

        raise NoEndpoint(f"{environment.environment} has no endpoint that answers, so there is nothing to list.")
    return [model] if model is not None else served


def _refuse_unfit(out: Path | None, *, one: bool, count: int) -> None:
    if out is None:
        if count != 1:
            raise typer.BadParameter(
                f"there are {count} endpoints and a document is about one: name the model, or a folder with --out", param_hint="MODEL"
            )
    elif one and out.is_dir():
        raise typer.BadParameter(f"{out} is a folder: name the file", param_hint="--out")
    elif one and not out.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {out.parent} to write {out.name} in", param_hint="--out")
    elif not one and not out.is_dir():
        raise typer.BadParameter(f"there is no folder {out}: the documents of all endpoints go into one", param_hint="--out")


def _releases(ledger: tuple[str, Path] | None, env: str) -> "list[Release]":
    """The environment's releases, the newest first."""
    if ledger is None:
        return []
    from modelway.cli._ledgers import opened
    from modelway.governance.releases import all_of

    return [release for release in all_of(opened(*ledger)) if release.record.environment == env]


def _beside(
    environment: "Environment", model: "Model", root: Path, releases: "Sequence[Release]", time: str | None, baselines: "Sequence[Path]"
) -> "Beside":
    from modelway.governance.bill_of_materials import Beside
    from modelway.governance.questions import moment

    release = next((one for one in releases if any(each.model == model.model for each in one.record.models)), None)
    known: str | None = None
    when: datetime | None = moment(time) if time is not None else None
    if release is not None and model.traffic is not None:
        others = _others(model, release)
        if others:
            typer.echo(
                f"{model.model}: release {release.number} has {others} otherwise, so the document names no release. That one's files are"
                f" those of commit {release.record.commit}.",
                err=True,
            )
        else:
            known = f"{release.number} sha256:{release.entry.hash}"
            when = when or moment(release.record.released)
    elif releases:
        typer.echo(f"{model.model}: the ledger has no release of it in {environment.environment}", err=True)
    return Beside(_documents.program(), _documents.contracts(environment, root), when, known, _documents.reached(model, baselines))


def _others(model: "Model", release: "Release") -> str:
    """What the last release has otherwise than the model's file; nothing where they are the same."""
    recorded = next(one for one in release.record.models if one.model == model.model)
    assert model.traffic is not None
    described = {
        name: (str(model.versions[name].image), str(model.versions[name].weights), model.traffic.shares.get(name, 0))
        for name in model.traffic.versions
    }
    then = {one.version: (one.image, one.weights, one.percent) for one in recorded.versions if one.answers}
    return ", ".join(name for name in sorted(described.keys() | then.keys()) if described.get(name) != then.get(name))
