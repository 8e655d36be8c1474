"""Makes a release record out of what is known: the environment, the commit, the state that was read back, what was given beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from modelway.architecture import Environment, layout
from modelway.architecture import Model as Described
from modelway.errors import ModelwayError
from modelway.governance import live
from modelway.governance.live import Held, Live
from modelway.governance.record import Approval, Model, Policy, Record, Share, Toolchain, hashed


class NoRelease(ModelwayError):
    """What is there is no release that could be recorded."""

    exit_code = 4


@dataclass(frozen=True)
class Source:
    """The commit that a release was made from."""

    commit: str
    author: str
    folder: str
    contracts: Mapping[str, str]
    """SHA-256 in hex of each contract's file, by path."""
    lock: str
    """The same of requirements.lock."""


@dataclass(frozen=True)
class Rendering:
    """What the program asks for at the commit, without any cloud."""

    resolved: Mapping[str, object]
    """The environment as its files say it together."""
    graph: Mapping[str, str]
    """Digest of what each resource is asked to be, by URN."""
    packages: Mapping[str, str]
    python: str


@dataclass(frozen=True)
class ReadBack:
    """The state of the stack after the update."""

    stack: str
    sha256: str
    time: str
    engine: str
    resources: Mapping[str, Held]
    """By URN."""
    pending: int
    """Operations that never ended."""


@dataclass(frozen=True)
class Given:
    """What others said of the release."""

    plan: str | None = None
    policy: Policy | None = None
    approvals: Sequence[Approval] = ()


def record_of(
    environment: Environment, project: str, source: Source, rendering: Rendering, state: ReadBack, given: Given, now: datetime
) -> Record:
    """The record. Raises NoRelease for a state of another stack, one that was never written or is of a later time than now, and for an
    approval by the author of the commit."""
    if not state.stack:
        raise NoRelease("the state holds nothing: bring the stack up, then record what it brought.")
    if state.stack not in (known := layout.stacks(environment)):
        raise NoRelease(f"the state is of stack {state.stack}, and environment {environment.environment} has {', '.join(known)}.")
    released = _moment(state)
    if released > now:
        raise NoRelease(f"the state says it was written at {state.time}, and now is {_stamp(now)}: set this machine's clock.")
    for approval in given.approvals:
        if approval.who.casefold() == source.author.casefold():
            raise NoRelease(
                f"{approval.who} approved what they wrote themselves, commit {source.commit[:12]}: somebody else has to approve it."
            )
    read = live.read_back(list(state.resources.values()))
    models = [_model(model, environment, source, read) for model in _of_stack(environment, state.stack)]
    return Record(
        project=project,
        environment=environment.environment,
        stack=state.stack,
        tier=environment.tier,
        released=_stamp(released),
        recorded=_stamp(now),
        commit=source.commit,
        author=source.author,
        folder=source.folder,
        resolved_sha256=hashed(rendering.resolved),
        graph_sha256=hashed(rendering.graph),
        state_sha256=state.sha256,
        resources=len(state.resources),
        toolchain=Toolchain(state.engine, rendering.python, dict(rendering.packages), source.lock),
        models=models,
        plan_sha256=given.plan,
        policy=given.policy,
        approvals=list(given.approvals),
        differences=[*_other_resources(rendering.graph, state), *live.differences(models, read)],
        unknown=[*_not_told(state, given), *live.unknown(models, read)],
    )


def _of_stack(environment: Environment, stack: str) -> list[Described]:
    """The models that a stack serves; the platform's stack serves none where models have stacks of their own."""
    owner = layout.owner_of(stack) if environment.layout != "single" else (environment.environment, None)
    if owner is None:
        return []
    return [model for _, model in sorted(environment.models.items()) if owner[1] in (None, model.team)]


def _model(model: Described, environment: Environment, source: Source, read: Live) -> Model:
    traffic = model.traffic
    shares, copied = (traffic.shares, traffic.copied) if traffic is not None else ({}, {})
    headers = {one.version: f"{one.header.name}: {one.header.value}" for one in traffic.split if one.header} if traffic is not None else {}
    versions = [
        Share(
            version=name,
            image=str(version.image),
            weights=str(version.weights),
            contract=version.contract,
            contract_sha256=source.contracts[version.contract],
            baseline=None if version.baseline is None else str(version.baseline),
            percent=shares.get(name, 0),
            copied=copied.get(name, 0),
            header=headers.get(name),
            metrics={
                metric.name: metric.reference for metric in environment.contracts[version.contract].metrics if metric.reference is not None
            },
            found=live.found(read, model.model, name),
        )
        for name, version in sorted(model.versions.items())
    ]
    provenance = model.governance.data_provenance if model.governance is not None else ()
    return Model(
        model=model.model,
        owner=model.owner,
        risk_tier=model.risk_tier,
        presence=model.presence if model.endpoint is not None else "registered",
        data=[f"{one.name}, {one.source}{f', until {one.until}' if one.until else ''}" for one in provenance],
        versions=sorted(versions, key=lambda share: not share.answers),
    )


def _other_resources(graph: Mapping[str, str], state: ReadBack) -> list[str]:
    """Where the state holds other resources than the commit asks for."""
    asked = set(graph)
    lines = [f"{_short(urn)}: asked for, and not in the state" for urn in graph if urn not in state.resources]
    return sorted(lines) + sorted(f"{_short(urn)}: in the state, and not asked for" for urn in state.resources if urn not in asked)


def _not_told(state: ReadBack, given: Given) -> list[str]:
    lines = [f"what became of operations that never ended: {state.pending}"] if state.pending else []
    told = (("the plan", given.plan), ("verdicts of the policy", given.policy), ("approvals", given.approvals))
    return lines + [f"{what}: none was given" for what, value in told if not value]


def _short(urn: str) -> str:
    return " ".join(urn.split("::")[2:]).rpartition("$")[2]


def _moment(state: ReadBack) -> datetime:
    try:
        return datetime.fromisoformat(state.time).astimezone(UTC)
    except ValueError:
        raise NoRelease(f"the state of {state.stack} does not say when it was written: export it after an update.") from None


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
