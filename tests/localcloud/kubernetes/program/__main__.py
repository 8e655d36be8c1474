"""Makes the resources that the file named by RESOURCES lists, in order. For the tests of the Kubernetes plugin.

{"type": token, "name": logical name, "inputs": {...}, "options": {...}}; an input {"$secret": value} is secret, {"$from": "name.path"}
is an output of an earlier resource; options: depends_on (names), provider (name), timeout (seconds), import and get (id),
ignore_changes (paths).
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
            return pulumi.Output.secret(inner)
        case {"$from": path}:
            name, key, *rest = path.split(".")
            output = getattr(made[name], key) if key == "id" else vars(made[name])[key]
            for step in rest:
                output = output[step]
            return output
        case dict():
            return {key: resolved(item, made) for key, item in value.items()}
        case list():
            return [resolved(item, made) for item in value]
    return value


class Object(pulumi.CustomResource):
    """Any kind, by its token, without the 3 s import of the typed SDK."""

    def __init__(self, kind: str, name: str, inputs: dict[str, Any], options: pulumi.ResourceOptions) -> None:
        super().__init__(kind, name, {**dict.fromkeys(_OUTPUTS), **inputs}, options)


class Provider(pulumi.ProviderResource):
    def __init__(self, name: str, inputs: dict[str, Any]) -> None:
        super().__init__("kubernetes", name, inputs)


def main() -> None:
    made: dict[str, Any] = {}
    for item in json.loads(Path(os.environ["RESOURCES"]).read_text(encoding="utf-8")):
        inputs, wanted = resolved(item["inputs"], made), item.get("options", {})
        if item["type"] == "provider":
            made[item["name"]] = Provider(item["name"], inputs)
            continue
        seconds = f"{wanted['timeout']}s" if "timeout" in wanted else None
        options = pulumi.ResourceOptions(
            depends_on=[made[name] for name in wanted.get("depends_on", [])],
            provider=made[wanted["provider"]] if "provider" in wanted else None,
            custom_timeouts=pulumi.CustomTimeouts(create=seconds, update=seconds, delete=seconds) if seconds else None,
            import_=wanted.get("import"),
            id=wanted.get("get"),
            ignore_changes=wanted.get("ignore_changes"),
            aliases=[pulumi.Alias(name=wanted["alias"])] if "alias" in wanted else None,
        )
        made[item["name"]] = Object(item["type"], item["name"], inputs, options)


main()
