"""What encrypts the secrets of a stack that nobody has made yet, and how the engine takes it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from modelway.architecture import Environment
from modelway.operations import environments
from modelway.operations._pulumi import Engine, NotLoggedIn
from modelway.operations.stack_secrets import NothingEncrypts, bootstrapped, login_of, secrets_provider
from tests.support.environments import ROOT, environment

BUCKET = "s3://modelway-dev-state-222222222222"
KEY = "awskms://alias/modelway-dev-state?region=eu-west-1"


@pytest.fixture
def dev() -> Environment:
    return environment("dev")


def test_in_the_bucket_of_bootstrap_it_is_the_key_of_bootstrap(dev: Environment, tmp_path: Path) -> None:
    assert login_of(dev) == f"{BUCKET}?region=eu-west-1"
    for backend in (login_of(dev), BUCKET, f"{BUCKET}/", f"{BUCKET}?region=eu-west-1&profile=acme"):
        assert secrets_provider(dev, "dev", tmp_path / "none", backend, {}) == KEY


@pytest.mark.parametrize(
    ("backend", "variables"),
    [
        ("https://api.pulumi.com", {}),
        (BUCKET, {"PULUMI_CONFIG_PASSPHRASE_FILE": "there"}),
        ("file://~", {"PULUMI_CONFIG_PASSPHRASE": ""}),
    ],
)
def test_what_the_backend_or_a_passphrase_does_is_left_to_them(
    backend: str, variables: dict[str, str], dev: Environment, tmp_path: Path
) -> None:
    assert secrets_provider(dev, "dev", tmp_path / "none", backend, variables) is None


def test_what_the_stack_file_names_comes_first(dev: Environment, tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("secretsprovider: awskms://alias/other?region=eu-west-1\nconfig: {}\n", "utf-8")
    assert secrets_provider(dev, "dev", file, BUCKET, {}) == "awskms://alias/other?region=eu-west-1"
    file.write_text("secretsprovider: passphrase\n", "utf-8")
    assert secrets_provider(dev, "dev", file, BUCKET, {}) == KEY


@pytest.mark.parametrize("backend", ["file:///state", "s3://modelway-dev-state-222222222222-else", f"{BUCKET}/below"])
def test_elsewhere_the_command_is_named(backend: str, dev: Environment, tmp_path: Path) -> None:
    with pytest.raises(NothingEncrypts) as told:
        secrets_provider(dev, "dev-models", tmp_path / "none", backend, {})
    assert "pulumi stack init dev-models --no-select --secrets-provider 'awskms://" in str(told.value)
    assert f"pulumi login '{BUCKET}?region=eu-west-1'" in str(told.value)


@pytest.fixture
def engine_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use_account: Callable[[str], None], dev: Environment
) -> Callable[[str], Path]:
    """The real engine on an empty project, its state in a bucket of the emulated account; called with the backend's URL before options."""
    use_account("222222222222")
    # One that another test used has its credentials still.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    kms, s3 = (boto3.client(name, region_name="eu-west-1") for name in ("kms", "s3"))
    place = bootstrapped(dev)
    kms.create_alias(AliasName=place.alias, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    s3.create_bucket(Bucket=place.bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    folder = tmp_path / "project"
    (folder / "stacks" / "config").mkdir(parents=True)
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PULUMI_OPTION_CWD", str(folder))
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(ROOT)

    def log_in(backend: str) -> Path:
        emulated = boto3.client("s3", region_name="eu-west-1").meta.endpoint_url
        monkeypatch.setenv("PULUMI_BACKEND_URL", f"{backend}?region=eu-west-1&endpoint={emulated}&s3ForcePathStyle=true")
        return folder

    return log_in


@pytest.mark.localcloud
def test_the_engine_takes_it_and_finds_it_again_without_the_file(engine_of_its_own: Callable[[str], Path]) -> None:
    folder = engine_of_its_own(BUCKET)
    engine = environments.open_deployment("dev").engine
    assert set(engine.stacks()) == {"dev", "dev-models"}
    for stack in ("dev", "dev-models"):
        deployment = engine.export(stack)["deployment"]
        assert isinstance(deployment, dict)
        assert deployment["secrets_providers"]["type"] == "cloud"
        assert deployment["secrets_providers"]["state"]["url"] == KEY
        # A run whose clone has not got it.
        (folder / "stacks" / "config" / f"Pulumi.{stack}.yaml").unlink()
        engine._capture("config", "set", "modelway:token", "hidden", "--secret", "--stack", stack)
    environments.open_deployment("dev")


@pytest.mark.localcloud
def test_nothing_is_made_where_nothing_encrypts(engine_of_its_own: Callable[[str], Path]) -> None:
    boto3.client("s3", region_name="eu-west-1").create_bucket(Bucket="else", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    folder = engine_of_its_own("s3://else")
    with pytest.raises(NothingEncrypts, match="stack dev is not there yet"):
        environments.open_deployment("dev")
    assert Engine(folder).stacks() == []


@pytest.mark.localcloud
def test_before_a_login_it_says_to_log_in(engine_of_its_own: Callable[[str], Path], tmp_path: Path) -> None:
    folder = tmp_path / "project"
    with pytest.raises(NotLoggedIn, match="pulumi login 's3://"):
        Engine(folder).backend()
