"""The words of the table: one `Row` says how AWS is asked to make, read, change and delete one type of resource.

A row is data. An expression says where a parameter of a call comes from:
- `"cidrBlock"`         the input of that name, converted to the shape that the service model gives the parameter
- `ID`, `part(1)`       the resource's id, or a part of it (split at `Row.separator`)
- `fixed(True)`         a constant
- `using("a", "b", make=function)`  what the function makes of the Scope; the names are the inputs it looks at
- a dict or list of expressions
A parameter without value is left out. JMESPath expressions read answers.

To add a type: write a row in the file of its service; tests hold it against the service model and the SDK.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

Object: TypeAlias = dict[str, Any]  # what JSON documents and answers are
Served: TypeAlias = Literal["moto", "MiniStack", "recorded"]


class Caller(Protocol):
    """Asks AWS. Raises ApiError."""

    def __call__(self, service: str, operation: str, parameters: Object) -> Object: ...


@dataclass
class Scope:
    """What expressions can see of a resource during an operation."""

    inputs: Object
    """Plain inputs, defaults filled in."""
    id: str
    account: str
    region: str
    partition: str
    tags: dict[str, str]
    """All tags it should have."""
    call: Caller
    live: Object = field(default_factory=dict)
    """What reading it gave."""
    parts: list[str] = field(default_factory=list)
    """Of the id."""
    removed_tags: list[str] = field(default_factory=list)

    def arn(self, service: str, resource: str, region: bool = True) -> str:
        return f"arn:{self.partition}:{service}:{self.region if region else ''}:{self.account}:{resource}"


@dataclass(frozen=True)
class Source:
    """A computed expression."""

    make: Callable[[Scope], object]
    uses: tuple[str, ...] = ()


Expression: TypeAlias = "str | Source | Mapping[str, Expression] | Sequence[Expression]"

ID = Source(lambda scope: scope.id)
TAGS = Source(lambda scope: scope.tags or None)


def part(index: int) -> Source:
    return Source(lambda scope: scope.parts[index])


def fixed(value: object) -> Source:
    return Source(lambda _: value)


def using(*uses: str, make: Callable[[Scope], object]) -> Source:
    return Source(make, uses)


def tag_specifications(kind: str) -> Source:
    """Tags as EC2 takes them on creation."""
    return Source(lambda scope: [{"ResourceType": kind, "Tags": scope.tags}] if scope.tags else None)


@dataclass(frozen=True)
class Call:
    """One request. `service` only where it is not the row's."""

    operation: str
    parameters: Mapping[str, Expression] = field(default_factory=dict)
    service: str = ""
    tolerate: tuple[str, ...] = ()
    """Error codes that count as an empty answer."""


@dataclass(frozen=True)
class Action:
    """What takes more than one request. `uses`: the inputs it looks at; `operations`: the requests it makes, as `service:Operation`."""

    run: Callable[[Scope], None]
    uses: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """Properties that are set by a call of their own, when one of them changes. `unset` is used when none of them is wanted any more.

    On creation a step runs if one of its properties is given, unless the creating call has set them (`on_create=False`).
    """

    properties: tuple[str, ...]
    set: Call | Action
    unset: Call | None = None
    on_create: bool = True


@dataclass(frozen=True)
class Read:
    """How the resource is looked up. `at`: where in the answer it is; nothing there means that it is gone, as does a not-found error.

    `gone`: true when it is there in name only. `more`: further calls, whose answers are put under their names.
    """

    call: Call
    at: str = "@"
    more: Mapping[str, Call] = field(default_factory=dict)
    gone: str = ""


@dataclass(frozen=True)
class Until:
    """What is waited for after writes: a status (JMESPath on the read object) in `ready`; in `failed` it never gets there."""

    status: str
    ready: tuple[str, ...]
    failed: tuple[str, ...] = ()
    reason: str = ""
    """JMESPath to the service's own words on a failure."""
    timeout: float = 600
    """Seconds; customTimeouts wins."""


