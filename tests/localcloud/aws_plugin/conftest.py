import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.localcloud.aws_plugin.lookup import ACCOUNT
from tests.localcloud.aws_plugin.stack import AwsStack


@pytest.fixture
def stack(cloud, tmp_path: Path) -> AwsStack:
    """A stack in an account that no environment uses."""
    return AwsStack(tmp_path / "stack", cloud.environment(ACCOUNT))


@pytest.fixture
def other_stack(cloud, stack: AwsStack, tmp_path: Path) -> AwsStack:
    """A second one in the same account."""
    other = AwsStack(tmp_path / "other", cloud.environment(ACCOUNT))
    other.environment["MODELWAY_LOCAL_STORE"] = stack.environment["MODELWAY_LOCAL_STORE"]
    return other


@pytest.fixture(scope="session")
def client(cloud) -> Callable[[str], Any]:
    """client("ec2"): boto3 on what the stack is deployed to, made once: half a second each."""
    return functools.cache(lambda service: cloud.client(service, ACCOUNT))
