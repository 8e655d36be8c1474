"""References to secrets become values in stacks/ alone, marked as secret; what is lacking is named all at once."""

import json

import pulumi
import pytest

from modelway.architecture import load
from modelway.architecture.arns import SecretReference
from stacks import arguments
from stacks.providers import Providers
from stacks.secret_values import values
from tests.stacks.test_platform import ENVIRONMENTS, platform
from tests.support.engine import SECRET, Recorder, run

__all__ = ["platform"]

PROD = load(ENVIRONMENTS, "prod")


def test_every_key_that_is_lacking_is_named() -> None:
    references = {name: SecretReference(key=name) for name in ("one-key", "other-key")}
    with pytest.raises(pulumi.RunError) as fault:
        run(lambda: values(references, Providers(PROD)), stack="prod")
    assert str(fault.value) == (
        "stack prod has no value for secrets that its environment refers to. Set each:\n"
        "  pulumi config set --secret one-key --stack prod\n"
        "  pulumi config set --secret other-key --stack prod"
    )


def test_an_environment_refers_to_its_receivers_by_who_they_are() -> None:
    references = {name: reference.key for name, reference in arguments.receiver_secrets(PROD).items()}
    assert references == {"page": "pagerduty-platform-key", "ticket": "slack-alerts-url", "oncology-page": "pagerduty-oncology-key"}


def test_values_are_secret_wherever_they_are(platform: Recorder) -> None:
    holding = [resource for resource in platform.resources if "value-of-pagerduty-platform-key" in json.dumps(resource.inputs)]
    assert {resource.type.rpartition(":")[2] for resource in holding} == {"MonitoringStack", "Secret"}
    for resource in holding:
        values = resource.raw["stringData" if resource.type.endswith(":Secret") else "secrets"]
        assert SECRET in json.dumps(values)
