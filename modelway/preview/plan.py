"""An update plan, as `pulumi preview --save-plan` writes it: what an update may do, and whether the file may be kept."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from modelway.preview.changeset import Finding
from modelway.preview.files import UnusableFile, contents, document, refuse_other_kinds, sha256
from modelway.preview.resources import UNKNOWN, name_of, stack_of
from modelway.preview.steps import STACK
from modelway.redaction import kind_inside, kind_of

_PLAN = "an update plan"
_KIND = "4dabf18193072939515e22adb298388d"
"""Key of an object that stands for something else: an encrypted secret, an asset (sdk/go/common/resource/sig)."""
_PASSED_OVER = frozenset({"seed", "ciphertext", "plaintext", "magic", "securesalt"})


class Exposed(NamedTuple):
    """A plain value that looks like a credential. The value itself is nowhere told."""

    urn: str
    """The resource, or `configuration`."""
    path: str
    kind: str
    """What it looks like, as in `this looks like …`."""


class _ResourcePlan(msgspec.Struct):
    steps: list[str] | None = None


class Plan:
    """What an update is held to. Raises UnusableFile for what is no plan."""

    def __init__(self, file: Path) -> None:
        data = contents(file)
        found = document(file, data, ())
        refuse_other_kinds(found, _PLAN, "--plan")
        members = found.members
        if not found.cut and "resourcePlans" not in members and "plan" in members:
            members = msgspec.json.decode(members["plan"], type=dict[str, msgspec.Raw])
        if found.cut:
            raise UnusableFile(f"{file} ends in the middle, so what the update may do is not known: save the plan again.")
        self.file = file
        self.members = members
        plans = members.get("resourcePlans")
        try:
            self.operations: Mapping[str, tuple[str, ...]] = {
                urn: tuple(plan.steps or ())
                for urn, plan in (msgspec.json.decode(plans, type=dict[str, _ResourcePlan] | None) or {} if plans else {}).items()
            }
            """By URN what the engine may do with it, in its own words."""
        except msgspec.ValidationError as fault:
            raise UnusableFile(f"{file} is no plan that is known here: {fault}.") from None
        self.hash = sha256(data)
        """SHA-256 of the file, in hex."""
        named = {stack_of(urn) for urn in self.operations}
        if len(named) > 1:
            raise UnusableFile(f"{file} names several stacks: a plan is of one.")
        self.stack = named.pop() if named else ""

    def missing(self, operations: Mapping[str, str]) -> tuple[str, ...]:
        """URNs of which the preview says another operation than the plan: the two are of different runs. Of an import a plan has the goal
        and no step."""
        return tuple(
            urn
            for urn, operation in operations.items()
            if operation not in ("same", "refresh")
            and (urn not in self.operations or (operation != "import" and operation not in self.operations[urn]))
        )

    def changes(self) -> dict[str, tuple[str, ...]]:
        """By URN the operations that change something; the stack itself is left out."""
        return {
            urn: kept
            for urn, operations in self.operations.items()
            if f"::{STACK}::" not in urn and (kept := tuple(one for one in operations if one not in ("same", "refresh")))
        }


def exposed(plan: Plan) -> Iterator[Exposed]:
    """Plain values of a plan that look like credentials: it must not be kept where others read it."""
    for name, raw in plan.members.items():
        if name == "resourcePlans":
            for urn, of_one in (msgspec.json.decode(raw) or {}).items():
                yield from _found(urn, "", of_one)
        elif name != "manifest":
            yield from _found("configuration", name, msgspec.json.decode(raw))


def findings(stack: str, plan: Plan) -> list[Finding]:
    """One for each of them."""
    return [
        Finding(
            "exposure",
            "plan-exposes",
            stack,
            f"plan of {stack}",
            f"The plan holds in clear what looks like {found.kind}.",
            f"{found.path} of {name_of(found.urn)}",
            "Whoever can read the plan can use it.",
            "Make the value a secret in the program or the configuration, change it where it is used, and save the plan again.",
            found.urn if found.urn != "configuration" else "",
            found.path,
            blocks=True,
        )
        for found in exposed(plan)
    ]


def _found(urn: str, path: str, value: Any) -> Iterator[Exposed]:
    if isinstance(value, dict):
        if _KIND in value and "ciphertext" in value:
            return
        for key, item in value.items():
            if key not in _PASSED_OVER or not isinstance(item, str):
                yield from _found(urn, f"{path}.{key}" if path else key, item)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _found(urn, f"{path}[{at}]", item)
    elif isinstance(value, str) and (kind := _kind(value, path)):
        yield Exposed(urn, path, kind)


def _kind(value: str, path: str) -> str | None:
    if value == UNKNOWN:
        return None
    name = path.rsplit(".", 1)[-1].split("[")[0]
    if kind := kind_of(value, name):
        return kind
    # In a document, a list of variables or an address, the name stands inside the text. A certificate is random too, and no secret.
    return kind_inside(value)
