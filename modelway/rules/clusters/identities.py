"""Who pods are to AWS: each for itself, and none by way of its node."""

from collections.abc import Iterator, Mapping, Sequence

from modelway.rules.clusters.control_plane import CLUSTER
from modelway.rules.clusters.nodes import NODES
from modelway.rules.expecting import Judged, breach, items
from modelway.rules.iam import SOURCES, WEB_IDENTITY
from modelway.rules.iam import judge as judge_document
from modelway.rules.patterns import matches, wild
from modelway.rules.policy_documents import Document, Item, Kind, read
from modelway.rules.properties import Found, Missing, one
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import Rule, text_of, verdict
from modelway.rules.values import Secret
from modelway.rules.verdicts import Evidence, Failed, Undecided, Unreadable, Verdict

_ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
_ROLE = "aws:iam/role:Role"
_OF_ROLE = "aws:iam/rolePolicy:RolePolicy"
_ATTACHED = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_POLICY = "aws:iam/policy:Policy"

_PODS = "pods.eks.amazonaws.com"
_INSTANCES = "ec2.amazonaws.com"
_PROVIDERS = ":oidc-provider/oidc.eks"
"""In the ARN of the identity provider of any EKS cluster."""

_FOR_NODES = frozenset(
    (
        *("AmazonEKSWorkerNodePolicy", "AmazonEKSWorkerNodeMinimalPolicy", "AmazonEKS_CNI_Policy", "AmazonSSMManagedInstanceCore"),
        *("AmazonEC2ContainerRegistryPullOnly", "AmazonEC2ContainerRegistryReadOnly", "CloudWatchAgentServerPolicy"),
    )
)
"""Policies of AWS that a node needs for being one (docs.aws.amazon.com/eks/latest/userguide/create-node-role.html)."""
_OF_DATA = frozenset(
    (
        *("s3", "s3-object-lambda", "dynamodb", "secretsmanager", "sagemaker", "sqs", "sns", "kinesis", "rds-data", "rds-db"),
        *("redshift-data", "athena", "glue", "bedrock", "elasticfilesystem", "es", "aoss"),
    )
)
"""Services that hold data, or answer from it."""
_READS = ("kms:Decrypt", "ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "sts:AssumeRole")


def judge(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    """Whether pods have roles of their own, that only they can take on, and whether the roles of nodes reach no data.

    A policy is of a node's role when it was made from it, and a role of nodes when a group of nodes or a cluster was made from it and
    instances take it on. What policies of others grant, whose text is not in the stack, is not known.
    """
    by_urn = {one.urn: one for one in resources}
    users = [one for one in resources if one.subject.type in (CLUSTER, NODES)]
    of_nodes = {urn for user in users for urn in user.depends_on if urn in by_urn and _is_for_instances(by_urn[urn])}
    return {one.urn: verdict(_judged(one, of_nodes, by_urn)) for one in resources if _applies(one.subject.type)}


def _judged(resource: Resource, of_nodes: set[str], by_urn: Mapping[str, Resource]) -> Iterator[Judged]:
    subject = resource.subject
    if subject.type == _ASSOCIATION:
        yield _account(one(subject.properties, "serviceAccount"))
    elif subject.type == _ROLE:
        yield from _trust(one(subject.properties, "assumeRolePolicy"))
        if resource.urn in of_nodes:
            for number, item in enumerate(items(subject.properties, "inlinePolicies")):
                yield from _document(one(subject.properties, f"inlinePolicies[{number}].policy")) if isinstance(item, Found) else (item,)
            for arn in items(subject.properties, "managedPolicyArns"):
                yield from _managed(arn, resource, by_urn) if isinstance(arn, Found) else (arn,)
    elif any(_is_of(resource, by_urn[urn]) for urn in sorted(resource.depends_on & of_nodes)):
        if subject.type == _OF_ROLE:
            yield from _document(one(subject.properties, "policy"))
        else:
            yield from _managed(one(subject.properties, "policyArn"), resource, by_urn)


def _account(found: Found) -> Judged:
    name = text_of(found)
    if isinstance(name, Undecided | Unreadable):
        return name
    way_out = "Name the service account of the pods that need it."
    return breach(found, RULE.says, way_out) if name in (None, "", "default") else None


def _trust(found: Found) -> Iterator[Judged]:
    document = _read(found, "trust")
    if not isinstance(document, Document):
        yield document
        return
    principals = [who for statement in document.statements for who in statement.principals or () if statement.effect == "Allow"]
    # One of which nothing is known may be anybody.
    rules = [
        *([SOURCES] if any(who.item.value == _PODS for who in principals) else []),
        *(
            [WEB_IDENTITY]
            if any(who.kind == "Federated" and (_PROVIDERS in who.item.value or not who.item.known) for who in principals)
            else []
        ),
    ]
    for rule in rules:
        for judgement in judge_document(Secret(found.value) if found.secret else found.value, "trust", only=rule):
            yield from _within(found, judgement.verdict)


def _within(found: Found, judged: Verdict) -> Iterator[Judged]:
    match judged:
        case Failed(evidence):
            for each in evidence:
                # What it is compared with has the provider's name in it.
                way_out = "Name by StringEquals whom it is for." if found.secret else each.way_out
                yield Evidence(f"{found.path}#{each.path}", each.value, each.rule, way_out)
        case Undecided(paths):
            yield Undecided(tuple(f"{found.path}#{each}" for each in paths))
        case _:
            yield None


def _document(found: Found) -> Iterator[Judged]:
    document = _read(found, "identity")
    if not isinstance(document, Document):
        yield document
        return
    yield None
    way_out = "Give it to the pods that need it, by a role of their own."
    for statement in document.statements:
        if statement.effect == "Deny":
            continue
        for item in statement.not_actions or ():
            yield Evidence(f"{found.path}#{item.path}", item.shown, RULE.says, "Write the actions that are used, as Action.")
        for item in statement.actions or ():
            if not item.known:
                yield Undecided((f"{found.path}#{item.path}",))
            elif _reaches_data(item):
                yield Evidence(f"{found.path}#{item.path}", item.shown, RULE.says, way_out)


def _reaches_data(item: Item) -> bool:
    service = item.value.partition(":")[0].lower()
    return wild(service) or service in _OF_DATA or any(matches(item.value, action) for action in _READS)


def _managed(found: Found, resource: Resource, by_urn: Mapping[str, Resource]) -> Iterator[Judged]:
    arn = text_of(found)
    own = [by_urn[urn] for urn in sorted(resource.depends_on) if urn in by_urn and by_urn[urn].subject.type == _POLICY]
    if isinstance(arn, Unreadable):
        yield arn
    elif isinstance(arn, str) and ":iam::aws:policy/" in arn:
        way_out = "Attach no more than a node needs for being one; give the rest to pods, by roles of their own."
        yield None if arn.rpartition("/")[2] in _FOR_NODES else breach(found, RULE.says, way_out)
    elif own:
        for policy in own:
            yield from _document(one(policy.subject.properties, "policy"))
    else:
        yield Undecided((found.path,))


def _read(found: Found, kind: Kind) -> Document | Undecided | Unreadable:
    """What a document says, if it can be read whole."""
    if isinstance(found.value, Missing):
        return Unreadable((f"{found.path} is missing, and has to be an IAM document",))
    document = read(Secret(found.value) if found.secret else found.value, kind)
    if document.faults:
        return Unreadable(tuple(f"{found.path}: {fault}" for fault in document.faults))
    return Undecided((found.path,)) if document.unknown else document


def _is_for_instances(resource: Resource) -> bool:
    if resource.subject.type != _ROLE:
        return False
    document = _read(one(resource.subject.properties, "assumeRolePolicy"), "trust")
    return isinstance(document, Document) and any(
        who.item.value == _INSTANCES for statement in document.statements for who in statement.principals or ()
    )


def _is_of(resource: Resource, role: Resource) -> bool:
    """Whether a policy is the role's, and was not made from it only to name it in its text."""
    whose, name = one(resource.subject.properties, "role").value, one(role.subject.properties, "name").value
    return not (isinstance(whose, str) and isinstance(name, str)) or whose == name


def _applies(type_: str) -> bool:
    return type_ in (_ASSOCIATION, _ROLE, _OF_ROLE, _ATTACHED)


RULE = StackRule(
    id="workload-identity",
    says="pods have roles of their own that they alone can take on, and the role of a node reaches no data",
    why="What the role of a node may read, every pod on it may read.",
    severity="high",
    sources=("EKS-11", "CIS-EKS 5.2.1", "NIST AC-6"),
    applies=_applies,
    judge=judge,
)

RULES: tuple[Rule | StackRule, ...] = (RULE,)
