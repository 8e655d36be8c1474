"""Makes the resources that the file named by RESOURCES lists, in order. For the tests of the AWS plugin.

{"type": token, "name": logical name, "inputs": {...}, "options": {...}}; an input {"$secret": value} is secret, {"$from": "name.output"}
is an output of an earlier resource, {"$text": "arn of {0}", "$of": [...]} a text around such values. "type": "provider" makes a provider,
"type": "invoke" exports what a function returns. Options: provider (name), timeout (seconds), import (id), ignore_changes, depends_on.
"""

import json
import os
from pathlib import Path
from typing import Any

import pulumi


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


class Any_(pulumi.CustomResource):  # noqa: N801
    """Any resource by its token, without the seconds that the typed SDK takes to import."""

    def __init__(self, kind: str, name: str, inputs: dict[str, Any], options: pulumi.ResourceOptions) -> None:
        super().__init__(kind, name, inputs, options)


class Provider(pulumi.ProviderResource):
    def __init__(self, name: str, inputs: dict[str, Any]) -> None:
        super().__init__(
            "aws", name, {key: item if isinstance(item, str) else pulumi.Output.json_dumps(item) for key, item in inputs.items()}
        )


def main() -> None:
    text = Path(os.environ["RESOURCES"]).read_text(encoding="utf-8")
    items = json.loads(text)
    wanted: dict[str, set[str]] = {}
    for path in _references(items):
        name, _, key = path.partition(".")
        wanted.setdefault(name, set()).add(key)
    made: dict[str, Any] = {}
    for item in items:
        name, inputs, options = item["name"], resolved(item["inputs"], made), item.get("options", {})
        provider = made[options["provider"]] if "provider" in options else None
        if item["type"] == "provider":
            made[name] = Provider(name, inputs)
        elif item["type"] == "invoke":
            pulumi.export(name, pulumi.runtime.invoke_output(item["token"], inputs, pulumi.InvokeOptions(provider=provider)))
        else:
            seconds = f"{options['timeout']}s" if "timeout" in options else None
            outputs = dict.fromkeys(wanted.get(name, set()) - {"id", "urn"})
            made[name] = Any_(
                item["type"],
                name,
                {**outputs, **inputs},
                pulumi.ResourceOptions(
                    provider=provider,
                    custom_timeouts=pulumi.CustomTimeouts(create=seconds, update=seconds, delete=seconds) if seconds else None,
                    import_=options.get("import"),
                    ignore_changes=options.get("ignore_changes"),
                    depends_on=[made[each] for each in options.get("depends_on", [])],
                ),
            )


def _references(value: Any) -> list[str]:
    match value:
        case {"$from": path}:
            return [path]
        case dict():
            return [path for item in value.values() for path in _references(item)]
        case list():
            return [path for item in value for path in _references(item)]
    return []


main()
