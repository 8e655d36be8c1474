"""A program written by hand for resources that another registered: the same types, names, inputs and dependencies, without components.

Its values stand in it as constants; where ours had something from another resource or from AWS, it has an Output too.
"""

import importlib
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pulumi

from components.objects import KubernetesObject
from tests.support.engine import Recorder, Registered

Program = Callable[[], None]

OWN_GROUPS = ("gateway.", "monitoring.")
"""Groups that pulumi_kubernetes has no classes for."""

SAID = ("apiVersion", "kind", "compat")
"""What a typed class of pulumi_kubernetes writes itself."""


def by_hand(recorder: Recorder, *, typed: bool) -> Program:
    """`typed`: Kubernetes objects by the classes of pulumi_kubernetes, as its manual shows; otherwise by the class that ours uses."""
    own = [one for one in recorder.resources if not one.type.startswith("modelway:")]
    wires = {one.urn: _wires(one, own) for one in own}
    outside = {one.urn: _outside(one, own) for one in own}

    def program() -> None:
        for token, args in recorder.calls:
            pulumi.runtime.invoke_output(token, args)
        made: dict[str, Any] = {}
        homes: dict[object, Any] = {}
        for one in own:
            wired, shared = wires[one.urn], outside[one.urn]
            inputs = {name: _from(made[wired[name]], value) if name in wired else value for name, value in one.inputs.items()}
            if shared:
                home = inputs["metadata"]["namespace"]
                if (shared, home) not in homes:
                    homes[shared, home] = _once([made[urn] for urn in shared], home)
                inputs["metadata"] = {**inputs["metadata"], "namespace": homes[shared, home]}
            after = [made[urn] for urn in one.dependencies if urn in made and urn not in wired.values() and urn not in shared]
            made[one.urn] = _resource(one, inputs, _options(one, made, after), typed)
        for name, value in recorder.exports.items():
            pulumi.export(name, value)

    return program


def classes(recorder: Recorder) -> list[tuple[str, str]]:
    """Modules and names of the providers' classes that the typed program uses."""
    types = {one.type for one in recorder.resources if not one.type.startswith(("modelway:", "pulumi:"))}
    return sorted({_named(type_) for type_ in types})


def differing(written: Recorder, recorder: Recorder) -> list[str]:
    """What the program by hand registers otherwise than what it was written after."""
    found, wanted = _facts(written), _facts(recorder)
    return [name for name in sorted(found.keys() | wanted.keys()) if found.get(name) != wanted.get(name)]


def _facts(recorder: Recorder) -> dict[str, object]:
    names = {one.urn: f"{one.type} {one.name}" for one in recorder.resources}
    return {
        f"{one.type} {one.name}": (
            {name: value for name, value in one.inputs.items() if name not in SAID},
            sorted(names[urn] for urn in one.dependencies),
            names.get(one.provider.rpartition("::")[0]),
        )
        for one in recorder.resources
        if not one.type.startswith("modelway:")
    }


def _from(resource: Any, value: Any) -> Any:
    return resource.id.apply(lambda _: value)


def _once(resources: list[Any], value: str) -> Any:
    return pulumi.Output.all(*[resource.id for resource in resources]).apply(lambda _: value)


def _options(one: Registered, made: dict[str, Any], after: list[Any]) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(
        depends_on=after or None,
        provider=made.get(one.provider.rpartition("::")[0]),
        ignore_changes=one.ignored or None,
        protect=one.protected or None,
        retain_on_delete=one.retained or None,
        deleted_with=made.get(one.deleted_with),
    )


def _wires(one: Registered, own: list[Registered]) -> dict[str, str]:
    """By input the resource whose output it was, as far as its id or ARN shows in the value."""
    found = {}
    before = [there for there in own if there.urn in one.dependencies]
    for name, value in one.inputs.items():
        text = json.dumps(value)
        for there in before:
            if f"{there.name}-id" in text or f"/{there.name}" in text:
                found[name] = there.urn
    return found


def _outside(one: Registered, own: list[Registered]) -> tuple[str, ...]:
    """What an object in a namespace comes after, but what its own component made: as a rule it comes with the namespace, as one Output that
    many have; what a component made it names by itself."""
    if "namespace" not in one.inputs.get("metadata", {}):
        return ()
    return tuple(there.urn for there in own if there.urn in one.dependencies and there.parent != one.parent)


def _resource(one: Registered, inputs: dict[str, Any], opts: pulumi.ResourceOptions, typed: bool) -> Any:
    if one.type.startswith("pulumi:"):
        return pulumi.ProviderResource(one.type.rpartition(":")[2], one.name, inputs, opts)
    if typed or one.type.startswith("aws:"):
        module, kind = _named(one.type)
        own = () if one.type.startswith("aws:") or kind == "CustomResource" else SAID
        arguments = {name: value for name, value in inputs.items() if name not in own}
        return _class(module, kind)(one.name, **{_snake(name): value for name, value in arguments.items()}, opts=opts)
    if "metadata" in inputs:
        return KubernetesObject(one.name, inputs, opts)
    return pulumi.CustomResource(one.type, one.name, inputs, opts)


@cache
def _named(type_: str) -> tuple[str, str]:
    """Module and name of the provider's class of a type."""
    package, module, kind = type_.split(":")
    group, _, version = module.partition("/")
    if package == "aws":
        return f"pulumi_aws.{group}", kind
    if group.startswith(OWN_GROUPS):
        return "pulumi_kubernetes.apiextensions", "CustomResource"
    return f"pulumi_kubernetes.{group.partition('.')[0]}.{version}", kind


@cache
def _class(module: str, kind: str) -> Any:
    return getattr(importlib.import_module(module), kind)


@cache
def _snake(name: str) -> str:
    return "".join(f"_{character.lower()}" if character.isupper() else character for character in name)
