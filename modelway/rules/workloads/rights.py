"""What pods may ask of the API server, and what holds the pods of a namespace."""

from collections.abc import Iterator, Mapping

from modelway.rules.expecting import Judged, breach, has_to_be, items
from modelway.rules.properties import Found, Missing, one
from modelway.rules.stack import StackRule
from modelway.rules.subjects import Rule, Subject, text_of, verdict, wrong
from modelway.rules.verdicts import Undecided, Unreadable, Verdict
from modelway.rules.workloads.pods import has_pods, kind_of, pod_of

_ACCOUNT = ("core", "ServiceAccount")
_NAMESPACE = ("core", "Namespace")
_ROLES = (("rbac.authorization.k8s.io", "ClusterRole"), ("rbac.authorization.k8s.io", "Role"))

_LEVELS = ("baseline", "restricted")
_ENFORCED = 'metadata.labels["pod-security.kubernetes.io/enforce"]'

_ALL = "*"
_MORE = ("bind", "escalate", "impersonate")
"""Verbs by which somebody gets rights that they have not (kubernetes.io/docs/concepts/security/rbac-good-practices)."""


def judge_tokens(subject: Subject) -> Verdict:
    """Whether pods are without a token that nobody asked for, and have an account of their own.

    A program that calls the API server gets its token as a projected volume, which says for whom and how long it is good.
    """
    if kind_of(subject.type) == _ACCOUNT:
        return verdict([_no_token(one(subject.properties, "automountServiceAccountToken"))])
    pod = pod_of(subject)
    return verdict(_pod(subject, pod) if pod is not None else ())


def _pod(subject: Subject, pod: str) -> Iterator[Judged]:
    yield _no_token(one(subject.properties, f"{pod}.automountServiceAccountToken"))
    account = one(subject.properties, f"{pod}.serviceAccountName")
    if isinstance(account.value, Missing):
        # Its older name, which Kubernetes still takes.
        older = one(subject.properties, f"{pod}.serviceAccount")
        account = account if isinstance(older.value, Missing) else older
    name = text_of(account)
    if isinstance(name, Undecided | Unreadable):
        yield name
    elif name in (None, "", "default"):
        yield breach(account, TOKENS.says, "Name a service account that is made for these pods.", name or "empty")


def _no_token(found: Found) -> Judged:
    way_out = "Set automountServiceAccountToken to false; what calls the API server gets a projected volume with a token."
    return has_to_be(found, False, missing=True, says=TOKENS.says, way_out=way_out)


def judge_namespace(subject: Subject) -> Verdict:
    """Whether the pods of a namespace are held to a Pod Security Standard."""
    if kind_of(subject.type) != _NAMESPACE:
        return verdict(())
    found = one(subject.properties, _ENFORCED)
    level = text_of(found)
    if isinstance(level, Undecided | Unreadable):
        return verdict([level])
    if level not in (None, "privileged", *_LEVELS):
        return verdict([wrong(found, f"privileged, {' or '.join(_LEVELS)}")])
    way_out = "Set the label pod-security.kubernetes.io/enforce to restricted, or to baseline where a program cannot do with that."
    return verdict([None if level in _LEVELS else breach(found, NAMESPACE.says, way_out)])


def judge_role(subject: Subject) -> Verdict:
    """Whether a role names what it is for, and gives no way to more rights."""
    return verdict(_role(subject) if kind_of(subject.type) in _ROLES else ())


def _role(subject: Subject) -> Iterator[Judged]:
    aggregated = one(subject.properties, "aggregationRule")
    if not isinstance(aggregated.value, Missing):
        # Its rules are those of all roles with a label, whoever writes them.
        yield Undecided((aggregated.path,))
    for number, rule in enumerate(items(subject.properties, "rules")):
        if not isinstance(rule, Found):
            yield rule
            continue
        yield None if isinstance(rule.value, Mapping) else wrong(rule, "an object")
        for name in ("verbs", "resources", "apiGroups", "nonResourceURLs") if isinstance(rule.value, Mapping) else ():
            for item in items(subject.properties, f"rules[{number}].{name}"):
                yield _named(item, name) if isinstance(item, Found) else item


def _named(found: Found, name: str) -> Judged:
    text = text_of(found)
    if isinstance(text, Undecided | Unreadable):
        return text
    if text is None:
        return wrong(found, "text")
    # Of resources also `pods/*`, all that belongs to pods, and `*/scale`; of addresses everything below one may be meant.
    if text in (_ALL, "/*") or (name == "resources" and _ALL in text):
        return breach(found, ROLE.says, f"Write the {name} that are used.")
    if name == "verbs" and text in _MORE:
        return breach(found, ROLE.says, "Leave it to people, and give the rights themselves.")
    return None


TOKENS = Rule(
    id="no-token-unasked",
    says="a pod has an account of its own, and no token for the API server that nobody asked for",
    why="Who gets into a pod finds the token there, and with it every right of the account.",
    severity="medium",
    sources=("K8S-04", "CKV_K8S_38", "CKV_K8S_41", "CIS-EKS 4.1.5", "CIS-EKS 4.1.6"),
    applies=lambda type_: kind_of(type_) == _ACCOUNT or has_pods(type_),
    judge=judge_tokens,
)
NAMESPACE = Rule(
    id="namespace-with-pod-security",
    says="the pods of a namespace are held to the Pod Security Standard baseline or restricted",
    why="What nobody has looked at, a pod that comes by another way, is then refused by the cluster itself.",
    severity="high",
    sources=("K8S-05", "CIS-EKS 4.2", "PSS"),
    applies=lambda type_: kind_of(type_) == _NAMESPACE,
    judge=judge_namespace,
)
ROLE = Rule(
    id="roles-by-name",
    says="a role in a cluster names its verbs and resources, and gives no way to more rights",
    why="A wildcard is for what comes later too, and whoever may bind or impersonate has the rights of all others.",
    severity="high",
    sources=("K8S-06", "CIS-EKS 4.1.3", "CIS-EKS 4.1.8", "CKV_K8S_49"),
    applies=lambda type_: kind_of(type_) in _ROLES,
    judge=judge_role,
)

RULES: tuple[Rule | StackRule, ...] = (TOKENS, NAMESPACE, ROLE)
