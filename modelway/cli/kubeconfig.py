"""`modelway kubeconfig ENV`: reach the environment's own clusters with kubectl."""

import json
from typing import Annotated, cast

import typer

from modelway.cli._environments import Folder, opened


def command(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="Name of the environment.", show_default=False)],
    environments: Folder = None,
) -> None:
    """Print a kubeconfig for the EKS clusters of an environment; its tokens come from `modelway kube-token`."""
    from modelway.operations.environments import outputs
    from modelway.operations.kubeconfig import kubeconfig

    deployment = opened(environment, environments)
    clusters = cast(dict[str, dict[str, str]], outputs(deployment).get("clusters") or {})
    config = kubeconfig(clusters, prefix=environment, region=deployment.environment.aws.region)
    # JSON is YAML, and every Kubernetes tool reads it.
    typer.echo(json.dumps(config, indent=2))
