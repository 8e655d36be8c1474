"""What IAM documents may grant, judged by what they mean and not by how they are written.

Only Allow statements grant something; a Deny is read, and its faults are told, because one that AWS reads otherwise protects nothing.
A rule has the id that people list exceptions by.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from modelway.rules.conditions import narrowed, narrowed_to_one
from modelway.rules.iam_resources import only_any
from modelway.rules.patterns import matches, only_wild, wild
from modelway.rules.policy_documents import Document, Item, Kind, Principal, Statement, read
from modelway.rules.verdicts import Evidence, Failed, NotApplicable, Passed, Undecided, Unreadable, Verdict

Finding = Evidence | str
"""What breaks a rule, or the path of what is not known."""

_CALLERS = (
    *("aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn", "aws:sourcevpce", "aws:sourcevpc"),
    *("kms:calleraccount", "aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid"),
)

_SOURCES = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths")

WITHOUT_SOURCE = {
    "ec2.amazonaws.com": "instance profiles: EC2 sends no source, and iam:PassRole decides who may give the role to an instance"
    " (docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2.html)",
}
"""Services that say nothing of the source they act for, and why their roles are safe all the same."""

PASS = "iam:PassRole"
_OF_BOUNDED_ROLES = ("iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:PutRolePermissionsBoundary")
_NEVER = (
    *("iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachUserPolicy", "iam:CreateAccessKey", "iam:CreateLoginProfile"),
    *("iam:CreateUser", "iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary", "iam:PutGroupPolicy"),
    *("iam:PutUserPolicy", "iam:UpdateLoginProfile"),
)
_OF_NAMED = ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:UpdateAssumeRolePolicy", "sts:AssumeRole")
_TOO_MUCH = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")


@dataclass(frozen=True)
class Rule:
    """One rule, as people are told of it."""

    id: str
    says: str


@dataclass(frozen=True)
class Check:
    """How a rule is held: over every Allow statement of documents of these kinds."""

    rule: Rule
    kinds: frozenset[Kind]
    judge: Callable[[Statement], Iterator[Finding] | None]
    """What breaks it in a statement; None when the statement has nothing that the rule is about."""


@dataclass(frozen=True)
class Listed:
    """One value that a rule would refuse and that is meant, with the reason. It is for exactly this value."""

    rule: str
    value: str
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError(f"{self.rule} {self.value}: say why it is allowed")


@dataclass(frozen=True)
class Judgement:
    """What one rule says of a document."""

    rule: Rule
    verdict: Verdict


def judge(document: object, kind: Kind, listed: Sequence[Listed] = (), *, only: Rule | None = None) -> list[Judgement]:
    """Every rule's verdict on a document, or that of `only` one: JSON text or structure, with Unknown and Secret (modelway.rules.values)
    where the engine has them. What stands in `listed` breaks no rule. Raises nothing, whatever the document is."""
    found = read(document, kind)
    return [Judgement(check.rule, _verdict(check, found, kind, listed)) for check in CHECKS if only is None or check.rule is only]


def judge_attachment(policy_arn: object, listed: Sequence[Listed] = ()) -> Judgement:
    """IAM-02 of a managed policy that is attached to somebody."""
    if not isinstance(policy_arn, str):
        return Judgement(ATTACHED, Undecided(("policyArn",)))
    name = policy_arn.rpartition("/")[2]
    if name not in _TOO_MUCH or any((one.rule, one.value) == (ATTACHED.id, policy_arn) for one in listed):
        return Judgement(ATTACHED, Passed())
    return Judgement(
        ATTACHED, Failed((Evidence("policyArn", policy_arn, ATTACHED.says, "Attach a policy with the actions that are used."),))
    )


def _verdict(check: Check, document: Document, kind: Kind, listed: Sequence[Listed]) -> Verdict:
    evidence: list[Evidence] = []
    unknown = list(document.unknown)
    applies = bool(unknown)
    for statement in document.statements if kind in check.kinds else ():
        found = check.judge(statement) if statement.effect == "Allow" else None
        if found is None:
            continue
        applies = True
        for one in found:
            if isinstance(one, str):
                unknown.append(one)
            elif not any((allowed.rule, allowed.value) == (check.rule.id, one.value) for allowed in listed):
                evidence.append(one)
    if evidence:
        return Failed(tuple(evidence))
    if document.faults:
        return Unreadable(document.faults)
    if kind not in check.kinds or not applies:
        return NotApplicable()
    return Undecided(tuple(unknown)) if unknown else Passed()


def _actions_are_named(statement: Statement) -> Iterator[Finding]:
    for item in statement.not_actions or ():
        yield _breach(item, ACTIONS, "Write the actions that are used, as Action.")
    for item in statement.actions or ():
        if not item.known:
            yield item.path
        elif wild(item.value) or ":" not in item.value:
            yield _breach(item, ACTIONS, "Write the actions that are used.")


def _web_identities_are_exact(statement: Statement) -> Iterator[Finding] | None:
    federated = [who.item for who in statement.principals or () if who.kind == "Federated"]
    return _exact(statement, federated) if federated else None


def _exact(statement: Statement, federated: Sequence[Item]) -> Iterator[Finding]:
    for item in federated:
        if not item.known:
            yield item.path
            continue
        # The provider's host and path stand before a key of its own; of a SAML provider it is SAML.
        provider = "saml" if ":saml-provider/" in item.value else item.value.rpartition(":oidc-provider/")[2].lower()
        for claim in ("aud",) if provider == "saml" else ("aud", "sub"):
            decided = narrowed_to_one(statement, f"{provider}:{claim}")
            if isinstance(decided, str):
                yield decided
            elif not decided:
                way_out = f"Compare {provider}:{claim} by StringEquals with each value that may."
                yield Evidence(item.path, item.shown, f"{WEB_IDENTITY.says}; {claim} is open here", way_out)


def _roles_are_passed_narrowly(statement: Statement) -> Iterator[Finding] | None:
    return _passed(statement) if _grants(statement, PASS) else _unknown_actions(statement)


def _passed(statement: Statement) -> Iterator[Finding]:
    decided = narrowed(statement, ("iam:passedtoservice",))
    if isinstance(decided, str):
        yield decided
    elif not decided:
        where = next(
            item for item in statement.actions or statement.not_actions or () if statement.actions is None or matches(item.value, PASS)
        )
        yield _breach(where, PASSED, "Compare iam:PassedToService by StringEquals with the service that gets the role.")
    yield from _named_roles(statement, PASSED)


def _named_roles(statement: Statement, rule: Rule) -> Iterator[Finding]:
    for item in statement.not_resources or ():
        yield _breach(item, rule, "Write the resources, as Resource.")
    for item in statement.resources or ():
        if not item.known:
            yield item.path
        elif _names_no_role(item.value):
            yield _breach(item, rule, "Name the roles, or the start of their names, in one account.")


def _names_no_role(resource: str) -> bool:
    place, _, thing = resource.rpartition(":")
    # What stands behind the kind is a path and a name; the start of either is a name already.
    return only_wild(thing) or only_wild(thing.partition("/")[2]) or wild(place)


def _no_way_to_more(statement: Statement) -> Iterator[Finding] | None:
    granted = {action for action in (*_OF_BOUNDED_ROLES, *_NEVER, *_OF_NAMED) if _grants(statement, action)}
    return _more(statement, granted) if granted else _unknown_actions(statement)


def _more(statement: Statement, granted: set[str]) -> Iterator[Finding]:
    for item in statement.actions or ():
        if item.known and any(matches(item.value, action) for action in _NEVER):
            yield _breach(item, ESCALATION, "Leave it to people with a second factor.")
    for item in statement.actions or ():
        if item.known and any(matches(item.value, action) for action in _OF_BOUNDED_ROLES):
            decided = narrowed(statement, ("iam:permissionsboundary",))
            if isinstance(decided, str):
                yield decided
            elif not decided:
                yield _breach(item, ESCALATION, "Compare iam:PermissionsBoundary by StringEquals with the boundary's ARN.")
    if granted & set(_OF_NAMED):
        yield from _named_roles(statement, ESCALATION)


def _principals_are_named(statement: Statement) -> Iterator[Finding]:
    for who in statement.not_principals or ():
        yield _breach(who.item, PRINCIPALS, "Write who may, as Principal.")
    for who in statement.principals or ():
        if not who.item.known:
            yield who.item.path
        elif wild(who.item.value):
            decided = narrowed(statement, _CALLERS) if who.kind == "AWS" else False
            if isinstance(decided, str):
                yield decided
            elif not decided:
                way_out = "Name accounts or roles, or compare aws:PrincipalOrgID, aws:PrincipalAccount or aws:SourceVpce by StringEquals."
                yield _breach(who.item, PRINCIPALS, way_out)


def _resources_are_named(statement: Statement) -> Iterator[Finding]:
    for item in statement.not_resources or ():
        yield _breach(item, RESOURCES, "Write the resources, as Resource.")
    free = statement.actions is not None and all(item.known and only_any(item.value) for item in statement.actions)
    for item in statement.resources or ():
        if not item.known:
            if not free:
                yield item.path
        elif _names_nothing(item.value) and not free:
            yield _breach(
                item, RESOURCES, "Write the ARNs of what is used; where AWS takes only *, put such actions in a statement of their own."
            )


def _names_nothing(resource: str) -> bool:
    if only_wild(resource):
        return True
    parts = resource.split(":", 5)
    # arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE; S3 has neither region nor account, IAM no region.
    return len(parts) == 6 and (only_wild(parts[2]) or only_wild(parts[4]) or only_wild(parts[5]) or only_wild(parts[5].split("/")[0]))


def _services_have_a_source(statement: Statement) -> Iterator[Finding] | None:
    services = [who for who in statement.principals or () if who.kind == "Service"]
    return _sourced(statement, services) if services else None


def _sourced(statement: Statement, services: Sequence[Principal]) -> Iterator[Finding]:
    for who in services:
        if not who.item.known:
            yield who.item.path
        elif who.item.value not in WITHOUT_SOURCE:
            decided = narrowed(statement, _SOURCES, prefix="kms:encryptioncontext:")
            if isinstance(decided, str):
                yield decided
            elif not decided:
                yield _breach(
                    who.item, SOURCES, "Compare aws:SourceAccount by StringEquals with the account, or aws:SourceArn with the ARN."
                )


def _grants(statement: Statement, action: str) -> bool:
    if statement.not_actions is not None:
        return not any(item.known and matches(item.value, action) for item in statement.not_actions)
    return any(item.known and matches(item.value, action) for item in statement.actions or ())


def _unknown_actions(statement: Statement) -> Iterator[Finding] | None:
    """Where it is not known whether a statement grants what a rule is about; None when it does not."""
    unknown = [item.path for item in (*(statement.actions or ()), *(statement.not_actions or ())) if not item.known]
    return iter(unknown) if unknown else None


def _breach(item: Item, rule: Rule, way_out: str) -> Evidence:
    return Evidence(item.path, item.shown if item.known else "not known yet", rule.says, way_out)


ACTIONS = Rule("IAM-01", "an Allow names its actions, one by one")
ATTACHED = Rule("IAM-02", "nobody has a policy that allows everything")
WEB_IDENTITY = Rule("IAM-04", "a role is taken on by web identities with an exact subject and audience")
PASSED = Rule("IAM-05", "roles are passed by name, to a service that is named")
PRINCIPALS = Rule("IAM-07", "an Allow names who may, or what marks them")
RESOURCES = Rule("IAM-08", "an Allow names its resources")
SOURCES = Rule("IAM-09", "a service may act for a source that is named")
ESCALATION = Rule("IAM-10", "nobody can give more rights than a boundary leaves")

_IDENTITY: frozenset[Kind] = frozenset(("identity",))
_OF_OTHERS: frozenset[Kind] = frozenset(("trust", "resource", "key"))

CHECKS = (
    Check(ACTIONS, _IDENTITY | _OF_OTHERS, _actions_are_named),
    Check(WEB_IDENTITY, frozenset(("trust",)), _web_identities_are_exact),
    Check(PASSED, _IDENTITY, _roles_are_passed_narrowly),
    Check(PRINCIPALS, _OF_OTHERS, _principals_are_named),
    Check(RESOURCES, frozenset(("identity", "resource")), _resources_are_named),
    Check(SOURCES, _OF_OTHERS, _services_have_a_source),
    Check(ESCALATION, _IDENTITY, _no_way_to_more),
)
