"""What holds for every test."""

import urllib.request
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

# Hypothesis fails an example that takes longer than 200 ms, which says more about the machine than about the code.
settings.register_profile("modelway", deadline=None)
settings.register_profile("nightly", deadline=None, max_examples=10_000)
settings.load_profile("modelway")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole environments first: they take longest, and with several workers one runs all tests of a file."""
    items.sort(key=lambda item: not item.path.name.startswith("test_environment_"))


@pytest.fixture
def use_account(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], None]]:
    """An emulator of AWS. Call it with an account: from then on the process has credentials of that account."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path_factory.mktemp("aws") / "none"))

    def use(account: str) -> None:
        sts = boto3.client("sts", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
        role = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/deployer", RoleSessionName="test")["Credentials"]
        for name, key in {"ACCESS_KEY_ID": "AccessKeyId", "SECRET_ACCESS_KEY": "SecretAccessKey", "SESSION_TOKEN": "SessionToken"}.items():
            monkeypatch.setenv(f"AWS_{name}", role[key])

    yield use
    # All emulators of a process share what they hold.
    urllib.request.urlopen(f"http://{host}:{port}/moto-api/reset", data=b"").close()
    server.stop()
