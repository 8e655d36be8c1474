"""Makes a release record out of what is known: the environment, the commit, the state that was read back, what was given beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from modelway.architecture import Environment, layout
from modelway.architecture import Model as Described
from modelway.architecture.training import Evaluation as Evaluated
from modelway.architecture.training import Training as Trained
from modelway.errors import ModelwayError
from modelway.governance import live, looked
from modelway.governance.live import Held, Live
from modelway.governance.looked import Looked
from modelway.governance.record import Approval, Model, Policy, Record, Share, Toolchain, hashed
from modelway.governance.record_parts import BreakGlass, Data, Evaluation, Gap, Gate, Stop, Training
from modelway.governance.subject import subject_of


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
    gates: Sequence[Gate] | None = None
    """None where nobody asked them."""
    broken: Sequence[BreakGlass] = ()
    """What let the stack pass its gates."""
    stops: Mapping[str, Stop] = field(default_factory=dict)
    """By model that somebody stopped."""
    against: Sequence[str] = ()
    """What was said and does not count, and why, a line each."""


def record_of(
    environment: Environment,
    project: str,
    source: Source,
    rendering: Rendering,
    state: ReadBack,
    given: Given,
    now: datetime,
    look: Looked | None = None,
) -> Record:
    """The record; `look` is what cluster and cloud said, where they were asked.

    Raises NoRelease for a state of another stack, one that was never written or is of a later time than now, and for an approval by the
    author of the commit.
    """
    if not state.stack:
        raise NoRelease("the state holds nothing: bring the stack up, then record what it brought.")
    if state.stack not in (known := layout.stacks(environment)):
        raise NoRelease(f"the state is of stack {state.stack}, and environment {environment.environment} has {', '.join(known)}.")
    released = released_at(state)
    if released > now:
        raise NoRelease(f"the state says it was written at {state.time}, and now is {_stamp(now)}: set this machine's clock.")
    for approval in given.approvals:
        if approval.who.casefold() == source.author.casefold():
            raise NoRelease(
                f"{approval.who} approved what they wrote themselves, commit {source.commit[:12]}: somebody else has to approve it."
            )
    read = live.read_back(list(state.resources.values()))
    models = [_model(model, environment, source, read, given) for model in of_stack(environment, state.stack)]
    if look is not None:
        models = looked.seen(models, look)
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
        differences=[
            *_other_resources(rendering.graph, state),
            *live.differences(models, read),
            *(looked.differences(models, look) if look is not None else ()),
            *given.against,
        ],
        unknown=[*_not_told(state, given), *_not_looked_at(models, read, look), *live.unsaid(models)],
        gates=None if given.gates is None else list(given.gates),
        break_glass=list(given.broken),
        look=None if look is None else looked.told(look),
    )


def of_stack(environment: Environment, stack: str) -> list[Described]:
    """The models that a stack serves; the platform's stack serves none where models have stacks of their own."""
    owner = layout.owner_of(stack) if environment.layout != "single" else (environment.environment, None)
    if owner is None:
        return []
    return [model for _, model in sorted(environment.models.items()) if owner[1] in (None, model.team)]


def _not_looked_at(models: Sequence[Model], read: Live, look: Looked | None) -> list[str]:
    if look is not None:
        return [*look.unknown, *live.unknown([model for model in models if model.model in look.silent], read)]
    served = any(model.presence == "served" for model in models)
    return live.unknown(models, read) + (["whether cluster and cloud still are as the state says: they were not asked"] if served else [])


def _model(model: Described, environment: Environment, source: Source, read: Live, given: Given) -> Model:
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
            training=_training(version.training),
            evaluation=_evaluation(version.evaluation),
        )
        for name, version in sorted(model.versions.items())
    ]
    governance = model.governance
    provenance = governance.data_provenance if governance is not None else ()
    oversight = governance.human_oversight if governance is not None else None
    return Model(
        model=model.model,
        owner=model.owner,
        risk_tier=model.risk_tier,
        presence=model.presence if model.endpoint is not None else "registered",
        data=[f"{one.name}, {one.source}{f', until {one.until}' if one.until else ''}" for one in provenance],
        versions=sorted(versions, key=lambda share: not share.answers),
        team=model.team,
        system=(governance.system if governance is not None else None) or model.model,
        subject_sha256=subject_of(environment, model),
        fallback=oversight.fallback if oversight is not None else None,
        stopped=given.stops.get(model.model),
    )


def _training(said: Trained | None) -> Training | None:
    if said is None:
        return None
    data = [Data(one.name, one.part, one.sha256, one.source, one.rows, one.license) for one in said.data]
    return Training(said.run, said.commit, data)


def _evaluation(said: Evaluated | None) -> Evaluation | None:
    if said is None:
        return None
    gaps = [Gap(one.group, one.metric, one.gap) for one in said.gaps]
    return Evaluation(dict(said.metrics), gaps, said.by, None if said.day is None else str(said.day), said.tool, said.report)


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


def released_at(state: ReadBack) -> datetime:
    """When the state was written. Raises NoRelease where it does not say that."""
    try:
        return datetime.fromisoformat(state.time).astimezone(UTC)
    except ValueError:
        raise NoRelease(f"the state of {state.stack} does not say when it was written: export it after an update.") from None


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
