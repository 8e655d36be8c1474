"""Who is told, besides people, that a model's drift begins or ends: what trains it again, or holds a rollout."""

from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from modelway.architecture.arns import BusArn, SecretReference
from modelway.architecture.base import Section, Shaped

Repository = Annotated[
    str,
    Shaped(
        r"[A-Za-z0-9][-A-Za-z0-9]{0,38}/[A-Za-z0-9._-]{1,100}",
        "a repository of GitHub: OWNER/NAME",
        "Write it like acme/models.",
        140,
    ),
]


class BusTold(Section):
    """An event on a bus of Amazon EventBridge."""

    EXAMPLES = MappingProxyType({"bus": "arn:aws:events:eu-west-1:222222222222:event-bus/ml"})

    kind: Literal["eventbridge"]
    bus: BusArn
    """ARN of the bus."""


class WebhookTold(Section):
    """A CloudEvent by POST to somebody's own program."""

    EXAMPLES = MappingProxyType({"url": {"secret": "retraining-url"}})

    kind: Literal["webhook"]
    url: SecretReference
    """Where the address is."""


class GitHubTold(Section):
    """A repository_dispatch event, which starts workflows of a repository."""

    EXAMPLES = MappingProxyType({"token": {"secret": "retraining-token"}})

    kind: Literal["github"]
    repository: Repository
    """Repository whose workflows are started."""
    token: SecretReference
    """Where a token is that may write contents of the repository, and nothing else."""


DriftEvent = Annotated[BusTold | WebhookTold | GitHubTold, Field(discriminator="kind")]
