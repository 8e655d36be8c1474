"""Documents as files below cases/iam: what the judge says of NAME.error and NAME.unknown is in NAME.….txt; NAME.happy passes."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from modelway.rules.iam import CHECKS, Judgement, Listed, judge, judge_attachment
from modelway.rules.iam_documents import attachments_of, documents_of
from modelway.rules.policy_documents import Kind
from modelway.rules.values import Secret, Unknown, received
from modelway.rules.verdicts import Failed, NotApplicable, Passed, Undecided, Unreadable

CASES = Path(__file__).parent / "cases" / "iam"
KINDS: tuple[Kind, ...] = ("identity", "trust", "resource", "key")


def load(case: str) -> tuple[Kind, object]:
    yaml = YAML(typ="safe")
    yaml.constructor.add_constructor("!unknown", lambda loader, node: Unknown())

    def secret(loader: Any, node: Any) -> Secret:
        return Secret(loader.construct_mapping(node, deep=True) if node.id == "mapping" else node.value)

    yaml.constructor.add_constructor("!secret", secret)
    content = yaml.load((CASES / f"{case}.yaml").read_text("utf-8"))
    return content["kind"], content["document"]


def cases(kind: str) -> list[str]:
    return sorted(path.name.removesuffix(".yaml") for path in CASES.glob(f"*.{kind}.yaml"))


def told(judgements: list[Judgement]) -> str:
    lines = []
    for one in judgements:
        match one.verdict:
            case Failed(evidence):
                lines += [f"{one.rule.id} fails: {found}" for found in evidence]
            case Undecided(paths):
                lines.append(f"{one.rule.id} is undecided: {', '.join(paths)}")
            case Unreadable(faults):
                lines += [f"unreadable: {fault}" for fault in faults]
    return "".join(f"{line}\n" for line in dict.fromkeys(lines))


@pytest.mark.parametrize("case", cases("error") + cases("unknown"))
def test_it_is_told_what_is_wrong_and_where(case: str, request: pytest.FixtureRequest) -> None:
    kind, document = load(case)
    file = CASES / f"{case}.txt"
    said = told(judge(document, kind))
    if request.config.getoption("--snapshot-update", default=False):
        file.write_text(said, "utf-8")
    assert said == file.read_text("utf-8")
    assert said


@pytest.mark.parametrize("case", cases("happy"))
def test_what_names_everything_passes(case: str) -> None:
    kind, document = load(case)
    verdicts = {one.rule.id: one.verdict for one in judge(document, kind)}
    assert {type(verdict) for verdict in verdicts.values()} <= {Passed, NotApplicable}


def test_a_rule_without_a_statement_of_its_own_does_not_apply() -> None:
    verdicts = {one.rule.id: one.verdict for one in judge(*reversed(load("identity-of-a-pod.happy")))}  # type: ignore[arg-type]
    assert {rule for rule, verdict in verdicts.items() if isinstance(verdict, Passed)} == {"IAM-01", "IAM-08"}


@pytest.mark.parametrize("case", [case for case in cases("error") + cases("happy") if "secret" not in case and "bad-whatever" not in case])
def test_both_spellings_are_the_same_document(case: str) -> None:
    kind, document = load(case)
    if isinstance(document, dict):
        assert told(judge(json.dumps(document), kind)) == told(judge(document, kind))


def test_what_is_listed_with_a_reason_passes_and_nothing_else() -> None:
    kind, document = load("only-the-last-is-bad.error")
    verdicts = {one.rule.id: one.verdict for one in judge(document, kind, [Listed("IAM-01", "s3:Put*", "the tool asks for it")])}
    assert isinstance(verdicts["IAM-01"], Passed)
    assert isinstance(verdicts["IAM-08"], Failed)
    assert told(judge(document, kind, [Listed("IAM-01", "s3:*", "another value")])) == told(judge(document, kind))
    with pytest.raises(ValueError, match="say why"):
        Listed("IAM-01", "s3:*", " ")


GOOD = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::acme-models/x"]}


@given(st.integers(0, 6), st.integers(0, 6), st.text("abcXYZ", min_size=1), st.sampled_from("*?"), st.integers(0, 10))
def test_a_wildcard_anywhere_in_any_statement_fails(before: int, after: int, verb: str, mark: str, where: int) -> None:
    action = f"s3:{verb[:where]}{mark}{verb[where:]}"
    document = {"Version": "2012-10-17", "Statement": [GOOD] * before + [GOOD | {"Action": [action]}] + [GOOD] * after}
    (verdict,) = [one.verdict for one in judge(document, "identity") if one.rule.id == "IAM-01"]
    assert isinstance(verdict, Failed)
    assert [(found.path, found.value) for found in verdict.evidence] == [(f"Statement[{before}].Action[0]", action)]


leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(Unknown()) | st.just(Secret("hush-hush"))
names = st.sampled_from(
    ["Version", "Statement", "Effect", "Action", "NotAction", "Resource", "Principal", "Condition", "AWS", "StringLike"]
)
anything = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=12)


@given(anything, st.sampled_from(KINDS))
def test_whatever_it_is_gets_a_verdict_of_every_rule_and_no_secret_is_told(document: object, kind: Kind) -> None:
    judgements = judge(document, kind)
    assert [one.rule for one in judgements] == [check.rule for check in CHECKS]
    assert "hush-hush" not in told(judgements)


@given(anything, st.sampled_from(KINDS))
def test_what_is_not_known_never_passes(document: object, kind: Kind) -> None:
    wrapped = {"Version": "2012-10-17", "Statement": [GOOD, Unknown()]}
    assert not any(isinstance(one.verdict, Passed) for one in judge(wrapped, "identity"))


def test_a_document_that_is_nested_without_end_is_unreadable() -> None:
    assert all(isinstance(one.verdict, Unreadable) for one in judge("[" * 100_000, "identity"))


@pytest.mark.parametrize(
    ("arn", "verdict"),
    [
        ("arn:aws:iam::aws:policy/AdministratorAccess", Failed),
        ("arn:aws:iam::aws:policy/PowerUserAccess", Failed),
        ("arn:aws:iam::aws:policy/AmazonEKSClusterPolicy", Passed),
        (Unknown(), Undecided),
    ],
)
def test_nobody_gets_everything(arn: object, verdict: type) -> None:
    assert isinstance(judge_attachment(arn).verdict, verdict)


def test_marks_of_the_engine_are_read() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "x"}
    sealed = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:…"}
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    assert received({"a": [secret, sealed, unknown, 1]}) == {"a": [Secret("x"), Unknown(), Unknown(), 1]}


def test_documents_are_found_where_they_are() -> None:
    role = {"assumeRolePolicy": "{}", "inlinePolicies": [{"name": "a"}, {"name": "b", "policy": "{}"}], "managedPolicyArns": ["x"]}
    assert [(one.path, one.kind) for one in documents_of("aws:iam/role:Role", role)] == [
        ("assumeRolePolicy", "trust"),
        ("inlinePolicies[1].policy", "identity"),
    ]
    assert list(attachments_of("aws:iam/role:Role", role)) == ["x"]
