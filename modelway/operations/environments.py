"""An environment's stacks, in order: which there are, brought up, taken down, and what they say of themselves."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from modelway.architecture import Environment, layout, load
from modelway.architecture.effect import refusal
from modelway.architecture.protection import protection
from modelway.errors import ModelwayError
from modelway.operations import clearing, hosted, rollbacks
from modelway.operations._aws import NoCredentials, account_of_credentials
from modelway.operations._aws_clearing import Leavings
from modelway.operations._aws_serving import Endpoints
from modelway.operations._pulumi import Engine, EngineFailure
from modelway.operations.project import PROJECT, engine_folder, environments_folder, find_root
from modelway.operations.stack_files import CONFIG
from modelway.operations.stack_secrets import secrets_provider

Progress = Callable[[str], None]


class OtherAccount(ModelwayError):
    """The credentials at hand belong to another account than the environment's."""


class Protected(ModelwayError):
    """The environment's tier forbids what was asked."""

    exit_code = 4


@dataclass(frozen=True)
class Deployment:
    """One environment and the engine that its stacks run on."""

    environment: Environment
    engine: Engine

    @property
    def stacks(self) -> tuple[str, ...]:
        """The stacks in the order in which they come up."""
        return layout.stacks(self.environment)


@dataclass(frozen=True)
class Retained:
    """A thing that AWS keeps after its deletion was asked for."""

    what: str
    identifier: str
    until: str
    """How long, and how it comes back."""


_STORING = {"aws:s3/bucket:Bucket": "bucket", "aws:ecr/repository:Repository": "repository", "aws:kms/key:Key": "KMS key"}


class NotMadeYet(ModelwayError):
    """The environment asks for what nothing makes yet."""


def open_deployment(
    name: str,
    environments: Path | None = None,
    *,
    to_come_up: bool = False,
    refuse: Callable[[Environment], object] | None = None,
) -> Deployment:
    """Environment `name`, loaded and checked, with its engine.

    `environments` (default: what is configured) is written into the configuration of its stacks, so that the program reads the same folder.
    `refuse` sees the environment before credentials are asked for, and may raise. A stack that is not there is made, with what
    `secrets_provider` says to encrypt its secrets. Raises InvalidArchitecture; NotMadeYet, when it is to come up and the program would
    refuse it; OtherAccount; AwsFailure; NothingEncrypts; all of them before anything is changed; and EngineFailure.
    """
    root = find_root()
    folder = environments.resolve() if environments else environments_folder(root, name)
    environment = load(folder, name, root)
    if refuse is not None:
        refuse(environment)
    if to_come_up and (why := refusal(environment)):
        raise NotMadeYet(why)
    deployment = Deployment(environment, Engine(engine_folder(root)))
    with ThreadPoolExecutor(1) as background:
        # Each takes half a second; the account comes first, whatever the engine has to say.
        existing = background.submit(deployment.engine.stacks)
        refuse_other_account(environment)
    if new := [stack for stack in deployment.stacks if stack not in existing.result()]:
        _add(deployment, new, engine_folder(root) / CONFIG)
    for stack in deployment.stacks if environments else ():
        deployment.engine.configure(stack, f"{PROJECT}:environments", str(folder))
    return deployment


def _add(deployment: Deployment, stacks: Sequence[str], folder: Path) -> None:
    backend = deployment.engine.backend()
    chosen = {stack: secrets_provider(deployment.environment, stack, folder / f"Pulumi.{stack}.yaml", backend) for stack in stacks}
    for stack, encrypting in chosen.items():
        deployment.engine.add_stack(stack, encrypting)


