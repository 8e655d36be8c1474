"""A recording engine for programs that run under mocks: what was registered, under which parent, with which inputs and outputs."""

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

import pulumi
from google.protobuf import json_format
from pulumi.runtime import mocks as pulumi_mocks
from pulumi.runtime import rpc
from pulumi.runtime.settings import SETTINGS, get_root_resource
from pulumi.runtime.stack import run_pulumi_func

HIDDEN = {
    key: f"value-of-{key}"
    for key in ("pagerduty-platform-key", "pagerduty-oncology-key", "slack-alerts-url", "retraining-url", "retraining-token")
}
"""What the committed environments refer to as secrets, as their stacks would have them."""

SECRET = "1b47061264138c4ac30d75fd1eb44270"
"""How the wire format marks a secret value."""

OUTPUTS: dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
    "aws:amp/ruleGroupNamespace:RuleGroupNamespace": lambda name, _: {
        "arn": f"arn:aws:aps:eu-west-1:222222222222:rulegroupsnamespace/{name}"
    },
    "aws:grafana/workspace:Workspace": lambda name, _: {"endpoint": f"{name}.grafana-workspace.eu-west-1.amazonaws.com"},
    "aws:ec2/subnet:Subnet": lambda name, _: {"id": f"{name}-id"},
    "aws:eks/cluster:Cluster": lambda name, inputs: {
        "arn": f"arn:aws:eks:eu-west-1:222222222222:cluster/{inputs['name']}",
        "endpoint": f"https://{name}.example",
        "certificateAuthority": {"data": "Y2E="},
        "vpcConfig": {**inputs.get("vpcConfig", {}), "clusterSecurityGroupId": "sg-cluster"},
    },
    "aws:rds/instance:Instance": lambda _, inputs: {
        "address": f"{inputs['identifier']}.0123456789ab.eu-west-1.rds.amazonaws.com",
        "arn": f"arn:aws:rds:eu-west-1:222222222222:db:{inputs['identifier']}",
    },
    "aws:ec2/launchTemplate:LaunchTemplate": lambda *_: {"latestVersion": 1},
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": lambda name, _: {"associationId": f"a-{name}"},
    "aws:ecr/repository:Repository": lambda _, inputs: {"repositoryUrl": f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/{inputs['name']}"},
    "aws:kms/key:Key": lambda name, _: {"arn": f"arn:aws:kms:eu-west-1:222222222222:key/{name}"},
    "aws:s3/bucket:Bucket": lambda _, inputs: {"arn": f"arn:aws:s3:::{inputs['bucket']}"},
    "aws:cloudwatch/logGroup:LogGroup": lambda name, inputs: {
        "arn": f"arn:aws:logs:eu-west-1:222222222222:log-group:{inputs.get('name', name)}"
    },
    "aws:cloudwatch/metricAlarm:MetricAlarm": lambda name, inputs: {
        "arn": f"arn:aws:cloudwatch:eu-west-1:222222222222:alarm:{inputs.get('name', name)}"
    },
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": lambda _, inputs: {
        "arn": f"arn:aws:sagemaker:eu-west-1:222222222222:model-package-group/{inputs['modelPackageGroupName']}"
    },
    "aws:sagemaker/mlflowApp:MlflowApp": lambda _, inputs: {
        "arn": f"arn:aws:sagemaker:eu-west-1:222222222222:mlflow-app/app-{inputs['name']}"
    },
    "aws:sagemaker/model:Model": lambda name, _: {"name": f"{name}-0000000"},
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": lambda name, _: {"name": f"{name}-0000000"},
    "aws:sagemaker/endpoint:Endpoint": lambda _, inputs: {"arn": f"arn:aws:sagemaker:eu-west-1:222222222222:endpoint/{inputs['name']}"},
    "aws:sns/topic:Topic": lambda name, inputs: {"arn": f"arn:aws:sns:eu-west-1:222222222222:{inputs.get('name', name)}"},
    "aws:iam/role:Role": lambda name, _: {"arn": f"arn:aws:iam::222222222222:role/{name}", "name": name},
}
"""What AWS would add to the inputs, as far as somebody reads it."""

ANSWERS: dict[str, dict[str, Any] | Callable[[dict[str, Any]], dict[str, Any]]] = {
    "aws:eks/getClusters:getClusters": {"id": "clusters", "names": []},
    "aws:ssm/getParameter:getParameter": {"id": "release", "insecureValue": "1.35.0-20261101", "value": "1.35.0-20261101"},
    "aws:eks/getAddonVersion:getAddonVersion": lambda args: {"id": "addon", "version": f"v{args['kubernetesVersion']}.0-eksbuild.1"},
    "aws:index/getAvailabilityZones:getAvailabilityZones": {"names": ["eu-west-1c", "eu-west-1a", "eu-west-1b"], "id": "zones"},
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": {"id": "pl-0123456789abcdef0"},
}
"""What functions return, or make of their arguments, by token."""


@dataclass
class Registered:
    """One resource as it was registered."""

    type: str
    name: str
    parent: str
    inputs: dict[str, Any]
    raw: dict[str, Any]
    """The inputs as they were on the wire, marks of secrets included."""
    aliases: int
    alias_names: list[str]
    dependencies: list[str]
    provider: str
    ignored: list[str]
    """Properties whose changes are ignored."""
    retained: bool
    """Whether it stays when the stack no longer has it."""
    urn: str
    protected: bool = False
    """Whether the engine refuses to delete it."""
    deleted_with: str = ""
    """URN of what it goes with."""
    outputs: dict[str, Any] | None = None
    raw_outputs: dict[str, Any] = field(default_factory=dict)


