"""Endpoints of SageMaker that went back to their old configuration by themselves.

SageMaker says so to nobody: the endpoint is in service, the provider takes that for the end of the update, and the engine's state names
the configuration that should serve (github.com/hashicorp/terraform-provider-aws/issues/46663, 48997).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from modelway.architecture import Environment
from modelway.errors import ModelwayError

ENDPOINT = "aws:sagemaker/endpoint:Endpoint"


class WentBack(ModelwayError):
    """An update did not last."""


class Serving(Protocol):
    """An endpoint as it is; see modelway.operations._aws_serving."""

    @property
    def configuration(self) -> str: ...
    @property
    def reason(self) -> str: ...


class Endpoints(Protocol):
    """What is asked of SageMaker; see modelway.operations._aws_serving."""

    def serving(self, endpoint: str) -> Serving | None: ...
    def has_configuration(self, name: str) -> bool: ...
    def going_off(self, alarms: Sequence[str]) -> Mapping[str, str]: ...


class Engine(Protocol):
    """What is needed of the engine."""

    def resources(self, stack: str) -> list[dict[str, object]]: ...
    def refresh(self, stack: str, urns: Sequence[str]) -> None: ...


@dataclass(frozen=True)
class Rollback:
    """An endpoint that serves another configuration than its stack says."""

    stack: str
    urn: str
    endpoint: str
    """Name."""
    wanted: str
    """Name of the configuration that should serve."""
    serves: str
    there: bool
    """Whether the configuration that serves still exists: without it there is no other update."""
    why: tuple[str, ...]

    def __str__(self) -> str:
        why = "".join(f"\n  {reason}" for reason in self.why) or "\n  AWS does not say why, and no alarm is on any more"
        said = (
            f"endpoint {self.endpoint}: SageMaker went back from {self.wanted} to {self.serves or 'a configuration without a name'}:{why}"
        )
        if self.there:
            return said
        return (
            f"{said}\n  {self.serves or 'It'} is gone from the account, and SageMaker updates no endpoint from it:"
            f" `pulumi up --stack {self.stack} --replace '{self.urn}'` makes the endpoint anew, and nobody is answered meanwhile"
        )


def on_sagemaker(environment: Environment) -> bool:
    """Whether a model of the environment serves on SageMaker."""
    return any(one.serving is not None and one.serving.runtime.kind == "sagemaker" for one in environment.models.values())


def read_anew(stacks: Sequence[str], engine: Engine, cloud: Endpoints) -> list[Rollback]:
    """The endpoints that serve another configuration than their stacks say; the state knows that now, and the next preview shows it.

    Raises EngineFailure, AwsFailure.
    """
    found = [
        one
        for stack in stacks
        for resource in engine.resources(stack)
        if resource.get("type") == ENDPOINT and not resource.get("delete")
        if (one := _held(stack, resource, cloud)) is not None
    ]
    for stack in dict.fromkeys(one.stack for one in found):
        engine.refresh(stack, [one.urn for one in found if one.stack == stack])
    return found


def refusal(found: Sequence[Rollback]) -> WentBack:
    """What is to be said of updates that did not last."""
    logs = "\n".join(f"  aws logs tail /aws/sagemaker/Endpoints/{one.endpoint} --since 2h" for one in found)
    return WentBack(
        "\n".join(map(str, found)) + f"\nWhat the containers said:\n{logs}\nWhen the cause is gone, `modelway up` tries again. To stay with"
        " what serves, make its version live in the model's file."
    )


def _held(stack: str, resource: Mapping[str, object], cloud: Endpoints) -> Rollback | None:
    endpoint, inputs = str(resource.get("id")), _object(resource.get("inputs"))
    wanted, found = str(inputs.get("endpointConfigName")), cloud.serving(endpoint)
    if found is None or found.configuration == wanted:
        return None
    on = cloud.going_off(_alarms(inputs))
    why = [*([found.reason] if found.reason else []), *(f"alarm {name} is on: {reason}" for name, reason in on.items())]
    there = bool(found.configuration) and cloud.has_configuration(found.configuration)
    return Rollback(stack, str(resource["urn"]), endpoint, wanted, found.configuration, there, tuple(why))


def _alarms(inputs: Mapping[str, object]) -> list[str]:
    listed = _object(_object(inputs.get("deploymentConfig")).get("autoRollbackConfiguration")).get("alarms")
    return [str(_object(one).get("alarmName")) for one in listed] if isinstance(listed, list) else []


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
