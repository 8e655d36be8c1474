"""Makes a card: its sections in their order, from what is known; what nobody said stands there as not said."""

from dataclasses import replace

import msgspec

from modelway.architecture import Environment, Model, Version
from modelway.errors import ModelwayError
from modelway.governance.approvals import Approved
from modelway.governance.card.approval import approval_of
from modelway.governance.card.content import Card, Fact, Section, Table
from modelway.governance.card.given import Beside
from modelway.governance.card.measures import analyses, evaluation_data, factors, metrics, training_data
from modelway.governance.card.texts import exact, maybe, table, text


class NoVersion(ModelwayError):
    """The model has no such version."""

    exit_code = 2


def card(environment: Environment, name: str, version: str, beside: Beside) -> Card:
    """The card. Raises NoVersion."""
    model = environment.models.get(name)
    if model is None:
        raise NoVersion(f"{environment.environment} has no model {name}; it has {', '.join(environment.models) or 'none'}.")
    if version not in model.versions:
        raise NoVersion(f"{name} has no version {version} in {environment.environment}; it has {', '.join(model.versions) or 'none'}.")
    described = model.versions[version]
    contract = environment.contracts.get(described.contract)
    approval = approval_of(environment, model, version, beside.approvals)
    return Card(
        model=name,
        version=version,
        environment=environment.environment,
        risk_tier=model.risk_tier,
        description=text(model.description or ""),
        # What a ledger has is of others too.
        approval=replace(approval, by=tuple(_shown(one) for one in approval.by)),
        sections=(
            _details(environment, model, version, described, beside),
            _use(model),
            factors(model, contract),
            metrics(model, described, contract),
            evaluation_data(described),
            training_data(model, described),
            analyses(model, described, contract, beside),
            _ethics(model),
            _caveats(model),
        ),
        program=beside.modelway,
    )


def _shown(one: Approved) -> Approved:
    until = text(one.expires) if one.expires is not None else None
    return msgspec.structs.replace(one, who=text(one.who), when=text(one.when), proof=text(one.proof), expires=until)


def _details(environment: Environment, model: Model, name: str, version: Version, beside: Beside) -> Section:
    said, training = model.governance, version.training
    roles = said.roles.model_dump(mode="json", exclude_none=True) if said is not None and said.roles is not None else {}
    contract = environment.contracts.get(version.contract)
    digest = beside.contracts.get(version.contract)
    tensors = [
        (way, one.name, one.datatype, str(list(one.shape)))
        for way, some in (
            ("input", contract.signature.inputs if contract is not None else ()),
            ("output", contract.signature.outputs if contract is not None else ()),
        )
        for one in some
    ]
    return Section(
        "Model Details",
        "Model Card Toolkit: model_details; Hugging Face: Model Details",
        (
            maybe("Description", model.description),
            maybe("Owner", model.owner),
            maybe("Team", model.team),
            maybe("System", (said.system if said is not None else None) or model.model),
            Fact("Roles", tuple(f"{role.replace('_', ' ')}: {text(str(person))}" for role, person in roles.items())),
            maybe("Risk tier", model.risk_tier),
            exact("Version", name),
            exact("Image", str(version.image)),
            exact("Weights", str(version.weights)),
            maybe("Format", version.written_as),
            maybe("Framework", version.framework),
            exact("Training run", training.run if training is not None else None),
            exact("Commit of the training code", training.commit if training is not None else None),
            exact("Contract", f"{version.contract}{f', sha256:{digest}' if digest is not None else ''}"),
            exact("Drift baseline", str(version.baseline) if version.baseline is not None else None),
            Fact("Requests", (_traffic(environment, model, name),)),
            table(
                "Inputs and outputs", ("Which", "Name", "Datatype", "Shape"), tensors, "the contract could not be read", version.contract
            ),
            _third_party(model),
        ),
    )


