"""`modelway ask ENV/MODEL`: the contract's sample, and who answered it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli._environments import Folder, opened

if TYPE_CHECKING:
    from modelway.architecture import Environment, Model
    from modelway.operations.ask import Answer


def command(
    endpoint: Annotated[str, typer.Argument(metavar="ENV/MODEL", help="Environment and model.", show_default=False)],
    environments: Folder = None,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", metavar="FILE", help="File with a token, where callers show one.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask a model what its contract's sample asks; print the answer, its version and its time, and where to look further. Exit code 1 when
    the answer is an error."""
    environment, _, model = endpoint.partition("/")
    if not environment or not model:
        raise typer.BadParameter(f"{endpoint} is no environment and model, like dev/credit-risk", param_hint="ENV/MODEL")
    if token_file is not None and not token_file.is_file():
        raise typer.BadParameter(f"there is no file {token_file}", param_hint="--token-file")

    from modelway.operations.ask import ask, served

    deployment = opened(environment, environments, refuse=lambda described: served(described, model))
    answer = ask(deployment, model, token_file.read_text("utf-8").strip() if token_file is not None else None)
    look = where_to_look(deployment.environment, model, answer)
    if as_json:
        told = {"status": answer.status, "version": answer.version, "seconds": round(answer.seconds, 4), "simulated": answer.simulated}
        told |= {name: said for name, said in (("endpoint", answer.endpoint), ("variant", answer.variant), ("note", answer.note)) if said}
        typer.echo(json.dumps({**told, "through": answer.through, "answer": answer.content, "look": look}, indent=2))
    else:
        _print(model, answer, look)
    if answer.status != 200:
        raise typer.Exit(1)


def _print(model: str, answer: "Answer", look: dict[str, str]) -> None:
    typer.echo(json.dumps(answer.content, indent=2) if not isinstance(answer.content, str) else answer.content)
    said = f"{model} {answer.version}".rstrip()
    typer.echo(f"{said} answered {answer.status} in {answer.seconds * 1000:.0f} ms, asked through {answer.through}", err=True)
    if answer.simulated:
        what, where = ("instances", "SageMaker") if answer.endpoint else ("pods", "the cluster")
        typer.echo(f"its {what} are simulated: no request reached them, and the time says nothing of {where}", err=True)
    if answer.note:
        typer.echo(answer.note, err=True)
    for name, way in look.items():
        typer.echo(f"{name}: {way}", err=True)


def where_to_look(environment: "Environment", model: str, answer: "Answer") -> dict[str, str]:
    """Where logs and metrics are, and the way back."""
    described = environment.models[model]
    traffic = described.traffic
    live = traffic.live if traffic is not None else ""
    others = [name for name in described.versions if name != live]
    back = f"`pin: {others[-1]!r}` in the model's file" if others else "the commit before, as no other version is described"
    return {
        **(_of_sagemaker if answer.endpoint else _of_cluster)(described, live, answer),
        "way back": f"{back}, then `modelway up {environment.environment}`",
    }


def _of_cluster(described: "Model", live: str, _: "Answer") -> dict[str, str]:
    labels = f"modelway.dev/model={described.model},modelway.dev/version={live}"
    return {
        "logs": f"kubectl logs -n {described.team} -l {labels} -c model --tail 100",
        "metrics": f'inference_requests_total{{model="{described.model}",version="{live}"}} in Prometheus, and the model\'s dashboard',
    }


def _of_sagemaker(_: "Model", _live: str, answer: "Answer") -> dict[str, str]:
    # docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html: a stream for each instance, VARIANT/INSTANCE.
    stream = f" --log-stream-name-prefix {answer.variant}/" if answer.variant else ""
    variant = answer.variant or "VARIANT"
    measured = f"EndpointName={answer.endpoint}, VariantName={variant}"
    return {
        "logs": f"aws logs tail /aws/sagemaker/Endpoints/{answer.endpoint} --since 1h{stream}",
        "metrics": f"Invocations, ModelLatency, Invocation5XXErrors of {measured} in AWS/SageMaker of CloudWatch; its alarms are called"
        f" {answer.endpoint}-{variant}-errors and -latency",
    }
