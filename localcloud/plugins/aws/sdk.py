"""What the installed Python SDK (pulumi_aws) says about types: inputs, outputs, functions, provider options.

Read from the source file of the type alone: importing the package takes seconds and a plugin starts with every command.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Kind = Literal["string", "boolean", "integer", "number", "list", "map", "object", "any"]


@dataclass(frozen=True)
class Type:
    """The type of a property. `element` is that of a list's or map's elements; `properties()` those of an object."""

    kind: Kind
    element: Type | None = None
    nested: tuple[str, str, str] | None = None
    """Folder of the module, file and class of an object."""

    def properties(self) -> Mapping[str, Property]:
        return _class(*self.nested) if self.nested else {}


@dataclass(frozen=True)
class Property:
    type: Type
    required: bool = False


@dataclass(frozen=True)
class Schema:
    """Of a resource or function: property names as on the wire (camelCase)."""

    token: str
    inputs: Mapping[str, Property]
    outputs: Mapping[str, Property]


class UnknownToken(Exception):
    """The SDK has no such resource or function."""


@cache
def resource(token: str) -> Schema:
    """`aws:s3/bucket:Bucket`. Raises UnknownToken."""
    module, name = _split(token)
    path = _file(module, _snake(name))
    if f"'{token}'" not in _text(path):
        raise UnknownToken(token)
    # Where a nested type has taken the name, the arguments are called ...InitArgs.
    inputs = _class(module, path.name, f"{name}InitArgs") or _class(module, path.name, f"{name}Args")
    return Schema(token, inputs, _class(module, path.name, name))


@cache
def function(token: str) -> Schema:
    """`aws:index/getRegion:getRegion`. Raises UnknownToken."""
    module, name = _split(token)
    path = _file(module, _snake(name))
    if f"'{token}'" not in _text(path):
        raise UnknownToken(token)
    inputs = {}
    for node in ast.parse(_text(path)).body:
        if isinstance(node, ast.FunctionDef) and node.name == _snake(name):
            types = {argument.arg: argument.annotation for argument in node.args.args}
            for wire, python in _passed(node):
                inputs[wire] = Property(_type(types.get(python), module))
    return Schema(token, inputs, _class(module, path.name, f"{name[0].upper()}{name[1:]}Result"))


@cache
def provider() -> Mapping[str, Property]:
    """The options of the provider."""
    return _class("", "provider.py", "ProviderArgs")


def _split(token: str) -> tuple[str, str]:
    match = re.fullmatch(r"aws:([\w-]+)/\w+:(\w+)", token)
    if not match:
        raise UnknownToken(token)
    return "" if match[1] == "index" else match[1].lower(), match[2]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _file(module: str, stem: str) -> Path:
    return _root() / module / f"{stem}.py"


@cache
def _root() -> Path:
    spec = importlib.util.find_spec("pulumi_aws")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("pulumi_aws is not installed")
    return Path(next(iter(spec.submodule_search_locations)))


@cache
def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UnknownToken(path.stem) from None


@cache
def _class(module: str, file: str, name: str) -> Mapping[str, Property]:
    """The properties of a generated class, by wire name: from its getters; required are the arguments without a default."""
    source = _text(_root() / module / file)
    # Files of nested types have a megabyte: only the class is parsed.
    start = re.search(rf"^class {name}\b", source, re.MULTILINE)
    if start is None:
        return {}
    end = re.compile(r"^(class |@pulumi|def |if )", re.MULTILINE).search(source, start.end())
    body = ast.parse(source[start.start() : end.start() if end else None]).body[0]
    assert isinstance(body, ast.ClassDef)
    arguments = _arguments(body)
    found = {}
    for node in body.body:
        wire = _getter(node)
        if wire and isinstance(node, ast.FunctionDef):
            found[wire] = Property(_type(node.returns, module), arguments.get(node.name, False))
    return found


def _arguments(body: ast.ClassDef) -> dict[str, bool]:
    """Whether an argument of the constructor has no default. Resources have overloads, whose arguments are all optional."""
    for node in body.body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__" and not node.decorator_list:
            return {argument.arg: default is None for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)}
    return {}


def _getter(node: ast.stmt) -> str:
    """The wire name of a property; empty for anything else."""
    if isinstance(node, ast.FunctionDef):
        for decorator in node.decorator_list:
            match decorator:
                case ast.Attribute(attr="getter"):
                    return node.name
                case ast.Call(func=ast.Attribute(attr="getter"), keywords=[ast.keyword(value=ast.Constant(value=str(name)))]):
                    return name
    return ""


def _passed(node: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """What a function passes on: `__args__['wireName'] = python_name`."""
    for statement in node.body:
        match statement:
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Name(id="__args__"), slice=ast.Constant(value=str(wire)))], value=ast.Name(id=python)
            ):
                yield wire, python


_SCALARS: dict[str, Kind] = {"str": "string", "bool": "boolean", "int": "integer", "float": "number"}


def _type(node: ast.expr | None, module: str) -> Type:
    match node:
        case ast.Subscript(value=ast.Attribute(attr="Input" | "Output") | ast.Name(id="Optional"), slice=inner):
            return _type(inner, module)
        case ast.Subscript(value=ast.Name(id="Sequence"), slice=inner):
            return Type("list", _type(inner, module))
        case ast.Subscript(value=ast.Name(id="Mapping"), slice=ast.Tuple(elts=[_, inner])):
            return Type("map", _type(inner, module))
        case ast.Subscript(value=ast.Name(id="Union"), slice=ast.Tuple(elts=[first, *_])):
            return _type(first, module)
        case ast.Attribute(attr=name) | ast.Name(id=name) if name in _SCALARS:
            return Type(_SCALARS[name])
        case ast.Constant(value=str(name)):
            file = "outputs.py" if name.startswith("outputs.") else "_inputs.py" if name.endswith("Args") else ""
            return Type("object", nested=(module, file, name.split(".")[-1])) if file else Type("string")
    return Type("any")
