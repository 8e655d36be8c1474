"""Whether the outside has what an environment asks for, before anything is made: `modelway doctor ENV`. Looks only.

What AWS does not say is `unknown`, and never taken for there.
"""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from modelway.architecture import Environment
from modelway.errors import ModelwayError
from modelway.operations._aws import NoCredentials
from modelway.operations.doctor import Part
from modelway.operations.readiness.asking import Cloud, answered
from modelway.operations.readiness.capacity import of_capacity
from modelway.operations.readiness.clusters import of_clusters
from modelway.operations.readiness.roles import of_roles
from modelway.operations.readiness.things import of_things


def look(environment: Environment, cloud: Cloud, reaches: Callable[[str], bool] | None = None) -> list[Part]:
    """What the environment asks of its account, part by part. `reaches` tells whether somebody answers at a URL."""
    first = answered("credentials", lambda: _credentials(environment, cloud))
    if any(part.state != "ok" for part in first):
        # Of another account every answer would be of the wrong things.
        return first
    checks = [
        *of_clusters(environment, cloud, reaches or answers),
        *of_capacity(environment, cloud),
        *of_roles(environment, cloud),
        *of_things(environment, cloud),
    ]
    with ThreadPoolExecutor(8) as background:
        return [*first, *(part for parts in background.map(lambda check: answered(*check), checks) for part in parts)]


def answers(url: str) -> bool:
    """Whether somebody listens at the URL's host and port; whatever is said there."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 443), timeout=5):
            return True
    except OSError:
        return False


def _credentials(environment: Environment, cloud: Cloud) -> Iterator[Part]:
    try:
        account, arn = cloud.identity()
    except NoCredentials:
        lacking = NoCredentials(environment.environment)
        yield Part("credentials", "missing", lacking.found, lacking.way_out)
        return
    except ModelwayError as fault:
        yield Part("credentials", "missing", str(fault), f"use credentials that AWS takes, of {environment.aws.account}")
        return
    wanted = environment.aws.account
    if account != wanted:
        found = f"{arn} is of account {account}, and the environment is in {wanted}"
        yield Part("credentials", "broken", found, f"use credentials of {wanted}")
    else:
        yield Part("credentials", "ok", f"{arn}, in {environment.aws.region}")
