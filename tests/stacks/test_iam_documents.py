"""Every IAM document that an environment makes is judged, by what it means."""

from typing import Any

import pytest

from modelway.rules.iam import Judgement, Listed, judge, judge_attachment
from modelway.rules.iam_documents import attachments_of, documents_of
from modelway.rules.verdicts import Failed, NotApplicable, Passed
from tests.support.engine import Registered
from tests.support.environments import FOLDERS, composed

LISTED: tuple[Listed, ...] = ()
"""What a rule would refuse and the components do all the same, with the reason."""


def judged(resource: Registered) -> list[tuple[str, Judgement]]:
    found = [
        (carried.path, one)
        for carried in documents_of(resource.type, resource.inputs)
        for one in judge(carried.document, carried.kind, LISTED)
    ]
    return found + [("policyArn", judge_attachment(arn, LISTED)) for arn in attachments_of(resource.type, resource.inputs)]


def looks_like_a_document(value: Any) -> bool:
    if isinstance(value, str):
        return '"Statement"' in value
    return isinstance(value, dict) and "Statement" in value


@pytest.mark.parametrize("name", FOLDERS)
def test_every_document_names_what_it_grants(name: str) -> None:
    told, documents = [], 0
    for resource in [resource for stack in composed(name).values() for resource in stack.resources]:
        for path, one in judged(resource):
            documents += 1
            if not isinstance(one.verdict, Passed | NotApplicable):
                evidence = one.verdict.evidence if isinstance(one.verdict, Failed) else (one.verdict,)
                told += [f"{resource.type} {resource.name} {path}: {one.rule.id}: {found}" for found in evidence]
        carried = {one.path.split(".")[0].split("[")[0] for one in documents_of(resource.type, resource.inputs)}
        strange = [key for key, value in resource.inputs.items() if looks_like_a_document(value) and key not in carried]
        assert not strange, (
            f"{resource.type} {resource.name}: {strange} is a document that nobody judges: see modelway/rules/iam_documents.py"
        )
    assert documents
    assert not told, "\n".join(told)
