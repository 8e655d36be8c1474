"""Several outputs as one."""

from collections.abc import Mapping
from typing import TypeVar, cast

import pulumi

T = TypeVar("T")


def gathered(values: Mapping[str, pulumi.Output[T]]) -> pulumi.Output[dict[str, T]]:
    """The values by key, known once all of them are; empty for none."""
    return cast("pulumi.Output[dict[str, T]]", pulumi.Output.from_input(dict(values)))
