"""Steps and states as the engine writes them, from a stack in a file and what is changed in it."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import msgspec
from ruamel.yaml import YAML

from modelway.preview.resources import Resource, Step
from tests.support.engine import OUTPUTS, Recorder

_KEY = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")

Described = dict[str, Any]
"""A resource as it stands in a state: urn, type, inputs, …"""


def read_yaml(file: Path) -> Any:
    parser = YAML(typ="safe", pure=False)
    return parser.load(file.read_text("utf-8"))


def recorded(recorder: Recorder, types: tuple[str, ...]) -> list[Described]:
    """What a program registered, in the order of the names, as a state would have it."""
    found = [resource for resource in recorder.resources if resource.type.rpartition(":")[2] in types]
    described = []
    for resource in sorted(found, key=lambda one: (one.type, one.name)):
        made = OUTPUTS.get(resource.type)
        added = made(resource.name, resource.inputs) if made else {}
        # The provider gives what has no name one before the engine sees its inputs.
        inputs = resource.inputs | {key: added[key] for key in ("name",) if key in added}
        one = {"urn": resource.urn, "type": resource.type, "custom": True, "inputs": inputs, "outputs": {**inputs, **added}}
        described.append(one | ({"ignoreChanges": resource.ignored} if resource.ignored else {}))
    return json.loads(json.dumps(described))  # type: ignore[no-any-return]


def short(base: list[Described]) -> dict[str, Described]:
    """By logical name; where several have the same, with the kind behind it: `shop/Service`."""
    names = [one["urn"].rsplit("::", 1)[-1] for one in base]
    kinds = [one["type"].rpartition(":")[2] for one in base]
    return {name if names.count(name) == 1 else f"{name}/{kind}": one for name, kind, one in zip(names, kinds, base, strict=True)}


def resource(described: Described) -> Resource:
    return msgspec.json.decode(json.dumps(described), type=Resource)


def step(base: dict[str, Described], asked: dict[str, Any]) -> Step:
    """`{op, of, set, unset}`: `of` is a resource of the base, `set` what is other in the program; `at` makes a new one of it."""
    old = base[asked["of"]]
    new = copy.deepcopy(old)
    if "at" in asked:
        new["urn"] = new["urn"].rsplit("::", 1)[0] + f"::{asked['at']}"
    for path, value in asked.get("set", {}).items():
        put(new if path.startswith("^") else new["inputs"], path.removeprefix("^"), value)
    for path in asked.get("unset", []):
        put(new["inputs"], path, None, remove=True)
    op = asked["op"]
    states = {"oldState": None if op == "create" else old, "newState": None if op == "delete" else new}
    return msgspec.json.decode(json.dumps({"op": op, "urn": new["urn"], **states}), type=Step)


def put(inside: Any, path: str, value: Any, *, remove: bool = False) -> None:
    """Writes a value at a path such as `spec.rules[0].weight` or `metadata.labels[a.b/c]`."""
    keys = [int(inner) if inner.isdigit() else inner or outer for inner, outer in _KEY.findall(path)]
    for key in keys[:-1]:
        inside = inside[key] if isinstance(inside, list) else inside.setdefault(key, {})
    if remove:
        del inside[keys[-1]]
    elif isinstance(inside, list) and keys[-1] == len(inside):
        inside.append(value)
    else:
        inside[keys[-1]] = value
