"""The release record: what one update of one stack brought, as an in-toto statement.

Its subjects are the images and weights by their digests, so that whoever has one of them finds the releases that had it. What nobody could
look at stands in `unknown`, never as good. Source: in-toto attestation framework, Statement v1.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import msgspec

from modelway.errors import ModelwayError

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://modelway.dev/release/v1"
"""Predicate type of a release."""
VERSION = 1
"""Of the form of a record."""


class NotARecord(ModelwayError):
    """What was read is no release record, or one of a form that is not known here."""


class Found(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the state said of a version after the update."""

    image: str
    """Digest, with sha256:."""
    weights: str | None
    """SHA-256 in hex; None where its server is not told which digest they have."""
    percent: int
    copied: int


class Share(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of a model and what it does."""

    version: str
    image: str
    """As described, pinned by its digest."""
    weights: str
    contract: str
    """Path in the repository."""
    contract_sha256: str
    """Of the file at the commit, in hex."""
    baseline: str | None
    """What its drift is measured from, pinned by its digest; None where none is described."""
    percent: int
    """Of the requests that nobody sends elsewhere by a header; 0 of a version that only gets copies or waits."""
    copied: int
    """Percent of the requests that it gets a copy of."""
    header: str | None
    """NAME: VALUE of the header whose requests it answers; None where it answers none by a header."""
    metrics: dict[str, float]
    """What was reached when its contract was written, by metric."""
    found: Found | None
    """None where the state has no such version, or does not tell."""

    @property
    def answers(self) -> bool:
        """Whether it gets requests or copies of them, as described or as found."""
        return bool(self.percent or self.copied or self.header or (self.found and (self.found.percent or self.found.copied)))


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model of the stack."""

    model: str
    owner: str
    risk_tier: str
    presence: str
    """served, disabled or retired, as described; registered, where it has no endpoint."""
    data: list[str]
    """What is said of the data that it learned from: name, source, last day."""
    versions: list[Share]
    """Those that get requests first, by name."""


class Finding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule that did not pass, or was not known to."""

    rule: str
    where: str
    outcome: str


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the rules said before the release, as `modelway policy check --json` wrote it."""

    sha256: str
    """Of that file, in hex."""
    exit_code: int
    """0 all that binds passes, 1 something does not, 3 it is not known."""
    passed: int
    others: list[Finding]


class Approval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One approval, as it was given to whoever recorded."""

    who: str
    when: str
    proof: str
    """Where it can be looked at, such as the address of a review."""


class Toolchain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What made the resources."""

    engine: str
    """Version of the engine that wrote the state."""
    python: str
    packages: dict[str, str]
    """Versions, by package, of those that decide what the program asks for."""
    lock_sha256: str
    """Of requirements.lock at the commit, in hex."""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One release. Hashes are SHA-256 in hex, times RFC 3339 in UTC."""

    project: str
    environment: str
    stack: str
    tier: str
    released: str
    """When the state was written that it left: from then on it was live."""
    recorded: str
    commit: str
    author: str
    """Who wrote the commit, by address."""
    folder: str
    """Of the environments, from the root of the repository."""
    resolved_sha256: str
    """Of the environment as its files say it together."""
    graph_sha256: str
    """Of the resources that the program asks for at the commit."""
    state_sha256: str
    """Of the state that was read back."""
    resources: int
    """In that state."""
    toolchain: Toolchain
    models: list[Model]
    plan_sha256: str | None
    policy: Policy | None
    approvals: list[Approval]
    differences: list[str]
    """Where what is live is not what is described."""
    unknown: list[str]
    """What could not be looked at."""
    version: int = VERSION

    @property
    def answering(self) -> list[tuple[Model, Share]]:
        """Versions that get requests or copies of them."""
        return [(model, share) for model in self.models for share in model.versions if share.answers]


def plain(record: Record) -> dict[str, Any]:
    """The record as JSON has it."""
    return dict(msgspec.to_builtins(record))


def canonical(value: object) -> bytes:
    """Data as JSON in the one form that hashes are made of."""
    return json.dumps(msgspec.to_builtins(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode(
        "utf-8"
    )


def hashed(value: object) -> str:
    """SHA-256 of data in that form, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def statement(record: Record) -> dict[str, Any]:
    """The record as an in-toto statement, to be signed."""
    subjects = {}
    for model in record.models:
        for share in model.versions:
            for what, pinned in (("image", share.image), ("weights", share.weights), ("baseline", share.baseline)):
                if pinned is not None:
                    name, _, digest = pinned.rpartition("@sha256:")
                    subjects[f"{model.model}/{share.version}/{what}", digest] = name
    # A stack without models has the resources themselves for a subject; a statement without one is none.
    listed = [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(subjects)]
    graph = {"name": f"{record.stack}/graph", "digest": {"sha256": record.graph_sha256}}
    return {"_type": STATEMENT, "subject": [graph, *listed], "predicateType": PREDICATE, "predicate": plain(record)}


def is_release(read: Mapping[str, object]) -> bool:
    """Whether a statement is of a release, of whatever form; ledgers hold others too."""
    return str(read.get("predicateType", "")).startswith(PREDICATE.rpartition("/")[0])


def from_statement(read: Mapping[str, object], place: str) -> Record:
    """The record in a statement. Raises NotARecord, which names `place`."""
    predicate = read.get("predicate")
    if not isinstance(predicate, Mapping) or read.get("_type") != STATEMENT or not is_release(read):
        raise NotARecord(f"{place} is no release record: it is no in-toto statement about a release.")
    if read["predicateType"] != PREDICATE or predicate.get("version") != VERSION:
        form = f"{read['predicateType']}, version {predicate.get('version')!r}"
        raise NotARecord(f"{place} has the form {form}; known here is {PREDICATE}, version {VERSION}: use the Modelway that wrote it.")
    try:
        # A ledger adds which place it has; that is the ledger's to check.
        record = msgspec.convert({key: value for key, value in predicate.items() if key != "ledger"}, Record)
    except msgspec.ValidationError as fault:
        raise NotARecord(f"{place} is no release record: {fault}. Look at what `modelway release verify` says of the ledger.") from None
    if read.get("subject") != statement(record)["subject"]:
        raise NotARecord(f"{place} names other subjects than its record has: what was signed does not fit together.")
    return record
