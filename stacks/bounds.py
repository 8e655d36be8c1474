"""Roles within a boundary: where an environment asks for it, every role is made under its path and with its boundary."""

from collections.abc import Callable

import pulumi

from modelway.architecture import Environment

ROLE = "aws:iam/role:Role"

Transformation = Callable[[pulumi.ResourceTransformationArgs], pulumi.ResourceTransformationResult | None]


def boundary(environment: Environment) -> dict[str, str]:
    """Path and boundary of the environment's roles, as `modelway bootstrap` made them."""
    path = f"/{environment.platform}/{environment.environment}/"
    policy = f"arn:aws:iam::{environment.aws.account}:policy{path}{environment.platform}-{environment.environment}-workloads"
    return {"path": path, "permissions_boundary": policy}


def bounded(environment: Environment) -> Transformation:
    """What puts path and boundary on roles, and nothing on anything else."""
    within = boundary(environment)

    def transformed(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if args.type_ != ROLE:
            return None
        return pulumi.ResourceTransformationResult({**args.props, **within}, args.opts)

    return transformed
