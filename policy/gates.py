"""The gates of what the stack serves, as policies at the stack itself: what its program asks, asked once more by the engine."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy, Severity

from modelway.governance.gates import Gate, blocked, judged, known, served_by
from policy.environment import Held

GATES = "release-gates"
STACK = "pulumi:pulumi:Stack"


def gate_policies(held: Callable[[], Held]) -> list[ResourceValidationPolicy]:
    """What is missing, for which an update is refused; and what is let through because somebody broke the glass, which is told."""

    found: list[Gate] = []

    def tell_missing(args: ResourceValidationArgs, report: ReportViolation) -> None:
        # The policies are asked in their order, each of the stack once: the ledger is read for the first.
        if args.resource_type == STACK:
            found[:] = _asked(held())
            environment = held().environment
            for gate in blocked(found, environment) if environment is not None else ():
                report(_told(gate), None)

    def tell_broken_glass(args: ResourceValidationArgs, report: ReportViolation) -> None:
        for gate in found if args.resource_type == STACK else ():
            if gate.outcome == "broken_glass":
                report(_told(gate), None)

    return [
        ResourceValidationPolicy(
            name=GATES,
            description="What the environment asks of a model's risk tier is there, approvals among it.",
            validate=tell_missing,
            enforcement_level=EnforcementLevel.MANDATORY,
            severity=Severity.HIGH,
            remediation_steps="`modelway gates ENV` lists what is missing, and how it is supplied.",
        ),
        ResourceValidationPolicy(
            name="broken-glass",
            description="What is let through because somebody broke the glass is named.",
            validate=tell_broken_glass,
            enforcement_level=EnforcementLevel.ADVISORY,
            severity=Severity.HIGH,
        ),
    ]


def gates_level(*, previewed: bool) -> EnforcementLevel:
    """An update is refused. A preview is told, as the program tells it: what it shows is what people approve."""
    return EnforcementLevel.ADVISORY if previewed else EnforcementLevel.MANDATORY


def _asked(held: Held) -> Sequence[Gate]:
    environment, root = held.environment, held.root
    if environment is None or root is None or not served_by(environment, held.stack):
        return ()
    return judged(environment, held.stack, known(environment, root, whole=False), datetime.now(UTC))


def _told(gate: Gate) -> str:
    return f"{gate.model}: {gate.id} {gate.outcome.replace('_', ' ')}: {gate.says}: {gate.detail}{f' {gate.supply}' if gate.supply else ''}"
