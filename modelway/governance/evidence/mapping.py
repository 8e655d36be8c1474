"""MAP: what a model is for, where, with what, and what may come of it."""

from modelway.architecture import Model
from modelway.governance.evidence.checks import (
    always,
    data_licences,
    limits,
    of_environment,
    of_versions,
    said,
    third_party,
)
from modelway.governance.evidence.proven import drilled, pinned, reachability, ruled
from modelway.governance.evidence.row import Row, near


def _slo(model: Model) -> str:
    slo = model.serving.slo if model.serving is not None else None
    return f"latency, availability {slo.availability}, error rate {slo.error_rate}" if slo is not None else ""


def _watched(model: Model) -> object:
    drift = model.drift
    kinds = ("data", "prediction", "concept", "parity")
    return tuple(kind for kind in kinds if getattr(drift, kind) is not None) if drift is not None else None


ROWS = (
    Row(
        "MAP 1.1",
        "What the model is for, who uses it where, and what may go well or badly is understood and written down.",
        "what it is for, not for, and whom it touches is said",
        "evidenced",
        (said("intended_use"), said("prohibited_use"), said("affected_groups")),
        near(iso="A.5.2, A.9.4", act="11, 13"),
    ),
    Row(
        "MAP 1.2",
        "People of many disciplines and backgrounds set the context.",
        "Who took part, and with which experience, no file proves.",
    ),
    Row(
        "MAP 1.3",
        "The organisation's mission and aims for AI are understood and written down.",
        "Aims are decided above all systems, and no resource follows from them.",
    ),
    Row(
        "MAP 1.4",
        "The business value, or the context of use, is defined or looked at anew.",
        "Whether it is worth it is judged by people; costs alone are known here, from `modelway preview`.",
    ),
    Row(
        "MAP 1.5",
        "How much risk the organisation bears is decided and written down.",
        "limits of latency, errors and metrics are set, and what may drift is watched with thresholds",
        "enforced",
        (
            always("slo", _slo, path="endpoint.slo"),
            limits,
            said("drift", _watched, path="drift"),
            *ruled("declared-drift"),
        ),
        near(iso="A.5.2, A.6.1.2", act="9"),
    ),
    Row(
        "MAP 1.6",
        "Requirements come from those concerned, and design follows from them.",
        "how fast, how often and for how much it answers is set",
        "evidenced",
        (
            always("slo", _slo, path="endpoint.slo"),
            of_environment("budget", lambda facts: _text(facts.environment.budget), path="budget"),
        ),
        near(iso="A.6.2.2", act="9"),
    ),
    Row(
        "MAP 2.1",
        "The tasks and the methods of the system are defined.",
        "in- and outputs are in the contract, and what it was trained with is said",
        "evidenced",
        (
            always("contract", lambda model: ", ".join(sorted({one.contract for one in model.versions.values()})), path="versions"),
            of_versions("framework", lambda version: version.framework, path="framework"),
        ),
        near(iso="A.6.2.3, A.6.2.7", act="11, Annex IV"),
    ),
    Row(
        "MAP 2.2",
        "What the system does not know, and how people use and oversee what it says, is written down.",
        "what it is not good at is said, and requests are kept to be looked at",
        "enforced",
        (said("limits"), said("human_oversight"), *ruled("declared-payloads", "kept-requests")),
        near(iso="A.8.2", act="13, 14"),
    ),
    Row(
        "MAP 2.3",
        "How it was tested, with which data and what that means, is considered and written down.",
        "each version names what it reached and the report, by its digest",
        "evidenced",
        (
            of_versions("evaluation", lambda version: _metrics(version.evaluation), path="evaluation.metrics"),
            of_versions("report", lambda version: version.evaluation.report if version.evaluation else None, path="evaluation.report"),
        ),
        near(iso="A.6.2.4", act="11, 15"),
    ),
    Row("MAP 3.1", "What the intended use brings is examined and written down.", "Benefits are argued, and nothing measures them here."),
    Row(
        "MAP 3.2",
        "What it costs when the system errs, also beyond money, is examined and written down.",
        "Harm outside of the system is not seen by it.",
    ),
    Row(
        "MAP 3.3",
        "Where the system is used is set out, as narrow as its abilities and risks ask for.",
        "who may call the model is named, and the network lets nobody else",
        "enforced",
        (
            said("access", lambda model: _access(model), path="endpoint.access"),
            reachability,
            *ruled("default-deny"),
        ),
        near(iso="A.9.4", act="13", sp="AC-4, SC-7"),
    ),
    Row(
        "MAP 3.4",
        "Those who operate it are able to, and that is checked.",
        "What people are able to do no file and no resource shows.",
    ),
    Row(
        "MAP 3.5",
        "How people oversee it is defined, checked and written down.",
        "how people stand over it is said, and stopping it was tried and timed",
        "enforced",
        (said("human_oversight"), drilled),
        near(iso="A.9.2", act="14"),
    ),
    Row(
        "MAP 4.1",
        "Risks of others' software and data, rights among them, are looked at and written down.",
        "data and what it stands on of others carry licences",
        "evidenced",
        (third_party("license"), data_licences),
        near(iso="A.7.3, A.10.3", act="10, 25"),
    ),
    Row(
        "MAP 4.2",
        "Controls for the parts of a system, others' among them, are identified and written down.",
        "images and weights are pinned by digest, tags stay, images are scanned, signatures verified",
        "enforced",
        (pinned, *ruled("pinned-digest", "pinned-weights", "immutable-tags", "scanned-images", "verified-signatures")),
        near(iso="A.4.4, A.10.3", act="15", sp="SI-7, SR-4, SR-11", genai="MS-2.7-005"),
    ),
    Row(
        "MAP 5.1",
        "How likely and how large each impact is, is identified and written down.",
        "the model has a risk tier, and what nothing measures is named; how likely harm is, people judge",
        "pointer",
        (always("risk_tier", lambda model: model.risk_tier, path="risk_tier"), said("unmeasured")),
        near(iso="A.5.4, A.5.5", act="9, 27", genai="MP-5.1-005"),
    ),
    Row(
        "MAP 5.2",
        "People regularly talk with those concerned, and what they say is taken up.",
        "Talking is done by people; where feedback arrives is GOVERN 5.1.",
    ),
)


def _metrics(evaluation: object) -> object:
    metrics = getattr(evaluation, "metrics", None)
    return ", ".join(f"{name} {value:g}" for name, value in sorted(metrics.items())) if metrics else None


def _access(model: Model) -> object:
    access = model.serving.access if model.serving is not None else None
    if access is None:
        return None
    outside = ("callers with a token of " + access.jwt.issuer,) if access.jwt is not None else ()
    return (*(f"team {one}" for one in access.teams), *(f"namespace {one}" for one in access.namespaces), *outside) or ("its own team",)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
