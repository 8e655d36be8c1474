"""Who acts in AWS: roles that are taken on by those who are named, within a boundary, and nobody with a password or key of their own."""

import re
from collections.abc import Iterator, Mapping

from modelway.rules import iam
from modelway.rules.expecting import Judged, breach
from modelway.rules.grants.documents import judged
from modelway.rules.properties import one
from modelway.rules.subjects import Rule, Subject, text_of, verdict, wrong
from modelway.rules.verdicts import Evidence, Failed, Undecided, Unreadable, Verdict

_ROLE = "aws:iam/role:Role"
_STANDING: Mapping[str, tuple[str, str]] = {
    "aws:iam/user:User": ("name", "a user"),
    "aws:iam/accessKey:AccessKey": ("user", "an access key"),
    "aws:iam/userLoginProfile:UserLoginProfile": ("user", "a password"),
    "aws:iam/serviceSpecificCredential:ServiceSpecificCredential": ("userName", "a password for one service"),
    "aws:iam/signingCertificate:SigningCertificate": ("userName", "a certificate that signs requests"),
}
"""What stays valid until somebody takes it away: where it says whose it is, and what it is."""
_POLICY = re.compile(r"arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/[\w+=,.@/-]+")


def _judge_standing(subject: Subject) -> Verdict:
    """Whether there is nobody with a lasting credential: where there is one it fails, whatever else is known of it."""
    if subject.type not in _STANDING:
        return verdict(())
    path, what = _STANDING[subject.type]
    return Failed((Evidence(path, what, STANDING.says, "Have people sign in by IAM Identity Center, and programs take on a role."),))


def _judge_trust(subject: Subject) -> Verdict:
    if subject.type != _ROLE:
        return verdict(())
    return verdict(judged(one(subject.properties, "assumeRolePolicy"), "trust", iam.WEB_IDENTITY, iam.PRINCIPALS))


def _judge_boundary(subject: Subject) -> Verdict:
    return verdict(_boundary(subject) if subject.type == _ROLE else ())


def _boundary(subject: Subject) -> Iterator[Judged]:
    found = one(subject.properties, "permissionsBoundary")
    arn = text_of(found)
    if isinstance(arn, Undecided | Unreadable):
        yield arn
    elif not arn:
        way_out = "Set permissionsBoundary to the ARN of a policy; `aws.bounded_roles` of an environment does it for all its roles."
        yield breach(found, BOUNDARY.says, way_out, "empty")
    elif not _POLICY.fullmatch(arn):
        yield wrong(found, "the ARN of a policy")
    elif isinstance(iam.judge_attachment(arn).verdict, Failed):
        yield breach(found, BOUNDARY.says, "Name a policy that leaves something out.")
    else:
        yield None


STANDING = Rule(
    id="no-lasting-credentials",
    says="nobody has a user of IAM, or a key or password of one",
    why="A key that is in a file somewhere works for whoever finds it, years later.",
    severity="high",
    sources=("IAM-03", "CKV_AWS_273", "NIST AC-2"),
    applies=lambda type_: type_ in _STANDING,
    judge=_judge_standing,
)
TRUST = Rule(
    id="exact-trust",
    says="a role is taken on by those who are named: web identities by their exact subject and audience",
    why="Where a subject is open, any repository or any pod of a stranger may take on the role.",
    severity="critical",
    sources=("IAM-04", "CKV_AWS_60", "CKV_AWS_61", "CKV_AWS_358", "CKV_AWS_393"),
    applies=lambda type_: type_ == _ROLE,
    judge=_judge_trust,
)
BOUNDARY = Rule(
    id="role-boundary",
    says="a role has a boundary that leaves something out",
    why="Whatever policy is attached by mistake, beyond the boundary it grants nothing.",
    severity="medium",
    sources=("IAM-06", "NIST AC-6"),
    applies=lambda type_: type_ == _ROLE,
    judge=_judge_boundary,
)
RULES: tuple[Rule, ...] = (STANDING, TRUST, BOUNDARY)
