"""A throw-away stack of AWS resources on the real engine: resources as data in, results and state out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.localcloud.kubernetes import stack as base
from tests.localcloud.kubernetes.stack import Object, Result

PROGRAM = Path(__file__).parent / "program"


def aws(token: str, name: str, inputs: Object | None = None, **options: Any) -> Object:
    """A resource for the program: `aws("s3/bucket:Bucket", "store", {...}, provider="other")`."""
    return {"type": f"aws:{token}", "name": name, "inputs": inputs or {}, "options": options}


def provider(name: str, **inputs: Any) -> Object:
    return {"type": "provider", "name": name, "inputs": inputs}


def invoke(token: str, name: str, inputs: Object | None = None, **options: Any) -> Object:
    return {"type": "invoke", "token": f"aws:{token}", "name": name, "inputs": inputs or {}, "options": options}


def of(name: str, output: str = "id") -> Object:
    """An output of an earlier resource."""
    return {"$from": f"{name}.{output}"}


def text(form: str, *values: Object) -> Object:
    return {"$text": form, "$of": list(values)}


class AwsStack(base.Stack):
    """One project folder with one stack `test`."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        super().__init__(folder, environment)
        project = json.loads((folder / "Pulumi.yaml").read_text(encoding="utf-8"))
        (folder / "Pulumi.yaml").write_text(json.dumps({**project, "main": str(PROGRAM)}), encoding="utf-8")
        self.environment["MODELWAY_LOCAL_STORE"] = str(folder / "recorded")

    def state(self) -> dict[str, Object]:
        return _by_name(json.loads(self.file())["checkpoint"]["latest"].get("resources", []))

    def clear_state(self) -> dict[str, Object]:
        """The same with secrets in clear, without their marks."""
        deployment = json.loads(self.pulumi("stack", "export", "--show-secrets").text)["deployment"]
        return {name: base._clear(each) for name, each in _by_name(deployment["resources"]).items()}

    def no_changes(self) -> None:
        """Asserts that a refresh and another update, in one run, find nothing to do. The state is fresh afterwards."""
        self._run("up", None, True, "--yes", "--skip-preview", "--refresh", "--expect-no-changes")

    def outputs(self) -> Object:
        """What the program exported."""
        resources = json.loads(self.file())["checkpoint"]["latest"]["resources"]
        found: Object = next(each for each in resources if each["type"] == "pulumi:pulumi:Stack")["outputs"]
        return found


def _by_name(resources: list[Object]) -> dict[str, Object]:
    return {each["urn"].rpartition("::")[2]: each for each in resources if each["type"].startswith("aws:")}


__all__ = ["AwsStack", "Object", "Result", "aws", "invoke", "of", "provider", "text"]
