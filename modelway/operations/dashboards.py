"""Dashboards of an environment, as files, or in its Managed Grafana. The Grafana of a cluster takes its own from ConfigMaps."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from modelway.architecture import Environment
from modelway.errors import ModelwayError
from modelway.monitoring.facts import all_dashboards
from modelway.operations._grafana import Grafana

Progress = Callable[[str], None]

SCHEME = "https"


class NoManagedGrafana(ModelwayError):
    """The environment has no workspace of Managed Grafana."""


def write(environment: Environment, folder: Path) -> list[Path]:
    """One file for each dashboard, NAME.json, as Grafana imports it. Raises ModelwayError for what cannot be written."""
    files = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, board in all_dashboards(environment).items():
            file = folder / f"{name}.json"
            file.write_text(json.dumps(board, sort_keys=True, indent=1) + "\n", "utf-8")
            files.append(file)
    except OSError as fault:
        raise ModelwayError(f"{fault.filename or folder}: the dashboards cannot be written there: {fault.strerror}.") from None
    return files


def push(environment: Environment, made: Progress) -> str:
    """Afterwards the environment's Managed Grafana has a data source for its metrics, a folder, and every dashboard in it. Its address.

    `made` hears of what was made or changed; what is as it should be stays, and so do dashboards of models that left. Raises
    NoManagedGrafana, AwsFailure, GrafanaFailure.
    """
    from modelway.operations._aws_grafana import ManagedGrafana

    backend, region, name = environment.monitoring.backend, environment.aws.region, f"modelway-{environment.environment}"
    if backend.kind != "amp" or not backend.grafana:
        raise NoManagedGrafana(
            f"environment {environment.environment} has no Managed Grafana: write monitoring.backend: {{kind: amp, grafana: true}}."
            " The Grafana of a cluster takes its dashboards from ConfigMaps by itself; `--to DIR` writes them as files."
        )
    amazon = ManagedGrafana(region)
    workspace, host = amazon.workspace(name)
    metrics = backend.workspace or amazon.metrics(name)
    address = f"{SCHEME}://{host}"
    with amazon.token(workspace) as token:
        _fill(Grafana(address, token), environment, metrics, made)
    return address


def _fill(grafana: Grafana, environment: Environment, metrics: str, made: Progress) -> None:
    name, region = f"modelway-{environment.environment}", environment.aws.region
    source = {
        "name": name,
        "type": "prometheus",
        "access": "proxy",
        "isDefault": True,
        "url": f"https://aps-workspaces.{region}.amazonaws.com/workspaces/{metrics}/",
        # The workspace's own role signs (docs.aws.amazon.com/grafana/latest/userguide/prometheus-manually-configure.html).
        "jsonData": {"httpMethod": "POST", "sigV4Auth": True, "sigV4AuthType": "ec2_iam_role", "sigV4Region": region},
    }
    # Grafana takes 40 characters.
    uid = hashlib.sha256(name.encode()).hexdigest()[:16]
    if grafana.data_source(uid, source):
        made(f"data source {name}")
    if grafana.folder(uid, name):
        made(f"folder {name}")
    for key, board in all_dashboards(environment).items():
        if grafana.dashboard(uid, board, "modelway dashboards"):
            made(f"dashboard {key}")
