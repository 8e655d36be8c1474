"""What is secret is referred to, and does not stand in clear: not in a program's variables, not in the state, not at a provider."""

import re
from collections.abc import Iterator, Mapping

from modelway.rules.belonging import under
from modelway.rules.expecting import Judged, items
from modelway.rules.properties import Found, Missing, below, look, one
from modelway.rules.subjects import Rule, Subject, text_of, verdict, wrong
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Evidence, Undecided, Unreadable, Verdict
from modelway.rules.workloads.pods import containers, has_pods, pod_of

_NAME = re.compile(
    r"(?:.*[-_.]|.*[a-z0-9](?=[A-Z]))?"
    r"(?i:password|passwd|passphrase|secret|token|credentials?"
    r"|(?:secret|api|access|private|auth|account)[-_.]?key|access[-_.]?key[-_.]?id)"
)
"""Names of variables that hold a secret; one that ends otherwise, such as TOKEN_FILE or TOKEN_TTL, says something about it."""
_IN_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]*:(?!\$[({])[^/\s@]+@", re.IGNORECASE)
_ACCESS_KEY = re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])")
_REFERENCE = re.compile(r"\$\([A-Za-z_][A-Za-z0-9_.-]*\)")
"""How Kubernetes writes the value of another variable."""

_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "aws:lambda/function:Function": ("environment.variables",),
    "aws:sagemaker/model:Model": ("primaryContainer.environment", "containers.*.environment"),
    "kubernetes:core/v1:ConfigMap": ("data",),
}
"""Where names and values of variables stand, by type."""
_SERVICE = "kubernetes:serving.kserve.io/v1beta1:InferenceService"
_OF_SERVICES = tuple(
    f"spec.{part}.{path}"
    for part in ("predictor", "transformer", "explainer")
    for path in ("model.env.*", "containers.*.env.*", "initContainers.*.env.*")
)
_KEPT: Mapping[str, tuple[str, ...]] = {
    "aws:docdb/cluster:Cluster": ("masterPassword",),
    "aws:elasticache/replicationGroup:ReplicationGroup": ("authToken",),
    "aws:rds/cluster:Cluster": ("masterPassword",),
    "aws:rds/instance:Instance": ("password",),
    "aws:redshift/cluster:Cluster": ("masterPassword",),
    "aws:secretsmanager/secretVersion:SecretVersion": ("secretString", "secretBinary", "secretStringWo"),
    "aws:ssm/parameter:Parameter": ("value", "valueWo"),
    "kubernetes:core/v1:Secret": ("data.*", "stringData.*"),
}
"""Where values stand that are secret, by type."""
_PUBLIC = ('["ca.crt"]', '["tls.crt"]')
"""Ends of paths: certificates are not secret."""
_PROVIDERS = ("pulumi:providers:aws", "pulumi:providers:aws-native")
_GIVEN = ("accessKey", "secretKey", "token")

_REFERRED = "a program is told where a secret is, and not the secret"
_MARKED = "a value that is secret is marked as one"
_ALLOWED = "whoever runs the engine brings the credentials"
_WAY_TO_REFER = "Keep it in a Secret or in Secrets Manager, and refer to it by valueFrom, or by its ARN."
_WAY_TO_MARK = "Take it from `pulumi config set --secret`, or wrap it by pulumi.Output.secret."


def _judge_variables(subject: Subject) -> Verdict:
    return verdict(_variables(subject))


def _variables(subject: Subject) -> Iterator[Judged]:
    for path in _VARIABLES.get(subject.type, ()):
        for found in look(subject.properties, path):
            yield from _of_names(found)
    for path in _OF_SERVICES if subject.type == _SERVICE else ():
        for found in look(subject.properties, path):
            if not isinstance(found.value, Missing):
                yield _of_item(found)
    if (pod := pod_of(subject)) is not None:
        for container in containers(subject, pod):
            if not isinstance(container, str):
                yield container
                continue
            for variable in items(subject.properties, f"{container}.env"):
                yield _of_item(variable) if isinstance(variable, Found) else variable


