"""GOVERN: how an organisation is set up for the risks of its models. Most of it is people's work, and pointers to it."""

from modelway.governance.evidence.checks import always, matrix, named_file, receivers, said, third_party
from modelway.governance.evidence.proven import approved, binding, drilled, gated, judged_before, planned, released, ruled
from modelway.governance.evidence.row import Row, near

_ACCOUNTABLE = said("roles.accountable", lambda model: _roles(model, "accountable"), path="governance.roles.accountable")
_OVERSEER = said("roles.overseer", lambda model: _roles(model, "overseer"), path="governance.roles.overseer")


def _roles(model: object, name: str) -> object:
    return getattr(getattr(getattr(model, "governance", None), "roles", None), name, None)


ROWS = (
    Row(
        "GOVERN 1.1",
        "Laws and duties about AI are known, handled and written down.",
        "each model names the laws and duties that its use falls under",
        "pointer",
        (said("legal_basis"),),
        near(iso="A.2.2, A.2.3", act="6, Annex III"),
    ),
    Row(
        "GOVERN 1.2",
        "What makes AI trustworthy is part of policies, processes and practice.",
        "one set of rules for everybody; those that bind in a tier cannot be switched off, only excepted for a while",
        "enforced",
        (binding, judged_before),
        near(iso="A.2.2, A.6.1.3", act="9, 17", sp="CM-6, SA-10"),
    ),
    Row(
        "GOVERN 1.3",
        "How much is done about risks follows how much risk the organisation bears.",
        "each model has a risk tier, and an environment asks more of higher ones: what it says, who approves, how often it is looked at",
        "enforced",
        (always("risk_tier", lambda model: model.risk_tier, path="risk_tier"), matrix, gated("all")),
        near(iso="A.5.2", act="9", genai="GV-1.3-002"),
    ),
    Row(
        "GOVERN 1.4",
        "Risks are handled by processes that can be seen, with controls that follow from priorities.",
        "what is left out has one rule, one thing, a reason, an approver and an end; past its end it counts no more",
        "enforced",
        (*ruled("declared-exceptions"), gated("exceptions")),
        near(iso="A.6.1.3", act="9, 17", sp="CA-7"),
    ),
    Row(
        "GOVERN 1.5",
        "Risks are watched and looked at anew, by plan, by people who are named.",
        "each model has a day by which it is looked at again, within what its tier allows",
        "enforced",
        (said("review_by"), *ruled("declared-review"), gated("review")),
        near(iso="A.2.4", act="72", sp="CA-7", genai="GV-1.5-001, GV-1.5-002, GV-1.5-003"),
    ),
    Row(
        "GOVERN 1.6",
        "There is an inventory of AI systems, with resources as their risk asks for.",
        "every model is a file with owner, tier and system; what it is made of carries its owner as a tag",
        "enforced",
        (
            always("owner", lambda model: str(model.owner), path="owner"),
            said("system"),
            *ruled("missing-owner"),
        ),
        near(iso="A.4.2", act="11, 49", sp="CM-8", genai="GV-1.6-001, GV-1.6-002, GV-1.6-003"),
    ),
    Row(
        "GOVERN 1.7",
        "AI systems are taken out of use safely, without new risks.",
        "who relies on the model and how long it is kept is said; what cannot be made again is protected",
        "enforced",
        (said("decommission"), *ruled("protected-for-good")),
        near(iso="A.6.2.6", sp="CP-9", genai="GV-1.7-001, GV-1.7-002"),
    ),
    Row(
        "GOVERN 2.1",
        "Who does what about the risks of AI is written down and clear.",
        "accountable person and overseer are named; who may enter a cluster is named, and approvals come from others than the author",
        "enforced",
        (said("roles"), *ruled("access-entries-alone", "named-cluster-admins"), approved),
        near(iso="A.3.2", act="26(2)", sp="AC-2, AC-6"),
    ),
    Row(
        "GOVERN 2.2",
        "People and partners are trained in handling the risks of AI.",
        "No file and no resource shows what people have learned.",
    ),
    Row(
        "GOVERN 2.3",
        "Leaders answer for decisions about the risks of AI.",
        "the person who answers for the model before the organisation is named",
        "pointer",
        (_ACCOUNTABLE,),
        near(iso="A.3.2", act="17"),
    ),
    Row(
        "GOVERN 3.1",
        "Decisions about risks are informed by a team of different people.",
        "No file and no resource shows who was in the room.",
    ),
    Row(
        "GOVERN 3.2",
        "Who oversees AI, and how people and AI work together, is set out.",
        "how people stand over the model and who oversees it is named, and stopping it was tried",
        "enforced",
        (said("human_oversight"), _OVERSEER, drilled),
        near(iso="A.3.2, A.9.2", act="14, 26(2)", genai="MG-2.4-004"),
    ),
    Row(
        "GOVERN 4.1",
        "Safety comes first when AI is designed, built, deployed and used.",
        "what runs is from a commit, by a plan that was reviewed, approved by others than its author",
        "enforced",
        (released, planned, approved, *ruled("declared-ledger")),
        near(iso="A.6.1.3, A.6.2.5", act="9, 15", sp="CM-3"),
    ),
    Row(
        "GOVERN 4.2",
        "Teams write down the risks and impacts of what they build and tell of them.",
        "the model's card is there, with what it is for, not for, and whom it touches",
        "evidenced",
        (
            named_file("model_card", lambda model: model.governance.model_card if model.governance is not None else None),
            said("prohibited_use"),
            said("affected_groups"),
        ),
        near(iso="A.5.3, A.5.4, A.8.2", act="11, 13, 27"),
    ),
    Row(
        "GOVERN 4.3",
        "The organisation can test, notice incidents, and share what it learns.",
        "alerts lead to somebody, and who is called when the model does harm is named",
        "enforced",
        (said("incident_contact"), receivers, *ruled("alerts-reach-somebody", "heard-alarms")),
        near(iso="A.3.3, A.8.4", act="73", sp="IR-4, IR-5", genai="MG-4.3-001"),
    ),
    Row(
        "GOVERN 5.1",
        "What people outside of the team say about impacts is gathered and used.",
        "where people whom the model touches can object is named",
        "pointer",
        (said("feedback"),),
        near(iso="A.3.3, A.8.3", act="26(11), 86"),
    ),
    Row(
        "GOVERN 5.2",
        "What was decided about such feedback goes into design and operation, regularly.",
        "where it arrives is named; what becomes of it, people decide",
        "pointer",
        (said("feedback"),),
        near(iso="A.8.3", act="72"),
    ),
    Row(
        "GOVERN 6.1",
        "There are policies for the risks of others' software, data and models, rights included.",
        "what a model stands on of others is named with its licence; images, weights and plugins are pinned by digest",
        "enforced",
        (third_party("license"), *ruled("pinned-digest", "pinned-weights", "pinned-plugins")),
        near(iso="A.10.3", act="25", sp="SR-3, SR-4", genai="GV-6.1-005, GV-6.1-007, GV-6.1-008, GV-6.1-009"),
    ),
    Row(
        "GOVERN 6.2",
        "There are plans for when something of others fails that carries much risk.",
        "what takes the place of each is named, and going to the fallback was tried",
        "enforced",
        (third_party("alternative"), drilled),
        near(iso="A.10.2", sp="CP-10, SR-11", genai="GV-6.2-003 to GV-6.2-007"),
    ),
)