def refuse_other_account(environment: Environment) -> None:
    """Raises OtherAccount where the credentials at hand are not of the environment's account."""
    # The provider has the same guard, but a failing destroy would have begun by then, and other providers have none.
    try:
        wanted, found = environment.aws.account, account_of_credentials(environment.aws.region)
    except NoCredentials:
        raise NoCredentials(environment.environment) from None
    if found != wanted:
        name = environment.environment
        raise OtherAccount(
            f"the AWS credentials here are of account {found}, and environment {name} is in {wanted}: use credentials of {wanted}; "
            f'for the cloud on a laptop: eval "$(modelway local env {name})".'
        )


def up(deployment: Deployment, *, yes: bool, progress: Progress) -> None:
    """Every stack of the environment is what its files say, platform before models.

    Raises Protected, before anything is changed, when a model went from the files whose images the environment's tier protects; WentBack,
    afterwards, when SageMaker took an update back.
    """
    with coming_up(deployment, deployment.stacks, progress):
        for stack in deployment.stacks:
            variables = _prepared(deployment, stack, yes=yes, progress=progress)
            progress(f"pulumi up: stack {stack}")
            deployment.engine.up(stack, yes=yes, variables=variables)


@contextmanager
def coming_up(deployment: Deployment, stacks: Sequence[str], progress: Progress) -> Iterator[None]:
    """Around updates of some of an environment's stacks, however they are made: what is looked at before and after.

    Raises Protected and WentBack as `up` does.
    """
    _refuse_unretired(deployment)
    for one in _rollbacks(deployment, stacks):
        progress(f"{one}; this tries again")
    try:
        yield
    except EngineFailure as fault:
        if found := _rollbacks(deployment, stacks):
            raise rollbacks.refusal(found) from fault
        raise
    if found := _rollbacks(deployment, stacks):
        raise rollbacks.refusal(found)


def _prepared(deployment: Deployment, stack: str, *, yes: bool, progress: Progress) -> dict[str, str]:
    if not rollbacks.on_sagemaker(deployment.environment):
        return {}
    return hosted.prepare(stack, deployment.engine, Endpoints(deployment.environment.aws.region), yes=yes, progress=progress)


def _rollbacks(deployment: Deployment, stacks: Sequence[str]) -> list[rollbacks.Rollback]:
    if not rollbacks.on_sagemaker(deployment.environment):
        return []
    return rollbacks.read_anew(stacks, deployment.engine, Endpoints(deployment.environment.aws.region))


def destroy(deployment: Deployment, *, yes: bool, progress: Progress) -> list[Retained]:
    """Nothing of the environment is left in its stacks, models before platform; returns what AWS keeps all the same.

    Raises Protected, before anything is changed, where the tier protects what is stored, or did when its stacks were last brought up.
    """
    there = {stack: deployment.engine.resources(stack) for stack in deployment.stacks}
    _refuse_protected(deployment.environment, [one for resources in there.values() for one in resources if one.get("protect")])
    cloud = Leavings(deployment.environment.aws.region)
    for stack in reversed(deployment.stacks):
        if runner := clearing.in_the_way(there[stack], cloud, progress):
            progress(runner)
        clearing.clear_volumes(stack, there[stack], deployment.engine, cloud, yes=yes, progress=progress)
        progress(f"pulumi destroy: stack {stack}")
        try:
            deployment.engine.destroy(stack, yes=yes)
        except EngineFailure as fault:
            if not runner:
                raise
            raise EngineFailure(f"{fault}\n{runner}\nThen `modelway destroy {deployment.environment.environment}` again.") from fault
    kept = [kept for stack in reversed(deployment.stacks) for resource in there[stack] if (kept := _retained(resource))]
    left = [one for stack in reversed(deployment.stacks) for one in clearing.volumes_left(there[stack], cloud, progress)]
    deleted = "until somebody deletes it: `aws ec2 delete-volume --volume-id {}`"
    return [*kept, *(Retained(f"EBS volume of cluster {cluster}", volume, deleted.format(volume)) for cluster, volume in left)]


