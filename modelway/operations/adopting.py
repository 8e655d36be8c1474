"""What is there already and a stack is about to make: found by what was asked for, written as an import file. Pure: whoever calls looks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from modelway.operations.identifiers import named

Object = Mapping[str, object]

KEY, REPOSITORY, BUCKET = "aws:kms/key:Key", "aws:ecr/repository:Repository", "aws:s3/bucket:Bucket"
DATABASE = "aws:rds/instance:Instance"


@dataclass(frozen=True)
class Foreseen:
    """A resource that a preview would make."""

    urn: str
    type: str
    parent: str
    provider: str
    """URN and id of its provider, joined; nothing for a component."""
    custom: bool
    inputs: Object
    follows: Mapping[str, Sequence[str]]
    """URNs of what its inputs follow from, by input."""

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2]

    @property
    def region(self) -> str:
        """Its own; nothing where it is the provider's."""
        return str(self.inputs.get("region") or "") if self.type.startswith("aws:") else ""

    @property
    def identifier(self) -> str | None:
        """The id that it would have; None where that does not follow from what is asked for."""
        if self.type.startswith("aws:"):
            return named(self.type, self.inputs)
        if not self.type.startswith("kubernetes:") or self.type.startswith("kubernetes:helm."):
            return None
        metadata = self.inputs.get("metadata")
        if not isinstance(metadata, Mapping) or not isinstance(metadata.get("name"), str):
            return None
        namespace = metadata.get("namespace")
        return f"{namespace}/{metadata['name']}" if namespace else str(metadata["name"])


@dataclass(frozen=True)
class Found:
    """Something that is there."""

    id: str
    key: str = ""
    """ARN of the KMS key that it is encrypted with; a repository's cannot be changed."""
    differs: str = ""
    """Why it is not what would be made, when an import would end in a replacement or in somebody else's key."""


Find = Callable[[Foreseen], Found | None]


@dataclass(frozen=True)
class Adoption:
    """What is to be imported into one stack, and what stands in the way."""

    found: Mapping[str, Found]
    """By URN."""
    differing: Mapping[str, str]
    """By URN: why it cannot be adopted as the files are."""
    file: Object
    """As `pulumi import --file` takes it."""
    providers: Sequence[str]
    """URNs of the providers that the file names and the stack does not have yet."""


def foreseen(preview: Object) -> list[Foreseen]:
    """What a preview (`pulumi preview --json`) would make."""
    steps = preview.get("steps")
    made = []
    for step in steps if isinstance(steps, list) else ():
        state = step.get("newState") if step.get("op") == "create" else None
        if isinstance(state, dict) and state.get("type") != "pulumi:pulumi:Stack":
            made.append(
                Foreseen(
                    urn=str(state["urn"]),
                    type=str(state["type"]),
                    parent=str(state.get("parent") or ""),
                    provider=str(state.get("provider") or ""),
                    custom=bool(state.get("custom")),
                    inputs=state.get("inputs") or {},
                    follows=state.get("propertyDependencies") or {},
                )
            )
    return made


def adoption(made: Sequence[Foreseen], find: Find) -> Adoption:
    """Looks for everything that would be made and says what can be imported."""
    there: dict[str, Found] = {}
    for one in made:
        if one.custom and one.identifier is not None and (found := find(one)) is not None:
            there[one.urn] = found
    there |= _keys(made, there, find)
    differing = {urn: found.differs for urn, found in there.items() if found.differs}
    wanted = {urn: found for urn, found in there.items() if not found.differs}
    return Adoption(wanted, differing, _file(made, wanted), _providers(made, wanted))


def _keys(made: Sequence[Foreseen], there: Mapping[str, Found], find: Find) -> dict[str, Found]:
    """The keys that what is there is encrypted with, in the place of the ones that would be made for it."""
    by_urn = {one.urn: one for one in made}
    found: dict[str, Found] = {}
    for one in made:
        key = there[one.urn].key if one.urn in there else ""
        for urn in (urn for urns in one.follows.values() for urn in urns) if key else ():
            if urn in by_urn and by_urn[urn].type == KEY and urn not in found:
                looked = find(Foreseen(urn, KEY, by_urn[urn].parent, by_urn[urn].provider, True, {**by_urn[urn].inputs, "arn": key}, {}))
                if looked is not None:
                    found[urn] = looked
    return found


class _File:
    """An import file that grows. Its names are types and names together: a component and what it holds may be called alike."""

    def __init__(self, made: Sequence[Foreseen]) -> None:
        self._made = {one.urn: one for one in made}
        self._named: set[str] = set()
        self.table: dict[str, str] = {}
        self.entries: list[dict[str, object]] = []

    def add(self, one: Foreseen, identifier: str) -> None:
        provider = one.provider.rpartition("::")[0]
        named = f"provider {provider.rpartition('::')[2]}"
        self.table[named] = provider
        # Of another region than the provider's (registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/enhanced-region-support).
        there = f"@{one.region}" if one.region else ""
        self.entries.append({**self._entry(one), "provider": named, "id": f"{identifier}{there}"})

    def _entry(self, one: Foreseen) -> dict[str, object]:
        entry: dict[str, object] = {"type": one.type, "name": _named(one.urn), "logicalName": one.name}
        if not one.parent or "::pulumi:pulumi:Stack::" in one.parent:
            return entry
        return {**entry, "parent": self._parent(one.parent)}

    def _parent(self, urn: str) -> str:
        """Its name in the file, where it stands before whatever it is the parent of."""
        if urn not in self._made:
            self.table[_named(urn)] = urn
        elif urn not in self._named:
            self._named.add(urn)
            self.entries.append({**self._entry(self._made[urn]), "component": True})
        return _named(urn)


def _named(urn: str) -> str:
    return f"{urn.split('::')[2].rpartition('$')[2]} {urn.rpartition('::')[2]}"


def _file(made: Sequence[Foreseen], wanted: Mapping[str, Found]) -> Object:
    file = _File(made)
    for one in made:
        if one.urn in wanted:
            file.add(one, wanted[one.urn].id)
    return {"nameTable": file.table, "resources": file.entries}


def _providers(made: Sequence[Foreseen], wanted: Mapping[str, Found]) -> list[str]:
    new = {one.urn for one in made if one.type.startswith("pulumi:providers:")}
    return sorted({one.provider.rpartition("::")[0] for one in made if one.urn in wanted} & new)


def with_providers(exported: Object, preview: Object, providers: Sequence[str], new_id: Callable[[], str]) -> dict[str, object]:
    """A stack's state (`pulumi stack export`) with the providers that the preview would make, under the stack's own entry.

    An import needs its provider in the state, and the engine makes one alone with everything else: what is left out of a run
    (`--target`) has no outputs, and other resources are made of them.
    """
    steps = preview.get("steps")
    states = {step["urn"]: step["newState"] for step in steps if step.get("newState")} if isinstance(steps, list) else {}
    found = exported.get("deployment")
    deployment = dict(found) if isinstance(found, Mapping) else {}
    there = deployment.get("resources")
    resources: list[object] = list(there) if isinstance(there, list) else []
    known = {one["urn"] for one in resources if isinstance(one, Mapping)}
    for urn in providers:
        state = states[urn]
        root = state["parent"]
        if root not in known:
            known.add(root)
            resources.append({"urn": root, "custom": False, "type": "pulumi:pulumi:Stack"})
        kept = {key: state[key] for key in ("urn", "type", "parent", "inputs")}
        resources.append({**kept, "custom": True, "id": new_id(), "outputs": state["inputs"]})
    return {**exported, "deployment": {**deployment, "resources": resources}}
