"""`modelway publish`, from the command line to an emulator of ECR and S3."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
import typer
from typer.testing import CliRunner

from modelway.architecture import load
from modelway.cli.publish import command
from modelway.operations import environments
from modelway.operations._pulumi import Engine
from modelway.operations.environments import Deployment
from modelway.operations.publish import Refused

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "dev-models"
MODELS = ("co2-forecast", "tumor-screening")

runner = CliRunner()
app = typer.Typer()
app.command()(command)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["dev"], "--model, --version, --image, --weights: needed, unless --all is given"),
        (["dev", "--model", "m", "--version", "1", "--image", "i"], "--weights: needed, unless --all is given"),
        (["dev", "--all", "x", "--model", "m"], "either --all, or"),
        ([], "ENV"),
    ],
)
def test_wrong_usage_is_told(arguments: list[str], text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    result = runner.invoke(app, arguments)
    assert result.exit_code == 2
    assert text in result.stderr
    assert result.stdout == ""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that examples/build.py writes."""
    out = tmp_path_factory.mktemp("built")
    subprocess.run([sys.executable, ROOT / "examples" / "build.py", "--out", out], check=True, stdout=subprocess.DEVNULL)
    return out


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, use_account: Callable[[str], None]) -> Any:
    """Environment dev as its stacks would have left it, on an emulator; a client of its registry."""
    environment = load(ROOT / "stacks" / "environments", "dev")
    account, region = environment.aws.account, environment.aws.region
    use_account(account)
    # boto3's own session remembers the credentials of whatever test came first.
    session = boto3.Session(region_name=region)
    ecr = session.client("ecr")
    addresses = {model: ecr.create_repository(repositoryName=f"dev/{model}")["repository"]["repositoryUri"] for model in MODELS}
    session.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region})
    monkeypatch.setattr(environments, "open_deployment", lambda name, *_, **__: Deployment(environment, Engine(tmp_path)))
    monkeypatch.setattr(environments, "outputs", lambda deployment: {"registry": {"bucket": BUCKET, "repositories": addresses}})
    return ecr


@pytest.mark.localcloud
def test_all_versions_are_published_once(registry: Any, built: Path) -> None:
    first = runner.invoke(app, ["dev", "--all", str(built)], catch_exceptions=False)
    assert first.exit_code == 0
    lines = first.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["co2-forecast", "2026.11.0"],
        ["tumor-screening", "2026.10.0"],
        ["tumor-screening", "2026.11.0"],
    ]
    assert "uploading s3://dev-models/co2-forecast/2026.11.0/model.json" in first.stderr
    for line in lines:
        model, version, image, _ = line.split()
        (found,) = registry.describe_images(repositoryName=f"dev/{model}", imageIds=[{"imageTag": version}])["imageDetails"]
        assert image.endswith(f"/dev/{model}@{found['imageDigest']}")
    second = runner.invoke(app, ["dev", "--all", str(built)], catch_exceptions=False)
    assert second.stdout == first.stdout
    assert second.stderr.count("already published, nothing was uploaded") == 3
    assert "uploading" not in second.stderr


@pytest.mark.localcloud
def test_one_version_is_published(registry: Any, built: Path) -> None:
    folder = built / "co2-forecast" / "2026.11.0"
    one = ["dev", "--model", "co2-forecast", "--version", "2026.11.0", "--image", str(folder / "image"), "--weights"]
    with pytest.raises(Refused, match="the weights at hand have"):
        runner.invoke(app, [*one, str(folder / "training.json")], catch_exceptions=False)
    result = runner.invoke(app, [*one, str(folder / "model.json")], catch_exceptions=False)
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 1
