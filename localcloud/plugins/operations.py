"""What the engine asks of a provider and what it gets back, as plain values. Plugins import these names from localcloud.plugins.serving."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from localcloud.plugins.values import Path, Properties, differences

Teller: TypeAlias = Callable[[str], None]


class ProviderError(Exception):
    """The operation failed; the message is what the user reads."""


class Partial(Exception):
    """The object exists but is not as it should be: it goes into the state, and the operation fails with the reasons."""

    def __init__(self, identifier: str, outputs: Properties, reasons: Sequence[str], inputs: Properties | None = None) -> None:
        super().__init__("; ".join(reasons))
        self.identifier = identifier
        self.outputs = outputs
        self.reasons = list(reasons)
        self.inputs = inputs


@dataclass(frozen=True)
class Resource:
    """Which resource a request is about: URN, type token (`aws:s3/bucketV2:BucketV2`) and logical name."""

    urn: str
    type: str
    name: str


@dataclass(frozen=True)
class Autonaming:
    """What the stack's configuration `pulumi:autonaming` says: mode "propose", "enforce" or "disable", and the name for the first two."""

    mode: str
    name: str


@dataclass(frozen=True)
class Check:
    """Validate inputs and fill in defaults. `old_inputs` is empty for a resource that does not exist yet."""

    resource: Resource
    old_inputs: Properties
    inputs: Properties
    seed: bytes = b""
    autonaming: Autonaming | None = None


@dataclass(frozen=True)
class Failure:
    """One input that is wrong: which, and why."""

    property: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """The inputs with defaults, and every failure at once."""

    inputs: Properties
    failures: Sequence[Failure] = ()


@dataclass(frozen=True)
class Diff:
    """Compare; `inputs` are the checked new ones."""

    resource: Resource
    id: str
    old_inputs: Properties
    old_outputs: Properties
    inputs: Properties
    ignore_changes: Sequence[str] = ()


@dataclass(frozen=True)
class Difference:
    """What an update would do. `changes`: path → "add", "delete" or "update"; a path in `replaces` makes it a replacement."""

    changes: Mapping[Path, str] = field(default_factory=dict)
    replaces: frozenset[Path] = frozenset()
    delete_before_replace: bool = False

    @staticmethod
    def of(
        old: Properties, new: Properties, replace_on: Callable[[Path], bool] = lambda _: False, delete_before_replace: bool = False
    ) -> Difference:
        """Property by property; those whose path satisfies `replace_on` force a replacement."""
        changes = dict(differences(old, new))
        return Difference(changes, frozenset(path for path in changes if replace_on(path)), delete_before_replace)


@dataclass(frozen=True)
class Create:
    resource: Resource
    inputs: Properties
    timeout: float | None
    preview: bool


@dataclass(frozen=True)
class Created:
    id: str
    outputs: Properties


@dataclass(frozen=True)
class Read:
    """Look at the live object: for a refresh (`inputs` and `outputs` as in the state) or an import (both empty)."""

    resource: Resource
    id: str
    inputs: Properties
    outputs: Properties
    timeout: float | None = None


@dataclass(frozen=True)
class Found:
    id: str
    inputs: Properties
    outputs: Properties


@dataclass(frozen=True)
class Update:
    resource: Resource
    id: str
    old_inputs: Properties
    old_outputs: Properties
    inputs: Properties
    timeout: float | None
    preview: bool
    ignore_changes: Sequence[str] = ()


@dataclass(frozen=True)
class Delete:
    resource: Resource
    id: str
    old_inputs: Properties
    outputs: Properties
    timeout: float | None
