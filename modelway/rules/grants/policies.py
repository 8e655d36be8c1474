"""What policies let their holders do: what they use, and nothing that gives them more."""

from collections.abc import Callable, Iterator, Mapping

from modelway.rules import iam
from modelway.rules.expecting import Judged, breach
from modelway.rules.grants.documents import judged
from modelway.rules.properties import Found, Missing, look
from modelway.rules.subjects import Rule, Subject, text_of, verdict, wrong
from modelway.rules.verdicts import Failed, Undecided, Unreadable, Verdict

_ROLE = "aws:iam/role:Role"
_POLICIES: Mapping[str, str] = {
    "aws:iam/groupPolicy:GroupPolicy": "policy",
    "aws:iam/policy:Policy": "policy",
    _ROLE: "inlinePolicies.*.policy",
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:iam/userPolicy:UserPolicy": "policy",
    "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": "inlinePolicy",
}
"""Where a policy of somebody stands, by type."""
_ATTACHMENTS: Mapping[str, str] = {
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": "policyArn",
    "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive": "policyArns.*",
    "aws:iam/policyAttachment:PolicyAttachment": "policyArn",
    _ROLE: "managedPolicyArns.*",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "policyArn",
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": "policyArns.*",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "policyArn",
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": "policyArns.*",
    "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment": "managedPolicyArn",
}
"""Where a managed policy is given to somebody, by type."""


def _judge_of(rule: iam.Rule) -> Callable[[Subject], Verdict]:
    return lambda subject: verdict(_documents(subject, rule))


def _documents(subject: Subject, rule: iam.Rule) -> Iterator[Judged]:
    for found in look(subject.properties, _POLICIES[subject.type]) if subject.type in _POLICIES else ():
        # A role may have none; an empty block of one means that it has to have none.
        if not (subject.type == _ROLE and isinstance(found.value, Missing)):
            yield from judged(found, "identity", rule)


def _judge_attached(subject: Subject) -> Verdict:
    return verdict(_attached(subject))


def _attached(subject: Subject) -> Iterator[Judged]:
    path = _ATTACHMENTS.get(subject.type, "")
    for found in look(subject.properties, path) if path else ():
        if not (path.endswith("*") and isinstance(found.value, Missing)):
            yield _managed(found)


def _managed(found: Found) -> Judged:
    arn = text_of(found)
    if isinstance(arn, Undecided | Unreadable):
        return arn
    if arn is None:
        return wrong(found, "the ARN of a policy")
    if isinstance(iam.judge_attachment(arn).verdict, Failed):
        return breach(found, iam.ATTACHED.says, "Attach a policy with the actions that are used.")
    return None


ACTIONS = Rule(
    id="named-actions",
    says="a policy allows actions that it names, one by one",
    why="A wildcard also allows what AWS adds next year, and NotAction everything that nobody thought of.",
    severity="critical",
    sources=("IAM-01", "FSBP IAM.1", "FSBP IAM.21", "CKV_AWS_62", "CKV_AWS_63", "CKV_AWS_274", "AwsSolutions-IAM5"),
    applies=lambda type_: type_ in _POLICIES,
    judge=_judge_of(iam.ACTIONS),
)
ATTACHED = Rule(
    id="no-administrators",
    says="nobody is given a policy of AWS that allows everything, or everything in IAM",
    why="Whoever gets hold of one such role has the account.",
    severity="critical",
    sources=("IAM-02", "CKV_AWS_274", "AwsSolutions-IAM4", "NIST AC-6"),
    applies=lambda type_: type_ in _ATTACHMENTS,
    judge=_judge_attached,
)
PASSED = Rule(
    id="narrow-pass-role",
    says=iam.PASSED.says,
    why="Who may pass any role to a service has the rights of every role in the account.",
    severity="high",
    sources=("IAM-05", "CKV_AWS_286", "NIST AC-6"),
    applies=lambda type_: type_ in _POLICIES,
    judge=_judge_of(iam.PASSED),
)
ESCALATION = Rule(
    id="no-way-to-more-rights",
    says="a policy lets nobody give themselves, or others, more rights than a boundary leaves",
    why="A right to write policies, keys or trust is a right to everything, only one step later.",
    severity="high",
    sources=("IAM-05", "CKV_AWS_286", "NIST AC-6"),
    applies=lambda type_: type_ in _POLICIES,
    judge=_judge_of(iam.ESCALATION),
)
RULES: tuple[Rule, ...] = (ACTIONS, ATTACHED, PASSED, ESCALATION)