def refuse_by_tier(environment: Environment, because: str) -> None:
    """Raises Protected where the environment's tier alone forbids to take it down; `because` nobody could look at what is there."""
    if protection(environment.tier).protect:
        raise Protected(_protected(environment, f"  (which resources these are, nobody could see: {because})"))


def _refuse_protected(environment: Environment, held: list[dict[str, object]]) -> None:
    name, tier = environment.environment, environment.tier
    if not held and not protection(tier).protect:
        return
    listed = _listed(held) or "  (nothing yet)"
    if protection(tier).protect:
        raise Protected(_protected(environment, listed))
    raise Protected(
        f"environment {name} is of tier {tier}, and its stacks still protect what they stored before:\n{listed}\n"
        f"Run `modelway up {name}`, which lifts that, and `modelway destroy {name}` again; or `pulumi state unprotect URN` for one of them."
    )


def _protected(environment: Environment, listed: str) -> str:
    name, locked = environment.environment, environment.registry.models.object_lock is not None
    unlocked = " (remove registry.models.object_lock first; what is locked stays until its time is over)" if locked else ""
    return (
        f"environment {name} is of tier {environment.tier}, which protects what it stores:\n{listed}\n"
        f"To retire it, lower its tier in environment.yaml: to staging, and what is stored stays in AWS, or to development{unlocked},"
        f" and it goes with its contents. Then `modelway up {name}`, and `modelway destroy {name}` again."
        " docs/protection.md has every step."
    )


def _refuse_unretired(deployment: Deployment) -> None:
    environment = deployment.environment
    if not protection(environment.tier).protect:
        return
    prefix, gone = f"{environment.environment}/", []
    for resource in deployment.engine.resources(deployment.stacks[0]):
        inputs = resource.get("inputs")
        name = str(inputs.get("name")) if isinstance(inputs, dict) else ""
        of_model = resource.get("type") == "aws:ecr/repository:Repository" and name.startswith(prefix)
        if of_model and resource.get("protect") and name.removeprefix(prefix) not in environment.models:
            gone.append((name.removeprefix(prefix), resource))
    if gone:
        raise Protected(
            f"environment {environment.environment} is of tier {environment.tier}, which protects the images of models, and its files no"
            f" longer have {', '.join(model for model, _ in gone)}:\n{_listed([resource for _, resource in gone])}\n"
            f"Put back what was removed, with `presence: retired`, run `modelway up {environment.environment}`, and"
            " remove it then; what base describes is removed by `presence: absent` in this environment's file (docs/protection.md)."
        )


def _listed(resources: list[dict[str, object]]) -> str:
    return "\n".join(f"  {resource['urn']}" for resource in resources)


def outputs(deployment: Deployment) -> dict[str, object]:
    """The outputs of all stacks of the environment, merged; a stack that was never brought up adds nothing."""
    return merged(deployment.engine.outputs(stack) for stack in deployment.stacks)


def merged(told: Iterable[Mapping[str, object]]) -> dict[str, object]:
    """What several stacks say as one: of a mapping that more than one has, such as the endpoints of each team, the entries of all."""
    found: dict[str, object] = {}
    for outputs_of_one in told:
        for name, value in outputs_of_one.items():
            there = found.get(name)
            found[name] = {**there, **value} if isinstance(there, Mapping) and isinstance(value, Mapping) else value
    return found


def _retained(resource: dict[str, object]) -> Retained | None:
    kind = str(resource.get("type"))
    name = str(resource.get("urn")).rpartition("::")[2]
    what, identifier = f"{_STORING.get(kind, kind)} {name}", str(resource.get("id"))
    if resource.get("retainOnDelete"):
        return Retained(what, identifier, "stays with what it holds; `modelway adopt` takes it into a stack again")
    if kind != "aws:kms/key:Key":
        return None
    values = resource.get("outputs")
    days = values.get("deletionWindowInDays") if isinstance(values, dict) else None
    return Retained(what, identifier, f"pending deletion for {days or 30} days")
