"""`modelway kube-token`: what kubectl and the Kubernetes provider run to log in to an EKS cluster."""

import json
from typing import Annotated

import typer


def command(
    cluster: Annotated[str, typer.Option(metavar="NAME", help="Name of the EKS cluster.", show_default=False)],
    region: Annotated[str | None, typer.Option(help="Region of the cluster; by default the one of your AWS settings.")] = None,
) -> None:
    """Print a token for an EKS cluster, as an ExecCredential, from the AWS credentials at hand."""
    from modelway.operations.kube_token import kube_token

    typer.echo(json.dumps(kube_token(cluster, region)))
