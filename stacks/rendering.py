"""What the program of a stack asks for, without an engine or an account: `python stacks/rendering.py TREE STACK ENVIRONMENTS`.

Prints JSON: the environment as its files say it together, and by URN a digest of what each resource is asked to be. It is a preview of a
stack that holds nothing: what a cloud would answer is unknown, questions to it get the stand-ins below, secrets stand for themselves. So
the same files give the same text on every machine, which makes it what a release can be held against later.

With --marks behind them, by URN the tags of each resource instead; of a Kubernetes object its labels and annotations.

TREE is the root of any checkout, also of an earlier one than this file is of: its own modules read and compose.
"""

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any

ANSWERS: dict[str, dict[str, Any]] = {
    "aws:eks/getClusters:getClusters": {"id": "clusters", "names": []},
    "aws:ssm/getParameter:getParameter": {"id": "release", "insecureValue": "1.35.0-20261101", "value": "1.35.0-20261101"},
    "aws:eks/getAddonVersion:getAddonVersion": {"id": "addon", "version": "v1.0.0-eksbuild.1"},
    "aws:index/getAvailabilityZones:getAvailabilityZones": {"id": "zones", "names": ["zone-a", "zone-b", "zone-c"]},
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": {"id": "pl-0123456789abcdef0"},
}
"""What stands for the answers of AWS, by the function that asks. What asks anything else fails."""

PACKAGES = ("pulumi", "pulumi-aws", "pulumi-kubernetes", "pydantic")
"""Those that decide what a program asks for."""


def rendered(tree: Path, stack: str, environments: Path) -> dict[str, object]:
    """The stack of the checkout that `tree` is, whose modules are on the path. Raises RunError and ModelwayError as the program does."""
    import pulumi
    from pulumi.runtime.settings import get_root_resource
    from pulumi.runtime.stack import Stack, run_pulumi_func

    from modelway.architecture import load, names
    from stacks.compose import compose, place

    environment, parts = place(stack, names(environments), lambda name: load(environments, name, tree))
    whole = load(environments, environment.environment, tree)
    resolved = whole.model_dump(mode="json")
    graph: dict[str, str] = {}
    marked: dict[str, dict[str, object]] = {}

    async def program() -> None:
        root = get_root_resource()
        assert isinstance(root, Stack)
        for name, value in compose(environment, parts).items():
            pulumi.export(name, value)
        await asyncio.sleep(0)
        root.register_outputs(root.outputs)

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    _without_an_engine(stack, graph, marked)
    pulumi.runtime.set_all_config({f"modelway:{key}": f"value-of-{key}" for key in _secrets(resolved)})
    loop.run_until_complete(run_pulumi_func(program))
    return {"resolved": resolved, "graph": graph, "packages": dict(_versions()), "python": python_version(), "marked": marked}


def _without_an_engine(stack: str, graph: dict[str, str], marked: dict[str, dict[str, object]]) -> None:
    """The SDK asks nobody, and what it registers is noted in `graph`, and in `marked` what that says of itself."""
    import pulumi
    from google.protobuf import json_format
    from pulumi.runtime import mocks

    class Nobody(mocks.Mocks):
        def call(self, args: mocks.MockCallArgs) -> Any:
            return ANSWERS[args.token]

        def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
            return (args.name if args.typ == "pulumi:pulumi:StackReference" else None), dict(args.inputs)

    class Monitor(mocks.MockMonitor):
        def make_urn(self, parent: str, type_: str, name: str) -> str:
            # The engine's have the types of all that is around; the mock's only the nearest.
            above = parent.split("::")[2] if parent else ""
            chain = f"{above}${type_}" if above and above != "pulumi:pulumi:Stack" else type_
            return f"urn:pulumi:{stack}::modelway::{chain}::{name}"

        def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the wire's name
            with _own_loop():
                response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
            asked = {
                "inputs": json_format.MessageToDict(request.object),
                "protect": request.protect,
                "ignored": sorted(request.ignoreChanges),
                "retained": request.retainOnDelete,
            }
            marked[response.urn] = _marks(request.type, asked["inputs"], marked.get(request.provider.rpartition("::")[0], {}))
            graph[response.urn] = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
            return response

        def Invoke(self, request: Any) -> Any:  # noqa: N802 - the wire's name
            with _own_loop():
                return super().Invoke(request)  # type: ignore[no-untyped-call]

        def ReadResource(self, request: Any) -> Any:  # noqa: N802 - the wire's name
            with _own_loop():
                return super().ReadResource(request)  # type: ignore[no-untyped-call]

    pulumi.runtime.set_mocks(
        Nobody(), project="modelway", stack=stack, organization="organization", preview=True, monitor=Monitor(Nobody())
    )


def _marks(type_: str, inputs: dict[str, Any], of_provider: dict[str, object]) -> dict[str, object]:
    """Tags with those of the provider; labels and annotations; of the provider itself the tags that it adds."""
    if type_ == "pulumi:providers:aws":
        # The SDK sends what a provider is configured with as JSON texts.
        return dict(json.loads(inputs.get("defaultTags") or "{}").get("tags") or {})
    if type_.startswith("aws:"):
        return of_provider | dict(inputs.get("tags") or {})
    if type_.startswith("kubernetes:") and isinstance(metadata := inputs.get("metadata"), dict):
        return dict(metadata.get("labels") or {}) | dict(metadata.get("annotations") or {})
    return {}


class _own_loop:  # noqa: N801 - a context manager
    """A loop for this thread while it lasts: the SDK calls from threads that have none."""

    def __enter__(self) -> None:
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)

    def __exit__(self, *_: object) -> None:
        asyncio.set_event_loop(None)
        self._loop.close()


def _secrets(value: object) -> Iterator[str]:
    """Keys of secrets that an environment refers to."""
    if isinstance(value, dict):
        if set(value) == {"secret"} and isinstance(value["secret"], str):
            yield value["secret"]
        for item in value.values():
            yield from _secrets(item)
    elif isinstance(value, list):
        for item in value:
            yield from _secrets(item)


def _versions() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            continue


def main() -> int:
    """0; 1 with the reason on stderr where the program refuses."""
    tree, stack, environments = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    # Started as a file, its own folder is first on the path, which is of another checkout.
    sys.path[0] = str(tree)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    import pulumi

    from modelway.errors import ModelwayError

    try:
        told = rendered(tree, stack, environments)
    except (ModelwayError, pulumi.RunError) as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    marked = told.pop("marked")
    json.dump(marked if "--marks" in sys.argv[4:] else told, sys.stdout, sort_keys=True, ensure_ascii=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
