"""What happens to each resource: one step for each, whatever the engine wrote of it.

A preview that refreshes first names a resource twice; one that shows the steps of replacements three times. A reader wants it once.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from modelway.preview.changeset import Operation
from modelway.preview.resources import PropertyDiff, Resource, Step, type_of

STACK = "pulumi:pulumi:Stack"

_OPERATIONS: dict[str, Operation] = {
    "same": "same",
    "create": "create",
    "update": "update",
    "delete": "delete",
    "replace": "replace",
    "create-replacement": "replace",
    # Alone: the old copy that an earlier update left goes now, which is what a replacement is feared for.
    "delete-replaced": "replace",
    "import": "import",
    # What was managed before goes, as in any replacement.
    "import-replacement": "replace",
    "read": "read",
    "read-replacement": "read",
    "refresh": "refresh",
    "discard": "forget",
    "discard-replaced": "forget",
}
"""By what the engine calls it (sdk/go/common/apitype/history.go)."""
_NOTHING = "remove-pending-replace"
"""Only the record of a deletion that has happened goes."""
_REPLACING = ("replace", "create-replacement", "delete-replaced", "import-replacement")


_FIRST = re.compile(rb'\s*\{\s*"op":\s*"([a-z-]+)",\s*"urn":\s*"([^"\\]+)"')
_HEAD = 2000
"""Bytes in which operation and URN stand, in the order in which the engine writes them."""


class _Head(msgspec.Struct):
    op: str
    urn: str


class _EventMetadata(msgspec.Struct):
    op: str
    urn: str
    provider: str = ""
    old: Resource | None = None
    new: Resource | None = None
    keys: list[str] | None = None
    diffs: list[str] | None = None
    detailed: dict[str, dict[str, Any]] | None = msgspec.field(default=None, name="detailedDiff")


_head = msgspec.json.Decoder(_Head)
_step = msgspec.json.Decoder(Step)
_metadata = msgspec.json.Decoder(_EventMetadata)


def _op_and_urn(text: msgspec.Raw) -> tuple[str, str] | None:
    """What a step begins with. To look for it anywhere would be to read all of it."""
    first = _FIRST.match(memoryview(text)[:_HEAD])
    if first is not None:
        return first[1].decode(), first[2].decode("utf-8", "replace")
    try:
        head = _head.decode(text)
    except msgspec.DecodeError:
        return None
    return head.op, head.urn


def of_digest(text: msgspec.Raw) -> Step:
    """A step of a digest. Raises msgspec.ValidationError."""
    return _step.decode(text)


def of_event(text: msgspec.Raw) -> Step:
    """The metadata of a `resourcePreEvent`: the same without dependencies. Raises msgspec.ValidationError."""
    found = _metadata.decode(text)
    detailed = found.detailed
    return Step(
        found.op,
        found.urn,
        found.provider,
        found.old,
        found.new,
        found.diffs,
        found.keys,
        None if detailed is None else {path: _difference(one) for path, one in detailed.items()},
    )


def _difference(found: dict[str, Any]) -> PropertyDiff:
    return PropertyDiff(str(found.get("diffKind", "update")), found.get("inputDiff") is True)


class Steps:
    """The steps of a preview, a step for each resource, read when they are asked for; the stack itself is none."""

    def __init__(self, texts: Iterable[msgspec.Raw], read: Callable[[msgspec.Raw], Step] = of_digest) -> None:
        self._read = read
        self.unreadable: list[str] = []
        """URNs of steps that are not as any engine known here writes them; complete once all others have been read."""
        self.unknown: set[str] = set()
        """Operations that are not known here."""
        self.root = ""
        """URN of the stack itself, where it is named."""
        self.root_operations: set[str] = set()
        self.unchanged: dict[str, Resource] = {}
        """By URN what the engine names and leaves as it is; complete once all others have been read."""
        self._texts: dict[str, list[tuple[str, msgspec.Raw]]] = {}
        self.lost = 0
        """Steps of which not even the resource can be read."""
        for text in texts:
            found = _op_and_urn(text)
            if found is None:
                self.lost += 1
                continue
            op, urn = found
            if f"::{STACK}::" in urn and type_of(urn) == STACK:
                self.root = urn
                self.root_operations.add(op)
            elif op != _NOTHING:
                self._texts.setdefault(urn, []).append((op, text))

    def __len__(self) -> int:
        return len(self._texts)

    def __contains__(self, urn: str) -> bool:
        return urn in self._texts

    @property
    def urns(self) -> Iterable[str]:
        return self._texts.keys()

    def at(self, urn: str) -> Step | None:
        """What happens to one resource; None where it is not named, or cannot be read."""
        found = self._texts.get(urn)
        if not found:
            return None
        return self._one(urn, found[0][1]) if len(found) == 1 else self._folded(urn, found)

    def wanted(self, urn: str) -> Resource | None:
        """A resource as it is to be, read anew; None where no step wants it."""
        step = self.at(urn)
        return step.new if step is not None else None

    def operations(self) -> Iterator[tuple[str, str]]:
        """Every operation in the engine's words, with the URN."""
        return ((op, urn) for urn, found in self._texts.items() for op, _ in found)

    def types(self, op: str) -> set[str]:
        """Types of the resources of which the engine says this operation."""
        return {type_of(urn) for urn, found in self._texts.items() if any(told == op for told, _ in found)}

    def __iter__(self) -> Iterator[Step]:
        for urn, found in self._texts.items():
            step = self._one(urn, found[0][1]) if len(found) == 1 else self._folded(urn, found)
            if step is None:
                continue
            if not _is_nothing(step):
                yield step
            elif (resource := step.new or step.old) is not None:
                self.unchanged[urn] = resource

    def _one(self, urn: str, text: msgspec.Raw) -> Step | None:
        try:
            return self._read(text)
        except msgspec.DecodeError:
            self.unreadable.append(urn)
            return None

    def _folded(self, urn: str, found: list[tuple[str, msgspec.Raw]]) -> Step | None:
        """Of several steps the one that says what happens: a replacement in one, else the last that is no refresh."""
        read = [step for _, text in found if (step := self._one(urn, text))]
        if not read:
            return None
        replacing = [step for step in read if step.op in _REPLACING]
        if replacing:
            return _replacement(replacing)
        acting = [step for step in read if step.op not in ("refresh", "same")]
        return acting[-1] if acting else read[-1]

    def operation(self, step: Step) -> Operation:
        """What happens, in the words of a report."""
        if step.op not in _OPERATIONS:
            self.unknown.add(step.op)
        return operation_of(step)

    def is_known(self, step: Step) -> bool:
        return step.op in _OPERATIONS


def operation_of(step: Step) -> Operation:
    """What happens, in the words of a report; of an operation that is not known here, what the two states say."""
    known = _OPERATIONS.get(step.op)
    if known == "delete" and step.old and step.old.retain_on_delete:
        return "forget"
    return known or ("update" if step.old and step.new else "create" if step.new else "delete")


def _is_nothing(step: Step) -> bool:
    """Whether the engine names it though nothing happens: it looked, and nothing differs."""
    if step.op == "same":
        return not (step.old and step.new and step.old.protect != step.new.protect)
    return step.op == "refresh" and not step.detailed


def _replacement(steps: list[Step]) -> Step:
    """The steps of one replacement, in one."""
    chief = next((step for step in steps if step.op == "replace"), steps[0])
    first = next((step for step in steps if step.op == "create-replacement"), chief)
    return Step(
        "replace",
        chief.urn,
        chief.provider or first.provider,
        next((step.old for step in (chief, *steps) if step.old), None),
        next((step.new for step in (chief, *steps) if step.new), None),
        chief.diff_reasons or first.diff_reasons,
        chief.replace_reasons or first.replace_reasons,
        chief.detailed if chief.detailed is not None else first.detailed,
    )
