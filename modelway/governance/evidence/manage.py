"""MANAGE: what is done about risks: whether a model goes, how it is stopped, who is told."""

from modelway.architecture import Model
from modelway.governance.evidence.checks import named_file, of_environment, receivers, said, third_party
from modelway.governance.evidence.proven import (
    alarms,
    alert_rules,
    approved,
    autoscaler,
    drilled,
    gated,
    judged_before,
    released,
    ruled,
    told,
)
from modelway.governance.evidence.row import Row, near


def _oversight(model: Model, name: str) -> object:
    return getattr(getattr(model.governance, "human_oversight", None), name, None)


def _alternative(model: Model) -> object:
    return getattr(getattr(model.governance, "decommission", None), "alternative", None)


_FALLBACK = said("fallback", lambda model: _oversight(model, "fallback"), path="governance.human_oversight.fallback")
_ESCALATION = said(
    "human_oversight.escalation", lambda model: _oversight(model, "escalation"), path="governance.human_oversight.escalation"
)

ROWS = (
    Row(
        "MANAGE 1.1",
        "It is decided whether the system does what it is for, and whether it goes on.",
        "a model changes only through its gates: thresholds, proof, approvals; rules passed before the release",
        "enforced",
        (gated("all"), approved, judged_before),
        near(iso="A.6.2.5", act="9, 17", sp="CM-3", genai="MG-1.3-001, GV-1.3-002"),
    ),
    Row(
        "MANAGE 1.2",
        "What is done about risks is put in order by impact, likelihood and means.",
        "Which risk comes first is decided by people; the tier of a model is GOVERN 1.3.",
    ),
    Row(
        "MANAGE 1.3",
        "Responses to the highest risks are worked out, planned and written down.",
        "who is called and what they do is named, and alerts lead there",
        "enforced",
        (
            named_file("runbook", lambda model: model.governance.runbook if model.governance is not None else None),
            said("incident_contact"),
            receivers,
            *ruled("alerts-reach-somebody"),
        ),
        near(iso="A.8.4", act="9, 73", sp="IR-4"),
    ),
    Row(
        "MANAGE 1.4",
        "What risk is left, for those who take it over and those who are touched, is written down.",
        "exceptions are listed with reason and end, and so is what nothing measures",
        "evidenced",
        (*ruled("declared-exceptions"), said("unmeasured"), said("limits")),
        near(iso="A.8.2", act="9, 13"),
    ),
    Row(
        "MANAGE 2.1",
        "What it takes to manage risks is there, and ways without AI are considered.",
        "what is done without the model is said, and the environment has a budget",
        "pointer",
        (
            said("alternative", _alternative, path="governance.decommission.alternative"),
            of_environment("budget", lambda facts: _text(facts.environment.budget), path="budget"),
        ),
        near(iso="A.4.2, A.4.6"),
    ),
    Row(
        "MANAGE 2.2",
        "There are ways to keep up the value of what is deployed.",
        "alert rules for what was promised, and scaling between bounds",
        "evidenced",
        (alert_rules, alarms, autoscaler),
        near(iso="A.6.2.6", act="15", sp="SC-6"),
    ),
    Row(
        "MANAGE 2.3",
        "There is a way to respond to a risk that nobody knew.",
        "who is told when the model is stopped is named, and alarms are heard",
        "enforced",
        (_ESCALATION, receivers, *ruled("heard-alarms")),
        near(iso="A.8.4", act="73", sp="IR-4", genai="MG-2.3-001"),
    ),
    Row(
        "MANAGE 2.4",
        "A system that does not do what it should can be superseded, disengaged or switched off, by whoever is charged with it.",
        "the stop was tried and timed, who oversees the model is named, and requests move in steps",
        "enforced",
        (drilled, _FALLBACK, *ruled("guarded-update", "declared-rollout")),
        near(iso="A.6.2.6, A.9.2", act="14(4)(e)", sp="SI-17", genai="GV-1.3-007, MG-2.4-001 to MG-2.4-004"),
    ),
    Row(
        "MANAGE 3.1",
        "Risks and benefits of what comes from others are watched regularly, with controls.",
        "images are scanned, plugins and charts pinned to one version",
        "enforced",
        (*ruled("scanned-images", "pinned-charts", "pinned-plugins"), third_party("version")),
        near(iso="A.10.3", act="25", sp="RA-5, SR-3", genai="MG-3.1-005"),
    ),
    Row(
        "MANAGE 3.2",
        "Models of others that ours are made from are watched like ours.",
        "base models are named by SHA-256, and drift of what is made from them is watched",
        "enforced",
        (third_party("sha256"), *ruled("declared-drift")),
        near(iso="A.10.3", act="25, 53", sp="SI-7", genai="MG-3.2-006, MG-3.2-009"),
    ),
    Row(
        "MANAGE 4.1",
        "What happens after deployment is planned: watching, feedback, objection, incidents, end, change.",
        "each part of the plan is in the model's file, and the watching is there",
        "enforced",
        (
            said("human_oversight"),
            said("incident_contact"),
            said("feedback"),
            said("decommission"),
            *ruled("declared-drift", "alerts-reach-somebody"),
        ),
        near(iso="A.6.2.6, A.8.4", act="72", sp="CA-7", genai="MG-4.1-002"),
    ),
    Row(
        "MANAGE 4.2",
        "What improves the system goes into its updates, with those concerned.",
        "what is live is from a recorded release, and the model is looked at again by a day; what got better, people judge",
        "evidenced",
        (released, *ruled("declared-review")),
        near(iso="A.6.2.6", act="72"),
    ),
    Row(
        "MANAGE 4.3",
        "Incidents and errors are told to those concerned, followed, responded to and written down.",
        "what was stopped and who broke the glass is in the ledger, and who leads is named",
        "evidenced",
        (said("incident_contact"), told),
        near(iso="A.8.4", act="73", sp="IR-5", genai="MG-4.3-001, MG-4.3-002, MG-4.3-003"),
    ),
)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
