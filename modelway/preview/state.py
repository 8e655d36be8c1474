"""The state of a stack, as `pulumi stack export` writes it: what is there, also what does not change."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from modelway.preview.changeset import Gap
from modelway.preview.files import UnusableFile, contents, document, refuse_other_kinds, sha256
from modelway.preview.resources import Resource, stack_of
from modelway.redaction import masked

_STATE = "the state of a stack"


class _Plugin(msgspec.Struct):
    name: str = ""
    version: str = ""
    kind: str = ""


class _Manifest(msgspec.Struct):
    time: str = ""
    version: str = ""
    plugins: list[_Plugin] | None = None


class _Deployment(msgspec.Struct):
    manifest: _Manifest = msgspec.field(default_factory=_Manifest)
    resources: list[msgspec.Raw] | None = None
    pending: list[msgspec.Raw] | None = msgspec.field(default=None, name="pending_operations")


class _Head(msgspec.Struct):
    urn: str
    parent: str = ""


_head = msgspec.json.Decoder(_Head)
_resource = msgspec.json.Decoder(Resource)


class State:
    """What a stack holds; its resources are read when they are asked for, old copies that wait for their deletion left out."""

    def __init__(self, file: Path) -> None:
        """Raises UnusableFile."""
        found = document(file, contents(file), ())
        refuse_other_kinds(found, _STATE, "--state")
        if not found.cut and "deployment" not in found.members:
            raise UnusableFile(f"{file} is not {_STATE}: it has no deployment.")
        if found.cut:
            raise UnusableFile(f"{file} ends in the middle, so what the stack holds is not known: export it again.")
        raw = found.members["deployment"]
        try:
            deployment = msgspec.json.decode(raw, type=_Deployment)
        except msgspec.ValidationError as fault:
            raise UnusableFile(f"{file} is no state that is known here: {fault}.") from None
        self._resources = deployment.resources or []
        self.hash = sha256(bytes(raw))
        """SHA-256 of the deployment as it is written, in hex. States in a bucket have no serial number; this and `time` tell them apart."""
        self.time = deployment.manifest.time
        self.engine = deployment.manifest.version
        self.plugins = tuple((one.name, one.version) for one in deployment.manifest.plugins or () if one.kind in ("resource", ""))
        self.pending = len(deployment.pending or ())
        """Operations that were begun and never ended."""
        self.parents: dict[str, str] = {}
        """By URN the URN of the resource around it."""
        self.stack = self._stack(file)
        """Name of the stack; empty when it holds nothing."""
        self.unreadable = 0
        """Resources that are not as any engine known here writes them; complete once all others have been read."""

    def __iter__(self) -> Iterator[Resource]:
        for text in self._resources:
            try:
                resource = _resource.decode(text)
            except msgspec.DecodeError:
                self.unreadable += 1
                continue
            if not resource.delete:
                yield resource

    def __len__(self) -> int:
        return len(self._resources)

    def gaps(self) -> Iterator[Gap]:
        """What is not known, once it has been read."""
        if self.pending:
            way_out = "Run `modelway recover` for the environment, or `pulumi refresh`."
            yield Gap(
                self.stack,
                f"Operations of an earlier run that never ended: {self.pending:,}. What became of them is not known.",
                way_out,
                look=True,
            )
        if self.unreadable:
            yield Gap(self.stack, f"Resources of the state that cannot be read: {self.unreadable:,}.", "Use a newer Modelway.", look=True)

    def _stack(self, file: Path) -> str:
        named = set()
        for text in self._resources:
            try:
                head = _head.decode(text)
            except msgspec.DecodeError:
                continue
            self.parents[head.urn] = head.parent
            named.add(stack_of(head.urn))
        if len(named) > 1:
            raise UnusableFile(f"{file} names the stacks {', '.join(masked(one) for one in sorted(named))}: a state is of one.")
        return named.pop() if named else ""
