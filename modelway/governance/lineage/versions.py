"""What is known of one version, whether files or a release record say it: the same form for both."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property

from modelway.architecture import Model
from modelway.architecture.model import Version as Described
from modelway.governance import record


@dataclass(frozen=True)
class Data:
    """Data that a version was made with."""

    name: str
    part: str
    """training, validation or test; empty where a model says it of all its versions, which says neither a part nor a fingerprint."""
    sha256: str | None
    """Fingerprint, in hex; None where nobody said it."""
    source: str | None
    rows: int | None = None
    license: str | None = None


@dataclass(frozen=True)
class Version:
    """One version: what it was made from, and what it is made of."""

    model: str
    name: str
    image: str
    """Pinned by its digest, as all that follow."""
    weights: str
    contract: str
    """Path@sha256:…, or the path alone where nobody looked at the file."""
    baseline: str | None
    said: bool
    """Whether its file or record says how it was made."""
    run: str | None
    commit: str | None
    data: tuple[Data, ...]
    metrics: tuple[tuple[str, float], ...]
    """What it reached, by metric."""
    evaluated: str
    """By whom, when and with what; empty where nobody said it."""
    day: str | None
    """Of that."""
    told_by: str
    """Who says all that: files of an environment, or a release."""

    @cached_property
    def weights_sha256(self) -> str:
        """In hex."""
        return self.weights.rpartition("@sha256:")[2]

    @property
    def made(self) -> tuple[str | None, str | None, tuple[Data, ...]]:
        """How it was made: two that say it differently of the same weights do not both say it right."""
        return self.run, self.commit, self.data

    @cached_property
    def content(self) -> tuple[object, ...]:
        """All but who says it."""
        return tuple(getattr(self, one.name) for one in fields(self) if one.name != "told_by")

    @cached_property
    def made_sha256(self) -> str:
        """Short name of that, in hex."""
        return hashlib.sha256(repr((self.weights_sha256, *self.made)).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Answering:
    """What a version does at an endpoint."""

    version: str
    percent: int
    copied: int
    header: str | None

    @property
    def says(self) -> str:
        """Such as `90%`, `copies of 25%`, `requests with x-beta: 1`."""
        parts = [f"{self.percent}%"] if self.percent else []
        parts += [f"copies of {self.copied}%"] if self.copied else []
        parts += [f"requests with {self.header}"] if self.header else []
        return " and ".join(parts) or "nothing"


def of_file(model: Model, name: str, version: Described, contracts: Mapping[str, str], told_by: str) -> Version:
    """A version as an environment's files say it. `contracts`: SHA-256 in hex of their files, by path, as far as somebody looked."""
    training, evaluation = version.training, version.evaluation
    data = tuple(Data(one.name, one.part, one.sha256, one.source, one.rows, one.license) for one in training.data) if training else ()
    sha256 = contracts.get(version.contract)
    return Version(
        model=model.model,
        name=name,
        image=str(version.image),
        weights=str(version.weights),
        contract=f"{version.contract}@sha256:{sha256}" if sha256 else version.contract,
        baseline=None if version.baseline is None else str(version.baseline),
        said=bool(data) or (training is not None and training.run is not None),
        run=training.run if training else None,
        commit=training.commit if training else None,
        data=data or _of_all_versions(model),
        metrics=tuple(sorted(evaluation.metrics.items())) if evaluation else (),
        evaluated=_evaluated(evaluation.by, str(evaluation.day or ""), evaluation.tool) if evaluation else "",
        day=str(evaluation.day) if evaluation and evaluation.day else None,
        told_by=told_by,
    )


def of_record(model: str, share: record.Share, told_by: str) -> Version:
    """A version as it was released: what was found where somebody looked, which is what answered, else what was described."""
    found = share.seen or share.found
    image, weights = share.image, share.weights
    if found is not None and found.image != image.rpartition("@")[2]:
        image = f"{image.rpartition('@')[0]}@{found.image}"
    if found is not None and found.weights not in (None, weights.rpartition("@sha256:")[2]):
        weights = f"{weights.rpartition('@')[0]}@sha256:{found.weights}"
    # Of other weights than the described ones nobody says how they were made.
    training = share.training if weights == share.weights else None
    evaluation = share.evaluation if weights == share.weights else None
    data = tuple(Data(one.name, one.part, one.sha256, one.source, one.rows, one.license) for one in training.data) if training else ()
    return Version(
        model=model,
        name=share.version,
        image=image,
        weights=weights,
        contract=f"{share.contract}@sha256:{share.contract_sha256}",
        baseline=share.baseline,
        said=bool(data) or (training is not None and training.run is not None),
        run=training.run if training else None,
        commit=training.commit if training else None,
        data=data,
        metrics=tuple(sorted(evaluation.metrics.items())) if evaluation else (),
        evaluated=_evaluated(evaluation.by, evaluation.day, evaluation.tool) if evaluation else "",
        day=evaluation.day if evaluation else None,
        told_by=told_by,
    )


def answering_in(share: record.Share) -> Answering:
    """What a released version does: as somebody found it, else as it was described."""
    found = share.seen or share.found
    percent, copied = (found.percent, found.copied) if found is not None else (share.percent, share.copied)
    return Answering(share.version, percent, copied, share.header)


def _of_all_versions(model: Model) -> tuple[Data, ...]:
    provenance = model.governance.data_provenance if model.governance is not None else ()
    return tuple(Data(one.name, "", None, one.source, None, one.license) for one in provenance)


def _evaluated(by: str | None, day: str | None, tool: str | None) -> str:
    parts = (f"by {by}" if by else "", f"on {day}" if day else "", f"with {tool}" if tool else "")
    return " ".join(part for part in parts if part)
