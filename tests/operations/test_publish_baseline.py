"""Publishing baselines: what is refused before AWS is asked, and what an emulator of S3 holds afterwards, over HTTP."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import typer
from moto.server import ThreadedMotoServer
from typer.testing import CliRunner

from modelway.architecture import Environment, load
from modelway.architecture.references import BaselineFile
from modelway.cli.publish import command
from modelway.operations import environments
from modelway.operations._pulumi import Engine
from modelway.operations.environments import Deployment
from modelway.operations.publish import Refused
from modelway.operations.publish_baseline import AtHand, Placed, beside, publish_baselines

ROOT = Path(__file__).resolve().parents[2]
MODEL, VERSION = "tumor-screening", "2026.10.0"
OUTPUTS = {"registry": {"bucket": "dev-models", "repositories": {}}}
CONTENT = b'{"schema": 1}\n'
DIGEST = hashlib.sha256(CONTENT).hexdigest()
KEY = f"{MODEL}/{VERSION}/baseline.json"


def pinning(reference: str | None) -> Environment:
    """The committed environment dev, whose model pins this baseline."""
    dev = load(ROOT / "stacks" / "environments", "dev")
    model = dev.models[MODEL]
    version = model.versions[VERSION].model_copy(update={"baseline": BaselineFile(reference) if reference else None})
    changed = model.model_copy(update={"versions": {**model.versions, VERSION: version}})
    return dev.model_copy(update={"models": {**dev.models, MODEL: changed}})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / MODEL / VERSION / "baseline.json"
    made.parent.mkdir(parents=True)
    made.write_bytes(CONTENT)
    return made


def test_baselines_of_known_versions_are_found_in_a_folder(file: Path, tmp_path: Path) -> None:
    other = tmp_path / MODEL / "9" / "baseline.json"
    other.parent.mkdir()
    other.write_bytes(CONTENT)
    assert beside(pinning(None), tmp_path) == [AtHand(MODEL, VERSION, file)]


@pytest.mark.parametrize(
    ("pinned", "told"),
    [
        (None, f"pins no baseline, and .* is at hand: add `baseline: {KEY}@sha256:{DIGEST}`"),
        (f"{KEY}@sha256:{'0' * 64}", f"the model file pins this digest, but .* has sha256:{DIGEST}"),
        (f"s3://another/{KEY}@sha256:{DIGEST}", "only the environment's own store is published to, and it is s3://dev-models"),
    ],
)
def test_what_is_not_pinned_is_refused_before_aws_is_asked(file: Path, pinned: str | None, told: str) -> None:
    # No credentials and no endpoint: a call to AWS would fail otherwise.
    with pytest.raises(Refused, match=told):
        publish_baselines(pinning(pinned), OUTPUTS, [AtHand(MODEL, VERSION, file)], lambda _: None)


def test_without_a_baseline_nothing_is_asked_of_anybody() -> None:
    assert list(publish_baselines(pinning(None), {}, [], lambda _: None)) == []


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """A client of an empty model store."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}.items():
        monkeypatch.setenv(name, value)
    # moto's own account, whoever the environment says that it is.
    monkeypatch.setattr("modelway.operations.publish_baseline.ModelStore", _of_the_emulator)
    client = boto3.Session(region_name="eu-west-1").client("s3")
    client.create_bucket(Bucket="dev-models", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield client
    client.delete_object(Bucket="dev-models", Key=KEY)
    client.delete_bucket(Bucket="dev-models")
    server.stop()


def _of_the_emulator(_account: str, region: str) -> object:
    from modelway.operations._aws import ModelStore

    return ModelStore("123456789012", region)


@pytest.mark.localcloud
def test_a_baseline_is_put_once_and_never_overwritten(store: object, file: Path) -> None:
    told: list[str] = []
    dev = pinning(f"{KEY}@sha256:{DIGEST}")

    def put() -> list[Placed]:
        return list(publish_baselines(dev, OUTPUTS, [AtHand(MODEL, VERSION, file)], told.append))

    assert put() == [Placed(MODEL, VERSION, f"s3://dev-models/{KEY}", DIGEST, True)]
    assert told == [f"{MODEL} {VERSION}: uploading s3://dev-models/{KEY}"]
    assert store.get_object(Bucket="dev-models", Key=KEY)["Body"].read() == CONTENT  # type: ignore[attr-defined]
    assert put()[0].uploaded is False
    file.write_bytes(b"{}\n")
    dev = pinning(f"{KEY}@sha256:{hashlib.sha256(b'{}' + bytes([10])).hexdigest()}")
    with pytest.raises(Refused, match=f"holds sha256:{DIGEST}, and what is published is never overwritten"):
        put()


@pytest.mark.localcloud
def test_a_baseline_alone_is_published_by_the_command(store: object, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dev = pinning(f"{KEY}@sha256:{DIGEST}")
    monkeypatch.setattr(environments, "open_deployment", lambda name, *_, **__: Deployment(dev, Engine(tmp_path)))
    monkeypatch.setattr(environments, "outputs", lambda deployment: OUTPUTS)
    app = typer.Typer()
    app.command()(command)
    one = ["dev", "--model", MODEL, "--version", VERSION, "--baseline", str(file)]
    result = CliRunner().invoke(app, one, catch_exceptions=False)
    assert (result.exit_code, result.stdout) == (0, f"{MODEL} {VERSION} s3://dev-models/{KEY}@sha256:{DIGEST}\n")
    again = CliRunner().invoke(app, one, catch_exceptions=False)
    assert again.stdout == result.stdout
    assert "its baseline is published already, nothing was uploaded" in again.stderr
    for wrong in (
        ["dev", "--baseline", str(file)],
        [*one, "--image", str(tmp_path)],
        ["dev", "--all", str(tmp_path), "--baseline", str(file)],
    ):
        assert CliRunner().invoke(app, wrong).exit_code == 2
