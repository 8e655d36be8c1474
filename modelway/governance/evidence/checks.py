"""Checks of what is written about models and environments: fields, and files that they name. Weak proof: somebody wrote it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import cast, get_args

from modelway.architecture import Model
from modelway.architecture.base import Section
from modelway.architecture.governance import CARD_PATH, Waivable
from modelway.architecture.model import Version
from modelway.architecture.oversight import Requirement, TierRequirements
from modelway.escaping import plain
from modelway.governance.evidence.facts import Facts, Found, Proof
from modelway.redaction import masked

REFUSED = "`modelway validate` refuses a description without it"
"""What holds what an environment requires of a risk tier, and what a file cannot be without."""
LONGEST = 120
"""Characters that are shown of a text that somebody wrote."""
_CLAIM = re.compile(r"\S*compliant\S*", re.IGNORECASE)
"""Nothing here proves that, whoever wrote it."""


@dataclass(frozen=True)
class Check:
    """Something that is looked at."""

    name: str
    """Such as `field legal_basis`, `rule declared-drift`, `resource alert rules`, `gate evaluation`, `ledger release`, `drill stop`."""
    judge: Callable[[Facts], Iterator[Found]]
    """Nothing where there is nothing that it is about."""


def asked_of(facts: Facts, model: Model) -> TierRequirements:
    """What the environment asks of a model of that risk tier."""
    return facts.environment.governance.tiers.get(model.risk_tier) or TierRequirements()


def requirement(name: str) -> Requirement | None:
    """The requirement of that name, if a tier may ask for it."""
    return cast(Requirement, name) if name in get_args(Requirement) else None


def excepted(facts: Facts, model: Model, name: str) -> str:
    """The exception of a model from what a tier asks for, while it is in force."""
    for waiver in model.governance.exceptions if model.governance is not None else ():
        if waiver.rule == cast(Waivable, name) and facts.day <= waiver.expires.day:
            return f"until {waiver.expires}: {shown(waiver.reason)}"
    return ""


def shown(value: object) -> str:
    """A text that somebody wrote, in one line of bounded length and without what looks like a credential."""
    # Masked before it is cut: half a credential looks like none.
    return plain(_CLAIM.sub("(a claim left out)", masked(str(value))), LONGEST)


def said(name: str, get: Callable[[Model], object] | None = None, *, path: str = "") -> Check:
    """Whether models that serve say something in `governance`; asked where the tier requires it."""

    def of(model: Model) -> object:
        if get is not None:
            return get(model)
        return getattr(model.governance, name) if model.governance is not None else None

    def judge(facts: Facts) -> Iterator[Found]:
        for model_name, model in facts.serving:
            yield _said(facts, model_name, model, name, f"models.{model_name}.{path or f'governance.{name}'}", of(model))

    return Check(f"field {path or name}", judge)


def _said(facts: Facts, name: str, model: Model, what: str, path: str, value: object) -> Found:
    wanted = requirement(what.partition(".")[0])
    asked = wanted is not None and wanted in asked_of(facts, model).requires
    if value is not None and value not in ((), "", {}):
        proof = Proof("field", path)
        return Found("met", f"{name}: {_brief(value)}", "field", (proof,), REFUSED if asked else "")
    if asked:
        return Found("not met", f"{name} does not say it", excepted=excepted(facts, model, what))
    return Found("not asked", f"{name} does not say it, and the environment does not ask models of risk {model.risk_tier} for it")


def _brief(value: object) -> str:
    if isinstance(value, tuple) and value and not isinstance(value[0], str):
        return f"{len(value):,} named"
    if isinstance(value, tuple):
        return shown("; ".join(str(one) for one in value))
    return "said" if isinstance(value, Section) else shown(value)


def of_versions(name: str, get: Callable[[Version], object], *, path: str) -> Check:
    """The same of each version that gets requests."""

    def judge(facts: Facts) -> Iterator[Found]:
        for model_name, model, version_name, version in answering(facts):
            where = f"models.{model_name}.versions.{version_name}.{path}"
            found = _said(facts, f"{model_name} {version_name}", model, name, where, get(version))
            yield found

    return Check(f"field versions.{path}", judge)


def answering(facts: Facts) -> Iterator[tuple[str, Model, str, Version]]:
    """Each version that gets requests or copies of them."""
    for name, model in facts.serving:
        for version in model.traffic.versions if model.traffic is not None else ():
            yield name, model, version, model.versions[version]


def named_file(name: str, get: Callable[[Model], str | None]) -> Check:
    """Whether models name a file or an address; of a file, that it is there, and its SHA-256."""

    def judge(facts: Facts) -> Iterator[Found]:
        for model_name, model in facts.serving:
            value = get(model)
            path = f"models.{model_name}.governance.{name}"
            found = _said(facts, model_name, model, name, path, value)
            if found.outcome != "met" or value is None or not CARD_PATH.fullmatch(value):
                yield found
                continue
            digest = facts.files.get(value)
            if digest is None:
                yield Found("not met", f"{model_name}: {shown(value)} is not there", proofs=found.proofs)
                continue
            proofs = (*found.proofs, Proof("file", f"{value}@sha256:{digest}"))
            yield Found("met", f"{model_name}: {shown(value)}", "field", proofs, found.held_by)

    return Check(f"file {name}", judge)


def always(name: str, get: Callable[[Model], str], *, path: str) -> Check:
    """What the file of a model that serves cannot be without."""

    def judge(facts: Facts) -> Iterator[Found]:
        for model_name, model in facts.serving:
            yield Found("met", f"{model_name}: {shown(get(model))}", "field", (Proof("field", f"models.{model_name}.{path}"),), REFUSED)

    return Check(f"field {name}", judge)


def of_environment(name: str, get: Callable[[Facts], str | None], *, path: str) -> Check:
    """What an environment says of itself."""

    def judge(facts: Facts) -> Iterator[Found]:
        value = get(facts)
        if value is None:
            yield Found("not asked", "the environment does not say it")
        else:
            yield Found("met", shown(value), "field", (Proof("field", path),))

    return Check(f"field {name}", judge)


def _matrix(facts: Facts) -> Iterator[Found]:
    for tier in dict.fromkeys(model.risk_tier for _, model in facts.serving):
        asked = facts.environment.governance.tiers.get(tier)
        if asked is None:
            yield Found("not asked", f"nothing is asked of models of risk {tier}")
            continue
        parts = [
            f"{len(asked.requires)} things said",
            f"{asked.approvers} approvals",
            f"a review every {asked.review_days} days" if asked.review_days else "",
            "proof of an earlier environment" if asked.proof else "",
        ]
        told = ", ".join(part for part in parts if part)
        yield Found("met", f"risk {tier}: {told}", "field", (Proof("field", f"governance.tiers.{tier}"),), REFUSED)


def _third_party(facts: Facts, part: str) -> Iterator[Found]:
    for name, model in facts.serving:
        listed = model.governance.third_party if model.governance is not None else ()
        if not listed:
            yield Found("not asked", f"{name} names nothing of others that it stands on")
        for number, one in enumerate(listed):
            value = getattr(one, part)
            path = f"models.{name}.governance.third_party[{number}].{part}"
            if value is None:
                yield Found("not met", f"{name}: {shown(one.name)} without {part}", proofs=(Proof("field", path),))
            else:
                yield Found("met", f"{name}: {shown(one.name)}, {shown(value)}", "field", (Proof("field", path),))


def third_party(part: str) -> Check:
    """Whether all that models name of others has its licence, digest, version or alternative."""
    return Check(f"field third_party.{part}", lambda facts: _third_party(facts, part))


def _data_licences(facts: Facts) -> Iterator[Found]:
    for name, _, version_name, version in answering(facts):
        for number, data in enumerate(version.training.data if version.training is not None else ()):
            path = f"models.{name}.versions.{version_name}.training.data[{number}].license"
            if data.license is None:
                yield Found("not met", f"{name} {version_name}: {shown(data.name)} without a licence", proofs=(Proof("field", path),))
            else:
                yield Found("met", f"{name} {version_name}: {shown(data.name)}, {shown(data.license)}", "field", (Proof("field", path),))


def _test_data(facts: Facts) -> Iterator[Found]:
    for name, model, version_name, version in answering(facts):
        path = f"models.{name}.versions.{version_name}.training.data"
        used = version.training.data if version.training is not None else ()
        tested = [f"{data.name} sha256:{data.sha256}" for data in used if data.part == "test"]
        if tested:
            yield Found("met", f"{name} {version_name}: {shown('; '.join(tested))}", "field", (Proof("field", path),))
        elif "training_data" in asked_of(facts, model).requires:
            yield Found(
                "not met", f"{name} {version_name} names no data that it was tested with", excepted=excepted(facts, model, "training_data")
            )
        else:
            yield Found("not asked", f"{name} {version_name} names no data that it was tested with")


def _limits(facts: Facts) -> Iterator[Found]:
    for name, _, version_name, version in answering(facts):
        metrics = facts.environment.contracts[version.contract].metrics
        held = [metric.name for metric in metrics if metric.minimum is not None or metric.maximum is not None]
        proof = Proof("file", version.contract)
        if held:
            yield Found("met", f"{name} {version_name}: limits of {shown(', '.join(held))}", "field", (proof,))
        else:
            yield Found("not asked", f"{name} {version_name}: the contract has no limit of a metric", proofs=(proof,))


def _fresh(facts: Facts) -> Iterator[Found]:
    for name, model, version_name, version in answering(facts):
        day = version.evaluation.day if version.evaluation is not None else None
        most = asked_of(facts, model).review_days
        where = Proof("field", f"models.{name}.versions.{version_name}.evaluation.day")
        if day is None or most is None:
            why = "when it was evaluated is not said" if day is None else f"no review is asked of risk {model.risk_tier}"
            yield Found("not asked", f"{name} {version_name}: {why}")
        elif day.day > facts.day:
            yield Found("not met", f"{name} {version_name} was evaluated on {day}, which is still to come", proofs=(where,))
        elif facts.day - day.day > timedelta(days=most):
            yield Found("not met", f"{name} {version_name} was evaluated on {day}, more than {most} days ago", proofs=(where,))
        else:
            yield Found("met", f"{name} {version_name} was evaluated on {day}, at most {most} days ago", "field", (where,))


def _evaluated_by_another(facts: Facts) -> Iterator[Found]:
    for name, model, version_name, version in answering(facts):
        by = version.evaluation.by if version.evaluation is not None else None
        where = Proof("field", f"models.{name}.versions.{version_name}.evaluation.by")
        if by is None:
            yield Found("not asked", f"{name} {version_name}: who evaluated it is not said")
        elif by.casefold() == model.owner.casefold():
            yield Found("not met", f"{name} {version_name} was evaluated by its owner", proofs=(where,))
        else:
            yield Found("met", f"{name} {version_name} was evaluated by {shown(by)}", "field", (where,))


def _replicas(facts: Facts) -> Iterator[Found]:
    for name, model in facts.serving:
        least = model.serving.scaling.min if model.serving is not None else 0
        where = (Proof("field", f"models.{name}.endpoint.scaling.min"),)
        if least >= 2:
            yield Found("met", f"{name}: {least} replicas or more", "field", where)
        elif facts.environment.tier == "production":
            yield Found("not met", f"{name}: {least} replicas at least", proofs=where)
        else:
            yield Found("not asked", f"{name}: {least} replicas at least, and the environment is of tier {facts.environment.tier}")


def _receivers(facts: Facts) -> Iterator[Found]:
    alerts = facts.environment.monitoring.alerts
    for severity in ("page", "ticket"):
        where = (Proof("field", f"monitoring.alerts.severities.{severity}"),)
        if severity in alerts.severities:
            yield Found("met", f"{severity}: {alerts.severities[severity].kind}", "field", where)
        elif facts.environment.tier == "production":
            yield Found("not met", f"{severity}: alerts of this severity reach nobody")
        else:
            yield Found(
                "not asked", f"{severity}: alerts of this severity reach nobody, and the environment is of tier {facts.environment.tier}"
            )


matrix = Check("field tiers", _matrix)
data_licences = Check("field versions.training.data.license", _data_licences)
test_data = Check("field versions.training.data", _test_data)
limits = Check("file contract.metrics", _limits)
fresh = Check("field versions.evaluation.day", _fresh)
evaluated_by_another = Check("field versions.evaluation.by, not its owner", _evaluated_by_another)
replicas = Check("field scaling.min", _replicas)
receivers = Check("field alerts.severities", _receivers)