def _traffic(environment: Environment, model: Model, name: str) -> str:
    traffic, where = model.traffic, environment.environment
    if traffic is None:
        return f"none in {where}: the model is {model.presence if model.endpoint is not None else 'registered only'}"
    parts = [f"{traffic.shares[name]}% of requests"] if traffic.shares.get(name) else []
    parts += [f"copies of {traffic.copied[name]}% of requests"] if name in traffic.copied else []
    parts += [
        f"requests with the header {share.header.name}: {text(share.header.value)}"
        for share in traffic.split
        if share.version == name and share.header is not None
    ]
    pinned = ", as it is pinned" if model.pin == name else ""
    return f"{' and '.join(parts) or 'none'} in {where}{pinned}"


def _third_party(model: Model) -> Table:
    others = model.governance.third_party if model.governance is not None else ()
    rows = [
        tuple(
            text(one or "not said")
            for one in (other.name, other.kind.replace("_", " "), other.version, other.license, other.sha256, other.alternative)
        )
        for other in others
    ]
    head = ("Name", "Kind", "Version", "Licence", "SHA-256", "What takes its place")
    return table("What of others it stands on", head, rows, "nothing is said of others", "the model's file")


def _use(model: Model) -> Section:
    said = model.governance
    decommission = said.decommission if said is not None else None
    return Section(
        "Intended Use",
        "Model Card Toolkit: considerations.use_cases, considerations.users; Hugging Face: Uses",
        (
            maybe("Primary intended uses", said.intended_use if said is not None else None),
            Fact("Primary intended users", tuple(text(one) for one in decommission.dependents) if decommission is not None else ()),
            maybe("Out-of-scope uses", said.prohibited_use if said is not None else None),
            Fact("Laws and duties", tuple(text(one) for one in said.legal_basis) if said is not None else ()),
        ),
    )


def _ethics(model: Model) -> Section:
    said = model.governance
    oversight = said.human_oversight if said is not None else None
    told: tuple[str, ...] = ()
    if oversight is not None:
        then = f"version {oversight.fallback} answers" if oversight.fallback is not None else "nobody answers"
        told = (
            {
                "in_the_loop": "a person decides each time",
                "on_the_loop": "a person looks on and may step in",
                "out_of_the_loop": "nobody looks on",
            }[oversight.mode],
            f"once it is stopped {then}, and {text(oversight.escalation)} is told",
        )
    return Section(
        "Ethical Considerations",
        "Model Card Toolkit: considerations.ethical_considerations; Hugging Face: Bias, Risks, and Limitations",
        (
            Fact("People whom its answers touch", tuple(text(one) for one in said.affected_groups) if said is not None else ()),
            Fact("Human oversight", told),
            Fact(
                "Risks that nothing measures",
                tuple(f"{text(one.risk)} Why: {text(one.reason)}" for one in said.unmeasured) if said is not None else (),
            ),
            maybe("Where people can object", said.feedback if said is not None else None),
            maybe("Who is called when it does harm", said.incident_contact if said is not None else None),
            exact("What they do then", said.runbook if said is not None else None),
        ),
    )


def _caveats(model: Model) -> Section:
    said = model.governance
    decommission = said.decommission if said is not None else None
    waived = [
        (text(one.rule), text(one.reason), text(one.owner), str(one.expires)) for one in (said.exceptions if said is not None else ())
    ]
    days = f"weights and records are kept for {decommission.retain_days:,} days" if decommission is not None else None
    return Section(
        "Caveats and Recommendations",
        "Model Card Toolkit: considerations.limitations, considerations.tradeoffs; Hugging Face: Recommendations",
        (
            Fact("Limits", tuple(text(one) for one in said.limits) if said is not None else ()),
            maybe("Looked at last", str(said.reviewed) if said is not None and said.reviewed is not None else None),
            maybe("To be looked at again by", str(said.review_by) if said is not None and said.review_by is not None else None),
            maybe("What is done without it", decommission.alternative if decommission is not None else None),
            maybe("When it goes", days),
            table("What it does without for a while", ("What", "Why", "Who answers", "Until"), waived, "nothing", "the model's file"),
        ),
    )
