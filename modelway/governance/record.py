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
from modelway.governance.record_parts import BreakGlass, Evaluation, Gate, Look, Stop, Training

STATEMENT = "https://in-toto.io/Statement/v1"
VERSION = 2
"""Of the form of a record, as it is written."""
PREDICATES = {1: "https://modelway.dev/release/v1", 2: "https://modelway.dev/release/v2"}
"""Predicate type of a release, by the version of its form. All of them are read."""
PREDICATE = PREDICATES[VERSION]
"""Predicate type of what is written."""
SINCE_2: dict[str, frozenset[str]] = {
    "": frozenset({"gates", "break_glass", "look"}),
    "approvals": frozenset({"model", "signed"}),
    "models": frozenset({"team", "system", "subject_sha256", "fallback", "stopped"}),
    "versions": frozenset({"training", "evaluation", "seen"}),
}
"""What the second form added, by what it is a part of."""


class NotARecord(ModelwayError):
    """What was read is no release record, or one of a form that is not known here."""


class Found(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a version was found to be: by the state after the update, or by cluster and cloud themselves."""

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
    training: Training | None = None
    """None where its file does not say."""
    evaluation: Evaluation | None = None
    """None where its file does not say."""
    seen: Found | None = None
    """What cluster or cloud said when they were asked; None where they were not, or have no such version."""

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
    team: str | None = None
    """That it belongs to, and whose namespace it is in."""
    system: str | None = None
    """That it is a part of, in the organisation's inventory."""
    subject_sha256: str | None = None
    """Of all that the environment says of it, which is what is approved."""
    fallback: str | None = None
    """Version that answers once it is stopped."""
    stopped: Stop | None = None
    """The stop that it was under, as the ledger says."""


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
    model: str | None = None
    """What was approved; all of the release when absent."""
    signed: bool = False
    """Whether it was taken from the ledger, where it is signed and for exactly what the environment says of the model; else it is as it was
    given."""


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
    gates: list[Gate] | None = None
    """What the gates said when it was recorded; None where nobody asked them."""
    break_glass: list[BreakGlass] = []
    """In force when the stack was updated or recorded."""
    look: Look | None = None
    """None where only the state was read."""
    version: int = VERSION

    @property
    def answering(self) -> list[tuple[Model, Share]]:
        """Versions that get requests or copies of them."""
        return [(model, share) for model in self.models for share in model.versions if share.answers]


def plain(record: Record) -> dict[str, Any]:
    """The record as JSON has it, in the form that it was written in."""
    told: dict[str, Any] = msgspec.to_builtins(record)
    return told if record.version > 1 else _in_form_1(told)


def _in_form_1(value: Any, part: str = "") -> Any:
    if isinstance(value, list):
        return [_in_form_1(one, part) for one in value]
    if not isinstance(value, dict):
        return value
    later = SINCE_2.get(part, frozenset())
    return {key: _in_form_1(one, key) for key, one in value.items() if key not in later}


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
    subjects = set()
    for model in record.models:
        for share in model.versions:
            for what, pinned in (("image", share.image), ("weights", share.weights), ("baseline", share.baseline)):
                if pinned is not None:
                    subjects.add((f"{model.model}/{share.version}/{what}", pinned.rpartition("@sha256:")[2]))
        if model.subject_sha256 is not None:
            # The same name as an approval of it has.
            subjects.add((f"{record.environment}/{model.model}/description", model.subject_sha256))
    # A stack without models has the resources themselves for a subject; a statement without one is none.
    listed = [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(subjects)]
    graph = {"name": f"{record.stack}/graph", "digest": {"sha256": record.graph_sha256}}
    return {"_type": STATEMENT, "subject": [graph, *listed], "predicateType": PREDICATES[record.version], "predicate": plain(record)}


def is_release(read: Mapping[str, object]) -> bool:
    """Whether a statement is of a release, of whatever form; ledgers hold others too."""
    return str(read.get("predicateType", "")).rpartition("/")[0] == PREDICATE.rpartition("/")[0]


def from_statement(read: Mapping[str, object], place: str) -> Record:
    """The record in a statement, of whatever form that is known here. Raises NotARecord, which names `place`."""
    predicate = read.get("predicate")
    if not isinstance(predicate, Mapping) or read.get("_type") != STATEMENT or not is_release(read):
        raise NotARecord(f"{place} is no release record: it is no in-toto statement about a release.")
    version = predicate.get("version")
    if not isinstance(version, int) or PREDICATES.get(version) != read["predicateType"]:
        known = " and ".join(f"{type_}, version {number}" for number, type_ in PREDICATES.items())
        form = f"{read['predicateType']}, version {version!r}"
        raise NotARecord(f"{place} has the form {form}; known here are {known}: use the Modelway that wrote it.")
    try:
        # A ledger adds which place it has; that is the ledger's to check.
        record = msgspec.convert({key: value for key, value in predicate.items() if key != "ledger"}, Record)
    except msgspec.ValidationError as fault:
        raise NotARecord(f"{place} is no release record: {fault}. Look at what `modelway release verify` says of the ledger.") from None
    if version == 1 and plain(record) != {key: value for key, value in predicate.items() if key != "ledger"}:
        raise NotARecord(f"{place} is no release record: it says what its form, {PREDICATES[1]}, has no place for.")
    if read.get("subject") != statement(record)["subject"]:
        raise NotARecord(f"{place} names other subjects than its record has: what was signed does not fit together.")
    return record
