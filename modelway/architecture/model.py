"""A model: whose it is, its versions, and how it is served."""

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Literal

from pydantic import Field

from modelway.architecture.base import Breach, FieldPath, Line, Name, Owner, Section, Shaped, VersionName, each
from modelway.architecture.endpoint import Endpoint
from modelway.architecture.references import Image, Weights

CONTRACT_PATH = re.compile(r"(?!.*//)(?!(?:.*/)?\.\.?/)[A-Za-z0-9_.-][A-Za-z0-9_./ -]{0,240}\.yaml", re.ASCII)

ContractPath = Annotated[
    str,
    Shaped(
        CONTRACT_PATH.pattern,
        "the path of a YAML file, from the root of the repository that holds the environments, without leaving it",
        "Write it like contracts/credit-risk.yaml.",
        250,
    ),
]


class Version(Section):
    """One version: what serves it, what it learned, what it promises."""

    image: Image
    """Image of the serving program: NAME@sha256:… in the environment's own registry, or HOST/NAME@sha256:…"""
    weights: Weights
    """File of weights in the environment's own model store: KEY@sha256:…"""
    contract: ContractPath
    """File of its contract, from the root of the repository that holds the environments: the nearest folder at or above them that has
    .git or Pulumi.yaml; where there is none, the project that runs."""


class Model(Section):
    """A model. Registered as soon as it is described: it has a repository and a place in the store. Served when it has an endpoint."""

    model: Name
    """Name; equals the name of the file."""
    team: Name
    """Team that it belongs to; the name of its namespace."""
    owner: Owner
    """Who answers for it."""
    description: Line | None = None
    """What it is for, in a line."""
    risk_tier: Literal["low", "medium", "high"]
    """How much harm it can do."""
    cluster: Name | None = None
    """Cluster that it serves in; needed only where there are several."""
    versions: dict[VersionName, Version] = Field(default_factory=dict)
    """Versions that may serve, by name."""
    endpoint: Endpoint | None = None
    """How it is served; without it, it is registered only."""

    def breaches(self) -> Iterator[Breach]:
        yield from each(self._image_breaches(name, version) for name, version in self.versions.items())
        if self.endpoint is None:
            return
        traffic = self.endpoint.traffic
        yield from each(
            [
                self._version_breaches(("live",), lambda: traffic.live),
                self._version_breaches(("canary", "version"), lambda: traffic.canary.version if traffic.canary else None),
                self._version_breaches(("shadow", "version"), lambda: traffic.shadow.version if traffic.shadow else None),
            ]
        )

    def _image_breaches(self, name: str, version: Version) -> Iterator[Breach]:
        if version.image.registry is None and version.image.name != self.model:
            yield Breach(
                ("versions", name, "image"),
                f"each model has a repository of its own, and this one's is called {self.model}",
                f"Write {self.model}@{version.image.digest}, or HOST/{version.image.name}@sha256:… if it is in another registry.",
                judged_by=(("model",),),
            )

    def _version_breaches(self, path: FieldPath, named: Callable[[], str | None]) -> Iterator[Breach]:
        name = named()
        if name is not None and name not in self.versions:
            yield Breach(
                ("endpoint", "traffic", *path),
                f"one of the model's versions: {', '.join(self.versions) or 'none'}",
                "Add it under `versions`, or name one that is there.",
                judged_by=(("versions", name),),
            )
