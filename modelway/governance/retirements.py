"""Models that were retired: what a ledger keeps of the two steps."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from modelway.architecture import Model
from modelway.governance.kinds import Kind
from modelway.governance.ledger import Entry
from modelway.governance.record import Share, from_statement, hashed, is_release


class Retired(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the two steps by which a model goes."""

    environment: str
    model: str
    step: Literal["retired", "removed"]
    """It serves no more and is described; or no file describes it either."""
    who: str
    when: str
    """In UTC, as ISO 8601."""
    snapshot_sha256: str
    """Of the file that says what it was, in hex."""
    release: int | None
    """The last one in the ledger in which it answered."""
    versions: dict[str, str]
    """What answered then: SHA-256 of weights with `sha256:`, by version."""
    dependents: list[str]
    """Who relied on it."""
    retain_days: int | None
    """How long weights and records are kept."""
    left: list[str]
    """What is still there."""
    not_looked_at: list[str]
    """What nobody could look at, and why."""


RETIREMENT = Kind("retirement", Retired)


def last_release(entries: Sequence[Entry], environment: str, model: str) -> tuple[int, str, list[Share]] | None:
    """Number, hash and versions of the last release in which a model of an environment answered. Raises NotARecord."""
    for entry in reversed(entries):
        if not is_release(entry.statement):
            continue
        record = from_statement(entry.statement, f"entry {entry.sequence}")
        if record.environment != environment:
            continue
        if shares := [share for of, share in record.answering if of.model == model]:
            return entry.sequence, entry.hash, shares
    return None


def step_of(entries: Sequence[Entry], environment: str, model: str) -> Retired | None:
    """The last step that was recorded of a model."""
    found = [said for _, said in RETIREMENT.among(entries) if (said.environment, said.model) == (environment, model)]
    return found[-1] if found else None


def snapshot(
    environment: str,
    model: str,
    described: Model | None,
    served: tuple[int, str, list[Share]] | None,
    resources: Sequence[dict[str, Any]],
    left: Sequence[str],
    not_looked_at: Sequence[str],
) -> dict[str, Any]:
    """What a model was, for a file that stays in the repository: how it was described, what answered last, what stacks still have of it."""
    release = {"number": served[0], "entry_sha256": served[1], "versions": msgspec.to_builtins(served[2])} if served is not None else None
    return {
        "environment": environment,
        "model": model,
        "described": described.model_dump(mode="json", by_alias=True, exclude_unset=True) if described is not None else None,
        "last_release": release,
        "resources": list(resources),
        "left": list(left),
        "not_looked_at": list(not_looked_at),
    }


def digests(served: tuple[int, str, list[Share]] | None) -> dict[str, str]:
    """Digest of the weights of each version that answered."""
    return {share.version: share.weights.rpartition("@")[2] for share in served[2]} if served is not None else {}


def written(said: Retired) -> dict[str, Any]:
    """The statement, to be signed and appended."""
    return RETIREMENT.statement(said, {f"{said.environment}/{said.model}/{said.step}": said.snapshot_sha256 or hashed(said)})
