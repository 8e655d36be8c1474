"""The table: every type of resource and every data source that the stand-in serves, by service."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from localcloud.plugins.aws.table import Function, Row


@cache
def resources() -> Mapping[str, Row]:
    """The rows of resources by type token."""
    from localcloud.plugins.aws.rows import (
        alarms,
        amp,
        autoscaling,
        cloudwatch,
        ec2_endpoints,
        ec2_launch,
        ec2_network,
        ec2_routes,
        ec2_security,
        ecr,
        eks,
        eks_access,
        iam,
        kms,
        rds,
        s3,
        s3_objects,
        s3_safety,
        sagemaker,
        sagemaker_registry,
        scheduler,
    )

    modules = (
        ec2_network,
        ec2_endpoints,
        ec2_routes,
        ec2_security,
        ec2_launch,
        iam,
        eks,
        eks_access,
        ecr,
        s3,
        s3_objects,
        s3_safety,
        kms,
        cloudwatch,
        alarms,
        amp,
        autoscaling,
        rds,
        sagemaker,
        sagemaker_registry,
        scheduler,
    )
    return {row.type: row for module in modules for row in module.ROWS}


@cache
def functions() -> Mapping[str, Function]:
    """The rows of data sources by token."""
    from localcloud.plugins.aws.rows import data

    return {row.token: row for row in data.ROWS}
