"""`modelway publish ENV`: images and weights, by digest, to where the environment keeps them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli._environments import Folder, opened

if TYPE_CHECKING:
    from modelway.architecture import Environment


def command(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="Name of the environment.", show_default=False)],
    model: Annotated[str | None, typer.Option(help="Name of the model.", show_default=False)] = None,
    version: Annotated[str | None, typer.Option(help="Its version.", show_default=False)] = None,
    image: Annotated[Path | None, typer.Option(help="OCI image layout.", metavar="DIR", show_default=False)] = None,
    weights: Annotated[Path | None, typer.Option(help="File of weights.", metavar="FILE", show_default=False)] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(
            help="Its baseline, as `modelway drift baseline` makes it; alone, where image and weights are published.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    everything: Annotated[
        Path | None,
        typer.Option(
            "--all",
            help="Instead: all of a folder of <model>/<version>/{model.json,image/,baseline.json}.",
            metavar="DIR",
        ),
    ] = None,
    environments: Folder = None,
) -> None:
    """Publish a model version: its image to the registry, its weights and its baseline to the model store. Refuses what the model file does
    not pin."""
    one = (model, version, image, weights)
    if everything and (any(one) or baseline):
        raise typer.BadParameter("either --all, or --model, --version, --image and --weights", param_hint="--all")
    alone = bool(baseline and model and version and not image and not weights)
    if not everything and not all(one) and not alone:
        missing = [f"--{name}" for name, given in zip(("model", "version", "image", "weights"), one, strict=True) if not given]
        raise typer.BadParameter("needed, unless --all is given", param_hint=", ".join(missing))

    for option, folder in (("--all", everything), ("--image", image)):
        if folder is not None and not folder.is_dir():
            raise typer.BadParameter(f"there is no folder {folder}", param_hint=option)
    for option, file in (("--weights", weights), ("--baseline", baseline)):
        if file is not None and not file.is_file():
            raise typer.BadParameter(f"there is no file {file}", param_hint=option)

    from modelway.operations.environments import outputs
    from modelway.operations.publish import Wanted, find_all, publish_all, refuse_unknown
    from modelway.operations.publish_baseline import AtHand, beside, publish_baselines

    def refuse(described: "Environment") -> None:
        if everything:
            find_all(described, everything)
        elif model and version:
            refuse_unknown(described, model, version)

    deployment = opened(environment, environments, refuse=refuse)
    wanted = find_all(deployment.environment, everything) if everything else []
    if model and version and image and weights:
        wanted = [Wanted(model, version, image, weights)]
    baselines = beside(deployment.environment, everything) if everything else []
    if model and version and baseline:
        baselines = [AtHand(model, version, baseline)]
    where = outputs(deployment)

    def say(text: str) -> None:
        typer.echo(text, err=True)

    # Asked for first, as it refuses what is not pinned before anything is uploaded.
    placed = publish_baselines(deployment.environment, where, baselines, say)
    for done in publish_all(deployment.environment, where, wanted, say):
        release = done.release
        if not done.uploaded:
            say(f"{release.model} {release.version}: already published, nothing was uploaded")
        typer.echo(f"{release.model} {release.version} {release.image} {release.weights}@sha256:{release.weights_sha256}")
    for put in placed:
        if not put.uploaded:
            say(f"{put.model} {put.version}: its baseline is published already, nothing was uploaded")
        typer.echo(f"{put.model} {put.version} {put.address}@sha256:{put.sha256}")
