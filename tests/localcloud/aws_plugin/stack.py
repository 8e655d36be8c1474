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
        """The resources of the state by logical name; secrets in clear, without their marks."""
        resources = json.loads(self.export())["deployment"].get("resources", [])
        return {each["urn"].rpartition("::")[2]: base._clear(each) for each in resources if each["type"].startswith("aws:")}

    def outputs(self) -> Object:
        """What the program exported."""
        resources = json.loads(self.export())["deployment"]["resources"]
        found: Object = next(each for each in resources if each["type"] == "pulumi:pulumi:Stack")["outputs"]
        return found


__all__ = ["AwsStack", "Object", "Result", "aws", "invoke", "of", "provider", "text"]
