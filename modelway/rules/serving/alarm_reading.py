"""Whether SageMaker may read the alarms by which it goes back."""

from collections.abc import Iterator, Sequence

from modelway.rules.expecting import items
from modelway.rules.patterns import matches
from modelway.rules.policy_documents import Statement, read
from modelway.rules.properties import Found, one
from modelway.rules.serving.managed import CONFIGURATION, MODEL
from modelway.rules.stack import Resource
from modelway.rules.subjects import text_of

READS_ALARMS = "cloudwatch:DescribeAlarms"
"""What the execution role needs for going back (docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html)."""

_ROLE = "aws:iam/role:Role"
_OF_ROLE = "aws:iam/rolePolicy:RolePolicy"
_ATTACHED = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_POLICY = "aws:iam/policy:Policy"
_GRANT_IT = frozenset(
    ("AmazonSageMakerFullAccess", "CloudWatchReadOnlyAccess", "CloudWatchFullAccess", "CloudWatchFullAccessV2", "ReadOnlyAccess")
)
"""Policies of AWS, by name (docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html)."""


def may_read_alarms(endpoint: Resource, resources: Sequence[Resource]) -> bool | None:
    """Whether a role that the endpoint was made with grants it, by a policy of the stack or a well-known one of AWS; None where that is not
    known."""
    by_urn = {each.urn: each for each in resources}
    configurations = _of(CONFIGURATION, [endpoint], by_urn)
    models = _of(MODEL, configurations, by_urn)
    roles = _of(_ROLE, [*configurations, *models], by_urn)
    urns = {role.urn for role in roles}
    granted = [one for role in roles for one in _inline(role)]
    for each in resources:
        if each.depends_on & urns and each.subject.type == _OF_ROLE:
            granted.append(_grants(one(each.subject.properties, "policy")))
        elif each.depends_on & urns and each.subject.type == _ATTACHED:
            granted += _attached(each, by_urn)
    if True in granted:
        return True
    return None if not roles or None in granted else False


def _of(type_: str, users: Sequence[Resource], by_urn: dict[str, Resource]) -> list[Resource]:
    """The resources of a type that some were made with."""
    urns = sorted({urn for user in users for urn in user.depends_on if urn in by_urn})
    return [by_urn[urn] for urn in urns if by_urn[urn].subject.type == type_]


def _inline(role: Resource) -> Iterator[bool | None]:
    properties = role.subject.properties
    for item in items(properties, "inlinePolicies"):
        yield _grants(one(properties, f"{item.path}.policy")) if isinstance(item, Found) else None
    for item in items(properties, "managedPolicyArns"):
        yield _well_known(item) if isinstance(item, Found) else None


def _attached(attachment: Resource, by_urn: dict[str, Resource]) -> Iterator[bool | None]:
    own = _of(_POLICY, [attachment], by_urn)
    if own:
        yield from (_grants(one(policy.subject.properties, "policy")) for policy in own)
    else:
        yield _well_known(one(attachment.subject.properties, "policyArn"))


def _well_known(found: Found) -> bool | None:
    arn = text_of(found)
    return True if isinstance(arn, str) and ":iam::aws:policy/" in arn and arn.rpartition("/")[2] in _GRANT_IT else None


def _grants(found: Found) -> bool | None:
    document = read(found.value, "identity")
    if any(_allows(statement) for statement in document.statements):
        return True
    # What is no document grants nothing, and AWS refuses it.
    unknown = document.unknown or any(not item.known for each in document.statements for item in each.actions or ())
    return None if unknown else False


def _allows(statement: Statement) -> bool:
    if statement.effect != "Allow":
        return False
    if statement.not_actions is not None:
        return not any(item.known and matches(item.value, READS_ALARMS) for item in statement.not_actions)
    return any(item.known and matches(item.value, READS_ALARMS) for item in statement.actions or ())