class Recorder(pulumi_mocks.Mocks):
    """Answers as AWS and Kubernetes would, and keeps what was asked."""

    def __init__(self, references: dict[str, dict[str, Any]] | None = None, new: Collection[str] = ()) -> None:
        self.resources: list[Registered] = []
        self.new = new
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.references = references or {}
        self.exports: dict[str, Any] = {}

    def call(self, args: pulumi_mocks.MockCallArgs) -> Any:
        self.calls.append((args.token, args.args))
        answer = ANSWERS[args.token]
        return answer(args.args) if callable(answer) else answer

    def new_resource(self, args: pulumi_mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == "pulumi:pulumi:StackReference":
            return args.name, {**args.inputs, "outputs": self.references[args.inputs["name"]]}
        added = OUTPUTS.get(args.typ, lambda *_: {})(args.name, args.inputs)
        if args.typ in self.new:
            return None, dict(args.inputs)
        return f"{args.name}-id" if args.custom or ":" not in args.typ else "", {**args.inputs, **added}

    def of(self, kind: str) -> list[Registered]:
        """Everything whose type ends in `kind`."""
        return [resource for resource in self.resources if resource.type.rpartition(":")[2] == kind]

    def one(self, kind: str) -> Registered:
        (found,) = self.of(kind)
        return found

    def named(self, name: str) -> Registered:
        (found,) = [resource for resource in self.resources if resource.name == name]
        return found

    def manifests(self) -> list[dict[str, Any]]:
        """Every Kubernetes object; a Helm release is none."""
        kinds = [resource for resource in self.resources if resource.type.startswith("kubernetes:")]
        return [resource.inputs for resource in kinds if not resource.type.startswith("kubernetes:helm.sh/")]

    def tree(self) -> str:
        """Type and logical name of everything, indented under its parent, in order of names."""
        children: dict[str, list[Registered]] = {}
        for resource in self.resources:
            children.setdefault(resource.parent, []).append(resource)
        known = {resource.urn for resource in self.resources}

        def lines(parent: str, depth: int) -> Iterator[str]:
            for resource in sorted(children.get(parent, []), key=lambda found: (found.type, found.name)):
                yield "  " * depth + f"{resource.type} {resource.name}"
                yield from lines(resource.urn, depth + 1)

        roots = sorted(parent for parent in children if parent not in known)
        return "\n".join(line for root in roots for line in lines(root, 0)) + "\n"


class RecordingMonitor(pulumi_mocks.MockMonitor):
    """A monitor whose URNs hold every ancestor's type, as the engine's do; the base class names only the nearest."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder)
        self.recorder = recorder

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        above = parent.split("::")[2] if parent else ""
        chain = f"{above}${type_}" if above and above != "pulumi:pulumi:Stack" else type_
        return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{chain}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the wire's name
        with _event_loop():
            response = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            self.recorder.resources.append(
                Registered(
                    type=request.type,
                    name=request.name,
                    parent=request.parent,
                    inputs=plain(rpc.deserialize_properties(request.object)),
                    raw=json_format.MessageToDict(request.object),
                    aliases=len(request.aliases) + len(request.aliasURNs),
                    alias_names=[alias.spec.name for alias in request.aliases],
                    dependencies=sorted(request.dependencies),
                    provider=request.provider,
                    ignored=sorted(request.ignoreChanges),
                    retained=request.retainOnDelete,
                    urn=response.urn,
                    protected=request.protect,
                    deleted_with=request.deletedWith,
                )
            )
        return response

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the wire's name
        with _event_loop():
            return super().Invoke(request)

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - the wire's name
        with _event_loop():
            return super().ReadResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the wire's name
        if "::pulumi:pulumi:Stack::" in request.urn:
            self.recorder.exports = plain(rpc.deserialize_properties(request.outputs))
        for resource in self.recorder.resources:
            if resource.urn == request.urn:
                resource.outputs = plain(rpc.deserialize_properties(request.outputs))
                resource.raw_outputs = json_format.MessageToDict(request.outputs)
        return super().RegisterResourceOutputs(request)


def plain(value: Any) -> Any:
    """The value without marks of secrets."""
    if rpc.is_rpc_secret(value):
        return plain(rpc.unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


@contextmanager
def _event_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop for this thread while it lasts. The SDK makes one for each of its threads and leaves it open."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield loop
    finally:
        # What a failed program leaves undone would complain when it is collected, in the middle of some other test.
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.run_until_complete(loop.shutdown_default_executor())
        asyncio.set_event_loop(None)
        loop.close()


def run(
    program: Callable[[], Any],
    *,
    stack: str = "test",
    references: dict[str, dict[str, Any]] | None = None,
    config: dict[str, str] | None = None,
    begun: bool = True,
    new: Collection[str] = (),
) -> Recorder:
    """Runs a program to its end. What it raises is raised. `begun`: whether registrations begin before the program ends. With types that
    are `new` it is a preview, in which these have no ids yet."""
    recorder = Recorder(references, new)

    async def whole() -> None:
        root = get_root_resource()
        # There is one for the whole process, and it remembers what was exported before.
        root.outputs.clear()
        made = program()
        if isawaitable(made):
            await made
        # As the program of a stack does: see stacks/__main__.py.
        if begun:
            await asyncio.sleep(0)
        root.register_outputs(root.outputs)

    with _event_loop() as loop:
        pulumi.runtime.set_mocks(
            recorder, project="modelway", stack=stack, organization="organization", preview=bool(new), monitor=RecordingMonitor(recorder)
        )
        pulumi.runtime.set_all_config({f"modelway:{key}": value for key, value in {**HIDDEN, **(config or {})}.items()})
        SETTINGS.rpc_manager.clear()
        SETTINGS.outputs.clear()
        loop.run_until_complete(run_pulumi_func(whole))
    return recorder
