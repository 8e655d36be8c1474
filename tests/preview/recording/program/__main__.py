"""Declares what the file named by RESOURCES lists, in order. For recorded previews; see ../record.py.

{"type": token, "name": logical name, "inputs": {...}, "options": {...}}. A type that begins with aws: or kubernetes: is a resource, another
a component. An input {"$secret": value} is secret, {"$from": "name.output"} is an output of an earlier resource, {"$text": "arn of {0}",
"$of": [...]} a text around such values. "type": "output" exports a value, "type": "raise" raises.
"""

import json
import os
from pathlib import Path
from typing import Any

import pulumi

_OUTPUTS = ("apiVersion", "kind", "metadata", "spec", "data", "status")


def resolved(value: Any, made: dict[str, Any]) -> Any:
    match value:
        case {"$secret": inner}:
            return pulumi.Output.secret(resolved(inner, made))
        case {"$text": text, "$of": values}:
            return pulumi.Output.all(*resolved(values, made)).apply(lambda known: text.format(*known))
        case {"$from": path}:
            name, _, key = path.partition(".")
            return getattr(made[name], key) if key in ("id", "urn") else vars(made[name])[key]
        case dict():
            return {key: resolved(item, made) for key, item in value.items()}
        case list():
            return [resolved(item, made) for item in value]
    return value


class Declared(pulumi.CustomResource):
    """Any resource by its token, without the seconds that the typed SDKs take to import."""

    def __init__(self, kind: str, name: str, inputs: dict[str, Any], options: pulumi.ResourceOptions) -> None:
        super().__init__(kind, name, inputs, options)


class Group(pulumi.ComponentResource):
    def __init__(self, kind: str, name: str, options: pulumi.ResourceOptions) -> None:
        super().__init__(kind, name, None, options)
        self.register_outputs({})


def wanted(value: Any) -> list[str]:
    match value:
        case {"$from": path}:
            return [path]
        case dict():
            return [path for item in value.values() for path in wanted(item)]
        case list():
            return [path for item in value for path in wanted(item)]
    return []


def main() -> None:
    items = json.loads(Path(os.environ["RESOURCES"]).read_text("utf-8"))
    outputs: dict[str, set[str]] = {}
    for path in wanted(items):
        name, _, key = path.partition(".")
        outputs.setdefault(name, set()).add(key)
    made: dict[str, Any] = {}
    for item in items:
        kind, name, given = item["type"], item["name"], item.get("options", {})
        if kind == "raise":
            raise RuntimeError(item["inputs"]["text"])
        inputs = resolved(item.get("inputs", {}), made)
        if kind == "output":
            pulumi.export(name, inputs["value"])
            continue
        options = pulumi.ResourceOptions(
            parent=made[given["parent"]] if "parent" in given else None,
            depends_on=[made[each] for each in given.get("depends_on", [])],
            protect=given.get("protect"),
            retain_on_delete=given.get("retain"),
            import_=given.get("import"),
            ignore_changes=given.get("ignore_changes"),
            delete_before_replace=given.get("delete_before_replace"),
            aliases=[pulumi.Alias(name=given["alias"])] if "alias" in given else None,
        )
        if not kind.startswith(("aws:", "kubernetes:")):
            made[name] = Group(kind, name, options)
            continue
        named = outputs.get(name, set()) - {"id", "urn"}
        unset = dict.fromkeys((*named, *(_OUTPUTS if kind.startswith("kubernetes:") else ())))
        made[name] = Declared(kind, name, {**unset, **inputs}, options)


main()
