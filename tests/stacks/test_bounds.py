"""Roles of an environment that asks for it are under its path and have its boundary; nothing else is touched."""

from pathlib import Path

import pulumi
import pulumi_aws as aws

from modelway.architecture import load
from stacks.bounds import bounded
from tests.support.engine import run

ROOT = Path(__file__).resolve().parents[2]


def test_roles_are_bounded_wherever_they_are_made() -> None:
    environment = load(ROOT / "stacks" / "environments", "dev", ROOT)

    def program() -> None:
        # As register_stack_transformation does for all, here for the children of one: the stack's last as long as the process.
        top = pulumi.ComponentResource("test:index:Top", "top", opts=pulumi.ResourceOptions(transformations=[bounded(environment)]))
        inside = pulumi.ComponentResource("test:index:Inside", "inside", opts=pulumi.ResourceOptions(parent=top))
        child = pulumi.ResourceOptions(parent=inside)
        aws.iam.Role("role", assume_role_policy="{}", opts=child)
        aws.sns.Topic("topic", opts=child)

    recorder = run(program)
    role = recorder.one("Role").inputs
    assert role["path"] == "/modelway/dev/"
    assert role["permissionsBoundary"] == "arn:aws:iam::222222222222:policy/modelway/dev/modelway-dev-workloads"
    assert role["assumeRolePolicy"] == "{}"
    assert recorder.one("Topic").inputs == {}


def test_no_environment_has_it_without_asking() -> None:
    for name in ("local", "dev", "staging", "prod"):
        assert load(ROOT / "stacks" / "environments", name, ROOT).aws.bounded_roles is False
