"""An environment: everything that is deployed into one account, and the rules between its sections."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from modelway.architecture.arns import Account, Region
from modelway.architecture.base import Breach, EnvironmentName, Name, Owner, Section, Shaped, each
from modelway.architecture.capacity import capacity_breaches
from modelway.architecture.cluster import Cluster
from modelway.architecture.contract import Contract
from modelway.architecture.drift_rules import drift_breaches
from modelway.architecture.gateway_rules import gateway_breaches
from modelway.architecture.governance import CARD_PATH
from modelway.architecture.gpus import gpu_breaches
from modelway.architecture.model import ContractPath, Model
from modelway.architecture.model_rules import model_breaches
from modelway.architecture.monitoring import Monitoring
from modelway.architecture.naming import name_breaches
from modelway.architecture.network import Network
from modelway.architecture.oversight import Oversight, oversight_breaches
from modelway.architecture.placement import placement_breaches
from modelway.architecture.platform_rules import platform_breaches
from modelway.architecture.quantities import Money
from modelway.architecture.registry import Registry
from modelway.architecture.tracking_rules import tracking_breaches

TagKey = Annotated[
    str,
    Shaped(
        r"(?!(?i:aws):)[A-Za-z0-9][A-Za-z0-9 +\-=._:/@]*",
        "a tag's key: letters, digits, spaces and + - = . _ : / @, not `aws:` at the start",
        "Write it like cost-center.",
        128,
    ),
]
TagValue = Annotated[
    str, Shaped(r"[A-Za-z0-9 +\-=._:/@]*", "a tag's value: letters, digits, spaces and + - = . _ : / @", "Write it like ml-platform.", 256)
]


class Aws(Section):
    """Where in AWS the environment is."""

    account: Account
    """12 digits; every other account is refused before anything is made."""
    region: Region
    bounded_roles: bool = False
    """Whether roles are made under the path /PLATFORM/ENVIRONMENT/, with the boundary that `modelway bootstrap` makes. Roles of CI make no
    others. Changing it makes every role anew."""


class Promotion(Section):
    """What has to be true of a version before it may serve here."""

    EXAMPLES = MappingProxyType({"from": "staging"})

    from_: EnvironmentName = Field(alias="from")
    """Environment that its digests have to have been in before."""


class Environment(Section):
    """One environment, resolved: base and overrides merged, models and contracts with it."""

    EXAMPLES = MappingProxyType(
        {
            "environment": "dev",
            "layout": "split",
            "platform": "acme-ml",
            "tags": {"cost-center": "ml-platform"},
            "cost_owner": "finance@example.com",
        }
    )

    OF_OTHER_FILES = MappingProxyType(
        {"models": "each model has a file of its own in models/", "contracts": "contracts are files that models' versions name"}
    )

    environment: EnvironmentName
    """Name; equals the name of the folder."""
    tier: Literal["development", "staging", "production"]
    """How carefully it is handled: production is protected, development may be thrown away."""
    schema_version: Literal[1] = 1
    """Version of the shape of these files."""
    platform: Name = "modelway"
    """First part of names that are unique in all of AWS, such as that of the bucket of weights. It cannot be changed later."""
    layout: Literal["single", "split", "split_by_team"] = "single"
    """One stack for all; or one for the platform and one for the models; or one for the platform and one for each team's models."""
    promotion: Promotion | None = None
    """Where versions come from; from anywhere when absent."""
    aws: Aws
    """Account and region."""
    owner: Owner
    """Who answers for it; a tag on everything."""
    cost_owner: Owner | None = None
    """Who pays; a tag on everything when set."""
    budget: Money | None = None
    """What it may cost a month, such as 1500 USD."""
    tags: dict[TagKey, TagValue] = Field(default_factory=dict, max_length=40)
    """AWS tags on everything, besides environment, owner, cost-owner, managed-by, system and tier."""
    network: Network | None = None
    """Network that it is in; an EKS cluster needs one."""
    clusters: dict[Name, Cluster] = Field(min_length=1)
    """Clusters, by name."""
    registry: Registry = Field(default_factory=Registry)
    """Where images and weights are kept."""
    monitoring: Monitoring = Field(default_factory=Monitoring)
    """How it is watched, and who is told."""
    governance: Oversight = Field(default_factory=Oversight)
    """What is asked of models by their risk tier."""
    models: dict[Name, Model] = Field(default_factory=dict)
    """Models, by name; each has a file of its own in models/."""
    contracts: dict[ContractPath, Contract] = Field(default_factory=dict)
    """Contracts of the models' versions, by path; read from the files that versions name."""

    @property
    def model_cards(self) -> tuple[str, ...]:
        """Paths of the models' cards that are files in the repository, sorted."""
        cards = {model.governance.model_card for model in self.models.values() if model.governance is not None}
        return tuple(sorted(card for card in cards if card is not None and CARD_PATH.fullmatch(card)))

    def breaches(self) -> Iterator[Breach]:
        yield from each(
            [
                platform_breaches(self),
                name_breaches(self),
                placement_breaches(self),
                gpu_breaches(self),
                gateway_breaches(self),
                capacity_breaches(self),
                model_breaches(self),
                drift_breaches(self),
                tracking_breaches(self),
                oversight_breaches(self),
            ]
        )
