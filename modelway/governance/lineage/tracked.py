"""What MLflow tracked of a run, held against what a version's file says of how it was made."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import msgspec

from modelway.errors import ModelwayError
from modelway.governance.lineage.versions import Data, Version

COMMIT = "mlflow.source.git.commit"
"""Tag that MLflow sets where the code that runs is in a git repository."""
CONTEXT = "mlflow.data.context"
"""Tag of a dataset that says what it was for."""
FINGERPRINT = "sha256"
"""Tag of a dataset, by convention of ours: MLflow's own digests have 36 characters at most, and most of them are no SHA-256."""
WEIGHTS = "modelway.weights.sha256"
"""Tag of a run, by convention of ours: the file that it wrote."""
PARTS = {
    "training": "training",
    "train": "training",
    "validation": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
    "eval": "test",
    "evaluation": "test",
}
"""Parts of data, by what people write as their context."""
DIGITS = 16
"""Fewest hex digits of MLflow's digest that count as the beginning of a SHA-256; its own have 8."""

Outcome = Literal["same", "differs", "unknown"]


class NoRun(ModelwayError):
    """What a server said is no run of MLflow."""


class _Pair(msgspec.Struct):
    key: str = ""
    value: str = ""


class _Metric(msgspec.Struct):
    key: str
    value: float | str
    """A text where it is no number, such as NaN."""


class _Data(msgspec.Struct):
    metrics: list[_Metric] = []
    params: list[_Pair] = []
    tags: list[_Pair] = []


class _Info(msgspec.Struct):
    run_id: str
    status: str = ""
    lifecycle_stage: str = ""
    end_time: int | None = None


class _Dataset(msgspec.Struct):
    name: str = ""
    digest: str = ""


class _Input(msgspec.Struct):
    dataset: _Dataset
    tags: list[_Pair] = []


class _Inputs(msgspec.Struct):
    dataset_inputs: list[_Input] = []


class _Output(msgspec.Struct):
    model_id: str = ""


class _Outputs(msgspec.Struct):
    model_outputs: list[_Output] = []


class _Run(msgspec.Struct):
    info: _Info
    data: _Data = msgspec.field(default_factory=_Data)
    inputs: _Inputs = msgspec.field(default_factory=_Inputs)
    outputs: _Outputs = msgspec.field(default_factory=_Outputs)


class _Answer(msgspec.Struct):
    run: _Run


@dataclass(frozen=True)
class Used:
    """Data that a run says it used."""

    name: str
    part: str
    """training, validation or test; what the run says otherwise, or nothing."""
    digest: str
    """MLflow's own."""
    sha256: str
    """The tag; empty where there is none."""


@dataclass(frozen=True)
class Run:
    """A run, as MLflow tracked it."""

    id: str
    status: str
    deleted: bool
    ended: int | None
    """Milliseconds since 1970."""
    commit: str
    weights_sha256: str
    metrics: Mapping[str, float | str]
    parameters: Mapping[str, str]
    used: tuple[Used, ...]
    logged: tuple[str, ...]
    """Models that it logged, by their id."""


@dataclass(frozen=True)
class Held:
    """One thing that was held against what the file says."""

    what: str
    outcome: Outcome
    described: str
    tracked: str
    why: str = ""
    """Where it is not known."""


def run_in(content: bytes, wanted: str) -> Run:
    """The run in an answer of runs/get. Raises NoRun, also for another run than the one that was asked for."""
    try:
        read = msgspec.json.decode(content, type=_Answer).run
    except (msgspec.DecodeError, RecursionError) as fault:
        raise NoRun(f"what was answered is no run of MLflow: {fault}. Is the address that of a tracking server?") from None
    if read.info.run_id != wanted:
        raise NoRun(f"MLflow was asked for run {wanted}, and answered with run {read.info.run_id[:64]}.")
    tags = {pair.key: pair.value for pair in read.data.tags}
    used = []
    for one in read.inputs.dataset_inputs:
        said = {pair.key: pair.value for pair in one.tags}
        context = said.get(CONTEXT, "")
        fingerprint = said.get(FINGERPRINT, "").removeprefix("sha256:").lower()
        used.append(Used(one.dataset.name, PARTS.get(context.lower(), context), one.dataset.digest, fingerprint))
    return Run(
        id=read.info.run_id,
        status=read.info.status,
        deleted=read.info.lifecycle_stage == "deleted",
        ended=read.info.end_time,
        commit=tags.get(COMMIT, ""),
        weights_sha256=tags.get(WEIGHTS, "").removeprefix("sha256:").lower(),
        metrics={metric.key: metric.value for metric in read.data.metrics},
        parameters={pair.key: pair.value for pair in read.data.params},
        used=tuple(used),
        logged=tuple(output.model_id for output in read.outputs.model_outputs),
    )


