"""An environment's stacks, in order: which there are, brought up, taken down, and what they say of themselves."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from modelway.architecture import Environment, layout, load
from modelway.architecture.effect import refusal
from modelway.errors import ModelwayError
from modelway.operations._aws import account_of_credentials
from modelway.operations._pulumi import Engine
from modelway.operations.project import PROJECT, engine_folder, environments_folder, find_root

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


class NotMadeYet(ModelwayError):
    """The environment asks for what nothing makes yet."""


def open_deployment(name: str, environments: Path | None = None, *, to_come_up: bool = False) -> Deployment:
    """Environment `name`, loaded and checked, with its engine.

    `environments` (default: what is configured) is written into the configuration of its stacks, so that the program reads the same folder.
    Raises InvalidArchitecture; NotMadeYet, when it is to come up and the program would refuse it; OtherAccount; AwsFailure; all of them
    before anything is changed; and EngineFailure.
    """
    root = find_root()
    folder = environments.resolve() if environments else environments_folder(root, name)
    environment = load(folder, name, root)
    if to_come_up and (why := refusal(environment)):
        raise NotMadeYet(why)
    deployment = Deployment(environment, Engine(engine_folder(root)))
    with ThreadPoolExecutor(1) as background:
        # Each takes half a second; the account comes first, whatever the engine has to say.
        existing = background.submit(deployment.engine.stacks)
        _refuse_other_account(environment)
    deployment.engine.add_stacks([stack for stack in deployment.stacks if stack not in existing.result()])
    for stack in deployment.stacks if environments else ():
        deployment.engine.configure(stack, f"{PROJECT}:environments", str(folder))
    return deployment


def _refuse_other_account(environment: Environment) -> None:
    # The provider has the same guard, but a failing destroy would have begun by then, and other providers have none.
    wanted, found = environment.aws.account, account_of_credentials(environment.aws.region)
    if found != wanted:
        name = environment.environment
        raise OtherAccount(
            f"the AWS credentials here are of account {found}, and environment {name} is in {wanted}: use credentials of {wanted}; "
            f'for the cloud on a laptop: eval "$(modelway local env {name})".'
        )


def up(deployment: Deployment, *, yes: bool, progress: Progress) -> None:
    """Every stack of the environment is what its files say, platform before models."""
    for stack in deployment.stacks:
        progress(f"pulumi up: stack {stack}")
        deployment.engine.up(stack, yes=yes)


def destroy(deployment: Deployment, *, yes: bool, progress: Progress) -> list[Retained]:
    """Nothing of the environment is left, models before platform; returns what AWS keeps for a while all the same.

    Raises Protected for an environment of tier production.
    """
    if deployment.environment.tier == "production":
        held = [
            str(resource["urn"]) for stack in deployment.stacks for resource in deployment.engine.resources(stack) if resource.get("custom")
        ]
        listed = "\n".join(f"  {urn}" for urn in held) or "  (nothing yet)"
        raise Protected(
            f"environment {deployment.environment.environment} is of tier production and is not destroyed as a whole. It holds:\n{listed}\n"
            "Retire its models one by one first, then lower its tier in environment.yaml, bring that up, and destroy it."
        )
    retained: list[Retained] = []
    for stack in reversed(deployment.stacks):
        progress(f"pulumi destroy: stack {stack}")
        kept = [kept for resource in deployment.engine.resources(stack) if (kept := _retained(resource))]
        deployment.engine.destroy(stack, yes=yes)
        retained += kept
    return retained


def outputs(deployment: Deployment) -> dict[str, object]:
    """The outputs of all stacks of the environment, merged; a stack that was never brought up adds nothing."""
    merged: dict[str, object] = {}
    for stack in deployment.stacks:
        merged |= deployment.engine.outputs(stack)
    return merged


def _retained(resource: dict[str, object]) -> Retained | None:
    if resource.get("type") != "aws:kms/key:Key":
        return None
    values = resource.get("outputs")
    days = values.get("deletionWindowInDays") if isinstance(values, dict) else None
    name = str(resource.get("urn")).rpartition("::")[2]
    return Retained(f"KMS key {name}", str(resource.get("id")), f"pending deletion for {days or 30} days")