def _of_item(variable: Found) -> Judged:
    """An item of a list of variables, as containers have them."""
    if isinstance(variable.value, Unknown):
        return Undecided((variable.path,))
    name = text_of(under(variable, "name"))
    return _of_variable(name if isinstance(name, str) else "", under(variable, "value"))


def _of_names(variables: Found) -> Iterator[Judged]:
    match variables.value:
        case Missing():
            return
        case Unknown():
            yield Undecided((variables.path,))
        case Mapping():
            for name, value in variables.value.items():
                yield _of_variable(str(name), one({"value": value}, "value")._replace(path=below(variables.path, str(name))))
        case _:
            yield wrong(variables, "names with texts")


def _of_variable(name: str, found: Found) -> Judged:
    telling = _NAME.fullmatch(name) is not None
    if isinstance(found.value, Unknown):
        return Undecided((found.path,)) if telling else None
    value = text_of(found)
    if not isinstance(value, str) or not value.strip() or _REFERENCE.fullmatch(value):
        return value if isinstance(value, Unreadable) else None
    if telling or _IN_ADDRESS.search(value) or _ACCESS_KEY.search(value):
        # Never the value itself, marked or not.
        return Evidence(found.path, "written out", _REFERRED, _WAY_TO_REFER)
    return None


def _judge_kept(subject: Subject) -> Verdict:
    """Whether what a resource keeps secret is marked, so that it is encrypted in the state and shown to nobody.

    A policy pack gets such values without their marks: there it is not decided.
    """
    return verdict(_kept(subject))


def _kept(subject: Subject) -> Iterator[Judged]:
    if subject.type.endswith(":Parameter") and one(subject.properties, "type").value in ("String", "StringList"):
        return
    for path in _KEPT.get(subject.type, ()):
        for found in look(subject.properties, path):
            if not isinstance(found.value, Missing) and found.value != "" and not found.path.endswith(_PUBLIC):
                yield _is_marked(found, known=subject.compared)


def _is_marked(found: Found, *, known: bool) -> Judged:
    if found.secret:
        return None
    if not known:
        return Undecided((found.path,))
    value = text_of(found)
    return Evidence(found.path, "not marked", _MARKED, _WAY_TO_MARK) if isinstance(value, str) else value


def _judge_provider(subject: Subject) -> Verdict:
    return verdict(_provider(subject))


def _provider(subject: Subject) -> Iterator[Judged]:
    for name in _GIVEN if subject.type in _PROVIDERS else ():
        found = one(subject.properties, name)
        match text_of(found):
            case None | "":
                yield None
            case str():
                yield Evidence(found.path, "given", _ALLOWED, "Leave it out: use a profile, or a role that CI gets by OIDC.")
            case other:
                yield other


VARIABLES = Rule(
    id="secrets-by-reference",
    says=_REFERRED,
    why="Variables are shown by every tool that shows the program, written to its logs, and copied with it.",
    severity="critical",
    sources=("SEC-01", "CKV_K8S_35", "CIS-EKS 4.4.1", "NIST IA-5"),
    applies=lambda type_: type_ in _VARIABLES or type_ == _SERVICE or has_pods(type_),
    judge=_judge_variables,
)
KEPT = Rule(
    id="secrets-marked",
    says=_MARKED,
    why="What is not marked stands in clear in the state, in plans, and in what `pulumi up` prints.",
    severity="critical",
    sources=("SEC-01", "NIST IA-5"),
    applies=lambda type_: type_ in _KEPT,
    judge=_judge_kept,
)
PROVIDER = Rule(
    id="no-provider-credentials",
    says="a provider is given no credentials: whoever runs the engine brings them",
    why="They would be kept in the state, be good for as long as somebody notices, and belong to nobody.",
    severity="critical",
    sources=("SEC-03", "pulumi/pulumi-aws#890", "NIST IA-5"),
    applies=lambda type_: type_ in _PROVIDERS,
    judge=_judge_provider,
)
RULES: tuple[Rule, ...] = (VARIABLES, KEPT, PROVIDER)
