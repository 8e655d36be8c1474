"""What a change means, as data: the one thing that every renderer, gate and comment reads.

A ChangeSet is made once, from what the engine wrote and from the environments before and after, and never changed. Its JSON is
published with a schema (`modelway schema changeset`) and a version; a reader of another version refuses it. Every text in it has been
through `modelway.redaction`: whoever renders it has to escape, and nothing else.
"""

from typing import Literal

import msgspec

VERSION: Literal[1] = 1

Risk = Literal["irreversible", "disruptive", "traffic", "exposure", "blind", "unknown", "review", "safe"]
"""From the worst. `unknown`: a value that a rule looks at is not known before the update, so it is not safe. `blind`: somebody stops
being told."""

RISKS: tuple[Risk, ...] = ("irreversible", "disruptive", "traffic", "exposure", "blind", "unknown", "review", "safe")

Operation = Literal["create", "update", "replace", "delete", "import", "read", "refresh", "forget", "same"]
"""What happens to a resource. `same` is shown only where protection alone changes; `forget` leaves it where it is."""

Decision = Literal["ok", "needs approval", "blocked", "unknown"]
"""`unknown`: what is needed to decide is missing, as after a preview that failed."""


class _Data(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Frozen, compared by value; fields at their default are left out of the JSON."""


class Shown(_Data, frozen=True):
    """A value as it may be shown."""

    text: str | None = None
    """In one line, redacted, at most 200 characters; None where the property is not on the list of those whose values are shown."""
    unknown: bool = False
    """Whether it is only known after the update."""
    secret: bool = False
    """Whether the engine keeps it secret, or it looks like a credential."""


class PropertyChange(_Data, frozen=True):
    """One property that differs in what it means: an order that does not count, defaults of the server and spelling are no difference."""

    path: str
    """As the engine writes it: `spec.rules[0].backendRefs[1].weight`; inside a JSON document after a `#`: `policy#Statement[0].Action`."""
    kind: Literal["add", "delete", "update"]
    before: Shown | None = None
    after: Shown | None = None
    replaces: bool = False
    """Whether it is what forces the replacement."""


class Change(_Data, frozen=True):
    """What happens to one resource."""

    stack: str
    urn: str
    type: str
    """Such as `aws:s3/bucket:Bucket`."""
    name: str
    """Logical name: the last part of the URN."""
    operation: Operation
    risk: Risk
    """The worst of its findings; `safe` without any."""
    component: str = ""
    """The components it is in, outermost first, as `ModelRegistry platform / ImageRepository credit-risk`; empty at the top."""
    physical: str = ""
    """What the provider calls it, where that is known: an ARN, `namespace/name`."""
    properties: tuple[PropertyChange, ...] = ()
    renamed_from: str = ""
    """URN of what is deleted in the same change and is the same but for its name."""


class Finding(_Data, frozen=True):
    """Something to read before merging."""

    risk: Risk
    rule: str
    """Identifier of the row of the risk table, the traffic check or the rule that found it: `s3-bucket-deleted`."""
    stack: str
    subject: str
    """What it is about, for people: `model credit-risk`, `bucket acme-prod-models`."""
    what: str
    """What happens, in one sentence."""
    why: str = ""
    """The property that causes it, and old → new where both may be shown."""
    breaks: str = ""
    """What stops working, for whom, for how long."""
    avoid: str = ""
    """The way to what was probably wanted, without that."""
    urn: str = ""
    path: str = ""
    """The property, when it is one."""
    blocks: bool = False
    """Whether it may not be merged, approval or not."""
    approval: bool = False
    """Whether somebody has to approve it."""


class Route(_Data, frozen=True):
    """One version of a model behind an endpoint."""

    version: str
    """As the endpoint calls it; a label, a variant or a revision."""
    image: str = ""
    """Digest of the serving image, `sha256:…`, or the reference where it has none; empty where that is not known."""
    weights: str = ""
    """Digest or address of the weights."""
    percent: float | None = None
    """Share of the requests with the same `matches`, 0 to 100; None where it is not known yet."""
    mirror: float = 0
    """Share of the requests that it gets a copy of, 0 to 100."""
    matches: str = ""
    """What a request must have to come here, as `header x-canary: yes`; empty for the rest."""
    least: int | None = None
    """Fewest replicas; equal to `most` without an autoscaler."""
    most: int | None = None
    hardware: str = ""
    """What a replica has: `1 CPU, 2Gi`, `1 CPU, 2Gi, 1 GPU`, `ml.m7i.large`."""


class Endpoint(_Data, frozen=True):
    """Where a model is asked, before and after."""

    stack: str
    name: str
    dialect: Literal["gateway", "kserve", "sagemaker", "alb", "environment"]
    """Whose routing it is; `environment` when only the description says so."""
    before: tuple[Route, ...] = ()
    """Empty when it is new."""
    after: tuple[Route, ...] = ()
    """Empty when it goes."""
    team: str = ""
    owner: str = ""
    risk_tier: str = ""
    consumers: tuple[str, ...] = ()
    """Who may call it."""
    changed: bool = True
    note: str = ""


Confidence = Literal["known", "assumed", "unknown"]
"""`known`: by the hour, from a price in the table. `assumed`: depends on how much it is used, or the price is approximate."""


class CostLine(_Data, frozen=True):
    """What one thing costs a month, in US dollars, before and after. A range where an autoscaler decides."""

    stack: str
    subject: str
    """Such as `node pool gpu of main, 0 to 4 × g6.xlarge`."""
    confidence: Confidence
    before: tuple[float, float] | None = None
    """Least and most; None when it is not there, or, of a line that is `unknown`, not known. There what is not there costs 0."""
    after: tuple[float, float] | None = None
    basis: str = ""
    """What was multiplied, and what was assumed: `730 h × 0.8048 USD (eu-central-1, 2026-11-20)`."""
    endpoint: str = ""
    """The endpoint that it is for."""
    changed: bool = True
    """Whether anything about it differs; False where all of it is as it was."""


class EndpointCost(_Data, frozen=True):
    """What an endpoint costs a month and for each 1,000 predictions at the load that is declared."""

    stack: str
    endpoint: str
    month: tuple[float, float]
    thousand: tuple[float, float] | None = None
    """None where no load is declared."""


class Budget(_Data, frozen=True):
    """What was to be spent a month, and whether it is enough."""

    stack: str
    limit: float
    over: bool
    note: str = ""
    month: tuple[float, float] = (0.0, 0.0)
    """What is known and assumed of the environment's stacks in the report, least and most."""
    before: tuple[float, float] = (0.0, 0.0)
    """The same before the change."""
    floor: float | None = None
    """What the environment costs at the least, by its description alone."""
    lowered: bool = False
    """Whether the change lowers the limit."""
    uncounted: int = 0
    """Things of which the cost is not known, so that it is not in `month`."""


class Cost(_Data, frozen=True):
    """US dollars a month."""

    lines: tuple[CostLine, ...] = ()
    endpoints: tuple[EndpointCost, ...] = ()
    budgets: tuple[Budget, ...] = ()
    priced: str = ""
    """Date of the price table, as 2026-11-20."""
    approximate: tuple[str, ...] = ()
    """Prices that are approximate, and why."""
    unpriced: tuple[str, ...] = ()
    """Types of resources that cost something and have no price here, each with how many."""


class PolicyResult(_Data, frozen=True):
    """What one rule of a policy pack says."""

    stack: str
    pack: str
    rule: str
    outcome: Literal["passed", "failed", "undecided", "broken"]
    """`broken`: the rule itself failed. Neither that nor `undecided` is a pass."""
    enforcement: Literal["advisory", "mandatory", "remediate", "disabled"] = "advisory"
    severity: str = ""
    count: int = 1
    """Resources with that outcome."""
    urn: str = ""
    """The resource, unless `passed`."""
    message: str = ""


class DataCheck(_Data, frozen=True):
    """What a contract says of one file of data, or of a model's metrics."""

    subject: str
    """`model credit-risk 2026.12.0: train.parquet`."""
    outcome: Literal["passed", "failed", "undecided"]
    rows: int | None = None
    faults: tuple[str, ...] = ()
    """One sentence each, with how many rows; no personal values."""


class Node(_Data, frozen=True):
    """One thing that the change reaches."""

    id: str
    label: str
    risk: Risk
    changed: bool
    """Whether it changes itself, rather than depends on what does."""
    folded: int = 0
    """How many things it stands for; 0 when it is one."""


class BlastRadius(_Data, frozen=True):
    """What depends on what changes; drawn at about 40 nodes, the rest folded into their components."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()
    """From what is depended on to what depends on it, by id."""


class Difference(_Data, frozen=True):
    """What differs in the description, in the words of `modelway diff`."""

    stack: str
    title: str
    """Such as `model credit-risk`."""
    lines: tuple[tuple[Literal["added", "removed", "changed"], str], ...]


class Gap(_Data, frozen=True):
    """Something that could not be looked at."""

    stack: str
    what: str
    """What is missing, in one sentence."""
    way_out: str = ""
    look: bool = False
    """Whether somebody has to look before it is merged, as something dangerous may be in it."""


class Diagnostic(_Data, frozen=True):
    """What engine, provider or program said."""

    severity: Literal["error", "warning", "info"]
    message: str
    """Redacted, without colours."""
    urn: str = ""


class StackChanges(_Data, frozen=True):
    """One row of the report: a stack."""

    stack: str
    environment: str = ""
    result: Literal["succeeded", "failed", "unknown"] = "succeeded"
    """`failed` when its preview did: what it lists is not all."""
    previewed: bool = True
    """Whether there was a preview; else nothing is told but what stays, or what the descriptions say."""
    counts: tuple[tuple[Operation, int], ...] = ()
    """In the order of Operation; `same` as the engine counts it."""
    worst: Risk = "safe"
    traffic: bool = False
    """Whether any request would go elsewhere than before."""
    monthly: tuple[float, float] | None = None
    """What it costs a month more (or less) than before, least and most; None when that is not known."""
    policies_failed: int = 0
    policies_warned: int = 0
    outputs: tuple[str, ...] = ()
    """Names of stack outputs that differ."""
    diagnostics: tuple[Diagnostic, ...] = ()


class Made(_Data, frozen=True):
    """From what the report was made: whoever applies it later compares."""

    at: str = ""
    """UTC, RFC 3339."""
    commit: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    """Of modelway, the engine and the providers."""
    hashes: tuple[tuple[str, str, str], ...] = ()
    """Stack, `state`, `plan`, `program` or `environment`, and sha256 in hex."""


class Verdict(_Data, frozen=True):
    """Whether it may be merged."""

    decision: Decision
    needed: tuple[str, ...] = ()
    """What has to happen first, one sentence each."""
    counts: tuple[tuple[Risk, int], ...] = ()
    """Changes by their worst risk, from the worst; those without any are left out."""


class ChangeSet(_Data, frozen=True):
    """All of it."""

    verdict: Verdict
    stacks: tuple[StackChanges, ...]
    version: Literal[1] = VERSION
    findings: tuple[Finding, ...] = ()
    """Worst first."""
    endpoints: tuple[Endpoint, ...] = ()
    cost: Cost = Cost()
    policies: tuple[PolicyResult, ...] = ()
    checks: tuple[DataCheck, ...] = ()
    blast_radius: BlastRadius = BlastRadius()
    differences: tuple[Difference, ...] = ()
    changes: tuple[Change, ...] = ()
    gaps: tuple[Gap, ...] = ()
    made: Made = Made()
