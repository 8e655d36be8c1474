"""JSON Schema of each kind of file, for editors. The files beside this one are generated (`make generate`), and a test holds them fresh.

A schema knows fields, types and shapes; the rules between fields are told by `modelway validate` alone.
"""

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from types import MappingProxyType
from typing import Any

from modelway.architecture.base import Section
from modelway.architecture.contract import Contract
from modelway.architecture.environment import Environment
from modelway.architecture.model import Model

FOLDER = Path(__file__).resolve().parent
VERSION = 1
"""Of the shape of the files; `schema_version` in environment.yaml names it."""
PLACE = f"https://modelway.dev/schemas/{VERSION}"
"""Where the ids of the schemas lie. An id is a name; nothing has to be there."""

Node = dict[str, Any]


def _whole(section: type[Section]) -> Node:
    made = section.model_json_schema()
    for name in section.OF_OTHER_FILES:
        made["properties"].pop(name)
    return made


def _partial(section: type[Section]) -> Node:
    """Of a file that others are merged with: nothing is required, everything can be removed, lists are whole."""
    made = _whole(section)
    definitions = made.pop("$defs", {})
    partial = {f"{name}.part": _loosened(node) for name, node in definitions.items()}
    return {**_loosened(made), "$defs": {**definitions, **partial}}


def _loosened(node: Node) -> Node:
    found = {key: deepcopy(value) for key, value in node.items() if key not in ("required", "minProperties", "discriminator", "title")}
    if "$ref" in found:
        found["$ref"] = f"{found['$ref']}.part"
    # Without its `kind`, a part of one member may fit another as well.
    either = found.pop("oneOf", None) or found.pop("anyOf", None)
    if either:
        found["anyOf"] = [_loosened(one) for one in either]
    for key in ("properties", "patternProperties"):
        if key in found:
            found[key] = {name: _removable(_loosened(one)) for name, one in found[key].items()}
    if isinstance(found.get("additionalProperties"), dict):
        found["additionalProperties"] = _removable(_loosened(found["additionalProperties"]))
    return found


def _removable(node: Node) -> Node:
    none = {"type": "null"}
    if none in node.get("anyOf", ()):
        return node
    told: Node = {key: node.pop(key) for key in ("description", "default") if key in node}
    return {"anyOf": [*node.pop("anyOf", ()), *([node] if node else []), none], **told}


KINDS: Mapping[str, tuple[str, Callable[[], Node]]] = MappingProxyType(
    {
        "environment": ("An environment, base and overrides in one.", lambda: _whole(Environment)),
        "environment-part": ("environment.yaml, in base or in an environment: together they make one.", lambda: _partial(Environment)),
        "model": ("A model: a file in models/ of base, or of the one environment that has it.", lambda: _whole(Model)),
        "model-part": ("What an environment says of a model otherwise than base.", lambda: _partial(Model)),
        "contract": ("The contract of a model's versions.", lambda: _whole(Contract)),
    }
)
"""What each kind of file is, and how its schema is made."""


def generated(kind: str) -> Node:
    """The schema of a kind of file, as the sections say it now."""
    about, make = KINDS[kind]
    made = _plain(make())
    definitions = made.pop("$defs", {})
    used = _reached(made, definitions)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"{PLACE}/{kind}.json",
        "title": f"Modelway {kind}, version {VERSION}",
        **made,
        "description": about,
        "$defs": {name: node for name, node in sorted(definitions.items()) if name in used},
    }


def file_of(kind: str) -> Path:
    """Where the schema of a kind is published."""
    return FOLDER / f"{kind}.json"


def kind_of(file: Path, environments: Path) -> str:
    """The kind of a file in a folder of environments; what lies elsewhere is a contract."""
    if not file.is_relative_to(environments):
        return "contract"
    folder, *inside = file.relative_to(environments).parts
    if len(inside) == 1:
        return "environment-part"
    above = environments / "base" / "models" / file.name
    return "model-part" if folder != "base" and above.exists() else "model"


def _plain(node: Any) -> Any:
    """In the words of draft 7, which editors know, and regular expressions of JavaScript; without titles that only repeat names."""
    if isinstance(node, list):
        return [_plain(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {key: _plain(value) for key, value in node.items() if key != "discriminator" and not (key == "title" and isinstance(value, str))}
    if made.get("default", ...) is None:
        # Editors write the default beside a field that is chosen, and null says the opposite of what is wanted then.
        del made["default"]
    if "prefixItems" in made:
        made["items"], made["additionalItems"] = made.pop("prefixItems"), False
    if isinstance(made.get("pattern"), str):
        made["pattern"] = _javascript(made["pattern"])
    if "patternProperties" in made:
        made["patternProperties"] = {_javascript(pattern): value for pattern, value in made["patternProperties"].items()}
        made.setdefault("additionalProperties", False)
    return made


def _javascript(pattern: str) -> str:
    """`(?i:…)` is not known there."""

    def spelled(found: re.Match[str]) -> str:
        return "(?:" + "".join(f"[{one}{one.upper()}]" if one.isalpha() else one for one in found[1].lower()) + ")"

    return re.sub(r"\(\?i:([\w|-]+)\)", spelled, pattern)


def _reached(node: Any, definitions: Mapping[str, Node]) -> set[str]:
    reached: set[str] = set()
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            waiting += here.values()
            name = str(here.get("$ref", "")).removeprefix("#/$defs/")
            if name in definitions and name not in reached:
                reached.add(name)
                waiting.append(definitions[name])
    return reached
