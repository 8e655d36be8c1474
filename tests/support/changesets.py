"""ChangeSets for tests of what is made of them."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from modelway.preview.changeset import (
    BlastRadius,
    Budget,
    Change,
    ChangeSet,
    Cost,
    CostLine,
    DataCheck,
    Diagnostic,
    Difference,
    Endpoint,
    EndpointCost,
    Finding,
    Gap,
    Made,
    Node,
    PolicyResult,
    PropertyChange,
    Risk,
    Route,
    Shown,
    StackChanges,
    Verdict,
)

T = TypeVar("T")
CASES = Path(__file__).resolve().parents[1] / "preview" / "cases" / "pages"


def case(name: str) -> ChangeSet:
    return msgspec.json.decode((CASES / f"{name}.json").read_bytes(), type=ChangeSet)


def many(number: int) -> ChangeSet:
    """That many changes in 50 components; every seventh is irreversible and has a finding."""
    changes = tuple(
        Change(
            "prod",
            f"urn:pulumi:prod::acme::modelway:index:ModelEndpoint$aws:s3/bucket:Bucket::captures-{index}",
            "aws:s3/bucket:Bucket",
            f"captures-{index}",
            "delete" if index % 7 == 0 else "update",
            "irreversible" if index % 7 == 0 else "safe",
            f"ModelEndpoint model-{index % 50}",
            properties=(PropertyChange("tags.owner", "update", Shown("risk"), Shown("growth")),),
        )
        for index in range(number)
    )
    findings = tuple(
        Finding("irreversible", "s3-bucket-deleted", "prod", f"bucket {change.name}", "The bucket is deleted.", urn=change.urn)
        for change in changes
        if change.risk == "irreversible"
    )
    counts: tuple[tuple[Risk, int], ...] = (("irreversible", len(findings)), ("safe", number - len(findings)))
    return ChangeSet(
        Verdict("needs approval", ("Approval by the platform team.",), counts),
        (StackChanges("prod", "prod", counts=(("update", number - len(findings)), ("delete", len(findings))), worst="irreversible"),),
        findings=findings,
        changes=changes,
    )


def everything(say: Callable[[], str]) -> ChangeSet:
    """All that a report can have, two of it where there can be several; each text is what `say` says next."""

    def shown() -> Shown:
        return Shown(text=say())

    def two(make: "Callable[[], T]") -> "tuple[T, T]":
        return make(), make()

    def route(number: float | None) -> Route:
        return Route("1", say(), say(), number, 5, say(), 1, 2, say())

    return ChangeSet(
        Verdict("needs approval", two(say), (("review", 3),)),
        two(
            lambda: StackChanges(
                say(),
                say(),
                "failed",
                counts=(("update", 1),),
                worst="review",
                policies_failed=1,
                outputs=two(say),
                diagnostics=two(lambda: Diagnostic("error", say(), say())),
            )
        ),
        findings=two(lambda: Finding("review", say(), say(), say(), say(), say(), say(), say(), say(), say())),
        endpoints=(
            *two(lambda: Endpoint(say(), say(), "kserve", (route(10),), (route(None),), say(), say(), say(), two(say), True, say())),
            *two(lambda: Endpoint(say(), say(), "alb", changed=False)),
        ),
        cost=Cost(
            two(lambda: CostLine(say(), say(), "known", (1, 2), (2, 3), say(), say())),
            two(lambda: EndpointCost(say(), say(), (1, 2), (0.1, 0.2))),
            two(lambda: Budget(say(), 1, True, say())),
            say(),
            two(say),
            two(say),
        ),
        policies=(*two(lambda: PolicyResult(say(), say(), say(), "failed", "mandatory", say(), 1, say(), say())),),
        checks=two(lambda: DataCheck(say(), "failed", 3, two(say))),
        blast_radius=BlastRadius((Node("a", say(), "review", True), Node("b", say(), "safe", False, 4)), (("a", "b"),)),
        differences=two(lambda: Difference(say(), say(), (("added", say()), ("removed", say()), ("changed", say())))),
        changes=two(
            lambda: Change(
                "stack",
                say(),
                say(),
                say(),
                "update",
                "review",
                "Component",
                say(),
                (PropertyChange(say(), "update", shown(), shown(), True), PropertyChange(say(), "add"), PropertyChange(say(), "delete")),
                say(),
            )
        ),
        gaps=two(lambda: Gap(say(), say(), say())),
        made=Made(say(), say(), ((say(), say()),), ((say(), say(), say()),)),
    )
