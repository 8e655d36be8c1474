"""MEASURE: what is measured of a model, by whom, and whether it is good enough."""

from modelway.architecture import Model
from modelway.governance.evidence.checks import (
    evaluated_by_another,
    fresh,
    limits,
    named_file,
    of_versions,
    replicas,
    said,
    test_data,
)
from modelway.governance.evidence.proven import (
    alarms,
    alert_rules,
    approved,
    binding,
    dashboard,
    disruption,
    drift_job,
    drift_schedule,
    drilled,
    gated,
    released,
    ruled,
    scraping,
)
from modelway.governance.evidence.row import Row, near


def _smallest(model: Model) -> object:
    return model.drift.smallest if model.drift is not None else None


ROWS = (
    Row(
        "MEASURE 1.1",
        "What is measured of the most significant risks is chosen, and what is not measured is written down.",
        "the contract has limits of metrics, and what nothing measures is named with the reason",
        "evidenced",
        (limits, said("unmeasured")),
        near(iso="A.6.1.2", act="9, 15"),
    ),
    Row(
        "MEASURE 1.2",
        "Whether metrics and controls still serve is looked at regularly.",
        "the last evaluation is no older than a review, and the review is not overdue",
        "enforced",
        (fresh, *ruled("declared-review")),
        near(iso="A.2.4", act="72"),
    ),
    Row(
        "MEASURE 1.3",
        "Others than those who built it take part in looking at it.",
        "it was evaluated by another than its owner, and approved by others than its author",
        "enforced",
        (evaluated_by_another, approved),
        near(iso="A.6.2.4", act="17, 43"),
    ),
    Row(
        "MEASURE 2.1",
        "Test data, metrics and tools are written down.",
        "test data by SHA-256, and what measured it, with its version",
        "evidenced",
        (test_data, of_versions("tool", lambda version: version.evaluation.tool if version.evaluation else None, path="evaluation.tool")),
        near(iso="A.6.2.4, A.7.2, A.7.5", act="10, 11"),
    ),
    Row(
        "MEASURE 2.2",
        "What involves people as subjects protects them, and they are like those concerned.",
        "Whether people took part in a study, and how, no file proves.",
    ),
    Row(
        "MEASURE 2.3",
        "It performs under conditions like those of its use, and that is shown.",
        "the same digests answered in the environment before, and reached what their contract asks for",
        "enforced",
        (gated("proof"), gated("evaluation")),
        near(iso="A.6.2.4, A.6.2.5", act="15"),
    ),
    Row(
        "MEASURE 2.4",
        "The system is watched in production, and how it behaves.",
        "each endpoint has a job that looks for drift, a plan for it, alert rules and a dashboard",
        "enforced",
        (*ruled("declared-drift", "endpoint-watched", "drift-is-told"), drift_job, drift_schedule, alert_rules, alarms, dashboard),
        near(iso="A.6.2.6", act="26(5), 72", sp="CA-7, SI-4"),
    ),
    Row(
        "MEASURE 2.5",
        "The system is valid and reliable, and where that ends is written down.",
        "what each version reached is within the limits of its contract; what it is not good at is said",
        "enforced",
        (gated("evaluation"), limits, said("limits")),
        near(iso="A.6.2.4", act="15", genai="GV-1.3-002"),
    ),
    Row(
        "MEASURE 2.6",
        "It is safe, fails safely, and is watched as it runs, with times to respond.",
        "several replicas, updates that go back by themselves, and a stop that was timed",
        "enforced",
        (replicas, disruption, *ruled("guarded-update", "inference-service-replicas", "managed-endpoint-instances"), drilled),
        near(iso="A.6.2.6", act="15", sp="CP-10, SI-17", genai="MS-2.6-005"),
    ),
    Row(
        "MEASURE 2.7",
        "Security and resilience are examined and written down.",
        "all rules of the catalogue that bind in the environment's tier hold",
        "enforced",
        (binding,),
        near(iso="A.4.5", act="15", sp="CA-7, RA-5", genai="MS-2.7-001, MS-2.7-004, MS-2.7-005, MS-2.7-009"),
    ),
    Row(
        "MEASURE 2.8",
        "Risks of transparency and accountability are examined and written down.",
        "what runs is from a commit and was read back; what it is made of names its owner",
        "enforced",
        (released, *ruled("missing-owner", "declared-ledger")),
        near(iso="A.6.2.8, A.8.2", act="12, 19, 50", sp="AU-2, AU-12", genai="MS-2.8-003"),
    ),
    Row(
        "MEASURE 2.9",
        "The model is explained, validated and documented, and what it says is read in its context.",
        "its card is there; how well its answers are explained, people judge",
        "enforced",
        (
            named_file("model_card", lambda model: model.governance.model_card if model.governance is not None else None),
            gated("model_card"),
        ),
        near(iso="A.6.2.7, A.8.2", act="11, 13, 86", genai="MS-2.9-002"),
    ),
    Row(
        "MEASURE 2.10",
        "Risks to privacy are examined and written down.",
        "what is kept of requests is encrypted and ends; what is in them, people have to know",
        "enforced",
        ruled("kept-requests", "bucket-kms", "bucket-public-access", "declared-log-retention", "log-key"),
        near(iso="A.7.4", act="10, 26(9)", sp="SC-28, AU-11"),
    ),
    Row(
        "MEASURE 2.11",
        "Fairness and bias are examined, and what was found is written down.",
        "how far groups were apart is measured before a release and watched after it",
        "enforced",
        (
            of_versions("parity_evidence", lambda version: version.evaluation.gaps if version.evaluation else None, path="evaluation.gaps"),
            gated("parity_evidence"),
            *ruled("declared-parity", "groups-compared"),
        ),
        near(iso="A.5.4, A.7.4", act="10, 15", genai="MS-2.11-002"),
    ),
    Row(
        "MEASURE 2.12",
        "What training and running it costs the environment is examined and written down.",
        "on what it runs is described; the energy of it is not measured",
        "pointer",
        (said("scaling", lambda model: _runs_on(model), path="endpoint.scaling"),),
        near(iso="A.4.5, A.5.5"),
    ),
    Row(
        "MEASURE 2.13",
        "Whether the ways of measuring serve their purpose is examined and written down.",
        "the smallest change that drift detection has to see is set; how well detectors and rules find seeded faults is in benchmarks.md",
        "pointer",
        (said("smallest", _smallest, path="drift.smallest"),),
        near(iso="A.6.2.4"),
    ),
    Row(
        "MEASURE 3.1",
        "Risks that are there, that nobody expected and that emerge are followed.",
        "images are scanned and clusters watched as they run; what nothing measures is named",
        "evidenced",
        (*ruled("scanned-images", "runtime-monitoring"), said("unmeasured")),
        near(iso="A.6.2.6", act="9, 72", sp="RA-5"),
    ),
    Row(
        "MEASURE 3.2",
        "Risks that are hard to measure with what there is are considered.",
        "What cannot be measured is not seen here; MEASURE 1.1 names what was left out.",
    ),
    Row(
        "MEASURE 3.3",
        "Those who use it can report problems and object, and that counts when it is examined.",
        "where people whom it touches can object is named",
        "pointer",
        (said("feedback"),),
        near(iso="A.3.3, A.8.3", act="26(11), 86"),
    ),
    Row(
        "MEASURE 4.1",
        "How risks are measured fits where the model is used, and experts and users were asked.",
        "who evaluated it is named; whether they know the field, people judge",
        "pointer",
        (of_versions("by", lambda version: version.evaluation.by if version.evaluation else None, path="evaluation.by"),),
        near(iso="A.6.2.4"),
    ),
    Row(
        "MEASURE 4.2",
        "What was measured of its trustworthiness is confirmed by experts and those concerned.",
        "it was evaluated by another than its owner, and the report is pinned",
        "pointer",
        (
            evaluated_by_another,
            of_versions("report", lambda version: version.evaluation.report if version.evaluation else None, path="evaluation.report"),
        ),
        near(iso="A.6.2.4, A.6.2.6"),
    ),
    Row(
        "MEASURE 4.3",
        "Whether it got better or worse is seen in the field, and written down.",
        "drift of data, answers and metrics is watched, and scraped metrics are kept",
        "evidenced",
        (*ruled("declared-drift"), drift_job, drift_schedule, scraping),
        near(iso="A.6.2.6", act="72"),
    ),
)


def _runs_on(model: Model) -> object:
    if model.serving is None:
        return None
    scaling = model.serving.scaling
    return f"{scaling.min} to {scaling.max} replicas on {model.serving.runtime.kind}"
