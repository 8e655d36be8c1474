from pathlib import Path

import pytest

from tests.localcloud.aws_plugin.stack import AwsStack

ACCOUNT = "444444444444"


@pytest.fixture
def stack(cloud, tmp_path: Path) -> AwsStack:
    """A stack in an account that no environment uses."""
    return AwsStack(tmp_path / "stack", cloud.environment(ACCOUNT))


@pytest.fixture
def client(cloud):
    """client("ec2"): boto3 on what the stack is deployed to."""
    return lambda service: cloud.client(service, ACCOUNT)
