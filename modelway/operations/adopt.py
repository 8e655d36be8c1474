"""`modelway adopt`: writes what `pulumi import` takes, of what an environment describes and is there already."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelway.errors import ModelwayError
from modelway.operations._aws_stored import Stored
from modelway.operations._kubernetes import Objects
from modelway.operations.adopting import Find, Foreseen, Found, adoption, foreseen, with_providers
from modelway.operations.environments import Deployment, Progress


@dataclass(frozen=True)
class Adopted:
    """What was found for one stack."""

    stack: str
    file: Path | None
    """The import file; none where there is nothing to import."""
    found: Sequence[str]
    """URN and id, each in a line."""
    differing: Mapping[str, str]
    """By URN: why it was left out."""
    commands: Sequence[str]
    """What takes it into the stack, in order."""


def adopt(deployment: Deployment, folder: Path, *, progress: Progress) -> list[Adopted]:
    """An import file for each stack of the environment that would make what is there already.

    Changes nothing in AWS or in a cluster; a stack gets the providers that its import needs. A stack of models can be looked at when the
    platform's stack is there. Raises AwsFailure, EngineFailure; ModelwayError where a file is there already.
    """
    environment = deployment.environment
    stored, objects = Stored(environment.aws.account, environment.aws.region), Objects()
    contexts = {f"{key}-kubernetes": cluster.context for key, cluster in environment.clusters.items() if cluster.kind == "existing"}

    def find(one: Foreseen) -> Found | None:
        if one.type.startswith("kubernetes:"):
            context = contexts.get(one.provider.rpartition("::")[0].rpartition("::")[2])
            return objects.find(context, one.inputs) if context is not None else None
        identifier = one.identifier or str(one.inputs.get("arn"))
        return stored.find(one.type, identifier, one.inputs, one.region)

    return [_of_stack(deployment, stack, folder, find, progress) for stack in deployment.stacks]


def _of_stack(deployment: Deployment, stack: str, folder: Path, find: Find, progress: Progress) -> Adopted:
    progress(f"pulumi preview: stack {stack}")
    preview = deployment.engine.preview(stack)
    found = adoption(foreseen(preview), find)
    listed = [f"{urn} {one.id}" for urn, one in found.found.items()]
    if not found.found:
        return Adopted(stack, None, listed, found.differing, [])
    file = folder / f"{stack}.import.json"
    if file.exists():
        raise ModelwayError(f"{file}: it is there already, and might be yours; remove it, or name another folder with --output.")
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found.file, indent=2) + "\n", "utf-8")
    if found.providers:
        exported = deployment.engine.export(stack)
        deployment.engine.put(stack, with_providers(exported, preview, found.providers, lambda: str(uuid.uuid4())))
    # Protection comes from the tier, with the next `up`.
    imports = f"pulumi import --stack {stack} --file {file} --yes --skip-preview --generate-code=false --protect=false"
    return Adopted(stack, file, listed, found.differing, [imports, f"pulumi preview --stack {stack} --diff"])