@dataclass(frozen=True)
class Tagging:
    """How tags are read and changed. `read`: JMESPath on the read object, to a map or a list of Key and Value."""

    add: Call
    remove: Call
    """Its parameter that takes the keys says `REMOVED`."""
    read: str = "Tags"
    on_create: bool = True
    """Whether the creating call takes them."""


def key_value(scope: Scope) -> object:
    return [{"Key": key} for key in scope.removed_tags]


REMOVED = Source(lambda scope: scope.removed_tags)
"""The keys of the tags that go."""


@dataclass(frozen=True)
class Naming:
    """The official provider fills in `property` as `<logical name>-<7 hex>`."""

    property: str = "name"
    length: int = 255
    prefix_property: str = "namePrefix"
    """Given instead of a name: the name starts with it."""
    lower: bool = False
    starts_with: str = ""


@dataclass(frozen=True)
class Row:
    """A type of resource. `source`: where upstream says what replaces, what is a set, what has which default."""

    type: str
    service: str
    source: str
    served: Served
    create: Call | Action
    id: str
    """JMESPath on the creating call's answer (put under `answer`) and the inputs (under `inputs`)."""
    read: Read
    delete: tuple[Call | Action, ...] = ()
    steps: tuple[Step, ...] = ()
    outputs: Mapping[str, str | Source] = field(default_factory=dict)
    """Properties that are not simply the member of that name: JMESPath on the read object, or a Source."""
    renames: Mapping[str, str] = field(default_factory=dict)
    """Nested property → member, where they differ by more than case and number."""
    replace_on: frozenset[str] = frozenset()
    replace_if: Callable[[Object, Object], Sequence[str]] | None = None
    """Further replacing properties, from old and new inputs."""
    delete_before_replace: bool = False
    defaults: Mapping[str, object] = field(default_factory=dict)
    """What upstream takes for an input that is not given. Nested ones (`a.b`) count when their parent is given."""
    computed: frozenset[str] = frozenset()
    """Inputs that AWS fills in: leaving one out changes nothing (Optional and Computed upstream)."""
    moved: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Outputs that are not known before an update of these inputs is made."""
    sets: frozenset[str] = frozenset()
    """Lists without order."""
    documents: frozenset[str] = frozenset()
    """JSON texts, compared by meaning."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """Inputs that cannot be read back, and why: their value is what was given."""
    explicit_empty: frozenset[str] = frozenset()
    """Lists for which [] says more than nothing."""
    same: Mapping[str, Callable[[object, object], bool]] = field(default_factory=dict)
    """Other ways to write the same value."""
    tagging: Tagging | None = None
    naming: Naming | None = None
    until: Until | None = None
    wait_gone: bool = False
    gone_timeout: float = 600
    keep_if: str = ""
    """An input that, when true, leaves the object there on deletion."""
    refuse_existing: bool = False
    """The creating call would take over what exists: look first and refuse."""
    separator: str = ""
    """Between the parts of the id."""
    parts: int = 2
    import_skips: frozenset[str] = frozenset()
    """Inputs that an import leaves out, because they say again what another says."""
    imported_id: str = ""
    """JMESPath on the live object to its id, where an import names it in another way."""
    refusal: str = ""
    """JMESPath on the answers of creation and deletion, to what services say that refuse without an error."""
    refused: frozenset[str] = frozenset()
    """Nested properties that are not emulated."""
    note: str = ""
    """For people: what is weaker than the official type."""


@dataclass(frozen=True)
class Function:
    """A data source. `results`: JMESPath on the answers (under the names of `calls`) and the arguments (under `inputs`), or a Source."""

    token: str
    service: str
    served: Served
    calls: Mapping[str, Call] = field(default_factory=dict)
    results: Mapping[str, str | Source] = field(default_factory=dict)
    uses: tuple[str, ...] = ()
    """Arguments that the results look at."""