def held(run: Run, version: Version) -> tuple[Held, ...]:
    """Everything that file and run could both say."""
    return tuple(_held(run, version))


def _held(run: Run, version: Version) -> Iterator[Held]:
    state = f"{run.status.lower() or 'not said'}{', deleted' if run.deleted else ''}"
    yield Held("state of the run", "same" if state == "finished" else "differs", "finished", state)
    tag = f"the run has no tag {COMMIT}: MLflow sets it where the code is in a git repository"
    yield _both("commit", version.commit or "", run.commit, tag)
    tag = f"the run has no tag {WEIGHTS}: set it to the SHA-256 of the file that it wrote"
    yield _both("weights", version.weights_sha256, run.weights_sha256, tag)
    described = [data for data in version.data if data.part]
    for data in described:
        yield _data(data, run.used)
    for used in run.used:
        if not any(_called(data, used) or _fits(data, used) for data in described):
            shown = f"{used.name}, digest {used.digest}{f', sha256:{used.sha256}' if used.sha256 else ''}"
            yield Held(f"{used.part or 'other'} data {used.name}", "differs", "", shown)
    for name, value in version.metrics:
        yield _metric(name, value, run.metrics)


def _both(what: str, described: str, tracked: str, missing: str) -> Held:
    if not described or not tracked:
        why = missing if not tracked else "the file does not say it"
        return Held(what, "unknown", described, tracked, why)
    return Held(what, "same" if described == tracked else "differs", described, tracked)


def _data(data: Data, used: tuple[Used, ...]) -> Held:
    what, described = f"{data.part} data {data.name}", f"sha256:{data.sha256}"
    fitting = [one for one in used if _fits(data, one) and one.part in ("", data.part)]
    if fitting:
        return Held(what, "same", described, f"sha256:{fitting[0].sha256}" if fitting[0].sha256 else f"digest {fitting[0].digest}")
    called = [one for one in used if _called(data, one)]
    if not called:
        return Held(what, "differs", described, "")
    one = called[0]
    if one.sha256 or _is_beginning(one.digest):
        return Held(what, "differs", described, f"sha256:{one.sha256}" if one.sha256 else f"digest {one.digest}")
    why = f"MLflow's own digest is no SHA-256: log the data with tags={{'{FINGERPRINT}': …}}"
    return Held(what, "unknown", described, f"digest {one.digest}", why)


def _called(data: Data, used: Used) -> bool:
    return data.name == used.name and used.part in ("", data.part)


def _fits(data: Data, used: Used) -> bool:
    """Whether the run says the fingerprint, or the beginning of it; a tag counts more than a digest."""
    if data.sha256 is None:
        return False
    return used.sha256 == data.sha256 if used.sha256 else _is_beginning(used.digest) and data.sha256.startswith(used.digest.lower())


def _is_beginning(digest: str) -> bool:
    return len(digest) >= DIGITS and all(character in "0123456789abcdef" for character in digest.lower())


def _metric(name: str, value: float, tracked: Mapping[str, float | str]) -> Held:
    there = tracked.get(name)
    if there is None:
        return Held(f"metric {name}", "unknown", repr(value), "", "the run does not have it")
    if isinstance(there, str):
        return Held(f"metric {name}", "differs", repr(value), there)
    written, found = Decimal(repr(value)), Decimal(repr(there))
    exponent = written.normalize().as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) else 0
    # Half of the last digit that somebody wrote is no difference, nor half of the fourth where fewer were: 1.0 may be 1.0000.
    least = Decimal(1).scaleb(-max(4, decimals)) / 2
    if decimals <= 4:
        least *= max(Decimal(1), abs(written))
    return Held(f"metric {name}", "same" if abs(written - found) <= least else "differs", repr(value), repr(there))
